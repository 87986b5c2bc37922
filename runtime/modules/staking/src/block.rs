//! What happens by itself: payouts, and the change of sets.

use crate::ID;
use crate::error::Error;
use crate::event::{EpochEnded, UnbondingPaid};
use crate::hooks::Wiring;
use crate::state::{self, BONDS, CUT, ROUNDS, SETS, UNBONDINGS, VALIDATORS};
use crate::{convict, duty, earn, jail, standing};
use kernel::{Ctx, StateError};
use light_palisade::ValidatorSet;
use primitives::{Amount, MathError};

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
        | Error::Operator(_)
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
    let params = state::params(ctx)?;
    let limit = usize::from(params.payouts_per_block);
    let matured = UNBONDINGS.range(ctx, None, limit)?;
    for ((paid_at, number), entry) in matured {
        if paid_at > now {
            break;
        }
        UNBONDINGS.remove(ctx, &(paid_at, number))?;
        // The longer of the delay of then and that of now.
        let due = entry.since.after(params.unbonding_delay);
        if due > now {
            UNBONDINGS.put(ctx, &(due, number), &entry)?;
            continue;
        }
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

/// Shares out what was earned, judges who did its work, and says that the epoch is over.
pub(crate) fn end_epoch<W: Wiring>(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
    earn::end_epoch::<W>(ctx).map_err(broken)?;
    duty::end_epoch(ctx).map_err(broken)?;
    let epoch = ctx.epoch();
    ctx.emit(&EpochEnded { epoch })
}
