//! Certificates: a quorum's votes for one statement, under one signature.

use crate::bitmap::Bitmap;
use crate::vote::Statement;
use borsh::{BorshDeserialize, BorshSerialize};
use crypto::bls::{PublicKey, Signature, SignatureBytes};
use primitives::Epoch;

/// A statement that a quorum signed: a notarization, a nullification or a finalization.
#[derive(Clone, Debug, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Certificate {
    /// What the quorum says.
    pub statement: Statement,
    /// Who of the epoch's set signed.
    pub signers: Bitmap,
    /// The sum of their signatures.
    pub signature: SignatureBytes,
}

/// Why a certificate is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// It belongs to another epoch than the committee.
    #[error("a certificate of epoch {found} checked against the set of epoch {expected}")]
    Epoch {
        /// Epoch of the certificate.
        found: Epoch,
        /// Epoch of the set.
        expected: Epoch,
    },
    /// The bitmap has another length than the set, or bits beyond its end.
    #[error("the signer bitmap does not fit the validator set")]
    Bitmap,
    /// The signers are less than a quorum.
    #[error("signers of weight {weight} where {quorum} are needed")]
    Weight {
        /// Their weight.
        weight: u64,
        /// What is needed.
        quorum: u64,
    },
    /// The aggregate signature is malformed or does not match.
    #[error("the aggregate signature does not match the signers and the statement")]
    Signature,
}

impl Certificate {
    /// Checks the aggregate signature of `keys` over `message`, and nothing else.
    ///
    /// # Errors
    /// [`CertificateError::Signature`].
    pub fn verify_signature<'a>(
        &self,
        keys: impl IntoIterator<Item = &'a PublicKey>,
        message: &[u8],
    ) -> Result<(), CertificateError> {
        Signature::new(&self.signature)
            .and_then(|signature| signature.verify_aggregate(keys, message))
            .map_err(|_| CertificateError::Signature)
    }
}
