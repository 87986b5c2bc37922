//! Certificates by real signatures.

use crate::chain::Chain;
use crypto::bls::Signature;
use light_palisade::{Bitmap, Certificate, FinalityProof, Statement, ValidatorIndex, ValidatorSet};
use primitives::{Height, View};

impl Chain {
    /// A certificate for `statement` by all of `set`.
    #[must_use]
    pub fn certificate(&self, set: &ValidatorSet, statement: Statement) -> Certificate {
        let count = set.validators.len();
        let seats: Vec<ValidatorIndex> = (0..u16::try_from(count).unwrap())
            .map(ValidatorIndex::new)
            .collect();
        let message = statement.sign_bytes(&self.hash());
        let signatures: Vec<Signature> = seats
            .iter()
            .map(|seat| self.keys_of(set, *seat).sign(&message))
            .collect();
        Certificate {
            statement,
            signers: Bitmap::new(count, seats),
            signature: Signature::aggregate(&signatures).unwrap().to_bytes(),
        }
    }

    /// Shows that the block at `height` is final.
    #[must_use]
    pub fn finality(&self, height: Height) -> FinalityProof {
        let sealed = self.at(height);
        let header = sealed.block.header.clone();
        let statement = Statement::Finalize {
            epoch: header.epoch,
            view: header.view,
            parent_view: header.view.saturating_sub(View::new(1)),
            block: header.hash(),
        };
        let certificate = self.certificate(&sealed.validators, statement);
        FinalityProof { header, certificate }
    }
}
