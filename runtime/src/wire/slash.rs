//! `palisade.slash.v1`.

use crate::wire::fields::{FieldError, account, bps, invalid, small};
use crate::wire::service::{digest, signature};
use dss::{Evidence, Proof, Said};
use primitives::{Epoch, ServiceId};
use proto::slash::v1 as pb;
use proto::tx::v1::message::Message as Kind;
use slashing::{Msg, RequestSlash};

/// Reads a proof.
pub(super) fn prove(message: &pb::ProveFault) -> Result<Msg, FieldError> {
    let said = |said: &pb::SignedAnswer| {
        Ok(Said {
            answer: said.answer.to_vec(),
            signature: signature("prove_fault.answers.signature", &said.signature)?,
        })
    };
    let proof = match &message.equivocation {
        Some(two) if message.answers.is_empty() && message.extra.is_empty() => Proof::Equivocation {
            first: (
                digest("prove_fault.equivocation.first_answer", &two.first_answer)?,
                signature("prove_fault.equivocation.first_signature", &two.first_signature)?,
            ),
            second: (
                digest("prove_fault.equivocation.second_answer", &two.second_answer)?,
                signature("prove_fault.equivocation.second_signature", &two.second_signature)?,
            ),
        },
        Some(_) => {
            return Err(invalid(
                "prove_fault",
                "either two answers for one slot, or answers to be judged",
            ));
        }
        None => Proof::Answers {
            said: message
                .answers
                .iter()
                .map(said)
                .collect::<Result<_, FieldError>>()?,
            extra: message.extra.to_vec(),
        },
    };
    Ok(Msg::Prove(Box::new(Evidence {
        service: ServiceId::new(message.service_id),
        operator: account("prove_fault.operator", &message.operator)?,
        task: message.task_id,
        slot: message.slot,
        proof,
    })))
}

/// Reads a request.
pub(super) fn request(message: &pb::RequestSlash) -> Result<Msg, FieldError> {
    Ok(Msg::Request(RequestSlash {
        service: ServiceId::new(message.service_id),
        operator: account("request_slash.operator", &message.operator)?,
        class: small("request_slash.class", message.class)?,
        epoch: Epoch::new(message.epoch),
        fraction: bps("request_slash.fraction_bps", message.fraction_bps)?,
        reason: digest("request_slash.reason", &message.reason)?,
    }))
}

/// Reads a veto.
pub(super) const fn veto(message: &pb::VetoSlash) -> Msg {
    Msg::Veto {
        request: message.request_id,
    }
}

fn write_proof(evidence: &Evidence) -> pb::ProveFault {
    let mut message = pb::ProveFault {
        service_id: evidence.service.get(),
        operator: evidence.operator.as_bytes().to_vec().into(),
        task_id: evidence.task,
        slot: evidence.slot,
        ..pb::ProveFault::default()
    };
    match &evidence.proof {
        Proof::Equivocation { first, second } => {
            message.equivocation = Some(pb::Equivocation {
                first_answer: first.0.as_bytes().to_vec().into(),
                first_signature: first.1.0.to_vec().into(),
                second_answer: second.0.as_bytes().to_vec().into(),
                second_signature: second.1.0.to_vec().into(),
            });
        }
        Proof::Answers { said, extra } => {
            let answer = |said: &Said| pb::SignedAnswer {
                answer: said.answer.clone().into(),
                signature: said.signature.0.to_vec().into(),
            };
            message.answers = said.iter().map(answer).collect();
            message.extra = extra.clone().into();
        }
    }
    message
}

/// Writes a message.
pub(super) fn write(message: &Msg) -> Kind {
    match message {
        Msg::Prove(evidence) => Kind::ProveFault(write_proof(evidence)),
        Msg::Request(message) => Kind::RequestSlash(pb::RequestSlash {
            service_id: message.service.get(),
            operator: message.operator.as_bytes().to_vec().into(),
            class: u32::from(message.class),
            epoch: message.epoch.get(),
            fraction_bps: u32::from(message.fraction.get()),
            reason: message.reason.as_bytes().to_vec().into(),
        }),
        Msg::Veto { request } => Kind::VetoSlash(pb::VetoSlash { request_id: *request }),
    }
}
