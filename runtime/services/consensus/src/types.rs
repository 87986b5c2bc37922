//! What power is made of.

use borsh::{BorshDeserialize, BorshSerialize};
use primitives::{AccountId, Amount, AssetId, Bps, ChainClock, Digest, Ratio, Rounding};

/// The most that one holding counts for, in npal. More than all PAL that there will be; so that no price, however wrong,
/// makes a sum that does not fit.
pub const MOST: Amount = Amount::new(1 << 96);

/// Where stake lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum Source {
    /// PAL that is bonded behind the validator.
    Bond,
    /// The vault of this name.
    Vault(Digest),
}

/// Stake that backs a validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Where it lies.
    pub source: Source,
    /// Of which asset.
    pub asset: AssetId,
    /// What of it backs the chain, in base units: neither leaving nor about to be taken back.
    pub backing: Amount,
}

/// By what an asset counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valuation {
    /// npal per base unit; zero for what has no price, and for receipts.
    pub price: Ratio,
    /// What is taken off.
    pub haircut: Bps,
    /// The most of all value that it may be.
    pub cap: Bps,
}

impl Valuation {
    /// PAL's, unless somebody says otherwise: its own unit, whole, as much as anybody likes.
    pub const PAL: Self = Self {
        price: Ratio::ONE,
        haircut: Bps::ZERO,
        cap: Bps::ONE,
    };

    /// What `amount` counts for, in npal.
    #[must_use]
    pub fn value(&self, amount: Amount) -> Amount {
        // Rounding: what counts for power counts Down.
        let worth = self.price.apply(amount.get(), Rounding::Down);
        let worth = worth.unwrap_or(u128::MAX).min(MOST.get());
        let kept = Bps::ONE.get().saturating_sub(self.haircut.get());
        let kept = Bps::new(kept).unwrap_or(Bps::ZERO);
        Amount::new(kept.of(worth, Rounding::Down).unwrap_or_default())
    }
}

/// Why stake counts for nothing, however much it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Barred {
    /// The validator is jailed.
    Jailed,
    /// Its operator has left the chain's service.
    NotServing,
}

/// A validator with what backs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its operator.
    pub operator: AccountId,
    /// Why nothing of it counts, if nothing does.
    pub barred: Option<Barred>,
    /// What backs it; no source twice.
    pub holdings: Vec<Holding>,
}

/// What became of a validator that has stake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Place {
    /// It is in the set.
    Chosen,
    /// It may not be.
    Barred(Barred),
    /// It counts for less than the minimum, or than a thousandth of the whole.
    BelowMinimum,
    /// Others count for more, and take all seats.
    NotAmongLargest,
}

/// What one holding gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Part {
    /// Where it lies.
    pub source: Source,
    /// Of which asset.
    pub asset: AssetId,
    /// What of it backed, in base units.
    pub backing: Amount,
    /// What that counted for, in npal: by price and haircut, held up where the price fell too much at once.
    pub value: Amount,
    /// What its asset's cap left of that, in npal.
    pub counted: Amount,
}

/// What a validator's power was made of.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Record {
    /// What became of it.
    pub place: Place,
    /// What each holding gave, by source.
    pub parts: Vec<Part>,
    /// What all of them counted for before any cap, in npal.
    pub value: Amount,
    /// After the caps of assets.
    pub counted: Amount,
    /// After the cap of validators.
    pub capped: Amount,
    /// What its weight is made of: after the bound of changes; zero outside of the set.
    pub power: Amount,
}

/// What an asset was in an epoch's power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AssetPower {
    /// Which.
    pub asset: AssetId,
    /// npal per base unit.
    pub price: Ratio,
    /// What was taken off.
    pub haircut: Bps,
    /// What all of it behind those chosen counted for, in npal.
    pub value: Amount,
    /// The most that it might, in npal.
    pub most: Amount,
}

/// What an epoch's power was made of, as far as it is the same for all validators.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct EpochPower {
    /// When the epoch began, in chain time: what was pledged then is liable for what is signed in it.
    pub since: ChainClock,
    /// What those who were chosen counted for before any cap, in npal. Caps are parts of it.
    pub whole: Amount,
    /// The most that one validator might count for, in npal.
    pub most: Amount,
    /// The least that it had to count for, in npal.
    pub least: Amount,
    /// The most by which a validator's power might rise, or fall by prices, in npal; none where there is no epoch before.
    pub change: Option<Amount>,
    /// Every asset that backs somebody, by number.
    pub assets: Vec<AssetPower>,
    /// Whether nobody would have been chosen, so that the set before was kept as it was.
    pub kept: bool,
    /// Whether one validator alone can stop the chain: it has a third of the weight or more.
    pub concentrated: bool,
}
