//! Validators bonded in PAL, their consensus keys, the validator set of each epoch, fees and issuance.
//!
//! May name: kernel, primitives, crypto, bank, light-palisade.
//!
//! Anyone registers a validator by bonding PAL and proving possession of a BLS key; anyone bonds to one. At each
//! epoch's end the stakes two blocks earlier decide the next epoch's set: how much each counts, with what its vaults
//! pledge, is the service of consensus's to say; [`set_from`] makes weights of that. README.md has tables and parameters.
//!
//! ```text
//!            register                boundary (enough stake)
//!  (nobody) ──────────▶ waiting ◀──────────────────────────────▶ active
//!                          │  unbond                                │ unbond
//!                          ▼                                        ▼
//!                 unbonding: still liable, counts for nothing, paid after the delay
//! ```
//!
//! # Invariants
//!
//! What the bonding account holds is exactly what all pools say, bonded and unbonding; the reward account holds at least
//! what is owed; a key belongs to one operator, forever. `invariants.rs` checks these and more.
//!
//! # Source
//! consensus.md sections 0 and 1.2 (epochs, weights); restaking.md "Power", "Time".

mod block;
mod bond;
mod claim_rewards;
mod convict;
mod duty;
mod earn;
mod error;
mod event;
mod genesis;
mod hooks;
mod invariants;
mod jail;
mod msg;
mod params;
pub mod query;
mod register;
mod resume;
mod rotate_key;
mod set;
mod standing;
mod state;
mod types;
mod unbond;
mod unjail;

pub use block::store_next_set;
pub use convict::{admit, convict};
pub use earn::collect_tips;
pub use error::Error;
pub use event::{
    Bonded, Convicted, EpochCut, EpochEnded, Issued, Jailed, KeyRotated, Registered, RewardsClaimed, Slashed,
    TipsCollected, Unbonded, UnbondingPaid, Unjailed,
};
pub use genesis::{Genesis, GenesisBond, GenesisValidator, export};
pub use hooks::{Penalty, Wiring};
pub use jail::is_cut_at;
pub use msg::{
    Bond, ClaimRewards, Heartbeat, Moniker, Msg, RegisterValidator, RotateConsensusKey, Unbond, Unjail,
};
pub use params::{Params, ParamsError};
pub use resume::{Tables, as_genesis};
pub use set::{begin_with, candidate_set, is_concentrated, set_from, set_in_force, set_of};
pub use standing::{Standing, standings};
pub use state::{bonding_account, evidence_window, reward_account, set_params};
pub use types::{BondRecord, Conviction, Duty, Jail, Pool, Rotation, Unbonding, ValidatorRecord};

use core::marker::PhantomData;
use kernel::{Ctx, Invariant, Module, ModuleId, StateError};
use primitives::AccountId;

/// The module's number and name.
pub const ID: ModuleId = ModuleId::new(4, "staking");

/// The module, over what the runtime wires into it.
#[derive(Debug)]
pub struct Staking<W>(PhantomData<W>);

impl<W: Wiring> Module for Staking<W> {
    const ID: ModuleId = ID;
    type Msg = Msg;
    type Genesis = Genesis;
    type Error = Error;
    const MEANINGS: &'static [kernel::Meaning] = error::MEANINGS;

    fn init_genesis(ctx: &mut Ctx<'_>, genesis: Genesis) -> Result<(), Error> {
        genesis::init::<W>(ctx, genesis)
    }

    fn execute(ctx: &mut Ctx<'_>, sender: AccountId, msg: Msg) -> Result<(), Error> {
        msg.validate()?;
        match msg {
            Msg::RegisterValidator(msg) => register::execute::<W>(ctx, sender, &msg),
            Msg::Bond(msg) => bond::execute(ctx, sender, &msg),
            Msg::Unbond(msg) => unbond::execute(ctx, sender, &msg),
            Msg::ClaimRewards(msg) => claim_rewards::execute(ctx, sender, &msg),
            Msg::Unjail(_) => unjail::execute(ctx, sender),
            Msg::Heartbeat(_) => duty::heartbeat(ctx, sender),
            Msg::RotateConsensusKey(msg) => rotate_key::execute::<W>(ctx, sender, &msg),
        }
    }

    fn begin_block(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
        block::begin(ctx)
    }

    fn end_epoch(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
        block::end_epoch::<W>(ctx)
    }

    fn invariants() -> &'static [Invariant] {
        invariants::ALL
    }
}
