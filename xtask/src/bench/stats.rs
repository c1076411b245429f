//! Medians, and numbers as people read them.

/// The middle value, or the mean of the two middle ones; 0 of nothing.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// The smallest value that is not exceeded by this share of them; 0 of nothing.
pub fn percentile(values: impl IntoIterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as f64 * share).ceil() as usize;
    values.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// `a / b`, 0 when there is nothing to compare with.
pub fn ratio(a: f64, b: f64) -> f64 {
    if b > 0.0 { a / b } else { 0.0 }
}

/// A whole number with thousands separated: `1,234,567`.
pub fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A latency in milliseconds.
pub fn milliseconds(microseconds: f64) -> String {
    format!("{:.2} ms", microseconds / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_middles() {
        assert!(median([3.0, 1.0, 2.0]).total_cmp(&2.0).is_eq());
        assert!(median([4.0, 1.0, 2.0, 3.0]).total_cmp(&2.5).is_eq());
        assert!(median([]).total_cmp(&0.0).is_eq());
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let hundred = || (1..=100).rev().map(f64::from);
        for (share, expected) in [(0.99, 99.0), (0.5, 50.0), (0.0, 1.0), (1.0, 100.0)] {
            assert!(percentile(hundred(), share).total_cmp(&expected).is_eq());
        }
        assert!(percentile([7.0], 0.99).total_cmp(&7.0).is_eq());
        assert!(percentile([], 0.99).total_cmp(&0.0).is_eq());
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!(grouped(999.4), "999");
        assert_eq!(grouped(1_234_567.0), "1,234,567");
        assert_eq!(grouped(12_345.0), "12,345");
    }
}
