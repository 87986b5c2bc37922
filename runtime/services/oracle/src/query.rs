//! What may be asked, and under which raw keys the answers stand.

pub use crate::price::{latest_price, lowest};

use crate::params::Params;
use crate::state::{DEPOSITS, FEEDS, HISTORY, LATEST, PARAMS, ROUNDS};
use crate::types::{Deposit, Feed, Price, Round};
use kernel::{Read, StateError};

/// The parameters.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn params(store: &(impl Read + ?Sized)) -> Result<Params, StateError> {
    PARAMS.require(store)
}

/// The raw key of the parameters.
#[must_use]
pub fn params_key() -> Vec<u8> {
    PARAMS.raw_key()
}

/// A feed.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn feed(store: &(impl Read + ?Sized), feed: u64) -> Result<Option<Feed>, StateError> {
    FEEDS.get(store, &feed)
}

/// The raw key of a feed, whose value is a [`Feed`].
#[must_use]
pub fn feed_key(feed: u64) -> Vec<u8> {
    FEEDS.raw_key(&feed)
}

/// Up to `limit` feeds by number, from the first after `after`; those that have ended among them.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn feeds(
    store: &(impl Read + ?Sized),
    after: Option<u64>,
    limit: usize,
) -> Result<Vec<(u64, Feed)>, StateError> {
    FEEDS.range(store, after.as_ref(), limit)
}

/// A round; none when it never was or is forgotten.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn round(store: &(impl Read + ?Sized), feed: u64, round: u64) -> Result<Option<Round>, StateError> {
    ROUNDS.get(store, &(feed, round))
}

/// Up to `limit` rounds of a feed by number, from the first after `after`: those whose faults may still be shown.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn rounds(
    store: &(impl Read + ?Sized),
    feed: u64,
    after: Option<u64>,
    limit: usize,
) -> Result<Vec<(u64, Round)>, StateError> {
    let after = after.map(|round| (feed, round));
    let found = ROUNDS.range_of(store, &feed, after.as_ref(), limit)?;
    Ok(found
        .into_iter()
        .map(|((_, number), round)| (number, round))
        .collect())
}

/// The last round of a feed while it is open.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn open_round(store: &(impl Read + ?Sized), feed: u64) -> Result<Option<(u64, Round)>, StateError> {
    let Some(found) = FEEDS.get(store, &feed)?.filter(|found| found.open) else {
        return Ok(None);
    };
    let number = found.rounds.saturating_sub(1);
    Ok(ROUNDS.get(store, &(feed, number))?.map(|round| (number, round)))
}

/// The raw key of a feed's last price, whose value is a [`Price`].
#[must_use]
pub fn price_key(feed: u64) -> Vec<u8> {
    LATEST.raw_key(&feed)
}

/// Up to `limit` prices of a feed, the latest first, from the first before the round `before`.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn history(
    store: &(impl Read + ?Sized),
    feed: u64,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<Price>, StateError> {
    let before = before.map(|round| (feed, round));
    let found = HISTORY.range_back_of(store, &feed, before.as_ref(), limit)?;
    Ok(found.into_iter().map(|(_, price)| price).collect())
}

/// Up to `limit` deposits of a feed by number, from the first after `after`: what its next rounds pay with, in this order.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn deposits(
    store: &(impl Read + ?Sized),
    feed: u64,
    after: Option<u64>,
    limit: usize,
) -> Result<Vec<(u64, Deposit)>, StateError> {
    let after = after.map(|number| (feed, number));
    let found = DEPOSITS.range_of(store, &feed, after.as_ref(), limit)?;
    Ok(found
        .into_iter()
        .map(|((_, number), deposit)| (number, deposit))
        .collect())
}
