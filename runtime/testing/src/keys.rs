//! Keys of people and validators, from their names.

use blst::min_sig::SecretKey;
use crypto::account::AccountKeys;
use crypto::bls::{KeyBytes, POSSESSION_DST, SIGNATURE_DST, Signature, SignatureBytes, possession_message};
use crypto::domain::Domain;
use crypto::hash::tagged;
use ed25519_dalek::{Signer, SigningKey};
use primitives::kind::Plain;
use primitives::{AccountId, Amount};
use staking::{Moniker, RegisterValidator};

fn seed(what: &str, name: &str) -> [u8; 32] {
    *tagged::<Plain>(Domain::Development, &[what.as_bytes(), b"/", name.as_bytes()]).as_bytes()
}

/// An account with its keys: one, or several of which some must sign.
#[derive(Clone, Debug)]
pub struct Account {
    threshold: u8,
    keys: Vec<SigningKey>,
    id: AccountId,
}

impl Account {
    /// The account of one key that `name` gives.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::multisig(1, &[name])
    }

    /// The account of the keys that `names` give, of which `threshold` must sign.
    #[must_use]
    pub fn multisig(threshold: u8, names: &[&str]) -> Self {
        let mut keys: Vec<SigningKey> = names
            .iter()
            .map(|name| SigningKey::from_bytes(&seed("account", name)))
            .collect();
        keys.sort_by_key(|key| key.verifying_key().to_bytes());
        let public: Vec<[u8; 32]> = keys.iter().map(|key| key.verifying_key().to_bytes()).collect();
        let id = AccountKeys::new(threshold, &public).unwrap().id();
        Self { threshold, keys, id }
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> AccountId {
        self.id
    }

    /// How many of its keys must sign.
    #[must_use]
    pub const fn threshold(&self) -> u8 {
        self.threshold
    }

    /// Its public keys, ascending.
    #[must_use]
    pub fn public_keys(&self) -> Vec<[u8; 32]> {
        self.keys
            .iter()
            .map(|key| key.verifying_key().to_bytes())
            .collect()
    }

    /// Signatures of the first `threshold` keys over `message`, with their positions.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<(u32, [u8; 64])> {
        let signers = (0u32..).zip(&self.keys).take(usize::from(self.threshold));
        signers
            .map(|(index, key)| (index, key.sign(message).to_bytes()))
            .collect()
    }
}

/// Everything that a validator has.
#[derive(Clone, Debug)]
pub struct ValidatorKeys {
    /// Its operator.
    pub operator: Account,
    name: String,
    secret: SecretKey,
}

impl ValidatorKeys {
    /// The validator that `name` gives; its operator's account has the same name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            operator: Account::named(name),
            name: name.to_owned(),
            secret: SecretKey::key_gen(&seed("validator", name), &[]).unwrap(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its consensus key.
    #[must_use]
    pub fn consensus_key(&self) -> KeyBytes {
        KeyBytes(self.secret.sk_to_pk().compress())
    }

    /// Its consensus key's proof of possession for its operator.
    #[must_use]
    pub fn possession(&self) -> SignatureBytes {
        let message = possession_message(&self.consensus_key(), &self.operator.id());
        SignatureBytes(self.secret.sign(&message, POSSESSION_DST, &[]).compress())
    }

    /// The same validator with another consensus key.
    #[must_use]
    pub fn rotated(&self, name: &str) -> Self {
        Self {
            secret: Self::named(name).secret,
            ..self.clone()
        }
    }

    /// The ed25519 key of its node.
    #[must_use]
    pub fn p2p_key(&self) -> [u8; 32] {
        SigningKey::from_bytes(&seed("p2p", &self.name))
            .verifying_key()
            .to_bytes()
    }

    /// Its consensus key's signature over `message`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        let bytes = SignatureBytes(self.secret.sign(message, SIGNATURE_DST, &[]).compress());
        Signature::new(&bytes).unwrap()
    }

    /// The message that registers it with a bond of `bond` npal.
    #[must_use]
    pub fn registration(&self, bond: Amount) -> RegisterValidator {
        RegisterValidator {
            moniker: Moniker::new(&self.name).unwrap(),
            consensus_key: self.consensus_key(),
            proof_of_possession: self.possession(),
            p2p_key: self.p2p_key(),
            bond,
        }
    }
}
