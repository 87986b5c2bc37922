//! The genesis document: build, validate, presets.
//!
//! May name: runtime, primitives, crypto, light-palisade.
//!
//! A [`Document`] is what people write and read, as JSON. [`Document::start`] checks it and gives everything that a
//! node starts a chain with: the chain's hash, the header and state at height 0, the first validators.
//!
//! # Invariants
//!
//! - The chain's hash is of the document's meaning, not of its JSON: of [`Document::canonical`] and the generation.
//!   Spacing, the order of keys within objects and nothing else may differ between two documents of one chain.
//! - A document that starts a chain has a sound supply, distinct keys, and a proof of possession for each
//!   consensus key.

mod build;
mod continuation;
mod document;
mod error;
mod feed;
mod presets;
mod start;
mod text;
mod validate;
mod world;

pub use continuation::{Continuation, Entry};
pub use document::{Account, Asset, Document, Holding, Parameters, Restaking, Validator};
pub use error::{GenesisError, Warning};
pub use feed::{Feed, Weighing};
pub use presets::Preset;
pub use runtime::assets::{Name, Rules, Symbol};
pub use start::Start;
pub use text::{Address, Hex, HexBytes, Kind, Text};
pub use world::{
    AcceptedAsset, Charter, FaultClass, Member, Operator, Pledge, Service, ServiceKind, Stake, Vault, Within,
};
