//! Which misbehaviour was proven already, so that each piece is given out once and nobody can make us prove without
//! end.

use crate::limits::MAX_EVIDENCE_EACH;
use light_palisade::ValidatorIndex;
use primitives::{Epoch, View};
use std::collections::{BTreeMap, BTreeSet};

/// What was proven, in this epoch and the one before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    votes: BTreeSet<(Epoch, View, ValidatorIndex)>,
    each: BTreeMap<(Epoch, ValidatorIndex), usize>,
    certificates: BTreeSet<(Epoch, View)>,
}

impl Ledger {
    /// Whether a pair of votes of this validator in this view would be new, and it has not given enough already.
    pub(crate) fn lacks(&self, epoch: Epoch, view: View, validator: ValidatorIndex) -> bool {
        let given = self.each.get(&(epoch, validator)).copied().unwrap_or(0);
        given < MAX_EVIDENCE_EACH && !self.votes.contains(&(epoch, view, validator))
    }

    /// Notes a pair of votes.
    pub(crate) fn note(&mut self, epoch: Epoch, view: View, validator: ValidatorIndex) {
        if self.votes.insert((epoch, view, validator)) {
            let given = self.each.entry((epoch, validator)).or_default();
            *given = given.saturating_add(1);
        }
    }

    /// Notes a pair of certificates; false when the view had one.
    pub(crate) fn note_certificates(&mut self, epoch: Epoch, view: View) -> bool {
        self.certificates.insert((epoch, view))
    }

    /// Forgets epochs before `epoch`.
    pub(crate) fn prune(&mut self, epoch: Epoch) {
        self.votes.retain(|(e, _, _)| *e >= epoch);
        self.each.retain(|(e, _), _| *e >= epoch);
        self.certificates.retain(|(e, _)| *e >= epoch);
    }
}
