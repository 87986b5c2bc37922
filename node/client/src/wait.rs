//! Following a transaction until it has come as far as wanted, across lost connections.

use crate::connection::Client;
use crate::error::Error;
use primitives::{Height, TxId};
use proto::ledger::v1::{FinalityProof, InclusionProof, Receipt};
use proto::tx::v1 as wire;
use proto::tx::v1::transaction_status::State;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// First pause before a lost stream is opened again; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How far a transaction is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// It is in a block.
    Included,
    /// That block is final.
    Finalized,
}

/// A transaction in a block, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Height of the block.
    pub height: Height,
    /// Position in the block, from 0.
    pub index: u32,
    /// What came of it.
    pub receipt: Receipt,
}

/// What shows where a finalized transaction stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Its place under the header's transactions root.
    pub inclusion: Option<InclusionProof>,
    /// That the block is final.
    pub finality: Option<FinalityProof>,
}

/// How following a transaction ended.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// It is in a block that is not final yet; only when no more was asked for.
    Included(Place),
    /// It is in a final block and took effect.
    Finalized(Place, Evidence),
    /// It is in a final block, and had no effect besides its fee.
    Failed(Place, Evidence),
    /// The chain has passed its timeout height without it.
    Expired(Height),
    /// The node has dropped it; it may be sent again.
    Evicted(String),
}

/// What is followed, how far and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The transaction.
    pub id: TxId,
    /// Its timeout height; 0 when unknown, and then a transaction that the node has not heard of is an error.
    pub timeout_height: Height,
    /// How far.
    pub until: Until,
    /// How long, in all.
    pub patience: Duration,
}

impl Client {
    /// Follows a transaction. Lost connections are opened again until the patience is over.
    ///
    /// # Errors
    /// [`Error::WaitTimeout`] when the patience is over while the node was answering: the transaction may still take
    /// effect. [`Error::Unreachable`] when no node answered to the end. [`Error::Rejected`] when the node refuses.
    pub async fn wait(&self, wait: &Wait) -> Result<End, Error> {
        let deadline = Instant::now() + wait.patience;
        let mut pause = FIRST_PAUSE;
        let mut lost: Option<Error> = None;
        loop {
            match timeout_at(deadline, self.follow(wait)).await {
                Ok(Ok(end)) => return Ok(end),
                Ok(Err(error)) if error.is_unavailable() => lost = Some(error),
                Ok(Err(error)) => return Err(error),
                Err(_) => {
                    return Err(lost.unwrap_or(Error::WaitTimeout {
                        id: wait.id,
                        after: wait.patience,
                    }));
                }
            }
            if timeout_at(deadline, sleep(pause)).await.is_err() {
                return Err(lost.unwrap_or(Error::WaitTimeout {
                    id: wait.id,
                    after: wait.patience,
                }));
            }
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    async fn follow(&self, wait: &Wait) -> Result<End, Error> {
        let mut service = self.transactions();
        let request = wire::WaitTransactionRequest {
            tx_hash: wait.id.as_bytes().to_vec().into(),
            until: match wait.until {
                Until::Included => wire::WaitUntil::Included,
                Until::Finalized => wire::WaitUntil::Finalized,
            }
            .into(),
            timeout_height: wait.timeout_height.get(),
        };
        let mut stream = self.stream(service.wait_transaction(request)).await?;
        loop {
            match stream.message().await {
                Ok(Some(frame)) => {
                    let state = frame.status.and_then(|status| status.state);
                    if let Some(end) = ending(state, wait.until)? {
                        return Ok(end);
                    }
                }
                // A server that goes down ends its streams.
                Ok(None) => {
                    return Err(Error::Unreachable {
                        url: self.url().to_owned(),
                        reason: "the node ended the stream early".into(),
                    });
                }
                Err(status) => return Err(self.refused(&status)),
            }
        }
    }
}

fn ending(state: Option<State>, until: Until) -> Result<Option<End>, Error> {
    Ok(match state {
        Some(State::Pending(_)) => None,
        Some(State::Included(included)) => match until {
            Until::Included => Some(End::Included(place(included)?)),
            Until::Finalized => None,
        },
        Some(State::Finalized(done)) => {
            let evidence = Evidence {
                inclusion: done.inclusion,
                finality: done.finality,
            };
            Some(End::Finalized(place_of(done.included)?, evidence))
        }
        Some(State::Failed(done)) => {
            let evidence = Evidence {
                inclusion: done.inclusion,
                finality: done.finality,
            };
            Some(End::Failed(place_of(done.included)?, evidence))
        }
        Some(State::Expired(expired)) => Some(End::Expired(Height::new(expired.height))),
        Some(State::Evicted(evicted)) => Some(End::Evicted(evicted.reason)),
        None => return Err(Error::Malformed("a transaction status without a state".into())),
    })
}

fn place_of(included: Option<wire::Included>) -> Result<Place, Error> {
    place(included.ok_or_else(|| Error::Malformed("a final transaction without a place".into()))?)
}

fn place(included: wire::Included) -> Result<Place, Error> {
    Ok(Place {
        height: Height::new(included.height),
        index: included.index,
        receipt: included
            .receipt
            .ok_or_else(|| Error::Malformed("a transaction in a block without a receipt".into()))?,
    })
}

/// Whether a receipt says that the transaction took effect.
#[must_use]
pub const fn succeeded(receipt: &Receipt) -> bool {
    matches!(
        receipt.result,
        Some(proto::ledger::v1::receipt::Result::Success(_))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn included() -> wire::Included {
        wire::Included {
            height: 7,
            index: 2,
            receipt: Some(Receipt::default()),
        }
    }

    #[test]
    fn included_ends_the_wait_only_when_no_more_was_asked_for() {
        let state = || Some(State::Included(included()));
        assert!(matches!(
            ending(state(), Until::Included),
            Ok(Some(End::Included(_)))
        ));
        assert!(matches!(ending(state(), Until::Finalized), Ok(None)));
        assert!(ending(None, Until::Finalized).is_err());
    }

    #[test]
    fn a_failure_is_an_end_with_its_place() {
        let failed = wire::Failed {
            included: Some(included()),
            ..Default::default()
        };
        let Ok(Some(End::Failed(place, _))) = ending(Some(State::Failed(failed)), Until::Finalized) else {
            panic!("not a failure");
        };
        assert_eq!((place.height, place.index), (Height::new(7), 2));
        assert!(!succeeded(&place.receipt));
        assert!(ending(Some(State::Failed(wire::Failed::default())), Until::Finalized).is_err());
    }
}
