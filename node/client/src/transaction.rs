//! Transactions: built, signed by one key or several, and encoded.
//!
//! The order is fixed: a [`Builder`] gives a [`Body`], whose bytes no one changes any more; a [`Signing`] collects
//! the signatures that the account asks for, in any order; [`Signing::finish`] gives what is broadcast.
//!
//! ```
//! use palisade_client::{Builder, Sign, Signing, transaction::Fee};
//! use crypto::account::AccountKeys;
//! use primitives::{AccountId, Amount, AssetId, ChainHash, Coin, Height};
//!
//! let key = signer::Ed25519Key::from_secret(&[7; 32]);
//! let keys = AccountKeys::single(Sign::public_key(&key))?;
//! let fee = Fee { gas_limit: 200_000, max_price: Amount::new(2), tip: Amount::new(1) };
//! let body = Builder::new(&keys.id())
//!     .transfer(&AccountId::new([1; 32]), Coin { asset: AssetId::PAL, amount: Amount::new(10) })
//!     .fee(fee)
//!     .sequence(0)
//!     .timeout_height(Height::new(100))
//!     .build()?;
//! let mut signing = Signing::new(ChainHash::new([2; 32]), body, keys)?;
//! signing.sign(&key)?;
//! assert_eq!(signing.finish()?.id, signing.id());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Source
//! architecture.md, "Two encodings, one wall"; `palisade/tx/v1/transaction.proto`.

use crypto::account::{AccountError, AccountKeys};
use crypto::domain::Domain;
use crypto::hash::tagged;
use primitives::{AccountId, Amount, ChainHash, Coin, Height, TxId};
use prost::Message as _;
use proto::tx::v1 as wire;
use proto::tx::v1::message::Message as Kind;
use std::collections::BTreeMap;

/// The most messages in one transaction.
pub const MAX_MESSAGES: usize = 64;
/// The most bytes of a memo.
pub const MAX_MEMO: usize = 256;
/// How many blocks ahead the timeout of an unordered transaction may be, at most.
pub const UNORDERED_WINDOW: u64 = 2_400;
/// The most bytes of an encoded transaction.
pub const MAX_BYTES: usize = light_palisade::limits::MAX_TRANSACTION_SIZE;

/// Whoever can sign with an account's key: a keystore's key, or a device that holds one.
pub trait Sign {
    /// The ed25519 public key.
    fn public_key(&self) -> [u8; 32];
    /// The signature of `message` by that key.
    fn sign(&self, message: &[u8]) -> [u8; 64];
}

impl Sign for signer::Ed25519Key {
    fn public_key(&self) -> [u8; 32] {
        *Self::public_key(self).as_bytes()
    }

    fn sign(&self, message: &[u8]) -> [u8; 64] {
        Self::sign(self, message)
    }
}

/// Why a transaction cannot be built or signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// No messages, or too many.
    #[error("a transaction has 1 to {MAX_MESSAGES} messages, not {0}")]
    Messages(usize),
    /// The memo is too long.
    #[error("a memo has at most {MAX_MEMO} bytes, not {0}")]
    Memo(usize),
    /// Every transaction ends at some height.
    #[error("the timeout height must be above 0")]
    NoTimeout,
    /// It has become too large.
    #[error("the transaction has {0} bytes, at most {MAX_BYTES} are allowed")]
    TooLarge(usize),
    /// The bytes are not a transaction.
    #[error("these bytes are not a transaction: {0}")]
    Malformed(String),
    /// The bytes decode, but are not how the chain would encode them.
    #[error("the transaction's body is not in its canonical encoding")]
    NotCanonical,
    /// The keys are not those of the sender.
    #[error("the keys belong to account {found}, but the sender is {sender}")]
    OtherSender {
        /// The account of the keys.
        found: AccountId,
        /// The sender.
        sender: AccountId,
    },
    /// The keys are no account.
    #[error(transparent)]
    Account(#[from] AccountError),
    /// The key is not one of the account's.
    #[error("key {} is not one of the account's", hex::encode(.0))]
    ForeignKey([u8; 32]),
    /// A signature does not hold.
    #[error("the signature by key {} does not hold for this transaction", hex::encode(.0))]
    BadSignature([u8; 32]),
    /// Not enough signatures yet.
    #[error("{have} of {need} signatures; missing from: {}", .missing.join(", "))]
    Incomplete {
        /// How many there are.
        have: usize,
        /// How many there must be.
        need: usize,
        /// Keys that have not signed, in hex.
        missing: Vec<String>,
    },
}

/// What a transaction may cost. Prices are npal per unit of gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fee {
    /// The most gas that it may use.
    pub gas_limit: u64,
    /// The most that it pays for a unit of gas, tip included.
    pub max_price: Amount,
    /// What of that goes to the proposer above the base price.
    pub tip: Amount,
}

impl Fee {
    /// The most that it comes to, in npal; `None` when that fits no amount.
    #[must_use]
    pub fn most(&self) -> Option<Amount> {
        self.max_price
            .get()
            .checked_mul(u128::from(self.gas_limit))
            .map(Amount::new)
    }

    pub(crate) fn to_wire(self) -> wire::Fee {
        wire::Fee {
            gas_limit: self.gas_limit,
            max_price: self.max_price.to_string(),
            tip: self.tip.to_string(),
        }
    }
}

/// Collects what a transaction is to do.
#[derive(Clone, Debug)]
pub struct Builder {
    body: wire::TransactionBody,
}

impl Builder {
    /// Starts a transaction of `sender`, without messages, fee or timeout.
    #[must_use]
    pub fn new(sender: &AccountId) -> Self {
        Self {
            body: wire::TransactionBody {
                sender: sender.as_bytes().to_vec().into(),
                ..Default::default()
            },
        }
    }

    /// Adds a message.
    #[must_use]
    pub fn message(mut self, kind: Kind) -> Self {
        self.body.messages.push(wire::Message { message: Some(kind) });
        self
    }

    /// Adds a transfer of `coin` to `recipient`.
    #[must_use]
    pub fn transfer(self, recipient: &AccountId, coin: Coin) -> Self {
        self.message(Kind::Transfer(proto::bank::v1::Transfer {
            recipient: recipient.as_bytes().to_vec().into(),
            asset_id: coin.asset.get(),
            amount: coin.amount.to_string(),
        }))
    }

    /// Adds the destruction of `coin`.
    #[must_use]
    pub fn burn(self, coin: Coin) -> Self {
        self.message(Kind::Burn(proto::bank::v1::Burn {
            asset_id: coin.asset.get(),
            amount: coin.amount.to_string(),
        }))
    }

    /// Sets what it may cost.
    #[must_use]
    pub fn fee(mut self, fee: Fee) -> Self {
        self.body.fee = Some(fee.to_wire());
        self
    }

    /// Sets how many transactions the sender has sent before.
    #[must_use]
    pub const fn sequence(mut self, sequence: u64) -> Self {
        self.body.sequence = sequence;
        self
    }

    /// Lets it stand anywhere among the sender's transactions, once: it has no sequence then, and its timeout height
    /// may be at most [`UNORDERED_WINDOW`] blocks ahead.
    #[must_use]
    pub const fn unordered(mut self) -> Self {
        self.body.sequence = 0;
        self.body.unordered = true;
        self
    }

    /// Sets the last height whose block may hold it.
    #[must_use]
    pub const fn timeout_height(mut self, height: Height) -> Self {
        self.body.timeout_height = height.get();
        self
    }

    /// Sets the memo.
    #[must_use]
    pub fn memo(mut self, memo: &str) -> Self {
        memo.clone_into(&mut self.body.memo);
        self
    }

    /// The body, which does not change any more.
    ///
    /// # Errors
    /// [`TransactionError`] names the rule that is broken. What depends on the chain's state is the node's to say.
    pub fn build(self) -> Result<Body, TransactionError> {
        let bytes = self.body.encode_to_vec();
        Body::checked(self.body, bytes)
    }
}

/// What is signed: a transaction's body in its one encoding.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    bytes: Vec<u8>,
    message: wire::TransactionBody,
    sender: AccountId,
}

impl Body {
    /// Takes the encoding of a body that somebody else made.
    ///
    /// # Errors
    /// [`TransactionError`] names the rule that is broken.
    pub fn decode(bytes: &[u8]) -> Result<Self, TransactionError> {
        if bytes.len() > MAX_BYTES {
            return Err(TransactionError::TooLarge(bytes.len()));
        }
        let message = wire::TransactionBody::decode(bytes)
            .map_err(|error| TransactionError::Malformed(error.to_string()))?;
        if message.encode_to_vec() != bytes {
            return Err(TransactionError::NotCanonical);
        }
        Self::checked(message, bytes.to_vec())
    }

    fn checked(message: wire::TransactionBody, bytes: Vec<u8>) -> Result<Self, TransactionError> {
        let count = message.messages.len();
        if count == 0 || count > MAX_MESSAGES {
            return Err(TransactionError::Messages(count));
        }
        if message.memo.len() > MAX_MEMO {
            return Err(TransactionError::Memo(message.memo.len()));
        }
        if message.timeout_height == 0 {
            return Err(TransactionError::NoTimeout);
        }
        if bytes.len() > MAX_BYTES {
            return Err(TransactionError::TooLarge(bytes.len()));
        }
        let sender = AccountId::from_slice(&message.sender)
            .ok_or_else(|| TransactionError::Malformed("the sender has not 32 bytes".into()))?;
        Ok(Self {
            bytes,
            message,
            sender,
        })
    }

    /// Its encoding.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it says.
    #[must_use]
    pub const fn message(&self) -> &wire::TransactionBody {
        &self.message
    }

    /// Who sends and pays.
    #[must_use]
    pub const fn sender(&self) -> &AccountId {
        &self.sender
    }

    /// What is signed, which is also the transaction's id: sha-256("palisade/tx/v1" ‖ chain hash ‖ body).
    #[must_use]
    pub fn id(&self, chain: &ChainHash) -> TxId {
        transaction_id(chain, &self.bytes)
    }
}

/// The id of a transaction with this encoded body: sha-256("palisade/tx/v1" ‖ chain hash ‖ body).
#[must_use]
pub fn transaction_id(chain: &ChainHash, body: &[u8]) -> TxId {
    tagged(Domain::Transaction, &[chain.as_bytes(), body])
}

/// A body on its way to being signed by the keys of its sender.
#[derive(Clone, Debug, PartialEq)]
pub struct Signing {
    chain: ChainHash,
    body: Body,
    keys: AccountKeys,
    signatures: BTreeMap<[u8; 32], [u8; 64]>,
}

impl Signing {
    /// Prepares `body` for the keys of its sender.
    ///
    /// # Errors
    /// [`TransactionError::OtherSender`] when these are another account's keys.
    pub fn new(chain: ChainHash, body: Body, keys: AccountKeys) -> Result<Self, TransactionError> {
        let found = keys.id();
        if found != body.sender {
            return Err(TransactionError::OtherSender {
                found,
                sender: body.sender,
            });
        }
        Ok(Self {
            chain,
            body,
            keys,
            signatures: BTreeMap::new(),
        })
    }

    /// The chain it is for.
    #[must_use]
    pub const fn chain(&self) -> &ChainHash {
        &self.chain
    }

    /// What is signed.
    #[must_use]
    pub const fn body(&self) -> &Body {
        &self.body
    }

    /// The sender's keys.
    #[must_use]
    pub const fn keys(&self) -> &AccountKeys {
        &self.keys
    }

    /// The signatures so far, by public key.
    #[must_use]
    pub const fn signatures(&self) -> &BTreeMap<[u8; 32], [u8; 64]> {
        &self.signatures
    }

    /// The transaction's id, which does not depend on who signs.
    #[must_use]
    pub fn id(&self) -> TxId {
        self.body.id(&self.chain)
    }

    /// Signs with one of the account's keys.
    ///
    /// # Errors
    /// [`TransactionError::ForeignKey`].
    pub fn sign(&mut self, key: &impl Sign) -> Result<(), TransactionError> {
        let public = key.public_key();
        if self.keys.keys().iter().all(|k| *k.as_bytes() != public) {
            return Err(TransactionError::ForeignKey(public));
        }
        let signature = key.sign(self.id().as_bytes());
        self.signatures.insert(public, signature);
        Ok(())
    }

    /// Takes a signature that somebody else made.
    ///
    /// # Errors
    /// [`TransactionError::ForeignKey`], [`TransactionError::BadSignature`].
    pub fn add(&mut self, public: [u8; 32], signature: [u8; 64]) -> Result<(), TransactionError> {
        let key = self
            .keys
            .keys()
            .iter()
            .find(|k| *k.as_bytes() == public)
            .ok_or(TransactionError::ForeignKey(public))?;
        key.verify(self.id().as_bytes(), &signature)
            .map_err(|_| TransactionError::BadSignature(public))?;
        self.signatures.insert(public, signature);
        Ok(())
    }

    /// The keys that have not signed, in hex, and how many signatures are still needed.
    #[must_use]
    pub fn missing(&self) -> (Vec<String>, usize) {
        let unsigned = self
            .keys
            .keys()
            .iter()
            .filter(|key| !self.signatures.contains_key(key.as_bytes()))
            .map(|key| hex::encode(key.as_bytes()))
            .collect();
        let need = usize::from(self.keys.threshold()).saturating_sub(self.signatures.len());
        (unsigned, need)
    }

    /// What is broadcast. With more signatures than needed, those of the lowest keys are used.
    ///
    /// # Errors
    /// [`TransactionError::Incomplete`] names the keys that have not signed.
    pub fn finish(&self) -> Result<SignedTransaction, TransactionError> {
        let (missing, need) = self.missing();
        if need > 0 {
            return Err(TransactionError::Incomplete {
                have: self.signatures.len(),
                need: usize::from(self.keys.threshold()),
                missing,
            });
        }
        Ok(self.encode(|key| self.signatures.get(key).copied()))
    }

    /// As [`Signing::finish`] with signatures of zeros, for a node's simulation, which does not check them.
    #[must_use]
    pub fn dummy(&self) -> SignedTransaction {
        self.encode(|_| Some([0; 64]))
    }

    fn encode(&self, signature_of: impl Fn(&[u8; 32]) -> Option<[u8; 64]>) -> SignedTransaction {
        let threshold = self.keys.threshold();
        let signatures = (0u32..)
            .zip(self.keys.keys())
            .filter_map(|(key_index, key)| Some((key_index, signature_of(key.as_bytes())?)))
            .take(usize::from(threshold))
            .map(|(key_index, signature)| wire::Signature {
                key_index,
                signature: signature.to_vec().into(),
            })
            .collect();
        let public_keys = self
            .keys
            .keys()
            .iter()
            .map(|key| key.as_bytes().to_vec().into())
            .collect();
        let envelope = wire::SignedTransaction {
            body: self.body.bytes.clone().into(),
            authorization: Some(wire::Authorization {
                threshold: u32::from(threshold),
                public_keys,
                signatures,
            }),
        };
        SignedTransaction {
            id: self.id(),
            bytes: envelope.encode_to_vec(),
            timeout_height: Height::new(self.body.message.timeout_height),
        }
    }
}

/// A transaction that can be broadcast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTransaction {
    /// Its id.
    pub id: TxId,
    /// Its encoding.
    pub bytes: Vec<u8>,
    /// The last height whose block may hold it.
    pub timeout_height: Height,
}

/// Takes an encoded transaction apart, for those who got one from elsewhere: the signatures are checked.
///
/// # Errors
/// [`TransactionError`] names what is wrong.
pub fn open(chain: &ChainHash, bytes: &[u8]) -> Result<Signing, TransactionError> {
    let (body, account, authorization) = split(bytes)?;
    let mut signing = Signing::new(*chain, body, account)?;
    for one in &authorization.signatures {
        let index = usize::try_from(one.key_index).ok();
        let key = index
            .and_then(|index| signing.keys.keys().get(index))
            .map(|key| *key.as_bytes())
            .ok_or_else(|| malformed("a signature by a key that is not there"))?;
        let signature = <[u8; 64]>::try_from(&one.signature[..])
            .map_err(|_| malformed("a signature has not 64 bytes"))?;
        signing.add(key, signature)?;
    }
    Ok(signing)
}

/// The body and the keys of an encoded transaction. Without the chain its signatures cannot be checked.
///
/// # Errors
/// [`TransactionError`] names what is wrong.
pub fn peek(bytes: &[u8]) -> Result<(Body, AccountKeys), TransactionError> {
    split(bytes).map(|(body, account, _)| (body, account))
}

fn malformed(what: &str) -> TransactionError {
    TransactionError::Malformed(what.to_owned())
}

fn split(bytes: &[u8]) -> Result<(Body, AccountKeys, wire::Authorization), TransactionError> {
    if bytes.len() > MAX_BYTES {
        return Err(TransactionError::TooLarge(bytes.len()));
    }
    let envelope = wire::SignedTransaction::decode(bytes)
        .map_err(|error| TransactionError::Malformed(error.to_string()))?;
    let authorization = envelope
        .authorization
        .ok_or_else(|| malformed("no authorization"))?;
    let keys = authorization
        .public_keys
        .iter()
        .map(|key| <[u8; 32]>::try_from(&key[..]).map_err(|_| malformed("a public key has not 32 bytes")))
        .collect::<Result<Vec<_>, _>>()?;
    let threshold =
        u8::try_from(authorization.threshold).map_err(|_| malformed("the threshold is above 255"))?;
    let account = AccountKeys::new(threshold, &keys)?;
    Ok((Body::decode(&envelope.body)?, account, authorization))
}

#[cfg(test)]
mod tests;
