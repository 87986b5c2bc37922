//! What the pool has to know about a transaction.

use primitives::{AccountId, Amount, Gas, Height, TxId};

/// What a sender offers for a unit of gas, in base units of the fee asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bid {
    /// The most it pays, tip and all.
    pub max_price: Amount,
    /// What of that goes to the proposer above the base price.
    pub tip: Amount,
}

impl Bid {
    /// What is paid while the base price is `base`: base and tip together, at most `max_price`. Below `base` the
    /// transaction cannot be included.
    #[must_use]
    pub fn price_at(&self, base: Amount) -> Amount {
        self.max_price.min(base.saturating_add(self.tip))
    }

    /// The least bid that may replace this one: a tenth more in both parts, rounded up.
    #[must_use]
    pub fn to_replace(&self) -> Self {
        let more = |amount: Amount| amount.saturating_add(Amount::new(amount.get().div_ceil(10)));
        Self {
            max_price: more(self.max_price),
            tip: more(self.tip),
        }
    }
}

/// A transaction whose encoding and signatures were checked: a value of this type is the proof of that.
pub trait Transaction: Send + Sync + 'static {
    /// Its id. Two transactions with one id mean the same, but may carry different signatures.
    fn id(&self) -> TxId;

    /// Its bytes, exactly as they were verified.
    fn bytes(&self) -> &[u8];

    /// The account that sends and pays.
    fn sender(&self) -> AccountId;

    /// How many ordered transactions the sender has sent before; 0 when it is unordered.
    fn sequence(&self) -> u64;

    /// Whether it may stand anywhere among its sender's.
    fn unordered(&self) -> bool {
        false
    }

    /// The lane that it waits in, and its place there: its sender's, by sequence. An unordered one has a lane of its
    /// own, named by its id, since nothing waits for it.
    fn lane(&self) -> (AccountId, u64) {
        if self.unordered() {
            (AccountId::new(*self.id().as_bytes()), 0)
        } else {
            (self.sender(), self.sequence())
        }
    }

    /// The most gas it may use.
    fn gas_limit(&self) -> Gas;

    /// What it pays for gas.
    fn bid(&self) -> Bid;

    /// The last height whose block may hold it.
    fn timeout_height(&self) -> Height;

    /// The most that executing it can take of the sender's balance of the fee asset: gas limit times maximum price,
    /// and what it sends away of that asset.
    fn cost(&self) -> Amount;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bid(max_price: u128, tip: u128) -> Bid {
        Bid {
            max_price: Amount::new(max_price),
            tip: Amount::new(tip),
        }
    }

    #[test]
    fn a_price_is_base_and_tip_up_to_the_maximum() {
        assert_eq!(bid(100, 7).price_at(Amount::new(50)), Amount::new(57));
        assert_eq!(bid(100, 7).price_at(Amount::new(97)), Amount::new(100));
        assert_eq!(bid(100, 7).price_at(Amount::MAX), Amount::new(100));
    }

    #[test]
    fn a_replacement_pays_a_tenth_more_rounded_up() {
        assert_eq!(bid(100, 0).to_replace(), bid(110, 0));
        assert_eq!(bid(101, 1).to_replace(), bid(112, 2));
    }
}
