//! Payouts: whether a transaction pays what was asked to leave.

use crate::limits::MAX_PAYOUTS;
use crate::script::Script;
use crate::transaction::Transaction;
use borsh::{BorshDeserialize, BorshSerialize};

/// What is to be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Payout {
    /// To whom, byte for byte.
    pub script: Script,
    /// How much, in satoshis: exactly.
    pub sats: u64,
}

/// Which payouts a transaction makes, and where the rest goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settlement {
    /// For each payout, in the order asked, the output that pays it. No output pays two. One that pays here must not
    /// pay in another call: whoever keeps the books keys them on the outpoint.
    pub paid: Vec<Option<u32>>,
    /// What goes back to the lane, in satoshis.
    pub change: u64,
    /// What goes elsewhere, in satoshis: of a transaction that spends what the lane holds, nothing should.
    pub elsewhere: u64,
}

/// Why a transaction is not matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayoutError {
    /// More payouts than are matched at once.
    #[error("{payouts} payouts where at most {limit} are matched at once")]
    TooMany {
        /// How many there are.
        payouts: usize,
        /// How many may be.
        limit: usize,
    },
}

/// Matches a transaction's outputs with payouts: each payout gets the first output that pays exactly it and no other
/// payout. `change` is the lane's own script. At most [`MAX_PAYOUTS`] comparisons for each output.
///
/// # Errors
/// [`PayoutError`] for too many payouts.
pub fn settle(
    transaction: &Transaction,
    payouts: &[Payout],
    change: &Script,
) -> Result<Settlement, PayoutError> {
    if payouts.len() > MAX_PAYOUTS {
        return Err(PayoutError::TooMany {
            payouts: payouts.len(),
            limit: MAX_PAYOUTS,
        });
    }
    let mut settlement = Settlement {
        paid: vec![None; payouts.len()],
        ..Settlement::default()
    };
    for (outpoint, output) in transaction.outpoints() {
        let script = Script::from_bytes(&output.script);
        let open = settlement.paid.iter_mut().zip(payouts).find(|(paid, payout)| {
            paid.is_none() && script == Some(payout.script) && output.sats == payout.sats
        });
        // Sums stay below all the money that there is: the transaction was decoded.
        if let Some((paid, _)) = open {
            *paid = Some(outpoint.vout);
        } else if script == Some(*change) {
            settlement.change = settlement.change.saturating_add(output.sats);
        } else {
            settlement.elsewhere = settlement.elsewhere.saturating_add(output.sats);
        }
    }
    Ok(settlement)
}
