//! [`Create`].
//!
//! Shall:
//! - refuse whoever is no operator, an operator with as many vaults as may be, and an asset without terms;
//! - give the vault a name that no other has or had.

use crate::error::Error;
use crate::event::Created;
use crate::hooks::Wiring;
use crate::id::{VaultId, vault_id};
use crate::msg::Create;
use crate::params::MAX_VAULTS_PER_OPERATOR;
use crate::state::{OPERATED, VAULT_COUNT, VAULTS};
use crate::types::{Custody, Pool, Vault};
use assets::Origin;
use kernel::Ctx;
use primitives::{AccountId, MathError};

pub(crate) fn execute<W: Wiring>(ctx: &mut Ctx<'_>, operator: AccountId, msg: Create) -> Result<(), Error> {
    if !W::is_operator(ctx, &operator)? {
        return Err(Error::UnknownOperator(operator));
    }
    add(ctx, operator, msg).map(|_| ())
}

/// Makes a vault of an operator, and gives its name.
pub(crate) fn add(ctx: &mut Ctx<'_>, operator: AccountId, msg: Create) -> Result<VaultId, Error> {
    let own = OPERATED.range_of(ctx, &operator, None, MAX_VAULTS_PER_OPERATOR)?;
    if own.len() >= MAX_VAULTS_PER_OPERATOR {
        return Err(Error::TooManyVaults);
    }
    let asset = assets::asset(ctx, msg.asset)?.ok_or(Error::UnfitAsset(msg.asset))?;
    if assets::terms(ctx, msg.asset)?.is_none() {
        return Err(Error::UnfitAsset(msg.asset));
    }
    let number = VAULT_COUNT.require(ctx)?;
    VAULT_COUNT.put(ctx, &number.checked_add(1).ok_or(MathError::Overflow)?)?;
    let id = vault_id(&operator, msg.asset, number);
    let vault = Vault {
        operator,
        asset: msg.asset,
        custody: if asset.origin == Origin::Beacon {
            Custody::Beacon
        } else {
            Custody::Pooled
        },
        charter: msg.charter,
        amendment: None,
        limits: msg.limits,
        pool: Pool::NEW,
        round: 0,
        marked: None,
    };
    VAULTS.put(ctx, &id, &vault)?;
    OPERATED.put(ctx, &(operator, id), &())?;
    ctx.emit(&Created {
        vault: id,
        operator,
        asset: vault.asset,
    })?;
    Ok(id)
}
