//! `palisade.service.v1`.

use crate::modules::Message;
use crate::wire::fields::{FieldError, account, amount, array, bps, invalid, small};
use attested::SetProgram;
use crypto::bls::{KeyBytes, SignatureBytes};
use dss::certificate::Part;
use dss::{
    Accepted, ChangeClass, Class, Committee, Destination, Join, Kind as ServiceKind, Metadata, Msg, Nature,
    PostTask, Respond, Seats, SubmitCertificate, Terms,
};
use primitives::{Amount, AssetId, Coin, Digest, Millis, ServiceId};
use proto::service::v1 as pb;
use proto::tx::v1::message::Message as Kind;

pub(super) fn digest(field: &'static str, bytes: &[u8]) -> Result<Digest, FieldError> {
    array(field, bytes, "a hash has 32 bytes").map(Digest::new)
}

pub(super) fn signature(field: &'static str, bytes: &[u8]) -> Result<SignatureBytes, FieldError> {
    let rule = "a BLS12-381 signature in G1, compressed, has 48 bytes";
    array(field, bytes, rule).map(SignatureBytes)
}

fn short(field: &'static str, number: u32) -> Result<u16, FieldError> {
    u16::try_from(number).map_err(|_| invalid(field, "at most 65,535"))
}

fn kind(number: i32) -> Result<ServiceKind, FieldError> {
    match pb::ServiceKind::try_from(number) {
        Ok(pb::ServiceKind::Attested) => Ok(ServiceKind::Attested),
        Ok(pb::ServiceKind::Oracle) => Ok(ServiceKind::Oracle),
        Ok(pb::ServiceKind::Unspecified) | Err(_) => Err(invalid(
            "register_service.kind",
            "one of the kinds that this chain has",
        )),
    }
}

fn class(message: &pb::FaultClass) -> Result<Class, FieldError> {
    Ok(Class {
        nature: if message.subjective {
            Nature::Subjective
        } else {
            Nature::Objective
        },
        least: bps("register_service.classes.least_bps", message.least_bps)?,
        most: bps("register_service.classes.most_bps", message.most_bps)?,
        cooldown: Millis::new(message.cooldown_ms),
        rise: None,
    })
}

fn accepted(message: &pb::AcceptedAsset) -> Result<Accepted, FieldError> {
    Ok(Accepted {
        asset: AssetId::new(message.asset_id),
        haircut: bps("register_service.accepted.haircut_bps", message.haircut_bps)?,
    })
}

/// Reads a registration.
pub(super) fn register(message: &pb::RegisterService) -> Result<Msg, FieldError> {
    let metadata = Metadata::new(&message.metadata).ok_or(invalid(
        "register_service.metadata",
        "1 to 512 bytes without control characters",
    ))?;
    let optional = |field, bytes: &[u8]| {
        if bytes.is_empty() {
            Ok(None)
        } else {
            account(field, bytes).map(Some)
        }
    };
    let recipient = optional("register_service.recipient", &message.recipient)?;
    let vetoers = message.vetoers.iter();
    let terms = Terms {
        kind: kind(message.kind)?,
        accepted: message.accepted.iter().map(accepted).collect::<Result<_, _>>()?,
        min_operators: short("register_service.min_operators", message.min_operators)?,
        max_operators: short("register_service.max_operators", message.max_operators)?,
        min_stake: amount("register_service.min_stake", &message.min_stake)?,
        min_self_stake: amount("register_service.min_self_stake", &message.min_self_stake)?,
        min_reputation: bps("register_service.min_reputation_bps", message.min_reputation_bps)?,
        quorum: bps("register_service.quorum_bps", message.quorum_bps)?,
        classes: message.classes.iter().map(class).collect::<Result<_, _>>()?,
        equivocation: message
            .double_answer
            .map(|fault| small("register_service.double_answer.fault_class", fault.fault_class))
            .transpose()?,
        destination: recipient.map_or(Destination::Burn, Destination::Recipient),
        slasher: optional("register_service.slasher", &message.slasher)?,
        vetoers: vetoers
            .map(|vetoer| account("register_service.vetoers", vetoer))
            .collect::<Result<_, _>>()?,
        profit_cap: amount("register_service.profit_cap", &message.profit_cap)?,
        metadata,
    };
    Ok(Msg::Register(Box::new(terms)))
}

/// Reads a change of a class's cap.
pub(super) fn change_class(message: &pb::ChangeFaultClass) -> Result<Msg, FieldError> {
    Ok(Msg::ChangeClass(ChangeClass {
        service: ServiceId::new(message.service_id),
        class: small("change_fault_class.class", message.class)?,
        most: bps("change_fault_class.most_bps", message.most_bps)?,
    }))
}

/// Reads a joining. The chain itself, service 0, knows its members' keys already.
pub(super) fn join(message: &pb::JoinService) -> Result<Message, FieldError> {
    let service = ServiceId::new(message.service_id);
    let (key, possession) = (&message.key, &message.proof_of_possession);
    if service == ServiceId::CONSENSUS {
        if key.is_empty() && possession.is_empty() {
            return Ok(Message::Consensus(service_consensus::Msg::Join));
        }
        return Err(invalid(
            "join_service.key",
            "none for service 0: a validator's key is set by register_validator",
        ));
    }
    let rule = "a BLS12-381 key in G2, compressed, has 96 bytes";
    Ok(Message::Dss(Msg::Join(Join {
        service,
        key: KeyBytes(array("join_service.key", key, rule)?),
        possession: signature("join_service.proof_of_possession", possession)?,
    })))
}

/// Reads an opening.
pub(super) const fn activate(message: &pb::ActivateService) -> Msg {
    let service = ServiceId::new(message.service_id);
    Msg::Activate { service }
}

/// Reads an ending.
pub(super) const fn unwind(message: &pb::UnwindService) -> Msg {
    let service = ServiceId::new(message.service_id);
    Msg::Unwind { service }
}

/// Reads a closing.
pub(super) const fn close(message: &pb::CloseService) -> Msg {
    let service = ServiceId::new(message.service_id);
    Msg::Close { service }
}

/// Reads a leaving.
pub(super) fn leave(message: &pb::LeaveService) -> Message {
    let service = ServiceId::new(message.service_id);
    if service == ServiceId::CONSENSUS {
        Message::Consensus(service_consensus::Msg::Leave)
    } else {
        Message::Dss(Msg::Leave { service })
    }
}

/// Writes a joining of the chain itself, or a leaving.
pub(super) fn write_membership(message: service_consensus::Msg) -> Kind {
    match message {
        service_consensus::Msg::Join => Kind::JoinService(pb::JoinService::default()),
        service_consensus::Msg::Leave => Kind::LeaveService(pb::LeaveService::default()),
    }
}

/// Reads an abstention.
pub(super) const fn abstain(message: &pb::AbstainFromTask) -> Msg {
    Msg::Abstain {
        task: message.task_id,
    }
}

/// Reads an ejection.
pub(super) fn eject(message: &pb::EjectOperator) -> Result<Msg, FieldError> {
    Ok(Msg::Eject {
        service: ServiceId::new(message.service_id),
        operator: account("eject_operator.operator", &message.operator)?,
    })
}

/// Reads a task.
pub(super) fn post_task(message: &pb::PostTask) -> Result<Msg, FieldError> {
    let drawn = short("post_task.drawn", message.drawn)?;
    Ok(Msg::PostTask(PostTask {
        service: ServiceId::new(message.service_id),
        payload: digest("post_task.payload", &message.payload)?,
        fee: Coin {
            asset: AssetId::new(message.fee_asset_id),
            amount: amount("post_task.fee", &message.fee)?,
        },
        committee: if drawn == 0 {
            Committee::All
        } else {
            Committee::Drawn(drawn)
        },
        commit: Millis::new(message.commit_ms),
        respond: Millis::new(message.respond_ms),
        challenge: Millis::new(message.challenge_ms),
    }))
}

/// Reads a commitment.
pub(super) fn commit(message: &pb::CommitAnswer) -> Result<Msg, FieldError> {
    Ok(Msg::Commit {
        task: message.task_id,
        commitment: digest("commit_answer.commitment", &message.commitment)?,
    })
}

/// Reads an answer.
pub(super) fn show(message: &pb::ShowAnswer) -> Result<Msg, FieldError> {
    Ok(Msg::Respond(Respond {
        task: message.task_id,
        answer: digest("show_answer.answer", &message.answer)?,
        salt: digest("show_answer.salt", &message.salt)?,
        signature: signature("show_answer.signature", &message.signature)?,
    }))
}

/// Reads a certificate.
pub(super) fn certificate(message: &pb::SubmitCertificate) -> Result<Msg, FieldError> {
    let rule = "a set of seats has 16 bytes";
    let part = |part: &pb::CertificatePart| {
        let bits: [u8; 16] = array("submit_certificate.parts.signers", &part.signers, rule)?;
        Ok(Part {
            signers: Seats::from_bits(u128::from_be_bytes(bits)),
            signature: signature("submit_certificate.parts.signature", &part.signature)?,
        })
    };
    Ok(Msg::SubmitCertificate(SubmitCertificate {
        task: message.task_id,
        answer: digest("submit_certificate.answer", &message.answer)?,
        parts: message
            .parts
            .iter()
            .map(part)
            .collect::<Result<_, FieldError>>()?,
    }))
}

/// Reads a fault program.
pub(super) fn set_program(message: &pb::SetFaultProgram) -> attested::Msg {
    attested::Msg::SetProgram(SetProgram {
        service: ServiceId::new(message.service_id),
        program: message.program.to_vec(),
    })
}

fn write_terms(terms: &Terms) -> pb::RegisterService {
    let kind = match terms.kind {
        ServiceKind::Attested => pb::ServiceKind::Attested,
        ServiceKind::Oracle => pb::ServiceKind::Oracle,
    };
    let class = |class: &Class| pb::FaultClass {
        subjective: class.nature == Nature::Subjective,
        least_bps: u32::from(class.least.get()),
        most_bps: u32::from(class.most.get()),
        cooldown_ms: class.cooldown.get(),
    };
    let accepted = |accepted: &Accepted| pb::AcceptedAsset {
        asset_id: accepted.asset.get(),
        haircut_bps: u32::from(accepted.haircut.get()),
    };
    let bytes = |account: Option<&primitives::AccountId>| {
        account
            .map_or_else(Vec::new, |account| account.as_bytes().to_vec())
            .into()
    };
    let text = |amount: Amount| amount.to_string();
    let recipient = match &terms.destination {
        Destination::Burn => None,
        Destination::Recipient(account) => Some(account),
    };
    pb::RegisterService {
        kind: kind.into(),
        accepted: terms.accepted.iter().map(accepted).collect(),
        min_operators: u32::from(terms.min_operators),
        max_operators: u32::from(terms.max_operators),
        min_stake: text(terms.min_stake),
        min_self_stake: text(terms.min_self_stake),
        min_reputation_bps: u32::from(terms.min_reputation.get()),
        quorum_bps: u32::from(terms.quorum.get()),
        classes: terms.classes.iter().map(class).collect(),
        double_answer: terms.equivocation.map(|class| pb::DoubleAnswer {
            fault_class: u32::from(class),
        }),
        recipient: bytes(recipient),
        slasher: bytes(terms.slasher.as_ref()),
        vetoers: terms.vetoers.iter().map(|one| bytes(Some(one))).collect(),
        profit_cap: text(terms.profit_cap),
        metadata: terms.metadata.to_text(),
    }
}

fn write_task(message: &PostTask) -> pb::PostTask {
    pb::PostTask {
        service_id: message.service.get(),
        payload: message.payload.as_bytes().to_vec().into(),
        fee_asset_id: message.fee.asset.get(),
        fee: message.fee.amount.to_string(),
        drawn: match message.committee {
            Committee::All => 0,
            Committee::Drawn(count) => u32::from(count),
        },
        commit_ms: message.commit.get(),
        respond_ms: message.respond.get(),
        challenge_ms: message.challenge.get(),
    }
}

fn write_certificate(message: &SubmitCertificate) -> pb::SubmitCertificate {
    let part = |part: &Part| pb::CertificatePart {
        signers: part.signers.bits().to_be_bytes().to_vec().into(),
        signature: part.signature.0.to_vec().into(),
    };
    pb::SubmitCertificate {
        task_id: message.task,
        answer: message.answer.as_bytes().to_vec().into(),
        parts: message.parts.iter().map(part).collect(),
    }
}

/// Writes a message.
pub(super) fn write(message: &Msg) -> Kind {
    match message {
        Msg::Register(terms) => Kind::RegisterService(write_terms(terms)),
        Msg::Activate { service } => Kind::ActivateService(pb::ActivateService {
            service_id: service.get(),
        }),
        Msg::ChangeClass(message) => Kind::ChangeFaultClass(pb::ChangeFaultClass {
            service_id: message.service.get(),
            class: u32::from(message.class),
            most_bps: u32::from(message.most.get()),
        }),
        Msg::Unwind { service } => Kind::UnwindService(pb::UnwindService {
            service_id: service.get(),
        }),
        Msg::Close { service } => Kind::CloseService(pb::CloseService {
            service_id: service.get(),
        }),
        Msg::Join(message) => Kind::JoinService(pb::JoinService {
            service_id: message.service.get(),
            key: message.key.0.to_vec().into(),
            proof_of_possession: message.possession.0.to_vec().into(),
        }),
        Msg::Leave { service } => Kind::LeaveService(pb::LeaveService {
            service_id: service.get(),
        }),
        Msg::Eject { service, operator } => Kind::EjectOperator(pb::EjectOperator {
            service_id: service.get(),
            operator: operator.as_bytes().to_vec().into(),
        }),
        Msg::PostTask(message) => Kind::PostTask(write_task(message)),
        Msg::Commit { task, commitment } => Kind::CommitAnswer(pb::CommitAnswer {
            task_id: *task,
            commitment: commitment.as_bytes().to_vec().into(),
        }),
        Msg::Respond(message) => Kind::ShowAnswer(pb::ShowAnswer {
            task_id: message.task,
            answer: message.answer.as_bytes().to_vec().into(),
            salt: message.salt.as_bytes().to_vec().into(),
            signature: message.signature.0.to_vec().into(),
        }),
        Msg::Abstain { task } => Kind::AbstainFromTask(pb::AbstainFromTask { task_id: *task }),
        Msg::SubmitCertificate(message) => Kind::SubmitCertificate(write_certificate(message)),
    }
}

/// Writes a fault program.
pub(super) fn write_program(message: &attested::Msg) -> Kind {
    let attested::Msg::SetProgram(message) = message;
    Kind::SetFaultProgram(pb::SetFaultProgram {
        service_id: message.service.get(),
        program: message.program.clone().into(),
    })
}
