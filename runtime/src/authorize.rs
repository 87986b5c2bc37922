//! May this transaction be in the next block: sequence, timeout, offer, funds.

use crate::chain;
use crate::chain::Params;
use crate::fee::Price;
use crate::transaction::{Body, Transaction, TransactionError};
use kernel::{Read, StateError};
use primitives::{Amount, AssetId, Gas, Height};

/// What a block charges by: fixed while it is executed.
#[derive(Clone, Copy, Debug)]
pub struct Pricing {
    /// What a unit of gas costs, in npal.
    pub base_price: Amount,
    /// The chain's parameters.
    pub params: Params,
}

impl Pricing {
    /// The pricing of the block that follows `store`.
    ///
    /// # Errors
    /// [`StateError`]: the store is broken.
    pub fn of(store: &(impl Read + ?Sized)) -> Result<Self, StateError> {
        Ok(Self {
            base_price: chain::base_price(store)?,
            params: chain::params(store)?,
        })
    }

    /// What a transaction costs before it does anything.
    #[must_use]
    pub fn intrinsic(&self, transaction: &Transaction) -> Gas {
        let messages = u32::try_from(transaction.body().messages.len()).unwrap_or(u32::MAX);
        let each = self
            .params
            .intrinsic(transaction.size(), transaction.signatures(), messages);
        if transaction.body().unordered {
            each.saturating_add(chain::UNORDERED_GAS)
        } else {
            each
        }
    }
}

/// What an authorized transaction pays, and what of its gas is spent at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authorized {
    /// The price of a unit of gas.
    pub price: Price,
    /// What it costs before it does anything.
    pub intrinsic: Gas,
}

/// Checks all that needs no account: that it is in time, and offers enough for what it needs.
///
/// # Errors
/// [`TransactionError`] of class `Expired`, `Funds` or `Invalid`.
pub fn check_offer(
    pricing: &Pricing,
    height: Height,
    transaction: &Transaction,
) -> Result<Authorized, TransactionError> {
    let body = transaction.body();
    if body.timeout_height < height {
        return Err(TransactionError::Expired {
            timeout_height: body.timeout_height,
            height,
        });
    }
    let latest = chain::latest_timeout(height);
    if body.unordered && body.timeout_height > latest {
        return Err(TransactionError::TimeoutTooFar {
            timeout_height: body.timeout_height,
            latest,
        });
    }
    let limit = body.fee.gas_limit;
    let most = pricing.params.transaction_gas_limit;
    if limit > most {
        return Err(TransactionError::GasLimitTooHigh { limit, most });
    }
    let intrinsic = pricing.intrinsic(transaction);
    if limit < intrinsic {
        return Err(TransactionError::GasLimitTooLow {
            limit,
            needed: intrinsic,
        });
    }
    let (max_price, base_price) = (body.fee.max_price, pricing.base_price);
    let price = body
        .fee
        .price(base_price)
        .map_err(|_| TransactionError::FeeTooLow {
            max_price,
            base_price,
        })?;
    Ok(Authorized { price, intrinsic })
}

/// Checks that a transaction may be the next of its sender in the block at `height`, over `store`.
///
/// # Errors
/// [`TransactionError`]: as [`check_offer`], of class `Sequence`, or the sender cannot pay.
pub fn authorize(
    store: &(impl Read + ?Sized),
    pricing: &Pricing,
    height: Height,
    transaction: &Transaction,
) -> Result<Authorized, TransactionError> {
    admit(store, pricing, height, transaction, 0)
}

/// As [`authorize`], but the transaction may also come after up to `ahead` others of its sender that are not in the
/// chain yet: what a mempool asks. Whether the sender can pay for those too is not looked at.
///
/// # Errors
/// As [`authorize`].
pub fn admit(
    store: &(impl Read + ?Sized),
    pricing: &Pricing,
    height: Height,
    transaction: &Transaction,
    ahead: u64,
) -> Result<Authorized, TransactionError> {
    let authorized = check_offer(pricing, height, transaction)?;
    let body = transaction.body();
    if body.unordered {
        check_unused(store, transaction)?;
    } else {
        check_turn(store, body, ahead)?;
    }
    let need = body.fee.most().map_err(|_| TransactionError::FeeOverflow)?;
    let have = bank::balance(store, &body.sender, AssetId::PAL)?;
    if have < need {
        return Err(TransactionError::CannotPay { have, need });
    }
    Ok(authorized)
}

/// Checks that no block holds an unordered transaction yet, over `store`.
///
/// # Errors
/// [`TransactionError::AlreadyIncluded`].
pub fn check_unused(store: &(impl Read + ?Sized), transaction: &Transaction) -> Result<(), TransactionError> {
    match chain::included(store, transaction.body().timeout_height, transaction.id())? {
        Some(height) => Err(TransactionError::AlreadyIncluded { height }),
        None => Ok(()),
    }
}

/// Checks that it is an ordered transaction's turn, or that at most `ahead` come before it.
fn check_turn(store: &(impl Read + ?Sized), body: &Body, ahead: u64) -> Result<(), TransactionError> {
    let expected = chain::sequence(store, &body.sender)?;
    let got = body.sequence;
    if got < expected {
        return Err(TransactionError::SequenceTooLow { expected, got });
    }
    if got.saturating_sub(expected) > ahead {
        return Err(TransactionError::SequenceTooHigh { expected, got });
    }
    Ok(())
}
