//! Validator sets: another one every epoch, computed from state, with the faulty always below a third.

use crate::dice::Dice;
use crate::keys::{key, peer};
use crypto::hash::sha256;
use light_palisade::{Committee, Validator, ValidatorSet};
use primitives::{AccountId, ChainClock, Digest, Epoch, Power};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How weight is spread over the seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// All exactly the same, in every epoch.
    Same,
    /// About the same; changes a little every epoch.
    Equal,
    /// 32, 32, 32, 4, and again.
    Lopsided,
    /// 1, 1/2, 1/3 …, the first cut down below a third.
    Zipf,
    /// One just under a third.
    Heavy,
}

/// The sets of a run.
#[derive(Debug)]
pub struct Sets {
    seats: usize,
    weights: Weights,
    epoch_ms: u64,
    faulty: BTreeSet<usize>,
    known: RefCell<BTreeMap<(u64, Digest), Arc<Committee>>>,
}

impl Sets {
    /// Sets of `seats` out of one node more, so that one leaves and one joins. The nodes of `faulty` stay below a
    /// third of the weight together in each of them.
    #[must_use]
    pub const fn new(seats: usize, weights: Weights, epoch_ms: u64, faulty: BTreeSet<usize>) -> Self {
        Self {
            seats,
            weights,
            epoch_ms,
            faulty,
            known: RefCell::new(BTreeMap::new()),
        }
    }

    /// How many nodes there are, seated or not.
    #[must_use]
    pub const fn nodes(&self) -> usize {
        self.seats + 1
    }

    /// The set of an epoch, from the state root two blocks before the end of the epoch before. None when its keys are
    /// refused, which those of the simulation are not.
    #[must_use]
    pub fn of(&self, epoch: u64, from: &Digest) -> Option<Arc<Committee>> {
        if let Some(known) = self.known.borrow().get(&(epoch, *from)) {
            return Some(Arc::clone(known));
        }
        let committee = Arc::new(Committee::new(self.compute(epoch, from)).ok()?);
        self.known
            .borrow_mut()
            .insert((epoch, *from), Arc::clone(&committee));
        Some(committee)
    }

    fn compute(&self, epoch: u64, from: &Digest) -> ValidatorSet {
        let hash = sha256(&[b"set", &epoch.to_be_bytes(), from.as_bytes()]);
        let mut dice = Dice::new(
            hash.first_chunk().map_or(0, |chunk| u64::from_be_bytes(*chunk)),
            "set",
        );
        // Epoch 0 lacks the last, so that tests know who sits where.
        let absent = if epoch == 0 {
            self.seats
        } else {
            dice.index(self.nodes())
        };
        let members: Vec<usize> = (0..self.nodes()).filter(|node| *node != absent).collect();
        let weights = self.spread(&members, &mut dice);
        let validators = members
            .iter()
            .zip(weights)
            .map(|(node, weight)| Validator {
                key: key(*node),
                weight: Power::new(weight),
                operator: AccountId::new([*node as u8 + 1; 32]),
                p2p_key: peer(*node).0,
            })
            .collect();
        ValidatorSet {
            epoch: Epoch::new(epoch),
            ends_at: ChainClock::new((epoch + 1) * self.epoch_ms),
            validators,
        }
    }

    fn spread(&self, members: &[usize], dice: &mut Dice) -> Vec<u64> {
        let mut weights = self.pattern(members.len(), dice);
        for _ in 0..32 {
            if self.faulty_are_few(members, &weights) {
                return weights;
            }
            dice.shuffle(&mut weights);
        }
        members
            .iter()
            .map(|node| if self.faulty.contains(node) { 10 } else { 11 })
            .collect()
    }

    fn pattern(&self, count: usize, dice: &mut Dice) -> Vec<u64> {
        let mut weights: Vec<u64> = match self.weights {
            Weights::Same => return vec![1; count],
            Weights::Equal => return (0..count).map(|_| dice.between(49, 51)).collect(),
            Weights::Lopsided => (0..count).map(|i| if i % 4 == 3 { 4 } else { 32 }).collect(),
            Weights::Zipf | Weights::Heavy => (0..count as u64).map(|i| 7_000 / (i + 1)).collect(),
        };
        if matches!(self.weights, Weights::Heavy) {
            weights.fill(50);
        }
        if matches!(self.weights, Weights::Zipf | Weights::Heavy)
            && let Some((first, others)) = weights.split_first_mut()
        {
            // The most that is below a third: 2w < the others together.
            *first = others.iter().sum::<u64>().saturating_sub(1) / 2;
        }
        dice.shuffle(&mut weights);
        weights
    }

    fn faulty_are_few(&self, members: &[usize], weights: &[u64]) -> bool {
        let total: u64 = weights.iter().sum();
        let faulty: u64 = members
            .iter()
            .zip(weights)
            .filter(|(node, _)| self.faulty.contains(node))
            .map(|(_, weight)| weight)
            .sum();
        faulty * 3 < total
    }
}
