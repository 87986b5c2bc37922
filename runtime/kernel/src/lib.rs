//! What every module is written against: Module, Ctx, View, Fault, Code, Event, Invariant, Gas.
//!
//! May name: primitives, state.
//!
//! A module declares its tables ([`Map`], [`Item`]) under its [`ModuleId`], implements [`Module`], and works on a
//! [`Ctx`] (reads, writes, events, gas, the block) or, for queries and invariants, on a [`View`]. Both are stores to
//! the tables through [`Read`], so a read function takes `&impl Read` and serves both.
//!
//! # Invariants
//!
//! - A failed [`Ctx::atomically`] leaves no write and no event; the gas it used stays used.
//! - Gas spent depends on the keys, values and events of the transaction alone, never on the machine.
//! - Block hooks run unmetered and return [`StateError`] only: nothing a user sends can make one fail.
//! - An event's encoding is bounded, and says by itself what it means.

mod block;
mod ctx;
mod event;
mod fault;
mod gas;
mod id;
mod invariant;
mod module;
pub mod testing;
mod value;
mod view;

pub use block::Block;
pub use ctx::Ctx;
pub use event::{Attribute, Event, EventType, MAX_ATTRIBUTES, Name};
pub use fault::{Code, Fault, Meaning, kernel_code};
pub use gas::{GasMeter, price};
pub use id::ModuleId;
pub use invariant::{Invariant, Violation};
pub use module::Module;
pub use state::{Item, Key, Map, Order, OutOfGas, Prefix, Read, StateError, Write, split_key};
pub use value::{MAX_BYTES, ShortBytes, Value};
pub use view::View;
