//! What a core is, in one hash: for searches over its states.

use super::{Core, Lead};
use crate::round::Round;
use crate::scheme::Scheme;
use crate::tree::Standing;
use crypto::hash::sha256;
use light_palisade::{Certificate, Statement};
use primitives::codec::encode;
use primitives::{BlockHash, Digest, View};

impl<S: Scheme> Core<S> {
    /// A hash over everything that the rules read: where the core is, what it holds of each view, what it has said,
    /// and which bodies it has judged. Clocks and timers, budgets, caches, and votes that decide nothing yet are left
    /// out: two cores with the same digest, in the same circumstances, come to say the same.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut bytes = encode(&(self.term.epoch, self.view, self.decided));
        bytes.extend(encode(&(self.last.hash, self.last.view, self.highest_final)));
        bytes.extend(encode(&self.last.certificate.as_ref().map(|c| c.statement)));
        let building = self.lead != Lead::Idle;
        bytes.extend(encode(&(self.term.over, self.halted, building)));
        for (view, round) in &self.rounds {
            let said = self.statements(*view, round);
            let blank = round.proposal.is_none() && !round.flawed && round.exit().is_none();
            if !blank || !said.is_empty() {
                bytes.extend(encode(view));
                describe(round, &said, &mut bytes);
            }
        }
        for (hash, entry) in self.tree.iter() {
            let standing = match entry.standing {
                Standing::Unchecked => 0u8,
                Standing::Asked => 1,
                Standing::Valid => 2,
                Standing::Invalid(_) => 3,
            };
            bytes.extend(encode(&(*hash, standing, entry.recorded)));
        }
        let fetching: Vec<BlockHash> = self.fetching.iter().copied().collect();
        bytes.extend(encode(&fetching));
        Digest::new(sha256(&[&bytes]))
    }

    fn statements(&self, view: View, round: &Round<S::Signature>) -> Vec<Statement> {
        round.own.statements(self.term.epoch, view).collect()
    }
}

fn describe<G>(round: &Round<G>, said: &Vec<Statement>, bytes: &mut Vec<u8>) {
    let held = |certificate: &Option<Certificate>| certificate.as_ref().map(|c| c.statement);
    bytes.extend(encode(&held(&round.notarization)));
    bytes.extend(encode(&held(&round.nullification)));
    bytes.extend(encode(&held(&round.finalization)));
    let proposal = round.proposal.map(|p| (p.parent_view, p.block, p.fresh));
    bytes.extend(encode(&proposal));
    bytes.extend(encode(&(round.flawed, round.announced)));
    bytes.extend(encode(said));
}
