//! `palisade.bank.v1`.

use crate::wire::fields::{FieldError, account, amount};
use bank::{Burn, Msg, Transfer};
use primitives::{AssetId, Coin};
use proto::bank::v1 as pb;

/// Reads a transfer.
pub(super) fn transfer(message: &pb::Transfer) -> Result<Msg, FieldError> {
    let recipient = account("transfer.recipient", &message.recipient)?;
    let coin = coin("transfer.amount", message.asset_id, &message.amount)?;
    Ok(Msg::Transfer(Transfer { recipient, coin }))
}

/// Reads a burn.
pub(super) fn burn(message: &pb::Burn) -> Result<Msg, FieldError> {
    Ok(Msg::Burn(Burn {
        coin: coin("burn.amount", message.asset_id, &message.amount)?,
    }))
}

fn coin(field: &'static str, asset: u32, text: &str) -> Result<Coin, FieldError> {
    Ok(Coin {
        asset: AssetId::new(asset),
        amount: amount(field, text)?,
    })
}

/// Writes a transfer.
pub(super) fn write_transfer(message: &Transfer) -> pb::Transfer {
    pb::Transfer {
        recipient: message.recipient.as_bytes().to_vec().into(),
        asset_id: message.coin.asset.get(),
        amount: message.coin.amount.to_string(),
    }
}

/// Writes a burn.
pub(super) fn write_burn(message: &Burn) -> pb::Burn {
    pb::Burn {
        asset_id: message.coin.asset.get(),
        amount: message.coin.amount.to_string(),
    }
}
