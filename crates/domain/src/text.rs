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

/// Checks a list of short texts: how many, how long, none empty.
///
/// # Errors
/// `Invalid`, naming the field.
pub fn words(field: &'static str, texts: &[String], max: usize, chars: usize) -> Result<()> {
    let fit = |text: &String| !text.trim().is_empty() && optional(field, text, chars).is_ok();
    if texts.len() <= max && texts.iter().all(fit) {
        return Ok(());
    }
    Err(Error::field(
        field,
        format!("must be a list of at most {max} texts of 1 to {chars} characters"),
    ))
}

/// Checks an address on an Ethereum-like chain.
///
/// # Errors
/// `Invalid` unless it is `0x` and 40 hexadecimal digits.
pub fn wallet_address(text: &str) -> Result<()> {
    let digits = text.strip_prefix("0x").unwrap_or("");
    if digits.len() == 40 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(Error::field(
        "wallet_address",
        "must be 0x followed by 40 hexadecimal digits",
    ))
}

/// A text as a part of a path: lower case, runs of anything but letters and
/// digits become one hyphen (OpenPod 2.1). Empty when nothing is left.
pub fn slug(text: &str, max: usize) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= max {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// The name of a channel as it is kept and looked for: lower case, anything but
/// letters, digits and hyphens is a hyphen (OpenPod 2.13). Empty when nothing
/// was said.
pub fn channel_name(text: &str) -> String {
    let kept = |c: char| match c.to_ascii_lowercase() {
        c @ ('a'..='z' | '0'..='9') => c,
        _ => '-',
    };
    let name = text.trim().chars().map(kept);
    name.take(limits::CHANNEL_NAME_CHARS).collect()
}

/// A text cut at a number of characters, where the contract says "cut at"
/// (OpenPod 2.6, 2.9, 2.13).
pub fn cut(mut text: String, max: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(max) {
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{
        channel_name, cut, link, optional, required, slug, username, wallet_address, words,
    };

    #[test]
    fn slugs_are_short_and_plain() {
        for (name, expected) in [
            ("My Agent", "my-agent"),
            ("  a__b!c ", "a-b-c"),
            ("\u{4f60}\u{597d}", ""),
            ("abcdefgh", "abcdef"),
            ("abcde fgh", "abcde"),
        ] {
            assert_eq!(
                slug(name, 6).as_str(),
                expected.get(..6).unwrap_or(expected),
                "{name}"
            );
        }
    }

    #[test]
    fn channels_have_plain_names() {
        for (given, name) in [
            ("General", "general"),
            (" Design Team ", "design-team"),
            ("a_b/c", "a-b-c"),
            ("\u{4f60}\u{597d}", "--"),
            (" ", ""),
            (&"x".repeat(60), &"x".repeat(50)),
        ] {
            assert_eq!(channel_name(given), name, "{given}");
        }
    }

    #[test]
    fn lists_addresses_and_cuts() {
        let list = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
        assert!(words("w", &list(&["a", "b"]), 2, 1).is_ok());
        for bad in [&["a", "b", "c"][..], &[""], &["ab"]] {
            assert!(words("w", &list(bad), 2, 1).is_err(), "{bad:?}");
        }
        assert!(wallet_address(&format!("0x{}", "aF".repeat(20))).is_ok());
        for bad in ["", "0x", "1x", &format!("0x{}", "g".repeat(40))] {
            assert!(wallet_address(bad).is_err(), "{bad}");
        }
        assert_eq!(
            (cut("\u{e4}bc".into(), 2), cut("a".into(), 2)),
            ("\u{e4}b".into(), "a".into())
        );
    }

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
