//! Evidence: who contradicted itself, and what that costs.
//!
//! Shall:
//! - refuse evidence about an epoch that has not begun, or that ended longer ago than the window;
//! - refuse evidence that names nobody who is not convicted of that epoch already: one offence per validator and epoch,
//!   so that a double run of ten minutes is one and not six hundred;
//! - check both signatures against the set of that epoch, whatever became of its members since;
//! - jail every culprit for good, and take from what was liable: the least when alone, more when others were guilty of
//!   the same epoch, from those who are convicted already too;
//! - take from what is bonded and what is leaving alike, and destroy it: nobody earns by it;
//! - take the same part of what vaults had pledged to the chain when the epoch began.
//!
//! # Source
//! consensus.md, section 1.3, "Accountability"; restaking.md, "Slashing" (1).

use crate::ID;
use crate::error::Error;
use crate::event::{Convicted, Slashed};
use crate::hooks::{Penalty, Wiring};
use crate::jail::jail;
use crate::state::{self, CONVICTIONS, LIABLE, SETS, VALIDATORS};
use crate::types::{Conviction, Jail, fraction};
use kernel::{Ctx, StateError, View};
use light_palisade::{Committee, Evidence, ValidatorSet};
use primitives::{AccountId, Amount, Bps, Epoch, Rounding};

/// Whether evidence may still convict somebody, before its signatures are checked; gives the set that it is about.
///
/// # Errors
/// [`Error::EvidenceTooEarly`], [`Error::EvidenceExpired`], [`Error::AlreadyConvicted`], [`Error::Evidence`] when it
/// names nobody.
pub fn admit(view: &View<'_>, evidence: &Evidence) -> Result<ValidatorSet, Error> {
    let epoch = evidence.epoch();
    if epoch > view.block().epoch {
        return Err(Error::EvidenceTooEarly(epoch));
    }
    let set = SETS.get(view, &epoch)?.ok_or(Error::EvidenceExpired(epoch))?;
    let window = state::evidence_window(view, view.block().chain_clock)?;
    if view.block().chain_clock > set.ends_at.after(window) {
        return Err(Error::EvidenceExpired(epoch));
    }
    let mut named = evidence
        .suspects()
        .into_iter()
        .filter_map(|index| set.get(index))
        .peekable();
    if named.peek().is_none() {
        return Err(light_palisade::EvidenceError::NoCulprit.into());
    }
    for member in named {
        if !CONVICTIONS.contains(view, &(epoch, member.operator))? {
            return Ok(set);
        }
    }
    Err(Error::AlreadyConvicted(epoch))
}

/// Convicts everybody whom the evidence shows guilty. Called before everything else in a block.
///
/// # Errors
/// As [`admit`]; [`Error::Evidence`] when a signature does not hold.
pub fn convict<W: Wiring>(ctx: &mut Ctx<'_>, evidence: &Evidence) -> Result<(), Error> {
    let set = admit(&ctx.view(), evidence)?;
    let committee = Committee::new(set).map_err(|_| ID.broken("a stored set is a committee"))?;
    let chain = ctx.block().chain_hash;
    let (offence, culprits) = evidence.verify(&chain, &committee)?;
    let set = committee.set();
    for index in culprits {
        let Some(member) = set.get(index) else { continue };
        let key = (set.epoch, member.operator);
        if CONVICTIONS.contains(ctx, &key)? {
            continue;
        }
        let present = state::validator(ctx, &member.operator)?.liable()?;
        let liable = LIABLE.get(ctx, &key)?.map_or(present, |then| then.min(present));
        let conviction = Conviction {
            offence,
            view: evidence.view(),
            height: ctx.height(),
            weight: member.weight,
            liable,
            slashed: Amount::ZERO,
            fraction: Bps::ZERO,
        };
        CONVICTIONS.put(ctx, &key, &conviction)?;
        ctx.emit(&Convicted {
            operator: member.operator,
            epoch: set.epoch,
            view: conviction.view,
            offence,
        })?;
        jail(ctx, &member.operator, Jail::Forever)?;
    }
    settle::<W>(ctx, set)
}

/// Takes from everybody who is convicted of the set's epoch what is still due for it.
fn settle<W: Wiring>(ctx: &mut Ctx<'_>, set: &ValidatorSet) -> Result<(), Error> {
    let params = state::params(ctx)?;
    let mut convicted: Vec<(AccountId, Conviction)> = Vec::new();
    state::each_of_epoch(ctx, &CONVICTIONS, set.epoch, |operator, conviction| {
        convicted.push((operator, conviction));
        Ok::<(), StateError>(())
    })?;
    let guilty = convicted
        .iter()
        .fold(0u64, |sum, (_, one)| sum.saturating_add(one.weight.get()));
    let bounds = (params.equivocation_least, params.equivocation_most);
    let part = fraction(bounds, convicted.len(), guilty, set.total_weight())?;
    for (operator, mut conviction) in convicted {
        // Rounding: the protocol charges Up.
        let due = Amount::new(part.of(conviction.liable.get(), Rounding::Up)?);
        let more = due.saturating_sub(conviction.slashed);
        let taken = slash(ctx, &operator, set.epoch, part, more)?;
        conviction.slashed = conviction.slashed.checked_add(taken)?;
        if part > conviction.fraction {
            let penalty = Penalty {
                epoch: set.epoch,
                fraction: part,
                taken: conviction.fraction,
            };
            W::slash_vaults(ctx, &operator, &penalty)?;
            conviction.fraction = part;
        }
        CONVICTIONS.put(ctx, &(set.epoch, operator), &conviction)?;
    }
    Ok(())
}

/// Destroys `amount` of what stands behind a validator, or all there is, and says how much that was.
pub(crate) fn slash(
    ctx: &mut Ctx<'_>,
    operator: &AccountId,
    epoch: Epoch,
    fraction: Bps,
    amount: Amount,
) -> Result<Amount, Error> {
    let mut record = state::validator(ctx, operator)?;
    let taken = record.slash(amount)?;
    if taken.is_zero() {
        return Ok(taken);
    }
    VALIDATORS.put(ctx, operator, &record)?;
    bank::burn(ctx, &state::bonding_account(), state::pal(taken))?;
    ctx.emit(&Slashed {
        operator: *operator,
        epoch,
        fraction,
        amount: taken,
    })?;
    Ok(taken)
}

/// Notes what could be slashed of each member when its epoch began: what comes later is no offence's prize.
pub(crate) fn note_liable(ctx: &mut Ctx<'_>, set: &ValidatorSet) -> Result<(), StateError> {
    for member in &set.validators {
        if let Some(record) = VALIDATORS.get(ctx, &member.operator)? {
            let liable = record.liable().map_err(state::broken_math)?;
            LIABLE.put(ctx, &(set.epoch, member.operator), &liable)?;
        }
    }
    Ok(())
}

/// Forgets what was kept about a set's epoch.
pub(crate) fn forget(ctx: &mut Ctx<'_>, set: &ValidatorSet) -> Result<(), StateError> {
    for member in &set.validators {
        let key = (set.epoch, member.operator);
        LIABLE.remove(ctx, &key)?;
        CONVICTIONS.remove(ctx, &key)?;
    }
    Ok(())
}
