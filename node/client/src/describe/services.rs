//! What messages about services and slashes say.

use super::address;
use primitives::address::{AddressKind, Network};
use proto::service::v1::{RegisterService, ServiceKind};
use proto::tx::v1::message::Message as Kind;
use serde_json::{Value, json};

fn register(network: Network, msg: &RegisterService) -> Value {
    let account = |bytes: &[u8]| {
        if bytes.is_empty() {
            Value::Null
        } else {
            json!(address(network, AddressKind::Account, bytes))
        }
    };
    let accepted = |one: &proto::service::v1::AcceptedAsset| json!({"asset_id": one.asset_id, "haircut_bps": one.haircut_bps});
    let class = |one: &proto::service::v1::FaultClass| {
        json!({
            "subjective": one.subjective,
            "least_bps": one.least_bps,
            "most_bps": one.most_bps,
            "cooldown_ms": one.cooldown_ms,
        })
    };
    json!({"register_service": {
        "kind": ServiceKind::try_from(msg.kind).map_or("unknown", |kind| kind.as_str_name()),
        "accepted": msg.accepted.iter().map(accepted).collect::<Vec<_>>(),
        "min_operators": msg.min_operators,
        "max_operators": msg.max_operators,
        "min_stake": msg.min_stake,
        "min_self_stake": msg.min_self_stake,
        "min_reputation_bps": msg.min_reputation_bps,
        "quorum_bps": msg.quorum_bps,
        "classes": msg.classes.iter().map(class).collect::<Vec<_>>(),
        "double_answer": msg.double_answer.as_ref().map(|fault| json!({"fault_class": fault.fault_class})),
        "recipient": account(&msg.recipient),
        "slasher": account(&msg.slasher),
        "vetoers": msg.vetoers.iter().map(|one| account(one)).collect::<Vec<_>>(),
        "profit_cap": msg.profit_cap,
        "metadata": msg.metadata,
    }})
}

/// A funding of a service's pools.
pub(super) fn fund_rewards(msg: &proto::reward::v1::FundRewards) -> Value {
    json!({"fund_rewards": {
        "service_id": msg.service_id,
        "asset_id": msg.asset_id,
        "amount": msg.amount,
        "epochs": msg.epochs,
    }})
}

/// A claim of what shares of a vault have earned.
pub(super) fn claim_vault_rewards(msg: &proto::reward::v1::ClaimVaultRewards) -> Value {
    json!({"claim_vault_rewards": {"vault": hex::encode(&msg.vault)}})
}

/// A message about a service's life and its members.
pub(super) fn of_members(network: Network, kind: &Kind) -> Option<Value> {
    let operator = |bytes: &[u8]| address(network, AddressKind::Operator, bytes);
    if let Kind::RegisterService(msg) = kind {
        return Some(register(network, msg));
    }
    if let Kind::ActivateService(msg) = kind {
        return Some(json!({"activate_service": {"service_id": msg.service_id}}));
    }
    if let Kind::ChangeFaultClass(msg) = kind {
        return Some(
            json!({"change_fault_class": {"service_id": msg.service_id, "class": msg.class, "most_bps": msg.most_bps}}),
        );
    }
    if let Kind::UnwindService(msg) = kind {
        return Some(json!({"unwind_service": {"service_id": msg.service_id}}));
    }
    if let Kind::CloseService(msg) = kind {
        return Some(json!({"close_service": {"service_id": msg.service_id}}));
    }
    if let Kind::JoinService(msg) = kind {
        return Some(json!({"join_service": {"service_id": msg.service_id, "key": hex::encode(&msg.key)}}));
    }
    if let Kind::LeaveService(msg) = kind {
        return Some(json!({"leave_service": {"service_id": msg.service_id}}));
    }
    if let Kind::EjectOperator(msg) = kind {
        return Some(
            json!({"eject_operator": {"service_id": msg.service_id, "operator": operator(&msg.operator)}}),
        );
    }
    None
}

/// A message about tasks, faults and slashes.
pub(super) fn of_work(network: Network, kind: &Kind) -> Option<Value> {
    let operator = |bytes: &[u8]| address(network, AddressKind::Operator, bytes);
    if let Kind::PostTask(msg) = kind {
        return Some(
            json!({"post_task": {"service_id": msg.service_id, "payload": hex::encode(&msg.payload), "fee_asset_id": msg.fee_asset_id, "fee": msg.fee, "drawn": msg.drawn, "commit_ms": msg.commit_ms, "respond_ms": msg.respond_ms, "challenge_ms": msg.challenge_ms}}),
        );
    }
    if let Kind::CommitAnswer(msg) = kind {
        return Some(
            json!({"commit_answer": {"task_id": msg.task_id, "commitment": hex::encode(&msg.commitment)}}),
        );
    }
    if let Kind::ShowAnswer(msg) = kind {
        return Some(json!({"show_answer": {"task_id": msg.task_id, "answer": hex::encode(&msg.answer)}}));
    }
    if let Kind::AbstainFromTask(msg) = kind {
        return Some(json!({"abstain_from_task": {"task_id": msg.task_id}}));
    }
    if let Kind::SubmitCertificate(msg) = kind {
        return Some(
            json!({"submit_certificate": {"task_id": msg.task_id, "answer": hex::encode(&msg.answer), "parts": msg.parts.len()}}),
        );
    }
    if let Kind::SetFaultProgram(msg) = kind {
        return Some(
            json!({"set_fault_program": {"service_id": msg.service_id, "program": msg.program.len()}}),
        );
    }
    if let Kind::ProveFault(msg) = kind {
        return Some(
            json!({"prove_fault": {"service_id": msg.service_id, "operator": operator(&msg.operator), "task_id": msg.task_id, "slot": msg.slot, "answers": msg.answers.len()}}),
        );
    }
    if let Kind::RequestSlash(msg) = kind {
        return Some(
            json!({"request_slash": {"service_id": msg.service_id, "operator": operator(&msg.operator), "class": msg.class, "epoch": msg.epoch, "fraction_bps": msg.fraction_bps, "reason": hex::encode(&msg.reason)}}),
        );
    }
    if let Kind::VetoSlash(msg) = kind {
        return Some(json!({"veto_slash": {"request_id": msg.request_id}}));
    }
    None
}
