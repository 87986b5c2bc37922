//! `palisade.assets.v1`.

use crate::wire::fields::{FieldError, amount, bps, invalid, small};
use assets::{Msg, Name, Register, Rules, SetPriceSource, SetTerms, Source, Symbol};
use primitives::{AssetId, Ratio};
use proto::assets::v1 as pb;
use proto::assets::v1::set_price_source::Source as From;

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

/// Reads terms.
pub(super) fn set_terms(message: &pb::SetAssetTerms) -> Result<Msg, FieldError> {
    let deposit_cap = if message.deposit_cap.is_empty() {
        None
    } else {
        Some(amount("set_asset_terms.deposit_cap", &message.deposit_cap)?)
    };
    Ok(Msg::SetTerms(SetTerms {
        asset: AssetId::new(message.asset_id),
        rules: Rules {
            haircut: bps("set_asset_terms.haircut_bps", message.haircut_bps)?,
            deposit_cap,
            power_cap: bps("set_asset_terms.power_cap_bps", message.power_cap_bps)?,
        },
    }))
}

/// Writes terms.
pub(super) fn write_set_terms(message: &SetTerms) -> pb::SetAssetTerms {
    let rules = message.rules;
    pb::SetAssetTerms {
        asset_id: message.asset.get(),
        haircut_bps: u32::from(rules.haircut.get()),
        deposit_cap: rules.deposit_cap.map(|cap| cap.to_string()).unwrap_or_default(),
        power_cap_bps: u32::from(rules.power_cap.get()),
    }
}

/// Reads where prices come from.
pub(super) fn set_source(message: &pb::SetPriceSource) -> Result<Msg, FieldError> {
    let source = match &message.source {
        None => None,
        Some(From::FeedId(feed)) => Some(Source::Feed(*feed)),
        Some(From::Stated(price)) => {
            let price = amount("set_price_source.stated", price)?;
            Some(Source::Stated(Ratio::from_raw(price.get())))
        }
    };
    Ok(Msg::SetPriceSource(SetPriceSource {
        asset: AssetId::new(message.asset_id),
        source,
    }))
}

/// Writes where prices come from.
pub(super) fn write_set_source(message: &SetPriceSource) -> pb::SetPriceSource {
    pb::SetPriceSource {
        asset_id: message.asset.get(),
        source: message.source.map(|source| match source {
            Source::Feed(feed) => From::FeedId(feed),
            Source::Stated(price) => From::Stated(price.raw().to_string()),
        }),
    }
}
