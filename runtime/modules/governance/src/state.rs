//! Tables: proposals, votes, what is due, what is halted.

use crate::ID;
use crate::error::Error;
use crate::params::Params;
use crate::types::{Proposal, Vote};
use kernel::{Ctx, Item, Map, Read, StateError};
use primitives::codec::{Decode, Encode};
use primitives::{AccountId, Amount, AssetId, ChainClock, Coin, MathError};

/// The module's parameters.
pub(crate) const PARAMS: Item<Params> = Item::new(ID.table(0));
/// How many proposals there ever were: the next one's number.
pub(crate) const COUNT: Item<u64> = Item::new(ID.table(2));
/// How many of them are not over.
pub(crate) const OPEN: Item<u16> = Item::new(ID.table(3));
/// (when, proposal): it goes on then. The order is the queue's.
pub(crate) const QUEUE: Map<(ChainClock, u64), ()> = Map::new(ID.table(4));
/// (proposal, operator) → its vote; forgotten once the proposal is over.
pub(crate) const VOTES: Map<(u64, AccountId), Vote> = Map::new(ID.table(5));
/// Proposals that are over and whose votes are not forgotten yet.
pub(crate) const SWEEP: Map<u64, ()> = Map::new(ID.table(6));
/// What is halted, its name padded with zeros → until when.
pub(crate) const HALTS: Map<[u8; 32], ChainClock> = Map::new(ID.table(7));
/// (when, what): a halt ends then. The order is the queue's.
pub(crate) const HALT_ENDS: Map<(ChainClock, [u8; 32]), ()> = Map::new(ID.table(8));

/// Every proposal by its number; never removed.
pub(crate) const fn proposals<A: Encode + Decode>() -> Map<u64, Proposal<A>> {
    Map::new(ID.table(1))
}

/// Holds what open proposals put down.
#[must_use]
pub const fn deposit_account() -> AccountId {
    bank::module_account(ID, 0)
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

pub(crate) fn proposal<A: Encode + Decode>(
    store: &(impl Read + ?Sized),
    number: u64,
) -> Result<Proposal<A>, Error> {
    proposals()
        .get(store, &number)?
        .ok_or(Error::UnknownProposal(number))
}

/// Sets the parameters, whose rules the caller has checked. What stands keeps its deposit, its dates, its quorum and its
/// threshold.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn set_params(ctx: &mut Ctx<'_>, params: &Params) -> Result<(), StateError> {
    PARAMS.put(ctx, params)
}
