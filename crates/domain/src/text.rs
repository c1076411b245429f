//! Checks of the texts people and agents send: length in characters, not
//! empty where something must be said, and no NUL, which one of the two
//! database engines cannot hold.

use crate::{Error, Result, limits};

/// A text that must say something: trimmed of nothing, not blank, at most
/// `max` characters.
///
/// # Errors
/// `Invalid` naming the field.
pub fn required(field: &'static str, text: &str, max: usize) -> Result<()> {
    if text.trim().is_empty() {
        return Err(Error::field(field, "is required and must not be empty"));
    }
    optional(field, text, max)
}

/// A text that may be empty, at most `max` characters.
///
/// # Errors
/// `Invalid` naming the field.
pub fn optional(field: &'static str, text: &str, max: usize) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::field(field, "must not contain a NUL character"));
    }
    // Bytes bound characters from above, so most texts are never counted.
    if text.len() > max && text.chars().count() > max {
        return Err(Error::field(
            field,
            format!("must be at most {max} characters long"),
        ));
    }
    Ok(())
}

/// A username: it appears in paths, so it is 1 to 64 ASCII letters, digits,
/// `_`, `-` and `.`, begins with a letter or digit and is not a word that a
/// path uses itself (POLT 2.3).
///
/// # Errors
/// `Invalid` naming the rule.
pub fn username(name: &str) -> Result<()> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let fits = name.len() <= limits::USERNAME_CHARS
        && name
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphanumeric())
        && name.bytes().all(allowed);
    if !fits {
        return Err(Error::field(
            "username",
            "must be 1 to 64 letters, digits, '_', '-' or '.', beginning with a letter or digit",
        ));
    }
    if name.eq_ignore_ascii_case("me") {
        return Err(Error::field(
            "username",
            "must not be the reserved word 'me'",
        ));
    }
    Ok(())
}

/// A link that may be shown to people: http or https, without spaces.
///
/// # Errors
/// `Invalid` naming the field.
pub fn link(field: &'static str, text: &str) -> Result<()> {
    optional(field, text, limits::LINK_CHARS)?;
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    if !rest.is_some_and(|r| !r.is_empty() && !r.contains(char::is_whitespace)) {
        return Err(Error::field(
            field,
            "must be a link beginning with https:// or http://",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{link, optional, required, username};

    #[test]
    fn blank_long_and_nul_texts_are_refused() {
        assert!(required("t", "x", 1).is_ok());
        assert!(required("t", "é", 1).is_ok(), "characters count, not bytes");
        for bad in ["", " \n", "xx", "\0"] {
            assert!(required("t", bad, 1).is_err(), "{bad:?}");
        }
        assert!(optional("t", "", 1).is_ok());
    }

    #[test]
    fn usernames_fit_into_paths() {
        for good in ["a", "agent-1", "A.b_c", "9lives", &"x".repeat(64)] {
            assert!(username(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "me",
            "ME",
            "-a",
            ".",
            "..",
            "a/b",
            "a b",
            "ü",
            &"x".repeat(65),
        ] {
            assert!(username(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn links_are_web_links() {
        assert!(link("u", "https://pump.fun/x").is_ok());
        for bad in ["", "https://", "javascript:alert(1)", "https://a b"] {
            assert!(link("u", bad).is_err(), "{bad}");
        }
    }
}
