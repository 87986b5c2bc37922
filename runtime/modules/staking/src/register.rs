//! [`RegisterValidator`].
//!
//! Shall:
//! - refuse an operator that has a validator, and a key that anyone registered before;
//! - refuse a consensus key whose possession is not proven;
//! - refuse a first bond below the minimum;
//! - write the validator, claim its keys forever, and bond.

use crate::bond;
use crate::error::Error;
use crate::event::Registered;
use crate::msg::RegisterValidator;
use crate::state::{self, KEYS, VALIDATORS};
use crypto::bls::PublicKey;
use kernel::Ctx;
use primitives::{AccountId, Gas};

/// A pairing check and two subgroup checks.
const POSSESSION_GAS: Gas = Gas::new(1_200_000);

pub(crate) fn execute(ctx: &mut Ctx<'_>, operator: AccountId, msg: &RegisterValidator) -> Result<(), Error> {
    let params = state::params(ctx)?;
    if msg.bond < params.min_bond {
        return Err(Error::BondTooSmall {
            bond: msg.bond,
            minimum: params.min_bond,
        });
    }
    ctx.charge(POSSESSION_GAS)?;
    PublicKey::new(&msg.consensus_key)
        .and_then(|key| key.verify_possession(&msg.proof_of_possession))
        .map_err(|_| Error::PossessionProof)?;
    add(ctx, operator, msg)?;
    bond::add(ctx, operator, operator, msg.bond)
}

/// Writes the validator and claims its keys; the bond and the possession proof are the caller's.
pub(crate) fn add(ctx: &mut Ctx<'_>, operator: AccountId, msg: &RegisterValidator) -> Result<(), Error> {
    if VALIDATORS.contains(ctx, &operator)? {
        return Err(Error::AlreadyRegistered(operator));
    }
    let consensus = state::consensus_key_hash(&msg.consensus_key);
    let p2p = state::p2p_key_hash(&msg.p2p_key);
    for (name, hash) in [("consensus", consensus), ("p2p", p2p)] {
        if KEYS.contains(ctx, &hash)? {
            return Err(Error::KeyTaken(name));
        }
        KEYS.put(ctx, &hash, &operator)?;
    }
    let validator = state::new_validator(msg.moniker.clone(), msg.consensus_key, msg.p2p_key);
    VALIDATORS.put(ctx, &operator, &validator)?;
    ctx.emit(&Registered {
        operator,
        consensus_key: consensus,
    })?;
    Ok(())
}
