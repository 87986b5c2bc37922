//! Sending: unordered transactions, tried before they are sent, so that none is paid for that could not take effect.

use client::prepare::ChainInfo;
use client::transaction::{Builder, Fee, Signing, TransactionError};
use client::{Client, Error};
use crypto::account::AccountKeys;
use primitives::{AccountId, Height, TxId};
use proto::ledger::v1::receipt::Result as Outcome;
use proto::tx::v1::message::Message as Kind;
use signer::Ed25519Key;

/// For how many blocks a message is good: long enough for a busy block or two, short against a round.
const TIMEOUT_BLOCKS: u64 = 60;
/// What trying a message may use: two signature checks, keys, and what is read.
const TRIED_GAS: u64 = 20_000_000;
/// The chain has what was to be sent already.
const DONE: [&str; 2] = ["ALREADY_SAID", "ALREADY_ANSWERED"];
/// It is too early or too late.
const WINDOW: &str = "OUTSIDE_WINDOW";

/// What came of an offer.
#[derive(Debug)]
pub(crate) enum Sent {
    /// It waits for a block.
    Offered(TxId),
    /// The chain has it already.
    Known,
    /// Not now: the window is not open, or is over.
    NotNow,
    /// It would have no effect: nothing is sent.
    Refused {
        /// The reason's name.
        reason: String,
        /// What the node says.
        message: String,
    },
}

/// Why nothing could be offered; the next block is another chance.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// The node.
    #[error(transparent)]
    Node(#[from] Error),
    /// The transaction.
    #[error(transparent)]
    Transaction(#[from] TransactionError),
}

/// Sends for one account.
#[derive(Debug)]
pub(crate) struct Sender {
    client: Client,
    chain: ChainInfo,
    keys: AccountKeys,
    key: Ed25519Key,
}

impl Sender {
    pub(crate) const fn new(client: Client, chain: ChainInfo, keys: AccountKeys, key: Ed25519Key) -> Self {
        Self {
            client,
            chain,
            keys,
            key,
        }
    }

    /// The account.
    pub(crate) fn account(&self) -> AccountId {
        self.keys.id()
    }

    fn signing(&self, kind: &Kind, fee: Fee, height: u64) -> Result<Signing, TransactionError> {
        let body = Builder::new(&self.keys.id())
            .message(kind.clone())
            .fee(fee)
            .unordered()
            .timeout_height(Height::new(height.saturating_add(TIMEOUT_BLOCKS)))
            .build()?;
        Signing::new(self.chain.hash, body, self.keys.clone())
    }

    /// Tries a message on the node's latest state, and offers it when it would take effect there.
    ///
    /// # Errors
    /// [`SendError`]: the node is not there, or refuses the transaction.
    pub(crate) async fn send(&self, kind: &Kind, height: u64) -> Result<Sent, SendError> {
        let prices = self.client.prices().await?;
        let tried = self.signing(kind, prices.fee(TRIED_GAS), height)?;
        let answer = self.client.simulate(&tried).await?;
        if let Some(Outcome::Failure(failure)) = answer.receipt.and_then(|receipt| receipt.result) {
            return Ok(match failure.reason.as_str() {
                reason if DONE.contains(&reason) => Sent::Known,
                WINDOW => Sent::NotNow,
                reason => Sent::Refused {
                    reason: reason.to_owned(),
                    message: failure.message,
                },
            });
        }
        let mut signing = self.signing(kind, prices.fee(answer.suggested_gas_limit), height)?;
        signing.sign(&self.key)?;
        let finished = signing.finish()?;
        self.client.broadcast(&finished).await?;
        Ok(Sent::Offered(finished.id))
    }
}
