//! Votes and certificates: L1, L2, L3, weights, and nobody honest in contradiction with itself.

use super::{Invariant, Oracle, named, slot};
use light_palisade::{Certificate, Statement, VoteKind};
use std::collections::BTreeSet;

/// Whether one validator must not say both (consensus.md, section 1.3, S1 to S4).
#[must_use]
pub fn contradict(a: &Statement, b: &Statement) -> bool {
    if slot(a) != slot(b) {
        return false;
    }
    let kinds = BTreeSet::from([a.kind(), b.kind()]);
    if kinds.contains(&VoteKind::Nullify) {
        // S3. To leave a view twice, or after notarizing in it, is allowed.
        return kinds.contains(&VoteKind::Finalize);
    }
    // S1, S2 and S4: two blocks, or one upon two parents.
    named(a) != named(b)
}

impl Oracle {
    /// A key signed a statement.
    pub fn signed(&mut self, node: usize, statement: &Statement) {
        let before = self.signed.entry((slot(statement), node)).or_default();
        let contrary = before.iter().find(|said| contradict(said, statement)).copied();
        before.insert(*statement);
        if let Some(said) = contrary
            && self.is_honest(node)
        {
            let what = format!("node {node} signed {said:?} and {statement:?}");
            self.violated(Invariant::NoHonestOffence, what);
        }
    }

    pub(super) fn has_signed(&self, node: usize, statement: &Statement) -> bool {
        self.signed
            .get(&(slot(statement), node))
            .is_some_and(|said| said.contains(statement))
    }

    /// An honest core believes a certificate.
    pub fn believed(&mut self, certificate: &Certificate) {
        let statement = certificate.statement;
        let bytes = certificate.signers.as_bytes();
        if !self.known.insert((statement, bytes.to_vec())) {
            return;
        }
        self.check_signers(&statement, bytes);
        self.check_view(&statement);
    }

    fn check_signers(&mut self, statement: &Statement, bits: &[u8]) {
        let epoch = statement.epoch().get();
        let Some(seats) = self.sets.get(&epoch) else {
            self.violated(
                Invariant::Weight,
                format!("a certificate of unknown epoch {epoch}"),
            );
            return;
        };
        let set = |seat: usize| bits.get(seat / 8).is_some_and(|byte| byte >> (seat % 8) & 1 == 1);
        let stray = (seats.len()..bits.len() * 8).any(set);
        let exact = bits.len() == seats.len().div_ceil(8) && !stray;
        let signers: Vec<(usize, u64)> = seats
            .iter()
            .enumerate()
            .filter(|(seat, _)| set(*seat))
            .map(|(_, seat)| *seat)
            .collect();
        let weight = signers.iter().map(|(_, weight)| u128::from(*weight)).sum();
        let never = signers
            .iter()
            .map(|(node, _)| *node)
            .find(|node| self.is_honest(*node) && !self.has_signed(*node, statement));
        if !exact {
            self.violated(Invariant::Weight, format!("inexact bits under {statement:?}"));
        }
        if !self.decides(epoch, weight) {
            let what = format!("weight {weight} does not decide {statement:?}");
            self.violated(Invariant::Weight, what);
        }
        if let Some(node) = never {
            let what = format!("node {node} never signed {statement:?}");
            self.violated(Invariant::Weight, what);
        }
    }

    fn check_view(&mut self, statement: &Statement) {
        let slot = slot(statement);
        match (statement.kind(), named(statement)) {
            (VoteKind::Notarize, Some(block)) => {
                self.notarized.entry(slot).or_default().insert(block);
            }
            (VoteKind::Finalize, Some(block)) => {
                self.finalized.entry(slot).or_default().insert(block);
                self.check_notarized_first(statement);
            }
            _ => {
                self.nullified.insert(slot);
            }
        }
        if self.nullified.contains(&slot) && self.finalized.contains_key(&slot) {
            self.violated(Invariant::FinalOrNull, format!("view {slot:?} is both"));
        }
        let notarized = self.notarized.get(&slot).into_iter().flatten();
        let finalized = self.finalized.get(&slot).into_iter().flatten();
        let blocks: BTreeSet<_> = notarized.chain(finalized).collect();
        if blocks.len() > 1 {
            let what = format!("view {slot:?} has {blocks:?}");
            self.violated(Invariant::OneNotarized, what);
        }
    }

    /// The honest who notarized it, with all of the malicious, must be enough for a notarization.
    fn check_notarized_first(&mut self, finalize: &Statement) {
        let Statement::Finalize {
            epoch,
            view,
            parent_view,
            block,
        } = *finalize
        else {
            return;
        };
        let notarize = Statement::Notarize {
            epoch,
            view,
            parent_view,
            block,
        };
        let seats = self.sets.get(&epoch.get()).into_iter().flatten();
        let could = seats
            .filter(|(node, _)| !self.is_honest(*node) || self.has_signed(*node, &notarize))
            .map(|(_, weight)| u128::from(*weight))
            .sum();
        if !self.decides(epoch.get(), could) {
            let what = format!("{finalize:?} without enough to notarize it");
            self.violated(Invariant::NotarizedFirst, what);
        }
    }

    /// An honest core wants to sign what contradicts a vote that it has given out.
    pub fn wants_contradiction(&mut self, node: usize, statement: &Statement) {
        if self.is_honest(node) {
            let what = format!("node {node} wants to sign {statement:?} against its own vote");
            self.violated(Invariant::NoHonestOffence, what);
        }
    }
}
