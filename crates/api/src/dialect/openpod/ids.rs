//! Ids as this door reads them: what is no id is a refusal that names the field
//! (OpenPod 2.0), unlike what names nothing.

use domain::id::{Id, TaskId};
use domain::{Error, Result};

use crate::input::Input;

/// Reads an id.
pub(super) fn read<I: Id>(field: &'static str, text: &str) -> Result<I> {
    let id = TaskId::parse(text).map(|id| I::from_uuid(id.0));
    id.ok_or_else(|| {
        Error::field(
            field,
            "must be an id, such as 01890a5d-ac96-774b-bcce-b302099a8057",
        )
    })
}

/// An id in the query, if it is given.
pub(super) fn query<I: Id>(input: &Input<'_>, field: &'static str) -> Result<Option<I>> {
    let given = input.query(field);
    given.map(|text| read(field, &text)).transpose()
}

/// An id in the query.
pub(super) fn required<I: Id>(input: &Input<'_>, field: &'static str) -> Result<I> {
    query(input, field)?.ok_or_else(|| Error::field(field, "is required"))
}

/// An id in the path.
pub(super) fn path<I: Id>(input: &Input<'_>) -> Result<I> {
    read("id", input.param("id"))
}

/// An id in the body that may be missing.
pub(super) fn given<I: Id>(field: &'static str, text: Option<&str>) -> Result<Option<I>> {
    text.map(|text| read(field, text)).transpose()
}
