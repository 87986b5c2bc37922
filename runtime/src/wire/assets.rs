//! `palisade.assets.v1`.

use crate::wire::fields::{FieldError, invalid, small};
use assets::{Msg, Name, Register, Symbol};
use primitives::AssetId;
use proto::assets::v1 as pb;

/// Reads a registration.
pub(super) fn register(message: pb::RegisterAsset) -> Result<Msg, FieldError> {
    let symbol = Symbol::new(message.symbol).map_err(|_| {
        invalid(
            "register_asset.symbol",
            "1 to 16 ASCII letters, digits, `.` and `-`, starting with a letter",
        )
    })?;
    let name = Name::new(message.name).map_err(|_| {
        invalid(
            "register_asset.name",
            "1 to 64 bytes without control characters or white space at its ends",
        )
    })?;
    let decimals = small("register_asset.decimals", message.decimals)?;
    Ok(Msg::Register(Register {
        asset: AssetId::new(message.asset_id),
        symbol,
        name,
        decimals,
    }))
}

/// Writes a registration.
pub(super) fn write_register(message: &Register) -> pb::RegisterAsset {
    pb::RegisterAsset {
        asset_id: message.asset.get(),
        symbol: message.symbol.to_string(),
        decimals: u32::from(message.decimals),
        name: message.name.to_string(),
    }
}
