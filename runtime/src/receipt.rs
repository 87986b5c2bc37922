//! What came of a transaction, as the chain keeps it: no text.

use crate::modules::MEANINGS;
use borsh::{BorshDeserialize, BorshSerialize};
use crypto::domain::Domain;
use crypto::hash::tagged;
use crypto::merkle;
use kernel::{Code, Event, Meaning};
use primitives::codec::encode;
use primitives::{Amount, Digest, Gas, TxId};

/// What came of a transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Receipt {
    /// The transaction.
    pub id: TxId,
    /// Why it had no effect besides its fee; `None` when it took effect.
    pub failure: Option<Failure>,
    /// Gas that it used.
    pub gas_used: Gas,
    /// What it paid in all, in npal.
    pub fee: Amount,
    /// What happened, in order; nothing when it failed.
    pub events: Vec<Event>,
}

/// Why a transaction had no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Failure {
    /// Which of its messages was refused, from 0.
    pub message: u32,
    /// Why.
    pub code: Code,
}

impl Failure {
    /// What the code says, for people and programs; `None` for a code of no module that this program knows.
    #[must_use]
    pub fn meaning(&self) -> Option<&'static Meaning> {
        let (_, meanings) = MEANINGS.iter().find(|(id, _)| id.number() == self.code.module)?;
        meanings.iter().find(|meaning| meaning.number == self.code.number)
    }
}

impl Receipt {
    /// Its leaf in the block's tree of receipts.
    #[must_use]
    pub fn leaf(&self) -> Digest {
        tagged(Domain::Receipt, &[&encode(self)])
    }

    /// Why it failed; `None` when it took effect.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        self.failure.map(|failure| failure.code)
    }

    /// Whether it took effect.
    #[must_use]
    pub const fn succeeded(&self) -> bool {
        self.failure.is_none()
    }
}

/// The root over a block's receipts; zero without any.
#[must_use]
pub fn receipts_root(receipts: &[Receipt]) -> Digest {
    let leaves: Vec<Digest> = receipts.iter().map(Receipt::leaf).collect();
    merkle::root(&leaves)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_modules_codes_have_words_and_names_of_their_own() {
        for (id, meanings) in MEANINGS {
            assert!(!meanings.is_empty(), "{id}");
            assert!(
                meanings.is_sorted_by(|a, b| a.number < b.number),
                "{id}: out of order"
            );
            for meaning in *meanings {
                let named = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
                assert!(
                    meaning.reason.chars().all(named) && meaning.reason.len() < 64,
                    "{meaning:?}"
                );
                assert!(
                    meaning.words.len() > 10 && !meaning.words.ends_with('.'),
                    "{meaning:?}"
                );
                let same = meanings.iter().filter(|other| other.reason == meaning.reason);
                assert_eq!(same.count(), 1, "{meaning:?}");
            }
        }
    }

    #[test]
    fn a_code_of_nobody_means_nothing() {
        let failure = |module, number| Failure {
            message: 0,
            code: Code { module, number },
        };
        let bank = bank::ID.number();
        assert_eq!(
            failure(bank, 1).meaning().map(|m| m.reason),
            Some("INSUFFICIENT_FUNDS")
        );
        assert_eq!(failure(bank, 0).meaning(), None);
        assert_eq!(failure(250, 1).meaning(), None);
    }
}
