//! Transactions on their way into the chain.

use super::{Backend, broken};
use crate::app::rejection;
use bytes::Bytes;
use mempool::{Class, Dropped, Origin, Outcome, Status};
use primitives::{Amount, TxId};
use rpc::backend::{
    Accepted, Admitted, Context, Place, PriceOption, Prices, Priority, ReadError, Refused, Rejection,
    RejectionClass, Simulation, TxState,
};
use runtime::{Block, SimulateError, TransactionError};

impl Backend {
    pub(super) async fn offer(&self, transactions: Vec<Bytes>) -> Vec<Result<Accepted, Rejection>> {
        let count = transactions.len();
        let answers = match self.intake.offer(transactions, Origin::Local) {
            Ok(receipt) => receipt.answers().await,
            Err(refusal) => vec![Err(refusal); count],
        };
        let mut outcomes = Vec::with_capacity(count);
        for answer in answers {
            outcomes.push(match answer {
                Ok(Outcome::Accepted(id)) => Ok(Accepted {
                    id,
                    admitted: Admitted::New,
                }),
                Ok(Outcome::AlreadyPending(id)) => Ok(Accepted {
                    id,
                    admitted: Admitted::Pending,
                }),
                Err(refusal) => self.committed(refusal).await,
            });
        }
        outcomes
    }

    /// What is in the chain already is no error.
    async fn committed(&self, refusal: mempool::Rejection) -> Result<Accepted, Rejection> {
        if let Some(id) = refusal.transaction
            && let Ok(Some(place)) = self.final_place(id).await
        {
            return Ok(Accepted {
                id,
                admitted: Admitted::Committed(place.height),
            });
        }
        Err(refused(refusal))
    }

    pub(super) async fn state_of(&self, id: TxId) -> Result<TxState, ReadError> {
        if let Some(place) = self.final_place(id).await? {
            return Ok(TxState::Final(place));
        }
        if let Some((place, receipt)) = self.chain.included(&id) {
            return Ok(TxState::Included {
                place,
                receipt: Box::new(receipt),
            });
        }
        let status = self.mempool.status(&id);
        // It may have become final between the two looks.
        if !matches!(status, Status::Pending(_))
            && let Some(place) = self.final_place(id).await?
        {
            return Ok(TxState::Final(place));
        }
        Ok(match status {
            Status::Pending(_) => TxState::Pending,
            Status::Dropped(Dropped::Expired { .. }) => TxState::Expired,
            Status::Dropped(reason) => TxState::Evicted(reason.reason().to_owned()),
            Status::Unknown => TxState::Unknown,
        })
    }

    pub(super) fn try_out(&self, bytes: &Bytes) -> Result<Simulation, Refused> {
        let of_error = |error: &TransactionError| Refused::Rejected(refused(rejection(error)));
        let decoded = runtime::decode(&self.chain.id(), bytes).map_err(|error| of_error(&error))?;
        let snapshot = self.snapshots.latest();
        let header = &snapshot.header;
        let block = Block {
            chain_hash: header.chain_hash,
            height: header.height.next().unwrap_or(header.height),
            epoch: header.epoch,
            time: header.time,
            chain_clock: header.chain_clock,
            seed: header.seed,
            ..Block::default()
        };
        let simulated =
            runtime::simulate(&snapshot.state, &block, &decoded).map_err(|error| match error {
                SimulateError::Refused(error) => of_error(&error),
                SimulateError::Halt(halt) => Refused::Failed(broken(halt)),
            })?;
        Ok(Simulation {
            context: Context {
                height: header.height,
                block_hash: snapshot.hash,
                state_root: snapshot.roots.state,
                time: header.time,
                chain_clock: header.chain_clock,
                epoch: header.epoch,
            },
            receipt: simulated.receipt,
            suggested_gas_limit: simulated.suggested_gas_limit,
            base_price: simulated.base_price,
        })
    }

    /// The base price moves at most an eighth per block: twice as much is enough for about six full blocks.
    pub(super) fn quote(&self) -> Result<Prices, ReadError> {
        let snapshot = self.snapshots.latest();
        let base = runtime::query::base_price(&snapshot.state).map_err(broken)?;
        let option = |priority, times: u128, tip: u128| {
            let tip = Amount::new(tip);
            let max_price = Amount::new(base.get().saturating_mul(times)).saturating_add(tip);
            PriceOption {
                priority,
                max_price,
                tip,
            }
        };
        let options = vec![
            option(Priority::Low, 2, 0),
            option(Priority::Normal, 2, 1),
            option(Priority::High, 4, 10),
        ];
        Ok(Prices { base, options })
    }
}

impl crate::app::Chain {
    /// Where a transaction stands in a block that is executed and not final yet.
    pub(super) fn included(&self, id: &TxId) -> Option<(Place, runtime::Receipt)> {
        let (height, index, receipt) = self.in_latest(id)?;
        Some((Place { height, index }, receipt))
    }
}

pub(super) fn refused(refusal: mempool::Rejection) -> Rejection {
    Rejection {
        class: match refusal.class {
            Class::Malformed => RejectionClass::Malformed,
            Class::Precondition => RejectionClass::Precondition,
            Class::Sequence => RejectionClass::Sequence,
            Class::Expired => RejectionClass::Expired,
            Class::Exhausted => RejectionClass::Exhausted,
        },
        reason: refusal.reason,
        message: refusal.message,
        metadata: refusal.metadata,
    }
}
