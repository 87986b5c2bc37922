//! [`SetKey`], and whose key is whose.
//!
//! Shall:
//! - refuse a key that anyone has or had, a validator's consensus key among them;
//! - refuse one whose possession is not proven for this very operator;
//! - refuse one for the chain itself: a validator's keys are staking's;
//! - keep every key with the moment from which it counted, so that an offence is judged by the key of its time.

use crate::error::Error;
use crate::event::KeySet;
use crate::hooks::Wiring;
use crate::msg::SetKey;
use crate::state::{self, KEYS, SERVICE_KEYS};
use crate::types::{KeyKind, ServiceKey};
use crypto::bls::{PublicKey, SignatureBytes};
use crypto::domain::Domain;
use crypto::ed25519;
use crypto::hash::tagged;
use kernel::{Ctx, Read, StateError};
use primitives::{AccountId, ChainClock, Digest, Gas};
use vaults::ServiceId;

/// A pairing check and two subgroup checks.
const BLS_GAS: Gas = Gas::new(1_200_000);
/// One signature.
const ED25519_GAS: Gas = Gas::new(60_000);

/// The hash under which a key is known.
#[must_use]
pub(crate) fn hash(key: &ServiceKey) -> Digest {
    match key {
        ServiceKey::Bls(key) => tagged(Domain::ServiceKey, &[b"bls", &key.0]),
        ServiceKey::Ed25519(key) => tagged(Domain::ServiceKey, &[b"ed25519", key]),
    }
}

/// What an ed25519 key signs to show that it is the operator's.
#[must_use]
pub(crate) fn possession_message(key: &[u8; 32], operator: &AccountId) -> Digest {
    tagged(Domain::ServiceKey, &[b"possession", key, operator.as_bytes()])
}

/// Gives an operator a key for a service, from now on. Nobody may have, or have had, it; the module of services does so
/// for whoever joins.
///
/// # Errors
/// [`Error::UnknownOperator`], [`Error::ConsensusKey`], [`Error::KeyTaken`], [`Error::KeySetAlready`],
/// [`Error::Possession`].
pub fn set_key<W: Wiring>(ctx: &mut Ctx<'_>, sender: AccountId, msg: &SetKey) -> Result<(), Error> {
    if msg.service == ServiceId::CONSENSUS {
        return Err(Error::ConsensusKey);
    }
    state::operator(ctx, &sender)?;
    let hash = hash(&msg.key);
    let taken = match &msg.key {
        ServiceKey::Bls(key) => W::is_consensus_key(ctx, key)?,
        ServiceKey::Ed25519(_) => false,
    };
    if taken || KEYS.contains(ctx, &hash)? {
        return Err(Error::KeyTaken);
    }
    let place = (sender, msg.service, msg.key.kind().number(), ctx.chain_clock());
    if SERVICE_KEYS.contains(ctx, &place)? {
        return Err(Error::KeySetAlready);
    }
    // Order: the pairing comes after what is cheaper to refuse.
    prove(ctx, &sender, msg)?;
    KEYS.put(ctx, &hash, &sender)?;
    SERVICE_KEYS.put(ctx, &place, &msg.key)?;
    Ok(ctx.emit(&KeySet {
        operator: sender,
        service: msg.service,
        key: hash,
    })?)
}

fn prove(ctx: &Ctx<'_>, operator: &AccountId, msg: &SetKey) -> Result<(), Error> {
    match &msg.key {
        ServiceKey::Bls(key) => {
            ctx.charge(BLS_GAS)?;
            let proof = <[u8; 48]>::try_from(msg.proof.as_slice()).map_err(|_| Error::Possession)?;
            PublicKey::new(key)
                .and_then(|key| key.verify_possession(operator, &SignatureBytes(proof)))
                .map_err(|_| Error::Possession)
        }
        ServiceKey::Ed25519(key) => {
            ctx.charge(ED25519_GAS)?;
            let proof = <[u8; 64]>::try_from(msg.proof.as_slice()).map_err(|_| Error::Possession)?;
            let message = possession_message(key, operator);
            ed25519::PublicKey::new(*key)
                .map_err(|_| Error::Possession)?
                .verify(message.as_bytes(), &proof)
                .map_err(|_| Error::Possession)
        }
    }
}

/// The key of a kind with which an operator worked for a service at `when`.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn key_at(
    store: &(impl Read + ?Sized),
    operator: &AccountId,
    service: ServiceId,
    kind: KeyKind,
    when: ChainClock,
) -> Result<Option<ServiceKey>, StateError> {
    // The last at `when` or earlier: what comes before the first key after it.
    let kind = kind.number();
    let after = (*operator, service, kind, when.saturating_add(ChainClock::new(1)));
    let found = SERVICE_KEYS.range_back_of(store, &(*operator, service, kind), Some(&after), 1)?;
    Ok(found.first().map(|(_, key)| *key))
}

/// Whose key this is, or was.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn owner_of(store: &(impl Read + ?Sized), key: &ServiceKey) -> Result<Option<AccountId>, StateError> {
    KEYS.get(store, &hash(key))
}
