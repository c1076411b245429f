//! Short lists of texts kept in one column, separated by a control character
//! that no text needs (U+001F, the unit separator).

use domain::Result;

use crate::{Row, Val};

pub(crate) const SEPARATOR: char = '\u{1f}';

/// A list as it is kept.
pub(crate) fn joined(texts: &[String]) -> Val {
    let mut kept = String::new();
    for text in texts {
        kept.extend(text.chars().map(|c| if c == SEPARATOR { ' ' } else { c }));
        kept.push(SEPARATOR);
    }
    kept.into()
}

/// The list kept in a column.
pub(crate) fn split(row: &Row<'_>, index: usize) -> Result<Vec<String>> {
    row.text(index).map(|text| parts(&text))
}

/// The list kept in a column that may be missing: then it is empty.
pub(crate) fn split_opt(row: &Row<'_>, index: usize) -> Result<Vec<String>> {
    let text = row.opt_text(index)?;
    Ok(text.map(|text| parts(&text)).unwrap_or_default())
}

fn parts(text: &str) -> Vec<String> {
    text.split_terminator(SEPARATOR)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{SEPARATOR, joined};
    use crate::Val;

    #[test]
    fn every_text_ends_with_the_separator() {
        let list = ["a".to_owned(), String::new(), format!("b{SEPARATOR}c")];
        let kept = joined(&list);
        assert_eq!(
            kept,
            Val::from(format!("a{SEPARATOR}{SEPARATOR}b c{SEPARATOR}"))
        );
    }
}
