//! Quantities: numbers that know what they count and cannot be mixed up.

use crate::{MathError, Rounding, mul_div};

/// Why a text is not a quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a whole number in decimal, without sign, spaces or leading zeros, that fits {bits} bits")]
pub struct ParseQuantityError {
    /// Width of the type that was asked for.
    pub bits: u32,
}

/// Parses canonical decimal only: `0`, or digits without a leading zero.
pub(crate) fn parse_canonical(text: &str, bits: u32) -> Result<u128, ParseQuantityError> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let canonical = text == "0" || !text.starts_with('0');
    if !digits || !canonical {
        return Err(ParseQuantityError { bits });
    }
    text.parse().map_err(|_| ParseQuantityError { bits })
}

/// Declares a quantity: a number with a name, checked arithmetic with itself, one text form and one encoding.
macro_rules! quantity {
    ($(#[$meta:meta])* $name:ident($inner:ty)) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash,
            borsh::BorshSerialize, borsh::BorshDeserialize,
        )]
        pub struct $name($inner);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);
            /// The largest that can be written.
            pub const MAX: Self = Self(<$inner>::MAX);

            /// The quantity of `value` units.
            #[must_use]
            pub const fn new(value: $inner) -> Self {
                Self(value)
            }

            /// The bare number of units.
            #[must_use]
            pub const fn get(self) -> $inner {
                self.0
            }

            /// Whether there is nothing.
            #[must_use]
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }

            /// The sum of both.
            ///
            /// # Errors
            /// [`MathError::Overflow`](crate::MathError::Overflow) when the sum does not fit.
            pub const fn checked_add(self, other: Self) -> Result<Self, crate::MathError> {
                match self.0.checked_add(other.0) {
                    Some(sum) => Ok(Self(sum)),
                    None => Err(crate::MathError::Overflow),
                }
            }

            /// What is left after taking `other` away.
            ///
            /// # Errors
            /// [`MathError::Underflow`](crate::MathError::Underflow) when `other` is the larger.
            pub const fn checked_sub(self, other: Self) -> Result<Self, crate::MathError> {
                match self.0.checked_sub(other.0) {
                    Some(rest) => Ok(Self(rest)),
                    None => Err(crate::MathError::Underflow),
                }
            }

            /// What is left after taking `other` away, nothing when `other` is the larger.
            #[must_use]
            pub const fn saturating_sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }

            /// The sum of both, capped at [`Self::MAX`].
            #[must_use]
            pub const fn saturating_add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&self.0, f)
            }
        }

        impl core::str::FromStr for $name {
            type Err = crate::ParseQuantityError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let bits = <$inner>::BITS;
                let value = crate::quantity::parse_canonical(text, bits)?;
                <$inner>::try_from(value).map(Self).map_err(|_| crate::ParseQuantityError { bits })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use quantity;

quantity! {
    /// An amount of one asset, in its base units. Which asset is the context's, or a [`Coin`](crate::Coin)'s.
    Amount(u128)
}
quantity! {
    /// Shares of a vault, in base units.
    Shares(u128)
}
quantity! {
    /// Voting power of a validator, at most 2^53 after normalisation.
    Power(u64)
}
quantity! {
    /// Units of work and bytes that a transaction is charged for.
    Gas(u64)
}

impl Amount {
    /// `self · numerator / denominator` with a 256-bit middle.
    ///
    /// # Errors
    /// As [`mul_div`].
    pub fn mul_div(self, numerator: u128, denominator: u128, rounding: Rounding) -> Result<Self, MathError> {
        mul_div(self.get(), numerator, denominator, rounding).map(Self)
    }
}

impl Shares {
    /// `self · numerator / denominator` with a 256-bit middle.
    ///
    /// # Errors
    /// As [`mul_div`].
    pub fn mul_div(self, numerator: u128, denominator: u128, rounding: Rounding) -> Result<Self, MathError> {
        mul_div(self.get(), numerator, denominator, rounding).map(Self)
    }
}

impl Gas {
    /// The price of this much gas at `price` base units each.
    ///
    /// # Errors
    /// [`MathError::Overflow`] when the price does not fit.
    pub fn cost(self, price: Amount) -> Result<Amount, MathError> {
        u128::from(self.get())
            .checked_mul(price.get())
            .map(Amount::new)
            .ok_or(MathError::Overflow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_canonical_decimal_is_an_amount() {
        for bad in [
            "",
            "-1",
            "+1",
            "01",
            "00",
            " 1",
            "1 ",
            "1.0",
            "0x1",
            "340282366920938463463374607431768211456",
        ] {
            assert!(bad.parse::<Amount>().is_err(), "{bad:?} must not parse");
        }
        assert_eq!("340282366920938463463374607431768211455".parse(), Ok(Amount::MAX));
        assert_eq!(
            "18446744073709551616".parse::<Power>(),
            Err(ParseQuantityError { bits: 64 })
        );
    }

    proptest! {
        #[test]
        fn text_is_the_same_both_ways(value in any::<u128>()) {
            let amount = Amount::new(value);
            prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        }

        #[test]
        fn sums_and_differences_undo_each_other(a in any::<u128>(), b in any::<u128>()) {
            let (a, b) = (Amount::new(a), Amount::new(b));
            match a.checked_add(b) {
                Ok(sum) => prop_assert_eq!(sum.checked_sub(b), Ok(a)),
                Err(error) => prop_assert_eq!(error, MathError::Overflow),
            }
        }
    }
}
