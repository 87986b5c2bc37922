//! Prices that operators agree on: salted commitments, signed values, a median by stake.
//!
//! May name: kernel, primitives, crypto, bank, dss.
//!
//! A feed is a pair of assets whose price the operators of a service of this kind state round by round. The chain opens the
//! rounds by itself. In each, operators commit to a salted value, then show it; the median by stake of what at least two
//! thirds showed is the price. Subscribers pay for rounds beforehand. README.md has tables and rules.
//!
//! ```text
//!          commit            reveal
//! open ─────────────▶┃─────────────────▶┃ close: median, pay, scorecard ──▶ next, when it is due
//! ```
//!
//! # Invariants
//!
//! - What the module holds is what subscribers put down and open rounds have yet to pay.
//! - A price rests on two thirds of what a round weighs, fixed when it opens; whoever states a price far from it loses its
//!   reward, and never stake.
//! - A round has a price once, and it never changes.
//!
//! # Source
//! services.md, `oracle`; restaking.md, "Power".

mod block;
mod error;
mod event;
mod feed;
mod fund;
mod genesis;
mod hooks;
mod invariants;
mod msg;
mod params;
mod pay;
mod price;
pub mod query;
mod round;
mod state;
pub mod tally;
mod types;
mod verify;

pub use error::Error;
pub use event::{
    BoundsSet, Committed, FeedCreated, FeedEnded, Funded, Revealed, RoundClosed, RoundOpened, RoundSkipped,
    Withdrawn,
};
pub use genesis::{Genesis, as_genesis};
pub use hooks::Wiring;
pub use msg::{Commit, CreateFeed, Msg, Reveal};
pub use params::{Params, ParamsError};
pub use price::{latest_price, lowest};
pub use state::{account, set_params};
pub use types::{
    Bounds, Deposit, Feed, MAX_DECIMALS, MAX_VALUE, Outcome, Pair, Price, Round, Rules, Weighing,
};
pub use verify::{MISMATCH, OUT_OF_BOUNDS};

use core::marker::PhantomData;
use dss::{Accusation, Kind, Refusal};
use kernel::{Ctx, Invariant, Module, ModuleId, StateError, View};
use primitives::{AccountId, Epoch, ServiceId};

/// The module's number and name.
pub const ID: ModuleId = ModuleId::new(31, "oracle");

/// The module, and the service, over what the runtime wires into it.
#[derive(Debug)]
pub struct Oracle<W>(PhantomData<W>);

impl<W: Wiring> Module for Oracle<W> {
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
            Msg::CreateFeed(message) => feed::create(ctx, sender, &message),
            Msg::SetBounds { feed, bounds } => feed::set_bounds(ctx, sender, feed, bounds),
            Msg::EndFeed { feed } => feed::end(ctx, sender, feed),
            Msg::Fund { feed, amount } => fund::fund(ctx, sender, feed, amount),
            Msg::Withdraw { feed, deposit } => fund::withdraw(ctx, sender, feed, deposit),
            Msg::Commit(message) => round::commit(ctx, sender, &message),
            Msg::Reveal(message) => round::reveal(ctx, sender, &message),
        }
    }

    fn begin_block(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
        block::begin::<W>(ctx)
    }

    fn invariants() -> &'static [Invariant] {
        invariants::ALL
    }
}

impl<W: Wiring> dss::Service for Oracle<W> {
    const KIND: Kind = Kind::Oracle;

    fn slot(view: &View<'_>, service: ServiceId, feed: u64, slot: u64) -> Result<Option<Epoch>, StateError> {
        verify::epoch_of(view, service, feed, slot)
    }

    fn verify(ctx: &mut Ctx<'_>, accusation: &Accusation<'_>) -> Result<u8, Refusal> {
        verify::verify(ctx, accusation)
    }
}
