//! Hashes, domain tags, Merkle trees and signature verification, by libraries alone. It never signs.
//!
//! May name: primitives.
//!
//! # Invariants
//!
//! - Every hash that is signed or stored starts with a tag of [`domain::Domain`]; no tag is the start of another.
//! - One verdict per signature, alone or in a batch, on every machine (ZIP-215 for ed25519).
//! - A BLS key or signature that decodes is in its subgroup and is not the identity.

pub mod account;
pub mod bls;
pub mod bls_short_keys;
pub mod domain;
pub mod ed25519;
pub mod hash;
pub mod merkle;
pub mod sparse;
pub mod statement;
