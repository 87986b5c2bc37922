//! Targets in their compact form, and the work that they stand for.

use borsh::{BorshDeserialize, BorshSerialize};
use ruint::aliases::{U256, U512};

/// Why a compact number is no target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BitsError {
    /// Its sign bit is set.
    #[error("the target is negative")]
    Negative,
    /// Nothing hashes below it.
    #[error("the target is zero")]
    Zero,
    /// It takes more than 256 bits.
    #[error("the target takes more than 256 bits")]
    Overflow,
}

/// A target in the compact form of headers: a byte of length, and three of signed mantissa.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Bits(u32);

const SIGN: u32 = 0x0080_0000;
const MANTISSA: u32 = 0x007f_ffff;
/// Seconds that a period of 2,016 blocks is meant to take.
const TIMESPAN: i64 = 1_209_600;

impl Bits {
    /// The compact number as it stands in a header.
    #[must_use]
    pub const fn new(compact: u32) -> Self {
        Self(compact)
    }

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The target, above zero.
    ///
    /// # Errors
    /// [`BitsError`] says why it is none.
    ///
    /// # Source
    /// Bitcoin Core, `arith_uint256::SetCompact` and `DeriveTarget`.
    pub fn target(self) -> Result<U256, BitsError> {
        let length = self.0 >> 24;
        let mantissa = self.0 & MANTISSA;
        let (small, shift) = match length.checked_sub(3) {
            Some(more) => (mantissa, more.saturating_mul(8)),
            None => (mantissa >> 3u32.saturating_sub(length).saturating_mul(8), 0),
        };
        if small == 0 {
            return Err(BitsError::Zero);
        }
        if self.0 & SIGN != 0 {
            return Err(BitsError::Negative);
        }
        let shift = usize::try_from(shift).map_err(|_| BitsError::Overflow)?;
        U256::from(small).checked_shl(shift).ok_or(BitsError::Overflow)
    }

    /// The compact form of a target, which keeps its highest 16 to 24 bits.
    ///
    /// # Source
    /// Bitcoin Core, `arith_uint256::GetCompact`.
    #[must_use]
    pub fn of(target: U256) -> Self {
        let length = target.byte_len();
        let shift = length.saturating_sub(3).saturating_mul(8);
        let left = 3usize.saturating_sub(length).saturating_mul(8);
        let mantissa: u32 = target.wrapping_shr(shift).wrapping_shl(left).saturating_to();
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        if mantissa & SIGN == 0 {
            Self(mantissa | (length << 24))
        } else {
            Self((mantissa >> 8) | (length.saturating_add(1) << 24))
        }
    }

    /// Whether a hash, read as a little-endian number, is at most the target.
    ///
    /// # Errors
    /// [`BitsError`] where there is no target.
    pub fn is_met_by(self, hash: &[u8; 32]) -> Result<bool, BitsError> {
        Ok(U256::from_le_bytes(*hash) <= self.target()?)
    }

    /// The work of one block with this target: ⌊2^256 / (target + 1)⌋.
    ///
    /// # Errors
    /// [`BitsError`] where there is no target.
    pub fn work(self) -> Result<Work, BitsError> {
        let target = self.target()?;
        // 2^256 does not fit: 2^256 / (t + 1) = (2^256 - t - 1) / (t + 1) + 1. No compact target is 2^256 - 1.
        let above = target.saturating_add(U256::ONE);
        let quotient = target.not().checked_div(above).unwrap_or(U256::ZERO);
        Ok(Work(quotient.saturating_add(U256::ONE)))
    }

    /// The target of the period after one that began at `first` and whose last block is at `last`, in seconds.
    ///
    /// # Errors
    /// [`BitsError`] where `self` or `limit` is no target.
    ///
    /// # Source
    /// Bitcoin Core, `CalculateNextWorkRequired`: 2,015 intervals count as 2,016, time may run backwards, and the
    /// step is at most fourfold.
    pub fn retarget(self, first: u32, last: u32, limit: Self) -> Result<Self, BitsError> {
        let elapsed = i64::from(last).saturating_sub(i64::from(first));
        let clamped = elapsed.clamp(TIMESPAN >> 2, TIMESPAN << 2);
        let seconds = U512::from(u64::try_from(clamped).unwrap_or(0));
        // An easy target times the seconds of two months takes more than 256 bits.
        let scaled = U512::from(self.target()?)
            .saturating_mul(seconds)
            .checked_div(U512::from(TIMESPAN.unsigned_abs()));
        let limit = limit.target()?;
        let next = scaled.and_then(|wide| U256::checked_from_limbs_slice(wide.as_limbs()));
        Ok(Self::of(next.map_or(limit, |target| target.min(limit))))
    }
}

impl core::fmt::Display for Bits {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

/// Work: how many hashes were needed on average. Encoded as 32 bytes, little-endian.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Work(U256);

impl Work {
    /// None.
    pub const ZERO: Self = Self(U256::ZERO);

    /// So much work.
    #[must_use]
    pub const fn new(hashes: U256) -> Self {
        Self(hashes)
    }

    /// The number of hashes.
    #[must_use]
    pub const fn get(self) -> U256 {
        self.0
    }

    /// Both together; no chain comes near the end of the numbers.
    #[must_use]
    pub const fn and(self, more: Self) -> Self {
        Self(self.0.saturating_add(more.0))
    }
}

impl core::fmt::Display for Work {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(&self.0, f)
    }
}

impl BorshSerialize for Work {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(&self.0.to_le_bytes::<32>())
    }
}

impl BorshDeserialize for Work {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        <[u8; 32]>::deserialize_reader(reader).map(|bytes| Self(U256::from_le_bytes(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_target_says_why() {
        for (compact, error) in [
            (0, BitsError::Zero),
            (0x0080_0000, BitsError::Zero),
            (0x0100_3456, BitsError::Zero),
            (0x0180_3456, BitsError::Zero),
            (0x01fe_dcba, BitsError::Negative),
            (0x0492_3456, BitsError::Negative),
            (0x1d80_ffff, BitsError::Negative),
            (0xff12_3456, BitsError::Overflow),
            (0x2300_0001, BitsError::Overflow),
            (0x2200_0100, BitsError::Overflow),
            (0x2101_0000, BitsError::Overflow),
        ] {
            assert_eq!(Bits::new(compact).target(), Err(error), "{compact:#x}");
        }
        assert!(Bits::new(0x2200_00ff).target().is_ok());
        assert!(Bits::new(0x2100_ffff).target().is_ok());
    }

    #[test]
    fn compact_numbers_come_back_in_their_shortest_form() {
        for (compact, value, again) in [
            (0x0112_3456, 0x12, 0x0112_0000),
            (0x0200_8000, 0x80, 0x0200_8000),
            (0x0212_3456, 0x1234, 0x0212_3400),
            (0x0312_3456, 0x12_3456, 0x0312_3456),
            (0x0412_3456, 0x1234_5600, 0x0412_3456),
            (0x0500_9234, 0x9234_0000u64, 0x0500_9234),
        ] {
            let target = Bits::new(compact).target().unwrap();
            assert_eq!(target, U256::from(value), "{compact:#x}");
            assert_eq!(Bits::of(target), Bits::new(again), "{compact:#x}");
        }
    }

    #[test]
    fn time_that_runs_backwards_is_clamped_as_a_signed_number() {
        let (bits, limit) = (Bits::new(0x1d00_ffff), Bits::new(0x1d00_ffff));
        let fastest = bits.retarget(0, 302_400, limit).unwrap();
        assert_eq!(fastest, Bits::new(0x1c3f_ffc0));
        assert_eq!(bits.retarget(1_000_000, 999_000, limit), Ok(fastest));
        assert_eq!(bits.retarget(0, u32::MAX, limit), Ok(limit));
    }

    #[test]
    fn the_work_of_a_block() {
        let work = |compact| Bits::new(compact).work().unwrap().to_string();
        assert_eq!(work(0x1d00_ffff), "4295032833");
        assert_eq!(work(0x207f_ffff), "2");
    }

    proptest! {
        #[test]
        fn a_compact_form_loses_less_than_one_part_in_2_to_the_15(limbs in any::<[u64; 4]>(), shift in 0usize..250) {
            let target = U256::from_limbs(limbs).wrapping_shr(shift).saturating_add(U256::ONE);
            let back = Bits::of(target).target().unwrap();
            prop_assert!(back <= target);
            prop_assert!(target.saturating_sub(back) <= target.wrapping_shr(15));
            prop_assert_eq!(Bits::of(back), Bits::of(target));
        }
    }
}
