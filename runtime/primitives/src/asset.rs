//! Which asset, and how much of it.

use crate::Amount;
use crate::quantity::quantity;
use borsh::{BorshDeserialize, BorshSerialize};

quantity! {
    /// An asset's number in the registry. 0 is PAL, the native token.
    AssetId(u32)
}

quantity! {
    /// A service's number in the registry. 0 is the chain itself.
    ServiceId(u32)
}

impl ServiceId {
    /// The chain: its validators are the operators of service number zero.
    pub const CONSENSUS: Self = Self::new(0);
}

impl AssetId {
    /// PAL; its base unit is the npal, 10^-9 PAL.
    pub const PAL: Self = Self::new(0);
}

/// An amount together with its asset, for wherever the context does not say which.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Coin {
    /// The asset.
    pub asset: AssetId,
    /// How much, in its base units.
    pub amount: Amount,
}

impl core::fmt::Display for Coin {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} of asset {}", self.amount, self.asset)
    }
}
