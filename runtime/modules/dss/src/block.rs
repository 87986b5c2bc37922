//! What happens by itself: tasks are settled and forgotten, and epochs' ends are noted.

use crate::hooks::Wiring;
use crate::state::{EPOCH_ENDS, PARAMS, QUEUE, evidence_window};
use crate::task::settle;
use kernel::{Ctx, StateError};

/// Settles or forgets what is due, a bounded number; the queue's order is the cursor.
pub(crate) fn begin<W: Wiring>(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    let Some((first, ())) = QUEUE.first(ctx)? else {
        return Ok(());
    };
    let now = ctx.chain_clock();
    if first.0 > now {
        return Ok(());
    }
    let most = usize::from(PARAMS.require(ctx)?.tasks_per_block);
    for ((due, task), ()) in QUEUE.range(ctx, None, most)? {
        if due > now {
            break;
        }
        QUEUE.remove(ctx, &(due, task))?;
        settle::<W>(ctx, task)?;
    }
    Ok(())
}

/// Notes when the epoch ended, which faults' age counts from, and forgets up to two that are too old for any.
pub(crate) fn end_epoch(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    let now = ctx.chain_clock();
    EPOCH_ENDS.put(ctx, &ctx.epoch(), &now)?;
    let window = evidence_window(ctx, now)?;
    for (epoch, ended) in EPOCH_ENDS.range(ctx, None, 2)? {
        if now > ended.after(window) {
            EPOCH_ENDS.remove(ctx, &epoch)?;
        }
    }
    Ok(())
}
