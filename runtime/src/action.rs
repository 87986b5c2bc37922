//! What the validators can decide: changes of parameters, what assets count for, halts.

use crate::chain;
use assets::{Name, Rules as AssetRules, Source, Symbol};
use borsh::{BorshDeserialize, BorshSerialize};
use governance::Subject;
use primitives::{AssetId, Millis, Ratio, ServiceId};

/// Something that can be decided. New ones go to the end: the position is the encoding.
///
/// Parameters are replaced whole: a proposal states all of a module's, so that what was voted on is what is written. When
/// another proposal has changed them in between, it fails and changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Action {
    /// Sets what blocks and fees go by.
    SetChain(chain::Params),
    /// Sets what validators go by.
    SetStaking(staking::Params),
    /// Sets what vaults go by.
    SetVaults(vaults::Params),
    /// Sets what operators and their pledges go by.
    SetDelegation(delegation::Params),
    /// Sets what services go by.
    SetServices(dss::Params),
    /// Sets what slashes go by.
    SetSlashing(slashing::Params),
    /// Sets what services' pay goes by.
    SetRewards(rewards::Params),
    /// Sets what decisions go by.
    SetGovernance(governance::Params),
    /// Enters an asset into the registry.
    EnterAsset {
        /// The number it shall have; must be free.
        asset: AssetId,
        /// Short name; must be free.
        symbol: Symbol,
        /// Full name.
        name: Name,
        /// Digits after the decimal point.
        decimals: u8,
    },
    /// Says under which terms an asset may be restaked.
    SetAssetRules {
        /// Which.
        asset: AssetId,
        /// Its haircut and caps.
        rules: AssetRules,
    },
    /// Sets the price at which stake in an asset is valued.
    SetPrice {
        /// Which.
        asset: AssetId,
        /// npal per base unit.
        price: Ratio,
    },
    /// Suspends a service for a time: it takes no tasks, no members and no funds. Who serves may leave, what was done may be
    /// answered for, and tasks that run are settled.
    SuspendService {
        /// Which.
        service: ServiceId,
        /// For how long, in chain time.
        period: Millis,
    },
    /// Lets a suspended service go on.
    ResumeService {
        /// Which.
        service: ServiceId,
    },
    /// Halts something named for a time, such as a lane of a bridge.
    Halt {
        /// What.
        subject: Subject,
        /// For how long, in chain time.
        period: Millis,
    },
    /// Lets something halted go on.
    Lift {
        /// What.
        subject: Subject,
    },
    /// Stops a slash that was asked for, from the chain's seat among the vetoers.
    VetoSlash {
        /// The request.
        request: u64,
    },
    /// Sets what feeds go by.
    SetOracle(oracle::Params),
    /// Sets how valuations follow prices.
    SetValuation(assets::Params),
    /// Names where an asset's valuation comes from.
    SetPriceSource {
        /// Which asset's.
        asset: AssetId,
        /// From where; none leaves it where it is.
        source: Option<Source>,
    },
}

/// The name under which a service is suspended.
#[must_use]
pub fn service_subject(service: ServiceId) -> Option<Subject> {
    Subject::new(&format!("service/{service}"))
}
