//! `palisade.oracle.v1`.

use crate::wire::fields::{FieldError, amount, bps, invalid, small};
use crate::wire::service::{digest, signature};
use oracle::{Bounds, Commit, CreateFeed, Msg, Pair, Reveal, Rules, Weighing};
use primitives::{AssetId, Coin, Millis, ServiceId};
use proto::oracle::v1 as pb;
use proto::tx::v1::message::Message as Kind;

fn weighing(number: i32) -> Result<Weighing, FieldError> {
    match pb::Weighing::try_from(number) {
        Ok(pb::Weighing::Stake) => Ok(Weighing::Stake),
        Ok(pb::Weighing::Power) => Ok(Weighing::Power),
        Ok(pb::Weighing::Unspecified) | Err(_) => Err(invalid("create_feed.weighing", "stake or power")),
    }
}

/// Reads a new feed.
pub(super) fn create(message: &pb::CreateFeed) -> Result<Msg, FieldError> {
    Ok(Msg::CreateFeed(Box::new(CreateFeed {
        service: ServiceId::new(message.service_id),
        rules: Rules {
            pair: Pair {
                base: AssetId::new(message.base_asset_id),
                quote: AssetId::new(message.quote_asset_id),
            },
            decimals: small("create_feed.decimals", message.decimals)?,
            bounds: Bounds {
                least: amount("create_feed.least", &message.least)?.get(),
                most: amount("create_feed.most", &message.most)?.get(),
            },
            every: Millis::new(message.every_ms),
            commit: Millis::new(message.commit_ms),
            reveal: Millis::new(message.reveal_ms),
            tolerance: bps("create_feed.tolerance_bps", message.tolerance_bps)?,
            fee: Coin {
                asset: AssetId::new(message.fee_asset_id),
                amount: amount("create_feed.fee", &message.fee)?,
            },
            weighing: weighing(message.weighing)?,
        },
    })))
}

/// Reads other bounds.
pub(super) fn set_bounds(message: &pb::SetFeedBounds) -> Result<Msg, FieldError> {
    Ok(Msg::SetBounds {
        feed: message.feed_id,
        bounds: Bounds {
            least: amount("set_feed_bounds.least", &message.least)?.get(),
            most: amount("set_feed_bounds.most", &message.most)?.get(),
        },
    })
}

/// Reads an end.
pub(super) const fn end(message: &pb::EndFeed) -> Msg {
    Msg::EndFeed {
        feed: message.feed_id,
    }
}

/// Reads a deposit.
pub(super) fn fund(message: &pb::FundFeed) -> Result<Msg, FieldError> {
    Ok(Msg::Fund {
        feed: message.feed_id,
        amount: amount("fund_feed.amount", &message.amount)?,
    })
}

/// Reads a withdrawal.
pub(super) const fn withdraw(message: &pb::WithdrawFeedDeposit) -> Msg {
    Msg::Withdraw {
        feed: message.feed_id,
        deposit: message.deposit_id,
    }
}

/// Reads a commitment.
pub(super) fn commit(message: &pb::CommitPrice) -> Result<Msg, FieldError> {
    Ok(Msg::Commit(Commit {
        feed: message.feed_id,
        round: message.round,
        commitment: digest("commit_price.commitment", &message.commitment)?,
        signature: signature("commit_price.signature", &message.signature)?,
    }))
}

/// Reads a value that is shown.
pub(super) fn reveal(message: &pb::RevealPrice) -> Result<Msg, FieldError> {
    Ok(Msg::Reveal(Reveal {
        feed: message.feed_id,
        round: message.round,
        value: amount("reveal_price.value", &message.value)?.get(),
        salt: digest("reveal_price.salt", &message.salt)?,
        signature: signature("reveal_price.signature", &message.signature)?,
    }))
}

fn write_create(message: &CreateFeed) -> pb::CreateFeed {
    let rules = &message.rules;
    let weighing = match rules.weighing {
        Weighing::Stake => pb::Weighing::Stake,
        Weighing::Power => pb::Weighing::Power,
    };
    pb::CreateFeed {
        service_id: message.service.get(),
        base_asset_id: rules.pair.base.get(),
        quote_asset_id: rules.pair.quote.get(),
        decimals: u32::from(rules.decimals),
        least: rules.bounds.least.to_string(),
        most: rules.bounds.most.to_string(),
        every_ms: rules.every.get(),
        commit_ms: rules.commit.get(),
        reveal_ms: rules.reveal.get(),
        tolerance_bps: u32::from(rules.tolerance.get()),
        fee_asset_id: rules.fee.asset.get(),
        fee: rules.fee.amount.to_string(),
        weighing: weighing.into(),
    }
}

/// Writes a message.
pub(super) fn write(message: &Msg) -> Kind {
    match message {
        Msg::CreateFeed(message) => Kind::CreateFeed(write_create(message)),
        Msg::SetBounds { feed, bounds } => Kind::SetFeedBounds(pb::SetFeedBounds {
            feed_id: *feed,
            least: bounds.least.to_string(),
            most: bounds.most.to_string(),
        }),
        Msg::EndFeed { feed } => Kind::EndFeed(pb::EndFeed { feed_id: *feed }),
        Msg::Fund { feed, amount } => Kind::FundFeed(pb::FundFeed {
            feed_id: *feed,
            amount: amount.to_string(),
        }),
        Msg::Withdraw { feed, deposit } => Kind::WithdrawFeedDeposit(pb::WithdrawFeedDeposit {
            feed_id: *feed,
            deposit_id: *deposit,
        }),
        Msg::Commit(message) => Kind::CommitPrice(pb::CommitPrice {
            feed_id: message.feed,
            round: message.round,
            commitment: message.commitment.as_bytes().to_vec().into(),
            signature: message.signature.0.to_vec().into(),
        }),
        Msg::Reveal(message) => Kind::RevealPrice(pb::RevealPrice {
            feed_id: message.feed,
            round: message.round,
            value: message.value.to_string(),
            salt: message.salt.as_bytes().to_vec().into(),
            signature: message.signature.0.to_vec().into(),
        }),
    }
}
