//! Which part of a list is asked for (Polpo 2.4, 5): `limit` and `offset`.
//! Without them lists are what they always were; with them they keep their
//! shape, and one that is shorter than `limit` is the last part.

use domain::page::Part;
use domain::{Error, Result};

use crate::input::Input;

/// The part that the query asks for.
pub(super) fn part(input: &Input<'_>) -> Result<Part> {
    Part::new(number(input, "limit")?, number(input, "offset")?)
}

fn number(input: &Input<'_>, field: &'static str) -> Result<Option<i64>> {
    let given = input.query(field);
    let read = |text: &str| {
        let number = text.trim().parse().ok();
        number.ok_or_else(|| Error::field(field, "must be a whole number"))
    };
    given.map(|text| read(&text)).transpose()
}
