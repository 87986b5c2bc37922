//! Where valuations come from, and how they follow.
//!
//! Shall:
//! - once per epoch, at its end, move each asset's valuation towards what its source says: down at once, up by a bounded part;
//! - count a feed's last price no higher than the lowest it came to of late;
//! - let a valuation whose feed has no price, or an old one, decay by a part per epoch, and say so: it becomes zero neither at
//!   once nor later, and is never skipped;
//! - leave an asset without a source at what genesis said.
//!
//! # Source
//! restaking.md, "Power".

use crate::error::Error;
use crate::event::{PriceMissing, RiseBounded, SourceSet, Valued};
use crate::hooks::{Quote, Wiring};
use crate::params::Params;
use crate::state::{self, ASSETS, PARAMS, SOURCES, TERMS};
use crate::types::PAL_DECIMALS;
use crate::valuation::{Terms, Valuation};
use borsh::{BorshDeserialize, BorshSerialize};
use kernel::{Ctx, Read, StateError};
use primitives::{AssetId, ChainClock, Ratio, Rounding, mul_div};

/// The most assets with a source: all of them are looked at when an epoch ends.
pub const MAX_SOURCES: usize = 256;
/// Digits of a [`Ratio`] after its point.
const RATIO_DECIMALS: u8 = 18;

/// Where an asset's valuation comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Source {
    /// A feed of an oracle.
    Feed(u64),
    /// A price that governance states, where there is no feed: npal per base unit.
    Stated(Ratio),
}

/// Whether an asset's valuation may come from `source`, as [`set_source`] says it.
///
/// # Errors
/// As [`set_source`].
pub fn check_source<W: Wiring>(
    store: &dyn Read,
    asset: AssetId,
    source: Option<Source>,
) -> Result<(), Error> {
    if asset == AssetId::PAL {
        return Err(Error::PalIsTheUnit);
    }
    if !TERMS.contains(store, &asset)? {
        return Err(Error::Unvalued { asset });
    }
    match source {
        Some(Source::Feed(feed)) if !W::prices(store, feed, asset)? => {
            return Err(Error::NotItsFeed { asset, feed });
        }
        Some(Source::Stated(Ratio::ZERO)) => return Err(Error::PriceIsZero),
        Some(Source::Feed(_) | Source::Stated(_)) => {}
        None => return Ok(()),
    }
    let known = SOURCES.contains(store, &asset)?;
    if !known && SOURCES.range(store, None, MAX_SOURCES)?.len() >= MAX_SOURCES {
        return Err(Error::TooManySources);
    }
    Ok(())
}

/// Names where an asset's valuation comes from, from the end of this epoch on; `None` leaves it where it is. For governance,
/// and the registrar: who may is the caller's to check. How fast it follows is not: a stated price is followed as a feed's is.
///
/// # Errors
/// [`Error::PalIsTheUnit`]; [`Error::Unvalued`] for an asset that may not be restaked; [`Error::NotItsFeed`];
/// [`Error::TooManySources`]; [`Error::PriceIsZero`].
pub fn set_source<W: Wiring>(ctx: &mut Ctx<'_>, asset: AssetId, source: Option<Source>) -> Result<(), Error> {
    check_source::<W>(&*ctx, asset, source)?;
    match source {
        Some(source) => SOURCES.put(ctx, &asset, &source)?,
        None => SOURCES.remove(ctx, &asset)?,
    }
    Ok(ctx.emit(&SourceSet { asset, source })?)
}

/// Moves every valuation that has a source.
pub(crate) fn end_epoch<W: Wiring>(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    let params = PARAMS.require(ctx)?;
    for (asset, source) in SOURCES.range(ctx, None, MAX_SOURCES)? {
        let terms = TERMS.get(ctx, &asset)?;
        let terms = terms.ok_or_else(|| crate::ID.broken("an asset with a source has terms"))?;
        let stated = match source {
            Source::Stated(price) => Some(price),
            Source::Feed(feed) => {
                let quote = W::quote(&ctx.view(), feed)?;
                fresh(quote, &params, ctx.chain_clock())
                    .map(|quote| price(ctx, asset, &quote))
                    .transpose()?
            }
        };
        revalue(ctx, asset, terms, stated, &params)?;
    }
    Ok(())
}

/// A quote that is not too old at `now`.
fn fresh(quote: Option<Quote>, params: &Params, now: ChainClock) -> Option<Quote> {
    quote.filter(|quote| quote.at.after(params.stale_after) >= now)
}

/// What a base unit of an asset costs in npal, by the lower of a quote's two prices.
fn price(ctx: &Ctx<'_>, asset: AssetId, quote: &Quote) -> Result<Ratio, StateError> {
    let entry = ASSETS.get(ctx, &asset)?;
    let entry = entry.ok_or_else(|| crate::ID.broken("an asset with terms is registered"))?;
    let value = quote.value.min(quote.lowest);
    let up = RATIO_DECIMALS.saturating_add(PAL_DECIMALS);
    let down = quote.decimals.saturating_add(entry.decimals);
    // What would exceed 128 bits counts as the most that there is; it is approached by bounded steps only.
    let raw = match up.checked_sub(down) {
        Some(more) => value.saturating_mul(ten_to(more)),
        // Rounding: what counts for power counts Down.
        None => mul_div(value, 1, ten_to(down.saturating_sub(up)), Rounding::Down).unwrap_or(0),
    };
    // However small: a price that somebody states is not nothing.
    Ok(Ratio::from_raw(raw.max(1)))
}

fn ten_to(exponent: u8) -> u128 {
    10u128.checked_pow(u32::from(exponent)).unwrap_or(u128::MAX)
}

/// Where a valuation goes from `current` when its source says `stated`. Pure.
#[must_use]
pub fn follow(current: Ratio, stated: Option<Ratio>, params: &Params) -> Ratio {
    let part = |bps: primitives::Bps, rounding| bps.of(current.raw(), rounding).unwrap_or(0);
    match stated {
        // Nobody has valued it: there is nothing that a rise could be bounded by.
        Some(price) if current == Ratio::ZERO => price,
        Some(price) => {
            // Rounding: Up, so that the smallest valuation rises at all.
            let most = current.raw().saturating_add(part(params.rise, Rounding::Up));
            price.min(Ratio::from_raw(most))
        }
        None if current == Ratio::ZERO => current,
        None => {
            // Rounding: what counts for power counts Down, but never to nothing.
            let left = current.raw().saturating_sub(part(params.decay, Rounding::Up));
            Ratio::from_raw(left.max(1))
        }
    }
}

fn revalue(
    ctx: &mut Ctx<'_>,
    asset: AssetId,
    mut terms: Terms,
    stated: Option<Ratio>,
    params: &Params,
) -> Result<(), StateError> {
    let Valuation { price: current, at } = terms.valuation;
    let price = follow(current, stated, params);
    // A missing price leaves the time of the last good one.
    let at = if stated.is_some() { ctx.chain_clock() } else { at };
    terms.valuation = Valuation { price, at };
    TERMS.put(ctx, &asset, &terms)?;
    match stated {
        None => ctx.emit(&PriceMissing {
            asset,
            price,
            last: at,
        })?,
        Some(stated) if stated > price => ctx.emit(&RiseBounded { asset, stated, price })?,
        Some(_) => {}
    }
    if price == current {
        return Ok(());
    }
    ctx.emit(&Valued { asset, price })
}

/// Where an asset's valuation comes from; none for one that stays as genesis said.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn source(store: &(impl kernel::Read + ?Sized), asset: AssetId) -> Result<Option<Source>, StateError> {
    state::SOURCES.get(store, &asset)
}
