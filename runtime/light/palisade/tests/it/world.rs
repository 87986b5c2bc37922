//! A committee whose secrets the test holds.

use blst::min_sig::SecretKey;
use crypto::bls::{KeyBytes, SIGNATURE_DST, Signature, SignatureBytes};
use palisade_light_palisade::{
    Bitmap, Certificate, Committee, Statement, Validator, ValidatorIndex, ValidatorSet, Vote,
};
use primitives::{AccountId, BlockHash, ChainClock, ChainHash, Epoch, Power, View};

pub(crate) const CHAIN: ChainHash = ChainHash::new([9; 32]);

/// Validators in the order of their set, with their secrets.
pub(crate) struct World {
    pub(crate) committee: Committee,
    secrets: Vec<SecretKey>,
}

impl World {
    pub(crate) fn new(epoch: u64, weights: &[u64]) -> Self {
        let mut members: Vec<(SecretKey, Validator)> = weights
            .iter()
            .enumerate()
            .map(|(i, weight)| {
                let secret = SecretKey::key_gen(&[i as u8 + 1; 32], &[]).unwrap();
                let validator = Validator {
                    key: KeyBytes(secret.sk_to_pk().compress()),
                    weight: Power::new(*weight),
                    operator: AccountId::new([i as u8; 32]),
                    p2p_key: [i as u8; 32],
                };
                (secret, validator)
            })
            .collect();
        members.sort_by_key(|(_, validator)| validator.key);
        let (secrets, validators) = members.into_iter().unzip();
        let set = ValidatorSet {
            epoch: Epoch::new(epoch),
            ends_at: ChainClock::new(1_000),
            validators,
        };
        Self {
            committee: Committee::new(set).unwrap(),
            secrets,
        }
    }

    pub(crate) fn vote(&self, signer: u16, statement: Statement) -> Vote {
        let secret = &self.secrets[usize::from(signer)];
        let bytes = secret
            .sign(&statement.sign_bytes(&CHAIN), SIGNATURE_DST, &[])
            .compress();
        Vote {
            statement,
            signer: ValidatorIndex::new(signer),
            signature: SignatureBytes(bytes),
        }
    }

    pub(crate) fn certificate(&self, signers: &[u16], statement: Statement) -> Certificate {
        let signatures: Vec<Signature> = signers
            .iter()
            .map(|signer| Signature::new(&self.vote(*signer, statement).signature).unwrap())
            .collect();
        Certificate {
            statement,
            signers: Bitmap::new(
                self.committee.len(),
                signers.iter().map(|i| ValidatorIndex::new(*i)),
            ),
            signature: Signature::aggregate(&signatures).unwrap().to_bytes(),
        }
    }
}

pub(crate) fn notarize(view: u64, block: u8) -> Statement {
    Statement::Notarize {
        epoch: Epoch::ZERO,
        view: View::new(view),
        parent_view: View::ZERO,
        block: BlockHash::new([block; 32]),
    }
}

pub(crate) fn finalize(view: u64, block: u8) -> Statement {
    Statement::Finalize {
        epoch: Epoch::ZERO,
        view: View::new(view),
        parent_view: View::ZERO,
        block: BlockHash::new([block; 32]),
    }
}

pub(crate) fn nullify(view: u64) -> Statement {
    Statement::Nullify {
        epoch: Epoch::ZERO,
        view: View::new(view),
    }
}
