//! What operators of services sign, and what they commit to: said here once, for the chain that checks it and for the
//! program that signs it.

use crate::domain::Domain;
use crate::hash::{sha256, tagged};
use borsh::{BorshDeserialize, BorshSerialize};
use primitives::codec::encode;
use primitives::{AccountId, ChainHash, Digest, ServiceId};

/// What a service key signs: that for `slot` of `task` of `service` on this chain, of this generation, the answer has the
/// hash `answer`. Two of one slot with different answers contradict each other.
#[must_use]
pub fn sign_bytes(chain: &ChainHash, service: ServiceId, task: u64, slot: u64, answer: &Digest) -> Digest {
    tagged(
        Domain::ServiceStatement,
        &[
            chain.as_bytes(),
            &service.get().to_be_bytes(),
            &task.to_be_bytes(),
            &slot.to_be_bytes(),
            answer.as_bytes(),
        ],
    )
}

/// What an operator commits to before it shows its answer. A signature would not hide it: BLS signatures can be checked
/// against every answer that there may be. The operator is in it, so nobody commits to a copy.
#[must_use]
pub fn commitment(operator: &AccountId, task: u64, answer: &Digest, salt: &Digest) -> Digest {
    tagged(
        Domain::AnswerCommitment,
        &[
            operator.as_bytes(),
            &task.to_be_bytes(),
            answer.as_bytes(),
            salt.as_bytes(),
        ],
    )
}

/// What an operator of an oracle states in a round. The task of its statements is the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Quote {
    /// The feed.
    pub feed: u64,
    /// The round.
    pub round: u64,
    /// The value.
    pub value: u128,
    /// What hides it until it is shown. In here, so that whoever holds the signed quote can tell what was committed to.
    pub salt: Digest,
}

impl Quote {
    /// The hash that its statement is about: SHA-256 of its encoding.
    #[must_use]
    pub fn hash(&self) -> Digest {
        Digest::new(sha256(&[&encode(self)]))
    }
}

/// The slots of an oracle's round: of the commitment, and of the quote.
#[must_use]
pub const fn quote_slots(round: u64) -> (u64, u64) {
    let first = round.saturating_mul(2);
    (first, first.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_a_statement_is_in_what_is_signed() {
        let (chain, answer) = (ChainHash::new([1; 32]), Digest::new([2; 32]));
        let one = sign_bytes(&chain, ServiceId::new(1), 2, 3, &answer);
        let others = [
            sign_bytes(&ChainHash::new([9; 32]), ServiceId::new(1), 2, 3, &answer),
            sign_bytes(&chain, ServiceId::new(9), 2, 3, &answer),
            sign_bytes(&chain, ServiceId::new(1), 9, 3, &answer),
            sign_bytes(&chain, ServiceId::new(1), 2, 9, &answer),
            sign_bytes(&chain, ServiceId::new(1), 2, 3, &Digest::new([9; 32])),
        ];
        assert!(others.iter().all(|other| *other != one));
    }

    #[test]
    fn the_slots_of_rounds_do_not_meet() {
        assert_eq!((quote_slots(0), quote_slots(1)), ((0, 1), (2, 3)));
        let (commitment, quote) = quote_slots(7);
        assert_eq!((commitment >> 1, quote >> 1), (7, 7));
    }
}
