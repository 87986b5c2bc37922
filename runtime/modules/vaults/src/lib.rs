//! Vaults: who owns what is restaked, in shares; withdrawals, buffers, charters.
//!
//! May name: kernel, primitives, assets, bank.
//!
//! A vault is one operator's and holds one asset. Whoever deposits owns shares of it; whoever leaves escrows shares,
//! which stay liable until they are paid. What services may do with it stands in its [`Charter`]; which services do is
//! the delegation module's, which also says how much a slash takes ([`slash`]). README.md has the tables, the
//! lifecycle and the parameters.
//!
//! # Invariants
//!
//! - The vault account holds, per asset, exactly what all vaults say; the buffer account what all buffers say.
//! - A vault's shares are its owners', free and escrowed; what is escrowed is what open withdrawals say.
//! - A vault can pay every share at its price, and that price falls by a slash alone.
//! - The magnitude rises by re-basing alone.
//!
//! # Source
//! restaking.md, "Entities" (Vault), "Money", "Time".

mod amend;
mod beacon;
mod block;
mod buffer;
mod charter;
mod claim;
mod create;
mod deposit;
mod error;
mod event;
mod genesis;
mod hooks;
mod id;
mod instant;
mod invariants;
mod limits;
mod msg;
mod params;
pub mod query;
mod rebase;
mod slash;
mod state;
mod types;
mod withdraw;

pub use beacon::{credit as credit_beacon, lose as lose_beacon};
pub use charter::{Charter, MAX_LEVERAGE, MAX_SERVICES, Serves};
pub use deposit::compound;
pub use error::Error;
pub use event::{
    Allowed, BeaconCredited, BeaconLost, BufferFunded, BufferLeft, CharterAmended, Created, Deposited,
    LimitsSet, Rebased, SoldAtOnce, WithdrawalPaid, WithdrawalStarted,
};
pub use genesis::{Genesis, Tables, as_genesis};
pub use hooks::{OpenSlashes, Wiring};
pub use id::{VaultId, number_of};
pub use msg::{
    Allow, AmendCharter, Claim, Create, Deposit, FundBuffer, InstantWithdraw, LeaveBuffer, Msg, Rebase,
    SetLimits, Withdraw,
};
pub use params::{MAX_VAULTS_PER_OPERATOR, Params, ParamsError};
pub use primitives::ServiceId;
pub use slash::{Cut, Taken, slash};
pub use state::{buffer_account, mark_at, marks, pin, set_params, touch, vault, vault_account};
pub use types::{
    Buffer, Closed, Custody, Holder, Limits, Magnitude, Mark, Pool, Position, Vault, Withdrawal,
};

use core::marker::PhantomData;
use kernel::{Ctx, Invariant, Module, ModuleId, StateError};
use primitives::AccountId;

/// The module's number and name.
pub const ID: ModuleId = ModuleId::new(5, "vaults");

/// The module, over what the runtime wires into it.
#[derive(Debug)]
pub struct Vaults<W>(PhantomData<W>);

impl<W: Wiring> Module for Vaults<W> {
    const ID: ModuleId = ID;
    type Msg = Msg;
    type Genesis = Genesis;
    type Error = Error;
    const MEANINGS: &'static [kernel::Meaning] = error::MEANINGS;

    fn init_genesis(ctx: &mut Ctx<'_>, genesis: Genesis) -> Result<(), Error> {
        genesis::init(ctx, genesis)
    }

    fn execute(ctx: &mut Ctx<'_>, sender: AccountId, msg: Msg) -> Result<(), Error> {
        msg.validate()?;
        match msg {
            Msg::Create(msg) => create::execute::<W>(ctx, sender, msg),
            Msg::Deposit(msg) => deposit::execute::<W>(ctx, sender, &msg),
            Msg::Withdraw(msg) => withdraw::execute::<W>(ctx, sender, &msg),
            Msg::Claim(msg) => claim::execute::<W>(ctx, &msg),
            Msg::InstantWithdraw(msg) => instant::execute::<W>(ctx, sender, &msg),
            Msg::FundBuffer(msg) => buffer::fund(ctx, sender, &msg),
            Msg::LeaveBuffer(msg) => buffer::leave::<W>(ctx, sender, &msg),
            Msg::AmendCharter(msg) => amend::execute::<W>(ctx, sender, msg),
            Msg::SetLimits(msg) => limits::set(ctx, sender, &msg),
            Msg::Allow(msg) => limits::allow(ctx, sender, &msg),
            Msg::Rebase(msg) => rebase::execute::<W>(ctx, sender, &msg),
        }
    }

    fn begin_block(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
        block::begin::<W>(ctx)
    }

    fn invariants() -> &'static [Invariant] {
        invariants::ALL
    }
}
