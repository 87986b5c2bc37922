//! Palisade's own finality as pure functions: headers, validator sets, votes, certificates, hand-overs and state
//! proofs. Consensus, the node, wallets, the bridge's contracts and browsers check the same rules.
//!
//! May name: primitives, crypto.
//!
//! # Invariants
//!
//! - A [`Certificate`] is believed only through [`Committee::verify`]: at least a quorum of weight, exact bitmap.
//! - Certificates are not canonical (different signers, same meaning): nothing deterministic depends on their
//!   bytes, except as included in a block.
//! - Sizes are bounded before anything is allocated or verified ([`limits`]).
//!
//! # Source
//! consensus.md, sections 0 and 1.

pub mod bitmap;
pub mod block;
pub mod certificate;
pub mod evidence;
pub mod header;
pub mod limits;
pub mod proof;
pub mod validators;
pub mod vote;

pub use bitmap::Bitmap;
pub use block::{Block, BlockError, Justification};
pub use certificate::{Certificate, CertificateError};
pub use evidence::{Evidence, EvidenceError, Offence};
pub use header::Header;
pub use proof::{FinalityProof, InclusionProof, StateProof};
pub use validators::{Committee, SetError, Validator, ValidatorIndex, ValidatorSet};
pub use vote::{Statement, Vote, VoteKind};
