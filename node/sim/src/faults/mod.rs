//! What can go wrong in a run: every kind of fault by name, of machines, links, operators and malicious validators.

mod striking;

pub use striking::{Point, Step, Window, any_point, schedule};

use crate::actors::{self, Actor};

/// A kind of fault (consensus.md, section 3). Each runs alone and in pairs with the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Nodes crash between two records of their logs, and restart.
    Crash,
    /// Nodes are killed in the middle of a write: the end of the log is torn.
    TornTail,
    /// Nodes crash and their disks lose what was not synced, or keep it although nobody was told.
    LostWrites,
    /// Disks take 200 ms and more to sync.
    SlowSync,
    /// Disks are full: a write fails half done, and the node stops until there is room.
    FullDisk,
    /// Up to half of all messages are lost.
    Loss,
    /// Messages come twice.
    Duplicates,
    /// Messages overtake each other.
    Reorder,
    /// Messages are up to ten seconds late.
    Delay,
    /// Some links work in one direction only.
    OneWay,
    /// Half is cut off from half.
    Halves,
    /// One node, then another, is cut off.
    Rotating,
    /// A few are cut off from the rest.
    Minority,
    /// Links carry a few kilobytes per second, and drop what has to wait too long.
    Bandwidth,
    /// Clocks are up to five seconds off.
    Skew,
    /// All crash at once.
    Blackout,
    /// Leaders build slowly.
    SlowBuild,
    /// A node is cut off until the others have changed the set.
    SetChangeApart,
    /// One node restarts with an empty log and its guard.
    EmptyLog,
    /// One node loses everything and abstains until the next epoch.
    Wipe,
    /// One key runs on two machines, each with its own log and guard.
    TwoInstances,
    /// Never proposes.
    SilentLeader,
    /// Proposes just before everybody gives up.
    LateLeader,
    /// Proposes two blocks in one view, each to half of the others.
    Equivocator,
    /// Contradicts its own votes, in every way there is.
    DoubleVoter,
    /// Votes to half of the others alone.
    VoteWithholder,
    /// Votes to leave every view, and nothing else.
    NullifyOnly,
    /// Floods the others with votes of other views and epochs, and with questions.
    Spammer,
    /// Votes and proposes in others' names.
    Impersonator,
    /// Sends certificates with wrong bitmaps, too little weight, padding, or the point at infinity.
    Forger,
    /// Shows its blocks to a bare quorum, and gives nobody a body that is right.
    BodyWithholder,
    /// Proposes blocks with a wrong state root, or another root of what was executed.
    StateLiar,
    /// Proposes blocks that break one rule of the header each.
    HeaderLiar,
    /// Proposes blocks whose justification does not hold.
    JustificationLiar,
    /// Proposes on a stale parent, past a block that is notarized or final.
    Forker,
}

impl Fault {
    /// How many there are.
    pub const COUNT: usize = 35;

    /// All of them.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Crash,
        Self::TornTail,
        Self::LostWrites,
        Self::SlowSync,
        Self::FullDisk,
        Self::Loss,
        Self::Duplicates,
        Self::Reorder,
        Self::Delay,
        Self::OneWay,
        Self::Halves,
        Self::Rotating,
        Self::Minority,
        Self::Bandwidth,
        Self::Skew,
        Self::Blackout,
        Self::SlowBuild,
        Self::SetChangeApart,
        Self::EmptyLog,
        Self::Wipe,
        Self::TwoInstances,
        Self::SilentLeader,
        Self::LateLeader,
        Self::Equivocator,
        Self::DoubleVoter,
        Self::VoteWithholder,
        Self::NullifyOnly,
        Self::Spammer,
        Self::Impersonator,
        Self::Forger,
        Self::BodyWithholder,
        Self::StateLiar,
        Self::HeaderLiar,
        Self::JustificationLiar,
        Self::Forker,
    ];

    /// Those after which an honest node starts again from what its disk kept.
    pub const RESTARTS: [Self; 6] = [
        Self::Crash,
        Self::TornTail,
        Self::LostWrites,
        Self::FullDisk,
        Self::Blackout,
        Self::EmptyLog,
    ];

    /// Whether it makes one node forget what it said, so that it counts as faulty.
    #[must_use]
    pub const fn is_amnesia(self) -> bool {
        matches!(self, Self::EmptyLog | Self::Wipe)
    }

    /// Whether it is malice, and has an actor.
    #[must_use]
    pub fn is_malice(self) -> bool {
        self >= Self::SilentLeader
    }

    /// Whether it makes a node faulty beyond a crash: one that lies, forgets, or runs twice.
    #[must_use]
    pub fn is_faulty(self) -> bool {
        self.is_amnesia() || self.is_malice() || self == Self::TwoInstances
    }

    /// The actor that commits it; None when it happens to machines or links.
    #[must_use]
    pub fn actor(self) -> Option<Box<dyn Actor>> {
        Some(match self {
            Self::SilentLeader => Box::new(actors::SilentLeader),
            Self::LateLeader => Box::new(actors::LateLeader),
            Self::Equivocator => Box::new(actors::Equivocator),
            Self::DoubleVoter => Box::new(actors::DoubleVoter),
            Self::VoteWithholder => Box::new(actors::VoteWithholder),
            Self::NullifyOnly => Box::new(actors::NullifyOnly),
            Self::Spammer => Box::new(actors::Spammer::default()),
            Self::Impersonator => Box::new(actors::Impersonator::default()),
            Self::Forger => Box::new(actors::Forger::default()),
            Self::BodyWithholder => Box::new(actors::BodyWithholder),
            Self::StateLiar => Box::new(actors::StateLiar),
            Self::HeaderLiar => Box::new(actors::HeaderLiar),
            Self::JustificationLiar => Box::new(actors::JustificationLiar),
            Self::Forker => Box::new(actors::Forker::default()),
            _ => return None,
        })
    }
}

/// How often each kind of fault really struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Struck([u64; Fault::COUNT]);

impl Default for Struck {
    fn default() -> Self {
        Self([0; Fault::COUNT])
    }
}

impl Struck {
    /// One kind has struck so many times more.
    pub fn add(&mut self, fault: Fault, times: u64) {
        self.0[fault as usize] += times;
    }

    /// How often a kind has struck.
    #[must_use]
    pub const fn of(&self, fault: Fault) -> u64 {
        self.0[fault as usize]
    }

    /// Adds another run's.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed_once_and_in_order() {
        for (place, fault) in Fault::ALL.into_iter().enumerate() {
            assert_eq!(fault as usize, place, "{fault:?}");
            assert_eq!(fault.actor().is_some(), fault.is_malice(), "{fault:?}");
        }
        assert!(Fault::RESTARTS.iter().all(|fault| !fault.is_malice()));
    }
}
