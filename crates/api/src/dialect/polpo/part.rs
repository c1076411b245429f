//! Which part of a list is asked for (Polpo 2.4, 5): `limit` and `offset`.
//! Without them lists are what they always were; with them they keep their
//! shape, and one that is shorter than `limit` is the last part.

use domain::Result;
use domain::page::Part;

use crate::input::Input;

/// The part that the query asks for.
pub(super) fn part(input: &Input<'_>) -> Result<Part> {
    Part::new(input.number("limit")?, input.number("offset")?)
}
