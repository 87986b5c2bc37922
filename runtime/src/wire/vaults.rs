//! `palisade.vault.v1`.

use crate::wire::fields::{FieldError, account, amount, array, bps, invalid, shares};
use primitives::{AssetId, Ratio};
use proto::tx::v1::message::Message as Kind;
use proto::vault::v1 as pb;
use vaults::{
    Allow, AmendCharter, Charter, Claim, Create, Deposit, FundBuffer, InstantWithdraw, LeaveBuffer, Limits,
    Msg, Rebase, Serves, ServiceId, SetLimits, VaultId, Withdraw,
};

/// A vault's name.
pub(super) fn vault(field: &'static str, bytes: &[u8]) -> Result<VaultId, FieldError> {
    array(field, bytes, "a vault's name has 32 bytes").map(VaultId::new)
}

fn charter(message: Option<&pb::Charter>) -> Result<Charter, FieldError> {
    let message = message.ok_or(invalid("charter", "must be there"))?;
    let serves = match &message.any_within {
        Some(classes) if message.services.is_empty() => Serves::Any {
            objective: bps("charter.any_within.objective_bps", classes.objective_bps)?,
            subjective: bps("charter.any_within.subjective_bps", classes.subjective_bps)?,
        },
        Some(_) => {
            return Err(invalid(
                "charter",
                "either a list of services or bounds on their fault classes",
            ));
        }
        None => Serves::Listed(message.services.iter().map(|n| ServiceId::new(*n)).collect()),
    };
    Ok(Charter {
        leverage_limit: Ratio::from_raw(amount("charter.leverage_limit", &message.leverage_limit)?.get()),
        serves,
    })
}

fn limits(message: Option<&pb::Limits>) -> Result<Limits, FieldError> {
    let message = message.ok_or(invalid("limits", "must be there"))?;
    let deposit_cap = if message.deposit_cap.is_empty() {
        None
    } else {
        Some(amount("limits.deposit_cap", &message.deposit_cap)?)
    };
    Ok(Limits {
        deposit_cap,
        min_deposit: amount("limits.min_deposit", &message.min_deposit)?,
        allow_listed: message.allow_listed,
    })
}

/// Reads a vault to be made.
pub(super) fn create(message: &pb::CreateVault) -> Result<Msg, FieldError> {
    Ok(Msg::Create(Create {
        asset: AssetId::new(message.asset_id),
        charter: charter(message.charter.as_ref())?,
        limits: limits(message.limits.as_ref())?,
    }))
}

/// Reads a deposit.
pub(super) fn deposit(message: &pb::Deposit) -> Result<Msg, FieldError> {
    Ok(Msg::Deposit(Deposit {
        vault: vault("deposit.vault", &message.vault)?,
        amount: amount("deposit.amount", &message.amount)?,
        min_shares: shares("deposit.min_shares", &message.min_shares)?,
        max_open_slash: bps("deposit.max_open_slash_bps", message.max_open_slash_bps)?,
    }))
}

/// Reads a withdrawal.
pub(super) fn withdraw(message: &pb::Withdraw) -> Result<Msg, FieldError> {
    Ok(Msg::Withdraw(Withdraw {
        vault: vault("withdraw.vault", &message.vault)?,
        shares: shares("withdraw.shares", &message.shares)?,
        beneficiary: account("withdraw.beneficiary", &message.beneficiary)?,
        min_assets: amount("withdraw.min_assets", &message.min_assets)?,
    }))
}

/// Reads a claim.
pub(super) const fn claim(message: &pb::ClaimWithdrawal) -> Msg {
    Msg::Claim(Claim {
        withdrawal: message.withdrawal,
    })
}

/// Reads a sale to the buffer.
pub(super) fn instant(message: &pb::InstantWithdraw) -> Result<Msg, FieldError> {
    Ok(Msg::InstantWithdraw(InstantWithdraw {
        vault: vault("instant_withdraw.vault", &message.vault)?,
        shares: shares("instant_withdraw.shares", &message.shares)?,
        min_assets: amount("instant_withdraw.min_assets", &message.min_assets)?,
    }))
}

/// Reads a funding of the buffer.
pub(super) fn fund(message: &pb::FundBuffer) -> Result<Msg, FieldError> {
    Ok(Msg::FundBuffer(FundBuffer {
        vault: vault("fund_buffer.vault", &message.vault)?,
        amount: amount("fund_buffer.amount", &message.amount)?,
        min_shares: shares("fund_buffer.min_shares", &message.min_shares)?,
    }))
}

/// Reads an exit from the buffer.
pub(super) fn leave(message: &pb::LeaveBuffer) -> Result<Msg, FieldError> {
    Ok(Msg::LeaveBuffer(LeaveBuffer {
        vault: vault("leave_buffer.vault", &message.vault)?,
        shares: shares("leave_buffer.shares", &message.shares)?,
        min_assets: amount("leave_buffer.min_assets", &message.min_assets)?,
    }))
}

/// Reads a change of charter.
pub(super) fn amend(message: &pb::AmendCharter) -> Result<Msg, FieldError> {
    Ok(Msg::AmendCharter(AmendCharter {
        vault: vault("amend_charter.vault", &message.vault)?,
        charter: charter(message.charter.as_ref())?,
    }))
}

/// Reads a change of limits.
pub(super) fn set_limits(message: &pb::SetVaultLimits) -> Result<Msg, FieldError> {
    Ok(Msg::SetLimits(SetLimits {
        vault: vault("set_vault_limits.vault", &message.vault)?,
        limits: limits(message.limits.as_ref())?,
    }))
}

/// Reads who may deposit.
pub(super) fn allow(message: &pb::AllowDepositor) -> Result<Msg, FieldError> {
    Ok(Msg::Allow(Allow {
        vault: vault("allow_depositor.vault", &message.vault)?,
        account: account("allow_depositor.account", &message.account)?,
        allowed: message.allowed,
    }))
}

/// Reads a re-basing.
pub(super) fn rebase(message: &pb::RebaseVault) -> Result<Msg, FieldError> {
    Ok(Msg::Rebase(Rebase {
        vault: vault("rebase_vault.vault", &message.vault)?,
    }))
}

fn write_charter(charter: &Charter) -> pb::Charter {
    let (services, any_within) = match &charter.serves {
        Serves::Listed(services) => (services.iter().map(|service| service.get()).collect(), None),
        Serves::Any {
            objective,
            subjective,
        } => (
            Vec::new(),
            Some(pb::FaultClasses {
                objective_bps: u32::from(objective.get()),
                subjective_bps: u32::from(subjective.get()),
            }),
        ),
    };
    pb::Charter {
        leverage_limit: charter.leverage_limit.raw().to_string(),
        services,
        any_within,
    }
}

fn write_limits(limits: &Limits) -> pb::Limits {
    pb::Limits {
        deposit_cap: limits.deposit_cap.map(|cap| cap.to_string()).unwrap_or_default(),
        min_deposit: limits.min_deposit.to_string(),
        allow_listed: limits.allow_listed,
    }
}

/// Writes any message of the module.
pub(super) fn write(message: &Msg) -> Kind {
    let bytes = |vault: &VaultId| vault.as_bytes().to_vec().into();
    match message {
        Msg::Create(msg) => Kind::CreateVault(pb::CreateVault {
            asset_id: msg.asset.get(),
            charter: Some(write_charter(&msg.charter)),
            limits: Some(write_limits(&msg.limits)),
        }),
        Msg::Deposit(msg) => Kind::Deposit(pb::Deposit {
            vault: bytes(&msg.vault),
            amount: msg.amount.to_string(),
            min_shares: msg.min_shares.to_string(),
            max_open_slash_bps: u32::from(msg.max_open_slash.get()),
        }),
        Msg::Withdraw(msg) => Kind::Withdraw(pb::Withdraw {
            vault: bytes(&msg.vault),
            shares: msg.shares.to_string(),
            beneficiary: msg.beneficiary.as_bytes().to_vec().into(),
            min_assets: msg.min_assets.to_string(),
        }),
        Msg::Claim(msg) => Kind::ClaimWithdrawal(pb::ClaimWithdrawal {
            withdrawal: msg.withdrawal,
        }),
        Msg::AmendCharter(msg) => Kind::AmendCharter(pb::AmendCharter {
            vault: bytes(&msg.vault),
            charter: Some(write_charter(&msg.charter)),
        }),
        Msg::SetLimits(msg) => Kind::SetVaultLimits(pb::SetVaultLimits {
            vault: bytes(&msg.vault),
            limits: Some(write_limits(&msg.limits)),
        }),
        Msg::Allow(msg) => Kind::AllowDepositor(pb::AllowDepositor {
            vault: bytes(&msg.vault),
            account: msg.account.as_bytes().to_vec().into(),
            allowed: msg.allowed,
        }),
        Msg::Rebase(msg) => Kind::RebaseVault(pb::RebaseVault {
            vault: bytes(&msg.vault),
        }),
        Msg::InstantWithdraw(msg) => Kind::InstantWithdraw(pb::InstantWithdraw {
            vault: bytes(&msg.vault),
            shares: msg.shares.to_string(),
            min_assets: msg.min_assets.to_string(),
        }),
        Msg::FundBuffer(msg) => Kind::FundBuffer(pb::FundBuffer {
            vault: bytes(&msg.vault),
            amount: msg.amount.to_string(),
            min_shares: msg.min_shares.to_string(),
        }),
        Msg::LeaveBuffer(msg) => Kind::LeaveBuffer(pb::LeaveBuffer {
            vault: bytes(&msg.vault),
            shares: msg.shares.to_string(),
            min_assets: msg.min_assets.to_string(),
        }),
    }
}
