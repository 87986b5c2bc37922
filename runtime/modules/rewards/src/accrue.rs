//! Who earns: operators their commission, vaults the rest.
//!
//! Shall:
//! - give every unit to somebody, or keep it in a pool; never give one that is not held;
//! - put what is of a vault's own asset into the vault; else count it per share that stays: who leaves earns nothing;
//! - settle an owner before how many shares it has changes;
//! - let shares of a round that is over have what they earned until it was, and nothing since.

use crate::hooks::Wiring;
use crate::state::{ACCOUNTS, EARNED, ENDED, MOST_ASSETS, PARAMS, SUMS, broken_math, pool_account};
use crate::types::{Account, PerShare};
use bank::InTransit;
use kernel::{Ctx, Read, StateError};
use primitives::{AccountId, Amount, AssetId, Bps, Epoch, Rounding, ServiceId, Shares};
use vaults::VaultId;

/// Notes what an operator has earned for a service in this epoch. It is shared with those behind it when the epoch is over,
/// so that work which is paid often costs one write each time.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn earn(
    ctx: &mut Ctx<'_>,
    service: ServiceId,
    operator: &AccountId,
    amount: InTransit,
) -> Result<(), StateError> {
    let coin = amount.coin();
    bank::give(ctx, &pool_account(), amount)?;
    note(ctx, (ctx.epoch(), service, *operator, coin.asset), coin.amount)
}

/// As [`earn`], of what the module holds already.
pub(crate) fn note(
    ctx: &mut Ctx<'_>,
    key: (Epoch, ServiceId, AccountId, AssetId),
    amount: Amount,
) -> Result<(), StateError> {
    if amount.is_zero() {
        return Ok(());
    }
    let sum = EARNED.or_default(ctx, &key)?.checked_add(amount);
    EARNED.put(ctx, &key, &sum.map_err(broken_math)?)
}

/// What each of an operator's vaults counts for a service, those that count, and all together.
fn counted<W: Wiring>(
    ctx: &Ctx<'_>,
    service: ServiceId,
    operator: &AccountId,
) -> Result<(Vec<(VaultId, Amount)>, Amount), StateError> {
    let mut counted = Vec::new();
    let mut total = Amount::ZERO;
    for vault in vaults::query::vaults_of(ctx, operator)? {
        let value = W::counts(ctx, service, &vault)?;
        if !value.is_zero() {
            total = total.saturating_add(value);
            counted.push((vault, value));
        }
    }
    Ok((counted, total))
}

/// What an operator keeps of what it earns for a service, now.
fn commission(ctx: &Ctx<'_>, operator: &AccountId, service: ServiceId) -> Result<Bps, StateError> {
    delegation::query::commission(ctx, operator, service, ctx.chain_clock())
}

/// Takes out of what a validator has earned what is not its bonds': its operator's commission for the chain as a service,
/// and its vaults' part, in proportion to what each counts for its power; `bonded` counts as much as it is. Gives back what
/// is for those who are bonded; nothing where nothing is bonded and a vault counts.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn share_of_validator<W: Wiring>(
    ctx: &mut Ctx<'_>,
    operator: &AccountId,
    bonded: Amount,
    mut earned: InTransit,
) -> Result<InTransit, StateError> {
    let rate = commission(ctx, operator, ServiceId::CONSENSUS)?;
    let whole = earned.coin().amount.get();
    // Rounding: the operator's part goes Down.
    let kept = rate.of(whole, Rounding::Down).map_err(broken_math)?;
    let own = earned.split(Amount::new(kept)).map_err(broken_math)?;
    bank::give(ctx, operator, own)?;
    let (_, total) = counted::<W>(ctx, ServiceId::CONSENSUS, operator)?;
    if total.is_zero() {
        return Ok(earned);
    }
    let all = total.saturating_add(bonded);
    let rest = earned.coin().amount;
    // Rounding: the vaults' part goes Down; what is over is the bonds'.
    let part = rest
        .mul_div(total.get(), all.get(), Rounding::Down)
        .map_err(broken_math)?;
    let part = earned.split(part).map_err(broken_math)?;
    earn(ctx, ServiceId::CONSENSUS, operator, part)?;
    Ok(earned)
}

/// Gives an operator and those behind it what it earned for a service: its commission to itself, the rest to its vaults by
/// what each counts for the service. For the chain as a service the commission is taken before
/// ([`share_of_validator`]).
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn credit_operator<W: Wiring>(
    ctx: &mut Ctx<'_>,
    service: ServiceId,
    operator: &AccountId,
    mut earned: InTransit,
) -> Result<(), StateError> {
    let whole = earned.coin().amount;
    if whole.is_zero() {
        return bank::give(ctx, operator, earned);
    }
    let rate = if service == ServiceId::CONSENSUS {
        Bps::ZERO
    } else {
        commission(ctx, operator, service)?
    };
    // Rounding: the operator's part goes Down.
    let kept = rate.of(whole.get(), Rounding::Down).map_err(broken_math)?;
    let own = earned.split(Amount::new(kept)).map_err(broken_math)?;
    bank::give(ctx, operator, own)?;
    let (counted, total) = counted::<W>(ctx, service, operator)?;
    let rest = earned.coin().amount;
    for (vault, value) in counted {
        let part = rest
            .mul_div(value.get(), total.get(), Rounding::Down)
            .map_err(broken_math)?;
        // Where values add up beyond what can be counted, parts may add up to more than there is.
        let part = part.min(earned.coin().amount);
        let part = earned.split(part).map_err(broken_math)?;
        if let Some(refused) = credit_vault(ctx, &vault, part)? {
            bank::give(ctx, operator, refused)?;
        }
    }
    // What does not divide, and all of it where no vault is left, is the operator's.
    bank::give(ctx, operator, earned)
}

/// Gives an amount to those who own a vault's shares. Gives back what a vault without owners, or one whose owners earn in
/// as many assets as they may, does not take.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn credit_vault(
    ctx: &mut Ctx<'_>,
    vault: &VaultId,
    amount: InTransit,
) -> Result<Option<InTransit>, StateError> {
    let coin = amount.coin();
    if coin.amount.is_zero() {
        bank::destroy(ctx, amount)?;
        return Ok(None);
    }
    let Some(amount) = vaults::compound(ctx, vault, amount)? else {
        return Ok(None);
    };
    let Some(found) = vaults::vault(ctx, vault)? else {
        return Ok(Some(amount));
    };
    let staying = found.pool.shares.saturating_sub(found.pool.escrowed);
    let key = (*vault, coin.asset);
    let known = SUMS.get(ctx, &key)?;
    let most = usize::from(PARAMS.require(ctx)?.assets_per_vault);
    let full = known.is_none() && SUMS.range_of(ctx, vault, None, most)?.len() >= most;
    if staying.is_zero() || full {
        return Ok(Some(amount));
    }
    // A sum that does not fit takes no more.
    let Ok(sum) = known.unwrap_or_default().add(coin.amount, staying) else {
        return Ok(Some(amount));
    };
    if let Some(before) = known.filter(|before| before.round != found.round) {
        ENDED.put(ctx, &(*vault, coin.asset, before.round), &before.sum)?;
    }
    bank::give(ctx, &pool_account(), amount)?;
    let round = found.round;
    SUMS.put(ctx, &key, &PerShare { round, ..sum })?;
    Ok(None)
}

/// Settles what an owner's shares of a vault have earned so far, in every asset: called before their number changes.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn settle(ctx: &mut Ctx<'_>, vault: &VaultId, owner: &AccountId) -> Result<(), StateError> {
    let sums = SUMS.range_of(ctx, vault, None, MOST_ASSETS)?;
    if sums.is_empty() {
        return Ok(());
    }
    for ((_, asset), sum) in sums {
        let key = (*vault, *owner, asset);
        let (before, after) = settled(ctx, key, &sum)?;
        if after != before {
            ACCOUNTS.put(ctx, &key, &after)?;
        }
    }
    Ok(())
}

/// An owner's account in one asset as it is recorded, and settled up to now.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub(crate) fn settled(
    store: &(impl Read + ?Sized),
    key: (VaultId, AccountId, AssetId),
    sum: &PerShare,
) -> Result<(Account, Account), StateError> {
    let (vault, owner, asset) = key;
    let before = ACCOUNTS.or_default(store, &key)?;
    let Some((position, round)) = vaults::query::recorded(store, &vault, &owner)? else {
        return Ok((before, before));
    };
    let until = if position.round == round {
        sum.sum
    } else {
        sum_of(store, &vault, asset, sum, position.round)?
    };
    let earned = before.settle(until.max(before.settled), position.shares);
    // What came in later rounds is not theirs.
    let after = earned.and_then(|account| account.settle(sum.sum, Shares::ZERO));
    Ok((before, after.map_err(broken_math)?))
}

/// What a share of a round had earned when the round was over, or has until now.
fn sum_of(
    store: &(impl Read + ?Sized),
    vault: &VaultId,
    asset: AssetId,
    sum: &PerShare,
    round: u32,
) -> Result<u128, StateError> {
    if sum.round <= round {
        return Ok(sum.sum);
    }
    // The last round up to that one in which anything was earned.
    let behind = (*vault, asset, round.saturating_add(1));
    let found = ENDED.range_back_of(store, &(*vault, asset), Some(&behind), 1)?;
    Ok(found.first().map_or(0, |(_, sum)| *sum))
}
