//! What happened.

use crate::ID;
use kernel::{Attribute, EventType, ModuleId};
use primitives::{AccountId, Coin};

/// An amount went from one account to another.
#[derive(Clone, Copy, Debug)]
pub struct Transferred {
    /// Who gave.
    pub sender: AccountId,
    /// Who received.
    pub recipient: AccountId,
    /// How much of what.
    pub coin: Coin,
}

/// An amount was made.
#[derive(Clone, Copy, Debug)]
pub struct Minted {
    /// Who received it.
    pub recipient: AccountId,
    /// How much of what.
    pub coin: Coin,
}

/// An amount was destroyed.
#[derive(Clone, Copy, Debug)]
pub struct Burned {
    /// Whose it was.
    pub holder: AccountId,
    /// How much of what.
    pub coin: Coin,
}

impl EventType for Transferred {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Transferred";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("sender", self.sender),
            Attribute::new("recipient", self.recipient),
            Attribute::new("asset", self.coin.asset),
            Attribute::new("amount", self.coin.amount),
        ]
    }
}

impl EventType for Minted {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Minted";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("recipient", self.recipient),
            Attribute::new("asset", self.coin.asset),
            Attribute::new("amount", self.coin.amount),
        ]
    }
}

impl EventType for Burned {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Burned";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("holder", self.holder),
            Attribute::new("asset", self.coin.asset),
            Attribute::new("amount", self.coin.amount),
        ]
    }
}
