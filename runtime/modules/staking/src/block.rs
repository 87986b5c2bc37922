//! What happens by itself: payouts, tips, issuance, and the change of sets.

use crate::ID;
use crate::error::Error;
use crate::event::{EpochEnded, Issued, TipsCollected, UnbondingPaid};
use crate::state::{self, BONDS, CUT, ISSUED_UNTIL, ROUNDS, SETS, UNBONDINGS, VALIDATORS};
use crate::{convict, duty, jail, standing};
use kernel::{Ctx, StateError};
use light_palisade::ValidatorSet;
use primitives::{AccountId, Amount, AssetId, Coin, MathError, Rounding, mul_div};

const YEAR_MS: u128 = 365 * 86_400_000;

/// Sets forgotten per epoch, at most: one more than comes, so that a shorter delay is caught up with.
const FORGOTTEN_SETS: usize = 2;

/// In a hook everything computed comes from the store: an error there means that the store is broken.
fn broken(error: Error) -> StateError {
    match error {
        Error::State(inner) | Error::Bank(bank::Error::State(inner)) => inner,
        Error::Math(source) => state::broken_math(source),
        Error::ZeroAmount
        | Error::Moniker
        | Error::PossessionProof
        | Error::AlreadyRegistered(_)
        | Error::KeyTaken(_)
        | Error::UnknownValidator(_)
        | Error::BondTooSmall { .. }
        | Error::NotBonded { .. }
        | Error::Emptied
        | Error::TooManyUnbondings(_)
        | Error::NothingToClaim
        | Error::Genesis(_)
        | Error::PeerKey(_)
        | Error::Params(_)
        | Error::EvidenceTooEarly(_)
        | Error::EvidenceExpired(_)
        | Error::AlreadyConvicted(_)
        | Error::Evidence(_)
        | Error::NotJailed
        | Error::StillJailed(_)
        | Error::Tombstoned
        | Error::NotInSet
        | Error::HeartbeatNotNeeded
        | Error::RotatedAlready
        | Error::Bank(_) => ID.broken("a hook can account for what the tables say"),
    }
}

/// Counts who led and who did not, and pays what has matured, a bounded number per block; the rest waits for the next.
pub(crate) fn begin(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    duty::count(ctx)?;
    let now = ctx.chain_clock();
    // Most blocks pay nothing: those read one entry.
    if UNBONDINGS
        .first(ctx)?
        .is_none_or(|((paid_at, _), _)| paid_at > now)
    {
        return Ok(());
    }
    let limit = usize::from(state::params(ctx)?.payouts_per_block);
    let matured = UNBONDINGS.range(ctx, None, limit)?;
    for ((paid_at, number), entry) in matured {
        if paid_at > now {
            break;
        }
        UNBONDINGS.remove(ctx, &(paid_at, number))?;
        pay(ctx, &entry).map_err(broken)?;
    }
    Ok(())
}

fn pay(ctx: &mut Ctx<'_>, entry: &crate::Unbonding) -> Result<(), Error> {
    let mut validator = state::validator(ctx, &entry.validator)?;
    let amount = if ROUNDS.or_default(ctx, &entry.validator)? == entry.round {
        validator.unbonding.redeem(entry.shares)?
    } else {
        Amount::ZERO
    };
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

/// Credits the tips of this block, in PAL, to those bonded behind its proposer; to its operator where nothing is bonded
/// any more: a member of the set proposes until its epoch ends. Called once per block.
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
    if validator.has_bonds() {
        validator.reward(amount).map_err(state::broken_math)?;
        VALIDATORS.put(ctx, &operator, &validator)?;
    } else {
        let key = (operator, operator);
        let mut own = BONDS.or_default(ctx, &key)?;
        own.settle(&validator).map_err(state::broken_math)?;
        own.owed = own.owed.checked_add(amount).map_err(state::broken_math)?;
        BONDS.put(ctx, &key, &own)?;
    }
    ctx.emit(&TipsCollected { operator, amount })
}

/// Writes the set of the epoch that follows, and forgets those about which no evidence can matter any more. Called in
/// the epoch's last block, before the hooks of its end.
///
/// # Errors
/// The store is broken.
pub fn store_next_set(ctx: &mut Ctx<'_>, set: &ValidatorSet) -> Result<(), StateError> {
    SETS.put(ctx, &set.epoch, set)?;
    convict::note_liable(ctx, set)?;
    // The epoch that ends has no more use for its own.
    CUT.remove(ctx)?;
    jail::cut_epoch(ctx, set)?;
    standing::judge(ctx, set)?;
    let delay = state::params(ctx)?.unbonding_delay;
    let now = ctx.chain_clock();
    let oldest = SETS.range(ctx, None, FORGOTTEN_SETS.saturating_add(1))?;
    for (this, next) in oldest.iter().zip(oldest.iter().skip(1)) {
        // Whoever voted in an epoch can have left as late as its end, which is before the next one's: until that long
        // after, its stake is there to be slashed.
        if next.1.ends_at.after(delay) >= now {
            break;
        }
        SETS.remove(ctx, &this.0)?;
        convict::forget(ctx, &this.1)?;
    }
    Ok(())
}

/// Issues PAL for the time since the last epoch's end, to the validators by weight. Nothing is issued for a validator
/// behind which nothing is bonded any more.
pub(crate) fn end_epoch(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    issue(ctx).map_err(broken)?;
    duty::end_epoch(ctx).map_err(broken)?;
    let epoch = ctx.epoch();
    ctx.emit(&EpochEnded { epoch })
}

fn issue(ctx: &mut Ctx<'_>) -> Result<(), Error> {
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
    let epoch = ctx.epoch();
    let Some(set) = SETS.get(ctx, &epoch)? else {
        return Err(ID.broken("the set in force is missing").into());
    };
    let total = u128::from(set.total_weight());
    let mut issued = Amount::ZERO;
    for member in &set.validators {
        let weight = u128::from(member.weight.get());
        let part = Amount::new(mul_div(amount, weight, total, Rounding::Down)?);
        if reward(ctx, &member.operator, part)? {
            issued = issued.checked_add(part)?;
        }
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

/// Gives `part` to those bonded behind a validator, if there is something and somebody to give it to.
fn reward(ctx: &mut Ctx<'_>, operator: &AccountId, part: Amount) -> Result<bool, Error> {
    let mut validator = state::validator(ctx, operator)?;
    if part.is_zero() || !validator.has_bonds() {
        return Ok(false);
    }
    validator.reward(part)?;
    VALIDATORS.put(ctx, operator, &validator)?;
    Ok(true)
}
