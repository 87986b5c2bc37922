//! What the state says, at a height.

use crypto::bls::KeyBytes;
use light_palisade::{StateProof, ValidatorIndex};
use primitives::{AccountId, Amount, AssetId, BlockHash, Digest, Height, Power, Timestamp};

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

/// An account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// How many transactions of it are in the chain.
    pub sequence: u64,
    /// What it holds of PAL.
    pub balance: Amount,
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

/// What a validator is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidatorStatus {
    /// Registered, but not in the epoch's set.
    Waiting,
    /// In the epoch's set.
    Active,
    /// Kept out for misbehaviour or absence.
    Jailed,
    /// Nothing is bonded behind it any more, and something is on its way out.
    Leaving,
}

/// A validator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validator {
    /// Its operator.
    pub operator: AccountId,
    /// The name that people see.
    pub moniker: String,
    /// What it is doing.
    pub status: ValidatorStatus,
    /// Its consensus key.
    pub key: KeyBytes,
    /// The ed25519 key of its network identity.
    pub p2p_key: [u8; 32],
    /// What is bonded behind it, in npal.
    pub bonded: Amount,
    /// What is on its way out but can still be slashed, in npal.
    pub unbonding: Amount,
    /// Its power and place in the epoch's set.
    pub member: Option<(ValidatorIndex, Power)>,
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

/// One rule of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The module it belongs to.
    pub module: String,
    /// Its name.
    pub name: String,
    /// Its value: numbers as decimals, addresses as bech32m.
    pub value: String,
    /// What it counts; empty for what is no quantity.
    pub unit: String,
}
