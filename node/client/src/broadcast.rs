//! Offering transactions to the network.

use crate::connection::Client;
use crate::error::{Error, Rejection};
use crate::transaction::SignedTransaction;
use primitives::{Height, TxId};
use proto::tx::v1 as wire;

/// The most transactions in one batch.
pub const MAX_BATCH: usize = 1_000;

/// What became of an offer that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is new, waits for a block and is passed on.
    Accepted,
    /// It was waiting already.
    AlreadyPending,
    /// It is in a finalized block already, at this height.
    AlreadyCommitted(Height),
}

impl Client {
    /// Offers one transaction. Offering it twice is no error.
    ///
    /// # Errors
    /// [`Error::Rejected`] with the node's reason.
    pub async fn broadcast(&self, transaction: &SignedTransaction) -> Result<Outcome, Error> {
        let mut service = self.transactions();
        let request = wire::BroadcastTransactionRequest {
            tx: transaction.bytes.clone().into(),
        };
        let answer = self.unary(service.broadcast_transaction(request)).await?;
        let broadcast = answer
            .broadcast
            .ok_or_else(|| Error::Malformed("no outcome of the broadcast".into()))?;
        outcome(&broadcast, Some(&transaction.id))
    }

    /// Offers up to [`MAX_BATCH`] encoded transactions; each is taken or refused by itself.
    ///
    /// # Errors
    /// [`Error`] when the batch as a whole could not be offered.
    pub async fn broadcast_batch(&self, txs: Vec<Vec<u8>>) -> Result<Vec<Result<Outcome, Rejection>>, Error> {
        let offered = txs.len();
        let mut service = self.transactions();
        let request = wire::BroadcastTransactionsRequest {
            txs: txs.into_iter().map(Into::into).collect(),
        };
        let answer = self.unary(service.broadcast_transactions(request)).await?;
        if answer.results.len() != offered {
            return Err(Error::Malformed(format!(
                "{} results for {offered} transactions",
                answer.results.len()
            )));
        }
        answer
            .results
            .into_iter()
            .map(|result| match result.result {
                Some(wire::broadcast_result::Result::Broadcast(broadcast)) => {
                    outcome(&broadcast, None).map(Ok)
                }
                Some(wire::broadcast_result::Result::Problem(problem)) => {
                    Ok(Err(Rejection::of_problem(&problem)))
                }
                None => Err(Error::Malformed("an empty result in the batch".into())),
            })
            .collect()
    }
}

fn outcome(broadcast: &wire::Broadcast, expected: Option<&TxId>) -> Result<Outcome, Error> {
    if let Some(id) = expected
        && broadcast.tx_hash[..] != id.as_bytes()[..]
    {
        return Err(Error::Malformed(format!(
            "the node calls the transaction {}, but it is {id}: is it for another chain?",
            hex::encode(&broadcast.tx_hash)
        )));
    }
    match broadcast.outcome() {
        wire::BroadcastOutcome::Accepted => Ok(Outcome::Accepted),
        wire::BroadcastOutcome::AlreadyPending => Ok(Outcome::AlreadyPending),
        wire::BroadcastOutcome::AlreadyCommitted => {
            Ok(Outcome::AlreadyCommitted(Height::new(broadcast.height)))
        }
        wire::BroadcastOutcome::Unspecified => {
            Err(Error::Malformed("an unknown outcome of the broadcast".into()))
        }
    }
}
