//! The modules of this chain, and the order of their hooks.

use crate::chain;
use crate::compose::compose;
use crate::wiring::Wire;
use kernel::ModuleId;

compose! {
    reserved: [ModuleId::KERNEL, chain::ID],
    modules: [
        // Order: what others name comes before them.
        assets Assets: assets::Assets<Wire>,
        bank Bank: bank::Bank<Wire>,
        vaults Vaults: vaults::Vaults<Wire>,
        staking Staking: staking::Staking<Wire>,
        delegation Delegation: delegation::Delegation<Wire>,
        dss Dss: dss::Dss<Wire>,
        slashing Slashing: slashing::Slashing<Wire>,
        rewards Rewards: rewards::Rewards<Wire>,
        governance Governance: governance::Governance<Wire>,
        attested Attested: attested::Attested,
        oracle Oracle: oracle::Oracle<Wire>,
        // Order: the first set comes from all that genesis has put behind validators.
        service_consensus Consensus: service_consensus::Consensus<Wire>,
    ],
    end_epoch: [
        assets::Assets<Wire>,
        bank::Bank<Wire>,
        vaults::Vaults<Wire>,
        delegation::Delegation<Wire>,
        slashing::Slashing<Wire>,
        dss::Dss<Wire>,
        rewards::Rewards<Wire>,
        governance::Governance<Wire>,
        attested::Attested,
        oracle::Oracle<Wire>,
        service_consensus::Consensus<Wire>,
        // Order: last, since the next set comes from everything before.
        staking::Staking<Wire>,
    ],
}
