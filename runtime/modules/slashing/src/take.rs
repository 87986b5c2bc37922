//! Taking what an offence costs from every vault that backed the operator.
//!
//! Shall:
//! - take from each of up to 32 vaults what delegation's formula says of what was pledged at the offence and ever since;
//! - skip a vault where nothing is to be taken, or that cannot be slashed, and go on with the others;
//! - destroy what is taken, or give it to the recipient that was fixed at registration;
//! - let nothing of it go to the reporter but a small part of what was the offender's own, and that later.

use crate::event::{Slashed, VaultSkipped};
use crate::state::{MAX_VAULTS, broken_math};
use bank::InTransit;
use delegation::{Offence, Outcome};
use dss::Destination;
use kernel::{Ctx, Fault, StateError};
use primitives::{AccountId, Amount, Bps, ChainClock, Rounding, ServiceId};
use vaults::{Taken, VaultId};

/// What is to be taken, and where it goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sentence {
    pub(crate) service: ServiceId,
    pub(crate) operator: AccountId,
    pub(crate) class: u8,
    pub(crate) fraction: Bps,
    pub(crate) cap: Bps,
    /// The part that the same offence has taken already.
    pub(crate) taken: Bps,
    pub(crate) at: ChainClock,
    pub(crate) destination: Destination,
    /// What is held back of the offender's own part, for a reporter.
    pub(crate) reporter: Bps,
}

/// Takes from every one of `vaults`; gives what is held back, per vault.
pub(crate) fn take(
    ctx: &mut Ctx<'_>,
    sentence: &Sentence,
    vaults: &[VaultId],
) -> Result<Vec<InTransit>, StateError> {
    let mut held = Vec::new();
    for vault in vaults {
        let offence = Offence {
            vault: *vault,
            service: sentence.service,
            fraction: sentence.fraction,
            class_cap: sentence.cap,
            at: sentence.at,
        };
        let outcome = ctx.atomically(|ctx| delegation::slash_more(ctx, &offence, sentence.taken));
        match outcome {
            Ok(Outcome {
                taken, skipped: None, ..
            }) => held.push(dispose(ctx, sentence, vault, taken)?),
            Ok(outcome) => {
                // Nothing of nothing: it ends here.
                bank::destroy(ctx, outcome.taken.coin)?;
                skip(ctx, sentence, vault)?;
            }
            // Out of gas is the whole transaction's; any other refusal is this vault's alone.
            Err(delegation::Error::State(error)) => return Err(error),
            Err(error) if error.code().is_some() => skip(ctx, sentence, vault)?,
            Err(_) => return Err(crate::ID.broken("a slash fails with a code or a broken store")),
        }
    }
    Ok(held)
}

/// Takes from every vault of an operator what an offence against the chain itself costs of what was pledged to it at `at`,
/// the start of the wronged epoch, and destroys it: `fraction` of it in all, of which the same offence has taken `taken`
/// already. Nobody is paid for reporting it.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn take_for_chain(
    ctx: &mut Ctx<'_>,
    operator: &AccountId,
    at: ChainClock,
    fraction: Bps,
    taken: Bps,
) -> Result<(), StateError> {
    let sentence = Sentence {
        service: ServiceId::CONSENSUS,
        operator: *operator,
        class: 0,
        fraction,
        cap: fraction,
        taken,
        at,
        destination: Destination::Burn,
        reporter: Bps::ZERO,
    };
    let mut vaults = vaults::query::vaults_of(ctx, operator)?;
    vaults.truncate(MAX_VAULTS);
    for nothing in take(ctx, &sentence, &vaults)? {
        bank::destroy(ctx, nothing)?;
    }
    Ok(())
}

fn skip(ctx: &mut Ctx<'_>, sentence: &Sentence, vault: &VaultId) -> Result<(), StateError> {
    ctx.emit(&VaultSkipped {
        service: sentence.service,
        operator: sentence.operator,
        vault: *vault,
    })
}

/// Destroys or gives away what was taken, but for the reporter's part.
fn dispose(
    ctx: &mut Ctx<'_>,
    sentence: &Sentence,
    vault: &VaultId,
    taken: Taken,
) -> Result<InTransit, StateError> {
    let Taken { mut coin, own } = taken;
    let whole = coin.coin();
    // Rounding: the protocol pays Down.
    let part = sentence
        .reporter
        .of(own.get(), Rounding::Down)
        .map_err(broken_math)?;
    let held = coin
        .split(Amount::new(part).min(whole.amount))
        .map_err(broken_math)?;
    match sentence.destination {
        Destination::Burn => bank::destroy(ctx, coin)?,
        Destination::Recipient(account) => bank::give(ctx, &account, coin)?,
    }
    ctx.emit(&Slashed {
        service: sentence.service,
        operator: sentence.operator,
        vault: *vault,
        class: sentence.class,
        fraction: sentence.fraction,
        taken: whole,
        own,
    })?;
    Ok(held)
}
