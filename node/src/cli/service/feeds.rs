//! Feeds, their rounds and prices, and what stake is valued by, as people read them.

use crate::cli::context::Context;
use crate::cli::query::lacking;
use crate::cli::restaking::{Asked, PAGE, duration, left, pages, percent};
use crate::output::{Failure, Show, columns, pairs};
use client::amount;
use primitives::Amount;
use proto::ledger::v1::ReadContext;
use proto::oracle::v1 as wire;
use proto::oracle::v1::asset_valuation::Source;
use serde_json::{Value, json};

/// A feed with its rounds and prices.
struct Page {
    value: Value,
    text: String,
    id: String,
}

impl serde::Serialize for Page {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl Show for Page {
    fn table(&self) -> String {
        self.text.clone()
    }
    fn id(&self) -> Option<String> {
        Some(self.id.clone())
    }
}

/// A value in units of its last digit as people read it; `-` for none.
fn figure(text: &str, decimals: u32) -> String {
    let decimals = u8::try_from(decimals).unwrap_or(u8::MAX);
    text.parse::<Amount>()
        .map_or_else(|_| "-".to_owned(), |value| amount::format(value, decimals))
}

const fn weighing(weighing: wire::Weighing) -> &'static str {
    match weighing {
        wire::Weighing::Unspecified => "unknown",
        wire::Weighing::Stake => "stake",
        wire::Weighing::Power => "power",
    }
}

fn price_json(one: &wire::Price) -> Value {
    json!({
        "value": one.value, "decimals": one.decimals, "round": one.round, "epoch": one.epoch, "at_ms": one.at_ms,
    })
}

fn feed_json(one: &wire::Feed) -> Value {
    json!({
        "feed_id": one.feed_id,
        "service_id": one.service_id,
        "base_asset_id": one.base_asset_id,
        "quote_asset_id": one.quote_asset_id,
        "decimals": one.decimals,
        "least": one.least,
        "most": one.most,
        "every_ms": one.every_ms,
        "commit_ms": one.commit_ms,
        "reveal_ms": one.reveal_ms,
        "tolerance_bps": one.tolerance_bps,
        "fee_asset_id": one.fee_asset_id,
        "fee": one.fee,
        "weighing": weighing(one.weighing()),
        "rounds": one.rounds,
        "open": one.open,
        "due_ms": one.due_ms,
        "ended": one.ended,
        "price": one.price.as_ref().map(price_json),
    })
}

fn round_json(one: &wire::Round) -> Value {
    let outcome = one.outcome.as_ref().map(|outcome| {
        json!({
            "price": if outcome.price.is_empty() { Value::Null } else { json!(outcome.price) },
            "revealed": outcome.revealed, "shown": outcome.shown, "near": outcome.near, "paid": outcome.paid,
        })
    });
    json!({
        "round": one.round,
        "epoch": one.epoch,
        "opened_at_ms": one.opened_at_ms,
        "commit_until_ms": one.commit_until_ms,
        "reveal_until_ms": one.reveal_until_ms,
        "least": one.least,
        "most": one.most,
        "fee": one.fee,
        "total_weight": one.total_weight,
        "outcome": outcome,
    })
}

/// What a feed does now, in words.
fn state(one: &wire::Feed, read: Option<&ReadContext>) -> String {
    match (one.ended, one.open) {
        (_, true) => format!(
            "round {} closes {}",
            one.rounds.saturating_sub(1),
            left(read, one.due_ms)
        ),
        (true, false) => "ended".to_owned(),
        (false, false) => format!("next round {}", left(read, one.due_ms)),
    }
}

fn pair(asked: &Asked, one: &wire::Feed) -> String {
    format!(
        "{}/{}",
        asked.symbol(one.base_asset_id),
        asked.symbol(one.quote_asset_id)
    )
}

fn last(one: &wire::Feed) -> String {
    one.price
        .as_ref()
        .map_or_else(|| "-".to_owned(), |price| figure(&price.value, price.decimals))
}

/// Every feed, or those of one service.
pub(super) async fn list(context: &Context, service_id: Option<u32>) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let feeds = pages(async |page_token| {
        let mut client = asked.client.feeds();
        let request = wire::ListFeedsRequest {
            service_id,
            page_size: PAGE,
            page_token,
            ..wire::ListFeedsRequest::default()
        };
        let page = asked.client.unary(client.list_feeds(request)).await?;
        let with = page.feeds.into_iter().map(|one| (one, page.context.clone()));
        Ok((with.collect(), page.next_page_token))
    })
    .await?;
    let shown: Vec<Value> = feeds.iter().map(|(one, _)| feed_json(one)).collect();
    let table = || {
        let row = |(one, read): &(wire::Feed, Option<ReadContext>)| {
            vec![
                one.feed_id.to_string(),
                pair(&asked, one),
                last(one),
                one.service_id.to_string(),
                weighing(one.weighing()).to_owned(),
                duration(one.every_ms),
                state(one, read.as_ref()),
            ]
        };
        let rows: Vec<Vec<String>> = feeds.iter().map(row).collect();
        columns(
            &["FEED", "PAIR", "PRICE", "SERVICE", "WEIGHED BY", "EVERY", "STATE"],
            &rows,
        )
    };
    context
        .output
        .list(&shown, table, |row| row["feed_id"].to_string())
}

/// The last prices of a feed, the latest first.
async fn history(asked: &Asked, feed_id: u64, most: u32) -> Result<Vec<wire::Price>, Failure> {
    let mut client = asked.client.feeds();
    let request = wire::ListPricesRequest {
        feed_id,
        page_size: most,
        ..wire::ListPricesRequest::default()
    };
    Ok(asked.client.unary(client.list_prices(request)).await?.prices)
}

fn head(asked: &Asked, feed: &wire::Feed, read: Option<&ReadContext>) -> String {
    let bounds = format!(
        "{} to {}",
        figure(&feed.least, feed.decimals),
        figure(&feed.most, feed.decimals)
    );
    let rhythm = format!(
        "every {}: {} to commit, {} to reveal",
        duration(feed.every_ms),
        duration(feed.commit_ms),
        duration(feed.reveal_ms)
    );
    let pays = format!(
        "{} a round, to those within {} of the median",
        asked.coin(feed.fee_asset_id, &feed.fee),
        percent(feed.tolerance_bps)
    );
    pairs(&[
        ("feed", feed.feed_id.to_string()),
        ("pair", pair(asked, feed)),
        ("price", last(feed)),
        ("service", feed.service_id.to_string()),
        ("weighed by", weighing(feed.weighing()).to_owned()),
        ("bounds", bounds),
        ("rounds", rhythm),
        ("pays", pays),
        ("state", state(feed, read)),
    ])
}

/// Prices as rows: how long ago, from the read's chain time.
fn prices(found: &[wire::Price], read: Option<&ReadContext>) -> String {
    let now = read.map_or(0, |read| read.chain_clock_ms);
    let row = |one: &wire::Price| {
        vec![
            one.round.to_string(),
            figure(&one.value, one.decimals),
            one.epoch.to_string(),
            format!("{} ago", duration(now.saturating_sub(one.at_ms))),
        ]
    };
    columns(
        &["ROUND", "PRICE", "EPOCH", "CLOSED"],
        &found.iter().map(row).collect::<Vec<_>>(),
    )
}

/// One feed: its rules, its open round, its last prices.
pub(super) async fn one(context: &Context, feed_id: u64, most: u32) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let mut client = asked.client.feeds();
    let request = wire::GetFeedRequest {
        feed_id,
        ..wire::GetFeedRequest::default()
    };
    let answer = asked.client.unary(client.get_feed(request)).await?;
    let feed = answer.feed.ok_or_else(|| lacking("feed"))?;
    let found = history(&asked, feed_id, most).await?;
    let mut value = feed_json(&feed);
    value["open_round"] = answer.open_round.as_ref().map_or(Value::Null, round_json);
    value["history"] = found.iter().map(price_json).collect();
    let mut text = head(&asked, &feed, answer.context.as_ref());
    if !found.is_empty() {
        text = format!("{text}\n\n{}", prices(&found, answer.context.as_ref()));
    }
    let id = feed_id.to_string();
    context.output.show(&Page { value, text, id })
}

/// The rounds of a feed that are not forgotten.
pub(super) async fn rounds(context: &Context, feed_id: u64) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let mut client = asked.client.feeds();
    let request = wire::GetFeedRequest {
        feed_id,
        ..wire::GetFeedRequest::default()
    };
    let answer = asked.client.unary(client.get_feed(request)).await?;
    let feed = answer.feed.ok_or_else(|| lacking("feed"))?;
    let rounds = pages(async |page_token| {
        let mut client = asked.client.feeds();
        let request = wire::ListRoundsRequest {
            feed_id,
            page_size: PAGE,
            page_token,
            ..wire::ListRoundsRequest::default()
        };
        let page = asked.client.unary(client.list_rounds(request)).await?;
        Ok((page.rounds, page.next_page_token))
    })
    .await?;
    let shown: Vec<Value> = rounds.iter().map(round_json).collect();
    let table = || {
        let row = |one: &wire::Round| {
            let outcome = one.outcome.as_ref();
            vec![
                one.round.to_string(),
                outcome.map_or_else(
                    || "open".to_owned(),
                    |outcome| figure(&outcome.price, feed.decimals),
                ),
                outcome.map_or_else(|| "-".to_owned(), |outcome| outcome.shown.to_string()),
                outcome.map_or_else(|| "-".to_owned(), |outcome| outcome.near.to_string()),
                asked.coin(feed.fee_asset_id, &one.fee),
                one.epoch.to_string(),
            ]
        };
        let rows: Vec<Vec<String>> = rounds.iter().map(row).collect();
        columns(&["ROUND", "PRICE", "SHOWN", "NEAR", "SET ASIDE", "EPOCH"], &rows)
    };
    context.output.list(&shown, table, |row| row["round"].to_string())
}

fn source(one: &wire::AssetValuation) -> String {
    match &one.source {
        Some(Source::FeedId(feed)) => format!("feed {feed}"),
        Some(Source::Stated(_)) => "stated".to_owned(),
        None => "-".to_owned(),
    }
}

fn valuation_json(one: &wire::AssetValuation) -> Value {
    let source = match &one.source {
        Some(Source::FeedId(feed)) => json!({"feed_id": feed}),
        Some(Source::Stated(price)) => json!({"stated": price}),
        None => Value::Null,
    };
    json!({
        "asset_id": one.asset_id,
        "price": one.price,
        "at_ms": one.at_ms,
        "haircut_bps": one.haircut_bps,
        "deposit_cap": if one.deposit_cap.is_empty() { Value::Null } else { json!(one.deposit_cap) },
        "power_cap_bps": one.power_cap_bps,
        "source": source,
    })
}

/// What stake in each asset is valued by.
pub(super) async fn valuations(context: &Context) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let all = pages(async |page_token| {
        let mut client = asked.client.feeds();
        let request = wire::ListValuationsRequest {
            page_size: PAGE,
            page_token,
            ..wire::ListValuationsRequest::default()
        };
        let page = asked.client.unary(client.list_valuations(request)).await?;
        Ok((page.valuations, page.next_page_token))
    })
    .await?;
    let shown: Vec<Value> = all.iter().map(valuation_json).collect();
    let table = || {
        let row = |one: &wire::AssetValuation| {
            let cap = if one.deposit_cap.is_empty() {
                "-".to_owned()
            } else {
                asked.coin(one.asset_id, &one.deposit_cap)
            };
            vec![
                asked.symbol(one.asset_id),
                asked.price(one.asset_id, &one.price),
                percent(one.haircut_bps),
                percent(one.power_cap_bps),
                cap,
                source(one),
            ]
        };
        let rows: Vec<Vec<String>> = all.iter().map(row).collect();
        columns(
            &[
                "ASSET",
                "COUNTS FOR",
                "HAIRCUT",
                "MOST OF POWER",
                "DEPOSIT CAP",
                "FOLLOWS",
            ],
            &rows,
        )
    };
    context
        .output
        .list(&shown, table, |row| row["asset_id"].to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_with_its_point_and_none_as_a_dash() {
        assert_eq!(figure("10050", 2), "100.5");
        assert_eq!(figure("", 2), "-");
    }

    #[derive(Debug, clap::Parser)]
    struct Line {
        #[command(subcommand)]
        verb: super::super::Verb,
    }

    #[test]
    fn feeds_are_asked_for_by_number_and_by_service() {
        use super::super::Verb;
        use clap::Parser;
        let read = |words: &[&str]| Line::try_parse_from(words).map(|line| line.verb);
        assert!(matches!(read(&["x", "feeds"]), Ok(Verb::Feeds { service: None })));
        assert!(matches!(
            read(&["x", "feeds", "--service", "2"]),
            Ok(Verb::Feeds { service: Some(2) })
        ));
        assert!(matches!(
            read(&["x", "feed", "3"]),
            Ok(Verb::Feed { feed: 3, limit: 20 })
        ));
        assert!(matches!(
            read(&["x", "rounds", "3"]),
            Ok(Verb::Rounds { feed: 3 })
        ));
        assert!(matches!(read(&["x", "valuations"]), Ok(Verb::Valuations)));
        for wrong in [
            &["x", "feed"][..],
            &["x", "feed", "3", "--limit", "0"],
            &["x", "feed", "PAL"],
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_feed_says_what_comes_next() {
        let read = ReadContext {
            chain_clock_ms: 1_000,
            ..ReadContext::default()
        };
        let mut feed = wire::Feed {
            rounds: 3,
            due_ms: 6_000,
            ..wire::Feed::default()
        };
        assert_eq!(state(&feed, Some(&read)), "next round in 5s");
        feed.open = true;
        assert_eq!(state(&feed, Some(&read)), "round 2 closes in 5s");
        (feed.open, feed.ended) = (false, true);
        assert_eq!(state(&feed, Some(&read)), "ended");
    }
}
