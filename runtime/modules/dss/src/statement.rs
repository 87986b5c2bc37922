//! What operators sign, and what they commit to.

use crypto::domain::Domain;
use crypto::hash::tagged;
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
