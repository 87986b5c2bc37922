//! Keys, encrypted keystores, and the guard that signs each thing once.
//!
//! May name: primitives, crypto, light/palisade, proto, wal.
//!
//! # What is here
//!
//! - [`ConsensusKey`] (BLS12-381) and [`Ed25519Key`] (accounts and p2p); [`NodeKeys`] are a node's three.
//! - [`keystore`]: EIP-2335 JSON and encrypted PKCS#8 PEM, in files that are never overwritten.
//! - [`guard`]: what was signed, durable before a signature exists.
//! - [`backup`]: keys, settings and signing history in one encrypted file, and out of it again.
//! - [`Signer`]: what consensus asks for signatures; [`LocalSigner`] is a key and a guard,
//!   [`remote::RemoteSigner`] asks another process that has them.
//! - [`ServiceSigner`]: what operators of services sign with, behind a [`ServiceGuard`] of its own.
//!
//! # Invariants
//!
//! - No two signatures that a [`Signer`] ever returned, across crashes and restarts, are a slashable pair
//!   (consensus.md, section 1.3: S1 to S4).
//! - A signer signs for one node at a time: what is asked for with an older lease than the last that was given is refused.
//! - A vote's row is durable before its signature is made. A guard that cannot be written signs nothing more.
//! - A consensus key signs votes only through a guard: nothing public signs arbitrary bytes with one. The one exception
//!   is [`DoubleVoter`], which is for development chains alone and refuses others.
//! - A key file is never overwritten, and never readable by others.
//! - Secrets are wiped when dropped, never printed and never logged. Passwords come from files and descriptors.
//!
//! # Source
//! consensus.md, sections 0 and 1.2 "Persistence"; interfaces.md, sections 3.2 and 4.2.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "node code is not consensus-critical: sizes are bounded by the limits checked beforehand"
)]

pub mod backup;
mod bls;
mod double_voter;
mod ed25519;
mod error;
mod files;
pub mod guard;
pub mod keystore;
mod local;
mod node_keys;
pub mod remote;
mod ring;
mod secret;
mod statements;
pub mod transfer;

pub use bls::ConsensusKey;
pub use double_voter::DoubleVoter;
pub use ed25519::Ed25519Key;
pub use error::{KeyError, KeystoreError, PasswordError};
pub use keystore::Protection;
pub use local::{Keys, LocalSigner, Signer, SignerError, Statistics};
pub use node_keys::{NodeKeys, PublicKeys};
pub use ring::KeyRing;
pub use secret::Password;
pub use statements::{
    MAX_ANSWER, Place, Said, ServiceGuard, ServiceGuardConfig, ServiceGuardError, ServiceSigner,
};
