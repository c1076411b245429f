//! Values on their way into a statement and rows on their way out.

use std::borrow::Cow;

use bytes::BytesMut;
use domain::id::Id;
use domain::{Error, Result, Time};
use rusqlite::types::ValueRef::{Blob, Integer, Null, Text};
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

/// A parameter of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Val {
    /// No value.
    Null,
    /// A whole number.
    Int(i64),
    /// A text without NUL.
    Text(Cow<'static, str>),
    /// Bytes.
    Bytes(Vec<u8>),
    /// The 16 bytes of an id.
    Uuid(Uuid),
}

impl Val {
    /// A parameter from an id.
    pub fn id(id: impl Id) -> Self {
        Self::Uuid(id.uuid())
    }

    /// One engine cannot hold a NUL in a text; both refuse it, here, for every
    /// text that slipped through a field's own check.
    pub(crate) fn check(&self) -> Result<()> {
        match self {
            Self::Text(text) if text.contains('\0') => Err(Error::invalid(
                "nul_character",
                "texts must not contain a NUL character",
            )),
            _ => Ok(()),
        }
    }
}

impl From<i64> for Val {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<u32> for Val {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}
impl From<Time> for Val {
    fn from(value: Time) -> Self {
        Self::Int(value.0)
    }
}
impl From<&'static str> for Val {
    fn from(value: &'static str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}
impl From<String> for Val {
    fn from(value: String) -> Self {
        Self::Text(Cow::Owned(value))
    }
}
impl From<&String> for Val {
    fn from(value: &String) -> Self {
        Self::Text(Cow::Owned(value.clone()))
    }
}
impl From<Uuid> for Val {
    fn from(value: Uuid) -> Self {
        Self::Uuid(value)
    }
}
impl From<Vec<u8>> for Val {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}
impl From<[u8; 32]> for Val {
    fn from(value: [u8; 32]) -> Self {
        Self::Bytes(value.to_vec())
    }
}
impl<T: Into<Val>> From<Option<T>> for Val {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl rusqlite::ToSql for Val {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, ValueRef};
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(i) => ValueRef::Integer(*i),
            Self::Text(s) => ValueRef::Text(s.as_bytes()),
            Self::Bytes(b) => ValueRef::Blob(b),
            Self::Uuid(u) => ValueRef::Blob(u.as_bytes()),
        }))
    }
}

impl ToSql for Val {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(i) => i.to_sql(ty, out),
            Self::Text(s) => s.as_ref().to_sql(ty, out),
            Self::Bytes(b) => b.as_slice().to_sql(ty, out),
            Self::Uuid(u) => u.as_bytes().as_slice().to_sql(ty, out),
        }
    }

    // The server infers the type of every parameter from the statement; the
    // prepare-everything test finds the ones it infers otherwise.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A row of an answer.
pub enum Row<'a> {
    /// From the embedded engine.
    Sqlite(&'a rusqlite::Row<'a>),
    /// From PostgreSQL.
    Postgres(&'a tokio_postgres::Row),
}

/// Reads a column: straight from the cell on the embedded engine, because the
/// binding's general conversion is felt at twenty rows of twenty-seven columns.
macro_rules! column {
    ($self:ident, $index:ident, $($cell:pat => $value:expr),+) => {
        match $self {
            Row::Sqlite(row) => match row.get_ref($index) {
                $(Ok($cell) => Ok($value),)+
                Ok(other) => Err(defect(format_args!("column {} is {other:?}", $index))),
                Err(error) => Err(defect(error)),
            },
            Row::Postgres(row) => row.try_get($index).map_err(defect),
        }
    };
}

impl Row<'_> {
    /// A whole number.
    pub fn int(&self, index: usize) -> Result<i64> {
        column!(self, index, Integer(number) => number)
    }

    /// A whole number that may be missing.
    pub fn opt_int(&self, index: usize) -> Result<Option<i64>> {
        column!(self, index, Integer(number) => Some(number), Null => None)
    }

    /// A text.
    pub fn text(&self, index: usize) -> Result<String> {
        column!(self, index, Text(bytes) => owned(bytes)?)
    }

    /// A text that may be missing.
    pub fn opt_text(&self, index: usize) -> Result<Option<String>> {
        column!(self, index, Text(bytes) => Some(owned(bytes)?), Null => None)
    }

    /// Bytes.
    pub fn bytes(&self, index: usize) -> Result<Vec<u8>> {
        column!(self, index, Blob(bytes) => bytes.to_vec())
    }

    /// Bytes that may be missing.
    pub fn opt_bytes(&self, index: usize) -> Result<Option<Vec<u8>>> {
        column!(self, index, Blob(bytes) => Some(bytes.to_vec()), Null => None)
    }

    /// A point in time.
    pub fn time(&self, index: usize) -> Result<Time> {
        self.int(index).map(Time)
    }

    /// A point in time that may be missing.
    pub fn opt_time(&self, index: usize) -> Result<Option<Time>> {
        Ok(self.opt_int(index)?.map(Time))
    }

    /// An id.
    pub fn id<I: Id>(&self, index: usize) -> Result<I> {
        self.opt_id(index)?
            .ok_or_else(|| defect("an id is missing"))
    }

    /// An id that may be missing.
    pub fn opt_id<I: Id>(&self, index: usize) -> Result<Option<I>> {
        Ok(self.opt_uuid(index)?.map(I::from_uuid))
    }

    /// The raw id of a subject of any kind.
    pub fn uuid(&self, index: usize) -> Result<Uuid> {
        self.opt_uuid(index)?
            .ok_or_else(|| defect("an id is missing"))
    }

    fn opt_uuid(&self, index: usize) -> Result<Option<Uuid>> {
        let bytes: Option<&[u8]> = column!(self, index, Blob(bytes) => Some(bytes), Null => None)?;
        bytes.map(Uuid::from_slice).transpose().map_err(defect)
    }

    /// A word of a closed list, read by `parse`.
    pub fn word<T>(&self, index: usize, parse: fn(&str) -> Option<T>) -> Result<T> {
        let read = match self {
            Row::Sqlite(row) => row
                .get_ref(index)
                .ok()
                .and_then(|v| v.as_str().ok())
                .and_then(parse),
            Row::Postgres(row) => row.try_get::<_, &str>(index).ok().and_then(parse),
        };
        read.ok_or_else(|| defect("a stored word is not in its list"))
    }

    /// A word of a closed list, or nothing.
    ///
    /// # Errors
    /// `Internal` when the column holds another word.
    pub fn opt_word<T>(&self, index: usize, parse: fn(&str) -> Option<T>) -> Result<Option<T>> {
        let Some(word) = self.opt_text(index)? else {
            return Ok(None);
        };
        let read = parse(&word).map(Some);
        read.ok_or_else(|| defect("a stored word is not in its list"))
    }
}

fn owned(text: &[u8]) -> Result<String> {
    std::str::from_utf8(text).map(str::to_owned).map_err(defect)
}

/// A row that does not have the shape its statement promises.
fn defect(cause: impl std::fmt::Display) -> Error {
    tracing::error!(%cause, "a stored row does not have the expected shape");
    Error::internal()
}

#[cfg(test)]
mod tests {
    use super::Val;

    #[test]
    fn texts_with_nul_are_refused() {
        assert!(Val::from("fine").check().is_ok());
        assert_eq!(
            Val::from("a\0b".to_owned()).check().map_err(|e| e.code),
            Err("nul_character")
        );
    }
}
