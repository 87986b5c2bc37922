//! Where a transaction stands, now and from now on.

use crate::api::Api;
use crate::backend::{FinalBlock, Place, TxState};
use crate::convert::{hash, transaction};
use crate::refusal::Refusal;
use crate::stream::{Outlet, Stop};
use primitives::{Height, TxId};
use proto::tx::v1::transaction_status::State;
use proto::tx::v1::{
    Evicted, Expired, Failed, Finalized, Included, Pending, TransactionStatus, WaitTransactionResponse,
};
use runtime::Receipt;
use std::time::Duration;
use tokio::time::Instant;

/// How long to wait for a change that nobody announced.
const TICK: Duration = Duration::from_secs(1);
/// The least time between two looks: many changes may come at once, and many clients wait.
const PAUSE: Duration = Duration::from_millis(20);

/// Which transaction is followed, and how far.
pub(crate) struct Follow {
    pub(crate) id: TxId,
    /// No further than into a block.
    pub(crate) included: bool,
    /// An unknown transaction is waited for until the chain has passed this.
    pub(crate) timeout: Option<Height>,
}

/// What the client has been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    Pending,
    Included(Place),
}

fn status(id: TxId, state: State) -> TransactionStatus {
    TransactionStatus {
        tx_hash: hash(&id),
        state: Some(state),
    }
}

fn included_in(api: &Api, block: &FinalBlock, place: Place) -> Result<Included, Refusal> {
    let receipt = api.transaction(block, place)?.receipt;
    Ok(Included {
        height: place.height.get(),
        index: place.index,
        receipt,
    })
}

/// The last state of a transaction in a final block, with what shows it.
async fn finalized(api: &Api, place: Place) -> Result<State, Refusal> {
    let record = api.block(place.height).await?;
    let finality = Some(api.finality(&record).await?);
    let inclusion = record.inclusion(place.index);
    let included = Some(included_in(api, &record.block, place)?);
    let receipt = usize::try_from(place.index)
        .ok()
        .and_then(|index| record.block.receipts.get(index));
    let succeeded = receipt.is_some_and(Receipt::succeeded);
    Ok(if succeeded {
        State::Finalized(Finalized {
            included,
            inclusion,
            finality,
        })
    } else {
        State::Failed(Failed {
            included,
            inclusion,
            finality,
        })
    })
}

/// Where a transaction stands now.
pub(crate) async fn now(api: &Api, id: TxId) -> Result<TransactionStatus, Refusal> {
    let tip = api.tip();
    let state = match api.backend.status(id).await? {
        TxState::Unknown => return Err(Refusal::tx_not_found(id, &tip)),
        TxState::Pending => State::Pending(Pending {
            height: tip.height.get(),
        }),
        TxState::Included { place, receipt } => {
            State::Included(transaction::included(api.network(), place, &receipt))
        }
        TxState::Final(place) => finalized(api, place).await?,
        TxState::Expired => State::Expired(Expired {
            height: tip.height.get(),
        }),
        TxState::Evicted(reason) => State::Evicted(Evicted { reason }),
    };
    Ok(status(id, state))
}

impl Follow {
    /// Sends every change until the transaction has come as far as asked for, or can come no further.
    pub(crate) async fn run(self, api: Api, outlet: Outlet<WaitTransactionResponse>) -> Result<(), Stop> {
        let mut changes = api.backend.status_changes();
        let mut tips = api.backend.tip();
        let mut told = Told::Nothing;
        loop {
            let looked = Instant::now();
            changes.mark_unchanged();
            // Read before the status: what was not final at this tip can have missed its timeout for good.
            let height = tips.borrow_and_update().height;
            let state = api.backend.status(self.id).await?;
            if self.step(&api, &outlet, &mut told, height, state).await? {
                return Ok(());
            }
            let changed = async {
                tokio::select! {
                    changed = changes.changed() => changed.is_ok(),
                    changed = tips.changed() => changed.is_ok(),
                    () = tokio::time::sleep(TICK) => true,
                }
            };
            if !outlet.wait(changed).await? {
                return Err(Refusal::shutting_down().into());
            }
            outlet.wait(tokio::time::sleep_until(looked + PAUSE)).await?;
        }
    }

    /// Says what is new about `state`, and whether that is the last word.
    async fn step(
        &self,
        api: &Api,
        outlet: &Outlet<WaitTransactionResponse>,
        told: &mut Told,
        height: Height,
        state: TxState,
    ) -> Result<bool, Stop> {
        let late = self.timeout.is_some_and(|timeout| height >= timeout);
        match state {
            TxState::Final(place) => {
                if *told != Told::Included(place) {
                    let record = api.block(place.height).await?;
                    self.say(outlet, State::Included(included_in(api, &record.block, place)?))
                        .await?;
                }
                if !self.included {
                    let last = finalized(api, place).await?;
                    self.say(outlet, last).await?;
                }
                return Ok(true);
            }
            TxState::Expired => {
                return self
                    .last(outlet, State::Expired(Expired { height: height.get() }))
                    .await;
            }
            TxState::Included { .. } | TxState::Pending | TxState::Unknown | TxState::Evicted(_) if late => {
                return self
                    .last(outlet, State::Expired(Expired { height: height.get() }))
                    .await;
            }
            TxState::Evicted(reason) => return self.last(outlet, State::Evicted(Evicted { reason })).await,
            TxState::Included { place, receipt } => {
                if *told != Told::Included(place) {
                    *told = Told::Included(place);
                    self.say(
                        outlet,
                        State::Included(transaction::included(api.network(), place, &receipt)),
                    )
                    .await?;
                }
                return Ok(self.included);
            }
            TxState::Pending => {
                if *told != Told::Pending {
                    *told = Told::Pending;
                    self.say(outlet, State::Pending(Pending { height: height.get() }))
                        .await?;
                }
            }
            TxState::Unknown if self.timeout.is_some() => {}
            TxState::Unknown if *told == Told::Nothing => {
                return Err(Refusal::tx_not_found(self.id, &api.tip()).into());
            }
            TxState::Unknown => {
                let reason = "FORGOTTEN".into();
                return self.last(outlet, State::Evicted(Evicted { reason })).await;
            }
        }
        Ok(false)
    }

    async fn say(&self, outlet: &Outlet<WaitTransactionResponse>, state: State) -> Result<(), Stop> {
        let response = WaitTransactionResponse {
            status: Some(status(self.id, state)),
        };
        outlet.send("", response).await
    }

    async fn last(&self, outlet: &Outlet<WaitTransactionResponse>, state: State) -> Result<bool, Stop> {
        self.say(outlet, state).await.map(|()| true)
    }
}
