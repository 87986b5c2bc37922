//! Feeds, rounds, prices, and what stake is valued by.

use primitives::AssetId;
use proto::oracle::v1 as wire;
use runtime::assets::{Source, Terms};
use runtime::oracle::{Feed, Outcome, Price, Round, Weighing};

pub(crate) fn price(price: &Price) -> wire::Price {
    wire::Price {
        value: price.value.to_string(),
        decimals: u32::from(price.decimals),
        round: price.round,
        epoch: price.epoch.get(),
        at_ms: price.at.get(),
    }
}

pub(crate) fn feed(number: u64, feed: &Feed, last: Option<&Price>) -> wire::Feed {
    let rules = &feed.rules;
    let weighing = match rules.weighing {
        Weighing::Stake => wire::Weighing::Stake,
        Weighing::Power => wire::Weighing::Power,
    };
    wire::Feed {
        feed_id: number,
        service_id: feed.service.get(),
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
        rounds: feed.rounds,
        open: feed.open,
        due_ms: feed.due.get(),
        ended: feed.ended,
        price: last.map(price),
    }
}

fn outcome(outcome: &Outcome) -> wire::RoundOutcome {
    wire::RoundOutcome {
        price: outcome.price.map(|price| price.to_string()).unwrap_or_default(),
        revealed: outcome.revealed.to_string(),
        shown: outcome.shown.len(),
        near: outcome.near.len(),
        paid: outcome.paid.to_string(),
    }
}

pub(crate) fn round(number: u64, round: &Round) -> wire::Round {
    wire::Round {
        round: number,
        epoch: round.epoch.get(),
        opened_at_ms: round.opened_at.get(),
        commit_until_ms: round.commit_until.get(),
        reveal_until_ms: round.reveal_until.get(),
        least: round.bounds.least.to_string(),
        most: round.bounds.most.to_string(),
        fee: round.fee.to_string(),
        total_weight: round.total.to_string(),
        outcome: round.outcome.as_ref().map(outcome),
    }
}

pub(crate) fn valuation(asset: AssetId, terms: &Terms, source: Option<&Source>) -> wire::AssetValuation {
    let source = source.map(|source| match source {
        Source::Feed(feed) => wire::asset_valuation::Source::FeedId(*feed),
        Source::Stated(price) => wire::asset_valuation::Source::Stated(price.raw().to_string()),
    });
    wire::AssetValuation {
        asset_id: asset.get(),
        price: terms.valuation.price.raw().to_string(),
        at_ms: terms.valuation.at.get(),
        haircut_bps: u32::from(terms.rules.haircut.get()),
        deposit_cap: terms
            .rules
            .deposit_cap
            .map(|cap| cap.to_string())
            .unwrap_or_default(),
        power_cap_bps: u32::from(terms.rules.power_cap.get()),
        source,
    }
}
