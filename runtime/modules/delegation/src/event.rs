//! What happened.

use crate::ID;
use kernel::{Attribute, EventType, ModuleId, Value};
use primitives::{AccountId, Amount, AssetId, Bps, ChainClock, Digest, Ratio};
use vaults::{Magnitude, ServiceId, VaultId};

/// An account is an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Which.
    pub operator: AccountId,
}

impl EventType for Registered {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Registered";

    fn attributes(&self) -> Vec<Attribute> {
        vec![Attribute::new("operator", Value::Operator(self.operator))]
    }
}

/// An operator says something else about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetadataSet {
    /// Which.
    pub operator: AccountId,
}

impl EventType for MetadataSet {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "MetadataSet";

    fn attributes(&self) -> Vec<Attribute> {
        vec![Attribute::new("operator", Value::Operator(self.operator))]
    }
}

/// An operator works for a service with another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySet {
    /// Which.
    pub operator: AccountId,
    /// For which service.
    pub service: ServiceId,
    /// The key's hash.
    pub key: Digest,
}

impl EventType for KeySet {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "KeySet";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("service", Value::Id(u64::from(self.service.get()))),
            Attribute::new("key", self.key),
        ]
    }
}

/// An operator keeps another part, or will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommissionSet {
    /// Which.
    pub operator: AccountId,
    /// Of what is earned with which service.
    pub service: ServiceId,
    /// What it keeps.
    pub rate: Bps,
    /// From when, in chain time.
    pub from: ChainClock,
}

impl EventType for CommissionSet {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "CommissionSet";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("service", Value::Id(u64::from(self.service.get()))),
            Attribute::new("rate", self.rate),
            Attribute::new("from", self.from),
        ]
    }
}

/// An operator serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    /// Which.
    pub operator: AccountId,
    /// Which service.
    pub service: ServiceId,
}

impl EventType for Joined {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Joined";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("service", Value::Id(u64::from(self.service.get()))),
        ]
    }
}

/// An operator serves no more, and is liable still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// Which.
    pub operator: AccountId,
    /// Which service.
    pub service: ServiceId,
    /// Until when, in chain time.
    pub until: ChainClock,
}

impl EventType for Leaving {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Leaving";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("service", Value::Id(u64::from(self.service.get()))),
            Attribute::new("until", self.until),
        ]
    }
}

/// An operator is free of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Which.
    pub operator: AccountId,
    /// Which service.
    pub service: ServiceId,
}

impl EventType for Left {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Left";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("service", Value::Id(u64::from(self.service.get()))),
        ]
    }
}

/// A change of a pledge is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocationAsked {
    /// Whose pledge.
    pub vault: VaultId,
    /// To which service.
    pub service: ServiceId,
    /// Whether it grows.
    pub up: bool,
    /// By how much.
    pub by: Magnitude,
    /// From when it binds, in chain time.
    pub due: ChainClock,
}

impl EventType for AllocationAsked {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "AllocationAsked";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("vault", Value::Vault(self.vault)),
            Attribute::new("service", Value::Id(u64::from(self.service.get()))),
            Attribute::new("up", self.up),
            Attribute::new("by", Ratio::from_raw(self.by.get())),
            Attribute::new("due", self.due),
        ]
    }
}

/// A pledge has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocationChanged {
    /// Whose pledge.
    pub vault: VaultId,
    /// To which service.
    pub service: ServiceId,
    /// What it is now.
    pub magnitude: Magnitude,
}

impl EventType for AllocationChanged {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "AllocationChanged";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("vault", Value::Vault(self.vault)),
            Attribute::new("service", Value::Id(u64::from(self.service.get()))),
            Attribute::new("magnitude", Ratio::from_raw(self.magnitude.get())),
        ]
    }
}

/// A vault was slashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slashed {
    /// Which.
    pub vault: VaultId,
    /// For an offence against which service.
    pub service: ServiceId,
    /// Whose vault it is.
    pub operator: AccountId,
    /// What part of what was at stake.
    pub fraction: Bps,
    /// Of what.
    pub asset: AssetId,
    /// How much.
    pub amount: Amount,
}

impl EventType for Slashed {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Slashed";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("vault", Value::Vault(self.vault)),
            Attribute::new("service", Value::Id(u64::from(self.service.get()))),
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("fraction", self.fraction),
            Attribute::new("asset", self.asset),
            Attribute::new("amount", self.amount),
        ]
    }
}
