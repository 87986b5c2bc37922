//! What happened.

use crate::ID;
use crate::id::VaultId;
use kernel::{Attribute, EventType, ModuleId, Value};
use primitives::{AccountId, Amount, AssetId, Bps, ChainClock, Shares};

/// An operator has a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Created {
    /// Which.
    pub vault: VaultId,
    /// Whose.
    pub operator: AccountId,
    /// What it holds.
    pub asset: AssetId,
}

impl EventType for Created {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Created";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("vault", Value::Vault(self.vault)),
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("asset", self.asset),
        ]
    }
}

/// Assets were put into a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deposited {
    /// Which.
    pub vault: VaultId,
    /// Who owns the shares.
    pub owner: AccountId,
    /// Of what.
    pub asset: AssetId,
    /// How much.
    pub amount: Amount,
    /// For how many shares.
    pub shares: Shares,
}

impl EventType for Deposited {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Deposited";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("vault", Value::Vault(self.vault)),
            Attribute::new("owner", self.owner),
            Attribute::new("asset", self.asset),
            Attribute::new("amount", self.amount),
            Attribute::new("shares", self.shares),
        ]
    }
}

/// Shares are on their way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithdrawalStarted {
    /// Of which vault.
    pub vault: VaultId,
    /// Whose.
    pub owner: AccountId,
    /// The withdrawal's number.
    pub withdrawal: u64,
    /// How many.
    pub shares: Shares,
    /// From when they are paid, in chain time.
    pub due: ChainClock,
}

impl EventType for WithdrawalStarted {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "WithdrawalStarted";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("vault", Value::Vault(self.vault)),
            Attribute::new("owner", self.owner),
            Attribute::new("withdrawal", Value::Id(self.withdrawal)),
            Attribute::new("shares", self.shares),
            Attribute::new("due", self.due),
        ]
    }
}

/// A withdrawal was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithdrawalPaid {
    /// Of which vault.
    pub vault: VaultId,
    /// Its number.
    pub withdrawal: u64,
    /// To whom.
    pub recipient: AccountId,
    /// Of what.
    pub asset: AssetId,
    /// How much.
    pub amount: Amount,
}

impl EventType for WithdrawalPaid {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "WithdrawalPaid";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("vault", Value::Vault(self.vault)),
            Attribute::new("withdrawal", Value::Id(self.withdrawal)),
            Attribute::new("recipient", self.recipient),
            Attribute::new("asset", self.asset),
            Attribute::new("amount", self.amount),
        ]
    }
}

/// A buffer bought shares on their way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoldAtOnce {
    /// Which vault's.
    pub vault: VaultId,
    /// Who sold.
    pub owner: AccountId,
    /// Of what.
    pub asset: AssetId,
    /// For how much.
    pub amount: Amount,
    /// How many shares.
    pub shares: Shares,
    /// What part of their worth the buffer kept.
    pub fee: Bps,
}

impl EventType for SoldAtOnce {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "SoldAtOnce";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("vault", Value::Vault(self.vault)),
            Attribute::new("owner", self.owner),
            Attribute::new("asset", self.asset),
            Attribute::new("amount", self.amount),
            Attribute::new("shares", self.shares),
            Attribute::new("fee", self.fee),
        ]
    }
}

/// Cash was put into a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferFunded {
    /// Which vault's.
    pub vault: VaultId,
    /// By whom.
    pub owner: AccountId,
    /// Of what.
    pub asset: AssetId,
    /// How much.
    pub amount: Amount,
    /// For how many shares of the buffer.
    pub shares: Shares,
}

impl EventType for BufferFunded {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "BufferFunded";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("vault", Value::Vault(self.vault)),
            Attribute::new("owner", self.owner),
            Attribute::new("asset", self.asset),
            Attribute::new("amount", self.amount),
            Attribute::new("shares", self.shares),
        ]
    }
}

/// Cash was taken out of a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferLeft {
    /// Which vault's.
    pub vault: VaultId,
    /// By whom.
    pub owner: AccountId,
    /// Of what.
    pub asset: AssetId,
    /// How much.
    pub amount: Amount,
    /// For how many shares of the buffer.
    pub shares: Shares,
}

impl EventType for BufferLeft {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "BufferLeft";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("vault", Value::Vault(self.vault)),
            Attribute::new("owner", self.owner),
            Attribute::new("asset", self.asset),
            Attribute::new("amount", self.amount),
            Attribute::new("shares", self.shares),
        ]
    }
}

/// A vault has another charter, or will have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CharterAmended {
    /// Which.
    pub vault: VaultId,
    /// From when it binds, in chain time.
    pub from: ChainClock,
}

impl EventType for CharterAmended {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "CharterAmended";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("vault", Value::Vault(self.vault)),
            Attribute::new("from", self.from),
        ]
    }
}

/// What binds deposits into a vault has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitsSet {
    /// Which.
    pub vault: VaultId,
}

impl EventType for LimitsSet {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "LimitsSet";

    fn attributes(&self) -> Vec<Attribute> {
        vec![Attribute::new("vault", Value::Vault(self.vault))]
    }
}

/// An account may deposit into a vault, or no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Which.
    pub vault: VaultId,
    /// Who.
    pub account: AccountId,
    /// Whether it may.
    pub allowed: bool,
}

impl EventType for Allowed {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Allowed";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("vault", Value::Vault(self.vault)),
            Attribute::new("account", self.account),
            Attribute::new("allowed", self.allowed),
        ]
    }
}

/// A vault starts anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebased {
    /// Which.
    pub vault: VaultId,
    /// In which round.
    pub round: u32,
}

impl EventType for Rebased {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Rebased";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("vault", Value::Vault(self.vault)),
            Attribute::new("round", u64::from(self.round)),
        ]
    }
}

/// Ether on the beacon chain was proven to be an owner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeaconCredited {
    /// In which vault.
    pub vault: VaultId,
    /// Whose.
    pub owner: AccountId,
    /// How much.
    pub amount: Amount,
}

impl EventType for BeaconCredited {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "BeaconCredited";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("vault", Value::Vault(self.vault)),
            Attribute::new("owner", self.owner),
            Attribute::new("amount", self.amount),
        ]
    }
}

/// Ether on the beacon chain was proven to be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeaconLost {
    /// In which vault.
    pub vault: VaultId,
    /// Whose.
    pub owner: AccountId,
    /// How much was taken.
    pub amount: Amount,
    /// How much more it would have been.
    pub missing: Amount,
}

impl EventType for BeaconLost {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "BeaconLost";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("vault", Value::Vault(self.vault)),
            Attribute::new("owner", self.owner),
            Attribute::new("amount", self.amount),
            Attribute::new("missing", self.missing),
        ]
    }
}
