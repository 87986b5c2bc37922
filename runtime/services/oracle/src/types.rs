//! What a feed, a round and a price are.

use crate::error::Error;
use borsh::{BorshDeserialize, BorshSerialize};
use dss::Seats;
use primitives::{AccountId, Amount, AssetId, Bps, ChainClock, Coin, Epoch, Millis, ServiceId};

/// The most digits after a price's decimal point.
pub const MAX_DECIMALS: u8 = 18;
/// The largest value that a feed may state.
pub const MAX_VALUE: u128 = 1_000_000_000_000_000_000_000_000_000_000;

/// What is priced in what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pair {
    /// One whole of this asset …
    pub base: AssetId,
    /// … costs so much of this one.
    pub quote: AssetId,
}

/// What operators may state at all; outside of it lies a fault. Fixed for a round when it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Bounds {
    /// The least value.
    pub least: u128,
    /// The largest value.
    pub most: u128,
}

impl Bounds {
    /// Whether `value` lies within, both ends included.
    #[must_use]
    pub const fn contain(&self, value: u128) -> bool {
        self.least <= value && value <= self.most
    }

    /// Checks that they are bounds of positive values.
    ///
    /// # Errors
    /// [`Error::BadFeed`].
    pub const fn validate(&self) -> Result<(), Error> {
        if 0 < self.least && self.least <= self.most && self.most <= MAX_VALUE {
            Ok(())
        } else {
            Err(Error::BadFeed(
                "bounds go from more than nothing up to at most 10^30",
            ))
        }
    }
}

/// What an operator's value weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Weighing {
    /// What stands behind it for the service, as in the epoch's snapshot.
    Stake,
    /// Its consensus power two epochs ago, of all power there was: for prices that stake itself is valued by, so that no
    /// price weighs itself.
    Power,
}

impl Weighing {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stake => "stake",
            Self::Power => "power",
        }
    }
}

/// What a feed is, as its owner sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Rules {
    /// What is priced in what.
    pub pair: Pair,
    /// How many digits of a value stand after the decimal point, at most [`MAX_DECIMALS`].
    pub decimals: u8,
    /// What may be stated; for rounds that open from now on.
    pub bounds: Bounds,
    /// From the opening of one round to that of the next, in chain time.
    pub every: Millis,
    /// How long values are committed to.
    pub commit: Millis,
    /// How long they are shown after that.
    pub reveal: Millis,
    /// How far from the median a value may lie and be paid, as a part of the median.
    pub tolerance: Bps,
    /// What a round pays, of all who are near the median together.
    pub fee: Coin,
    /// What a value weighs.
    pub weighing: Weighing,
}

impl Rules {
    /// Checks all that needs no state.
    ///
    /// # Errors
    /// [`Error::BadFeed`].
    pub fn validate(&self) -> Result<(), Error> {
        self.bounds.validate()?;
        if self.pair.base == self.pair.quote {
            return Err(Error::BadFeed("an asset costs one of itself"));
        }
        if self.decimals > MAX_DECIMALS {
            return Err(Error::BadFeed("at most 18 decimals"));
        }
        if self.commit.is_zero() || self.reveal.is_zero() {
            return Err(Error::BadFeed("there must be time to commit and time to reveal"));
        }
        if self.commit.saturating_add(self.reveal) > self.every {
            return Err(Error::BadFeed("a round closes before the next one opens"));
        }
        Ok(())
    }
}

/// A feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Feed {
    /// The service whose operators state it.
    pub service: ServiceId,
    /// What it is; its bounds alone change.
    pub rules: Rules,
    /// How many rounds it has had: the next one's number.
    pub rounds: u64,
    /// Whether the last of them is open.
    pub open: bool,
    /// When its next step is due, in chain time: to open a round, or to close it.
    pub due: ChainClock,
    /// Whether no more rounds will open.
    pub ended: bool,
    /// How many deposits it ever got: the next one's number.
    pub deposits: u64,
}

/// What a subscriber put down for a feed and no round has used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Deposit {
    /// Whose.
    pub from: AccountId,
    /// How much is left, of the asset that the feed's rounds pay in.
    pub left: Amount,
}

/// A round of a feed.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Round {
    /// The epoch whose snapshot it is judged by.
    pub epoch: Epoch,
    /// When it opened, in chain time.
    pub opened_at: ChainClock,
    /// Until before then values are committed to.
    pub commit_until: ChainClock,
    /// From then until before this moment they are shown.
    pub reveal_until: ChainClock,
    /// What may be stated.
    pub bounds: Bounds,
    /// What is set aside for it; zero for a round that nobody funded, which pays nothing.
    pub fee: Amount,
    /// Who put that down: at most two.
    pub payers: Vec<(AccountId, Amount)>,
    /// What each seat's value weighs, by position; nothing once it is closed.
    pub weights: Vec<u128>,
    /// What two thirds are counted of.
    pub total: u128,
    /// What came of it, once it is closed.
    pub outcome: Option<Outcome>,
}

impl Round {
    /// What the value of the seat at `position` weighs.
    #[must_use]
    pub fn weight(&self, position: u8) -> u128 {
        self.weights.get(usize::from(position)).copied().unwrap_or(0)
    }
}

/// What came of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Outcome {
    /// The median; none when less than two thirds were shown.
    pub price: Option<u128>,
    /// What those who showed a value weigh together.
    pub revealed: u128,
    /// Who showed one.
    pub shown: Seats,
    /// Whose lay near the median.
    pub near: Seats,
    /// What was paid.
    pub paid: Amount,
}

/// A price that a round came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Price {
    /// How much of the quote asset one whole of the base asset costs, times 10^decimals.
    pub value: u128,
    /// How many digits of it stand after the decimal point.
    pub decimals: u8,
    /// The round.
    pub round: u64,
    /// Its epoch.
    pub epoch: Epoch,
    /// When the round closed, in chain time.
    pub at: ChainClock,
}
