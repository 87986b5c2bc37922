//! Prices: the last one, those before it, and the lowest of late.

use crate::state::{HISTORY, LATEST, LOWS, PARAMS};
use crate::types::Price;
use kernel::{Ctx, Read, StateError};
use primitives::{ChainClock, Millis};

/// Stretches of time that the window of the lowest price is cut into.
const STRETCHES: u64 = 72;

/// The most entries that are looked at for the lowest price: those of one window, and of shorter ones that were set before it.
const MOST_LOWS: usize = 1_024;

/// How long one stretch is.
fn stretch(window: Millis) -> u64 {
    window.get().checked_div(STRETCHES).unwrap_or(0).max(1)
}

/// When the stretch begins that a moment lies in, in chain time: what is noted under one window keeps its place when
/// another is set.
fn start(moment: ChainClock, window: Millis) -> u64 {
    let stretch = stretch(window);
    let number = moment.get().checked_div(stretch).unwrap_or(0);
    number.saturating_mul(stretch)
}

/// The first stretch of the window that ends at `now`; all of it counts, so the window is up to one stretch longer.
fn first(now: ChainClock, window: Millis) -> u64 {
    let from = ChainClock::new(now.get().saturating_sub(window.get()));
    start(from, window)
}

/// Notes a round's price.
pub(crate) fn note(ctx: &mut Ctx<'_>, feed: u64, price: &Price) -> Result<(), StateError> {
    let params = PARAMS.require(ctx)?;
    LATEST.put(ctx, &feed, price)?;
    HISTORY.put(ctx, &(feed, price.round), price)?;
    // One comes, up to two go: what is kept stays bounded after the parameter falls, too.
    for ((_, round), _) in HISTORY.range_of(ctx, &feed, None, 2)? {
        if round.saturating_add(u64::from(params.history)) <= price.round {
            HISTORY.remove(ctx, &(feed, round))?;
        }
    }
    let window = params.low_window;
    let key = (feed, start(price.at, window));
    let low = LOWS.get(ctx, &key)?.unwrap_or(u128::MAX);
    if price.value < low {
        LOWS.put(ctx, &key, &price.value)?;
    }
    let oldest = first(price.at, window);
    for ((_, stretch), _) in LOWS.range_of(ctx, &feed, None, 2)? {
        if stretch < oldest {
            LOWS.remove(ctx, &(feed, stretch))?;
        }
    }
    Ok(())
}

/// A feed's last price; none before its first. How old it may be is the reader's to say.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn latest_price(store: &(impl Read + ?Sized), feed: u64) -> Result<Option<Price>, StateError> {
    LATEST.get(store, &feed)
}

/// A feed's lowest price in the window that ends at `now`, from the stretch on that it begins in; none when no round came to
/// a price in it. After the window is shortened, what was noted in a longer stretch counts by that stretch's beginning.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn lowest(store: &(impl Read + ?Sized), feed: u64, now: ChainClock) -> Result<Option<u128>, StateError> {
    let window = PARAMS.require(store)?.low_window;
    let before = first(now, window).checked_sub(1).map(|stretch| (feed, stretch));
    let found = LOWS.range_of(store, &feed, before.as_ref(), MOST_LOWS)?;
    Ok(found.into_iter().map(|(_, low)| low).min())
}
