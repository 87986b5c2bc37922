//! From an answer to what is sent about it, by way of the guard.

use crate::follow::{Opened, Posted};
use crate::job::Job;
use crypto::bls::SignatureBytes;
use crypto::hash::sha256;
use crypto::statement::{Quote, commitment, quote_slots};
use primitives::codec::{decode, encode};
use primitives::{AccountId, ChainClock, Digest};
use proto::oracle::v1::{CommitPrice, RevealPrice};
use proto::service::v1::{CommitAnswer, ShowAnswer};
use proto::tx::v1::message::Message as Kind;
use signer::{Place, Said, ServiceGuardError, ServiceSigner};

/// The places of a round's commitment and of its quote.
fn places(round: &Opened) -> (Place, Place) {
    let (committed, shown) = quote_slots(round.round);
    let at = |slot| Place {
        service: round.service,
        task: round.feed,
        slot,
    };
    (at(committed), at(shown))
}

fn place(task: &Posted) -> Place {
    Place {
        service: task.service,
        task: task.task,
        slot: 0,
    }
}

/// The quote that was decided on for a round, before this start of the program or in it.
pub(crate) fn quoted(signer: &ServiceSigner, round: &Opened) -> Option<Quote> {
    let said = signer.said(&places(round).1)?;
    decode(&said.answer).ok()
}

/// Whether an answer to a task was decided on.
pub(crate) fn is_answered(signer: &ServiceSigner, task: &Posted) -> bool {
    signer.said(&place(task)).is_some()
}

/// Decides on a value for a round, durably.
///
/// # Errors
/// [`ServiceGuardError`].
pub(crate) fn decide_value(
    signer: &ServiceSigner,
    operator: &AccountId,
    round: &Opened,
    value: u128,
    now: ChainClock,
) -> Result<(), ServiceGuardError> {
    let quote = Quote {
        feed: round.feed,
        round: round.round,
        value,
        salt: signer.salt()?,
    };
    let hash = quote.hash();
    let hidden = Said {
        hash: commitment(operator, round.feed, &hash, &quote.salt),
        salt: quote.salt,
        answer: Vec::new(),
    };
    let shown = Said {
        hash,
        salt: quote.salt,
        answer: encode(&quote),
    };
    let (committed, show) = places(round);
    signer.admit(&[(committed, hidden), (show, shown)], now)
}

/// Decides on an answer to a task, durably.
///
/// # Errors
/// [`ServiceGuardError`].
pub(crate) fn decide_answer(
    signer: &ServiceSigner,
    task: &Posted,
    answer: Vec<u8>,
    now: ChainClock,
) -> Result<(), ServiceGuardError> {
    let said = Said {
        hash: Digest::new(sha256(&[&answer])),
        salt: signer.salt()?,
        answer,
    };
    signer.admit(&[(place(task), said)], now)
}

fn bytes(signature: &SignatureBytes) -> Vec<u8> {
    signature.0.to_vec()
}

/// What is sent for a round whose value was decided on.
///
/// # Errors
/// [`ServiceGuardError::NotAdmitted`] when none was.
pub(crate) fn round_job(signer: &ServiceSigner, round: &Opened) -> Result<Job, ServiceGuardError> {
    let (committed, shown) = places(round);
    let hidden = signer.said(&committed);
    let hidden = hidden.ok_or(ServiceGuardError::NotAdmitted(committed))?;
    let quote = quoted(signer, round).ok_or(ServiceGuardError::NotAdmitted(shown))?;
    let commit = Kind::CommitPrice(CommitPrice {
        feed_id: round.feed,
        round: round.round,
        commitment: hidden.hash.as_bytes().to_vec().into(),
        signature: bytes(&signer.sign(&committed)?).into(),
    });
    // Made when it is to be shown, it would be the same; nothing of it leaves before.
    let show = Kind::RevealPrice(RevealPrice {
        feed_id: round.feed,
        round: round.round,
        value: quote.value.to_string(),
        salt: quote.salt.as_bytes().to_vec().into(),
        signature: bytes(&signer.sign(&shown)?).into(),
    });
    Ok(Job::new(
        Some(commit),
        show,
        round.commit_until,
        round.reveal_until,
    ))
}

/// What is sent for a task whose answer was decided on.
///
/// # Errors
/// [`ServiceGuardError::NotAdmitted`] when none was.
pub(crate) fn task_job(
    signer: &ServiceSigner,
    operator: &AccountId,
    task: &Posted,
) -> Result<Job, ServiceGuardError> {
    let at = place(task);
    let said = signer.said(&at).ok_or(ServiceGuardError::NotAdmitted(at))?;
    let commit = task.salted.then(|| {
        let hidden = commitment(operator, task.task, &said.hash, &said.salt);
        Kind::CommitAnswer(CommitAnswer {
            task_id: task.task,
            commitment: hidden.as_bytes().to_vec().into(),
        })
    });
    let show = Kind::ShowAnswer(ShowAnswer {
        task_id: task.task,
        answer: said.hash.as_bytes().to_vec().into(),
        salt: said.salt.as_bytes().to_vec().into(),
        signature: bytes(&signer.sign(&at)?).into(),
    });
    Ok(Job::new(commit, show, task.commit_until, task.respond_until))
}

#[cfg(test)]
mod tests;
