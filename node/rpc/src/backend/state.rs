//! What the state says, at a height.

use light_palisade::StateProof;
use primitives::{AccountId, Amount, AssetId, BlockHash, ChainClock, Digest, Epoch, Height, Timestamp};

pub use runtime::query::{Account, Parameter, Status as ValidatorStatus, Validator};
pub use runtime::staking::Rotation;

/// At which height to read, and whether to prove what is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At {
    /// The height after whose block; `None`: the latest that can be proven.
    pub height: Option<Height>,
    /// Whether [`Read::proofs`] shall show every entry that the answer was made from.
    pub prove: bool,
}

/// Which part of a list to read, in the order of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page<K> {
    /// Only what comes after this key; `None`: from the first on.
    pub after: Option<K>,
    /// How many at most. Fewer only where the list ends.
    pub limit: usize,
}

/// Where something was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    /// The height after whose block.
    pub height: Height,
    /// That block's hash.
    pub block_hash: BlockHash,
    /// The state's root, which stands in the next header.
    pub state_root: Digest,
    /// That block's time.
    pub time: Timestamp,
    /// The chain clock after it.
    pub chain_clock: ChainClock,
    /// Its epoch.
    pub epoch: Epoch,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read<T> {
    /// Where.
    pub context: Context,
    /// What.
    pub value: T,
    /// The entries it was made from; empty unless asked for.
    pub proofs: Vec<Entry>,
}

/// An entry of the state and what shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The raw key.
    pub key: Vec<u8>,
    /// The raw value; `None` when there is none.
    pub value: Option<Vec<u8>>,
    /// Shows it under [`Context::state_root`].
    pub proof: StateProof,
}

/// An asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its number.
    pub id: AssetId,
    /// Short name.
    pub symbol: String,
    /// How many digits stand after the decimal point.
    pub decimals: u8,
    /// Full name.
    pub name: String,
}

/// What an account has bonded behind a validator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bond {
    /// What it is worth, in npal.
    pub bonded: Amount,
    /// Rewards earned and not paid out, in npal.
    pub rewards: Amount,
    /// Withdrawals under way.
    pub unbondings: u32,
}

/// How well a validator of the current set does its work, as this node counted it over the current epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SigningInfo {
    /// Its operator.
    pub operator: AccountId,
    /// The first height that was counted.
    pub from: Height,
    /// The last height that was counted.
    pub to: Height,
    /// Blocks it proposed that became final.
    pub proposed: u64,
    /// Views that ended without a block while it was to lead.
    pub missed: u64,
    /// The last height whose finality its signature is part of.
    pub last_signed: Option<Height>,
}
