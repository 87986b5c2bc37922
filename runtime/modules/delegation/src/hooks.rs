//! What the module asks of those above it.

use crypto::bls::KeyBytes;
use kernel::{Ctx, Read, StateError};
use primitives::{AssetId, Bps, Millis};
use vaults::{ServiceId, VaultId};

/// What a service asks and may do, as far as pledges to it depend on that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The most that it takes per incident by a proof that the chain checks.
    pub objective: Bps,
    /// The most that it takes per incident by its committee's word.
    pub subjective: Bps,
    /// Whether what it takes is destroyed. Where it is not, nobody may pledge to it what is pledged elsewhere too.
    pub burns: bool,
    /// Whether it accepts the vault's asset.
    pub accepts: bool,
    /// Whether it takes new pledges.
    pub open: bool,
}

impl Terms {
    /// The chain as a service: everything may be lost, by proof alone, and is burned.
    pub const CONSENSUS: Self = Self {
        objective: Bps::ONE,
        subjective: Bps::ZERO,
        burns: true,
        accepts: true,
        open: true,
    };
}

/// How long the chain's own periods are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// The longest epoch, in chain time.
    pub epoch: Millis,
    /// How long after its epoch evidence of any kind counts, in chain time.
    pub evidence: Millis,
}

/// Implemented once, by the runtime.
pub trait Wiring: 'static {
    /// What a service asks of a vault that holds `asset`; none for a service that is not there.
    ///
    /// # Errors
    /// [`StateError`]: the store is broken, or out of gas.
    fn terms(ctx: &Ctx<'_>, service: ServiceId, asset: AssetId) -> Result<Option<Terms>, StateError>;

    /// Whether a slash of the vault is due: it goes before every decrease.
    ///
    /// # Errors
    /// As above.
    fn slash_is_due(ctx: &Ctx<'_>, vault: &VaultId) -> Result<bool, StateError>;

    /// How long the chain's own periods are.
    ///
    /// # Errors
    /// As above.
    fn timing(store: &dyn Read) -> Result<Timing, StateError>;

    /// Whether a validator has, or had, this consensus key.
    ///
    /// # Errors
    /// As above.
    fn is_consensus_key(store: &dyn Read, key: &KeyBytes) -> Result<bool, StateError>;
}

/// For tests of this module alone: every service is as the chain itself, and nothing is due.
impl Wiring for () {
    fn terms(_: &Ctx<'_>, _: ServiceId, _: AssetId) -> Result<Option<Terms>, StateError> {
        Ok(Some(Terms::CONSENSUS))
    }
    fn slash_is_due(_: &Ctx<'_>, _: &VaultId) -> Result<bool, StateError> {
        Ok(false)
    }
    fn timing(_: &dyn Read) -> Result<Timing, StateError> {
        Ok(Timing {
            epoch: Millis::new(20_000),
            evidence: Millis::new(60_000),
        })
    }
    fn is_consensus_key(_: &dyn Read, _: &KeyBytes) -> Result<bool, StateError> {
        Ok(false)
    }
}
