//! Transactions as streams: those of final blocks, and those that wait.

use crate::api::Api;
use crate::backend::{FinalBlock, Place, Tip, Waiting};
use crate::convert::{hash, parse_hash, receipt, transaction};
use crate::cursor::EventPlace;
use crate::refusal::Refusal;
use crate::services::filter::Filter;
use crate::services::subscription::{after, next_block};
use crate::stream::{Outlet, Stop};
use primitives::AccountId;
use proto::subscription::v1::{
    Heartbeat, PendingTransaction, SubscribePendingTransactionsResponse, SubscribeTransactionsResponse,
    subscribe_pending_transactions_response, subscribe_transactions_response,
};
use runtime::query::accounts_of;
use std::time::Duration;
use tokio::time::Instant;

/// Waiting transactions asked for at once.
const BATCH: usize = 256;

/// Transactions of final blocks. Their places are those of events: height and position.
pub(super) struct Transactions {
    pub(super) api: Api,
    pub(super) next: EventPlace,
    pub(super) account: Option<AccountId>,
    pub(super) filter: Option<Filter>,
    pub(super) interval: Duration,
}

impl Transactions {
    pub(super) async fn run(mut self, outlet: Outlet<SubscribeTransactionsResponse>) -> Result<(), Stop> {
        let mut tips = self.api.backend.tip();
        let mut last = Instant::now();
        loop {
            let tip = *tips.borrow_and_update();
            while self.next.height <= tip.height {
                if self.block(&outlet).await? {
                    last = Instant::now();
                }
                self.beat(&outlet, &tip, &mut last).await?;
            }
            self.beat(&outlet, &tip, &mut last).await?;
            next_block(&outlet, &mut tips, last + self.interval).await?;
        }
    }

    /// Sends what the next block has, and says whether it had anything.
    async fn block(&mut self, outlet: &Outlet<SubscribeTransactionsResponse>) -> Result<bool, Stop> {
        let Some(record) = self.api.find_block(self.next.height).await? else {
            let earliest = EventPlace::start(self.api.tip().earliest_block);
            return Err(Refusal::cursor_expired(&earliest.transaction_cursor()).into());
        };
        let block = &record.block;
        let meant = self.meant(block);
        let mut sent = false;
        let from = self.next.index;
        for (index, _) in (0u32..)
            .zip(meant)
            .filter(|(index, meant)| *meant && *index >= from)
        {
            let place = EventPlace { index, ..self.next };
            let height = place.height;
            let one = self.api.transaction(block, Place { height, index })?;
            let frame = subscribe_transactions_response::Frame::Transaction(one);
            Self::send(outlet, place, frame).await?;
            sent = true;
        }
        self.next = EventPlace::start(after(self.next.height));
        Ok(sent)
    }

    /// For each transaction of a block whether it is meant.
    fn meant(&self, block: &FinalBlock) -> Vec<bool> {
        let mut meant = vec![self.filter.is_none(); block.receipts.len()];
        if let Some(filter) = &self.filter {
            for event in receipt::occurred(self.api.network(), block) {
                let position = event
                    .transaction
                    .and_then(|(index, _)| usize::try_from(index).ok());
                if let Some(place) = position.and_then(|position| meant.get_mut(position))
                    && !*place
                {
                    *place = filter.matches(&event);
                }
            }
        }
        if let Some(account) = &self.account {
            for (index, place) in meant.iter_mut().enumerate() {
                *place = *place && concerns(block, index, account);
            }
        }
        meant
    }

    async fn beat(
        &self,
        outlet: &Outlet<SubscribeTransactionsResponse>,
        tip: &Tip,
        last: &mut Instant,
    ) -> Result<(), Stop> {
        if last.elapsed() >= self.interval {
            let height = tip.height.get();
            let frame = subscribe_transactions_response::Frame::Heartbeat(Heartbeat { height });
            Self::send(outlet, self.next, frame).await?;
            *last = Instant::now();
        }
        Ok(())
    }

    async fn send(
        outlet: &Outlet<SubscribeTransactionsResponse>,
        place: EventPlace,
        frame: subscribe_transactions_response::Frame,
    ) -> Result<(), Stop> {
        let cursor = place.transaction_cursor();
        let response = SubscribeTransactionsResponse {
            cursor: cursor.clone(),
            frame: Some(frame),
        };
        outlet.send(&cursor, response).await
    }
}

/// Whether `account` sent a transaction of a block, or is named by one of its events.
fn concerns(block: &FinalBlock, index: usize, account: &AccountId) -> bool {
    let named = block.receipts.get(index).is_some_and(|receipt| {
        receipt
            .events
            .iter()
            .flat_map(accounts_of)
            .any(|one| one == *account)
    });
    named
        || block
            .block
            .transactions
            .get(index)
            .and_then(|bytes| sender(bytes))
            == Some(*account)
}

/// Who sent an encoded transaction.
fn sender(bytes: &[u8]) -> Option<AccountId> {
    let (_, body) = transaction::decode_signed(bytes).ok()?;
    parse_hash("sender", &body.sender).ok()
}

/// Transactions that wait.
pub(super) struct Pending {
    pub(super) api: Api,
    pub(super) sender: Option<AccountId>,
    pub(super) interval: Duration,
}

impl Pending {
    pub(super) async fn run(self, outlet: Outlet<SubscribePendingTransactionsResponse>) -> Result<(), Stop> {
        use subscribe_pending_transactions_response::Frame;
        let mut arrivals = self.api.backend.arrivals();
        let (mut told, mut last) = (0u64, Instant::now());
        loop {
            arrivals.borrow_and_update();
            loop {
                let batch = self.api.backend.waiting(told, BATCH).await;
                let Some(newest) = batch.last() else { break };
                let newest = newest.arrival;
                for one in batch.into_iter().filter(|one| self.is_meant(one)) {
                    let transaction = PendingTransaction {
                        tx_hash: hash(&one.id),
                        tx: one.bytes,
                    };
                    send(&outlet, one.arrival, Frame::Transaction(transaction)).await?;
                    last = Instant::now();
                }
                told = newest;
            }
            if last.elapsed() >= self.interval {
                let height = self.api.tip().height.get();
                send(&outlet, told, Frame::Heartbeat(Heartbeat { height })).await?;
                last = Instant::now();
            }
            let beat = last + self.interval;
            let event = async {
                tokio::select! {
                    changed = arrivals.changed() => changed.is_ok(),
                    () = tokio::time::sleep_until(beat) => true,
                }
            };
            if !outlet.wait(event).await? {
                return Err(Refusal::shutting_down().into());
            }
        }
    }

    fn is_meant(&self, waiting: &Waiting) -> bool {
        self.sender.is_none_or(|sender| sender == waiting.sender)
    }
}

async fn send(
    outlet: &Outlet<SubscribePendingTransactionsResponse>,
    arrival: u64,
    frame: subscribe_pending_transactions_response::Frame,
) -> Result<(), Stop> {
    let cursor = format!("p{arrival}");
    let response = SubscribePendingTransactionsResponse {
        cursor: cursor.clone(),
        frame: Some(frame),
    };
    outlet.send(&cursor, response).await
}
