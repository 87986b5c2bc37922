//! Transactions on their way in: bytes → [`Decoded`] → [`Verified`].
//!
//! What a stranger sent becomes a [`Decoded`] by [`decode`], which checks everything that needs neither the state nor
//! a signature check. Only [`Decoded::verify`] and [`verify_batch`] make a [`Verified`], and only that is executed.

mod error;
mod verify;

pub use error::{Class, TransactionError};
pub use verify::verify_batch;

use crate::fee::Fee;
use crate::modules::Message;
use crate::wire;
use crypto::account::AccountKeys;
use crypto::domain::Domain;
use crypto::ed25519::PublicKey;
use crypto::hash::tagged;
use primitives::{AccountId, Amount, AssetId, ChainHash, Height, TxId};

/// The most messages of one transaction.
pub const MAX_MESSAGES: usize = 64;
/// The most bytes of a memo.
pub const MAX_MEMO_BYTES: usize = 256;
pub use light_palisade::limits::MAX_TRANSACTION_SIZE;

/// What a sender wants, for which price, until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The account that sends and pays.
    pub sender: AccountId,
    /// What is to be done, in order, all or nothing: 1 to [`MAX_MESSAGES`].
    pub messages: Vec<Message>,
    /// What the sender offers for it.
    pub fee: Fee,
    /// How many ordered transactions this account has sent before; 0 when it is unordered.
    pub sequence: u64,
    /// Whether it may stand anywhere among its sender's, once, up to a timeout height that is not far.
    pub unordered: bool,
    /// The last height whose block may hold it; above 0.
    pub timeout_height: Height,
    /// Free text of at most [`MAX_MEMO_BYTES`]; means nothing to the chain.
    pub memo: String,
}

/// A transaction without its signatures: what execution takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    id: TxId,
    body: Body,
    size: u32,
    signatures: u32,
}

impl Transaction {
    /// Its id, which is what its signers signed.
    #[must_use]
    pub const fn id(&self) -> TxId {
        self.id
    }

    /// What it says.
    #[must_use]
    pub const fn body(&self) -> &Body {
        &self.body
    }

    /// The account that sends and pays.
    #[must_use]
    pub const fn sender(&self) -> AccountId {
        self.body.sender
    }

    /// Bytes of the whole, signatures and all.
    #[must_use]
    pub const fn size(&self) -> u32 {
        self.size
    }

    /// The most that it can take of its sender's PAL, in npal: the fee and what its messages give away or bond.
    #[must_use]
    pub fn cost(&self) -> Amount {
        let fee = self.body.fee.most().unwrap_or(Amount::MAX);
        self.body
            .messages
            .iter()
            .fold(fee, |sum, message| sum.saturating_add(outgoing(message)))
    }

    /// How many signatures it carries.
    #[must_use]
    pub const fn signatures(&self) -> u32 {
        self.signatures
    }
}

/// One signature as it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signed {
    /// Position of the key among the account's.
    pub(crate) index: u32,
    pub(crate) key: PublicKey,
    pub(crate) signature: [u8; 64],
}

/// A transaction whose form, limits and keys are right, and whose signatures nobody has checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    transaction: Transaction,
    signed: Vec<Signed>,
}

impl Transaction {
    /// The same with another fee and sequence: what simulation tries.
    pub(crate) fn tried_with(&self, fee: Fee, sequence: u64) -> Self {
        Self {
            body: Body {
                fee,
                sequence,
                ..self.body.clone()
            },
            ..self.clone()
        }
    }
}

impl Decoded {
    /// What it says.
    #[must_use]
    pub const fn transaction(&self) -> &Transaction {
        &self.transaction
    }
}

/// A transaction that its sender signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified(Transaction);

impl Verified {
    /// What it says.
    #[must_use]
    pub const fn transaction(&self) -> &Transaction {
        &self.0
    }
}

/// What signers of `body` sign, which is also the transaction's id: sha-256("palisade/tx/v1" ‖ chain hash ‖ body).
#[must_use]
pub fn sign_bytes(chain: &ChainHash, body: &[u8]) -> TxId {
    tagged(Domain::Transaction, &[chain.as_bytes(), body])
}

/// The id that `bytes` have if they are a transaction, at a fraction of the cost of [`decode`]: for finding what is known
/// already, and for a block's transactions root. Zero where they are none. Nothing is checked.
#[must_use]
pub fn peek_id(chain: &ChainHash, bytes: &[u8]) -> TxId {
    wire::transaction::find_body(bytes).map_or(TxId::ZERO, |body| sign_bytes(chain, body))
}

/// Reads the bytes of a transaction for the chain `chain`, and checks all that needs neither the state nor a signature
/// check: size, canonical form, limits, every field, the sender's keys.
///
/// # Errors
/// [`TransactionError`] says what is wrong. A transaction for another chain is not recognized here: its signatures
/// do not match.
pub fn decode(chain: &ChainHash, bytes: &[u8]) -> Result<Decoded, TransactionError> {
    if bytes.len() > MAX_TRANSACTION_SIZE {
        return Err(TransactionError::TooLarge { size: bytes.len() });
    }
    let (envelope, body) = wire::transaction::decode(bytes)?;
    let keys = AccountKeys::before_signatures(envelope.threshold, &envelope.keys)?;
    let derived = keys.id();
    if body.sender != derived {
        return Err(TransactionError::WrongSender {
            stated: body.sender,
            derived,
        });
    }
    let signed = signatures(&keys, &envelope.signatures)?;
    check(&body)?;
    let transaction = Transaction {
        id: sign_bytes(chain, &envelope.body),
        body,
        size: count(bytes.len()),
        signatures: count(signed.len()),
    };
    Ok(Decoded { transaction, signed })
}

/// Pairs signatures with their keys: exactly as many as the threshold, ascending, each of its own key.
fn signatures(keys: &AccountKeys, sent: &[(u32, [u8; 64])]) -> Result<Vec<Signed>, TransactionError> {
    let expected = usize::from(keys.threshold());
    if sent.len() != expected {
        return Err(TransactionError::SignatureCount {
            count: sent.len(),
            expected,
        });
    }
    if !sent.is_sorted_by(|(a, _), (b, _)| a < b) {
        return Err(TransactionError::SignatureOrder);
    }
    let pair = |(index, signature): &(u32, [u8; 64])| {
        let key = usize::try_from(*index)
            .ok()
            .and_then(|i| keys.keys().get(i))
            .copied();
        let key = key.ok_or(TransactionError::KeyIndex {
            index: *index,
            keys: keys.keys().len(),
        })?;
        Ok(Signed {
            index: *index,
            key,
            signature: *signature,
        })
    };
    sent.iter().map(pair).collect()
}

/// Checks what a body says, as far as that needs no state.
fn check(body: &Body) -> Result<(), TransactionError> {
    if body.timeout_height.is_zero() {
        return Err(TransactionError::NoTimeout);
    }
    if body.unordered && body.sequence != 0 {
        return Err(TransactionError::UnorderedSequence {
            sequence: body.sequence,
        });
    }
    if body.fee.tip > body.fee.max_price {
        return Err(TransactionError::TipAboveMax {
            tip: body.fee.tip,
            max_price: body.fee.max_price,
        });
    }
    if body.fee.most().is_err() {
        return Err(TransactionError::FeeOverflow);
    }
    for (index, message) in (0u32..).zip(&body.messages) {
        message.validate().map_err(|error| TransactionError::Message {
            index,
            error: Box::new(error),
        })?;
    }
    Ok(())
}

/// A count within [`MAX_TRANSACTION_SIZE`].
fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// What a message takes of its sender's PAL, in npal.
fn outgoing(message: &Message) -> Amount {
    let coin = match message {
        Message::Bank(bank::Msg::Transfer(message)) => message.coin,
        Message::Bank(bank::Msg::Burn(message)) => message.coin,
        Message::Dss(dss::Msg::PostTask(message)) => message.fee,
        Message::Rewards(rewards::Msg::Fund(message)) => message.coin,
        Message::Staking(staking::Msg::Bond(message)) => return message.amount,
        Message::Staking(staking::Msg::RegisterValidator(message)) => return message.bond,
        Message::Staking(
            staking::Msg::Unbond(_)
            | staking::Msg::ClaimRewards(_)
            | staking::Msg::Unjail(_)
            | staking::Msg::Heartbeat(_)
            | staking::Msg::RotateConsensusKey(_),
        )
        // What a vault holds is not known without state.
        | Message::Vaults(_)
        | Message::Delegation(_)
        // The bonds of services and requests are parameters, which need state too.
        | Message::Slashing(_)
        | Message::Rewards(rewards::Msg::Claim { .. })
        | Message::Governance(_)
        | Message::Attested(_)
        // Which asset a feed's rounds pay in is not known without state either.
        | Message::Oracle(_)
        | Message::Consensus(_)
        | Message::Dss(
            dss::Msg::Register(_)
            | dss::Msg::Activate { .. }
            | dss::Msg::ChangeClass(_)
            | dss::Msg::Unwind { .. }
            | dss::Msg::Close { .. }
            | dss::Msg::Join(_)
            | dss::Msg::Leave { .. }
            | dss::Msg::Eject { .. }
            | dss::Msg::Commit { .. }
            | dss::Msg::Respond(_)
            | dss::Msg::Abstain { .. }
            | dss::Msg::SubmitCertificate(_),
        )
        | Message::Assets(_) => {
            return Amount::ZERO;
        }
    };
    if coin.asset == AssetId::PAL {
        coin.amount
    } else {
        Amount::ZERO
    }
}
