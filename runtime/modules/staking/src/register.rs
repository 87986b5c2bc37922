//! [`RegisterValidator`].
//!
//! Shall:
//! - refuse a first bond below the minimum;
//! - refuse an operator that has a validator, and a key that anyone registered before;
//! - refuse a consensus key whose possession is not proven for this very operator;
//! - write the validator, claim its keys forever, and bond;
//! - make the account an operator that serves the chain.

use crate::bond;
use crate::error::Error;
use crate::event::Registered;
use crate::hooks::Wiring;
use crate::msg::{Moniker, RegisterValidator};
use crate::state::{self, KEYS, VALIDATORS};
use crypto::bls::{KeyBytes, PublicKey, SignatureBytes};
use kernel::Ctx;
use primitives::{AccountId, Digest, Gas};

/// A pairing check and two subgroup checks.
const POSSESSION_GAS: Gas = Gas::new(1_200_000);

pub(crate) fn execute<W: Wiring>(
    ctx: &mut Ctx<'_>,
    operator: AccountId,
    msg: &RegisterValidator,
) -> Result<(), Error> {
    let params = state::params(ctx)?;
    if msg.bond < params.min_bond {
        return Err(Error::BondTooSmall {
            bond: msg.bond,
            minimum: params.min_bond,
        });
    }
    let identity = Identity {
        moniker: msg.moniker.clone(),
        consensus_key: msg.consensus_key,
        p2p_key: msg.p2p_key,
    };
    // Order: the pairing comes after what is cheaper to refuse.
    identity.check::<W>(ctx, operator)?;
    prove_possession(ctx, &operator, &msg.consensus_key, &msg.proof_of_possession)?;
    identity.write::<W>(ctx, operator)?;
    bond::add(ctx, operator, operator, msg.bond)
}

/// Checks that the holder of `key` gave it to this operator, so that nobody can register a key that he saw on its way.
pub(crate) fn prove_possession(
    ctx: &Ctx<'_>,
    operator: &AccountId,
    key: &KeyBytes,
    proof: &SignatureBytes,
) -> Result<(), Error> {
    ctx.charge(POSSESSION_GAS)?;
    PublicKey::new(key)
        .and_then(|key| key.verify_possession(operator, proof))
        .map_err(|_| Error::PossessionProof)
}

/// What a validator is known by.
pub(crate) struct Identity {
    pub(crate) moniker: Moniker,
    pub(crate) consensus_key: KeyBytes,
    pub(crate) p2p_key: [u8; 32],
}

impl Identity {
    /// Checks that neither the operator nor one of the keys has a validator.
    pub(crate) fn check<W: Wiring>(&self, ctx: &Ctx<'_>, operator: AccountId) -> Result<(), Error> {
        if VALIDATORS.contains(ctx, &operator)? {
            return Err(Error::AlreadyRegistered(operator));
        }
        for (name, hash) in self.keys() {
            if KEYS.contains(ctx, &hash)? {
                return Err(Error::KeyTaken(name));
            }
        }
        if W::is_service_key(ctx, &self.consensus_key)? {
            return Err(Error::KeyTaken("consensus"));
        }
        Ok(())
    }

    /// Writes the validator and claims its keys; the bond and the possession proof are the caller's.
    pub(crate) fn write<W: Wiring>(self, ctx: &mut Ctx<'_>, operator: AccountId) -> Result<(), Error> {
        for (_, hash) in self.keys() {
            KEYS.put(ctx, &hash, &operator)?;
        }
        W::registered(ctx, &operator, &self.moniker)?;
        let consensus_key = state::consensus_key_hash(&self.consensus_key);
        let validator = state::new_validator(self.moniker, self.consensus_key, self.p2p_key);
        VALIDATORS.put(ctx, &operator, &validator)?;
        ctx.emit(&Registered {
            operator,
            consensus_key,
        })?;
        Ok(())
    }

    fn keys(&self) -> [(&'static str, Digest); 2] {
        [
            ("consensus", state::consensus_key_hash(&self.consensus_key)),
            ("p2p", state::p2p_key_hash(&self.p2p_key)),
        ]
    }
}
