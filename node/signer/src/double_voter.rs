//! A voter below the guard that contradicts itself on request: how tests see that misbehaviour is punished.
//!
//! It exists on development chains alone, where nothing is at stake, and signs nothing but pairs that convict its own
//! validator. Nothing of consensus ever asks it.

use crate::bls::ConsensusKey;
use crypto::bls::SignatureBytes;
use crypto::domain::Domain;
use crypto::hash::tagged;
use light_palisade::{Offence, Statement, ValidatorIndex, Vote};
use primitives::address::Network;
use primitives::{BlockHash, ChainHash, Digest, Epoch, ServiceId, View};

/// Signs two contradicting votes, past the guard. For development chains alone.
#[derive(Debug)]
pub struct DoubleVoter {
    key: ConsensusKey,
    chain: ChainHash,
}

impl DoubleVoter {
    /// A second voter with the same key; `None` on any chain where something is at stake.
    #[must_use]
    pub fn new(key: &ConsensusKey, chain: ChainHash, network: Network) -> Option<Self> {
        match network {
            Network::Development => Some(Self {
                key: ConsensusKey::from_secret(&key.secret()).ok()?,
                chain,
            }),
            Network::Live => None,
        }
    }

    /// What the key says of a slot of a service's task: that the answer has this hash. Whatever it has said before.
    #[must_use]
    pub fn say(&self, service: ServiceId, task: u64, slot: u64, answer: &Digest) -> SignatureBytes {
        let statement: Digest = tagged(
            Domain::ServiceStatement,
            &[
                self.chain.as_bytes(),
                &service.get().to_be_bytes(),
                &task.to_be_bytes(),
                &slot.to_be_bytes(),
                answer.as_bytes(),
            ],
        );
        self.key.sign(statement.as_bytes())
    }

    /// Two votes of the validator at `signer` that are this offence.
    #[must_use]
    pub fn offend(&self, offence: Offence, epoch: Epoch, view: View, signer: ValidatorIndex) -> [Vote; 2] {
        let block = |n: u8| BlockHash::new([n; 32]);
        let notarize = |n: u8| Statement::Notarize {
            epoch,
            view,
            parent_view: View::ZERO,
            block: block(n),
        };
        let finalize = |n: u8| Statement::Finalize {
            epoch,
            view,
            parent_view: View::ZERO,
            block: block(n),
        };
        let statements = match offence {
            Offence::DoubleNotarize => [notarize(1), notarize(2)],
            Offence::DoubleFinalize => [finalize(1), finalize(2)],
            Offence::NullifyFinalize => [Statement::Nullify { epoch, view }, finalize(1)],
            Offence::NotarizeFinalize => [notarize(1), finalize(2)],
        };
        statements.map(|statement| Vote {
            statement,
            signer,
            signature: self.key.sign(&statement.sign_bytes(&self.chain)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_exists_on_development_chains_alone_and_its_votes_are_what_is_asked() {
        let key = ConsensusKey::from_seed(&[3; 32]);
        assert!(DoubleVoter::new(&key, ChainHash::ZERO, Network::Live).is_none());
        let voter = DoubleVoter::new(&key, ChainHash::ZERO, Network::Development).unwrap();
        for offence in [
            Offence::DoubleNotarize,
            Offence::DoubleFinalize,
            Offence::NullifyFinalize,
            Offence::NotarizeFinalize,
        ] {
            let [a, b] = voter.offend(offence, Epoch::ZERO, View::new(1), ValidatorIndex::new(0));
            assert_eq!(Offence::between(&a.statement, &b.statement), Some(offence));
        }
    }
}
