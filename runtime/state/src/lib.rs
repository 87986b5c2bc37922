//! Typed tables over a versioned, ordered key-value store with an authenticated root and proofs.
//!
//! May name: primitives, crypto.
//!
//! A [`State`] is one immutable version of everything the chain knows; cloning one is cheap, and many live at once.
//! An [`Overlay`] collects writes over a version, with nested rollback; [`Overlay::into_changes`] gives the
//! [`Changes`] that lead to the next version, which is also what the block log stores. Modules see neither: they
//! declare [`Map`]s and [`Item`]s and read and write those through [`Read`] and [`Write`].
//!
//! # Invariants
//!
//! - Two versions with equal entries have equal roots, whatever happened before.
//! - Raw keys are made by tables alone ([`RawKey`] has no public constructor), so a module reaches no foreign entry.
//! - Whoever ranges says how many entries it wants at most.
//! - What does not decode halts the node ([`StateError::Corrupt`]); it is never skipped.

mod bytes;
mod changes;
mod error;
mod key;
mod overlay;
mod store;
mod table;
mod tree;
mod version;

pub use bytes::Bytes;
pub use changes::{Change, Changes};
pub use error::{OutOfGas, StateError};
pub use key::{Key, Prefix, split_key};
pub use overlay::Overlay;
pub use store::{Entry, Order, RawKey, RawRange, Read, Write};
pub use table::{Item, Map};
pub use version::State;
