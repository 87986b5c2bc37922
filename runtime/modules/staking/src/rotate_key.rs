//! [`RotateConsensusKey`].
//!
//! Shall:
//! - refuse a key that anyone registered before, and one whose possession is not proven for this operator;
//! - refuse a second change in one epoch, and any of a validator that is jailed for good;
//! - claim the new key forever, and take it into the next set that is chosen; sets that were chosen before keep the
//!   old one, which stays answerable for them.

use crate::error::Error;
use crate::event::KeyRotated;
use crate::hooks::Wiring;
use crate::msg::RotateConsensusKey;
use crate::register::prove_possession;
use crate::state::{self, KEYS, ROTATIONS, VALIDATORS};
use crate::types::{Jail, Rotation};
use kernel::Ctx;
use primitives::AccountId;

pub(crate) fn execute<W: Wiring>(
    ctx: &mut Ctx<'_>,
    operator: AccountId,
    msg: &RotateConsensusKey,
) -> Result<(), Error> {
    let mut record = state::validator(ctx, &operator)?;
    if record.jail == Some(Jail::Forever) {
        return Err(Error::Tombstoned);
    }
    let place = (operator, ctx.epoch());
    if ROTATIONS.contains(ctx, &place)? {
        return Err(Error::RotatedAlready);
    }
    let hash = state::consensus_key_hash(&msg.consensus_key);
    if KEYS.contains(ctx, &hash)? || W::is_service_key(ctx, &msg.consensus_key)? {
        return Err(Error::KeyTaken("consensus"));
    }
    // Order: the pairing comes after what is cheaper to refuse.
    prove_possession(ctx, &operator, &msg.consensus_key, &msg.proof_of_possession)?;
    let rotation = Rotation {
        old: record.consensus_key,
        new: msg.consensus_key,
        height: ctx.height(),
    };
    record.consensus_key = rotation.new;
    KEYS.put(ctx, &hash, &operator)?;
    VALIDATORS.put(ctx, &operator, &record)?;
    ROTATIONS.put(ctx, &place, &rotation)?;
    ctx.emit(&KeyRotated {
        operator,
        old: state::consensus_key_hash(&rotation.old),
        new: hash,
    })?;
    Ok(())
}
