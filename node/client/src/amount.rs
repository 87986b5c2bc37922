//! Amounts as people write them: `10pal`, `1.5pal`, `100npal`. Exact decimals, no floats.

use primitives::Amount;

/// How many digits of a PAL stand after the decimal point.
pub const PAL_DECIMALS: u8 = 9;
/// PAL's symbol.
pub const PAL_SYMBOL: &str = "PAL";
/// The most digits after the decimal point that any asset has.
const MAX_DECIMALS: u8 = 38;

/// Why a text is not an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// No digits, a sign, or something else that is no plain decimal.
    #[error("`{0}` is not an amount: expected digits and a unit, like 10pal, 1.5pal or 100npal")]
    Malformed(String),
    /// Digits without a unit could mean base units or whole ones.
    #[error("`{0}` has no unit: write {0}pal, or {0}npal for base units")]
    NoUnit(String),
    /// More digits after the point than the unit has.
    #[error("`{text}` has {digits} digits after the point, but a {unit} has {decimals}")]
    TooFine {
        /// What was given.
        text: String,
        /// Its unit.
        unit: String,
        /// How many digits it has after the point.
        digits: usize,
        /// How many it may have.
        decimals: u8,
    },
    /// It does not fit 128 bits.
    #[error("`{0}` is larger than any amount can be")]
    TooLarge(String),
}

/// An amount as it was written: digits and a unit that is still to be looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    text: String,
    whole: String,
    fraction: String,
    /// The unit as written, such as `pal`.
    pub unit: String,
}

impl std::str::FromStr for Written {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let unit_is_a_word = unit.starts_with(|c: char| c.is_ascii_alphabetic())
            && unit.bytes().all(|b| b.is_ascii_alphanumeric());
        if !plain(whole) || !plain(fraction) || !(unit.is_empty() || unit_is_a_word) {
            return Err(AmountError::Malformed(text.to_owned()));
        }
        if unit.is_empty() {
            return Err(AmountError::NoUnit(text.to_owned()));
        }
        Ok(Self {
            text: text.to_owned(),
            whole: whole.to_owned(),
            fraction: fraction.to_owned(),
            unit: unit.to_owned(),
        })
    }
}

impl Written {
    /// The amount in base units when the unit has `decimals` digits after the point.
    ///
    /// # Errors
    /// [`AmountError::TooFine`], [`AmountError::TooLarge`].
    pub fn in_base_units(&self, decimals: u8) -> Result<Amount, AmountError> {
        let fraction = self.fraction.trim_end_matches('0');
        let width = usize::from(decimals.min(MAX_DECIMALS));
        if fraction.len() > width {
            return Err(AmountError::TooFine {
                text: self.text.clone(),
                unit: self.unit.clone(),
                digits: fraction.len(),
                decimals,
            });
        }
        let digits = format!("{}{fraction:0<width$}", self.whole);
        digits
            .parse()
            .map(Amount::new)
            .map_err(|_| AmountError::TooLarge(self.text.clone()))
    }

    /// The amount when the unit is PAL's or its base unit; `None` when it is another asset's.
    ///
    /// # Errors
    /// As [`Written::in_base_units`].
    pub fn pal(&self) -> Option<Result<Amount, AmountError>> {
        match self.unit.to_ascii_lowercase().as_str() {
            "pal" => Some(self.in_base_units(PAL_DECIMALS)),
            "npal" => Some(self.in_base_units(0)),
            _ => None,
        }
    }
}

/// An amount of PAL as written, in npal.
///
/// # Errors
/// [`AmountError`]; a unit other than `pal` and `npal` is malformed here.
pub fn parse_pal(text: &str) -> Result<Amount, AmountError> {
    let written: Written = text.parse()?;
    written
        .pal()
        .unwrap_or_else(|| Err(AmountError::Malformed(text.to_owned())))
}

/// The amount in whole units, with thousands separated and no trailing zeros: `1,000,000.5`.
#[must_use]
pub fn format(amount: Amount, decimals: u8) -> String {
    let width = usize::from(decimals.min(MAX_DECIMALS));
    let digits = format!("{:0>least$}", amount.get(), least = width + 1);
    let (whole, fraction) = digits
        .split_at_checked(digits.len().saturating_sub(width))
        .unwrap_or((&digits, ""));
    let mut text = String::with_capacity(digits.len() + 8);
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// An amount of PAL as people read it: `1,000 PAL`.
#[must_use]
pub fn format_pal(amount: Amount) -> String {
    format!("{} {PAL_SYMBOL}", format(amount, PAL_DECIMALS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        for (text, base) in [
            ("10pal", 10_000_000_000),
            ("1.5pal", 1_500_000_000),
            ("0.000000001PAL", 1),
            ("1.500000000000pal", 1_500_000_000),
            ("100npal", 100),
            ("0pal", 0),
        ] {
            assert_eq!(parse_pal(text), Ok(Amount::new(base)), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(parse_pal("10"), Err(AmountError::NoUnit("10".into())));
        for bad in [
            "", "pal", "-1pal", "+1pal", "1e3pal", "1,000pal", ".5pal", "1.pal", "1..2pal", "1 pal", "0x1pal",
        ] {
            assert!(
                matches!(parse_pal(bad), Err(AmountError::Malformed(_))),
                "{bad}: {:?}",
                parse_pal(bad)
            );
        }
        assert!(matches!(
            parse_pal("0.0000000001pal"),
            Err(AmountError::TooFine {
                digits: 10,
                decimals: 9,
                ..
            })
        ));
        assert!(matches!(parse_pal("1.5npal"), Err(AmountError::TooFine { .. })));
        let huge = format!("{}pal", u128::MAX);
        assert!(matches!(parse_pal(&huge), Err(AmountError::TooLarge(_))));
        assert!(matches!(parse_pal("5wbtc"), Err(AmountError::Malformed(_))));
    }

    #[test]
    fn people_can_read_it() {
        assert_eq!(format_pal(Amount::new(1_000_000_500_000_000)), "1,000,000.5 PAL");
        assert_eq!(format_pal(Amount::new(1)), "0.000000001 PAL");
        assert_eq!(format(Amount::new(1_234), 0), "1,234");
        assert_eq!(format(Amount::ZERO, 9), "0");
    }
}
