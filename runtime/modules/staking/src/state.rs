//! Tables: who is a validator, who bonded what, what is on its way out, and the sets.

use crate::error::Error;
use crate::params::Params;
use crate::types::{BondRecord, Unbonding, ValidatorRecord};
use crate::{ID, Moniker};
use crypto::bls::KeyBytes;
use crypto::domain::Domain;
use crypto::hash::tagged;
use kernel::{Item, Map, Read, StateError, Write};
use light_palisade::ValidatorSet;
use primitives::MathError;
use primitives::{AccountId, Amount, AssetId, ChainClock, Coin, Digest, Epoch};

/// The module's parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(ID.table(0));
/// Operator → its validator.
pub(crate) const VALIDATORS: Map<AccountId, ValidatorRecord> = Map::new(ID.table(1));
/// Hash of a consensus or network key → the operator it belongs to, forever.
pub(crate) const KEYS: Map<Digest, AccountId> = Map::new(ID.table(2));
/// (operator, account) → the account's bond behind that validator.
pub(crate) const BONDS: Map<(AccountId, AccountId), BondRecord> = Map::new(ID.table(3));
/// (when it is paid, number) → what is on its way out. Walked in order, a bounded number per block.
pub(crate) const UNBONDINGS: Map<(ChainClock, u64), Unbonding> = Map::new(ID.table(4));
/// How many unbondings there ever were: the next one's number.
pub(crate) const UNBONDING_COUNT: Item<u64> = Item::new(ID.table(5));
/// Epoch → its validators; the last [`KEPT_SETS`] epochs, since evidence may be about them.
pub(crate) const SETS: Map<Epoch, ValidatorSet> = Map::new(ID.table(6));
/// Up to when PAL was issued.
pub(crate) const ISSUED_UNTIL: Item<ChainClock> = Item::new(ID.table(7));

/// How many epochs' sets are kept in the state.
pub(crate) const KEPT_SETS: u64 = 32;

/// Holds everything that is bonded or unbonding.
#[must_use]
pub const fn bonding_account() -> AccountId {
    bank::module_account(ID, 0)
}

/// Holds the rewards that are not claimed yet.
#[must_use]
pub const fn reward_account() -> AccountId {
    bank::module_account(ID, 1)
}

/// `amount` of PAL.
pub(crate) const fn pal(amount: Amount) -> Coin {
    Coin {
        asset: AssetId::PAL,
        amount,
    }
}

/// Arithmetic on what the tables say cannot fail on a sound store.
pub(crate) const fn broken_math(source: MathError) -> StateError {
    StateError::Math {
        module: ID.number(),
        what: "what the tables say adds up",
        source,
    }
}

/// The hash under which a consensus key is known.
pub(crate) fn consensus_key_hash(key: &KeyBytes) -> Digest {
    tagged(Domain::ConsensusKey, &[b"consensus", &key.0])
}

/// The hash under which a network key is known.
pub(crate) fn p2p_key_hash(key: &[u8; 32]) -> Digest {
    tagged(Domain::ConsensusKey, &[b"p2p", key])
}

pub(crate) fn params(store: &(impl Read + ?Sized)) -> Result<Params, StateError> {
    PARAMS
        .get(store)?
        .ok_or_else(|| ID.broken("the parameters are missing"))
}

pub(crate) fn validator(
    store: &(impl Read + ?Sized),
    operator: &AccountId,
) -> Result<ValidatorRecord, Error> {
    VALIDATORS
        .get(store, operator)?
        .ok_or(Error::UnknownValidator(*operator))
}

/// Writes a bond, or forgets it when nothing is left of it.
pub(crate) fn put_bond(
    store: &mut (impl Write + ?Sized),
    key: &(AccountId, AccountId),
    bond: &BondRecord,
) -> Result<(), StateError> {
    if bond.is_over() {
        BONDS.remove(store, key)
    } else {
        BONDS.put(store, key, bond)
    }
}

/// What a new validator starts as.
pub(crate) fn new_validator(moniker: Moniker, consensus_key: KeyBytes, p2p_key: [u8; 32]) -> ValidatorRecord {
    ValidatorRecord {
        moniker,
        consensus_key,
        p2p_key,
        bonded: crate::Pool::default(),
        unbonding: crate::Pool::default(),
        per_share: primitives::Ratio::ZERO,
        undivided: primitives::Amount::ZERO,
        jailed: false,
    }
}
