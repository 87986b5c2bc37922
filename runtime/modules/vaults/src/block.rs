//! What happens by itself: payouts.

use crate::claim;
use crate::error::Error;
use crate::hooks::Wiring;
use crate::state::{self, CURSOR, QUEUE, WITHDRAWALS};
use kernel::{Ctx, StateError};

/// Pays withdrawals that are due, a bounded number per block, and goes on where the last block stopped. One of a vault
/// of which a slash is due waits, and holds up none behind it.
pub(crate) fn begin<W: Wiring>(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    let now = ctx.chain_clock();
    // Most blocks pay nothing: those read one entry.
    if QUEUE.first(ctx)?.is_none_or(|((due, _), ())| due > now) {
        return Ok(());
    }
    let params = state::params(ctx)?;
    let limit = usize::from(params.payouts_per_block);
    let after = CURSOR.get(ctx)?;
    let page = QUEUE.range(ctx, after.as_ref(), limit)?;
    let mut walked = 0usize;
    let mut last = after;
    for (place, ()) in page {
        let (promised, number) = place;
        if promised > now {
            break;
        }
        walked = walked.saturating_add(1);
        last = Some(place);
        let Some(mut entry) = WITHDRAWALS.get(ctx, &number)? else {
            return Err(crate::ID.broken("a queued withdrawal is in its table"));
        };
        let due = claim::due(&entry, &params);
        if due > now {
            // The delay has become longer since it was asked for.
            QUEUE.remove(ctx, &place)?;
            entry.due = due;
            WITHDRAWALS.put(ctx, &number, &entry)?;
            QUEUE.put(ctx, &(due, number), &())?;
        } else if !W::open_slashes(ctx, &entry.vault)?.due {
            claim::pay::<W>(ctx, number, &entry).map_err(Error::in_hook)?;
        }
    }
    // Fewer than might be: everything behind the cursor was seen, and the next block starts from the front.
    match last {
        Some(place) if walked == limit => CURSOR.put(ctx, &place),
        Some(_) | None => CURSOR.remove(ctx),
    }
}
