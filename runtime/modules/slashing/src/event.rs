//! What happened.

use crate::ID;
use kernel::{Attribute, EventType, ModuleId, Value};
use primitives::{AccountId, Amount, Bps, ChainClock, Coin, Digest, ServiceId};
use vaults::VaultId;

/// A service's number.
fn number(service: ServiceId) -> Value {
    Value::Id(u64::from(service.get()))
}

/// Something was taken from a vault.
#[derive(Clone, Copy, Debug)]
pub struct Slashed {
    /// Which service was wronged.
    pub service: ServiceId,
    /// By whom.
    pub operator: AccountId,
    /// From which vault.
    pub vault: VaultId,
    /// For a fault of which class.
    pub class: u8,
    /// What was to be taken, of what was slashable.
    pub fraction: Bps,
    /// What was taken.
    pub taken: Coin,
    /// The part of it that was the operator's own.
    pub own: Amount,
}

impl EventType for Slashed {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Slashed";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("service", number(self.service)),
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("vault", Value::Vault(self.vault)),
            Attribute::new("class", u64::from(self.class)),
            Attribute::new("fraction", self.fraction),
            Attribute::new("asset", self.taken.asset),
            Attribute::new("taken", self.taken.amount),
            Attribute::new("own", self.own),
        ]
    }
}

/// Nothing was to be taken from a vault.
#[derive(Clone, Copy, Debug)]
pub struct VaultSkipped {
    /// Which service was wronged.
    pub service: ServiceId,
    /// By whom.
    pub operator: AccountId,
    /// Which vault.
    pub vault: VaultId,
}

impl EventType for VaultSkipped {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "VaultSkipped";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("service", number(self.service)),
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("vault", Value::Vault(self.vault)),
        ]
    }
}

/// A slash was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Requested {
    /// Its number.
    pub request: u64,
    /// For which service.
    pub service: ServiceId,
    /// Of whom.
    pub operator: AccountId,
    /// For a fault of which class.
    pub class: u8,
    /// What is to be taken, of what was slashable.
    pub fraction: Bps,
    /// Hash of why.
    pub reason: Digest,
    /// When it is carried out unless it is vetoed before, in chain time.
    pub due_at: ChainClock,
}

impl EventType for Requested {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Requested";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("request", Value::Id(self.request)),
            Attribute::new("service", number(self.service)),
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("class", u64::from(self.class)),
            Attribute::new("fraction", self.fraction),
            Attribute::new("reason", self.reason),
            Attribute::new("due_at", self.due_at),
        ]
    }
}

/// A slash that was asked for was stopped.
#[derive(Clone, Copy, Debug)]
pub struct Vetoed {
    /// Its number.
    pub request: u64,
    /// By whom.
    pub vetoer: AccountId,
}

impl EventType for Vetoed {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Vetoed";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("request", Value::Id(self.request)),
            Attribute::new("vetoer", self.vetoer),
        ]
    }
}

/// A reporter got its part.
#[derive(Clone, Copy, Debug)]
pub struct ReporterPaid {
    /// Who.
    pub reporter: AccountId,
    /// What.
    pub coin: Coin,
}

impl EventType for ReporterPaid {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "ReporterPaid";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("reporter", self.reporter),
            Attribute::new("asset", self.coin.asset),
            Attribute::new("amount", self.coin.amount),
        ]
    }
}
