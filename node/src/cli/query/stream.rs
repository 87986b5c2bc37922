//! Lists of blocks, transactions and events, and the same as they come.

use crate::cli::context::Context;
use crate::cli::query::ledger::{header_value, transaction_value};
use crate::output::{Failure, columns};
use clap::Args;
use client::{Client, describe};
use primitives::address::{Network, format_account};
use proto::ledger::v1 as wire;
use proto::subscription::v1 as stream;
use serde_json::{Value, json};
use tonic::Streaming;

/// What is asked for by a list or a stream.
#[derive(Debug, Clone, Args)]
pub(crate) struct Range {
    /// Go on with what comes, one row after the other, until Ctrl-C. Without a start, with the next block.
    #[arg(short, long)]
    follow: bool,
    /// The first height [default of a list: the earliest that the node holds].
    #[arg(long, value_name = "HEIGHT")]
    from_height: Option<u64>,
    /// With --follow: go on where another stream ended, with the row that had this cursor.
    #[arg(
        long,
        value_name = "CURSOR",
        requires = "follow",
        conflicts_with = "from_height"
    )]
    from_cursor: Option<String>,
    /// How many rows at most, of a list.
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    limit: u32,
}

/// Which events are meant: all that is given must hold.
#[derive(Debug, Clone, Args)]
pub(crate) struct EventFlags {
    /// The module that says it, such as bank. Given several times: any of them.
    #[arg(long, value_name = "MODULE")]
    module: Vec<String>,
    /// What happened, such as Transferred. Given several times: any of them.
    #[arg(long, value_name = "NAME")]
    name: Vec<String>,
    /// A field and its value, such as to=paldev1…; without a value any. Given several times: all of them.
    #[arg(long = "where", value_name = "KEY[=VALUE]")]
    fields: Vec<String>,
}

impl EventFlags {
    fn filter(&self) -> Option<wire::EventFilter> {
        let term = |module: &str, name: &str, key: &str, value: &str| wire::EventTerm {
            module: module.to_owned(),
            name: name.to_owned(),
            key: key.to_owned(),
            value: value.to_owned(),
        };
        let mut clauses = Vec::new();
        if !self.module.is_empty() {
            let terms = self
                .module
                .iter()
                .map(|module| term(module, "", "", ""))
                .collect();
            clauses.push(wire::EventClause { terms });
        }
        if !self.name.is_empty() {
            let terms = self.name.iter().map(|name| term("", name, "", "")).collect();
            clauses.push(wire::EventClause { terms });
        }
        for field in &self.fields {
            let (key, value) = field.split_once('=').unwrap_or((field, ""));
            let terms = vec![term("", "", key, value)];
            clauses.push(wire::EventClause { terms });
        }
        (!clauses.is_empty()).then_some(wire::EventFilter { clauses })
    }
}

/// A row of a list or a stream.
#[derive(serde::Serialize)]
struct Row {
    #[serde(flatten)]
    value: Value,
    #[serde(skip)]
    cells: Vec<String>,
    #[serde(skip)]
    id: String,
}

/// Says rows as they come; ends with the reason why no more do, and the cursor to go on from.
async fn follow<T>(
    context: &Context,
    client: &Client,
    mut frames: Streaming<T>,
    row: impl Fn(T) -> (String, Option<Row>),
) -> Result<(), Failure> {
    let mut last = String::new();
    loop {
        let failure = match frames.message().await {
            Ok(Some(frame)) => {
                let (cursor, shown) = row(frame);
                if let Some(mut shown) = shown {
                    if let Some(fields) = shown.value.as_object_mut() {
                        fields.insert("cursor".to_owned(), Value::String(cursor.clone()));
                    }
                    say(context, &shown)?;
                }
                last = cursor;
                continue;
            }
            Ok(None) => Failure::unexpected("the node ended the stream without a word"),
            Err(status) => Failure::from(client.refused(&status)),
        };
        return Err(if last.is_empty() {
            failure
        } else {
            let failure = failure.with("last_cursor", &last);
            Failure {
                message: format!("{}; go on with --from-cursor {last}", failure.message),
                ..failure
            }
        });
    }
}

fn say(context: &Context, row: &Row) -> Result<(), Failure> {
    let output = context.output;
    if output.quiet {
        output.line(&row.id)
    } else if output.is_json() {
        output.json(&row.value, false)
    } else {
        output.line(&row.cells.join("  "))
    }
}

fn list(context: &Context, head: &[&str], rows: &[Row]) -> Result<(), Failure> {
    let table = || {
        let cells: Vec<Vec<String>> = rows.iter().map(|row| row.cells.clone()).collect();
        columns(head, &cells)
    };
    context.output.list(rows, table, |row| row.id.clone())
}

fn block_row(block: &wire::Block) -> Row {
    let empty = wire::Header::default();
    let header = block.header.as_ref().unwrap_or(&empty);
    let mut value = header_value(header);
    if let Some(fields) = value.as_object_mut() {
        let hashes: Vec<String> = block.tx_hashes.iter().map(hex::encode).collect();
        fields.insert("tx_hashes".to_owned(), json!(hashes));
        fields.insert("size_bytes".to_owned(), json!(block.size_bytes));
        fields.insert("gas_used".to_owned(), json!(block.gas_used));
    }
    let hash = hex::encode(&header.hash);
    let cells = vec![
        header.height.to_string(),
        header.epoch.to_string(),
        block.tx_hashes.len().to_string(),
        block.gas_used.to_string(),
        hash.clone(),
    ];
    Row {
        value,
        cells,
        id: hash,
    }
}

pub(super) async fn blocks(context: &Context, range: &Range) -> Result<(), Failure> {
    let client = context.connect().await?;
    if range.follow {
        use stream::subscribe_blocks_request::Start;
        use stream::subscribe_blocks_response::Frame;
        let request = stream::SubscribeBlocksRequest {
            start: range.start(Start::FromCursor, Start::FromHeight),
            ..Default::default()
        };
        let mut service = client.subscriptions();
        let frames = client.stream(service.subscribe_blocks(request)).await?;
        return follow(context, &client, frames, |response| {
            let row = match &response.frame {
                Some(Frame::Block(block)) => Some(block_row(block)),
                Some(Frame::Heartbeat(_)) | None => None,
            };
            (response.cursor, row)
        })
        .await;
    }
    let mut ledger = client.ledger();
    let request = wire::ListBlocksRequest {
        page_size: range.limit,
        ..Default::default()
    };
    let page = client.unary(ledger.list_blocks(request)).await?;
    let lowest = range.from_height.unwrap_or(0);
    let height = |block: &wire::Block| block.header.as_ref().map_or(0, |header| header.height);
    let wanted = page.blocks.iter().filter(|block| height(block) >= lowest);
    let rows: Vec<Row> = wanted.map(block_row).collect();
    list(context, &["HEIGHT", "EPOCH", "TXS", "GAS", "HASH"], &rows)
}

fn event_row(event: &wire::Event) -> Row {
    let mut value = describe::event(event);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("height".to_owned(), json!(event.height));
        fields.insert("index".to_owned(), json!(event.index));
        let hash = (!event.tx_hash.is_empty()).then(|| hex::encode(&event.tx_hash));
        fields.insert("tx_hash".to_owned(), json!(hash));
    }
    let fields: Vec<String> = event
        .attributes
        .iter()
        .map(|attribute| format!("{}={}", attribute.key, attribute.value))
        .collect();
    let cells = vec![
        event.height.to_string(),
        event.index.to_string(),
        format!("{}.{}", event.module, event.name),
        fields.join(" "),
    ];
    Row {
        value,
        cells,
        id: format!("{}.{}", event.height, event.index),
    }
}

pub(super) async fn events(context: &Context, flags: &EventFlags, range: &Range) -> Result<(), Failure> {
    let client = context.connect().await?;
    if range.follow {
        use stream::subscribe_events_request::Start;
        use stream::subscribe_events_response::Frame;
        let request = stream::SubscribeEventsRequest {
            start: range.start(Start::FromCursor, Start::FromHeight),
            filter: flags.filter(),
            ..Default::default()
        };
        let mut service = client.subscriptions();
        let frames = client.stream(service.subscribe_events(request)).await?;
        return follow(context, &client, frames, |response| {
            let row = match &response.frame {
                Some(Frame::Event(event)) => Some(event_row(event)),
                Some(Frame::Heartbeat(_)) | None => None,
            };
            (response.cursor, row)
        })
        .await;
    }
    let wanted = usize::try_from(range.limit).unwrap_or(usize::MAX);
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let mut ledger = client.ledger();
        let request = wire::ListEventsRequest {
            filter: flags.filter(),
            from_height: range.from_height.unwrap_or(0),
            page_size: range.limit,
            page_token,
            ..Default::default()
        };
        let page = client.unary(ledger.list_events(request)).await?;
        found.extend(page.events);
        page_token = page.next_page_token;
        if page_token.is_empty() || found.len() >= wanted {
            break;
        }
    }
    let rows: Vec<Row> = found.iter().take(wanted).map(event_row).collect();
    list(context, &["HEIGHT", "INDEX", "EVENT", "FIELDS"], &rows)
}

fn transaction_row(network: Network, one: &wire::Transaction) -> Row {
    let hash = hex::encode(&one.tx_hash);
    let receipt = one.receipt.as_ref();
    let result = match receipt.and_then(|receipt| receipt.result.as_ref()) {
        Some(wire::receipt::Result::Failure(failure)) => failure.reason.clone(),
        Some(wire::receipt::Result::Success(_)) => "success".to_owned(),
        None => "-".to_owned(),
    };
    let cells = vec![
        one.height.to_string(),
        one.index.to_string(),
        hash.clone(),
        result,
    ];
    Row {
        value: transaction_value(network, one),
        cells,
        id: hash,
    }
}

/// The address that a text names; nothing for none.
fn address(context: &Context, network: Network, text: Option<&str>) -> Result<String, Failure> {
    text.map_or_else(
        || Ok(String::new()),
        |text| Ok(format_account(network, &context.account(text, Some(network))?)),
    )
}

pub(super) async fn transactions(
    context: &Context,
    account: Option<&str>,
    range: &Range,
) -> Result<(), Failure> {
    let client = context.connect().await?;
    let network = client.chain().await?.network;
    let address = address(context, network, account)?;
    if range.follow {
        use stream::subscribe_transactions_request::Start;
        use stream::subscribe_transactions_response::Frame;
        let request = stream::SubscribeTransactionsRequest {
            start: range.start(Start::FromCursor, Start::FromHeight),
            address,
            ..Default::default()
        };
        let mut service = client.subscriptions();
        let frames = client.stream(service.subscribe_transactions(request)).await?;
        return follow(context, &client, frames, |response| {
            let row = match &response.frame {
                Some(Frame::Transaction(one)) => Some(transaction_row(network, one)),
                Some(Frame::Heartbeat(_)) | None => None,
            };
            (response.cursor, row)
        })
        .await;
    }
    let mut ledger = client.ledger();
    let request = wire::ListTransactionsRequest {
        address,
        min_height: range.from_height.unwrap_or(0),
        page_size: range.limit,
        ..Default::default()
    };
    let page = client.unary(ledger.list_transactions(request)).await?;
    let rows: Vec<Row> = page
        .transactions
        .iter()
        .map(|one| transaction_row(network, one))
        .collect();
    list(context, &["HEIGHT", "INDEX", "HASH", "RESULT"], &rows)
}

/// What waits in the node's mempool, and what comes to it.
pub(super) async fn pending(context: &Context, sender: Option<&str>) -> Result<(), Failure> {
    use stream::subscribe_pending_transactions_response::Frame;
    let client = context.connect().await?;
    let network = client.chain().await?.network;
    let request = stream::SubscribePendingTransactionsRequest {
        sender: address(context, network, sender)?,
        ..Default::default()
    };
    let mut service = client.subscriptions();
    let frames = client
        .stream(service.subscribe_pending_transactions(request))
        .await?;
    follow(context, &client, frames, |response| {
        let row = match &response.frame {
            Some(Frame::Transaction(one)) => {
                let hash = hex::encode(&one.tx_hash);
                let body = client::transaction::peek(&one.tx)
                    .map_or(Value::Null, |(body, _)| describe::body(network, &body));
                Some(Row {
                    value: json!({"tx_hash": hash, "body": body}),
                    cells: vec![hash.clone()],
                    id: hash,
                })
            }
            Some(Frame::Heartbeat(_)) | None => None,
        };
        (response.cursor, row)
    })
    .await
}

impl Range {
    fn start<S>(&self, cursor: impl FnOnce(String) -> S, height: impl FnOnce(u64) -> S) -> Option<S> {
        match (&self.from_cursor, self.from_height) {
            (Some(text), _) => Some(cursor(text.clone())),
            (None, Some(from)) => Some(height(from)),
            (None, None) => None,
        }
    }
}
