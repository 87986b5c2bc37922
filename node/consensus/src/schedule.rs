//! Who leads which view: smooth weighted round-robin from a seeded start.
//!
//! Every view adds each validator's weight to its priority, elects the highest, and takes the total weight from it.
//! So a validator of weight w leads N·w/W of any N views, give or take two, whatever certificates anybody holds.
//! Weights here are those of the set times what each validator's past as a leader is worth ([`Draw::reputation`]); a
//! quorum never counts anything but the set's.
//!
//! # Source
//! consensus.md, section 1.2, "Leader election"; the algorithm is CometBFT's proposer selection, without its
//! re-scaling, which frozen weights do not need.

use crate::limits::{RETENTION, VIEWS_AHEAD};
use crypto::domain::Domain;
use crypto::hash::{sha256, tagged};
use light_palisade::{Committee, ValidatorIndex};
use primitives::{ChainHash, Digest, View};
use std::collections::VecDeque;

/// Leaders that are looked up; older ones are forgotten.
const KEPT: u64 = RETENTION + 2 * VIEWS_AHEAD;

/// What fixes an epoch's leaders besides its set: everybody finds the same in the chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draw {
    /// From state two epochs before (consensus.md, "Leader election").
    pub randomness: Digest,
    /// By what the weight of each member of the set is multiplied, in the set's order: what the final blocks of the
    /// epoch before say of it. [`Draw::FULL`] where nothing is said; zero counts as one.
    pub reputation: Vec<u32>,
}

impl Draw {
    /// The share of turns of a member of which nothing bad is known.
    pub const FULL: u32 = 100;

    /// Leaders by weight alone.
    #[must_use]
    pub const fn of(randomness: Digest) -> Self {
        Self {
            randomness,
            reputation: Vec::new(),
        }
    }

    fn shares(&self) -> impl Iterator<Item = u32> {
        self.reputation
            .iter()
            .copied()
            .chain(core::iter::repeat(Self::FULL))
    }
}

/// The leaders of one epoch, in order.
#[derive(Clone, Debug)]
pub struct Schedule {
    weights: Vec<i128>,
    priorities: Vec<i128>,
    total: i128,
    /// Leaders of the views from `first` on.
    leaders: VecDeque<ValidatorIndex>,
    first: u64,
}

impl Schedule {
    /// The schedule of a committee's epoch. Starts are spread over [0, W) by a hash of (chain, epoch, randomness).
    #[must_use]
    pub fn new(chain: &ChainHash, committee: &Committee, draw: &Draw) -> Self {
        let epoch = committee.epoch().get().to_be_bytes();
        let seed: Digest = tagged(
            Domain::LeaderSchedule,
            &[chain.as_bytes(), &epoch, draw.randomness.as_bytes()],
        );
        let weights: Vec<i128> = committee
            .set()
            .validators
            .iter()
            .zip(draw.shares())
            .map(|(v, share)| i128::from(v.weight.get()).saturating_mul(i128::from(share.max(1))))
            .collect();
        let total = weights
            .iter()
            .fold(0i128, |sum, weight| sum.saturating_add(*weight));
        let priorities = (0u16..)
            .zip(&weights)
            .map(|(index, _)| start(&seed, index, total))
            .collect();
        Self {
            weights,
            priorities,
            total,
            leaders: VecDeque::new(),
            first: 1,
        }
    }

    /// Makes leaders known up to `view`; O(n) for each view that is new.
    pub fn extend_to(&mut self, view: View) {
        let known = u64::try_from(self.leaders.len()).unwrap_or(u64::MAX);
        let next = self.first.saturating_add(known);
        for _ in next..=view.get() {
            let leader = self.elect();
            self.leaders.push_back(leader);
            if self.leaders.len() > usize::try_from(KEPT).unwrap_or(usize::MAX) {
                self.leaders.pop_front();
                self.first = self.first.saturating_add(1);
            }
        }
    }

    /// The leader of a view that [`Self::extend_to`] has reached and that is not long past.
    #[must_use]
    pub fn leader(&self, view: View) -> Option<ValidatorIndex> {
        let position = view.get().checked_sub(self.first)?;
        self.leaders.get(usize::try_from(position).ok()?).copied()
    }

    fn elect(&mut self) -> ValidatorIndex {
        let mut best = (i128::MIN, 0u16);
        for ((index, priority), weight) in (0u16..).zip(&mut self.priorities).zip(&self.weights) {
            *priority = priority.saturating_add(*weight);
            // Ties go to the lower index: starts are hashes, so that nobody is favoured by it.
            if *priority > best.0 {
                best = (*priority, index);
            }
        }
        if let Some(priority) = self.priorities.get_mut(usize::from(best.1)) {
            *priority = priority.saturating_sub(self.total);
        }
        ValidatorIndex::new(best.1)
    }
}

fn start(seed: &Digest, index: u16, total: i128) -> i128 {
    let hash = sha256(&[seed.as_bytes(), &index.to_be_bytes()]);
    let mut low = [0; 8];
    low.copy_from_slice(hash.first_chunk::<8>().unwrap_or(&[0; 8]));
    i128::from(u64::from_be_bytes(low))
        .checked_rem(total)
        .unwrap_or(0)
}

#[cfg(test)]
mod tests;
