//! What happened.

use crate::ID;
use crate::types::{Bounds, Outcome, Rules};
use kernel::{Attribute, Code, EventType, ModuleId, Name, Value};
use primitives::{AccountId, Amount, ChainClock, Coin, ServiceId};

/// A name that is one of a few.
fn label(name: &'static str) -> Value {
    Name::new(name).map_or(Value::Flag(false), Value::Label)
}

/// A number of a thing.
fn id(name: &'static str, number: u64) -> Attribute {
    Attribute::new(name, Value::Id(number))
}

fn service(of: ServiceId) -> Attribute {
    id("service", u64::from(of.get()))
}

/// A price as the whole number that it is in units of its last decimal.
fn units(name: &'static str, value: u128) -> Attribute {
    Attribute::new(name, Amount::new(value))
}

/// A feed was started.
#[derive(Clone, Copy, Debug)]
pub struct FeedCreated {
    /// Its number.
    pub feed: u64,
    /// The service whose operators state it.
    pub service: ServiceId,
    /// What it is.
    pub rules: Rules,
}

impl EventType for FeedCreated {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "FeedCreated";

    fn attributes(&self) -> Vec<Attribute> {
        let rules = &self.rules;
        vec![
            id("feed", self.feed),
            service(self.service),
            Attribute::new("base", rules.pair.base),
            Attribute::new("quote", rules.pair.quote),
            Attribute::new("decimals", u64::from(rules.decimals)),
            Attribute::new("every", rules.every),
            Attribute::new("weighing", label(rules.weighing.name())),
        ]
    }
}

/// Rounds that open from now on have other bounds.
#[derive(Clone, Copy, Debug)]
pub struct BoundsSet {
    /// The feed.
    pub feed: u64,
    /// Its bounds.
    pub bounds: Bounds,
}

impl EventType for BoundsSet {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "BoundsSet";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            id("feed", self.feed),
            units("least", self.bounds.least),
            units("most", self.bounds.most),
        ]
    }
}

/// No more rounds of a feed open.
#[derive(Clone, Copy, Debug)]
pub struct FeedEnded {
    /// The feed.
    pub feed: u64,
    /// Its service.
    pub service: ServiceId,
}

impl EventType for FeedEnded {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "FeedEnded";

    fn attributes(&self) -> Vec<Attribute> {
        vec![id("feed", self.feed), service(self.service)]
    }
}

/// A subscriber put something down.
#[derive(Clone, Copy, Debug)]
pub struct Funded {
    /// The feed.
    pub feed: u64,
    /// The deposit's number.
    pub deposit: u64,
    /// Who did.
    pub from: AccountId,
    /// How much.
    pub coin: Coin,
}

impl EventType for Funded {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Funded";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            id("feed", self.feed),
            id("deposit", self.deposit),
            Attribute::new("from", self.from),
            Attribute::new("asset", self.coin.asset),
            Attribute::new("amount", self.coin.amount),
        ]
    }
}

/// A subscriber took back what was left.
#[derive(Clone, Copy, Debug)]
pub struct Withdrawn {
    /// The feed.
    pub feed: u64,
    /// The deposit's number.
    pub deposit: u64,
    /// Who did.
    pub to: AccountId,
    /// How much.
    pub coin: Coin,
}

impl EventType for Withdrawn {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Withdrawn";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            id("feed", self.feed),
            id("deposit", self.deposit),
            Attribute::new("to", self.to),
            Attribute::new("asset", self.coin.asset),
            Attribute::new("amount", self.coin.amount),
        ]
    }
}

/// A round opened. All that an operator needs to take part is in here.
#[derive(Clone, Copy, Debug)]
pub struct RoundOpened {
    /// The feed.
    pub feed: u64,
    /// The round.
    pub round: u64,
    /// The service.
    pub service: ServiceId,
    /// How many digits of a value stand after the decimal point.
    pub decimals: u8,
    /// What may be stated.
    pub bounds: Bounds,
    /// Until before then values are committed to.
    pub commit_until: ChainClock,
    /// From then until before this moment they are shown.
    pub reveal_until: ChainClock,
    /// What it pays; zero when nobody funded it.
    pub fee: Amount,
}

impl EventType for RoundOpened {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "RoundOpened";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            id("feed", self.feed),
            id("round", self.round),
            service(self.service),
            Attribute::new("decimals", u64::from(self.decimals)),
            units("least", self.bounds.least),
            units("most", self.bounds.most),
            Attribute::new("commit_until", self.commit_until),
            Attribute::new("reveal_until", self.reveal_until),
            Attribute::new("fee", self.fee),
        ]
    }
}

/// A round could not open; the next one is tried when it is due.
#[derive(Clone, Copy, Debug)]
pub struct RoundSkipped {
    /// The feed.
    pub feed: u64,
    /// Why.
    pub code: Code,
}

impl EventType for RoundSkipped {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "RoundSkipped";

    fn attributes(&self) -> Vec<Attribute> {
        vec![id("feed", self.feed), Attribute::new("code", self.code)]
    }
}

/// An operator committed to a value.
#[derive(Clone, Copy, Debug)]
pub struct Committed {
    /// The feed.
    pub feed: u64,
    /// The round.
    pub round: u64,
    /// Who did.
    pub operator: AccountId,
}

impl EventType for Committed {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Committed";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            id("feed", self.feed),
            id("round", self.round),
            Attribute::new("operator", Value::Operator(self.operator)),
        ]
    }
}

/// An operator showed its value.
#[derive(Clone, Copy, Debug)]
pub struct Revealed {
    /// The feed.
    pub feed: u64,
    /// The round.
    pub round: u64,
    /// Who did.
    pub operator: AccountId,
    /// The value.
    pub value: u128,
}

impl EventType for Revealed {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Revealed";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            id("feed", self.feed),
            id("round", self.round),
            Attribute::new("operator", Value::Operator(self.operator)),
            units("value", self.value),
        ]
    }
}

/// A round closed.
#[derive(Clone, Copy, Debug)]
pub struct RoundClosed {
    /// The feed.
    pub feed: u64,
    /// The round.
    pub round: u64,
    /// The service.
    pub service: ServiceId,
    /// What came of it.
    pub outcome: Outcome,
}

impl EventType for RoundClosed {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "RoundClosed";

    fn attributes(&self) -> Vec<Attribute> {
        let outcome = &self.outcome;
        let mut attributes = vec![
            id("feed", self.feed),
            id("round", self.round),
            service(self.service),
            Attribute::new("shown", u64::from(outcome.shown.len())),
            Attribute::new("near", u64::from(outcome.near.len())),
            Attribute::new("paid", outcome.paid),
        ];
        attributes.extend(outcome.price.map(|price| units("price", price)));
        attributes
    }
}
