//! What happens by itself: requests that nobody vetoed are carried out, and reporters are paid.

use crate::event::ReporterPaid;
use crate::request::{end, refund};
use crate::state::{DUE, PARAMS, QUEUE, REQUESTS, broken_bank, held_account};
use crate::take::{Sentence, take};
use crate::types::Ending;
use kernel::{Ctx, Fault as _, StateError};
use primitives::Bps;

/// Carries out requests that are due, then pays reporters, a bounded number of each; the queues' order is the cursor.
/// Claims on a vault wait while a request that names it is due, so whoever comes first in the block, the slash does.
pub(crate) fn begin(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    let now = ctx.chain_clock();
    let most = usize::from(PARAMS.require(ctx)?.items_per_block);
    for ((due_at, number), ()) in QUEUE.range(ctx, None, most)? {
        if due_at > now {
            break;
        }
        carry_out(ctx, number)?;
    }
    for ((due_at, number), due) in DUE.range(ctx, None, most)? {
        if due_at > now {
            break;
        }
        DUE.remove(ctx, &(due_at, number))?;
        let coin = bank::take(ctx, &held_account(), due.coin).map_err(broken_bank)?;
        bank::give(ctx, &due.reporter, coin)?;
        ctx.emit(&ReporterPaid {
            reporter: due.reporter,
            coin: due.coin,
        })?;
    }
    Ok(())
}

fn carry_out(ctx: &mut Ctx<'_>, number: u64) -> Result<(), StateError> {
    let request = REQUESTS.get(ctx, &number)?;
    let request = request.ok_or_else(|| crate::ID.broken("a queued request is known"))?;
    let record = dss::service(ctx, request.service).map_err(|error| match error.code() {
        Some(_) => crate::ID.broken("a request's service is known"),
        None => crate::ID.broken("the store of services"),
    })?;
    let sentence = Sentence {
        service: request.service,
        operator: request.operator,
        class: request.class,
        fraction: request.fraction,
        cap: request.cap,
        taken: Bps::ZERO,
        at: request.liable_since,
        destination: record.terms.destination,
        reporter: Bps::ZERO,
    };
    for nothing in take(ctx, &sentence, &request.vaults)? {
        bank::destroy(ctx, nothing)?;
    }
    refund(ctx, &request)?;
    end(ctx, number, request, Ending::Executed)
}
