//! Regular expressions of publishers: linear in time, bounded in size, and
//! with a price.
//!
//! Patterns are those of JSON Schema (ECMA 262), searched for by an engine
//! without backtracking. The worst it does is to walk all states of the
//! program for each byte, so the size of the program is the price of a byte.

use domain::error::Detail;
use regex::{Regex, RegexBuilder};

use super::unfit;

/// Bytes of the largest program.
pub(super) const PROGRAM_BYTES: usize = 256 << 10;
/// Bytes of what the engine remembers about one program while it searches.
pub(super) const CACHE_BYTES: usize = 128 << 10;
/// Patterns of one schema or one list of rules.
pub(super) const PATTERNS: usize = 100;
/// Bytes of all programs of one schema or one list of rules.
pub(super) const PROGRAMS_BYTES: usize = 2 << 20;
/// Sizes that programs are told apart by.
const CLASSES: [usize; 4] = [4 << 10, 16 << 10, 64 << 10, PROGRAM_BYTES];
/// Bytes of a program that cost one step for each byte searched.
const BYTES_PER_STEP: usize = 2 << 10;

/// A pattern with its price.
pub(super) struct Pattern {
    /// The compiled pattern.
    pub(super) regex: Regex,
    /// Bytes that its program has at most.
    pub(super) bytes: usize,
}

impl Pattern {
    /// Steps for each byte that is searched.
    pub(super) fn price(&self) -> u64 {
        (self.bytes / BYTES_PER_STEP) as u64
    }
}

/// Compiles a pattern of `field`.
///
/// # Errors
/// Why it is none, or too large.
pub(super) fn compile(field: &str, pattern: &str) -> Result<Pattern, Detail> {
    let translated = jsonschema_regex::to_rust_regex(pattern)
        .map_err(|()| unfit(field, "pattern", "is no regular expression that can be searched in linear time: leave out look-around and back-references"))?;
    for bytes in CLASSES {
        match build(&translated, bytes) {
            Ok(regex) => return Ok(Pattern { regex, bytes }),
            Err(regex::Error::CompiledTooBig(_)) => {}
            Err(error) => {
                let error = error.to_string();
                let reason = error.lines().last().unwrap_or_default();
                return Err(unfit(
                    field,
                    "pattern",
                    &format!(
                        "is no regular expression that can be searched in linear time: {reason}"
                    ),
                ));
            }
        }
    }
    Err(unfit(
        field,
        "pattern",
        "is too large once it is compiled: repeat less, or name fewer characters",
    ))
}

fn build(pattern: &str, bytes: usize) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .size_limit(bytes)
        .dfa_size_limit(CACHE_BYTES)
        .build()
}

#[cfg(test)]
mod tests {
    use super::compile;

    #[test]
    fn a_pattern_has_a_price_and_a_limit() {
        let price = |pattern| compile("", pattern).map(|pattern| pattern.price()).ok();
        assert_eq!(price("^[a-z]+$"), Some(2));
        assert!(price(r"^\d{4}-\d{2}-\d{2}$") < Some(9));
        assert!(price(r"(a|b)*a(a|b){200}") > Some(2));
        for bad in ["(", "(?=a)", r"(a)\1", "((((a{99}){99}){99}){99})"] {
            assert_eq!(price(bad), None, "{bad}");
        }
    }
}
