//! How the scores of several reviewers become one (Polpo 3.2).
//!
//! **Invariant:** scores are numbers from 1 to 5; what is not is no score.

/// What a result is looked at for.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// Its name.
    pub name: String,
    /// What it means.
    pub description: String,
    /// How much it counts, from 0 to 1.
    pub weight: f64,
}

/// The score that a result needs, unless its expectation says otherwise.
pub const THRESHOLD: f64 = 3.0;
/// The worst score.
pub const WORST: f64 = 1.0;
/// The best score.
pub const BEST: f64 = 5.0;
/// A score this far from the middle counts no more.
const OUTLIER: f64 = 1.5;

/// The dimensions where an expectation names none.
pub fn default_dimensions() -> Vec<Dimension> {
    let dimension = |name: &str, description: &str, weight| Dimension {
        name: name.to_owned(),
        description: description.to_owned(),
        weight,
    };
    vec![
        dimension(
            "correctness",
            "It does what was asked, without mistakes.",
            0.35,
        ),
        dimension("completeness", "Everything that was asked is there.", 0.30),
        dimension(
            "code_quality",
            "It is clear, consistent and well made.",
            0.20,
        ),
        dimension(
            "edge_cases",
            "Unusual cases and errors are thought of.",
            0.15,
        ),
    ]
}

/// The score of one dimension: the median of what the reviewers gave, without
/// those that are too far from it, rounded. `None` where nobody gave one.
pub fn agreed(scores: &[f64]) -> Option<f64> {
    let valid: Vec<_> = scores
        .iter()
        .copied()
        .filter(|score| is_score(*score))
        .collect();
    let middle = median(&valid)?;
    let near: Vec<_> = valid
        .into_iter()
        .filter(|score| (score - middle).abs() <= OUTLIER)
        .collect();
    Some(median(&near).unwrap_or(middle).round())
}

/// Which of the given scores is nearest to the agreed one: its reason is told.
pub fn nearest(scores: &[f64], agreed: f64) -> Option<usize> {
    let distances = scores.iter().map(|score| (score - agreed).abs());
    let nearest = distances
        .enumerate()
        .min_by(|(_, a), (_, b)| a.total_cmp(b));
    nearest.map(|(place, _)| place)
}

/// The score of all dimensions together: their weighted mean. `None` where
/// there is none.
pub fn overall(scored: &[(f64, f64)]) -> Option<f64> {
    if scored.is_empty() {
        return None;
    }
    let weights: f64 = scored.iter().map(|(weight, _)| weight).sum();
    let mean = if weights > 0.0 {
        scored
            .iter()
            .map(|(weight, score)| weight * score)
            .sum::<f64>()
            / weights
    } else {
        scored.iter().map(|(_, score)| score).sum::<f64>() / scored.len() as f64
    };
    let hundredths = (mean * 100.0).round() / 100.0;
    Some(hundredths.clamp(WORST, BEST))
}

/// The number that a command measured: the first word of the last line of its
/// output, with or without a percent sign. `None` where that is no number.
pub fn measured(output: &str) -> Option<f64> {
    let last = output.lines().rev().find(|line| !line.trim().is_empty())?;
    let word = last.split_whitespace().next()?.trim_end_matches('%');
    let number: f64 = word.parse().ok()?;
    number.is_finite().then_some(number)
}

/// Whether a number is a score.
pub fn is_score(number: f64) -> bool {
    (WORST..=BEST).contains(&number)
}

fn median(scores: &[f64]) -> Option<f64> {
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get((sorted.len() / 2).checked_sub(1)?)?;
    Some((lower + upper) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::{agreed, default_dimensions, measured, nearest, overall};

    #[test]
    fn reviewers_agree_without_outliers() {
        for (scores, expected) in [
            (&[4.0, 4.0, 5.0][..], Some(4.0)),
            (&[1.0, 4.0, 5.0], Some(5.0)),
            (&[1.0, 4.0, 4.0], Some(4.0)),
            (&[2.0, 3.0], Some(3.0)),
            (&[3.4], Some(3.0)),
            (&[1.0, 5.0], Some(3.0)),
            (&[0.0, 9.0, f64::NAN], None),
            (&[], None),
        ] {
            assert_eq!(agreed(scores), expected, "{scores:?}");
        }
    }

    #[test]
    fn the_whole_is_the_weighted_mean() {
        for (scored, expected) in [
            (
                &[(0.35, 4.0), (0.30, 4.0), (0.20, 4.0), (0.15, 4.0)][..],
                Some(4.0),
            ),
            (&[(0.5, 5.0), (0.5, 2.0)], Some(3.5)),
            (&[(0.75, 5.0), (0.25, 1.0)], Some(4.0)),
            (&[(0.0, 5.0), (0.0, 2.0)], Some(3.5)),
            (&[(1.0, 0.2)], Some(1.0)),
            (&[], None),
        ] {
            assert_eq!(overall(scored), expected, "{scored:?}");
        }
    }

    #[test]
    fn the_default_weights_are_one_together() {
        let weights: f64 = default_dimensions().iter().map(|d| d.weight).sum();
        assert!((weights - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_number_is_measured_by_the_last_line() {
        for (output, expected) in [
            ("87.5", Some(87.5)),
            ("lines: 1\n 91% covered\n\n", Some(91.0)),
            ("-3 below\n", Some(-3.0)),
            ("covered 91", None),
            ("inf", None),
            ("", None),
        ] {
            assert_eq!(measured(output), expected, "{output}");
        }
    }

    #[test]
    fn the_reason_comes_from_the_nearest() {
        assert_eq!(nearest(&[1.0, 4.0, 5.0], 4.0), Some(1));
        assert_eq!(nearest(&[], 4.0), None);
    }
}
