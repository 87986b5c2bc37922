//! SubscriptionService: final blocks and their events, from the store as far as they are behind, then as they come.

use crate::api::Api;
use crate::backend::Tip;
use crate::convert::{address, ledger, receipt};
use crate::cursor::{self, EventPlace};
use crate::refusal::Refusal;
use crate::services::filter::Filter;
use crate::services::flow::{Pending, Transactions};
use crate::services::ledger::full_view;
use crate::stream::{self, Frames, Outlet, Stop};
use primitives::{AccountId, Height};
use proto::subscription::v1::subscription_service_server::SubscriptionService;
use proto::subscription::v1::{
    Heartbeat, SubscribeBlocksRequest, SubscribeBlocksResponse, SubscribeEventsRequest,
    SubscribeEventsResponse, SubscribePendingTransactionsRequest, SubscribePendingTransactionsResponse,
    SubscribeTransactionsRequest, SubscribeTransactionsResponse, subscribe_blocks_request,
    subscribe_blocks_response, subscribe_events_request, subscribe_events_response,
    subscribe_transactions_request,
};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tonic::{Request, Response, Status};

pub(crate) struct SubscriptionApi(pub(crate) Api);

impl SubscriptionApi {
    /// The account that a field names, if it names one.
    fn account(&self, field: &'static str, text: &str) -> Result<Option<AccountId>, Refusal> {
        if text.is_empty() {
            return Ok(None);
        }
        address::account(field, self.0.network(), text).map(Some)
    }
}

/// The interval of heartbeats that is asked for.
fn heartbeat(asked_ms: u32) -> Result<Duration, Refusal> {
    match asked_ms {
        0 => Ok(Duration::from_secs(10)),
        1_000..=60_000 => Ok(Duration::from_millis(u64::from(asked_ms))),
        other => Err(Refusal::field(
            "heartbeat_interval_ms",
            format!("{other}, expected 1000 to 60000, or 0"),
        )),
    }
}

pub(super) const fn after(height: Height) -> Height {
    height.saturating_add(Height::new(1))
}

/// Checks that a stream can start with the block at `start`; `first` names the first cursor that is kept.
fn check_start(tip: &Tip, start: Height, first: impl Fn(Height) -> String) -> Result<(), Refusal> {
    let earliest = tip.earliest_block.max(Height::new(1));
    if start < earliest {
        Err(Refusal::cursor_expired(&first(earliest)))
    } else if start > after(tip.height) {
        Err(Refusal::in_future(start, tip.height))
    } else {
        Ok(())
    }
}

/// Waits for the next final block or the time of a heartbeat, whichever comes first.
pub(super) async fn next_block<T>(
    outlet: &Outlet<T>,
    tips: &mut watch::Receiver<Tip>,
    beat: Instant,
) -> Result<(), Stop> {
    let event = async {
        tokio::select! {
            changed = tips.changed() => changed.is_ok(),
            () = tokio::time::sleep_until(beat) => true,
        }
    };
    if outlet.wait(event).await? {
        Ok(())
    } else {
        Err(Refusal::shutting_down().into())
    }
}

struct Blocks {
    api: Api,
    next: Height,
    full: bool,
    interval: Duration,
}

impl Blocks {
    async fn run(mut self, outlet: Outlet<SubscribeBlocksResponse>) -> Result<(), Stop> {
        use subscribe_blocks_response::Frame;
        let mut tips = self.api.backend.tip();
        let mut last = Instant::now();
        loop {
            let tip = *tips.borrow_and_update();
            while self.next <= tip.height {
                let Some(record) = self.api.find_block(self.next).await? else {
                    let earliest = self.api.tip().earliest_block;
                    return Err(Refusal::cursor_expired(&cursor::block(earliest)).into());
                };
                self.send(
                    &outlet,
                    Frame::Block(ledger::block(self.api.network(), &record.block, self.full)),
                )
                .await?;
                self.next = after(self.next);
                last = Instant::now();
            }
            if last.elapsed() >= self.interval {
                self.send(
                    &outlet,
                    Frame::Heartbeat(Heartbeat {
                        height: tip.height.get(),
                    }),
                )
                .await?;
                last = Instant::now();
            }
            next_block(&outlet, &mut tips, last + self.interval).await?;
        }
    }

    async fn send(
        &self,
        outlet: &Outlet<SubscribeBlocksResponse>,
        frame: subscribe_blocks_response::Frame,
    ) -> Result<(), Stop> {
        let cursor = cursor::block(self.next);
        outlet
            .send(
                &cursor,
                SubscribeBlocksResponse {
                    cursor: cursor.clone(),
                    frame: Some(frame),
                },
            )
            .await
    }
}

struct Events {
    api: Api,
    next: EventPlace,
    filter: Filter,
    interval: Duration,
}

impl Events {
    async fn run(mut self, outlet: Outlet<SubscribeEventsResponse>) -> Result<(), Stop> {
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
    async fn block(&mut self, outlet: &Outlet<SubscribeEventsResponse>) -> Result<bool, Stop> {
        let Some(record) = self.api.find_block(self.next.height).await? else {
            let earliest = EventPlace::start(self.api.tip().earliest_block);
            return Err(Refusal::cursor_expired(&earliest.cursor()).into());
        };
        let mut sent = false;
        let from = self.next;
        for event in receipt::occurred(self.api.network(), &record.block) {
            if event.index >= from.index && self.filter.matches(&event) {
                let place = EventPlace {
                    index: event.index,
                    ..from
                };
                let frame = subscribe_events_response::Frame::Event(event.to_wire());
                Self::send(outlet, place, frame).await?;
                sent = true;
            }
        }
        self.next = EventPlace::start(after(self.next.height));
        Ok(sent)
    }

    async fn beat(
        &self,
        outlet: &Outlet<SubscribeEventsResponse>,
        tip: &Tip,
        last: &mut Instant,
    ) -> Result<(), Stop> {
        if last.elapsed() >= self.interval {
            let heartbeat = Heartbeat {
                height: tip.height.get(),
            };
            Self::send(
                outlet,
                self.next,
                subscribe_events_response::Frame::Heartbeat(heartbeat),
            )
            .await?;
            *last = Instant::now();
        }
        Ok(())
    }

    async fn send(
        outlet: &Outlet<SubscribeEventsResponse>,
        place: EventPlace,
        frame: subscribe_events_response::Frame,
    ) -> Result<(), Stop> {
        let cursor = place.cursor();
        outlet
            .send(
                &cursor,
                SubscribeEventsResponse {
                    cursor: cursor.clone(),
                    frame: Some(frame),
                },
            )
            .await
    }
}

#[tonic::async_trait]
impl SubscriptionService for SubscriptionApi {
    type SubscribeBlocksStream = Frames<SubscribeBlocksResponse>;

    async fn subscribe_blocks(
        &self,
        request: Request<SubscribeBlocksRequest>,
    ) -> Result<Response<Self::SubscribeBlocksStream>, Status> {
        let request = request.into_inner();
        let tip = self.0.tip();
        let next = match request.start {
            None => after(tip.height),
            Some(subscribe_blocks_request::Start::FromHeight(height)) => Height::new(height),
            Some(subscribe_blocks_request::Start::FromCursor(cursor)) => cursor::parse_block(&cursor)?,
        };
        check_start(&tip, next, cursor::block)?;
        let blocks = Blocks {
            api: self.0.clone(),
            next,
            full: full_view(request.view)?,
            interval: heartbeat(request.heartbeat_interval_ms)?,
        };
        Ok(Response::new(stream::open(
            &self.0.subscription_terms(),
            |outlet| blocks.run(outlet),
        )))
    }

    type SubscribeEventsStream = Frames<SubscribeEventsResponse>;

    async fn subscribe_events(
        &self,
        request: Request<SubscribeEventsRequest>,
    ) -> Result<Response<Self::SubscribeEventsStream>, Status> {
        let request = request.into_inner();
        let tip = self.0.tip();
        let next = match request.start {
            None => EventPlace::start(after(tip.height)),
            Some(subscribe_events_request::Start::FromHeight(height)) => {
                EventPlace::start(Height::new(height))
            }
            Some(subscribe_events_request::Start::FromCursor(cursor)) => EventPlace::parse(&cursor)?,
        };
        check_start(&tip, next.height, |height| EventPlace::start(height).cursor())?;
        let events = Events {
            api: self.0.clone(),
            next,
            filter: Filter::new(request.filter)?,
            interval: heartbeat(request.heartbeat_interval_ms)?,
        };
        Ok(Response::new(stream::open(
            &self.0.subscription_terms(),
            |outlet| events.run(outlet),
        )))
    }

    type SubscribeTransactionsStream = Frames<SubscribeTransactionsResponse>;

    async fn subscribe_transactions(
        &self,
        request: Request<SubscribeTransactionsRequest>,
    ) -> Result<Response<Self::SubscribeTransactionsStream>, Status> {
        let request = request.into_inner();
        let tip = self.0.tip();
        let next = match request.start {
            None => EventPlace::start(after(tip.height)),
            Some(subscribe_transactions_request::Start::FromHeight(height)) => {
                EventPlace::start(Height::new(height))
            }
            Some(subscribe_transactions_request::Start::FromCursor(cursor)) => {
                EventPlace::parse_transaction(&cursor)?
            }
        };
        check_start(&tip, next.height, |height| {
            EventPlace::start(height).transaction_cursor()
        })?;
        let transactions = Transactions {
            api: self.0.clone(),
            next,
            account: self.account("address", &request.address)?,
            filter: request.filter.map(|asked| Filter::new(Some(asked))).transpose()?,
            interval: heartbeat(request.heartbeat_interval_ms)?,
        };
        Ok(Response::new(stream::open(
            &self.0.subscription_terms(),
            |outlet| transactions.run(outlet),
        )))
    }

    type SubscribePendingTransactionsStream = Frames<SubscribePendingTransactionsResponse>;

    async fn subscribe_pending_transactions(
        &self,
        request: Request<SubscribePendingTransactionsRequest>,
    ) -> Result<Response<Self::SubscribePendingTransactionsStream>, Status> {
        let request = request.into_inner();
        let pending = Pending {
            api: self.0.clone(),
            sender: self.account("sender", &request.sender)?,
            interval: heartbeat(request.heartbeat_interval_ms)?,
        };
        Ok(Response::new(stream::open(
            &self.0.subscription_terms(),
            |outlet| pending.run(outlet),
        )))
    }
}
