//! What the module reports, after it happened.

use crate::ID;
use kernel::{Attribute, EventType, ModuleId, Value};
use primitives::{AccountId, Amount, ChainClock, Digest, Epoch};

/// An operator has a validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The operator.
    pub operator: AccountId,
    /// Hash of its consensus key.
    pub consensus_key: Digest,
}

impl EventType for Registered {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Registered";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("consensus_key", Value::ConsensusKey(self.consensus_key)),
        ]
    }
}

/// PAL was bonded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bonded {
    /// The validator's operator.
    pub operator: AccountId,
    /// Whose PAL.
    pub account: AccountId,
    /// How much.
    pub amount: Amount,
}

impl EventType for Bonded {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Bonded";

    fn attributes(&self) -> Vec<Attribute> {
        of_bond(self.operator, self.account, self.amount)
    }
}

fn of_bond(operator: AccountId, account: AccountId, amount: Amount) -> Vec<Attribute> {
    vec![
        Attribute::new("operator", Value::Operator(operator)),
        Attribute::new("account", account),
        Attribute::new("amount", amount),
    ]
}

/// A withdrawal was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unbonded {
    /// The validator's operator.
    pub operator: AccountId,
    /// Whose PAL.
    pub account: AccountId,
    /// How much, unless it is slashed on the way.
    pub amount: Amount,
    /// When it is paid, in chain time.
    pub paid_at: ChainClock,
}

impl EventType for Unbonded {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Unbonded";

    fn attributes(&self) -> Vec<Attribute> {
        let mut attributes = of_bond(self.operator, self.account, self.amount);
        attributes.push(Attribute::new("paid_at", self.paid_at));
        attributes
    }
}

/// A withdrawal was paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnbondingPaid {
    /// The validator's operator.
    pub operator: AccountId,
    /// To whom.
    pub account: AccountId,
    /// How much.
    pub amount: Amount,
}

impl EventType for UnbondingPaid {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "UnbondingPaid";

    fn attributes(&self) -> Vec<Attribute> {
        of_bond(self.operator, self.account, self.amount)
    }
}

/// Rewards were paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RewardsClaimed {
    /// The validator's operator.
    pub operator: AccountId,
    /// To whom.
    pub account: AccountId,
    /// How much.
    pub amount: Amount,
}

impl EventType for RewardsClaimed {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "RewardsClaimed";

    fn attributes(&self) -> Vec<Attribute> {
        of_bond(self.operator, self.account, self.amount)
    }
}

/// A proposer's bonds earned the tips of its block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TipsCollected {
    /// The proposer.
    pub operator: AccountId,
    /// How much.
    pub amount: Amount,
}

impl EventType for TipsCollected {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "TipsCollected";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("amount", self.amount),
        ]
    }
}

/// PAL was issued to the validators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Issued {
    /// For which epoch.
    pub epoch: Epoch,
    /// How much, to all of them together.
    pub amount: Amount,
}

impl EventType for Issued {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Issued";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("epoch", self.epoch),
            Attribute::new("amount", self.amount),
        ]
    }
}

/// An epoch's last block was executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEnded {
    /// The epoch.
    pub epoch: Epoch,
}

impl EventType for EpochEnded {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "EpochEnded";

    fn attributes(&self) -> Vec<Attribute> {
        vec![Attribute::new("epoch", self.epoch)]
    }
}
