//! Parameters that chains start from.

use crate::document::Parameters;

/// A set of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// For chains that carry value.
    Mainnet,
    /// For testnets on one machine: short epochs and delays, small bonds.
    Localnet,
}

impl Preset {
    /// The parameters.
    #[must_use]
    pub const fn parameters(self) -> Parameters {
        match self {
            Self::Mainnet => Parameters {
                chain: runtime::Params::mainnet(),
                staking: runtime::staking::Params::mainnet(),
                vaults: runtime::vaults::Params::mainnet(),
                delegation: runtime::delegation::Params::mainnet(),
                services: runtime::dss::Params::mainnet(),
                slashing: runtime::slashing::Params::mainnet(),
                rewards: runtime::rewards::Params::standard(),
                oracle: runtime::oracle::Params::mainnet(),
                valuation: runtime::assets::Params::mainnet(),
                governance: runtime::governance::Params::mainnet(),
            },
            Self::Localnet => Parameters {
                chain: runtime::Params::localnet(),
                staking: runtime::staking::Params::localnet(),
                vaults: runtime::vaults::Params::localnet(),
                delegation: runtime::delegation::Params::localnet(),
                services: runtime::dss::Params::localnet(),
                slashing: runtime::slashing::Params::localnet(),
                rewards: runtime::rewards::Params::standard(),
                oracle: runtime::oracle::Params::localnet(),
                valuation: runtime::assets::Params::localnet(),
                governance: runtime::governance::Params::localnet(),
            },
        }
    }
}
