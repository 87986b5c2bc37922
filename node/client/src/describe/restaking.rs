//! What messages about vaults, operators and pledges say.

use super::address;
use primitives::address::{AddressKind, Network};
use proto::operator::v1::KeyKind;
use proto::tx::v1::message::Message as Kind;
use proto::vault::v1::{Charter, Limits};
use serde_json::{Value, json};

/// A message about vaults, operators and pledges; `None` for any other.
pub(super) fn one(network: Network, kind: &Kind) -> Option<Value> {
    vault(network, kind).or_else(|| operator(kind))
}

fn charter(charter: Option<&Charter>) -> Value {
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

fn limits(limits: Option<&Limits>) -> Value {
    limits.map_or(Value::Null, |limits| {
        json!({
            "deposit_cap": limits.deposit_cap,
            "min_deposit": limits.min_deposit,
            "allow_listed": limits.allow_listed,
        })
    })
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "each function knows a part, and the caller asks all"
)]
fn vault(network: Network, kind: &Kind) -> Option<Value> {
    let account = |bytes: &[u8]| address(network, AddressKind::Account, bytes);
    Some(match kind {
        Kind::CreateVault(msg) => json!({"create_vault": {
            "asset_id": msg.asset_id,
            "charter": charter(msg.charter.as_ref()),
            "limits": limits(msg.limits.as_ref()),
        }}),
        Kind::Deposit(msg) => json!({"deposit": {
            "vault": hex::encode(&msg.vault),
            "amount": msg.amount,
            "min_shares": msg.min_shares,
            "max_open_slash_bps": msg.max_open_slash_bps,
        }}),
        Kind::Withdraw(msg) => json!({"withdraw": {
            "vault": hex::encode(&msg.vault),
            "shares": msg.shares,
            "beneficiary": account(&msg.beneficiary),
            "min_assets": msg.min_assets,
        }}),
        Kind::ClaimWithdrawal(msg) => json!({"claim_withdrawal": {"withdrawal": msg.withdrawal}}),
        Kind::InstantWithdraw(msg) => json!({"instant_withdraw": {
            "vault": hex::encode(&msg.vault),
            "shares": msg.shares,
            "min_assets": msg.min_assets,
        }}),
        Kind::FundBuffer(msg) => json!({"fund_buffer": {
            "vault": hex::encode(&msg.vault),
            "amount": msg.amount,
            "min_shares": msg.min_shares,
        }}),
        Kind::LeaveBuffer(msg) => json!({"leave_buffer": {
            "vault": hex::encode(&msg.vault),
            "shares": msg.shares,
            "min_assets": msg.min_assets,
        }}),
        Kind::AmendCharter(msg) => json!({"amend_charter": {
            "vault": hex::encode(&msg.vault),
            "charter": charter(msg.charter.as_ref()),
        }}),
        Kind::SetVaultLimits(msg) => json!({"set_vault_limits": {
            "vault": hex::encode(&msg.vault),
            "limits": limits(msg.limits.as_ref()),
        }}),
        Kind::AllowDepositor(msg) => json!({"allow_depositor": {
            "vault": hex::encode(&msg.vault),
            "account": account(&msg.account),
            "allowed": msg.allowed,
        }}),
        Kind::RebaseVault(msg) => json!({"rebase_vault": {"vault": hex::encode(&msg.vault)}}),
        _ => return None,
    })
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "each function knows a part, and the caller asks all"
)]
fn operator(kind: &Kind) -> Option<Value> {
    Some(match kind {
        Kind::RegisterOperator(msg) => json!({"register_operator": {"name": msg.name, "uri": msg.uri}}),
        Kind::SetOperatorMetadata(msg) => {
            json!({"set_operator_metadata": {"name": msg.name, "uri": msg.uri}})
        }
        Kind::SetServiceKey(msg) => json!({"set_service_key": {
            "service": msg.service,
            "kind": KeyKind::try_from(msg.kind).map_or("unknown", |kind| kind.as_str_name()),
            "key": hex::encode(&msg.key),
        }}),
        Kind::SetCommission(msg) => json!({"set_commission": {
            "service": msg.service,
            "rate_bps": msg.rate_bps,
        }}),
        Kind::Allocate(msg) => json!({"allocate": {
            "vault": hex::encode(&msg.vault),
            "service": msg.service,
            "magnitude": msg.magnitude,
        }}),
        Kind::SetAssetTerms(msg) => json!({"set_asset_terms": {
            "asset_id": msg.asset_id,
            "haircut_bps": msg.haircut_bps,
            "deposit_cap": msg.deposit_cap,
            "power_cap_bps": msg.power_cap_bps,
        }}),
        _ => return None,
    })
}
