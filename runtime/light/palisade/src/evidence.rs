//! Evidence: two signatures of one validator that no honest one makes.
//!
//! # Source
//! consensus.md, section 1.3, "Accountability": S1–S4, each within one (epoch, view).

use crate::certificate::{Certificate, CertificateError};
use crate::validators::{Committee, ValidatorIndex};
use crate::vote::{Statement, Vote};
use borsh::{BorshDeserialize, BorshSerialize};
use crypto::bls::BlsError;
use primitives::{ChainHash, Epoch, View};

/// Which rule the two statements break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub enum Offence {
    /// S1: notarized two blocks, or one block upon two parents.
    DoubleNotarize,
    /// S2: finalized two blocks.
    DoubleFinalize,
    /// S3: left the view without a block and finalized one in it.
    NullifyFinalize,
    /// S4: notarized one block and finalized another.
    NotarizeFinalize,
}

impl Offence {
    /// The offence that both statements together are, if one validator signed both. Order does not matter.
    #[must_use]
    pub fn between(a: &Statement, b: &Statement) -> Option<Self> {
        if (a.epoch(), a.view()) != (b.epoch(), b.view()) {
            return None;
        }
        match (a, b) {
            (Statement::Notarize { .. }, Statement::Notarize { .. }) => {
                (a != b).then_some(Self::DoubleNotarize)
            }
            (Statement::Finalize { .. }, Statement::Finalize { .. }) => {
                (a != b).then_some(Self::DoubleFinalize)
            }
            (Statement::Nullify { .. }, Statement::Finalize { .. })
            | (Statement::Finalize { .. }, Statement::Nullify { .. }) => Some(Self::NullifyFinalize),
            (Statement::Notarize { .. }, Statement::Finalize { .. })
            | (Statement::Finalize { .. }, Statement::Notarize { .. }) => {
                (a.block() != b.block()).then_some(Self::NotarizeFinalize)
            }
            (Statement::Nullify { .. }, Statement::Nullify { .. } | Statement::Notarize { .. })
            | (Statement::Notarize { .. }, Statement::Nullify { .. }) => None,
        }
    }
}

/// Proof of misbehaviour.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub enum Evidence {
    /// Two votes of one validator.
    Votes(Vote, Vote),
    /// Two certificates of one view: everybody who signed both is guilty.
    Certificates(Certificate, Certificate),
}

/// Why evidence shows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// The two statements do not contradict each other.
    #[error("the two statements do not contradict each other")]
    NoOffence,
    /// The two votes are of different validators, or no validator signed both certificates.
    #[error("no validator signed both statements")]
    NoCulprit,
    /// A vote's signature does not hold.
    #[error("a vote is not signed by its validator: {0}")]
    Vote(#[from] BlsError),
    /// A certificate does not hold.
    #[error("a certificate does not hold: {0}")]
    Certificate(#[from] CertificateError),
}

impl Evidence {
    /// The two statements.
    #[must_use]
    pub const fn statements(&self) -> (&Statement, &Statement) {
        match self {
            Self::Votes(a, b) => (&a.statement, &b.statement),
            Self::Certificates(a, b) => (&a.statement, &b.statement),
        }
    }

    /// The epoch it is about. Evidence about two epochs is none: see [`Evidence::verify`].
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.statements().0.epoch()
    }

    /// The view it is about.
    #[must_use]
    pub const fn view(&self) -> View {
        self.statements().0.view()
    }

    /// Whom it names, ascending, before anything was checked: a cheap look that spares the signatures of what is known
    /// already.
    #[must_use]
    pub fn suspects(&self) -> Vec<ValidatorIndex> {
        match self {
            Self::Votes(a, b) if a.signer == b.signer => vec![a.signer],
            Self::Votes(..) => Vec::new(),
            Self::Certificates(a, b) => a
                .signers
                .iter()
                .filter(|index| b.signers.contains(*index))
                .collect(),
        }
    }

    /// Checks the evidence against the committee of its epoch, and names the offence and the culprits, ascending.
    ///
    /// # Errors
    /// [`EvidenceError`] says why it shows nothing.
    pub fn verify(
        &self,
        chain: &ChainHash,
        committee: &Committee,
    ) -> Result<(Offence, Vec<ValidatorIndex>), EvidenceError> {
        let (a, b) = self.statements();
        let offence = Offence::between(a, b).ok_or(EvidenceError::NoOffence)?;
        let culprits = self.suspects();
        if a.epoch() != committee.epoch() || culprits.is_empty() {
            return Err(EvidenceError::NoCulprit);
        }
        match self {
            Self::Votes(a, b) => {
                a.verify(chain, committee)?;
                b.verify(chain, committee)?;
            }
            Self::Certificates(a, b) => {
                committee.verify(chain, a)?;
                committee.verify(chain, b)?;
            }
        }
        Ok((offence, culprits))
    }
}
