//! What the runtime itself says.

use crate::chain::ID;
use kernel::{Attribute, EventType, ModuleId, Value};
use primitives::{AccountId, Amount};

/// The fees of a block went where they go.
#[derive(Clone, Copy, Debug)]
pub struct FeesSettled {
    /// Operator of the block's proposer.
    pub proposer: AccountId,
    /// What was destroyed, in npal.
    pub burned: Amount,
    /// What the proposer gets, in npal.
    pub earned: Amount,
}

impl EventType for FeesSettled {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "FeesSettled";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("proposer", Value::Operator(self.proposer)),
            Attribute::new("burned", self.burned),
            Attribute::new("earned", self.earned),
        ]
    }
}
