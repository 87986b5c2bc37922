//! What proposals and votes say.

use super::address;
use primitives::address::{AddressKind, Network};
use proto::governance::v1::action::Action;
use proto::governance::v1::{CastVote, Propose, VoteChoice};
use serde_json::{Value, json};

/// A vote.
pub(super) fn vote(msg: &CastVote) -> Value {
    let choice = match VoteChoice::try_from(msg.choice) {
        Ok(VoteChoice::Yes) => "yes",
        Ok(VoteChoice::No) => "no",
        Ok(VoteChoice::Abstain) => "abstain",
        Ok(VoteChoice::Unspecified) | Err(_) => "unknown",
    };
    json!({"cast_vote": {"proposal_id": msg.proposal_id, "choice": choice}})
}

/// A proposal with what it would do.
pub(super) fn propose(network: Network, msg: &Propose) -> Value {
    let done = msg.action.as_ref().and_then(|action| action.action.as_ref());
    json!({"propose": {
        "summary": msg.summary,
        "action": done.map_or(Value::Null, |done| {
            parameters(network, done).or_else(|| other(done)).unwrap_or(Value::Null)
        }),
    }})
}

/// A change of parameters.
fn parameters(network: Network, action: &Action) -> Option<Value> {
    if let Action::SetChain(msg) = action {
        return Some(
            json!({"set_chain": {"block_gas_limit": msg.block_gas_limit, "transaction_gas_limit": msg.transaction_gas_limit, "gas_per_transaction": msg.gas_per_transaction, "gas_per_byte": msg.gas_per_byte, "gas_per_signature": msg.gas_per_signature, "gas_per_message": msg.gas_per_message, "lowest_price": msg.lowest_price, "burned_bps": msg.burned_bps}}),
        );
    }
    if let Action::SetStaking(msg) = action {
        return Some(
            json!({"set_staking": {"epoch_length_ms": msg.epoch_length_ms, "unbonding_delay_ms": msg.unbonding_delay_ms, "max_validators": msg.max_validators, "min_bond": msg.min_bond, "validator_cap_bps": msg.validator_cap_bps, "issuance_bps": msg.issuance_bps, "max_unbondings": msg.max_unbondings, "payouts_per_block": msg.payouts_per_block, "evidence_window_ms": msg.evidence_window_ms, "equivocation_least_bps": msg.equivocation_least_bps, "equivocation_most_bps": msg.equivocation_most_bps, "missed_views_bps": msg.missed_views_bps, "idle_epochs": msg.idle_epochs, "downtime_slash_bps": msg.downtime_slash_bps, "jail_time_ms": msg.jail_time_ms}}),
        );
    }
    if let Action::SetVaults(msg) = action {
        return Some(
            json!({"set_vaults": {"withdrawal_delay_ms": msg.withdrawal_delay_ms, "charter_delay_ms": msg.charter_delay_ms, "max_withdrawals": msg.max_withdrawals, "payouts_per_block": msg.payouts_per_block, "buffer_fee_least_bps": msg.buffer_fee_least_bps, "buffer_fee_most_bps": msg.buffer_fee_most_bps, "buffer_retained_bps": msg.buffer_retained_bps}}),
        );
    }
    if let Action::SetPledges(msg) = action {
        return Some(
            json!({"set_pledges": {"allocation_delay_ms": msg.allocation_delay_ms, "deallocation_delay_ms": msg.deallocation_delay_ms, "leave_delay_ms": msg.leave_delay_ms, "commission_delay_ms": msg.commission_delay_ms, "slashing_window_ms": msg.slashing_window_ms, "veto_window_ms": msg.veto_window_ms, "effects_per_block": msg.effects_per_block}}),
        );
    }
    if let Action::SetServices(msg) = action {
        return Some(
            json!({"set_services": {"service_bond": msg.service_bond, "evidence_window_ms": msg.evidence_window_ms, "rise_delay_ms": msg.rise_delay_ms, "longest_task_ms": msg.longest_task_ms, "tasks_per_block": msg.tasks_per_block, "hook_gas": msg.hook_gas}}),
        );
    }
    if let Action::SetSlashes(msg) = action {
        return Some(
            json!({"set_slashes": {"request_bond": msg.request_bond, "seat": if msg.seat.is_empty() { Value::Null } else { json!(address(network, AddressKind::Account, &msg.seat)) }, "reporter_part_bps": msg.reporter_part_bps, "reporter_most": msg.reporter_most, "reporter_delay_ms": msg.reporter_delay_ms, "items_per_block": msg.items_per_block}}),
        );
    }
    if let Action::SetRewards(msg) = action {
        return Some(
            json!({"set_rewards": {"pools_per_block": msg.pools_per_block, "operators_per_block": msg.operators_per_block, "assets_per_vault": msg.assets_per_vault}}),
        );
    }
    if let Action::SetGovernance(msg) = action {
        return Some(
            json!({"set_governance": {"deposit": msg.deposit, "voting_period_ms": msg.voting_period_ms, "timelock_ms": msg.timelock_ms, "quorum_bps": msg.quorum_bps, "threshold_bps": msg.threshold_bps, "longest_halt_ms": msg.longest_halt_ms, "max_open": msg.max_open, "items_per_block": msg.items_per_block}}),
        );
    }
    None
}

/// Anything else.
fn other(action: &Action) -> Option<Value> {
    if let Action::EnterAsset(msg) = action {
        return Some(json!({"enter_asset": {
            "asset_id": msg.asset_id, "symbol": msg.symbol, "decimals": msg.decimals, "name": msg.name,
        }}));
    }
    if let Action::SetAssetRules(msg) = action {
        return Some(json!({"set_asset_rules": {
            "asset_id": msg.asset_id,
            "haircut_bps": msg.haircut_bps,
            "deposit_cap": msg.deposit_cap,
            "power_cap_bps": msg.power_cap_bps,
        }}));
    }
    if let Action::SetAssetPrice(msg) = action {
        return Some(json!({"set_asset_price": {"asset_id": msg.asset_id, "price": msg.price}}));
    }
    if let Action::SuspendService(msg) = action {
        return Some(json!({"suspend_service": {"service_id": msg.service_id, "period_ms": msg.period_ms}}));
    }
    if let Action::ResumeService(msg) = action {
        return Some(json!({"resume_service": {"service_id": msg.service_id}}));
    }
    if let Action::HaltSubject(msg) = action {
        return Some(json!({"halt_subject": {"subject": msg.subject, "period_ms": msg.period_ms}}));
    }
    if let Action::LiftHalt(msg) = action {
        return Some(json!({"lift_halt": {"subject": msg.subject}}));
    }
    if let Action::StopSlash(msg) = action {
        return Some(json!({"stop_slash": {"request_id": msg.request_id}}));
    }
    None
}
