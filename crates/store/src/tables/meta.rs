//! Facts about the database itself.

use domain::Result;

use crate::{Tx, Val};

/// Names the fact that changes when a backup is put in the database's place.
pub const INCARNATION: &str = "incarnation";

statements! {
    GET = "select value from meta where name = $1";
    pub(crate) SET = "insert into meta (name, value) values ($1, $2) \
        on conflict (name) do update set value = excluded.value";
}

/// A fact, if it is known.
pub async fn get(tx: &mut Tx, name: &'static str) -> Result<Option<String>> {
    tx.row(GET, vec![name.into()], |row| row.text(0)).await
}

/// Records a fact.
pub async fn set(tx: &mut Tx, name: &'static str, value: String) -> Result<()> {
    tx.write(SET, vec![name.into(), Val::from(value)]).await
}
