//! Seeded chance. Everything random in a run comes from one seed, through forks that do not disturb each other.

use crypto::hash::sha256;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// A source of chance.
#[derive(Debug)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice of a seed, for one purpose.
    #[must_use]
    pub fn new(seed: u64, purpose: &str) -> Self {
        Self(ChaCha8Rng::from_seed(sha256(&[
            b"palisade/sim",
            &seed.to_be_bytes(),
            purpose.as_bytes(),
        ])))
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `end`; zero when that is zero. The bias is far below anything a run could show.
    pub fn below(&mut self, end: u64) -> u64 {
        self.any().checked_rem(end).unwrap_or(0)
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// True this often in a hundred.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    /// A position in something of this length.
    pub fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// One of several; the last resort when there is none.
    pub fn pick<T: Copy>(&mut self, from: &[T], otherwise: T) -> T {
        let index = self.index(from.len());
        from.get(index).copied().unwrap_or(otherwise)
    }

    /// Any order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            let other = self.index(end + 1);
            items.swap(end, other);
        }
    }
}
