//! Building a block out of candidates, in one pass.

use crate::apply::NotApplied;
use crate::block::BlockContext;
use crate::block::execute::{Executed, Run};
use crate::error::ExecuteError;
use crate::transaction::{TransactionError, Verified};
use core::borrow::Borrow;
use light_palisade::Evidence;
use light_palisade::limits::MAX_EVIDENCE;
use primitives::Gas;
use state::{Overlay, State};

/// How many candidates in a row may not fit before a block counts as full.
const MISSES: u32 = 64;

/// How large the block may become, besides the gas limit of the chain's parameters.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of all transactions.
    pub bytes: usize,
    /// How many transactions.
    pub transactions: usize,
    /// Gas that the transactions may use together; the chain's own limit holds besides.
    pub gas: Gas,
}

impl Default for Limits {
    /// What blocks may hold.
    fn default() -> Self {
        Self {
            bytes: light_palisade::limits::MAX_TRANSACTION_BYTES,
            transactions: light_palisade::limits::MAX_TRANSACTIONS,
            gas: Gas::MAX,
        }
    }
}

/// A block that was built.
#[derive(Debug)]
pub struct Built<T> {
    /// Its transactions, in order.
    pub chosen: Vec<T>,
    /// Its evidence: what of the context's convicts somebody, in order.
    pub evidence: Vec<Evidence>,
    /// What came of it.
    pub executed: Executed,
    /// Candidates that may not be in a block as they are, and why. Those that did not fit, come before their turn, or
    /// offer less than the base price are not among them: they may be in a later one.
    pub refused: Vec<(T, TransactionError)>,
}

/// Executes candidates over the parent's state, in order, leaving out those that do not fit or may not be there.
/// `lookback` is as for [`execute`](crate::execute).
///
/// # Errors
/// [`ExecuteError::Halt`] when this node is broken; never [`ExecuteError::Invalid`].
pub fn build<T: Borrow<Verified>>(
    parent: &State,
    context: &BlockContext,
    candidates: impl IntoIterator<Item = T>,
    limits: Limits,
    lookback: &State,
) -> Result<Built<T>, ExecuteError> {
    let mut overlay = Overlay::new(parent.clone());
    let mut run = Run::begin(&mut overlay, &context.block)?;
    let mut evidence = Vec::new();
    for piece in &context.evidence {
        if evidence.len() >= MAX_EVIDENCE {
            break;
        }
        // What shows nothing to this state may to another; whoever keeps it decides when to forget it.
        if run.accuse(piece)?.is_ok() {
            evidence.push(piece.clone());
        }
    }
    run.open()?;
    let mut room = Room {
        limits,
        bytes: limits.bytes,
        misses: 0,
    };
    let (mut chosen, mut refused) = (Vec::new(), Vec::new());
    for candidate in candidates {
        if room.is_full(&run, chosen.len()) {
            break;
        }
        let transaction = candidate.borrow().transaction();
        let size = transaction.size();
        if !room.fits(&run, size, transaction.body().fee.gas_limit) {
            continue;
        }
        match run.apply(transaction) {
            Ok(()) => {
                room.take(size);
                chosen.push(candidate);
            }
            // Its turn may come, and the price may fall.
            Err(NotApplied::Refused(
                TransactionError::SequenceTooHigh { .. } | TransactionError::FeeTooLow { .. },
            )) => {}
            Err(NotApplied::Refused(error)) => refused.push((candidate, error)),
            Err(NotApplied::Halt(halt)) => return Err(halt.into()),
        }
    }
    let executed = run.end(context, lookback)?.finish(overlay, parent)?;
    Ok(Built {
        chosen,
        evidence,
        executed,
        refused,
    })
}

/// What a block still has room for.
struct Room {
    limits: Limits,
    bytes: usize,
    misses: u32,
}

impl Room {
    fn gas(&self, run: &Run<'_>) -> Gas {
        run.gas_left().min(self.limits.gas.saturating_sub(run.gas_used()))
    }

    /// Whether nothing more can fit, or nothing has for a while.
    fn is_full(&self, run: &Run<'_>, chosen: usize) -> bool {
        let least = run.pricing().params.intrinsic(0, 1, 1);
        chosen >= self.limits.transactions || self.gas(run) < least || self.misses >= MISSES
    }

    fn fits(&mut self, run: &Run<'_>, size: u32, gas: Gas) -> bool {
        let fits = usize::try_from(size).is_ok_and(|size| size <= self.bytes) && gas <= self.gas(run);
        self.misses = if fits { 0 } else { self.misses.saturating_add(1) };
        fits
    }

    fn take(&mut self, size: u32) {
        self.bytes = self
            .bytes
            .saturating_sub(usize::try_from(size).unwrap_or(usize::MAX));
    }
}
