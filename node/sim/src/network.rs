//! Links between nodes: how long a message takes, and whether it comes at all.

use crate::dice::Dice;
use crate::faults::{Fault, Struck};
use std::collections::{BTreeMap, BTreeSet};

/// A sender's queue is this long at most, in milliseconds of sending; what comes on top is dropped.
const QUEUE_MS: u64 = 2_000;

/// The state of all links.
#[derive(Debug)]
pub struct Network {
    /// Every message takes at least so many milliseconds.
    pub base: u64,
    /// And up to so many more, evenly.
    pub jitter: u64,
    /// What distance adds, in milliseconds, from one region to another; node n is in region n modulo their number.
    /// Empty: no distance.
    pub regions: Vec<Vec<u64>>,
    /// So many of a hundred are lost.
    pub loss: u64,
    /// So many of a hundred come twice.
    pub duplicates: u64,
    /// So many of a hundred are late, by up to so many milliseconds.
    pub late: (u64, u64),
    /// So many of a hundred are overtaken by what is sent within so many milliseconds.
    pub reorder: (u64, u64),
    /// Bytes that a node sends per second; zero is no limit.
    pub bandwidth: u64,
    /// Until when each sender's link is busy, in microseconds.
    busy: BTreeMap<usize, u64>,
    /// Pairs (from, to) between which nothing goes.
    pub cuts: BTreeSet<(usize, usize)>,
    /// Which kind of fault has cut them.
    pub cut_by: Fault,
    /// How often each kind has struck a message.
    pub struck: Struck,
}

impl Network {
    /// Links that lose nothing.
    #[must_use]
    pub fn calm(base: u64, jitter: u64) -> Self {
        Self {
            base,
            jitter,
            regions: Vec::new(),
            loss: 0,
            duplicates: 0,
            late: (0, 0),
            reorder: (0, 0),
            bandwidth: 0,
            busy: BTreeMap::new(),
            cuts: BTreeSet::new(),
            cut_by: Fault::Minority,
            struck: Struck::default(),
        }
    }

    /// Ends all faults.
    pub fn heal(&mut self) {
        let (struck, regions) = (self.struck, core::mem::take(&mut self.regions));
        *self = Self::calm(self.base, self.jitter);
        self.struck = struck;
        self.regions = regions;
    }

    /// Keeps these nodes and all others of `count` from talking, in both directions.
    pub fn split(&mut self, side: &BTreeSet<usize>, count: usize) {
        self.cuts = (0..count)
            .flat_map(|from| (0..count).map(move |to| (from, to)))
            .filter(|(from, to)| side.contains(from) != side.contains(to))
            .collect();
    }

    /// How long a message of so many bytes waits for its sender's link at `now` (milliseconds); None when the queue
    /// is full. The size is asked for only while there is a limit.
    pub fn queue(&mut self, now: u64, from: usize, bytes: impl FnOnce() -> usize) -> Option<u64> {
        if self.bandwidth == 0 {
            return Some(0);
        }
        let begin = self.busy.get(&from).copied().unwrap_or(0).max(now * 1_000);
        let wait = begin / 1_000 - now;
        if wait > 0 {
            self.struck.add(Fault::Bandwidth, 1);
        }
        if wait > QUEUE_MS {
            return None;
        }
        let took = bytes() as u64 * 1_000_000 / self.bandwidth;
        self.busy.insert(from, begin + took);
        Some((begin + took) / 1_000 - now)
    }

    /// In how many milliseconds a message arrives, once for each time it does.
    pub fn route(&mut self, dice: &mut Dice, from: usize, to: usize) -> Vec<u64> {
        if self.cuts.contains(&(from, to)) {
            // A set change alone counts for the kind that waits for it.
            if self.cut_by != Fault::SetChangeApart {
                self.struck.add(self.cut_by, 1);
            }
            return Vec::new();
        }
        if dice.percent(self.loss) {
            self.struck.add(Fault::Loss, 1);
            return Vec::new();
        }
        let distance = self.distance(from, to);
        let twice = dice.percent(self.duplicates);
        self.struck.add(Fault::Duplicates, u64::from(twice));
        (0..=u64::from(twice))
            .map(|_| {
                let late = self.extra(dice, self.late, Fault::Delay)
                    + self.extra(dice, self.reorder, Fault::Reorder);
                self.base + distance + dice.below(self.jitter + 1) + late
            })
            .collect()
    }

    fn distance(&self, from: usize, to: usize) -> u64 {
        let region = |node: usize| node % self.regions.len().max(1);
        let row = self.regions.get(region(from));
        row.and_then(|row| row.get(region(to))).copied().unwrap_or(0)
    }

    fn extra(&mut self, dice: &mut Dice, (percent, most): (u64, u64), fault: Fault) -> u64 {
        if !dice.percent(percent) {
            return 0;
        }
        self.struck.add(fault, 1);
        dice.below(most + 1)
    }
}
