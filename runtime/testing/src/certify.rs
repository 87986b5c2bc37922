//! Certificates by real signatures.

use crate::chain::Chain;
use crypto::bls::Signature;
use light_palisade::{
    Bitmap, Certificate, Evidence, FinalityProof, Offence, Statement, ValidatorIndex, ValidatorSet, Vote,
};
use primitives::{BlockHash, Height, View};

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

    /// The vote of the validator at `seat` of `set`, whatever else it said.
    #[must_use]
    pub fn vote(&self, set: &ValidatorSet, seat: ValidatorIndex, statement: Statement) -> Vote {
        let signature = self.keys_of(set, seat).sign(&statement.sign_bytes(&self.hash()));
        Vote {
            statement,
            signer: seat,
            signature: signature.to_bytes(),
        }
    }

    /// Two votes of the validator at `seat` of `set` in `view` that are this offence.
    #[must_use]
    pub fn offend(&self, set: &ValidatorSet, seat: ValidatorIndex, view: View, offence: Offence) -> Evidence {
        let (epoch, parent_view) = (set.epoch, view.saturating_sub(View::new(1)));
        let notarize = |n: u8| Statement::Notarize {
            epoch,
            view,
            parent_view,
            block: BlockHash::new([n; 32]),
        };
        let finalize = |n: u8| Statement::Finalize {
            epoch,
            view,
            parent_view,
            block: BlockHash::new([n; 32]),
        };
        let (a, b) = match offence {
            Offence::DoubleNotarize => (notarize(1), notarize(2)),
            Offence::DoubleFinalize => (finalize(1), finalize(2)),
            Offence::NullifyFinalize => (Statement::Nullify { epoch, view }, finalize(1)),
            Offence::NotarizeFinalize => (notarize(1), finalize(2)),
        };
        Evidence::Votes(self.vote(set, seat, a), self.vote(set, seat, b))
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
