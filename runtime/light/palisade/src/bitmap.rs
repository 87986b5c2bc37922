//! Which validators of a set signed.

use crate::validators::ValidatorIndex;
use borsh::{BorshDeserialize, BorshSerialize};

/// One bit per validator, exactly ⌈n/8⌉ bytes, the lowest bit of the first byte for index 0, padding zero.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Bitmap(Vec<u8>);

impl Bitmap {
    /// The bitmap over `validators` in which `signers` are set. Indices beyond the end are left out.
    #[must_use]
    pub fn new(validators: usize, signers: impl IntoIterator<Item = ValidatorIndex>) -> Self {
        let mut bytes = vec![0u8; validators.div_ceil(8)];
        for index in signers {
            let position = usize::from(index.get());
            if position < validators
                && let Some(byte) = bytes.get_mut(position >> 3)
            {
                *byte |= 1u8 << (position & 7);
            }
        }
        Self(bytes)
    }

    /// Its bytes as they came, right or wrong.
    #[must_use]
    pub const fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether it has the exact length and no bit beyond the end, for a set of `validators`.
    #[must_use]
    pub fn fits(&self, validators: usize) -> bool {
        let used = validators & 7;
        let padding_zero = used == 0
            || self
                .0
                .last()
                .is_none_or(|last| last.checked_shr(bits(used)).unwrap_or(0) == 0);
        self.0.len() == validators.div_ceil(8) && padding_zero
    }

    /// Whether `index` is set.
    #[must_use]
    pub fn contains(&self, index: ValidatorIndex) -> bool {
        let position = usize::from(index.get());
        self.0
            .get(position >> 3)
            .is_some_and(|byte| byte & (1u8 << (position & 7)) != 0)
    }

    /// The indices that are set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = ValidatorIndex> + '_ {
        let end = u16::try_from(self.0.len().saturating_mul(8)).unwrap_or(u16::MAX);
        (0..end)
            .map(ValidatorIndex::new)
            .filter(|index| self.contains(*index))
    }
}

fn bits(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_length_without_padding_fits() {
        let map = Bitmap::new(
            9,
            [
                ValidatorIndex::new(0),
                ValidatorIndex::new(8),
                ValidatorIndex::new(9),
            ],
        );
        assert_eq!(map.as_bytes(), [1, 1]);
        assert!(map.fits(9) && !map.fits(8) && !map.fits(17));
        assert!(!Bitmap::from_bytes(vec![0, 2]).fits(9));
        assert!(Bitmap::from_bytes(vec![0xff]).fits(8));
        assert_eq!(map.iter().map(ValidatorIndex::get).collect::<Vec<_>>(), [0, 8]);
    }
}
