//! Feeds of prices that a chain finds when it starts.

use crate::world::Stake;
use borsh::BorshSerialize;
use primitives::{Amount, AssetId, Bps, Coin, Millis};
use runtime::genesis::FoundingFeed;
use runtime::oracle;
use serde::{Deserialize, Serialize};

/// What an operator's value weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(rename_all = "snake_case")]
pub enum Weighing {
    /// What stands behind it for the service.
    Stake,
    /// Its consensus power two epochs before.
    Power,
}

/// A feed of a service of the kind `oracle`: what one asset costs in another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, BorshSerialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// One whole of this asset …
    pub base: AssetId,
    /// … costs so much of this one.
    pub quote: AssetId,
    /// How many digits of a value stand after the decimal point.
    pub decimals: u8,
    /// The least value that may be stated, in units of the last digit.
    pub least: Amount,
    /// The largest.
    pub most: Amount,
    /// From the opening of one round to that of the next, in chain time, in milliseconds.
    pub every: Millis,
    /// How long values are committed to, in milliseconds.
    pub commit: Millis,
    /// How long they are shown after that, in milliseconds.
    pub reveal: Millis,
    /// How far from the median a value may lie and be paid, in basis points of the median.
    pub tolerance: Bps,
    /// What a round pays, of all who are near the median together.
    pub fee: Coin,
    /// What a value weighs.
    pub weighing: Weighing,
    /// Who has put down how much for rounds to come, of the asset that they pay in, out of what it holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub funds: Vec<Stake>,
    /// Whether the valuation of the base asset follows this feed from the first epoch on. Without rounds it decays.
    #[serde(default)]
    pub values: bool,
}

impl Feed {
    /// What the state machine brings about, which checks it as if the service's owner had asked for it.
    pub(crate) fn founding(&self) -> FoundingFeed {
        FoundingFeed {
            rules: oracle::Rules {
                pair: oracle::Pair {
                    base: self.base,
                    quote: self.quote,
                },
                decimals: self.decimals,
                bounds: oracle::Bounds {
                    least: self.least.get(),
                    most: self.most.get(),
                },
                every: self.every,
                commit: self.commit,
                reveal: self.reveal,
                tolerance: self.tolerance,
                fee: self.fee,
                weighing: match self.weighing {
                    Weighing::Stake => oracle::Weighing::Stake,
                    Weighing::Power => oracle::Weighing::Power,
                },
            },
            funds: self
                .funds
                .iter()
                .map(|fund| (fund.owner.account, fund.amount))
                .collect(),
            values: self.values,
        }
    }
}
