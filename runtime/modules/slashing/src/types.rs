//! What a request is.

use borsh::{BorshDeserialize, BorshSerialize};
use primitives::{AccountId, Amount, Bps, ChainClock, Coin, Digest, Epoch, ServiceId};
use vaults::VaultId;

/// How a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Ending {
    /// It waits.
    Open,
    /// A vetoer stopped it.
    Vetoed,
    /// It was carried out.
    Executed,
}

impl Ending {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Vetoed => "vetoed",
            Self::Executed => "executed",
        }
    }
}

/// A slash that a service's slasher asks for. Everything that decides about it is fixed when it is asked for: what
/// parameters and terms become later does not reach it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Request {
    /// The service that was wronged.
    pub service: ServiceId,
    /// Who is accused.
    pub operator: AccountId,
    /// The subjective class.
    pub class: u8,
    /// When: an epoch in which the accused had a seat.
    pub epoch: Epoch,
    /// What is to be taken, of what was slashable then.
    pub fraction: Bps,
    /// The class's cap.
    pub cap: Bps,
    /// When that epoch's stake was read.
    pub liable_since: ChainClock,
    /// From which vaults, ascending: at most 32.
    pub vaults: Vec<VaultId>,
    /// Hash of why.
    pub reason: Digest,
    /// Who asks.
    pub slasher: AccountId,
    /// What he put down, in npal.
    pub bond: Amount,
    /// When it was asked for, in chain time.
    pub asked_at: ChainClock,
    /// Before when it may be vetoed, and from when on it is carried out, in chain time.
    pub due_at: ChainClock,
    /// How it stands.
    pub ending: Ending,
}

/// What a reporter is to get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Due {
    /// Who.
    pub reporter: AccountId,
    /// How much of what.
    pub coin: Coin,
}
