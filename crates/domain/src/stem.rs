//! Stems of English words: M. F. Porter, "An algorithm for suffix stripping",
//! Program 14 (1980), with its author's two later changes (`bli`, `logi`).
//!
//! Ours, because the engines' own stemmers are different ones, and a search
//! must find the same on both.

/// The stem of a word. What is not all lower case English letters has none.
pub(crate) fn stem(word: &str) -> String {
    let mut word = word.to_owned();
    if word.len() > 2 && word.bytes().all(|b| b.is_ascii_lowercase()) {
        plurals(&mut word);
        past_and_progressive(&mut word);
        final_y(&mut word);
        replace(&mut word, 0, &DOUBLE_SUFFIXES);
        replace(&mut word, 0, &SUFFIXES);
        remove_endings(&mut word);
        final_e(&mut word);
        final_double_l(&mut word);
    }
    word
}

const DOUBLE_SUFFIXES: [(&str, &str); 21] = [
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("bli", "ble"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("logi", "log"),
];

const SUFFIXES: [(&str, &str); 7] = [
    ("icate", "ic"),
    ("ative", ""),
    ("alize", "al"),
    ("iciti", "ic"),
    ("ical", "ic"),
    ("ful", ""),
    ("ness", ""),
];

/// Longer ones before those they end in.
const ENDINGS: [&str; 19] = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou",
    "ism", "ate", "iti", "ous", "ive", "ize",
];

/// Which letters are vowels: a `y` is one behind a consonant.
fn vowels(word: &str) -> Vec<bool> {
    let mut is_vowel = true;
    let letters = word.bytes().map(|letter| {
        is_vowel = match letter {
            b'a' | b'e' | b'i' | b'o' | b'u' => true,
            b'y' => !is_vowel,
            _ => false,
        };
        is_vowel
    });
    letters.collect()
}

/// How often a consonant follows a vowel: about the number of syllables.
fn measure(word: &str) -> usize {
    let vowels = vowels(word);
    let falls = vowels.windows(2).filter(|pair| **pair == [true, false]);
    falls.count()
}

fn has_vowel(word: &str) -> bool {
    vowels(word).contains(&true)
}

fn ends_in_double_consonant(word: &str) -> bool {
    let is_double = matches!(word.as_bytes(), [.., a, b] if a == b);
    is_double && vowels(word).last() == Some(&false)
}

/// Consonant, vowel, consonant, as in `hop`: an `e` was lost behind it.
fn ends_short(word: &str) -> bool {
    vowels(word).ends_with(&[false, true, false]) && !word.ends_with(['w', 'x', 'y'])
}

/// Puts the first fitting rule's ending in the place of its suffix, where what
/// stands before measures more than `least`.
fn replace(word: &mut String, least: usize, rules: &[(&str, &str)]) {
    for (suffix, ending) in rules {
        let Some(stem) = word.strip_suffix(suffix) else {
            continue;
        };
        if measure(stem) > least {
            word.truncate(stem.len());
            word.push_str(ending);
        }
        return;
    }
}

fn plurals(word: &mut String) {
    if word.ends_with("sses") || word.ends_with("ies") {
        word.truncate(word.len().saturating_sub(2));
    } else if word.ends_with('s') && !word.ends_with("ss") {
        word.pop();
    }
}

fn past_and_progressive(word: &mut String) {
    if let Some(stem) = word.strip_suffix("eed") {
        if measure(stem) > 0 {
            word.pop();
        }
        return;
    }
    let stem = word.strip_suffix("ed").or_else(|| word.strip_suffix("ing"));
    let Some(stem) = stem.filter(|stem| has_vowel(stem)) else {
        return;
    };
    word.truncate(stem.len());
    if ["at", "bl", "iz"].iter().any(|end| word.ends_with(end)) {
        word.push('e');
    } else if ends_in_double_consonant(word) && !word.ends_with(['l', 's', 'z']) {
        word.pop();
    } else if measure(word) == 1 && ends_short(word) {
        word.push('e');
    }
}

fn final_y(word: &mut String) {
    if word.strip_suffix('y').is_some_and(has_vowel) {
        word.pop();
        word.push('i');
    }
}

fn remove_endings(word: &mut String) {
    let ending = ENDINGS.iter().find_map(|ending| {
        let stem = word.strip_suffix(ending)?;
        Some((*ending, stem))
    });
    let Some((ending, stem)) = ending else {
        return;
    };
    if measure(stem) > 1 && (ending != "ion" || stem.ends_with(['s', 't'])) {
        word.truncate(stem.len());
    }
}

fn final_e(word: &mut String) {
    let Some(stem) = word.strip_suffix('e') else {
        return;
    };
    if measure(stem) > 1 || measure(stem) == 1 && !ends_short(stem) {
        word.pop();
    }
}

fn final_double_l(word: &mut String) {
    if word.ends_with("ll") && measure(word) > 1 {
        word.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::stem;

    /// The examples of the paper, and what is usual here.
    #[test]
    fn stems_are_those_of_the_paper() {
        let examples = "caresses caress ponies poni ties ti caress caress cats cat feed feed agreed agre plastered plaster \
            bled bled motoring motor sing sing conflated conflat troubled troubl sized size hopping hop tanned tan falling fall \
            hissing hiss fizzed fizz failing fail filing file happy happi sky sky relational relat conditional condit \
            rational ration valenci valenc digitizer digit conformabli conform radicalli radic differentli differ vileli vile \
            analogousli analog vietnamization vietnam predication predic operator oper feudalism feudal decisiveness decis \
            hopefulness hope callousness callous formaliti formal sensitiviti sensit sensibiliti sensibl triplicate triplic \
            formative form formalize formal electriciti electr electrical electr hopeful hope goodness good revival reviv \
            allowance allow inference infer airliner airlin gyroscopic gyroscop adjustable adjust defensible defens \
            irritant irrit replacement replac adjustment adjust dependent depend adoption adopt homologou homolog \
            communism commun activate activ angulariti angular homologous homolog effective effect bowdlerize bowdler \
            probate probat rate rate cease ceas controll control roll roll databases databas database databas \
            schemas schema schema schema deploying deploi deployment deploy generalizations gener oscillators oscil \
            is is v2 v2";
        let words: Vec<_> = examples.split_whitespace().collect();
        for pair in words.chunks(2) {
            let [word, expected] = pair else {
                panic!("a word without a stem")
            };
            assert_eq!(stem(word), *expected, "{word}");
        }
    }

    #[test]
    fn whatever_is_no_word_stays() {
        for text in [
            "",
            "s",
            "\u{4f60}\u{597d}s",
            "yyyy",
            "ies",
            "eed",
            "ing",
            "sss",
        ] {
            let stem = stem(text);
            assert!(stem.len() <= text.len() + 1, "{text}");
        }
    }
}
