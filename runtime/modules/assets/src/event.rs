//! What happened.

use crate::ID;
use crate::price::Source;
use crate::text::Symbol;
use kernel::{Attribute, EventType, ModuleId, ShortBytes, Value};
use primitives::{Amount, AssetId, Bps, ChainClock, Ratio};

/// An asset is in the registry.
#[derive(Clone, Copy, Debug)]
pub struct Registered<'a> {
    /// Its number.
    pub asset: AssetId,
    /// Its symbol.
    pub symbol: &'a Symbol,
    /// Its decimals.
    pub decimals: u8,
}

impl EventType for Registered<'_> {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Registered";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("asset", self.asset),
            Attribute::new("symbol", ShortBytes::truncated(self.symbol.as_bytes())),
            Attribute::new("decimals", u64::from(self.decimals)),
        ]
    }
}

/// An asset may be restaked under other terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermsSet {
    /// Which.
    pub asset: AssetId,
    /// What is taken off its value.
    pub haircut: Bps,
    /// The most of the chain's power that it may be.
    pub power_cap: Bps,
    /// The most that all vaults hold of it; none for no limit.
    pub deposit_cap: Option<Amount>,
}

impl EventType for TermsSet {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "TermsSet";

    fn attributes(&self) -> Vec<Attribute> {
        let mut attributes = vec![
            Attribute::new("asset", self.asset),
            Attribute::new("haircut", self.haircut),
            Attribute::new("power_cap", self.power_cap),
        ];
        attributes.extend(self.deposit_cap.map(|cap| Attribute::new("deposit_cap", cap)));
        attributes
    }
}

/// A unit of an asset counts for this much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valued {
    /// Which.
    pub asset: AssetId,
    /// npal per base unit.
    pub price: Ratio,
}

impl EventType for Valued {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Valued";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("asset", self.asset),
            Attribute::new("price", self.price),
        ]
    }
}

/// A valuation comes from somewhere else from the end of this epoch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceSet {
    /// Which asset's.
    pub asset: AssetId,
    /// From where; none when it stays where it is.
    pub source: Option<Source>,
}

impl EventType for SourceSet {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "SourceSet";

    fn attributes(&self) -> Vec<Attribute> {
        let mut attributes = vec![Attribute::new("asset", self.asset)];
        attributes.extend(self.source.map(|source| match source {
            Source::Feed(feed) => Attribute::new("feed", Value::Id(feed)),
            Source::Stated(price) => Attribute::new("stated", price),
        }));
        attributes
    }
}

/// An asset's feed has no price, or an old one: its valuation decays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceMissing {
    /// Which.
    pub asset: AssetId,
    /// What a unit counts for now: npal per base unit.
    pub price: Ratio,
    /// When it last followed a price, in chain time.
    pub last: ChainClock,
}

impl EventType for PriceMissing {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "PriceMissing";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("asset", self.asset),
            Attribute::new("price", self.price),
            Attribute::new("last", self.last),
        ]
    }
}

/// An asset costs more than it counts for: a valuation rises by a bounded part per epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiseBounded {
    /// Which.
    pub asset: AssetId,
    /// What its source says: npal per base unit.
    pub stated: Ratio,
    /// What it counts for: npal per base unit.
    pub price: Ratio,
}

impl EventType for RiseBounded {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "RiseBounded";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("asset", self.asset),
            Attribute::new("stated", self.stated),
            Attribute::new("price", self.price),
        ]
    }
}
