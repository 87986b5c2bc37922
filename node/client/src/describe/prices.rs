//! What messages about prices say.

use proto::assets::v1::set_price_source::Source;
use proto::oracle::v1::Weighing;
use proto::tx::v1::message::Message as Kind;
use serde_json::{Value, json};

/// A message about feeds, rounds and valuations.
pub(super) fn of_prices(kind: &Kind) -> Option<Value> {
    if let Kind::CreateFeed(msg) = kind {
        return Some(json!({"create_feed": {
            "service_id": msg.service_id,
            "base_asset_id": msg.base_asset_id,
            "quote_asset_id": msg.quote_asset_id,
            "decimals": msg.decimals,
            "least": msg.least,
            "most": msg.most,
            "every_ms": msg.every_ms,
            "commit_ms": msg.commit_ms,
            "reveal_ms": msg.reveal_ms,
            "tolerance_bps": msg.tolerance_bps,
            "fee_asset_id": msg.fee_asset_id,
            "fee": msg.fee,
            "weighing": Weighing::try_from(msg.weighing).map_or("unknown", |weighing| weighing.as_str_name()),
        }}));
    }
    if let Kind::SetFeedBounds(msg) = kind {
        return Some(
            json!({"set_feed_bounds": {"feed_id": msg.feed_id, "least": msg.least, "most": msg.most}}),
        );
    }
    if let Kind::EndFeed(msg) = kind {
        return Some(json!({"end_feed": {"feed_id": msg.feed_id}}));
    }
    if let Kind::FundFeed(msg) = kind {
        return Some(json!({"fund_feed": {"feed_id": msg.feed_id, "amount": msg.amount}}));
    }
    if let Kind::WithdrawFeedDeposit(msg) = kind {
        return Some(
            json!({"withdraw_feed_deposit": {"feed_id": msg.feed_id, "deposit_id": msg.deposit_id}}),
        );
    }
    if let Kind::CommitPrice(msg) = kind {
        return Some(
            json!({"commit_price": {"feed_id": msg.feed_id, "round": msg.round, "commitment": hex::encode(&msg.commitment)}}),
        );
    }
    if let Kind::RevealPrice(msg) = kind {
        return Some(
            json!({"reveal_price": {"feed_id": msg.feed_id, "round": msg.round, "value": msg.value}}),
        );
    }
    if let Kind::SetPriceSource(msg) = kind {
        let source = match &msg.source {
            Some(Source::FeedId(feed)) => json!({"feed_id": feed}),
            Some(Source::Stated(price)) => json!({"stated": price}),
            None => Value::Null,
        };
        return Some(json!({"set_price_source": {"asset_id": msg.asset_id, "source": source}}));
    }
    None
}
