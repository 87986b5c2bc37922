//! What a proposal is, and what votes come to.

use crate::msg::Summary;
use borsh::{BorshDeserialize, BorshSerialize};
use kernel::Code;
use primitives::{AccountId, Amount, Bps, ChainClock, Epoch, MathError, Power};

/// How somebody votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Choice {
    /// For it.
    Yes,
    /// Against it.
    No,
    /// Neither, but it counts for the quorum.
    Abstain,
}

impl Choice {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Abstain => "abstain",
        }
    }
}

/// A vote that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Vote {
    /// How.
    pub choice: Choice,
    /// With which power.
    pub power: Power,
}

/// What votes come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Tally {
    /// Power for it.
    pub yes: Power,
    /// Power against it.
    pub no: Power,
    /// Power that abstains.
    pub abstain: Power,
}

impl Tally {
    const fn place(&mut self, choice: Choice) -> &mut Power {
        match choice {
            Choice::Yes => &mut self.yes,
            Choice::No => &mut self.no,
            Choice::Abstain => &mut self.abstain,
        }
    }

    /// The tally with a vote more, in place of an earlier one of the same voter.
    ///
    /// # Errors
    /// [`MathError`]; never for votes of one set that were counted here.
    pub fn count(mut self, vote: Vote, before: Option<Vote>) -> Result<Self, MathError> {
        if let Some(before) = before {
            let place = self.place(before.choice);
            *place = place.checked_sub(before.power)?;
        }
        let place = self.place(vote.choice);
        *place = place.checked_add(vote.power)?;
        Ok(self)
    }

    /// What was voted in all.
    #[must_use]
    pub const fn cast(&self) -> Power {
        self.yes.saturating_add(self.no).saturating_add(self.abstain)
    }

    /// Whether at least `quorum` of `total` has voted.
    #[must_use]
    pub fn reaches(&self, quorum: Bps, total: Power) -> bool {
        at_least(self.cast(), quorum, total)
    }

    /// Whether at least `threshold` of those who took a side are for it, and somebody is.
    #[must_use]
    pub fn accepts(&self, threshold: Bps) -> bool {
        !self.yes.is_zero() && at_least(self.yes, threshold, self.yes.saturating_add(self.no))
    }
}

/// Whether `part` is at least `fraction` of `whole`, without rounding.
fn at_least(part: Power, fraction: Bps, whole: Power) -> bool {
    let scale = |power: Power, by: u16| u128::from(power.get()).saturating_mul(u128::from(by));
    scale(part, Bps::ONE.get()) >= scale(whole, fraction.get())
}

/// Why a proposal is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Ending {
    /// It was carried out.
    Executed,
    /// Too few were for it.
    Rejected,
    /// Too few voted; its deposit is gone.
    Ignored,
    /// It was accepted, and was not possible any more.
    Failed(Code),
}

impl Ending {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Executed => "executed",
            Self::Rejected => "rejected",
            Self::Ignored => "ignored",
            Self::Failed(_) => "failed",
        }
    }
}

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Phase {
    /// Votes count, before the moment stated.
    Voting {
        /// When it is decided, in chain time.
        until: ChainClock,
    },
    /// It was accepted and waits.
    Waiting {
        /// When it is carried out, in chain time.
        until: ChainClock,
    },
    /// It is over.
    Ended(Ending),
}

impl Phase {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Voting { .. } => "voting",
            Self::Waiting { .. } => "waiting",
            Self::Ended(ending) => ending.name(),
        }
    }

    /// When it goes on, unless it is over.
    #[must_use]
    pub const fn due(self) -> Option<ChainClock> {
        match self {
            Self::Voting { until } | Self::Waiting { until } => Some(until),
            Self::Ended(_) => None,
        }
    }
}

/// A proposal.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Proposal<A> {
    /// Who made it.
    pub proposer: AccountId,
    /// What it is for, in words.
    pub summary: Summary,
    /// What is to be done.
    pub action: A,
    /// What the action starts from, encoded; see [`crate::Wiring::basis`].
    pub basis: Vec<u8>,
    /// What lies for it, in npal; nothing once it is over.
    pub deposit: Amount,
    /// When it was made, in chain time.
    pub made_at: ChainClock,
    /// The epoch whose set votes.
    pub epoch: Epoch,
    /// That set's power.
    pub total: Power,
    /// What part of that must vote; as it was when the proposal was made.
    pub quorum: Bps,
    /// What part of those who take a side must be for it; as it was when the proposal was made.
    pub threshold: Bps,
    /// What the votes come to.
    pub tally: Tally,
    /// Where it stands.
    pub phase: Phase,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(yes: u64, no: u64, abstain: u64) -> Tally {
        Tally {
            yes: Power::new(yes),
            no: Power::new(no),
            abstain: Power::new(abstain),
        }
    }

    #[test]
    fn a_quorum_and_a_threshold_are_reached_exactly() {
        let (half, third) = (Bps::new(5_000).unwrap(), Bps::new(3_334).unwrap());
        assert!(tally(1, 2, 2).reaches(half, Power::new(10)));
        assert!(!tally(1, 2, 1).reaches(half, Power::new(10)));
        assert!(tally(5, 5, 90).accepts(half));
        assert!(!tally(4, 5, 0).accepts(half));
        assert!(!tally(1, 2, 0).accepts(third));
        assert!(!tally(0, 0, 9).accepts(Bps::ZERO), "somebody must want it");
        assert!(tally(u64::MAX, 0, 0).accepts(Bps::ONE));
    }

    #[test]
    fn a_later_vote_replaces_an_earlier_one() {
        let vote = |choice| Vote {
            choice,
            power: Power::new(3),
        };
        let once = Tally::default().count(vote(Choice::Yes), None).unwrap();
        let twice = once.count(vote(Choice::No), Some(vote(Choice::Yes))).unwrap();
        assert_eq!((once, twice), (tally(3, 0, 0), tally(0, 3, 0)));
        assert_eq!(
            twice.count(vote(Choice::No), Some(vote(Choice::Yes))),
            Err(MathError::Underflow)
        );
    }
}
