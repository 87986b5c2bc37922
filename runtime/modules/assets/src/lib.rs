//! The registry of assets: what each one is, its decimals and its limits.
//!
//! May name: kernel, primitives.
//!
//! Asset 0 is PAL, the chain's own token. Genesis enters assets; later the registrar, an account that genesis names,
//! does. An entry never changes and never goes away: amounts of it may be anywhere. Beside it stand the [`Terms`] under
//! which it may be restaked, and what a unit counts for. README.md has the tables and the parameters.
//!
//! # Invariants
//!
//! - Asset 0 is PAL with 9 decimals, and the only native one.
//! - Every asset has one symbol, and every symbol, whatever its case, at most one asset.
//! - A valuation rises by a bounded part per epoch, and a missing price takes a bounded part of it; neither makes it zero.

mod error;
mod event;
mod genesis;
mod hooks;
mod invariants;
mod msg;
mod params;
mod price;
pub mod query;
mod register;
mod set_terms;
mod state;
mod text;
mod types;
mod valuation;

pub use error::Error;
pub use event::{PriceMissing, Registered, RiseBounded, SourceSet, TermsSet, Valued};
pub use genesis::{Genesis, GenesisAsset, GenesisTerms, as_genesis};
pub use hooks::{Quote, Wiring};
pub use msg::{Msg, Register, SetPriceSource, SetTerms};
pub use params::{Params, ParamsError};
pub use price::{MAX_SOURCES, Source, check_source, follow, set_source, source};
pub use state::{asset, exists, registrar, set_params};
pub use text::{MAX_NAME_BYTES, MAX_SYMBOL_BYTES, Name, NameRule, Rule, Symbol, SymbolRule, Text};
pub use types::{Asset, MAX_DECIMALS, Origin, PAL_DECIMALS, PAL_SYMBOL};
pub use valuation::{Rules, Terms, Valuation, set_valuation, terms, value};

use core::marker::PhantomData;
use kernel::{Ctx, Invariant, Module, ModuleId, StateError};
use primitives::AccountId;

/// This module's number and name.
pub const ID: ModuleId = ModuleId::new(2, "assets");

/// The module, over what the runtime wires into it.
#[derive(Debug)]
pub struct Assets<W>(PhantomData<W>);

impl<W: Wiring> Module for Assets<W> {
    const ID: ModuleId = ID;
    type Msg = Msg;
    type Genesis = Genesis;
    type Error = Error;
    const MEANINGS: &'static [kernel::Meaning] = error::MEANINGS;

    fn init_genesis(ctx: &mut Ctx<'_>, genesis: Genesis) -> Result<(), Error> {
        genesis::init(ctx, genesis)
    }

    fn execute(ctx: &mut Ctx<'_>, sender: AccountId, msg: Msg) -> Result<(), Error> {
        match msg {
            Msg::Register(message) => register::execute(ctx, sender, message),
            Msg::SetTerms(message) => set_terms::execute(ctx, sender, message),
            Msg::SetPriceSource(message) => set_terms::source::<W>(ctx, sender, message),
        }
    }

    fn end_epoch(ctx: &mut Ctx<'_>) -> Result<(), StateError> {
        price::end_epoch::<W>(ctx)
    }

    fn invariants() -> &'static [Invariant] {
        invariants::ALL
    }
}
