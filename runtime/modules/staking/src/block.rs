//! What happens by itself: payouts, tips, issuance, and the change of sets.

use crate::ID;
use crate::error::Error;
use crate::event::{EpochEnded, Issued, TipsCollected, UnbondingPaid};
use crate::state::{self, BONDS, ISSUED_UNTIL, KEPT_SETS, SETS, UNBONDINGS, VALIDATORS};
use kernel::{Ctx, StateError};
use light_palisade::ValidatorSet;
use primitives::{Amount, AssetId, Coin, Epoch, MathError, Rounding, mul_div};

const YEAR_MS: u128 = 365 * 86_400_000;

/// In a hook everything computed comes from the store: an error there means that the store is broken.
fn broken(error: &Error) -> StateError {
    if let Error::State(inner) = error {
        return inner.clone();
    }
    ID.broken("a hook could not account for what the tables say")
}

/// Pays what has matured, a bounded number per block; the rest waits for the next.
pub(crate) fn begin(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    let limit = usize::from(state::params(ctx)?.payouts_per_block);
    let now = ctx.chain_clock();
    let matured = UNBONDINGS.range(ctx, None, limit)?;
    for ((paid_at, number), entry) in matured {
        if paid_at > now {
            break;
        }
        UNBONDINGS.remove(ctx, &(paid_at, number))?;
        pay(ctx, &entry).map_err(|error| broken(&error))?;
    }
    Ok(())
}

fn pay(ctx: &mut Ctx<'_>, entry: &crate::Unbonding) -> Result<(), Error> {
    let mut validator = state::validator(ctx, &entry.validator)?;
    let amount = validator.unbonding.redeem(entry.shares)?;
    VALIDATORS.put(ctx, &entry.validator, &validator)?;
    let key = (entry.validator, entry.account);
    let mut bond = BONDS.or_default(ctx, &key)?;
    bond.settle(&validator)?;
    bond.unbondings = bond.unbondings.checked_sub(1).ok_or(MathError::Underflow)?;
    state::put_bond(ctx, &key, &bond)?;
    if !amount.is_zero() {
        bank::transfer(ctx, &state::bonding_account(), &entry.account, state::pal(amount))?;
    }
    ctx.emit(&UnbondingPaid {
        operator: entry.validator,
        account: entry.account,
        amount,
    })?;
    Ok(())
}

/// Credits the tips of this block, in PAL, to those bonded behind its proposer. Called once per block.
///
/// # Errors
/// The store is broken: it is not PAL, or the proposer has no validator.
pub fn collect_tips(ctx: &mut Ctx<'_>, tips: bank::InTransit) -> Result<(), StateError> {
    let Coin { asset, amount } = tips.coin();
    if asset != AssetId::PAL {
        return Err(ID.broken("tips are paid in PAL"));
    }
    let operator = ctx.proposer();
    let Some(mut validator) = VALIDATORS.get(ctx, &operator)? else {
        return Err(ID.broken("the proposer has a validator"));
    };
    bank::give(ctx, &state::reward_account(), tips)?;
    if amount.is_zero() {
        return Ok(());
    }
    validator.reward(amount).map_err(state::broken_math)?;
    VALIDATORS.put(ctx, &operator, &validator)?;
    ctx.emit(&TipsCollected { operator, amount })
}

/// Writes the set of the epoch that follows, and forgets the oldest. Called in the epoch's last block, before the
/// hooks of its end.
///
/// # Errors
/// The store is broken.
pub fn store_next_set(ctx: &mut Ctx<'_>, set: &ValidatorSet) -> Result<(), StateError> {
    SETS.put(ctx, &set.epoch, set)?;
    let oldest = Epoch::new(set.epoch.get().saturating_sub(KEPT_SETS));
    if oldest.get() > 0 {
        SETS.remove(ctx, &oldest)?;
    }
    Ok(())
}

/// Issues PAL for the time since the last epoch's end, to the validators by weight.
pub(crate) fn end_epoch(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    issue(ctx).map_err(|error| broken(&error))?;
    let epoch = ctx.epoch();
    ctx.emit(&EpochEnded { epoch })
}

fn issue(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let params = state::params(ctx)?;
    let now = ctx.chain_clock();
    let since = ISSUED_UNTIL.or_default(ctx)?;
    ISSUED_UNTIL.put(ctx, &now)?;
    let elapsed = u128::from(now.get().saturating_sub(since.get()));
    let supply = bank::supply(ctx, AssetId::PAL)?;
    // Rounding: the protocol pays Down.
    let yearly = params.issuance.of(supply.get(), Rounding::Down)?;
    let amount = mul_div(yearly, elapsed, YEAR_MS, Rounding::Down)?;
    let epoch = ctx.epoch();
    let Some(set) = SETS.get(ctx, &epoch)? else {
        return Err(ID.broken("the set in force is missing").into());
    };
    let total = u128::from(set.total_weight());
    let mut issued = Amount::ZERO;
    for member in &set.validators {
        let part = Amount::new(mul_div(
            amount,
            u128::from(member.weight.get()),
            total,
            Rounding::Down,
        )?);
        let mut validator = state::validator(ctx, &member.operator)?;
        validator.reward(part)?;
        VALIDATORS.put(ctx, &member.operator, &validator)?;
        issued = issued.checked_add(part)?;
    }
    if !issued.is_zero() {
        bank::mint(ctx, &state::reward_account(), state::pal(issued))?;
        ctx.emit(&Issued {
            epoch,
            amount: issued,
        })?;
    }
    Ok(())
}
