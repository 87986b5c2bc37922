//! What was pledged when.

use crate::state::{self, HISTORY, LIABLE_UNTIL};
use crate::types::{Fraction, Level};
use kernel::{Ctx, Read, StateError};
use primitives::ChainClock;
use vaults::{Magnitude, ServiceId, VaultId};

/// Entries read at once.
const PAGE: usize = 64;
/// Entries forgotten when one is made, at most: one more than comes.
const FORGOTTEN: usize = 2;

/// Notes that the pledge is `now`. Called after every change of it.
pub(crate) fn note(
    ctx: &mut Ctx<'_>,
    vault: &VaultId,
    service: ServiceId,
    then: Magnitude,
) -> Result<(), StateError> {
    let now = ctx.chain_clock();
    let key = (*vault, service, now);
    let least = HISTORY
        .get(ctx, &key)?
        .map_or(then, |level| level.least.min(then));
    let level = Level {
        least,
        then,
        liable: then,
    };
    HISTORY.put(ctx, &key, &level)?;
    let kept = state::params(ctx)?.kept();
    if then.is_zero() {
        let until = LIABLE_UNTIL.or_default(ctx, vault)?.max(now.after(kept));
        LIABLE_UNTIL.put(ctx, vault, &until)?;
    }
    // One entry at or before the horizon stays: it says what was pledged there.
    let oldest = HISTORY.range_of(ctx, &(*vault, service), None, FORGOTTEN.saturating_add(1))?;
    for ((key, _), (next, _)) in oldest.iter().zip(oldest.iter().skip(1)) {
        if next.2.after(kept) >= now {
            break;
        }
        HISTORY.remove(ctx, key)?;
    }
    Ok(())
}

/// What of the pledge at the end of the block at `when` slashes for that time have left; and the least that was pledged
/// from then on.
pub(crate) fn since(
    store: &(impl Read + ?Sized),
    vault: &VaultId,
    service: ServiceId,
    when: ChainClock,
) -> Result<(Magnitude, Magnitude), StateError> {
    let mut before = None;
    let mut least: Option<Magnitude> = None;
    let lower = |least: Option<Magnitude>, level: Magnitude| least.map_or(level, |least| least.min(level));
    loop {
        let page = HISTORY.range_back_of(store, &(*vault, service), before.as_ref(), PAGE)?;
        for (key, level) in &page {
            if key.2 <= when {
                return Ok((level.liable, lower(least, level.then)));
            }
            least = Some(lower(least, level.least.min(level.then)));
        }
        let Some((last, _)) = page.last() else {
            // Nothing was pledged yet, or it is too long ago.
            return Ok((Magnitude::ZERO, Magnitude::ZERO));
        };
        before = Some(*last);
    }
}

/// Lets a slash reach what is remembered: a second proof of the same time takes its part of what the first has left.
pub(crate) fn cut(
    ctx: &mut Ctx<'_>,
    vault: &VaultId,
    service: ServiceId,
    at_stake: Magnitude,
    fraction: Fraction,
) -> Result<(), StateError> {
    let mut after = None;
    loop {
        let page = HISTORY.range_of(ctx, &(*vault, service), after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        after = Some(*last);
        for (key, level) in page {
            let left = level.cut(at_stake, fraction).map_err(state::broken_math)?;
            HISTORY.put(ctx, &key, &left)?;
        }
    }
}
