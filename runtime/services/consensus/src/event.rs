//! What happened.

use crate::ID;
use kernel::{Attribute, EventType, ModuleId};
use primitives::{Amount, Epoch};

/// An epoch's power was decided.
#[derive(Clone, Copy, Debug)]
pub struct PowerComputed {
    /// Which epoch's.
    pub epoch: Epoch,
    /// What those who were chosen count for before any cap, in npal.
    pub whole: Amount,
    /// How many are in the set.
    pub members: u64,
    /// Whether nobody would have been chosen, so that the set before was kept.
    pub kept: bool,
    /// Whether one validator alone can stop the chain.
    pub concentrated: bool,
}

impl EventType for PowerComputed {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "PowerComputed";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("epoch", self.epoch),
            Attribute::new("whole", self.whole),
            Attribute::new("members", self.members),
            Attribute::new("kept", self.kept),
            Attribute::new("concentrated", self.concentrated),
        ]
    }
}
