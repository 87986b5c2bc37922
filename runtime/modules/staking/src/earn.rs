//! What validators earn: fees as they come, and what is issued. Both are noted for the epoch, and shared out once at its end,
//! so that a block costs one write however many stand behind its proposer.
//!
//! Shall:
//! - share what a validator has earned among its bonds and the vaults behind it in proportion to what each counts for its
//!   power, after its operator's commission;
//! - issue nothing for a validator behind which nothing counts, and give its fees to its operator;
//! - give nothing to whoever is convicted of the epoch: its fees are destroyed, and nothing is issued for it.
//!
//! # Source
//! restaking.md, "Rewards".

use crate::ID;
use crate::error::Error;
use crate::event::{Issued, TipsCollected};
use crate::hooks::Wiring;
use crate::state::{self, BONDS, CONVICTIONS, ISSUED_UNTIL, SETS, TIPS, VALIDATORS};
use kernel::{Ctx, StateError};
use primitives::{AccountId, Amount, AssetId, Coin, MathError, Rounding, mul_div};
use std::collections::BTreeMap;

const YEAR_MS: u128 = 365 * 86_400_000;

/// Notes the tips of this block, in PAL, for its proposer's validator. Called once per block.
///
/// # Errors
/// The store is broken: it is not PAL, or the proposer has no validator.
pub fn collect_tips(ctx: &mut Ctx<'_>, tips: bank::InTransit) -> Result<(), StateError> {
    let Coin { asset, amount } = tips.coin();
    if asset != AssetId::PAL {
        return Err(ID.broken("tips are paid in PAL"));
    }
    let operator = ctx.proposer();
    if !VALIDATORS.contains(ctx, &operator)? {
        return Err(ID.broken("the proposer has a validator"));
    }
    bank::give(ctx, &state::reward_account(), tips)?;
    if amount.is_zero() {
        return Ok(());
    }
    let sum = TIPS.or_default(ctx, &operator)?.checked_add(amount);
    TIPS.put(ctx, &operator, &sum.map_err(state::broken_math)?)?;
    ctx.emit(&TipsCollected { operator, amount })
}

/// What one validator has earned in the epoch.
#[derive(Clone, Copy, Default)]
struct Earned {
    /// Fees.
    tips: Amount,
    /// What is issued for it.
    issued: Amount,
}

/// Issues PAL for the time since the last epoch's end, to the validators by weight, and shares it and the epoch's tips out:
/// once per member of the set, and per proposer.
pub(crate) fn end_epoch<W: Wiring>(ctx: &mut Ctx<'_>) -> Result<(), Error> {
    let mut all: BTreeMap<AccountId, Earned> = BTreeMap::new();
    state::each(ctx, &TIPS, |operator, tips| {
        all.entry(operator).or_default().tips = tips;
        Ok::<(), StateError>(())
    })?;
    let mut issued = Amount::ZERO;
    for (operator, part) in issue(ctx)? {
        if !part.is_zero() && !is_convicted(ctx, &operator)? && !counts::<W>(ctx, &operator)?.is_zero() {
            issued = issued.checked_add(part)?;
            all.entry(operator).or_default().issued = part;
        }
    }
    if !issued.is_zero() {
        bank::mint(ctx, &state::reward_account(), state::pal(issued))?;
        let epoch = ctx.epoch();
        ctx.emit(&Issued {
            epoch,
            amount: issued,
        })?;
    }
    for (operator, earned) in all {
        TIPS.remove(ctx, &operator)?;
        pay::<W>(ctx, &operator, earned)?;
    }
    Ok(())
}

/// What counts for a validator's power.
fn counts<W: Wiring>(ctx: &Ctx<'_>, operator: &AccountId) -> Result<Amount, Error> {
    let bonded = state::validator(ctx, operator)?.bonded.assets;
    Ok(W::stake(&ctx.view(), operator, bonded)?)
}

/// Whether a validator contradicted itself in the epoch that ends.
fn is_convicted(ctx: &Ctx<'_>, operator: &AccountId) -> Result<bool, StateError> {
    CONVICTIONS.contains(ctx, &(ctx.epoch(), *operator))
}

/// What there is to be issued for each member of the set in force.
fn issue(ctx: &mut Ctx<'_>) -> Result<Vec<(AccountId, Amount)>, Error> {
    let params = state::params(ctx)?;
    let now = ctx.chain_clock();
    let since = ISSUED_UNTIL.require(ctx)?;
    ISSUED_UNTIL.put(ctx, &now)?;
    let elapsed = u128::from(now.get().saturating_sub(since.get()));
    let supply = bank::supply(ctx, AssetId::PAL)?;
    // Rounding: the protocol pays Down.
    let yearly = params.issuance.of(supply.get(), Rounding::Down)?;
    let amount = mul_div(yearly, elapsed, YEAR_MS, Rounding::Down)?;
    // At the end of the numbers there is nothing more to issue; a chain does not stop there.
    let amount = amount.min(u128::MAX.saturating_sub(supply.get()));
    let Some(set) = SETS.get(ctx, &ctx.epoch())? else {
        return Err(ID.broken("the set in force is missing").into());
    };
    let total = u128::from(set.total_weight());
    let part = |weight: u64| mul_div(amount, u128::from(weight), total, Rounding::Down);
    set.validators
        .iter()
        .map(|member| Ok((member.operator, Amount::new(part(member.weight.get())?))))
        .collect::<Result<_, MathError>>()
        .map_err(Error::Math)
}

/// Gives what a validator has earned to those behind it.
fn pay<W: Wiring>(ctx: &mut Ctx<'_>, operator: &AccountId, earned: Earned) -> Result<(), Error> {
    let whole = earned.tips.checked_add(earned.issued)?;
    if whole.is_zero() {
        return Ok(());
    }
    if is_convicted(ctx, operator)? {
        return Ok(bank::burn(ctx, &state::reward_account(), state::pal(whole))?);
    }
    let mut validator = state::validator(ctx, operator)?;
    let bonded = validator.bonded.assets;
    let mut rest = whole;
    if !W::stake(&ctx.view(), operator, bonded)?.is_zero() {
        let taken = bank::take(ctx, &state::reward_account(), state::pal(whole))?;
        let back = W::share(ctx, operator, bonded, taken)?;
        rest = back.coin().amount;
        bank::give(ctx, &state::reward_account(), back)?;
    }
    if rest.is_zero() {
        return Ok(());
    }
    if validator.has_bonds() {
        validator.reward(rest)?;
        VALIDATORS.put(ctx, operator, &validator)?;
    } else {
        let key = (*operator, *operator);
        let mut own = BONDS.or_default(ctx, &key)?;
        own.settle(&validator)?;
        own.owed = own.owed.checked_add(rest)?;
        BONDS.put(ctx, &key, &own)?;
    }
    Ok(())
}
