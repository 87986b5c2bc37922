//! What a transaction would do now. Nothing of it is kept.

use crate::apply::{Applier, Collected, NotApplied};
use crate::authorize::Pricing;
use crate::chain;
use crate::error::Halt;
use crate::fee::Fee;
use crate::receipt::Receipt;
use crate::transaction::{Decoded, Transaction, TransactionError};
use kernel::Block;
use primitives::{Amount, AssetId, Gas};
use state::{Overlay, State};

/// What a transaction would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// What would come of it.
    pub receipt: Receipt,
    /// A gas limit with a quarter to spare, for what may change until it is in a block.
    pub suggested_gas_limit: Gas,
    /// What a unit of gas costs in the block it was tried in, in npal.
    pub base_price: Amount,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    /// It could not be in a block.
    #[error(transparent)]
    Refused(Box<TransactionError>),
    /// This node is broken.
    #[error(transparent)]
    Halt(#[from] Halt),
}

/// Tries a transaction in `block` over `parent`, its fee and the cost of its signatures included; the signatures
/// themselves are not looked at.
///
/// A `gas_limit` of zero means as much as is allowed and can be paid for; a `max_price` of zero means the base price. A
/// sequence that is not the sender's turn yet is taken for the turn.
///
/// # Errors
/// [`SimulateError`]. A transaction that would fail is no error: the receipt says so.
pub fn simulate(parent: &State, block: &Block, decoded: &Decoded) -> Result<Simulated, SimulateError> {
    let pricing = Pricing::of(parent).map_err(Halt::from)?;
    let tried = fill_in(parent, &pricing, decoded.transaction())?;
    let mut overlay = Overlay::new(parent.clone());
    let collected = Collected::nothing();
    let mut applier = Applier {
        overlay: &mut overlay,
        block,
        pricing,
        collected,
        needed: Gas::ZERO,
    };
    let receipt = applier.apply(&tried).map_err(|error| match error {
        NotApplied::Refused(error) => SimulateError::Refused(Box::new(error)),
        NotApplied::Halt(halt) => SimulateError::Halt(halt),
    })?;
    let needed = applier.needed.max(receipt.gas_used).get();
    let room = needed.div_ceil(4);
    let suggested = Gas::new(needed.saturating_add(room)).min(pricing.params.transaction_gas_limit);
    Ok(Simulated {
        receipt,
        suggested_gas_limit: suggested,
        base_price: pricing.base_price,
    })
}

/// The transaction with what it leaves open.
fn fill_in(parent: &State, pricing: &Pricing, given: &Transaction) -> Result<Transaction, Halt> {
    let body = given.body();
    let Fee {
        mut gas_limit,
        mut max_price,
        tip,
    } = body.fee;
    if max_price.is_zero() {
        max_price = pricing.base_price;
    }
    if gas_limit.is_zero() {
        let balance = bank::balance(parent, &body.sender, AssetId::PAL)?;
        let payable = balance.get().checked_div(max_price.get()).unwrap_or(0);
        let payable = u64::try_from(payable).unwrap_or(u64::MAX);
        gas_limit = Gas::new(payable).min(pricing.params.transaction_gas_limit);
    }
    let turn = if body.unordered {
        0
    } else {
        chain::sequence(parent, &body.sender)?
    };
    let fee = Fee {
        gas_limit,
        max_price,
        tip,
    };
    Ok(given.tried_with(fee, if body.sequence > turn { turn } else { body.sequence }))
}
