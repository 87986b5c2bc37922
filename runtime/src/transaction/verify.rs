//! Checking signatures, one transaction at a time or many at once.

use crate::transaction::{Decoded, TransactionError, Verified};
use crypto::ed25519::{self, Claim};
use rand_core::CryptoRng;

impl Decoded {
    /// Checks the signatures.
    ///
    /// # Errors
    /// [`TransactionError::BadSignature`] names the first that does not match.
    pub fn verify(self) -> Result<Verified, TransactionError> {
        let id = self.transaction.id();
        let bad = self
            .signed
            .iter()
            .find(|s| s.key.verify(id.as_bytes(), &s.signature).is_err());
        match bad {
            Some(signed) => Err(TransactionError::BadSignature { index: signed.index }),
            None => Ok(Verified(self.transaction)),
        }
    }
}

/// Checks the signatures of many transactions at once, at about 40 % of the cost; the verdicts, one for each in
/// order, are the same.
///
/// `rng` blinds the combination and decides no verdict.
pub fn verify_batch<R: CryptoRng>(
    transactions: Vec<Decoded>,
    rng: &mut R,
) -> Vec<Result<Verified, TransactionError>> {
    let ids: Vec<_> = transactions.iter().map(|t| t.transaction.id()).collect();
    let claims: Vec<Claim<'_>> = transactions
        .iter()
        .zip(&ids)
        .flat_map(|(transaction, id)| {
            let claim = |s: &super::Signed| Claim {
                key: s.key,
                message: id.as_bytes(),
                signature: s.signature,
            };
            transaction.signed.iter().map(claim)
        })
        .collect();
    let mut verdicts = ed25519::verify_batch(&claims, rng).into_iter();
    transactions
        .into_iter()
        .map(|transaction| {
            // Every signature takes its verdict, so that the next transaction finds its own.
            let mut bad = None;
            for signed in &transaction.signed {
                if verdicts.next() != Some(true) {
                    bad = bad.or(Some(signed.index));
                }
            }
            match bad {
                Some(index) => Err(TransactionError::BadSignature { index }),
                None => Ok(Verified(transaction.transaction)),
            }
        })
        .collect()
}
