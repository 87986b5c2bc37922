//! A transaction on its way from one signer to the next, as one self-contained JSON document.
//!
//! It holds the chain, the body, the account's keys and the signatures so far, keyed by public key: their order does
//! not matter. What it says for people is made from the body when it is written, and never read back.

use crate::describe;
use crate::transaction::{Body, Signing, TransactionError};
use crypto::account::AccountKeys;
use primitives::ChainHash;
use primitives::address::Network;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Names this form of document.
pub const FORMAT: &str = "palisade/transaction/v1";

/// A transaction and the signatures so far, as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// [`FORMAT`].
    pub format: String,
    /// The chain's name, for people.
    pub chain_id: String,
    /// What signatures bind, in hex.
    pub chain_hash: ChainHash,
    /// Whether it is a development chain.
    pub development: bool,
    /// The transaction's id, in hex.
    pub tx_hash: String,
    /// How many of the keys must sign.
    pub threshold: u8,
    /// The sender's keys, in hex, ascending.
    pub public_keys: Vec<String>,
    /// What people call the keys, by public key in hex. Says nothing to the chain.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
    /// The body's encoding, in hex.
    pub body: String,
    /// Signatures in hex, by public key in hex.
    pub signatures: BTreeMap<String, String>,
    /// What the body says, for people.
    pub summary: serde_json::Value,
}

/// Why a document is no transaction on its way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not this kind of document.
    #[error("not a transaction document: {0}")]
    Malformed(String),
    /// The id is not that of the body.
    #[error("the document says transaction {stated}, but its body is transaction {actual}")]
    OtherId {
        /// What it says.
        stated: String,
        /// What the body gives.
        actual: String,
    },
    /// The transaction itself is wrong.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
}

impl Envelope {
    /// The document of a transaction.
    #[must_use]
    pub fn new(chain_id: &str, network: Network, signing: &Signing) -> Self {
        Self {
            format: FORMAT.to_owned(),
            chain_id: chain_id.to_owned(),
            chain_hash: *signing.chain(),
            development: network == Network::Development,
            tx_hash: signing.id().to_string(),
            threshold: signing.keys().threshold(),
            public_keys: signing
                .keys()
                .keys()
                .iter()
                .map(|key| hex::encode(key.as_bytes()))
                .collect(),
            names: BTreeMap::new(),
            body: hex::encode(signing.body().bytes()),
            signatures: signing
                .signatures()
                .iter()
                .map(|(key, signature)| (hex::encode(key), hex::encode(signature)))
                .collect(),
            summary: describe::body(network, signing.body()),
        }
    }

    /// The same with what people call its keys; names of other keys are left out.
    #[must_use]
    pub fn with_names(mut self, names: impl IntoIterator<Item = (String, String)>) -> Self {
        let named = names
            .into_iter()
            .filter(|(key, _)| self.public_keys.contains(key));
        self.names = named.collect();
        self
    }

    /// What a key is called: its name, or itself.
    #[must_use]
    pub fn name<'a>(&'a self, key: &'a str) -> &'a str {
        self.names.get(key).map_or(key, String::as_str)
    }

    /// How addresses of its chain start.
    #[must_use]
    pub const fn network(&self) -> Network {
        if self.development {
            Network::Development
        } else {
            Network::Live
        }
    }

    /// Reads a document.
    ///
    /// # Errors
    /// [`EnvelopeError::Malformed`].
    pub fn parse(text: &str) -> Result<Self, EnvelopeError> {
        let envelope: Self =
            serde_json::from_str(text).map_err(|error| EnvelopeError::Malformed(error.to_string()))?;
        if envelope.format != FORMAT {
            let text = format!("format `{}`, expected `{FORMAT}`", envelope.format);
            return Err(EnvelopeError::Malformed(text));
        }
        Ok(envelope)
    }

    /// The transaction, with every signature checked.
    ///
    /// # Errors
    /// [`EnvelopeError`] names what does not fit.
    pub fn signing(&self) -> Result<Signing, EnvelopeError> {
        let keys = self
            .public_keys
            .iter()
            .map(|key| bytes::<32>("a public key", key))
            .collect::<Result<Vec<_>, _>>()?;
        let account = AccountKeys::new(self.threshold, &keys).map_err(TransactionError::from)?;
        let body =
            hex::decode(&self.body).map_err(|error| EnvelopeError::Malformed(format!("body: {error}")))?;
        let mut signing = Signing::new(self.chain_hash, Body::decode(&body)?, account)?;
        let actual = signing.id().to_string();
        if actual != self.tx_hash {
            return Err(EnvelopeError::OtherId {
                stated: self.tx_hash.clone(),
                actual,
            });
        }
        for (key, signature) in &self.signatures {
            signing.add(bytes("a public key", key)?, bytes("a signature", signature)?)?;
        }
        Ok(signing)
    }
}

fn bytes<const N: usize>(what: &str, text: &str) -> Result<[u8; N], EnvelopeError> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|error| EnvelopeError::Malformed(format!("{what} of {N} bytes in hex: {error}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::{Builder, Sign};
    use primitives::{Amount, AssetId, Coin, Height};
    use signer::Ed25519Key;

    fn envelope() -> Envelope {
        let key = Ed25519Key::from_secret(&[1; 32]);
        let keys = AccountKeys::single(Sign::public_key(&key)).unwrap();
        let coin = Coin {
            asset: AssetId::PAL,
            amount: Amount::new(1_500_000_000),
        };
        let body = Builder::new(&keys.id())
            .burn(coin)
            .timeout_height(Height::new(9))
            .build()
            .unwrap();
        let mut signing = Signing::new(ChainHash::new([2; 32]), body, keys).unwrap();
        signing.sign(&key).unwrap();
        Envelope::new("test-1", Network::Development, &signing)
    }

    #[test]
    fn a_document_comes_back_with_its_signatures() {
        let envelope = envelope();
        let text = serde_json::to_string_pretty(&envelope).unwrap();
        let read = Envelope::parse(&text).unwrap();
        assert_eq!(read, envelope);
        assert!(read.signing().unwrap().finish().is_ok());
        assert_eq!(read.summary["messages"][0]["burn"]["amount"], "1.5 PAL");
    }

    #[test]
    fn what_was_changed_on_the_way_is_found() {
        let mut other = envelope();
        other.chain_hash = ChainHash::new([3; 32]);
        assert!(matches!(other.signing(), Err(EnvelopeError::OtherId { .. })));
        let mut forged = envelope();
        for signature in forged.signatures.values_mut() {
            *signature = "00".repeat(64);
        }
        assert!(matches!(
            forged.signing(),
            Err(EnvelopeError::Transaction(TransactionError::BadSignature(_)))
        ));
        assert!(matches!(Envelope::parse("{}"), Err(EnvelopeError::Malformed(_))));
        let mut format = envelope();
        format.format = "other".into();
        assert!(Envelope::parse(&serde_json::to_string(&format).unwrap()).is_err());
    }
}
