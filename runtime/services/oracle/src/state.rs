//! Tables: feeds, rounds, what was committed to and shown, deposits, prices.

use crate::ID;
use crate::error::Error;
use crate::params::Params;
use crate::types::{Deposit, Feed, Price, Round};
use kernel::{Ctx, Item, Map, Read, StateError};
use primitives::{AccountId, ChainClock, Digest, MathError, ServiceId};

/// The parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(ID.table(0));
/// Feed → what it is; never removed.
pub(crate) const FEEDS: Map<u64, Feed> = Map::new(ID.table(1));
/// How many feeds there ever were: the next one's number.
pub(crate) const FEED_COUNT: Item<u64> = Item::new(ID.table(2));
/// (service, feed) of feeds that have not ended.
pub(crate) const BY_SERVICE: Map<(ServiceId, u64), ()> = Map::new(ID.table(3));
/// (when, feed): a round to open or to close. A feed stands here once, until it has ended.
pub(crate) const SCHEDULE: Map<(ChainClock, u64), ()> = Map::new(ID.table(4));
/// (feed, round) → what it is. As long as its epoch's faults may be shown.
pub(crate) const ROUNDS: Map<(u64, u64), Round> = Map::new(ID.table(5));
/// (feed, round, seat) → what it committed to, while the round is open.
pub(crate) const COMMITMENTS: Map<(u64, u64, u8), Digest> = Map::new(ID.table(6));
/// (feed, round, seat) → the value that it showed, while the round is open.
pub(crate) const VALUES: Map<(u64, u64, u8), u128> = Map::new(ID.table(7));
/// (feed, deposit) → whose it is and what is left; removed when nothing is.
pub(crate) const DEPOSITS: Map<(u64, u64), Deposit> = Map::new(ID.table(8));
/// Feed → its last price.
pub(crate) const LATEST: Map<u64, Price> = Map::new(ID.table(9));
/// (feed, round) → its price; the last [`Params::history`] rounds.
pub(crate) const HISTORY: Map<(u64, u64), Price> = Map::new(ID.table(10));
/// (feed, when a stretch of time begins) → the lowest price in it; over [`Params::low_window`].
pub(crate) const LOWS: Map<(u64, u64), u128> = Map::new(ID.table(11));

/// Entries read at once where a table is walked whole.
pub(crate) const PAGE: usize = 256;

/// Sets the parameters, whose rules the caller has checked. Feeds that run keep their rules, rounds that are open their
/// moments; what is kept of prices shrinks with the next ones.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn set_params(ctx: &mut Ctx<'_>, params: &Params) -> Result<(), StateError> {
    PARAMS.put(ctx, params)
}

/// Holds what subscribers put down and rounds have not paid.
#[must_use]
pub const fn account() -> AccountId {
    bank::module_account(ID, 0)
}

/// Arithmetic on what the tables say cannot fail on a sound store.
pub(crate) const fn broken_math(source: MathError) -> StateError {
    StateError::Math {
        module: ID.number(),
        what: "what the tables say adds up",
        source,
    }
}

/// What the module holds is there: its own records say so.
pub(crate) fn broken_bank(error: bank::Error) -> StateError {
    if let bank::Error::State(inner) = error {
        inner
    } else {
        ID.broken("the module holds what its records say")
    }
}

/// A feed.
pub(crate) fn feed(store: &(impl Read + ?Sized), id: u64) -> Result<Feed, Error> {
    FEEDS.get(store, &id)?.ok_or(Error::UnknownFeed(id))
}
