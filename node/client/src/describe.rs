//! What transactions and receipts say, as JSON for people and programs.

mod govern;
mod prices;
mod restaking;
mod services;

pub use govern::{choice, done};

use crate::amount;
use crate::transaction::Body;
use primitives::address::{AddressKind, Network, format};
use primitives::{AccountId, Amount};
use proto::ledger::v1::{Event, Receipt, receipt};
use proto::tx::v1::message::Message as Kind;
use serde_json::{Map, Value, json};

/// An account of 32 bytes as an address; other bytes in hex.
fn address(network: Network, kind: AddressKind, bytes: &[u8]) -> String {
    AccountId::from_slice(bytes).map_or_else(|| hex::encode(bytes), |id| format(kind, network, id.as_bytes()))
}

/// An amount in base units as people read it: PAL in whole units, other assets in base units with their number.
fn coin(asset: u32, text: &str) -> String {
    match (asset, text.parse::<Amount>()) {
        (0, Ok(amount)) => amount::format_pal(amount),
        _ => format!("{text} base units of asset {asset}"),
    }
}

/// What a body says.
#[must_use]
pub fn body(network: Network, body: &Body) -> Value {
    let message = body.message();
    let messages: Vec<Value> = message
        .messages
        .iter()
        .map(|message| {
            message
                .message
                .as_ref()
                .map_or(Value::Null, |kind| one(network, kind))
        })
        .collect();
    let fee = message.fee.as_ref().map(|fee| {
        json!({
            "gas_limit": fee.gas_limit,
            "max_price": fee.max_price,
            "tip": fee.tip,
        })
    });
    json!({
        "sender": address(network, AddressKind::Account, &message.sender),
        "messages": messages,
        "fee": fee,
        "sequence": message.sequence,
        "unordered": message.unordered,
        "timeout_height": message.timeout_height,
        "memo": message.memo,
    })
}

#[allow(clippy::too_many_lines, reason = "an arm for each kind of message")]
fn one(network: Network, kind: &Kind) -> Value {
    let account = |bytes: &[u8]| address(network, AddressKind::Account, bytes);
    let operator = |bytes: &[u8]| address(network, AddressKind::Operator, bytes);
    match kind {
        Kind::Transfer(transfer) => json!({"transfer": {
            "recipient": account(&transfer.recipient),
            "amount": coin(transfer.asset_id, &transfer.amount),
        }}),
        Kind::Burn(burn) => json!({"burn": {"amount": coin(burn.asset_id, &burn.amount)}}),
        Kind::RegisterAsset(asset) => json!({"register_asset": {
            "asset_id": asset.asset_id,
            "symbol": asset.symbol,
            "decimals": asset.decimals,
            "name": asset.name,
        }}),
        Kind::RegisterValidator(validator) => json!({"register_validator": {
            "moniker": validator.moniker,
            "consensus_key": hex::encode(&validator.consensus_key),
            "p2p_key": hex::encode(&validator.p2p_key),
            "bond": coin(0, &validator.bond),
        }}),
        Kind::Bond(bond) => json!({"bond": {
            "validator": operator(&bond.validator),
            "amount": coin(0, &bond.amount),
        }}),
        Kind::Unbond(unbond) => json!({"unbond": {
            "validator": operator(&unbond.validator),
            "amount": coin(0, &unbond.amount),
        }}),
        Kind::Unjail(_) => json!({"unjail": {}}),
        Kind::Heartbeat(_) => json!({"heartbeat": {}}),
        Kind::RotateConsensusKey(rotate) => {
            json!({"rotate_consensus_key": {"consensus_key": hex::encode(&rotate.consensus_key)}})
        }
        Kind::ClaimRewards(claim) => json!({"claim_rewards": {"validator": operator(&claim.validator)}}),
        Kind::CreateVault(msg) => restaking::create_vault(msg),
        Kind::Deposit(msg) => restaking::deposit(msg),
        Kind::Withdraw(msg) => restaking::withdraw(network, msg),
        Kind::ClaimWithdrawal(msg) => restaking::claim_withdrawal(msg),
        Kind::InstantWithdraw(msg) => restaking::instant_withdraw(msg),
        Kind::FundBuffer(msg) => restaking::fund_buffer(msg),
        Kind::LeaveBuffer(msg) => restaking::leave_buffer(msg),
        Kind::AmendCharter(msg) => restaking::amend_charter(msg),
        Kind::SetVaultLimits(msg) => restaking::set_vault_limits(msg),
        Kind::AllowDepositor(msg) => restaking::allow_depositor(network, msg),
        Kind::RebaseVault(msg) => restaking::rebase_vault(msg),
        Kind::RegisterOperator(msg) => restaking::register_operator(msg),
        Kind::SetOperatorMetadata(msg) => restaking::set_operator_metadata(msg),
        Kind::SetServiceKey(msg) => restaking::set_service_key(msg),
        Kind::SetCommission(msg) => restaking::set_commission(msg),
        Kind::Allocate(msg) => restaking::allocate(msg),
        Kind::SetAssetTerms(msg) => restaking::set_asset_terms(msg),
        kind @ (Kind::RegisterService(_)
        | Kind::ActivateService(_)
        | Kind::ChangeFaultClass(_)
        | Kind::UnwindService(_)
        | Kind::CloseService(_)
        | Kind::JoinService(_)
        | Kind::LeaveService(_)
        | Kind::EjectOperator(_)) => services::of_members(network, kind).unwrap_or(Value::Null),
        kind @ (Kind::PostTask(_)
        | Kind::CommitAnswer(_)
        | Kind::ShowAnswer(_)
        | Kind::AbstainFromTask(_)
        | Kind::SubmitCertificate(_)
        | Kind::SetFaultProgram(_)
        | Kind::ProveFault(_)
        | Kind::RequestSlash(_)
        | Kind::VetoSlash(_)) => services::of_work(network, kind).unwrap_or(Value::Null),
        Kind::FundRewards(msg) => services::fund_rewards(msg),
        Kind::ClaimVaultRewards(msg) => services::claim_vault_rewards(msg),
        Kind::Propose(msg) => govern::propose(network, msg),
        Kind::CastVote(msg) => govern::vote(msg),
        kind @ (Kind::CreateFeed(_)
        | Kind::SetFeedBounds(_)
        | Kind::EndFeed(_)
        | Kind::FundFeed(_)
        | Kind::WithdrawFeedDeposit(_)
        | Kind::CommitPrice(_)
        | Kind::RevealPrice(_)
        | Kind::SetPriceSource(_)) => prices::of_prices(kind).unwrap_or(Value::Null),
    }
}

/// What came of a transaction.
#[must_use]
pub fn receipt(receipt: &Receipt) -> Value {
    let result = match &receipt.result {
        Some(receipt::Result::Success(_)) => json!("success"),
        Some(receipt::Result::Failure(failure)) => json!({
            "module": failure.module,
            "code": failure.code,
            "reason": failure.reason,
            "message": failure.message,
        }),
        None => Value::Null,
    };
    let events: Vec<Value> = receipt.events.iter().map(event).collect();
    json!({
        "tx_hash": hex::encode(&receipt.tx_hash),
        "result": result,
        "gas_used": receipt.gas_used,
        "fee": receipt.fee,
        "events": events,
    })
}

/// Something that happened.
#[must_use]
pub fn event(event: &Event) -> Value {
    let attributes: Map<String, Value> = event
        .attributes
        .iter()
        .map(|attribute| (attribute.key.clone(), Value::String(attribute.value.clone())))
        .collect();
    json!({"module": event.module, "name": event.name, "attributes": attributes})
}
