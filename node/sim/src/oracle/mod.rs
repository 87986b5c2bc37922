//! What must hold in every run, restated from consensus.md, section 3, without a word from production's predicates:
//! weights are added up here, contradictions are defined here, and who signed what is known from the keys themselves.

mod evidence;
mod finality;
mod votes;

#[cfg(test)]
mod tests;

use light_palisade::{Statement, ValidatorSet};
use primitives::{BlockHash, Digest};
use std::collections::{BTreeMap, BTreeSet};

pub use evidence::Hearing;
pub use votes::contradict;

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// One block per height.
    Agreement,
    /// Each finalized block is the child of the one before.
    Ancestry,
    /// L1: no view is both finalized and nullified.
    FinalOrNull,
    /// L2: one block is notarized per view.
    OneNotarized,
    /// L3: what is finalized could be notarized.
    NotarizedFirst,
    /// A certificate has exact bits, more than two thirds of the weight, and no honest signer who did not sign.
    Weight,
    /// No honest validator contradicts itself (S1 to S4), nor wants to.
    NoHonestOffence,
    /// Whoever contradicts itself towards one honest validator is proven guilty within an epoch.
    EvidenceFound,
    /// No honest validator is accused or shut out.
    NoFalseAccusation,
    /// Equal state at equal height.
    State,
    /// Each block is delivered once, in order.
    Delivery,
    /// What is held is bounded by the views that are open.
    Memory,
    /// Everybody finalizes soon after the faults end.
    Liveness,
    /// No honest core stops for good.
    NoDivergence,
}

/// A broken invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// What was seen.
    pub what: String,
}

/// A view of an epoch.
pub(crate) type Slot = (u64, u64);
/// A block with its parent's view, as statements name them.
pub(crate) type Named = (u64, BlockHash);

/// Everything that was seen in a run, by nobody in it.
#[derive(Debug, Default)]
pub struct Oracle {
    byzantine: BTreeSet<usize>,
    /// Node and weight of each seat, by epoch.
    sets: BTreeMap<u64, Vec<(usize, u64)>>,
    signed: BTreeMap<(Slot, usize), BTreeSet<Statement>>,
    known: BTreeSet<(Statement, Vec<u8>)>,
    notarized: BTreeMap<Slot, BTreeSet<Named>>,
    finalized: BTreeMap<Slot, BTreeSet<Named>>,
    nullified: BTreeSet<Slot>,
    chain: BTreeMap<u64, BlockHash>,
    parents: BTreeMap<u64, BlockHash>,
    states: BTreeMap<u64, Digest>,
    delivered: BTreeMap<usize, u64>,
    evidence: evidence::Ledger,
    violations: Vec<Violation>,
}

fn slot(statement: &Statement) -> Slot {
    (statement.epoch().get(), statement.view().get())
}

fn named(statement: &Statement) -> Option<Named> {
    statement.block().map(|(view, block)| (view.get(), block))
}

impl Oracle {
    /// An oracle over nodes of which these are malicious.
    #[must_use]
    pub fn new(byzantine: BTreeSet<usize>) -> Self {
        Self {
            byzantine,
            ..Self::default()
        }
    }

    /// What was broken so far.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Notes a broken invariant.
    pub fn violated(&mut self, invariant: Invariant, what: String) {
        self.violations.push(Violation { invariant, what });
    }

    /// Who was proven guilty, in which epoch and view.
    pub fn proven(&self) -> impl Iterator<Item = (usize, u64, u64)> + '_ {
        self.evidence
            .proven
            .iter()
            .map(|((epoch, view), node)| (*node, *epoch, *view))
    }

    /// Whether a node is honest.
    #[must_use]
    pub fn is_honest(&self, node: usize) -> bool {
        !self.byzantine.contains(&node)
    }

    /// A set that decides an epoch, with the node at each seat. There is one per epoch.
    pub fn seats(&mut self, set: &ValidatorSet, node_of: impl Fn(&ValidatorSet, usize) -> usize) {
        let epoch = set.epoch.get();
        let seats: Vec<(usize, u64)> = set
            .validators
            .iter()
            .enumerate()
            .map(|(seat, validator)| (node_of(set, seat), validator.weight.get()))
            .collect();
        match self.sets.get(&epoch) {
            Some(known) if *known != seats => {
                self.violated(Invariant::Agreement, format!("two sets for epoch {epoch}"));
            }
            Some(_) => {}
            None => {
                self.sets.insert(epoch, seats);
            }
        }
    }

    /// Whether weight is more than two thirds of an epoch's.
    fn decides(&self, epoch: u64, weight: u128) -> bool {
        let total: u128 = self
            .sets
            .get(&epoch)
            .into_iter()
            .flatten()
            .map(|(_, weight)| u128::from(*weight))
            .sum();
        weight * 3 > total * 2
    }
}
