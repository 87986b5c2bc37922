//! What may be asked, and under which raw keys the answers stand.

use crate::halt::{self, Subject};
use crate::params::Params;
use crate::state::{COUNT, HALTS, OPEN, PARAMS, VOTES, proposals as table};
use crate::types::{Proposal, Vote};
use kernel::{Read, StateError};
use primitives::codec::{Decode, Encode};
use primitives::{AccountId, ChainClock};

/// The parameters.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn params(store: &(impl Read + ?Sized)) -> Result<Params, StateError> {
    PARAMS.require(store)
}

/// The raw key of the parameters, whose value is [`Params`].
#[must_use]
pub fn params_key() -> Vec<u8> {
    PARAMS.raw_key()
}

/// A proposal, with its tally and its phase; `None` when none has this number.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn proposal<A: Encode + Decode>(
    store: &(impl Read + ?Sized),
    number: u64,
) -> Result<Option<Proposal<A>>, StateError> {
    table().get(store, &number)
}

/// The raw key of a proposal, whose value is a [`Proposal`].
#[must_use]
pub fn proposal_key<A: Encode + Decode>(number: u64) -> Vec<u8> {
    table::<A>().raw_key(&number)
}

/// Up to `limit` proposals, the newest first, from the first before `before`.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn proposals<A: Encode + Decode>(
    store: &(impl Read + ?Sized),
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<(u64, Proposal<A>)>, StateError> {
    table().range_back(store, before.as_ref(), limit)
}

/// How many proposals there ever were: the next one's number.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn count(store: &(impl Read + ?Sized)) -> Result<u64, StateError> {
    COUNT.or_default(store)
}

/// How many proposals are not over.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn open(store: &(impl Read + ?Sized)) -> Result<u16, StateError> {
    OPEN.or_default(store)
}

/// Up to `limit` votes on a proposal by operator, from the first after `after`. Those of a proposal that is over are forgotten
/// soon; its tally stays.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn votes(
    store: &(impl Read + ?Sized),
    proposal: u64,
    after: Option<&AccountId>,
    limit: usize,
) -> Result<Vec<(AccountId, Vote)>, StateError> {
    let after = after.map(|operator| (proposal, *operator));
    let page = VOTES.range_of(store, &proposal, after.as_ref(), limit)?;
    Ok(page
        .into_iter()
        .map(|((_, operator), vote)| (operator, vote))
        .collect())
}

/// An operator's vote on a proposal.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn vote(
    store: &(impl Read + ?Sized),
    proposal: u64,
    operator: &AccountId,
) -> Result<Option<Vote>, StateError> {
    VOTES.get(store, &(proposal, *operator))
}

/// Until when a subject is halted at `now`, if it is.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn halted_until(
    store: &(impl Read + ?Sized),
    subject: Subject,
    now: ChainClock,
) -> Result<Option<ChainClock>, StateError> {
    halt::until(store, subject, now)
}

/// Up to `limit` halts with when each ends, by name, from the first after `after`.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn halts(
    store: &(impl Read + ?Sized),
    after: Option<Subject>,
    limit: usize,
) -> Result<Vec<(Subject, ChainClock)>, StateError> {
    let after = after.map(|subject| subject.key());
    let page = HALTS.range(store, after.as_ref(), limit)?;
    Ok(page
        .into_iter()
        .map(|(key, until)| (Subject::of_key(key), until))
        .collect())
}
