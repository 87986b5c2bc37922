//! Values of event attributes: typed, so that they are shown as what they are.

use crate::{Code, Name};
use primitives::codec::Decode;
use primitives::{
    AccountId, Amount, AssetId, Bps, ChainClock, Digest, Epoch, Height, Millis, Power, Ratio, Shares,
    Timestamp,
};
use std::io;

/// The most bytes that a [`ShortBytes`] holds.
pub const MAX_BYTES: usize = 64;

/// Foreign bytes in an event: a script, an address of another chain. At most [`MAX_BYTES`].
#[derive(Clone, Debug, PartialEq, Eq, borsh::BorshSerialize)]
pub struct ShortBytes(Vec<u8>);

impl ShortBytes {
    /// The first [`MAX_BYTES`] of `bytes`. What may be longer and matters whole goes into an event as its hash.
    #[must_use]
    pub fn truncated(bytes: &[u8]) -> Self {
        Self(bytes.iter().copied().take(MAX_BYTES).collect())
    }

    /// The bytes.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl Decode for ShortBytes {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let bytes = Vec::<u8>::deserialize_reader(reader)?;
        if bytes.len() > MAX_BYTES {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "more than 64 bytes in an event's value",
            ));
        }
        Ok(Self(bytes))
    }
}

/// The value of an attribute. Every kind has a bounded size. New kinds go to the end: the position is the encoding.
#[derive(Clone, Debug, PartialEq, Eq, borsh::BorshSerialize, borsh::BorshDeserialize)]
pub enum Value {
    /// An account.
    Account(AccountId),
    /// An operator or validator, by its account.
    Operator(AccountId),
    /// A vault.
    Vault(Digest),
    /// A consensus key, by its hash.
    ConsensusKey(Digest),
    /// Any other hash or 32-byte identifier.
    Digest(Digest),
    /// An asset.
    Asset(AssetId),
    /// The number of a thing that is numbered: a service, a task, a request.
    Id(u64),
    /// An amount of the asset that another attribute names, in base units.
    Amount(Amount),
    /// Shares of a vault, in base units.
    Shares(Shares),
    /// Voting power.
    Power(Power),
    /// A fraction in basis points.
    Bps(Bps),
    /// A fixed-point fraction.
    Ratio(Ratio),
    /// A count.
    Number(u64),
    /// A position in the chain.
    Height(Height),
    /// An epoch.
    Epoch(Epoch),
    /// A moment by a leader's stamp.
    Timestamp(Timestamp),
    /// A moment in chain time.
    ChainClock(ChainClock),
    /// A duration.
    Millis(Millis),
    /// Whether something is so.
    Flag(bool),
    /// A choice among a few, by name.
    Label(Name),
    /// Why something was not done.
    Code(Code),
    /// Foreign bytes.
    Bytes(ShortBytes),
}

impl Value {
    /// Whether the value names something that events are looked up by.
    #[must_use]
    pub const fn names_something(&self) -> bool {
        match self {
            Self::Account(_)
            | Self::Operator(_)
            | Self::Vault(_)
            | Self::ConsensusKey(_)
            | Self::Digest(_)
            | Self::Asset(_)
            | Self::Id(_) => true,
            Self::Amount(_)
            | Self::Shares(_)
            | Self::Power(_)
            | Self::Bps(_)
            | Self::Ratio(_)
            | Self::Number(_)
            | Self::Height(_)
            | Self::Epoch(_)
            | Self::Timestamp(_)
            | Self::ChainClock(_)
            | Self::Millis(_)
            | Self::Flag(_)
            | Self::Label(_)
            | Self::Code(_)
            | Self::Bytes(_) => false,
        }
    }
}

// What a bare value of each type means when an event does not say otherwise.

impl From<AccountId> for Value {
    fn from(value: AccountId) -> Self {
        Self::Account(value)
    }
}
impl From<Digest> for Value {
    fn from(value: Digest) -> Self {
        Self::Digest(value)
    }
}
impl From<AssetId> for Value {
    fn from(value: AssetId) -> Self {
        Self::Asset(value)
    }
}
impl From<Amount> for Value {
    fn from(value: Amount) -> Self {
        Self::Amount(value)
    }
}
impl From<Shares> for Value {
    fn from(value: Shares) -> Self {
        Self::Shares(value)
    }
}
impl From<Power> for Value {
    fn from(value: Power) -> Self {
        Self::Power(value)
    }
}
impl From<Bps> for Value {
    fn from(value: Bps) -> Self {
        Self::Bps(value)
    }
}
impl From<Ratio> for Value {
    fn from(value: Ratio) -> Self {
        Self::Ratio(value)
    }
}
impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Number(value)
    }
}
impl From<Height> for Value {
    fn from(value: Height) -> Self {
        Self::Height(value)
    }
}
impl From<Epoch> for Value {
    fn from(value: Epoch) -> Self {
        Self::Epoch(value)
    }
}
impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Self::Timestamp(value)
    }
}
impl From<ChainClock> for Value {
    fn from(value: ChainClock) -> Self {
        Self::ChainClock(value)
    }
}
impl From<Millis> for Value {
    fn from(value: Millis) -> Self {
        Self::Millis(value)
    }
}
impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Flag(value)
    }
}
impl From<Code> for Value {
    fn from(value: Code) -> Self {
        Self::Code(value)
    }
}
impl From<ShortBytes> for Value {
    fn from(value: ShortBytes) -> Self {
        Self::Bytes(value)
    }
}
