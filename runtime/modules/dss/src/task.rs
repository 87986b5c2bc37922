//! Posting tasks, and settling them.

use crate::error::Error;
use crate::event::{FeesSettled, TaskPosted, TaskSettled};
use crate::hooks::Wiring;
use crate::msg::PostTask;
use crate::score::UNIT;
use crate::seats::Seats;
use crate::snapshot::{Snapshot, in_window, snapshot};
use crate::state::{
    self, ANSWERS, COMMITMENTS, CONVICTIONS, PARAMS, QUEUE, SCORES, SERVICES, SNAPSHOTS, TASK_COUNT, TASKS,
    broken_bank, broken_math, fee_account,
};
use crate::types::{Committee, Task, Windows};
use crypto::domain::Domain;
use crypto::hash::tagged;
use kernel::{Ctx, StateError};
use primitives::kind::Plain;
use primitives::{AccountId, Amount, ChainClock, Coin, Digest, Rounding};

/// Shall: only an active service; pin the epoch's snapshot; take the fee at once; draw the committee from the block's seed;
/// fix every window now, so that nothing that is set later moves it.
pub(crate) fn post<W: Wiring>(ctx: &mut Ctx<'_>, poster: AccountId, message: &PostTask) -> Result<(), Error> {
    let params = PARAMS.require(ctx)?;
    let life = message.commit.saturating_add(message.respond);
    let life = life.saturating_add(message.challenge);
    if life > params.longest_task {
        return Err(Error::BadWindows("the windows are longer than a task may take"));
    }
    let found = snapshot::<W>(ctx, message.service)?;
    let id = TASK_COUNT.or_default(ctx)?;
    let assigned = draw(&found, message.committee, &ctx.block().seed, id)?;
    let fee = bank::take(ctx, &poster, message.fee)?;
    bank::give(ctx, &fee_account(), fee)?;
    let now = ctx.chain_clock();
    let windows = Windows {
        commit_until: now.after(message.commit),
        respond_until: now.after(message.commit).after(message.respond),
        settle_at: now.after(life),
    };
    let task = Task {
        service: message.service,
        poster,
        payload: message.payload,
        fee: message.fee,
        epoch: ctx.epoch(),
        posted_at: now,
        height: ctx.height(),
        seed: ctx.block().seed,
        windows,
        assigned,
        abstained: Seats::NONE,
        answered: Seats::NONE,
        late: Seats::NONE,
        certificate: None,
        settled: false,
    };
    TASKS.put(ctx, &id, &task)?;
    TASK_COUNT.put(ctx, &id.saturating_add(1))?;
    QUEUE.put(ctx, &(windows.settle_at, id), &())?;
    let mut record = state::service(ctx, message.service)?;
    record.open_tasks = record.open_tasks.saturating_add(1);
    SERVICES.put(ctx, &message.service, &record)?;
    Ok(ctx.emit(&TaskPosted {
        task: id,
        service: message.service,
        poster,
        payload: message.payload,
        fee: message.fee,
        assigned: u64::from(assigned.len()),
        salted: !message.commit.is_zero(),
        commit_until: windows.commit_until,
        respond_until: windows.respond_until,
    })?)
}

/// Who is to answer: all, or as many as asked, each next one drawn among the rest in proportion to stake.
fn draw(found: &Snapshot, committee: Committee, seed: &Digest, task: u64) -> Result<Seats, Error> {
    let count = found.seats.len();
    let all = (0..Seats::MOST).take(count).fold(Seats::NONE, Seats::with);
    let Committee::Drawn(wanted) = committee else {
        return Ok(all);
    };
    if usize::from(wanted) >= count {
        return Ok(all);
    }
    let mut chosen = Seats::NONE;
    for turn in 0..wanted {
        let rest = all.without(chosen);
        let total = found.value(rest)?.get();
        let parts = [
            seed.as_bytes().as_slice(),
            &task.to_be_bytes(),
            &turn.to_be_bytes(),
        ];
        let hash = tagged::<Plain>(Domain::TaskCommittee, &parts);
        let (half, _) = hash
            .as_bytes()
            .split_first_chunk::<16>()
            .unwrap_or((&[0; 16], &[]));
        // Stakes are far below 2^128, so the remainder favours nobody noticeably.
        let mut mark = u128::from_be_bytes(*half).checked_rem(total).unwrap_or(0);
        for position in rest.iter() {
            let value = found.seat(position).map_or(0, |seat| seat.value.get());
            if mark < value {
                chosen = chosen.with(position);
                break;
            }
            mark = mark.saturating_sub(value);
        }
    }
    Ok(chosen)
}

/// Ends a task whose windows are over: counts who did what, and pays or refunds. The second time, forgets it.
pub(crate) fn settle<W: Wiring>(ctx: &mut Ctx<'_>, id: u64) -> Result<(), StateError> {
    let Some(mut task) = TASKS.get(ctx, &id)? else {
        return Ok(());
    };
    let now = ctx.chain_clock();
    if task.settled {
        if in_window(ctx, task.epoch, ctx.epoch(), now)? {
            // Its epoch ended late: faults of it may be shown still.
            return QUEUE.put(ctx, &(now.after(ChainClock::MAX_STEP), id), &());
        }
        return forget(ctx, id);
    }
    let found = SNAPSHOTS.get(ctx, &(task.service, task.epoch))?;
    let found = found.ok_or_else(|| crate::ID.broken("an open task's snapshot is kept"))?;
    count(ctx, id, &task, &found)?;
    let paid = pay::<W>(ctx, &task, &found)?;
    task.settled = true;
    TASKS.put(ctx, &id, &task)?;
    // Kept while faults of its epoch may be shown: that epoch has ended by then plus a window, or does so later by less
    // than the longest task.
    let now = ctx.chain_clock();
    let until = now
        .after(state::evidence_window(ctx, now)?)
        .after(PARAMS.require(ctx)?.longest_task);
    QUEUE.put(ctx, &(until, id), &())?;
    let mut record = SERVICES
        .get(ctx, &task.service)?
        .ok_or_else(|| crate::ID.broken("a task's service is known"))?;
    record.open_tasks = record.open_tasks.saturating_sub(1);
    SERVICES.put(ctx, &task.service, &record)?;
    ctx.emit(&TaskSettled {
        task: id,
        service: task.service,
        certified: task.certificate.is_some(),
        paid,
        asset: task.fee.asset,
    })
}

/// Counts what each member of the committee did.
fn count(ctx: &mut Ctx<'_>, id: u64, task: &Task, found: &Snapshot) -> Result<(), StateError> {
    let signers = task.certificate.map_or(Seats::NONE, |one| one.signers);
    for position in task.assigned.iter() {
        let Some(seat) = found.seat(position) else {
            continue;
        };
        let mut score = state::score(ctx, task.service, &seat.operator, ctx.epoch())?;
        let agreed = match task.certificate {
            Some(one) => ANSWERS
                .get(ctx, &(id, position))?
                .is_some_and(|answer| answer == one.answer),
            None => false,
        };
        let add = |counter: &mut u64| *counter = counter.saturating_add(UNIT);
        if task.abstained.contains(position) && !signers.contains(position) {
            continue;
        }
        add(&mut score.assigned);
        if signers.contains(position) || task.answered.contains(position) {
            add(&mut score.answered);
            // Without a certificate nobody knows what is right: an answer in time is not held against anybody.
            if signers.contains(position) || agreed || task.certificate.is_none() {
                add(&mut score.correct);
            }
        } else if task.late.contains(position) {
            add(&mut score.late);
        } else {
            add(&mut score.missed);
        }
        SCORES.put(ctx, &(task.service, seat.operator), &score)?;
    }
    Ok(())
}

/// Pays those who signed the certified answer, by value, but nobody who is convicted of the epoch; what is left, or all of
/// it without a certificate, goes back. Gives what was paid.
fn pay<W: Wiring>(ctx: &mut Ctx<'_>, task: &Task, found: &Snapshot) -> Result<Amount, StateError> {
    let mut rest = bank::take(ctx, &fee_account(), task.fee).map_err(broken_bank)?;
    let signers = task.certificate.map_or(Seats::NONE, |one| one.signers);
    let mut honest = Vec::new();
    for position in signers.iter() {
        let Some(seat) = found.seat(position) else {
            continue;
        };
        let guilty = CONVICTIONS.range_of(ctx, &(task.service, task.epoch, seat.operator), None, 1)?;
        if guilty.is_empty() {
            honest.push(seat);
        }
    }
    let total = honest
        .iter()
        .map(|seat| seat.value)
        .try_fold(Amount::ZERO, Amount::checked_add);
    let total = total.map_err(broken_math)?;
    let mut paid = Amount::ZERO;
    for seat in honest {
        // Rounding: the protocol pays Down.
        let part = task
            .fee
            .amount
            .mul_div(seat.value.get(), total.get(), Rounding::Down);
        let part = part.map_err(broken_math)?;
        let fee = rest.split(part).map_err(broken_math)?;
        paid = paid.checked_add(part).map_err(broken_math)?;
        if !part.is_zero() {
            W::pay(ctx, task.service, &seat.operator, fee)?;
        }
    }
    let back = rest.coin();
    bank::give(ctx, &task.poster, rest)?;
    ctx.emit(&FeesSettled {
        service: task.service,
        poster: task.poster,
        paid: Coin {
            asset: back.asset,
            amount: paid,
        },
        refunded: back.amount,
    })?;
    Ok(paid)
}

fn forget(ctx: &mut Ctx<'_>, id: u64) -> Result<(), StateError> {
    let most = usize::from(Seats::MOST);
    for (key, _) in COMMITMENTS.range_of(ctx, &id, None, most)? {
        COMMITMENTS.remove(ctx, &key)?;
    }
    for (key, _) in ANSWERS.range_of(ctx, &id, None, most)? {
        ANSWERS.remove(ctx, &key)?;
    }
    TASKS.remove(ctx, &id)
}
