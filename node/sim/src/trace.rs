//! What happened in a run: a hash over all of it, and the last of it to read.

use crate::faults::{Fault, Struck};
use consensus::{Content, Message, TimeoutReason, TimerKey};
use core::hash::{Hash, Hasher};
use light_palisade::{Statement, VoteKind};
use primitives::BlockHash;
use std::collections::VecDeque;

/// Entries kept for reading.
const KEPT: usize = 4_000;

/// The first bytes of a hash, which is enough to tell blocks apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Short(u64);

impl From<&BlockHash> for Short {
    fn from(hash: &BlockHash) -> Self {
        Self(
            hash.as_bytes()
                .first_chunk()
                .map_or(0, |c| u64::from_be_bytes(*c)),
        )
    }
}

impl core::fmt::Debug for Short {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:06x}", self.0 >> 40)
    }
}

/// A statement, in short.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Said {
    kind: VoteKind,
    epoch: u64,
    view: u64,
    block: Option<(u64, Short)>,
}

impl From<&Statement> for Said {
    fn from(statement: &Statement) -> Self {
        Self {
            kind: statement.kind(),
            epoch: statement.epoch().get(),
            view: statement.view().get(),
            block: statement
                .block()
                .map(|(parent, block)| (parent.get(), Short::from(&block))),
        }
    }
}

impl core::fmt::Debug for Said {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{:?} {}/{}", self.kind, self.epoch, self.view)?;
        match self.block {
            Some((parent, block)) => write!(f, " {block:?} on view {parent}"),
            None => Ok(()),
        }
    }
}

/// A message, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Told {
    /// A proposal.
    Proposal {
        /// Its vote.
        vote: Said,
        /// Whether it is a block of its view.
        fresh: bool,
    },
    /// Votes: how many, and the first.
    Votes(usize, Option<Said>),
    /// Certificates: how many, and the first.
    Certificates(usize, Option<Said>),
    /// Asks for certificates.
    Wanted {
        /// Epoch.
        epoch: u64,
        /// First view.
        from: u64,
        /// Last view.
        to: u64,
    },
}

impl From<&Message> for Told {
    fn from(message: &Message) -> Self {
        match message {
            Message::Proposal(proposal) => Self::Proposal {
                vote: Said::from(&proposal.vote.statement),
                fresh: matches!(proposal.content, Content::Fresh(_)),
            },
            Message::Votes(votes) => {
                Self::Votes(votes.len(), votes.first().map(|v| Said::from(&v.statement)))
            }
            Message::Certificates(all) => {
                Self::Certificates(all.len(), all.first().map(|c| Said::from(&c.statement)))
            }
            Message::CertificatesWanted { epoch, from, to } => Self::Wanted {
                epoch: epoch.get(),
                from: from.get(),
                to: to.get(),
            },
        }
    }
}

/// Something that happened at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// It started, at this height, with so many records.
    Started(u64, usize),
    /// It crashed.
    Crashed(crate::log::Tail),
    /// It lost its log, or everything.
    Lost(&'static str),
    /// A message came.
    Heard(u16, Told),
    /// A timer fired.
    Timer(TimerKey),
    /// A verdict came, good or not.
    Verified(Short, bool),
    /// A block was built.
    Built(Short),
    /// A body came.
    Fetched(Short),
    /// Votes were signed, durable and given back: how many.
    Signed(usize),
    /// It wants this signed.
    Signs(Said),
    /// The guard refused.
    Refused(Said),
    /// A block is committed durably, up to this height.
    Stored(u64),
    /// The next epoch starts.
    Epoch(u64),
    /// Block sync led it to this height.
    Synced(u64),
    /// It wants block sync.
    Behind,
    /// There is something to include, or not any more.
    Work(bool),
    /// It entered a view.
    Entered(u64, u64, u16),
    /// It left a view.
    Left(u64, u64, TimeoutReason),
    /// It finalized up to this height.
    Finalized(u64, Short),
    /// It found two statements of one validator.
    Evidence(u16, Said, Said),
    /// It listens no more to a node.
    Banned(u16),
    /// The core stopped for good.
    Diverged,
    /// The run's faults change.
    Fault(crate::faults::Step),
}

/// How often a run came to what it is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reached {
    /// Crashes of a node.
    pub crashes: u64,
    /// Those that left part of a record.
    pub torn: u64,
    /// Statements that a guard refused.
    pub refused: u64,
    /// Jumps by block sync.
    pub synced: u64,
    /// Bodies fetched.
    pub fetched: u64,
    /// Views that a node gave up.
    pub left: u64,
    /// Times that the boundary block was heard proposed again.
    pub again: u64,
    /// Nodes shut out.
    pub banned: u64,
    /// Evidence by pair of kinds: two notarizations (S1), two finalizations (S2), nullification and finalization
    /// (S3), notarization and finalization (S4).
    pub evidence: [u64; 4],
    /// Epochs that began at a node.
    pub epochs: u64,
    /// Blocks found bad.
    pub bad_blocks: u64,
    /// How often each kind of fault struck.
    pub struck: Struck,
}

impl Reached {
    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        self.crashes += other.crashes;
        self.torn += other.torn;
        self.refused += other.refused;
        self.synced += other.synced;
        self.fetched += other.fetched;
        self.left += other.left;
        self.again += other.again;
        self.banned += other.banned;
        for (mine, theirs) in self.evidence.iter_mut().zip(other.evidence) {
            *mine += theirs;
        }
        self.epochs += other.epochs;
        self.bad_blocks += other.bad_blocks;
        self.struck.merge(&other.struck);
    }

    fn count(&mut self, what: &What) {
        let counter = match what {
            What::Crashed(tail) => {
                self.torn += u64::from(matches!(tail, crate::log::Tail::Torn { .. }));
                &mut self.crashes
            }
            What::Refused(_) => &mut self.refused,
            What::Synced(_) => &mut self.synced,
            What::Fetched(_) => &mut self.fetched,
            What::Left(..) => &mut self.left,
            What::Banned(_) => &mut self.banned,
            What::Epoch(_) => &mut self.epochs,
            What::Heard(_, Told::Proposal { fresh: false, .. }) => &mut self.again,
            What::Verified(_, false) => &mut self.bad_blocks,
            What::Evidence(_, a, b) => {
                let kind = match (a.kind, b.kind) {
                    (VoteKind::Notarize, VoteKind::Notarize) => 0,
                    (VoteKind::Finalize, VoteKind::Finalize) => 1,
                    (VoteKind::Nullify, _) | (_, VoteKind::Nullify) => 2,
                    _ => 3,
                };
                &mut self.evidence[kind]
            }
            _ => return,
        };
        *counter += 1;
    }
}

/// The record of a run.
#[derive(Debug, Default)]
pub struct Trace {
    reached: Reached,
    last: VecDeque<(u64, u16, What)>,
    fold: Fold,
    count: u64,
}

impl Trace {
    /// Something happened at `at` milliseconds.
    pub fn note(&mut self, at: u64, node: usize, what: What) {
        let entry = (at, node as u16, what);
        entry.hash(&mut self.fold);
        self.reached.count(&what);
        self.count += 1;
        if self.last.len() >= KEPT {
            self.last.pop_front();
        }
        self.last.push_back(entry);
    }

    /// A kind of fault has struck.
    pub fn strike(&mut self, fault: Fault, times: u64) {
        self.reached.struck.add(fault, times);
    }

    /// Kinds of faults have struck.
    pub fn struck(&mut self, struck: &Struck) {
        self.reached.struck.merge(struck);
    }

    /// The hash of everything that happened.
    #[must_use]
    pub fn hash(&self) -> [u64; 2] {
        self.fold.lanes
    }

    /// What the run came to so far.
    #[must_use]
    pub const fn reached(&self) -> &Reached {
        &self.reached
    }

    /// How much happened.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The last `count` entries, a line each.
    #[must_use]
    pub fn tail(&self, count: usize) -> String {
        let skip = self.last.len().saturating_sub(count);
        let mut lines = String::new();
        for (at, node, what) in self.last.iter().skip(skip) {
            lines.push_str(&format!("{at:>8} ms  node {node:<3} {what:?}\n"));
        }
        lines
    }
}

/// Two lanes of a hash that is the same on every run: the standard one is seeded by chance.
#[derive(Debug)]
struct Fold {
    lanes: [u64; 2],
}

impl Default for Fold {
    fn default() -> Self {
        Self {
            lanes: [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344],
        }
    }
}

impl Hasher for Fold {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            if let Some(place) = word.get_mut(..chunk.len()) {
                place.copy_from_slice(chunk);
            }
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, value: u64) {
        let [a, b] = self.lanes;
        let first = (a ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let second = (b.rotate_left(23) ^ first).wrapping_mul(0xff51_afd7_ed55_8ccd);
        self.lanes = [first ^ (first >> 29), second ^ (second >> 32)];
    }

    fn finish(&self) -> u64 {
        self.lanes[0] ^ self.lanes[1]
    }
}
