//! Entering an asset.

use crate::error::Error;
use crate::event::Registered;
use crate::msg::Register;
use crate::state;
use crate::types::{Asset, Origin};
use kernel::Ctx;
use primitives::AccountId;

/// Shall: only for the registrar; only under a free number and a free symbol; nothing is minted.
pub(crate) fn execute(ctx: &mut Ctx<'_>, sender: AccountId, message: Register) -> Result<(), Error> {
    let registrar = state::registrar(ctx)?;
    if sender != registrar {
        return Err(Error::NotRegistrar { registrar });
    }
    let Register {
        asset: id,
        symbol,
        name,
        decimals,
    } = message;
    let asset = Asset {
        symbol,
        name,
        decimals,
        origin: Origin::Registrar,
    };
    asset.validate()?;
    state::enter(ctx, id, &asset)?;
    Ok(ctx.emit(&Registered {
        asset: id,
        symbol: &asset.symbol,
        decimals,
    })?)
}
