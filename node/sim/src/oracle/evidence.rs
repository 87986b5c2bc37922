//! Who is accused, and who must be.

use super::votes::contradict;
use super::{Invariant, Oracle, Slot};
use light_palisade::{Statement, Vote};
use std::collections::{BTreeMap, BTreeSet};

/// Pieces that one core gives out about one validator in an epoch; more are not owed.
const ENOUGH: usize = 16;

/// One run of one node.
type Life = (usize, u32);

/// Votes of one malicious node, heard by one honest core while it listened, in the epoch of both.
#[derive(Clone, Copy, Debug)]
pub struct Hearing<'a> {
    /// Who heard.
    pub by: usize,
    /// In which of its lives.
    pub life: u32,
    /// Who spoke.
    pub from: usize,
    /// What was said, signed by the speaker, in a view that is kept.
    pub statements: &'a [Statement],
}

/// What was heard and proven.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    heard: BTreeMap<(Life, Slot, usize), Vec<Statement>>,
    banned: BTreeSet<(Life, u64, usize)>,
    given: BTreeMap<(Life, u64, usize), usize>,
    pub(super) proven: BTreeSet<(Slot, usize)>,
    pub(super) owed: BTreeMap<(Slot, usize), (Statement, Statement)>,
}

impl Oracle {
    /// An honest core gives out evidence about the validator at a seat.
    pub fn accused(&mut self, by: (usize, u32), a: &Vote, b: &Vote) {
        let slot = super::slot(&a.statement);
        let seat = |vote: &Vote| {
            let seats = self.sets.get(&vote.statement.epoch().get())?;
            seats.get(usize::from(vote.signer.get())).map(|(node, _)| *node)
        };
        let culprit = seat(a).filter(|node| seat(b) == Some(*node));
        let Some(node) = culprit else {
            self.violated(
                Invariant::NoFalseAccusation,
                format!("of nobody: {a:?} and {b:?}"),
            );
            return;
        };
        let signed = self.has_signed(node, &a.statement) && self.has_signed(node, &b.statement);
        if self.is_honest(node) || !signed || !contradict(&a.statement, &b.statement) {
            let what = format!("node {} accuses node {node}: {a:?} and {b:?}", by.0);
            self.violated(Invariant::NoFalseAccusation, what);
        }
        self.evidence.proven.insert((slot, node));
        self.evidence.owed.remove(&(slot, node));
        *self.evidence.given.entry((by, slot.0, node)).or_default() += 1;
    }

    /// An honest core listens to a node no more, in this epoch.
    pub fn banned(&mut self, by: (usize, u32), epoch: u64, node: usize) {
        if self.is_honest(by.0) && self.is_honest(node) {
            let what = format!("node {} shuts out honest node {node}", by.0);
            self.violated(Invariant::NoFalseAccusation, what);
        }
        self.evidence.banned.insert((by, epoch, node));
    }

    /// A core was told votes of its epoch.
    pub fn heard(&mut self, hearing: &Hearing<'_>) {
        let by = (hearing.by, hearing.life);
        for statement in hearing.statements {
            let slot = super::slot(statement);
            let from = hearing.from;
            let enough = self.evidence.given.get(&(by, slot.0, from)).copied().unwrap_or(0) >= ENOUGH;
            if self.evidence.banned.contains(&(by, slot.0, from)) || enough {
                return;
            }
            let heard = self.evidence.heard.entry((by, slot, from)).or_default();
            let contrary = heard.iter().find(|said| contradict(said, statement)).copied();
            heard.push(*statement);
            if let Some(said) = contrary
                && !self.evidence.proven.contains(&(slot, from))
            {
                self.evidence.owed.insert((slot, from), (said, *statement));
            }
        }
    }

    /// An epoch has begun somewhere: what is owed from before the last is overdue.
    pub fn evidence_due(&mut self, epoch: u64) {
        let late: Vec<_> = self
            .evidence
            .owed
            .iter()
            .filter(|(((owed, _), _), _)| owed + 1 < epoch)
            .map(|((_, node), statements)| (*node, *statements))
            .collect();
        for (node, (a, b)) in late {
            let what = format!("node {node} said {a:?} and {b:?}, and nobody has shown it");
            self.violated(Invariant::EvidenceFound, what);
        }
        self.evidence.owed.retain(|((owed, _), _), _| owed + 1 >= epoch);
    }

    /// The run is over: nothing may be owed any more.
    pub fn finish(&mut self) {
        self.evidence_due(u64::MAX);
    }
}
