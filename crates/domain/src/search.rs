//! The words of a text, by which it is found: split at everything that is
//! neither letter nor digit, in lower case, without the words that every
//! English text has, cut down to their stems.
//!
//! **Invariant:** what is written and what is looked for go through the same
//! function, and neither engine changes a word afterwards; so a search finds
//! the same on both, and no character of a search means anything to them.

use std::collections::BTreeSet;

use crate::limits;
use crate::stem::stem;

/// The words of a text, each once, in the order of the alphabet.
pub fn words(text: &str) -> BTreeSet<String> {
    found(text).collect()
}

/// The words that a search looks for: the first few of them, each once.
pub fn sought(text: &str) -> BTreeSet<String> {
    let mut sought = BTreeSet::new();
    for word in found(text) {
        sought.insert(word);
        if sought.len() == limits::SEARCH_WORDS {
            break;
        }
    }
    sought
}

fn found(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    let words = words.map(|word| crate::text::cut(word.to_lowercase(), limits::WORD_CHARS));
    let telling = words.filter(|word| STOP_WORDS.binary_search(&word.as_str()).is_err());
    telling.map(|word| stem(&word))
}

/// Words that every English text has, and the ends of those with an apostrophe;
/// in the order of the alphabet.
#[rustfmt::skip]
const STOP_WORDS: [&str; 131] = [
    "a", "about", "above", "after", "again", "against", "all", "am", "an", "and", "any", "are", "as", "at", "be",
    "because", "been", "before", "being", "below", "between", "both", "but", "by", "can", "d", "did", "do", "does",
    "doing", "don", "down", "during", "each", "few", "for", "from", "further", "had", "has", "have", "having", "he",
    "her", "here", "hers", "herself", "him", "himself", "his", "how", "i", "if", "in", "into", "is", "it", "its",
    "itself", "just", "ll", "me", "more", "most", "my", "myself", "no", "nor", "not", "now", "of", "off", "on",
    "once", "only", "or", "other", "our", "ours", "ourselves", "out", "over", "own", "re", "s", "same", "she",
    "should", "so", "some", "such", "t", "than", "that", "the", "their", "theirs", "them", "themselves", "then",
    "there", "these", "they", "this", "those", "through", "to", "too", "under", "until", "up", "ve", "very", "was",
    "we", "were", "what", "when", "where", "which", "while", "who", "whom", "why", "will", "with", "you", "your",
    "yours", "yourself", "yourselves",
];

#[cfg(test)]
mod tests {
    use super::{STOP_WORDS, sought, words};
    use crate::limits;

    #[test]
    fn texts_become_stems_without_stop_words() {
        assert!(STOP_WORDS.is_sorted());
        for (text, expected) in [
            ("The Schemas of the DATABASES", "databas schema"),
            (
                "## snake_case, kebab-case & 12 tables!",
                "12 case kebab snake tabl",
            ),
            ("don't we'll they've", ""),
            ("' or '1'='1 -- \0 \"quoted\" *", "1 quot"),
            (
                "\u{c9}t\u{e9} \u{4f60}\u{597d}",
                "\u{e9}t\u{e9} \u{4f60}\u{597d}",
            ),
            (" \u{a7} !? ", ""),
        ] {
            let found: Vec<_> = words(text).into_iter().collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
    }

    #[test]
    fn a_search_is_bounded() {
        let numbers = (0..10_000).map(|n| n.to_string()).collect::<Vec<_>>();
        assert_eq!(sought(&numbers.join(" ")).len(), limits::SEARCH_WORDS);
        let long = sought(&"\u{e4}".repeat(10_000));
        let chars = long.iter().map(|word| word.chars().count());
        assert_eq!(chars.collect::<Vec<_>>(), [limits::WORD_CHARS]);
    }
}
