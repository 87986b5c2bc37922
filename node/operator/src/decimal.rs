//! Decimal numbers as sources write them, as whole units of a feed's last digit. Exact: no floating point.

/// The longest number that is read.
const MAX_DIGITS: usize = 80;

/// Why a text is no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    /// Not a positive decimal number.
    #[error("`{0}` is not a positive decimal number such as 64250.75")]
    Malformed(String),
    /// Larger than a feed's values are.
    #[error("`{0}` is too large")]
    TooLarge(String),
    /// Nothing is left of it at the feed's precision.
    #[error("`{0}` is nothing at {1} decimals")]
    Nothing(String, u32),
}

/// The number in `text` times 10^`decimals`; what lies below the last digit is cut off.
///
/// # Errors
/// [`DecimalError`].
pub(crate) fn scaled(text: &str, decimals: u32) -> Result<u128, DecimalError> {
    let text = text.trim();
    let shown: String = text.chars().take(40).collect();
    let malformed = || DecimalError::Malformed(shown.clone());
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().map_err(|_| malformed())?),
        None => (text, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) || mantissa.len() > MAX_DIGITS {
        return Err(malformed());
    }
    let all = format!("{whole}{part}");
    let all = all.trim_start_matches('0');
    // How many of the digits stand before the point of the scaled number.
    let kept = i64::try_from(all.len()).unwrap_or(i64::MAX) - i64::try_from(part.len()).unwrap_or(0)
        + i64::from(exponent)
        + i64::from(decimals);
    let nothing = || DecimalError::Nothing(shown.clone(), decimals);
    let kept = usize::try_from(kept).map_err(|_| nothing())?;
    if kept > 39 && !all.is_empty() {
        return Err(DecimalError::TooLarge(shown));
    }
    let mut number: String = all.chars().take(kept).collect();
    while number.len() < kept && !number.is_empty() {
        number.push('0');
    }
    if number.is_empty() {
        return Err(nothing());
    }
    match number.parse::<u128>() {
        Ok(0) => Err(nothing()),
        Ok(value) => Ok(value),
        Err(_) => Err(DecimalError::TooLarge(shown)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_scaled_exactly() {
        for (text, decimals, value) in [
            ("64250.75", 2, 6_425_075),
            ("64250.7599", 2, 6_425_075),
            ("1", 8, 100_000_000),
            ("0.00000001", 8, 1),
            ("6.425e4", 2, 6_425_000),
            ("1E-2", 2, 1),
            (" 12\n", 0, 12),
            ("007.50", 1, 75),
            ("340282366920938463463374607431768211455", 0, u128::MAX),
        ] {
            assert_eq!(scaled(text, decimals), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_positive_number_says_so() {
        for text in [
            "",
            "-1",
            "+1",
            "1.2.3",
            "abc",
            ".5",
            "1,5",
            "NaN",
            "inf",
            "1e",
            "1e99999999999",
            "٣",
        ] {
            assert!(
                matches!(scaled(text, 2), Err(DecimalError::Malformed(_))),
                "{text}"
            );
        }
        for text in ["0", "0.001", "1e-9", "0.000", "1e-2000000000"] {
            assert!(
                matches!(scaled(text, 2), Err(DecimalError::Nothing(..))),
                "{text}"
            );
        }
        for text in ["1e50", "1e2000000000", "340282366920938463463374607431768211456"] {
            assert!(
                matches!(scaled(text, 0), Err(DecimalError::TooLarge(_))),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,100}", decimals in 0u32..19) {
            let first = scaled(&text, decimals);
            prop_assert_eq!(first, scaled(&text, decimals));
        }

        #[test]
        fn what_a_feed_states_is_read_back(value in 1u128..1_000_000_000_000, decimals in 1u32..6) {
            let unit = 10u128.pow(decimals);
            let (whole, part) = (value.div_euclid(unit), value.rem_euclid(unit));
            let width = usize::try_from(decimals).unwrap();
            let text = format!("{whole}.{part:0width$}");
            prop_assert_eq!(scaled(&text, decimals), Ok(value));
        }
    }
}
