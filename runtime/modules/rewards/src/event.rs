//! What happened.

use crate::ID;
use kernel::{Attribute, EventType, ModuleId, Value};
use primitives::{AccountId, Amount, Coin, Epoch, ServiceId};
use vaults::VaultId;

/// A service's pools were funded.
#[derive(Clone, Copy, Debug)]
pub struct Funded {
    /// Which service's.
    pub service: ServiceId,
    /// By whom.
    pub sender: AccountId,
    /// With how much of what, in all.
    pub coin: Coin,
    /// For how many epochs, from this one on.
    pub epochs: u16,
}

/// An epoch's pool was shared out.
#[derive(Clone, Copy, Debug)]
pub struct SharedOut {
    /// Which service's.
    pub service: ServiceId,
    /// Of which epoch.
    pub epoch: Epoch,
    /// What it held.
    pub coin: Coin,
    /// What nobody earned.
    pub left: Amount,
}

/// What an operator had earned in an epoch that it is convicted of went to those who work on.
#[derive(Clone, Copy, Debug)]
pub struct Forfeited {
    /// Which service's.
    pub service: ServiceId,
    /// Whose.
    pub operator: AccountId,
    /// Of which epoch.
    pub epoch: Epoch,
    /// What it was.
    pub coin: Coin,
}

/// An owner of shares was paid what they earned.
#[derive(Clone, Copy, Debug)]
pub struct Claimed {
    /// Of which vault.
    pub vault: VaultId,
    /// Who.
    pub owner: AccountId,
    /// What.
    pub coin: Coin,
}

impl EventType for Funded {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Funded";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("service", Value::Id(u64::from(self.service.get()))),
            Attribute::new("sender", self.sender),
            Attribute::new("asset", self.coin.asset),
            Attribute::new("amount", self.coin.amount),
            Attribute::new("epochs", u64::from(self.epochs)),
        ]
    }
}

impl EventType for SharedOut {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "SharedOut";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("service", Value::Id(u64::from(self.service.get()))),
            Attribute::new("epoch", self.epoch),
            Attribute::new("asset", self.coin.asset),
            Attribute::new("amount", self.coin.amount),
            Attribute::new("left", self.left),
        ]
    }
}

impl EventType for Forfeited {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Forfeited";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("service", Value::Id(u64::from(self.service.get()))),
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("epoch", self.epoch),
            Attribute::new("asset", self.coin.asset),
            Attribute::new("amount", self.coin.amount),
        ]
    }
}

impl EventType for Claimed {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Claimed";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("vault", Value::Vault(self.vault)),
            Attribute::new("owner", self.owner),
            Attribute::new("asset", self.coin.asset),
            Attribute::new("amount", self.coin.amount),
        ]
    }
}
