//! `palisade.reward.v1`.

use crate::wire::fields::{FieldError, amount, invalid};
use crate::wire::vaults::vault;
use primitives::{AssetId, Coin, ServiceId};
use proto::reward::v1 as pb;
use proto::tx::v1::message::Message as Kind;
use rewards::{Fund, Msg};

/// Reads a funding.
pub(super) fn fund(message: &pb::FundRewards) -> Result<Msg, FieldError> {
    let rule = "a number of epochs: 1 to 64";
    Ok(Msg::Fund(Fund {
        service: ServiceId::new(message.service_id),
        coin: Coin {
            asset: AssetId::new(message.asset_id),
            amount: amount("fund_rewards.amount", &message.amount)?,
        },
        epochs: u16::try_from(message.epochs).map_err(|_| invalid("fund_rewards.epochs", rule))?,
    }))
}

/// Reads a claim.
pub(super) fn claim(message: &pb::ClaimVaultRewards) -> Result<Msg, FieldError> {
    Ok(Msg::Claim {
        vault: vault("claim_vault_rewards.vault", &message.vault)?,
    })
}

/// Writes a message.
pub(super) fn write(message: &Msg) -> Kind {
    match message {
        Msg::Fund(message) => Kind::FundRewards(pb::FundRewards {
            service_id: message.service.get(),
            asset_id: message.coin.asset.get(),
            amount: message.coin.amount.to_string(),
            epochs: u32::from(message.epochs),
        }),
        Msg::Claim { vault } => Kind::ClaimVaultRewards(pb::ClaimVaultRewards {
            vault: vault.as_bytes().to_vec().into(),
        }),
    }
}
