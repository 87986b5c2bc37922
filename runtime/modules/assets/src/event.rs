//! What happened.

use crate::ID;
use crate::text::Symbol;
use kernel::{Attribute, EventType, ModuleId, ShortBytes};
use primitives::AssetId;

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
