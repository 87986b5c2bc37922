//! Signatures as the core needs them, so that a simulation can run without pairings.

use crypto::bls::{Signature, SignatureBytes};
use light_palisade::vote::seed_sign_bytes;
use light_palisade::{Certificate, CertificateError, Committee, Statement, ValidatorIndex};
use primitives::{ChainHash, Epoch, View};

/// Operations on signatures. Pure: the same arguments give the same answer on every machine.
pub trait Scheme {
    /// A signature that was decoded and checked to be well-formed, once.
    type Signature: Clone + core::fmt::Debug;

    /// Decodes a signature; None when it is not one.
    fn decode(&self, bytes: &SignatureBytes) -> Option<Self::Signature>;

    /// Encodes a signature or a sum of them.
    fn encode(&self, signature: &Self::Signature) -> SignatureBytes;

    /// Whether `signer` of `committee` signed `statement`.
    fn verify(
        &self,
        committee: &Committee,
        signer: ValidatorIndex,
        statement: &Statement,
        signature: &Self::Signature,
    ) -> bool;

    /// The sum of signatures; None of nothing, or when they cancel each other out.
    fn sum<'a>(&self, signatures: impl IntoIterator<Item = &'a Self::Signature>) -> Option<Self::Signature>
    where
        Self::Signature: 'a;

    /// Whether `signature` is the sum of the signatures of `signers` over `statement`.
    fn verify_sum(
        &self,
        committee: &Committee,
        signers: &[ValidatorIndex],
        statement: &Statement,
        signature: &Self::Signature,
    ) -> bool;

    /// Checks a certificate: epoch, bitmap, weight and aggregate, the cheap rules first.
    ///
    /// # Errors
    /// [`CertificateError`] says which rule is broken.
    fn verify_certificate(
        &self,
        committee: &Committee,
        certificate: &Certificate,
    ) -> Result<(), CertificateError> {
        committee.verify_shape(certificate)?;
        let signers: Vec<ValidatorIndex> = certificate.signers.iter().collect();
        let holds = self
            .decode(&certificate.signature)
            .is_some_and(|sum| self.verify_sum(committee, &signers, &certificate.statement, &sum));
        if holds {
            Ok(())
        } else {
            Err(CertificateError::Signature)
        }
    }

    /// Whether `signer` made this contribution to the seed of (epoch, view).
    fn verify_seed(
        &self,
        committee: &Committee,
        signer: ValidatorIndex,
        slot: (Epoch, View),
        signature: &SignatureBytes,
    ) -> bool;
}

/// BLS12-381 multisignatures with 48-byte signatures, over the sign bytes of one chain: what production runs.
#[derive(Clone, Copy, Debug)]
pub struct BlsScheme {
    chain: ChainHash,
}

impl BlsScheme {
    /// Signatures over statements of `chain`.
    #[must_use]
    pub const fn new(chain: ChainHash) -> Self {
        Self { chain }
    }
}

impl Scheme for BlsScheme {
    type Signature = Signature;

    fn decode(&self, bytes: &SignatureBytes) -> Option<Signature> {
        Signature::new(bytes).ok()
    }

    fn encode(&self, signature: &Signature) -> SignatureBytes {
        signature.to_bytes()
    }

    fn verify(
        &self,
        committee: &Committee,
        signer: ValidatorIndex,
        statement: &Statement,
        signature: &Signature,
    ) -> bool {
        committee
            .key(signer)
            .is_some_and(|key| signature.verify(key, &statement.sign_bytes(&self.chain)).is_ok())
    }

    fn sum<'a>(&self, signatures: impl IntoIterator<Item = &'a Signature>) -> Option<Signature> {
        Signature::aggregate(signatures).ok()
    }

    fn verify_sum(
        &self,
        committee: &Committee,
        signers: &[ValidatorIndex],
        statement: &Statement,
        signature: &Signature,
    ) -> bool {
        let keys: Option<Vec<_>> = signers.iter().map(|index| committee.key(*index)).collect();
        keys.is_some_and(|keys| {
            signature
                .verify_aggregate(keys, &statement.sign_bytes(&self.chain))
                .is_ok()
        })
    }

    fn verify_seed(
        &self,
        committee: &Committee,
        signer: ValidatorIndex,
        (epoch, view): (Epoch, View),
        signature: &SignatureBytes,
    ) -> bool {
        let key = committee.key(signer);
        let signature = Signature::new(signature).ok();
        key.zip(signature).is_some_and(|(key, signature)| {
            signature
                .verify(key, &seed_sign_bytes(&self.chain, epoch, view))
                .is_ok()
        })
    }
}

#[cfg(test)]
mod tests;
