//! The chain's parameters.

use crate::chain::ID;
use borsh::{BorshDeserialize, BorshSerialize};
use kernel::{Code, Fault};
use primitives::{Amount, Bps, Gas};

/// What the chain runs under. Set by genesis.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Params {
    /// Gas of one block, at most. The base price rises above half of it, and falls below.
    pub block_gas_limit: Gas,
    /// Gas of one transaction, at most.
    pub transaction_gas_limit: Gas,
    /// Gas of every transaction, whatever it holds: its fee, its sequence, its receipt.
    pub gas_per_transaction: Gas,
    /// Gas of each byte of a transaction.
    pub gas_per_byte: Gas,
    /// Gas of each signature.
    pub gas_per_signature: Gas,
    /// Gas of each message, besides what it does.
    pub gas_per_message: Gas,
    /// The lowest base price, in npal per unit of gas; above zero.
    pub lowest_price: Amount,
    /// Which part of the base price is destroyed; the proposer gets the rest, and the tip.
    pub burned: Bps,
}

/// Why parameters are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// No transaction would fit into a block.
    #[error(
        "a transaction must cost gas, at most `transaction_gas_limit`, and that at most `block_gas_limit`"
    )]
    GasLimits,
    /// Gas would be free.
    #[error("`lowest_price` must be above zero")]
    FreeGas,
}

impl Params {
    /// For chains that carry value. A unit of gas is about a nanosecond of one core (`kernel::price`), so a full block
    /// is two seconds of work, and half of it the target.
    #[must_use]
    pub const fn mainnet() -> Self {
        Self {
            block_gas_limit: Gas::new(2_000_000_000),
            transaction_gas_limit: Gas::new(100_000_000),
            gas_per_transaction: Gas::new(40_000),
            gas_per_byte: Gas::new(30),
            gas_per_signature: Gas::new(30_000),
            gas_per_message: Gas::new(2_000),
            lowest_price: Amount::new(1),
            burned: Bps::ONE,
        }
    }

    /// For testnets on one machine: as [`Params::mainnet`].
    #[must_use]
    pub const fn localnet() -> Self {
        Self::mainnet()
    }

    /// Checks that a chain can run under these parameters.
    ///
    /// # Errors
    /// [`ParamsError`].
    pub fn validate(&self) -> Result<(), ParamsError> {
        let least = self.intrinsic(0, 1, 1);
        let ordered =
            least <= self.transaction_gas_limit && self.transaction_gas_limit <= self.block_gas_limit;
        if self.gas_per_transaction.is_zero() || !ordered {
            return Err(ParamsError::GasLimits);
        }
        if self.lowest_price.is_zero() {
            return Err(ParamsError::FreeGas);
        }
        Ok(())
    }

    /// What a transaction costs before it does anything: by its bytes, signatures and messages.
    #[must_use]
    pub fn intrinsic(&self, bytes: u32, signatures: u32, messages: u32) -> Gas {
        [
            (self.gas_per_byte, bytes),
            (self.gas_per_signature, signatures),
            (self.gas_per_message, messages),
        ]
        .into_iter()
        .fold(self.gas_per_transaction, |sum, (each, count)| {
            // Saturates beyond any limit.
            sum.saturating_add(Gas::new(each.get().saturating_mul(u64::from(count))))
        })
    }
}

impl Fault for ParamsError {
    fn code(&self) -> Option<Code> {
        Some(ID.code(match self {
            Self::GasLimits => 64,
            Self::FreeGas => 65,
        }))
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::GasLimits => "BAD_GAS_LIMITS",
            Self::FreeGas => "FREE_GAS",
        }
    }
}
