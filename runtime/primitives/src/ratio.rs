//! Fractions: basis points and a fixed-point ratio.

use crate::{MathError, Rounding, mul_div};
use borsh::{BorshDeserialize, BorshSerialize};

/// Basis points: hundredths of a percent, never more than the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, BorshSerialize)]
pub struct Bps(u16);

impl Bps {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The whole: 10,000.
    pub const ONE: Self = Self(10_000);

    /// `value` basis points; `None` above 10,000.
    #[must_use]
    pub const fn new(value: u16) -> Option<Self> {
        if value <= Self::ONE.0 {
            Some(Self(value))
        } else {
            None
        }
    }

    /// The bare number, at most 10,000.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// This fraction of `value`.
    ///
    /// # Errors
    /// Never in practice: a fraction of a 128-bit number fits 128 bits. The error is [`mul_div`]'s.
    pub fn of(self, value: u128, rounding: Rounding) -> Result<u128, MathError> {
        mul_div(value, u128::from(self.0), u128::from(Self::ONE.0), rounding)
    }
}

impl BorshDeserialize for Bps {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        Self::new(u16::deserialize_reader(reader)?).ok_or_else(|| {
            std::io::Error::new(std::io::ErrorKind::InvalidData, "more than 10,000 basis points")
        })
    }
}

impl core::fmt::Display for Bps {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} bps", self.0)
    }
}

impl serde::Serialize for Bps {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Bps {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = <u16 as serde::Deserialize>::deserialize(deserializer)?;
        Self::new(value).ok_or_else(|| serde::de::Error::custom("at most 10000 basis points"))
    }
}

/// A non-negative fraction in fixed point: 10^18 is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Ratio(u128);

impl Ratio {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The whole.
    pub const ONE: Self = Self(1_000_000_000_000_000_000);

    /// The ratio of `raw` / 10^18.
    #[must_use]
    pub const fn from_raw(raw: u128) -> Self {
        Self(raw)
    }

    /// The numerator over 10^18.
    #[must_use]
    pub const fn raw(self) -> u128 {
        self.0
    }

    /// `numerator / denominator` as a ratio.
    ///
    /// # Errors
    /// As [`mul_div`].
    pub fn of(numerator: u128, denominator: u128, rounding: Rounding) -> Result<Self, MathError> {
        mul_div(numerator, Self::ONE.0, denominator, rounding).map(Self)
    }

    /// This share of `value`.
    ///
    /// # Errors
    /// As [`mul_div`].
    pub fn apply(self, value: u128, rounding: Rounding) -> Result<u128, MathError> {
        mul_div(value, self.0, Self::ONE.0, rounding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basis_points_stop_at_the_whole() {
        assert_eq!(Bps::new(10_001), None);
        assert!(borsh::from_slice::<Bps>(&10_001u16.to_le_bytes()).is_err());
        assert_eq!(Bps::ONE.of(7, Rounding::Down), Ok(7));
        assert_eq!(Bps::new(1).unwrap().of(1, Rounding::Up), Ok(1));
        assert_eq!(Bps::new(1).unwrap().of(1, Rounding::Down), Ok(0));
    }

    #[test]
    fn a_ratio_of_itself_is_one() {
        assert_eq!(Ratio::of(u128::MAX, u128::MAX, Rounding::Down), Ok(Ratio::ONE));
        assert_eq!(Ratio::ONE.apply(u128::MAX, Rounding::Up), Ok(u128::MAX));
    }
}
