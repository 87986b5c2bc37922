//! One transaction: reserve its fee, do what it says, all or nothing, settle the fee.

use crate::authorize::{Authorized, Pricing, authorize};
use crate::chain;
use crate::error::Halt;
use crate::gate;
use crate::modules::ModuleError;
use crate::receipt::{Failure, Receipt};
use crate::transaction::{Transaction, TransactionError};
use bank::InTransit;
use kernel::{Block, Ctx, Event, Fault, StateError};
use primitives::{Amount, AssetId, Coin, Gas, MathError, Rounding};
use state::Overlay;

/// What the transactions of a block have paid so far: out of their senders' balances, and nobody's yet.
#[derive(Debug)]
pub(crate) struct Collected {
    /// To be destroyed.
    pub(crate) burned: InTransit,
    /// For the proposer.
    pub(crate) earned: InTransit,
}

impl Collected {
    pub(crate) const fn nothing() -> Self {
        Self {
            burned: InTransit::none(AssetId::PAL),
            earned: InTransit::none(AssetId::PAL),
        }
    }
}

/// Why a transaction was not applied.
#[derive(Debug)]
pub(crate) enum NotApplied {
    /// It may not be in this block, and has left no trace.
    Refused(TransactionError),
    /// The store or the code is broken.
    Halt(Halt),
}

impl From<Halt> for NotApplied {
    fn from(error: Halt) -> Self {
        Self::Halt(error)
    }
}

impl From<StateError> for NotApplied {
    fn from(error: StateError) -> Self {
        Self::Halt(error.into())
    }
}

/// Applies transactions one after the other.
#[derive(Debug)]
pub(crate) struct Applier<'a> {
    pub(crate) overlay: &'a mut Overlay,
    pub(crate) block: &'a Block,
    pub(crate) pricing: Pricing,
    pub(crate) collected: Collected,
    /// The least gas limit with which the last transaction would have come to the same.
    pub(crate) needed: Gas,
}

/// What a transaction did.
struct Ran {
    failure: Option<Failure>,
    events: Vec<Event>,
    gas: Gas,
}

impl Applier<'_> {
    /// Authorizes and applies one transaction.
    pub(crate) fn apply(&mut self, transaction: &Transaction) -> Result<Receipt, NotApplied> {
        let authorized =
            authorize(&*self.overlay, &self.pricing, self.block.height, transaction).map_err(|error| {
                match error.code() {
                    Some(_) => NotApplied::Refused(error),
                    None => NotApplied::Halt(Halt::from_transaction(error)),
                }
            })?;
        let reserved = self.reserve(transaction, authorized)?;
        let ran = self.run(transaction, authorized.intrinsic)?;
        let gas_used = authorized.intrinsic.saturating_add(ran.gas);
        let fee = self.settle(transaction, authorized, gas_used, reserved)?;
        Ok(Receipt {
            id: transaction.id(),
            failure: ran.failure,
            gas_used,
            fee,
            events: ran.events,
        })
    }

    /// Takes the most that the fee may come to at this block's price, and counts the transaction.
    fn reserve(
        &mut self,
        transaction: &Transaction,
        authorized: Authorized,
    ) -> Result<InTransit, StateError> {
        let price = authorized
            .price
            .total()
            .map_err(|source| broken("a price", source))?;
        let limit = transaction.body().fee.gas_limit;
        let amount = limit.cost(price).map_err(|source| broken("a reserve", source))?;
        let coin = Coin {
            asset: AssetId::PAL,
            amount,
        };
        let sender = transaction.sender();
        let body = transaction.body();
        if body.unordered {
            let (timeout, id) = (body.timeout_height, transaction.id());
            chain::remember(self.overlay, timeout, id, self.block.height)?;
        } else {
            chain::use_sequence(self.overlay, &sender, body.sequence)?;
        }
        bank::take(self.overlay, &sender, coin).map_err(|error| {
            if let bank::Error::State(inner) = error {
                inner
            } else {
                // At most what authorizing has found to be there.
                chain::ID.broken("an authorized transaction can pay")
            }
        })
    }

    /// Does what the transaction says, all or nothing.
    fn run(&mut self, transaction: &Transaction, intrinsic: Gas) -> Result<Ran, Halt> {
        let body = transaction.body();
        let limit = body.fee.gas_limit.saturating_sub(intrinsic);
        let mut ctx = Ctx::transaction(self.overlay, self.block, limit);
        let outcome = ctx.atomically(|ctx| {
            (0u32..).zip(&body.messages).try_for_each(|(index, message)| {
                gate::admit(ctx, message)
                    .map_err(ModuleError::Governance)
                    .and_then(|()| message.clone().execute(ctx, body.sender))
                    .map_err(|error| (index, error))
            })
        });
        self.needed = intrinsic.saturating_add(ctx.meter().needed());
        let (events, gas) = ctx.finish();
        let failure = outcome
            .err()
            .map(|(message, error)| failure(message, error))
            .transpose()?;
        Ok(Ran { failure, events, gas })
    }

    /// Gives back what was reserved and not used, and collects the rest.
    fn settle(
        &mut self,
        transaction: &Transaction,
        authorized: Authorized,
        gas_used: Gas,
        mut reserved: InTransit,
    ) -> Result<Amount, StateError> {
        let wrong = |source| broken("a fee", source);
        let base = gas_used.cost(authorized.price.base).map_err(wrong)?;
        let tip = gas_used.cost(authorized.price.tip).map_err(wrong)?;
        let fee = base.checked_add(tip).map_err(wrong)?;
        // Rounding: what the proposer gets goes down, the odd unit is destroyed.
        let kept = self
            .pricing
            .params
            .burned
            .of(base.get(), Rounding::Up)
            .map_err(wrong)?;
        let mut paid = reserved.split(fee).map_err(wrong)?;
        self.collected
            .burned
            .join(paid.split(Amount::new(kept)).map_err(wrong)?)?;
        self.collected.earned.join(paid)?;
        bank::give(self.overlay, &transaction.sender(), reserved)?;
        Ok(fee)
    }
}

/// The error of arithmetic that authorizing has made safe.
fn broken(what: &'static str, source: MathError) -> StateError {
    StateError::Math {
        module: chain::ID.number(),
        what,
        source,
    }
}

/// What a receipt says of a refused message; an error without a code halts the node.
fn failure(message: u32, error: ModuleError) -> Result<Failure, Halt> {
    match error.code() {
        Some(code) => Ok(Failure { message, code }),
        None => Err(Halt::from_module(error)),
    }
}
