//! Text that is different everywhere and the same in every run: words from a vocabulary in which some are frequent and most
//! are rare, as they are in what people write.

/// Words there are. They are made of three of [`SYLLABLES`] syllables, so there could be many more.
const VOCABULARY: u64 = 20_000;
const CONSONANTS: &[u8] = b"bdfgklmnprstvz";
const VOWELS: &[u8] = b"aeiou";
const SYLLABLES: u64 = (CONSONANTS.len() * VOWELS.len()) as u64;
/// Words of neighbouring ranks should not look alike; without a common divisor with the number of syllables.
const APART: u64 = 104_729;

/// A source of words.
pub struct Words {
    state: u64,
}

impl Words {
    /// The same seed gives the same words.
    pub fn seeded(seed: u64) -> Self {
        Self { state: seed }
    }

    /// So many words.
    pub fn take(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| word(self.rank())).collect()
    }

    /// The frequency of a rank falls with its square root.
    fn rank(&mut self) -> u64 {
        let share = (self.number() >> 11) as f64 / (1_u64 << 53) as f64;
        (share * share * VOCABULARY as f64) as u64
    }

    /// The next number of SplitMix64.
    fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// The word of a rank.
fn word(rank: u64) -> String {
    let mut rest = rank * APART % SYLLABLES.pow(3);
    let mut word = String::new();
    for _ in 0..3 {
        let syllable = (rest % SYLLABLES) as usize;
        rest /= SYLLABLES;
        word.push(CONSONANTS[syllable / VOWELS.len()].into());
        word.push(VOWELS[syllable % VOWELS.len()].into());
    }
    word
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn every_rank_has_a_word_of_its_own() {
        let words: BTreeSet<_> = (0..VOCABULARY).map(word).collect();
        assert_eq!(words.len() as u64, VOCABULARY);
    }

    #[test]
    fn a_seed_gives_the_same_words_again_and_another_gives_others() {
        let words = |seed| Words::seeded(seed).take(20);
        assert_eq!(words(1), words(1));
        assert_ne!(words(1), words(2));
    }

    #[test]
    fn some_words_are_frequent_and_most_are_rare() {
        let mut counts = BTreeMap::new();
        for word in Words::seeded(0).take(100_000) {
            *counts.entry(word).or_insert(0) += 1;
        }
        let most = counts.values().max().copied();
        assert!(most.is_some_and(|count| (500..1_000).contains(&count)));
        assert!(counts.len() > 15_000);
    }
}
