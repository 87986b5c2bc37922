//! `palisade.operator.v1`.

use crate::wire::fields::{FieldError, amount, array, bps, invalid};
use crate::wire::vaults::vault;
use crypto::bls::KeyBytes;
use delegation::{
    Allocate, Magnitude, Metadata, Msg, Register, ServiceId, ServiceKey, SetCommission, SetKey, SetMetadata,
};
use proto::operator::v1 as pb;
use proto::tx::v1::message::Message as Kind;

/// The longest proof of possession, in bytes; which key has which is the module's to say.
const MAX_PROOF: usize = 64;

fn metadata(name: &str, uri: &str) -> Result<Metadata, FieldError> {
    Metadata::new(name, uri).map_err(|_| {
        invalid(
            "name",
            "1 to 64 bytes without control characters, and a uri of at most 256 visible ASCII characters",
        )
    })
}

/// Reads a registration.
pub(super) fn register(message: &pb::RegisterOperator) -> Result<Msg, FieldError> {
    Ok(Msg::Register(Register {
        metadata: metadata(&message.name, &message.uri)?,
    }))
}

/// Reads new metadata.
pub(super) fn set_metadata(message: &pb::SetOperatorMetadata) -> Result<Msg, FieldError> {
    Ok(Msg::SetMetadata(SetMetadata {
        metadata: metadata(&message.name, &message.uri)?,
    }))
}

/// Reads a key.
pub(super) fn set_key(message: &pb::SetServiceKey) -> Result<Msg, FieldError> {
    let key = match pb::KeyKind::try_from(message.kind) {
        Ok(pb::KeyKind::Bls) => ServiceKey::Bls(KeyBytes(array(
            "set_service_key.key",
            &message.key,
            "a BLS12-381 key in G2, compressed, has 96 bytes",
        )?)),
        Ok(pb::KeyKind::Ed25519) => ServiceKey::Ed25519(array(
            "set_service_key.key",
            &message.key,
            "an ed25519 key has 32 bytes",
        )?),
        Ok(pb::KeyKind::Unspecified) | Err(_) => {
            return Err(invalid("set_service_key.kind", "1 for BLS12-381, 2 for ed25519"));
        }
    };
    if message.proof_of_possession.len() > MAX_PROOF {
        return Err(invalid("set_service_key.proof_of_possession", "at most 64 bytes"));
    }
    Ok(Msg::SetKey(SetKey {
        service: ServiceId::new(message.service),
        key,
        proof: message.proof_of_possession.to_vec(),
    }))
}

/// Reads a commission.
pub(super) fn set_commission(message: &pb::SetCommission) -> Result<Msg, FieldError> {
    Ok(Msg::SetCommission(SetCommission {
        service: ServiceId::new(message.service),
        rate: bps("set_commission.rate_bps", message.rate_bps)?,
    }))
}

/// Reads a pledge.
pub(super) fn allocate(message: &pb::Allocate) -> Result<Msg, FieldError> {
    Ok(Msg::Allocate(Allocate {
        vault: vault("allocate.vault", &message.vault)?,
        service: ServiceId::new(message.service),
        magnitude: Magnitude::new(amount("allocate.magnitude", &message.magnitude)?.get()),
    }))
}

/// Writes any message of the module.
pub(super) fn write(message: &Msg) -> Kind {
    match message {
        Msg::Register(msg) => Kind::RegisterOperator(pb::RegisterOperator {
            name: msg.metadata.name().to_owned(),
            uri: msg.metadata.uri().to_owned(),
        }),
        Msg::SetMetadata(msg) => Kind::SetOperatorMetadata(pb::SetOperatorMetadata {
            name: msg.metadata.name().to_owned(),
            uri: msg.metadata.uri().to_owned(),
        }),
        Msg::SetKey(msg) => {
            let (kind, key) = match &msg.key {
                ServiceKey::Bls(key) => (pb::KeyKind::Bls, key.0.to_vec()),
                ServiceKey::Ed25519(key) => (pb::KeyKind::Ed25519, key.to_vec()),
            };
            Kind::SetServiceKey(pb::SetServiceKey {
                service: msg.service.get(),
                kind: kind.into(),
                key: key.into(),
                proof_of_possession: msg.proof.clone().into(),
            })
        }
        Msg::SetCommission(msg) => Kind::SetCommission(pb::SetCommission {
            service: msg.service.get(),
            rate_bps: u32::from(msg.rate.get()),
        }),
        Msg::Allocate(msg) => Kind::Allocate(pb::Allocate {
            vault: msg.vault.as_bytes().to_vec().into(),
            service: msg.service.get(),
            magnitude: msg.magnitude.get().to_string(),
        }),
    }
}
