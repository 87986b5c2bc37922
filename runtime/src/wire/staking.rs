//! `palisade.staking.v1`.

use crate::wire::fields::{FieldError, account, amount, array, invalid};
use crypto::bls::{KeyBytes, SignatureBytes};
use proto::staking::v1 as pb;
use staking::{Bond, ClaimRewards, Moniker, Msg, RegisterValidator, RotateConsensusKey, Unbond};

/// Reads a registration.
pub(super) fn register_validator(message: &pb::RegisterValidator) -> Result<Msg, FieldError> {
    let moniker = Moniker::new(&message.moniker).map_err(|_| {
        invalid(
            "register_validator.moniker",
            "1 to 64 bytes without control characters",
        )
    })?;
    Ok(Msg::RegisterValidator(RegisterValidator {
        moniker,
        consensus_key: KeyBytes(array(
            "register_validator.consensus_key",
            &message.consensus_key,
            "a BLS12-381 key in G2, compressed, has 96 bytes",
        )?),
        proof_of_possession: SignatureBytes(array(
            "register_validator.proof_of_possession",
            &message.proof_of_possession,
            "a BLS12-381 signature in G1, compressed, has 48 bytes",
        )?),
        p2p_key: array(
            "register_validator.p2p_key",
            &message.p2p_key,
            "an ed25519 key has 32 bytes",
        )?,
        bond: amount("register_validator.bond", &message.bond)?,
    }))
}

/// Reads a bond.
pub(super) fn bond(message: &pb::Bond) -> Result<Msg, FieldError> {
    Ok(Msg::Bond(Bond {
        validator: account("bond.validator", &message.validator)?,
        amount: amount("bond.amount", &message.amount)?,
    }))
}

/// Reads an unbonding.
pub(super) fn unbond(message: &pb::Unbond) -> Result<Msg, FieldError> {
    Ok(Msg::Unbond(Unbond {
        validator: account("unbond.validator", &message.validator)?,
        amount: amount("unbond.amount", &message.amount)?,
    }))
}

/// Reads a claim.
pub(super) fn claim_rewards(message: &pb::ClaimRewards) -> Result<Msg, FieldError> {
    Ok(Msg::ClaimRewards(ClaimRewards {
        validator: account("claim_rewards.validator", &message.validator)?,
    }))
}

/// Reads a change of key.
pub(super) fn rotate_consensus_key(message: &pb::RotateConsensusKey) -> Result<Msg, FieldError> {
    Ok(Msg::RotateConsensusKey(RotateConsensusKey {
        consensus_key: KeyBytes(array(
            "rotate_consensus_key.consensus_key",
            &message.consensus_key,
            "a BLS12-381 key in G2, compressed, has 96 bytes",
        )?),
        proof_of_possession: SignatureBytes(array(
            "rotate_consensus_key.proof_of_possession",
            &message.proof_of_possession,
            "a BLS12-381 signature in G1, compressed, has 48 bytes",
        )?),
    }))
}

/// Writes a change of key.
pub(super) fn write_rotate_consensus_key(message: &RotateConsensusKey) -> pb::RotateConsensusKey {
    pb::RotateConsensusKey {
        consensus_key: message.consensus_key.0.to_vec().into(),
        proof_of_possession: message.proof_of_possession.0.to_vec().into(),
    }
}

/// Writes a registration.
pub(super) fn write_register_validator(message: &RegisterValidator) -> pb::RegisterValidator {
    pb::RegisterValidator {
        moniker: message.moniker.to_text(),
        consensus_key: message.consensus_key.0.to_vec().into(),
        proof_of_possession: message.proof_of_possession.0.to_vec().into(),
        p2p_key: message.p2p_key.to_vec().into(),
        bond: message.bond.to_string(),
    }
}

/// Writes a bond.
pub(super) fn write_bond(message: &Bond) -> pb::Bond {
    pb::Bond {
        validator: message.validator.as_bytes().to_vec().into(),
        amount: message.amount.to_string(),
    }
}

/// Writes an unbonding.
pub(super) fn write_unbond(message: &Unbond) -> pb::Unbond {
    pb::Unbond {
        validator: message.validator.as_bytes().to_vec().into(),
        amount: message.amount.to_string(),
    }
}

/// Writes a claim.
pub(super) fn write_claim_rewards(message: &ClaimRewards) -> pb::ClaimRewards {
    pb::ClaimRewards {
        validator: message.validator.as_bytes().to_vec().into(),
    }
}
