//! One stream of final blocks, by which every transaction's end is seen.

use crate::connection::Client;
use crate::error::Error;
use crate::load::stats::Tracker;
use primitives::{Height, TxId};
use proto::ledger::v1::BlockView;
use proto::subscription::v1 as wire;
use proto::subscription::v1::subscribe_blocks_request::Start;
use proto::subscription::v1::subscribe_blocks_response::Frame;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often in a row a lost stream is opened again without a block in between.
const ATTEMPTS: u32 = 20;
/// How long is waited in between.
const PAUSE: Duration = Duration::from_millis(250);

/// Tells the tracker of every transaction in every final block from `from` on, until aborted. A stream that is lost
/// goes on where it ended.
pub(super) async fn blocks(client: Client, from: Height, tracker: Arc<Tracker>) -> Result<(), Error> {
    let mut next = from.get();
    let mut attempts = 0;
    loop {
        let before = next;
        let error = follow(&client, &mut next, &tracker).await;
        attempts = if next > before { 0 } else { attempts + 1 };
        if attempts >= ATTEMPTS {
            return Err(error);
        }
        sleep(PAUSE).await;
    }
}

async fn follow(client: &Client, next: &mut u64, tracker: &Tracker) -> Error {
    let mut service = client.subscriptions();
    let request = wire::SubscribeBlocksRequest {
        start: Some(Start::FromHeight(*next)),
        view: BlockView::Basic.into(),
        heartbeat_interval_ms: 0,
    };
    let mut stream = match client.stream(service.subscribe_blocks(request)).await {
        Ok(stream) => stream,
        Err(error) => return error,
    };
    loop {
        match stream.message().await {
            Ok(Some(response)) => {
                let now = Instant::now();
                if let Some(Frame::Block(block)) = response.frame {
                    let ids = block.tx_hashes.iter().filter_map(|hash| TxId::from_slice(hash));
                    tracker.finalized(ids, now);
                    *next = block
                        .header
                        .map_or(*next, |header| header.height)
                        .saturating_add(1);
                }
            }
            Ok(None) => {
                return Error::Unreachable {
                    url: client.url().to_owned(),
                    reason: "the node ended the stream of blocks".into(),
                };
            }
            Err(status) => return client.refused(&status),
        }
    }
}
