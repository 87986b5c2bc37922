//! What the module reports, after it happened.

use crate::ID;
use kernel::{Attribute, EventType, ModuleId, Name, Value};
use light_palisade::Offence;
use primitives::{AccountId, Amount, Bps, ChainClock, Digest, Epoch, Height, View};

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

/// A validator contradicted itself in an epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Convicted {
    /// Its operator.
    pub operator: AccountId,
    /// In which epoch.
    pub epoch: Epoch,
    /// In which view.
    pub view: View,
    /// How.
    pub offence: Offence,
}

impl EventType for Convicted {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Convicted";

    fn attributes(&self) -> Vec<Attribute> {
        let mut attributes = vec![
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("epoch", self.epoch),
            Attribute::new("view", self.view.get()),
        ];
        let name = Name::new(match self.offence {
            Offence::DoubleNotarize => "double_notarize",
            Offence::DoubleFinalize => "double_finalize",
            Offence::NullifyFinalize => "nullify_finalize",
            Offence::NotarizeFinalize => "notarize_finalize",
        });
        attributes.extend(name.map(|name| Attribute::new("offence", Value::Label(name))));
        attributes
    }
}

/// Stake behind a validator was destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slashed {
    /// Its operator.
    pub operator: AccountId,
    /// For what it did, or did not do, in this epoch.
    pub epoch: Epoch,
    /// The part of what was liable that it loses in all for that.
    pub fraction: Bps,
    /// What was taken now, in npal.
    pub amount: Amount,
}

impl EventType for Slashed {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Slashed";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("epoch", self.epoch),
            Attribute::new("fraction", self.fraction),
            Attribute::new("amount", self.amount),
        ]
    }
}

/// A validator is kept out of the next sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jailed {
    /// Its operator.
    pub operator: AccountId,
    /// From when it may be let out; never when it contradicted itself.
    pub until: Option<ChainClock>,
}

impl EventType for Jailed {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Jailed";

    fn attributes(&self) -> Vec<Attribute> {
        let mut attributes = vec![
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("forever", self.until.is_none()),
        ];
        attributes.extend(self.until.map(|until| Attribute::new("until", until)));
        attributes
    }
}

/// A validator may be in sets again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unjailed {
    /// Its operator.
    pub operator: AccountId,
}

impl EventType for Unjailed {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Unjailed";

    fn attributes(&self) -> Vec<Attribute> {
        vec![Attribute::new("operator", Value::Operator(self.operator))]
    }
}

/// A validator has another consensus key from the next set on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyRotated {
    /// Its operator.
    pub operator: AccountId,
    /// Hash of the key before.
    pub old: Digest,
    /// Hash of the key after.
    pub new: Digest,
}

impl EventType for KeyRotated {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "KeyRotated";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("old_key", Value::ConsensusKey(self.old)),
            Attribute::new("new_key", Value::ConsensusKey(self.new)),
        ]
    }
}

/// So much of the set's weight is jailed that the epoch ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochCut {
    /// The epoch.
    pub epoch: Epoch,
    /// The height of its last block.
    pub height: Height,
}

impl EventType for EpochCut {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "EpochCut";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("epoch", self.epoch),
            Attribute::new("height", self.height),
        ]
    }
}
