//! Executing a block: pure, and the same on every machine.

use crate::apply::{Applier, Collected, NotApplied};
use crate::authorize::Pricing;
use crate::block::{BlockContext, BlockEvents};
use crate::chain;
use crate::epoch;
use crate::error::{BlockInvalid, ExecuteError, Halt};
use crate::event::FeesSettled;
use crate::fee::next_base_price;
use crate::modules::{self, ModuleError};
use crate::receipt::{Receipt, receipts_root};
use crate::transaction::{Transaction, Verified};
use crate::wiring::Wire;
use core::borrow::Borrow;
use kernel::{Block, Ctx, Fault, StateError};
use light_palisade::{Evidence, ValidatorSet};
use primitives::{Digest, Gas};
use state::{Changes, Overlay, State};

/// What came of a block.
#[derive(Clone, Debug)]
pub struct Executed {
    /// The state after it.
    pub state: State,
    /// What leads there from the parent's state.
    pub changes: Changes,
    /// What came of each transaction, in order.
    pub receipts: Vec<Receipt>,
    /// Root over the receipts; zero without any. Stands in the next header.
    pub receipts_root: Digest,
    /// Root of what leaves for other chains: zero, since nothing does yet. Stands in the next header.
    pub outbox_root: Digest,
    /// What the block itself caused.
    pub events: BlockEvents,
    /// Gas of all transactions.
    pub gas_used: Gas,
    /// The next epoch's set, when the block ends its epoch. Its root stands in this block's own header.
    pub next_validators: Option<ValidatorSet>,
}

impl Executed {
    /// Root of the state after the block. Stands in the next header.
    #[must_use]
    pub fn state_root(&self) -> Digest {
        self.state.root()
    }
}

/// Executes a block over its parent's state.
///
/// `lookback` is the state two heights below the block, from which the next set is computed when the block ends its
/// epoch; genesis stands in where that lies before the start.
///
/// # Errors
/// [`ExecuteError::Invalid`] when the block holds a transaction that may not be in it, [`ExecuteError::Halt`] when
/// this node is broken.
pub fn execute<T: Borrow<Verified>>(
    parent: &State,
    context: &BlockContext,
    transactions: &[T],
    lookback: &State,
) -> Result<Executed, ExecuteError> {
    let mut overlay = Overlay::new(parent.clone());
    let mut run = Run::begin(&mut overlay, &context.block)?;
    for (index, evidence) in (0u32..).zip(&context.evidence) {
        run.accuse(evidence)?
            .map_err(|error| BlockInvalid::Evidence { index, error })?;
    }
    run.open()?;
    for (index, transaction) in (0u32..).zip(transactions) {
        let transaction = transaction.borrow().transaction();
        let id = transaction.id();
        let asked = transaction.body().fee.gas_limit;
        let left = run.gas_left();
        if asked > left {
            return Err(BlockInvalid::OutOfGas {
                index,
                id,
                asked,
                left,
            }
            .into());
        }
        run.apply(transaction).map_err(|error| match error {
            NotApplied::Refused(error) => BlockInvalid::Transaction { index, id, error }.into(),
            NotApplied::Halt(halt) => ExecuteError::Halt(halt),
        })?;
    }
    let ended = run.end(context, lookback)?;
    Ok(ended.finish(overlay, parent)?)
}

/// A block between its begin and its end.
#[derive(Debug)]
pub(super) struct Run<'a> {
    applier: Applier<'a>,
    receipts: Vec<Receipt>,
    events: BlockEvents,
    gas_used: Gas,
}

/// A block whose writes are all in the overlay.
pub(super) struct Ended {
    receipts: Vec<Receipt>,
    events: BlockEvents,
    gas_used: Gas,
    next_validators: Option<ValidatorSet>,
}

impl<'a> Run<'a> {
    /// A block in which nothing has happened yet.
    pub(super) fn begin(overlay: &'a mut Overlay, block: &'a Block) -> Result<Self, Halt> {
        let pricing = Pricing::of(&*overlay)?;
        let applier = Applier {
            overlay,
            block,
            pricing,
            collected: Collected::nothing(),
            needed: Gas::ZERO,
        };
        Ok(Self {
            applier,
            receipts: Vec::new(),
            events: Vec::new(),
            gas_used: Gas::ZERO,
        })
    }

    /// Convicts whom the evidence shows guilty; refused evidence leaves no trace. It comes before everything else, so
    /// that a slash goes before a payout that matures in the same block.
    pub(super) fn accuse(&mut self, evidence: &Evidence) -> Result<Result<(), staking::Error>, Halt> {
        let mut ctx = Ctx::hook(self.applier.overlay, self.applier.block);
        match ctx.atomically(|ctx| staking::convict::<Wire>(ctx, evidence)) {
            Ok(()) => {
                self.events.extend(ctx.finish().0);
                Ok(Ok(()))
            }
            Err(error) if error.code().is_some() => Ok(Err(error)),
            Err(error) => Err(Halt::from_module(ModuleError::Staking(error))),
        }
    }

    /// Runs the hooks that come before the transactions.
    pub(super) fn open(&mut self) -> Result<(), Halt> {
        let events = hook(self.applier.overlay, self.applier.block, modules::begin_block)?;
        self.events.extend(events);
        Ok(())
    }

    /// Gas that transactions have used so far.
    pub(super) const fn gas_used(&self) -> Gas {
        self.gas_used
    }

    /// Gas that the block has left.
    pub(super) const fn gas_left(&self) -> Gas {
        self.applier
            .pricing
            .params
            .block_gas_limit
            .saturating_sub(self.gas_used)
    }

    /// What the block charges by.
    pub(super) const fn pricing(&self) -> &Pricing {
        &self.applier.pricing
    }

    /// Applies a transaction whose gas limit fits.
    pub(super) fn apply(&mut self, transaction: &Transaction) -> Result<(), NotApplied> {
        let receipt = self.applier.apply(transaction)?;
        self.gas_used = self.gas_used.saturating_add(receipt.gas_used);
        self.receipts.push(receipt);
        Ok(())
    }

    /// Settles the fees and runs the hooks that come after the transactions.
    pub(super) fn end(self, context: &BlockContext, lookback: &State) -> Result<Ended, Halt> {
        let Self {
            applier,
            receipts,
            mut events,
            gas_used,
        } = self;
        let Applier {
            overlay,
            block,
            pricing,
            collected,
            needed: _,
        } = applier;
        events.extend(hook(overlay, block, |ctx| settle(ctx, collected))?);
        move_price(overlay, &pricing, gas_used)?;
        chain::forget(overlay, block.height)?;
        events.extend(hook(overlay, block, modules::end_block)?);
        let next_validators = end_epoch(overlay, context, lookback, &mut events)?;
        Ok(Ended {
            receipts,
            events,
            gas_used,
            next_validators,
        })
    }
}

impl Ended {
    /// Makes the version that the writes lead to.
    pub(super) fn finish(self, overlay: Overlay, parent: &State) -> Result<Executed, Halt> {
        let changes = overlay.into_changes();
        let state = parent.apply(&changes)?;
        Ok(Executed {
            state,
            changes,
            receipts_root: receipts_root(&self.receipts),
            outbox_root: Digest::ZERO,
            receipts: self.receipts,
            events: self.events,
            gas_used: self.gas_used,
            next_validators: self.next_validators,
        })
    }
}

fn hook(
    overlay: &mut Overlay,
    block: &Block,
    body: impl FnOnce(&mut Ctx<'_>) -> Result<(), StateError>,
) -> Result<BlockEvents, StateError> {
    let mut ctx = Ctx::hook(overlay, block);
    body(&mut ctx)?;
    Ok(ctx.finish().0)
}

/// Destroys the burned part of the fees and gives the proposer the rest.
fn settle(ctx: &mut Ctx<'_>, collected: Collected) -> Result<(), StateError> {
    let Collected { burned, earned } = collected;
    let event = FeesSettled {
        proposer: ctx.proposer(),
        burned: burned.coin().amount,
        earned: earned.coin().amount,
    };
    if event.burned.is_zero() && event.earned.is_zero() {
        return Ok(());
    }
    bank::destroy(ctx, burned)?;
    staking::collect_tips(ctx, earned)?;
    ctx.emit(&event)
}

/// Sets the next block's base price.
fn move_price(overlay: &mut Overlay, pricing: &Pricing, used: Gas) -> Result<(), StateError> {
    let params = &pricing.params;
    let price = next_base_price(
        pricing.base_price,
        used,
        params.block_gas_limit,
        params.lowest_price,
    )
    .map_err(|_| chain::ID.broken("a block's gas limit is above zero"))?;
    if price == pricing.base_price {
        Ok(())
    } else {
        chain::BASE_PRICE.put(overlay, &price)
    }
}

/// Ends the epoch when the block is its last: stores the next set, then runs the hooks.
fn end_epoch(
    overlay: &mut Overlay,
    context: &BlockContext,
    lookback: &State,
    events: &mut BlockEvents,
) -> Result<Option<ValidatorSet>, StateError> {
    let Some(next) = epoch::next_validators(&*overlay, context, lookback)? else {
        return Ok(None);
    };
    events.extend(hook(overlay, &context.block, |ctx| {
        staking::store_next_set(ctx, &next.set)?;
        service_consensus::store(ctx, &next)?;
        modules::end_epoch(ctx)
    })?);
    Ok(Some(next.set))
}
