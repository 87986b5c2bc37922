//! What happens on the chain: final blocks, and the events that ask operators for something.

use client::{Client, Error};
use primitives::{ChainClock, Digest, ServiceId};
use proto::ledger::v1::{BlockView, Event, EventClause, EventFilter, EventTerm};
use proto::subscription::v1 as wire;
use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// The first and the longest pause before a lost stream is opened again.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A round of an oracle's feed that opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) height: u64,
    pub(crate) feed: u64,
    pub(crate) round: u64,
    pub(crate) service: ServiceId,
    pub(crate) decimals: u32,
    pub(crate) least: u128,
    pub(crate) most: u128,
    pub(crate) commit_until: ChainClock,
    pub(crate) reveal_until: ChainClock,
}

/// A task that was posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Posted {
    pub(crate) height: u64,
    pub(crate) task: u64,
    pub(crate) service: ServiceId,
    pub(crate) payload: Digest,
    pub(crate) salted: bool,
    pub(crate) commit_until: ChainClock,
    pub(crate) respond_until: ChainClock,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// A block is final.
    Block {
        /// Its height.
        height: u64,
        /// Its chain time.
        now: ChainClock,
    },
    /// A round opened.
    Opened(Opened),
    /// A task was posted.
    Posted(Posted),
    /// A stream was lost; it is opened again.
    Lost(String),
}

/// A field of an event.
fn field<T: FromStr>(fields: &BTreeMap<&str, &str>, name: &str) -> Option<T> {
    fields.get(name)?.parse().ok()
}

/// What an event asks for; none for one that asks nothing, or is not as this program knows it.
pub(crate) fn read(event: &Event) -> Option<News> {
    let fields: BTreeMap<&str, &str> = event
        .attributes
        .iter()
        .map(|attribute| (attribute.key.as_str(), attribute.value.as_str()))
        .collect();
    let clock = |name| field(&fields, name).map(ChainClock::new);
    let service = field(&fields, "service").map(ServiceId::new);
    match (event.module.as_str(), event.name.as_str()) {
        ("oracle", "RoundOpened") => Some(News::Opened(Opened {
            height: event.height,
            feed: field(&fields, "feed")?,
            round: field(&fields, "round")?,
            service: service?,
            decimals: field(&fields, "decimals")?,
            least: field(&fields, "least")?,
            most: field(&fields, "most")?,
            commit_until: clock("commit_until")?,
            reveal_until: clock("reveal_until")?,
        })),
        ("dss", "TaskPosted") => Some(News::Posted(Posted {
            height: event.height,
            task: field(&fields, "task")?,
            service: service?,
            payload: Digest::from_slice(&hex::decode(fields.get("payload")?).ok()?)?,
            salted: field(&fields, "salted")?,
            commit_until: clock("commit_until")?,
            respond_until: clock("respond_until")?,
        })),
        _ => None,
    }
}

/// Tells of everything from `from` on, until `stop` or until nobody listens.
pub(crate) fn start(client: &Client, from: u64, news: &mpsc::Sender<News>, stop: &CancellationToken) {
    let spawn = |work: Work| {
        let (client, news, stop) = (client.clone(), news.clone(), stop.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = forever(work, &client, from, &news) => {}
            }
        });
    };
    spawn(Work::Events);
    spawn(Work::Blocks);
}

#[derive(Clone, Copy, Debug)]
enum Work {
    Blocks,
    Events,
}

async fn forever(work: Work, client: &Client, from: u64, news: &mpsc::Sender<News>) {
    let mut next = from;
    let mut pause = FIRST_PAUSE;
    loop {
        let before = next;
        let ended = match work {
            Work::Blocks => blocks(client, &mut next, news).await,
            Work::Events => events(client, &mut next, news).await,
        };
        let Some(error) = ended else { return };
        // The node does not hold what lies so far back: what it can tell begins later.
        if error.rejection().is_some_and(client::Rejection::is_missing)
            && let Ok(height) = client.height().await
        {
            next = next.max(height.get());
        }
        if news.send(News::Lost(error.to_string())).await.is_err() {
            return;
        }
        if next > before {
            pause = FIRST_PAUSE;
        }
        sleep(pause).await;
        pause = LONGEST_PAUSE.min(pause.saturating_mul(2));
    }
}

fn ended(client: &Client) -> Error {
    Error::Unreachable {
        url: client.url().to_owned(),
        reason: "the node ended the stream".into(),
    }
}

async fn blocks(client: &Client, next: &mut u64, news: &mpsc::Sender<News>) -> Option<Error> {
    use wire::subscribe_blocks_request::Start;
    use wire::subscribe_blocks_response::Frame;
    let request = wire::SubscribeBlocksRequest {
        start: Some(Start::FromHeight(*next)),
        view: BlockView::Basic.into(),
        heartbeat_interval_ms: 0,
    };
    let mut service = client.subscriptions();
    let mut stream = match client.stream(service.subscribe_blocks(request)).await {
        Ok(stream) => stream,
        Err(error) => return Some(error),
    };
    loop {
        match stream.message().await {
            Ok(Some(response)) => {
                let Some(Frame::Block(block)) = response.frame else {
                    continue;
                };
                let Some(header) = block.header else { continue };
                let block = News::Block {
                    height: header.height,
                    now: ChainClock::new(header.chain_clock_ms),
                };
                if news.send(block).await.is_err() {
                    return None;
                }
                *next = header.height.saturating_add(1);
            }
            Ok(None) => return Some(ended(client)),
            Err(status) => return Some(client.refused(&status)),
        }
    }
}

fn filter() -> EventFilter {
    let term = |module: &str, name: &str| EventTerm {
        module: module.to_owned(),
        name: name.to_owned(),
        ..EventTerm::default()
    };
    EventFilter {
        clauses: vec![EventClause {
            terms: vec![term("oracle", "RoundOpened"), term("dss", "TaskPosted")],
        }],
    }
}

/// An event may be told twice after a lost stream: whoever listens knows what it knows.
async fn events(client: &Client, next: &mut u64, news: &mpsc::Sender<News>) -> Option<Error> {
    use wire::subscribe_events_request::Start;
    use wire::subscribe_events_response::Frame;
    let request = wire::SubscribeEventsRequest {
        start: Some(Start::FromHeight(*next)),
        filter: Some(filter()),
        heartbeat_interval_ms: 0,
    };
    let mut service = client.subscriptions();
    let mut stream = match client.stream(service.subscribe_events(request)).await {
        Ok(stream) => stream,
        Err(error) => return Some(error),
    };
    loop {
        match stream.message().await {
            Ok(Some(response)) => {
                let Some(Frame::Event(event)) = response.frame else {
                    continue;
                };
                *next = event.height.max(*next);
                if let Some(told) = read(&event) {
                    if news.send(told).await.is_err() {
                        return None;
                    }
                } else {
                    tracing::warn!(
                        module = event.module,
                        name = event.name,
                        "an event is not as this program knows it: is the node newer?"
                    );
                }
            }
            Ok(None) => return Some(ended(client)),
            Err(status) => return Some(client.refused(&status)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::ledger::v1::EventAttribute;

    fn event(module: &str, name: &str, fields: &[(&str, &str)]) -> Event {
        Event {
            height: 5,
            module: module.to_owned(),
            name: name.to_owned(),
            attributes: fields
                .iter()
                .map(|(key, value)| EventAttribute {
                    key: (*key).to_owned(),
                    value: (*value).to_owned(),
                })
                .collect(),
            ..Event::default()
        }
    }

    #[test]
    fn an_open_round_is_read_and_an_event_that_lacks_something_is_not() {
        let fields = [
            ("feed", "1"),
            ("round", "2"),
            ("service", "3"),
            ("decimals", "2"),
            ("least", "10"),
            ("most", "1000"),
            ("commit_until", "700"),
            ("reveal_until", "900"),
            ("fee", "0"),
        ];
        let Some(News::Opened(found)) = read(&event("oracle", "RoundOpened", &fields)) else {
            panic!("not read");
        };
        assert_eq!(
            (found.feed, found.round, found.decimals, found.height),
            (1, 2, 2, 5)
        );
        assert_eq!(found.reveal_until, ChainClock::new(900));
        assert_eq!(read(&event("oracle", "RoundOpened", &fields[1..])), None);
        assert_eq!(read(&event("bank", "Transferred", &fields)), None);
        let payload = "07".repeat(32);
        let fields = [
            ("task", "1"),
            ("service", "3"),
            ("payload", payload.as_str()),
            ("salted", "true"),
            ("commit_until", "700"),
            ("respond_until", "900"),
        ];
        let Some(News::Posted(found)) = read(&event("dss", "TaskPosted", &fields)) else {
            panic!("not read");
        };
        assert_eq!((found.payload, found.salted), (Digest::new([7; 32]), true));
    }
}
