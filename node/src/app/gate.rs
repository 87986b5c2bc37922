//! The chain as the mempool sees it.

use super::snapshots::Snapshots;
use bytes::Bytes;
use mempool::{Account, Admission, Bid, Class, Rejection, Transaction};
use parking_lot::Mutex;
use primitives::{AccountId, Amount, AssetId, ChainHash, Gas, Height, TxId};
use rand::SeedableRng;
use rand::rngs::StdRng;
use runtime::authorize::{Pricing, check_offer, check_unused};
use runtime::{Fault, TransactionError, Verified};
use std::sync::Arc;

/// A verified transaction with the bytes that it came in.
#[derive(Debug)]
pub(crate) struct Admitted {
    verified: Verified,
    bytes: Bytes,
    cost: Amount,
}

impl Admitted {
    fn new(verified: Verified, bytes: Bytes) -> Self {
        // Decoding refuses a fee that does not fit.
        let cost = verified.transaction().body().fee.most().unwrap_or(Amount::MAX);
        Self {
            verified,
            bytes,
            cost,
        }
    }
}

/// An admitted transaction as the state machine takes it.
#[derive(Debug)]
pub(crate) struct Candidate(pub(crate) Arc<Admitted>);

impl std::borrow::Borrow<Verified> for Candidate {
    fn borrow(&self) -> &Verified {
        &self.0.verified
    }
}

impl Transaction for Admitted {
    fn id(&self) -> TxId {
        self.verified.transaction().id()
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn sender(&self) -> AccountId {
        self.verified.transaction().sender()
    }

    fn sequence(&self) -> u64 {
        self.verified.transaction().body().sequence
    }

    fn unordered(&self) -> bool {
        self.verified.transaction().body().unordered
    }

    fn gas_limit(&self) -> Gas {
        self.verified.transaction().body().fee.gas_limit
    }

    fn bid(&self) -> Bid {
        let fee = &self.verified.transaction().body().fee;
        Bid {
            max_price: fee.max_price,
            tip: fee.tip,
        }
    }

    fn timeout_height(&self) -> Height {
        self.verified.transaction().body().timeout_height
    }

    fn cost(&self) -> Amount {
        self.cost
    }
}

/// Checks transactions for the mempool, over the latest final state.
#[derive(Debug)]
pub(crate) struct Gate {
    chain: ChainHash,
    snapshots: Arc<Snapshots>,
    /// Blinds batches of signatures: whoever could predict it could forge one.
    rng: Mutex<StdRng>,
}

impl Gate {
    pub(crate) fn new(chain: ChainHash, snapshots: Arc<Snapshots>) -> Self {
        Self {
            chain,
            snapshots,
            rng: Mutex::new(StdRng::from_rng(&mut rand::rng())),
        }
    }

    fn rng(&self) -> StdRng {
        StdRng::from_rng(&mut *self.rng.lock())
    }
}

/// What a refusal says to the mempool and, through it, to the sender.
pub(crate) fn rejection(error: &TransactionError) -> Rejection {
    let class = match error.class() {
        runtime::Class::Invalid => Class::Malformed,
        runtime::Class::Sequence => Class::Sequence,
        runtime::Class::Expired => Class::Expired,
        runtime::Class::Funds | runtime::Class::Internal => Class::Precondition,
    };
    let text = format!("{error}: {}", error.hint());
    let mut rejection = Rejection::new(class, error.reason(), text);
    for (name, value) in error.metadata() {
        rejection = rejection.with(name, value);
    }
    rejection
}

impl Admission for Gate {
    type Transaction = Admitted;

    fn verify(&self, batch: &[Bytes]) -> Vec<Result<Arc<Admitted>, Rejection>> {
        let mut decoded = Vec::with_capacity(batch.len());
        let mut refused: Vec<Option<Rejection>> = Vec::with_capacity(batch.len());
        for bytes in batch {
            match runtime::decode(&self.chain, bytes) {
                Ok(one) => {
                    decoded.push(one);
                    refused.push(None);
                }
                Err(error) => refused.push(Some(rejection(&error))),
            }
        }
        let mut verdicts = runtime::verify_batch(decoded, &mut self.rng()).into_iter();
        let answer = |(refused, bytes): (Option<Rejection>, &Bytes)| match refused {
            Some(rejection) => Err(rejection),
            None => match verdicts.next() {
                Some(Ok(verified)) => Ok(Arc::new(Admitted::new(verified, bytes.clone()))),
                Some(Err(error)) => Err(rejection(&error)),
                None => Err(Rejection::new(
                    Class::Exhausted,
                    "INTERNAL",
                    "no verdict: send it again",
                )),
            },
        };
        refused.into_iter().zip(batch).map(answer).collect()
    }

    fn check(&self, transaction: &Admitted) -> Result<(), Rejection> {
        let snapshot = self.snapshots.latest();
        let next = snapshot.header.height.next().unwrap_or(Height::MAX);
        Pricing::of(&snapshot.state)
            .map_err(TransactionError::from)
            .and_then(|pricing| {
                let transaction = transaction.verified.transaction();
                check_offer(&pricing, next, transaction)?;
                if transaction.body().unordered {
                    check_unused(&snapshot.state, transaction)?;
                }
                Ok(())
            })
            .map_err(|error| rejection(&error))
    }

    fn account(&self, account: &AccountId) -> Account {
        let snapshot = self.snapshots.latest();
        let next_sequence = runtime::query::sequence(&snapshot.state, account).unwrap_or_default();
        let balance = runtime::query::balance(&snapshot.state, account, AssetId::PAL).unwrap_or_default();
        Account {
            next_sequence,
            balance,
        }
    }

    fn base_price(&self) -> Amount {
        // A state without a base price never became final; the mempool would then take everything.
        runtime::query::base_price(&self.snapshots.latest().state).unwrap_or_default()
    }

    fn height(&self) -> Height {
        self.snapshots.latest().header.height
    }
}
