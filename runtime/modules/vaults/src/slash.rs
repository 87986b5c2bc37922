//! Taking what a slash takes.

use crate::error::Error;
use crate::id::VaultId;
use crate::state::{self, MARKS, POSITIONS};
use crate::types::Magnitude;
use bank::InTransit;
use kernel::Ctx;
use primitives::{Amount, ChainClock, Coin, Rounding};

/// What a slash does to a vault, as the module above computed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// By how much the magnitude falls.
    pub magnitude: Magnitude,
    /// How much is taken, in base units.
    pub amount: Amount,
    /// By how much the magnitude of each mark falls: the slash as it would have been then.
    pub marks: Vec<(ChainClock, Magnitude)>,
}

/// What a slash took.
#[derive(Debug)]
#[must_use = "what was taken is on its way: burn it or give it to whom it is due"]
pub struct Taken {
    /// All of it.
    pub coin: InTransit,
    /// The part of it that was the operator's own.
    pub own: Amount,
}

impl Taken {
    /// Nothing of the vault's asset.
    pub const fn nothing(asset: primitives::AssetId) -> Self {
        Self {
            coin: InTransit::none(asset),
            own: Amount::ZERO,
        }
    }
}

/// Takes an amount out of a vault, from stayers and leavers alike, and lowers its magnitude. What it takes is the
/// caller's to burn or to give; who may slash, and how much, is the caller's to decide.
///
/// # Errors
/// [`Error::UnknownVault`]; [`Error::State`] when more is to be taken than there is.
pub fn slash(ctx: &mut Ctx<'_>, id: &VaultId, cut: &Cut) -> Result<Taken, Error> {
    let mut vault = state::known(ctx, id)?;
    state::mark(ctx, id, &mut vault)?;
    let own = POSITIONS
        .or_default(ctx, &(*id, vault.operator))?
        .in_round(vault.round)
        .shares;
    // Rounding: a reporter's part comes out of this, so it counts Down.
    let own = if vault.pool.shares.is_zero() {
        Amount::ZERO
    } else {
        cut.amount
            .mul_div(own.get(), vault.pool.shares.get(), Rounding::Down)?
    };
    vault.pool.assets = vault
        .pool
        .assets
        .checked_sub(cut.amount)
        .map_err(state::broken_math)?;
    vault.pool.magnitude = vault.pool.magnitude.saturating_sub(cut.magnitude);
    state::put_vault(ctx, id, &vault)?;
    state::release(ctx, vault.asset, cut.amount)?;
    for (when, by) in &cut.marks {
        if let Some(mark) = MARKS.get(ctx, &(*id, *when))? {
            MARKS.put(ctx, &(*id, *when), &mark.cut(*by).map_err(state::broken_math)?)?;
        }
    }
    let coin = Coin {
        asset: vault.asset,
        amount: cut.amount,
    };
    Ok(Taken {
        coin: bank::take(ctx, &state::vault_account(), coin)?,
        own,
    })
}
