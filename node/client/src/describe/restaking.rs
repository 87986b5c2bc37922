//! What messages about vaults, operators and pledges say.

use super::address;
use primitives::address::{AddressKind, Network};
use proto::assets::v1 as assets;
use proto::operator::v1 as operator;
use proto::vault::v1 as vault;
use serde_json::{Value, json};

fn charter(charter: Option<&vault::Charter>) -> Value {
    charter.map_or(Value::Null, |charter| {
        json!({
            "leverage_limit": charter.leverage_limit,
            "services": charter.services,
            "any_within": charter.any_within.as_ref().map(|classes| json!({
                "objective_bps": classes.objective_bps,
                "subjective_bps": classes.subjective_bps,
            })),
        })
    })
}

fn limits(limits: Option<&vault::Limits>) -> Value {
    limits.map_or(Value::Null, |limits| {
        json!({
            "deposit_cap": limits.deposit_cap,
            "min_deposit": limits.min_deposit,
            "allow_listed": limits.allow_listed,
        })
    })
}

pub(super) fn create_vault(msg: &vault::CreateVault) -> Value {
    json!({"create_vault": {
        "asset_id": msg.asset_id,
        "charter": charter(msg.charter.as_ref()),
        "limits": limits(msg.limits.as_ref()),
    }})
}

pub(super) fn deposit(msg: &vault::Deposit) -> Value {
    json!({"deposit": {
        "vault": hex::encode(&msg.vault),
        "amount": msg.amount,
        "min_shares": msg.min_shares,
        "max_open_slash_bps": msg.max_open_slash_bps,
    }})
}

pub(super) fn withdraw(network: Network, msg: &vault::Withdraw) -> Value {
    json!({"withdraw": {
        "vault": hex::encode(&msg.vault),
        "shares": msg.shares,
        "beneficiary": address(network, AddressKind::Account, &msg.beneficiary),
        "min_assets": msg.min_assets,
    }})
}

pub(super) fn claim_withdrawal(msg: &vault::ClaimWithdrawal) -> Value {
    json!({"claim_withdrawal": {"withdrawal": msg.withdrawal}})
}

pub(super) fn instant_withdraw(msg: &vault::InstantWithdraw) -> Value {
    json!({"instant_withdraw": {
        "vault": hex::encode(&msg.vault),
        "shares": msg.shares,
        "min_assets": msg.min_assets,
    }})
}

pub(super) fn fund_buffer(msg: &vault::FundBuffer) -> Value {
    json!({"fund_buffer": {
        "vault": hex::encode(&msg.vault),
        "amount": msg.amount,
        "min_shares": msg.min_shares,
    }})
}

pub(super) fn leave_buffer(msg: &vault::LeaveBuffer) -> Value {
    json!({"leave_buffer": {
        "vault": hex::encode(&msg.vault),
        "shares": msg.shares,
        "min_assets": msg.min_assets,
    }})
}

pub(super) fn amend_charter(msg: &vault::AmendCharter) -> Value {
    json!({"amend_charter": {
        "vault": hex::encode(&msg.vault),
        "charter": charter(msg.charter.as_ref()),
    }})
}

pub(super) fn set_vault_limits(msg: &vault::SetVaultLimits) -> Value {
    json!({"set_vault_limits": {
        "vault": hex::encode(&msg.vault),
        "limits": limits(msg.limits.as_ref()),
    }})
}

pub(super) fn allow_depositor(network: Network, msg: &vault::AllowDepositor) -> Value {
    json!({"allow_depositor": {
        "vault": hex::encode(&msg.vault),
        "account": address(network, AddressKind::Account, &msg.account),
        "allowed": msg.allowed,
    }})
}

pub(super) fn rebase_vault(msg: &vault::RebaseVault) -> Value {
    json!({"rebase_vault": {"vault": hex::encode(&msg.vault)}})
}

pub(super) fn register_operator(msg: &operator::RegisterOperator) -> Value {
    json!({"register_operator": {"name": msg.name, "uri": msg.uri}})
}

pub(super) fn set_operator_metadata(msg: &operator::SetOperatorMetadata) -> Value {
    json!({"set_operator_metadata": {"name": msg.name, "uri": msg.uri}})
}

pub(super) fn set_service_key(msg: &operator::SetServiceKey) -> Value {
    json!({"set_service_key": {
        "service": msg.service,
        "kind": operator::KeyKind::try_from(msg.kind).map_or("unknown", |kind| kind.as_str_name()),
        "key": hex::encode(&msg.key),
    }})
}

pub(super) fn set_commission(msg: &operator::SetCommission) -> Value {
    json!({"set_commission": {
        "service": msg.service,
        "rate_bps": msg.rate_bps,
    }})
}

pub(super) fn allocate(msg: &operator::Allocate) -> Value {
    json!({"allocate": {
        "vault": hex::encode(&msg.vault),
        "service": msg.service,
        "magnitude": msg.magnitude,
    }})
}

pub(super) fn set_asset_terms(msg: &assets::SetAssetTerms) -> Value {
    json!({"set_asset_terms": {
        "asset_id": msg.asset_id,
        "haircut_bps": msg.haircut_bps,
        "deposit_cap": msg.deposit_cap,
        "power_cap_bps": msg.power_cap_bps,
    }})
}
