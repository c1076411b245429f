//! Money as integers in the smallest unit of an asset, with checked
//! arithmetic only, and the reading of a displayed reward such as `500 POLT`.
//!
//! **Invariant:** no floating point, no silent rounding, no overflow.

#![deny(clippy::arithmetic_side_effects, clippy::float_arithmetic)]

use crate::{Error, Result, limits};

/// A positive or zero quantity in an asset's smallest unit, or a signed one
/// where a balance may be negative.
pub type Units = i64;

/// Something that can be owned and paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// The code, such as `POLT`.
    pub code: String,
    /// Digits after the decimal point.
    pub scale: u32,
}

/// An amount of one asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// The asset's code.
    pub asset: String,
    /// The amount in the asset's smallest unit.
    pub units: Units,
}

/// Digits after the point that any asset may have.
const SCALE_MAX: u32 = 12;

/// The assets this server knows (design 3.4): `credits`, `USD`, `POLT`, `SOL`
/// and what the configuration adds.
#[derive(Clone, Debug)]
pub struct Assets(Vec<Asset>);

impl Default for Assets {
    fn default() -> Self {
        let known = [("credits", 0), ("USD", 2), ("POLT", 6), ("SOL", 9)];
        Self(
            known
                .map(|(code, scale)| Asset {
                    code: code.into(),
                    scale,
                })
                .into(),
        )
    }
}

impl Assets {
    /// Adds an asset.
    ///
    /// # Errors
    /// `Invalid` when the code is taken, empty or not alphanumeric, or the
    /// scale is above 12.
    pub fn add(&mut self, code: &str, scale: u32) -> Result<()> {
        let well_formed = !code.is_empty() && code.bytes().all(|b| b.is_ascii_alphanumeric());
        if !well_formed || scale > SCALE_MAX || self.find(code).is_some() {
            return Err(Error::invalid(
                "invalid_asset",
                format!(
                    "the asset {code} needs a new alphanumeric code and a scale of at most {SCALE_MAX}"
                ),
            ));
        }
        self.0.push(Asset {
            code: code.into(),
            scale,
        });
        Ok(())
    }

    /// The asset with this code, in any letter case.
    pub fn find(&self, code: &str) -> Option<&Asset> {
        self.0.iter().find(|a| a.code.eq_ignore_ascii_case(code))
    }

    /// Reads a displayed reward. `500 POLT` is money; `a hug` is `None`: free
    /// text stays text and is never paid by the ledger. `0 POLT` is text too.
    ///
    /// # Errors
    /// `Invalid` when the text names a known asset with an amount that cannot
    /// be paid to the last digit: negative, too many decimals, too large.
    pub fn parse_reward(&self, display: &str) -> Result<Option<Money>> {
        let mut words = display.split_whitespace();
        let (Some(number), Some(code), None) = (words.next(), words.next(), words.next()) else {
            return Ok(None);
        };
        let Some(asset) = self.find(code) else {
            return Ok(None);
        };
        if !number.bytes().any(|b| b.is_ascii_digit()) {
            return Ok(None);
        }
        let units =
            parse_units(number, asset.scale).filter(|units| *units <= limits::REWARD_UNITS_MAX);
        let units = units.ok_or_else(|| {
            Error::field(
                "payout_display",
                format!(
                    "names {} but {number} is not an amount of it: write a positive decimal number \
                     with at most {} digits after the point and no more than can be paid",
                    asset.code, asset.scale
                ),
            )
        })?;
        Ok((units > 0).then(|| Money {
            asset: asset.code.clone(),
            units,
        }))
    }

    /// The amount as an exact decimal number without trailing zeros, such as
    /// `0.5`.
    pub fn decimal(&self, money: &Money) -> String {
        format_units(money.units, self.find(&money.asset).map_or(0, |a| a.scale))
    }
}

/// Reads an unsigned decimal number (grouping by commas allowed) as units of
/// `10^-scale`. `None` when it is not one or does not fit.
fn parse_units(number: &str, scale: u32) -> Option<Units> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole = ungroup(whole)?;
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(&whole) || !digits(fraction) || number.ends_with('.') {
        return None;
    }
    let fraction = fraction.trim_end_matches('0');
    let missing = scale.checked_sub(u32::try_from(fraction.len()).ok()?)?;
    let significant: Units = format!("{whole}{fraction}").parse().ok()?;
    significant.checked_mul(10_i64.checked_pow(missing)?)
}

/// Removes thousands separators that stand where they should.
fn ungroup(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let mut joined = first.to_owned();
    for group in groups {
        if group.len() != 3 || first.is_empty() || first.len() > 3 {
            return None;
        }
        joined.push_str(group);
    }
    Some(joined)
}

/// Units of `10^-scale` as a decimal number without trailing zeros.
pub fn format_units(units: Units, scale: u32) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!(
        "{:0>width$}",
        units.unsigned_abs(),
        width = (scale as usize).saturating_add(1)
    );
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(scale as usize));
    match fraction.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        fraction => format!("{sign}{whole}.{fraction}"),
    }
}

/// The number by which a board sorts rewards: the first decimal number in the
/// display text, in millionths, saturating; 0 without a number. Units are not
/// compared (POLT section 8, surprise 5).
pub fn payout_rank(display: &str) -> i64 {
    let Some(start) = display.find(|c: char| c.is_ascii_digit()) else {
        return 0;
    };
    let rest = display.get(start..).unwrap_or("");
    let number: String = rest
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '.' || *c == ',')
        .filter(|c| *c != ',')
        .collect();
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, ""));
    let whole: i64 = if whole.is_empty() {
        0
    } else {
        whole.parse().unwrap_or(i64::MAX)
    };
    let fraction: String = fraction
        .chars()
        .take_while(char::is_ascii_digit)
        .chain("000000".chars())
        .take(6)
        .collect();
    whole
        .saturating_mul(1_000_000)
        .saturating_add(fraction.parse().unwrap_or(0))
}

/// Basis points of an amount, half up: the fee taken from a gross payment.
///
/// # Errors
/// `Internal` when it does not fit, which a validated amount cannot cause.
pub fn fee_of(gross: Units, basis_points: u32) -> Result<Units> {
    let product = i128::from(gross)
        .checked_mul(i128::from(basis_points))
        .and_then(|p| p.checked_add(5_000))
        .ok_or_else(Error::internal)?;
    Units::try_from(product.div_euclid(10_000)).map_err(|_| Error::internal())
}

/// Checks a number of cents.
///
/// # Errors
/// `Invalid` outside of the bounds, naming the field.
pub fn check_cents(field: &'static str, cents: i64, least: i64, most: i64) -> Result<()> {
    if (least..=most).contains(&cents) {
        return Ok(());
    }
    Err(Error::field(
        field,
        format!("must be a whole number of cents from {least} to {most}"),
    ))
}

/// Cents of US dollars as a displayed reward: `12.50 USD`.
pub fn dollars(cents: Units) -> String {
    format!("{} USD", cents_decimal(cents))
}

/// Cents as a decimal number of dollars: `12.50`.
pub fn cents_decimal(cents: Units) -> String {
    let (whole, part) = (cents.div_euclid(100), cents.rem_euclid(100));
    format!("{whole}.{part:02}")
}

/// `a + b`.
///
/// # Errors
/// `Internal` on overflow, which validated amounts cannot cause.
pub fn add(a: Units, b: Units) -> Result<Units> {
    a.checked_add(b).ok_or_else(Error::internal)
}

/// `a - b`.
///
/// # Errors
/// `Internal` on overflow, which validated amounts cannot cause.
pub fn subtract(a: Units, b: Units) -> Result<Units> {
    a.checked_sub(b).ok_or_else(Error::internal)
}

/// A place that holds money: an owner's bucket of one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// Spendable now.
    Available,
    /// Earned, not yet released.
    Held,
    /// Set aside for a task or project.
    Escrow,
    /// Earned by a worker and owed to it until funds arrive.
    Receivable,
    /// What an owner owes; the one bucket of a subject that is zero or
    /// negative.
    Payable,
    /// Where money comes from; the platform's, may be negative.
    Issuance,
    /// What the platform has earned.
    Fees,
    /// What has left the system.
    Redeemed,
}

impl Bucket {
    /// Every bucket.
    pub const ALL: [Self; 8] = [
        Self::Available,
        Self::Held,
        Self::Escrow,
        Self::Receivable,
        Self::Payable,
        Self::Issuance,
        Self::Fees,
        Self::Redeemed,
    ];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Held => "held",
            Self::Escrow => "escrow",
            Self::Receivable => "receivable",
            Self::Payable => "payable",
            Self::Issuance => "issuance",
            Self::Fees => "fees",
            Self::Redeemed => "redeemed",
        }
    }

    /// Reads the stored word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|b| b.as_str() == word)
    }

    /// Whether the platform owns it. Such buckets keep no balance row, so
    /// that they are not a row that every transaction waits for.
    pub fn is_platforms(self) -> bool {
        matches!(self, Self::Issuance | Self::Fees | Self::Redeemed)
    }
}

#[cfg(test)]
mod tests {
    use super::{Assets, Money, check_cents, dollars, fee_of, format_units, payout_rank};

    #[test]
    fn cents_are_bounded_and_shown() {
        assert!(check_cents("c", 1, 1, 2).is_ok() && check_cents("c", 3, 1, 2).is_err());
        assert_eq!(
            (dollars(1_250), dollars(5)),
            ("12.50 USD".into(), "0.05 USD".into())
        );
    }

    fn read(display: &str) -> Option<Money> {
        Assets::default().parse_reward(display).expect(display)
    }

    #[test]
    fn a_reward_in_a_known_asset_is_money() {
        for (display, asset, units) in [
            ("500 POLT", "POLT", 500_000_000),
            ("500 polt", "POLT", 500_000_000),
            (" 0.5  SOL ", "SOL", 500_000_000),
            ("12.50 USD", "USD", 1_250),
            ("12.5000 USD", "USD", 1_250),
            ("1,250 credits", "credits", 1_250),
        ] {
            assert_eq!(
                read(display),
                Some(Money {
                    asset: asset.into(),
                    units
                }),
                "{display}"
            );
        }
    }

    #[test]
    fn anything_else_stays_text() {
        for display in [
            "a hug",
            "500",
            "500 DOGE",
            "about 500 POLT",
            "0 POLT",
            "POLT 500",
            "some POLT",
            "",
        ] {
            assert_eq!(read(display), None, "{display}");
        }
    }

    #[test]
    fn an_amount_that_cannot_be_paid_exactly_is_refused() {
        for display in [
            "-5 POLT",
            "0.005 USD",
            "1.5 credits",
            "1,2 POLT",
            "99999999999999999999 SOL",
            "5. POLT",
            "1e3 POLT",
            "9300000000 SOL",
        ] {
            assert!(
                Assets::default().parse_reward(display).is_err(),
                "{display}"
            );
        }
    }

    #[test]
    fn units_print_as_exact_decimals() {
        for (units, scale, text) in [
            (500_000_000, 9, "0.5"),
            (1_250, 2, "12.5"),
            (7, 0, "7"),
            (-5, 2, "-0.05"),
            (0, 6, "0"),
            (i64::MIN, 0, "-9223372036854775808"),
        ] {
            assert_eq!(format_units(units, scale), text);
        }
    }

    #[test]
    fn rewards_rank_by_their_first_number() {
        for (display, rank) in [
            ("500 POLT", 500_000_000),
            ("0.5 SOL", 500_000),
            ("$1,200.50", 1_200_500_000),
            ("a hug", 0),
            ("v2.0.1", 2_000_000),
            ("99999999999999999999999", i64::MAX),
        ] {
            assert_eq!(payout_rank(display), rank, "{display}");
        }
    }

    #[test]
    fn fees_round_half_up() {
        for (gross, bps, fee) in [
            (1_250, 1_000, 125),
            (5, 1_000, 1),
            (4, 1_000, 0),
            (100, 0, 0),
            (i64::MAX, 10_000, i64::MAX),
        ] {
            assert_eq!(fee_of(gross, bps), Ok(fee), "{gross} at {bps}");
        }
    }
}
