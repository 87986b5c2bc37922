//! Links between nodes: how long a message takes, and whether it comes at all.

use crate::dice::Dice;
use std::collections::BTreeSet;

/// The state of all links.
#[derive(Debug)]
pub struct Network {
    /// Every message takes at least so many milliseconds.
    pub base: u64,
    /// And up to so many more, evenly.
    pub jitter: u64,
    /// So many of a hundred are lost.
    pub loss: u64,
    /// So many of a hundred come twice.
    pub duplicates: u64,
    /// So many of a hundred are late, by up to [`Network::late_ms`].
    pub late: u64,
    /// Most that a late message is late, in milliseconds.
    pub late_ms: u64,
    /// Pairs (from, to) between which nothing goes.
    pub cuts: BTreeSet<(usize, usize)>,
}

impl Network {
    /// Links that lose nothing.
    #[must_use]
    pub const fn calm(base: u64, jitter: u64) -> Self {
        Self {
            base,
            jitter,
            loss: 0,
            duplicates: 0,
            late: 0,
            late_ms: 0,
            cuts: BTreeSet::new(),
        }
    }

    /// Ends all faults.
    pub fn heal(&mut self) {
        *self = Self::calm(self.base, self.jitter);
    }

    /// Keeps these nodes and all others of `count` from talking, in both directions.
    pub fn split(&mut self, side: &BTreeSet<usize>, count: usize) {
        self.cuts = (0..count)
            .flat_map(|from| (0..count).map(move |to| (from, to)))
            .filter(|(from, to)| side.contains(from) != side.contains(to))
            .collect();
    }

    /// In how many milliseconds a message arrives, once for each time it does.
    pub fn route(&self, dice: &mut Dice, from: usize, to: usize) -> Vec<u64> {
        if self.cuts.contains(&(from, to)) || dice.percent(self.loss) {
            return Vec::new();
        }
        let copies = if dice.percent(self.duplicates) { 2 } else { 1 };
        (0..copies)
            .map(|_| {
                let late = if dice.percent(self.late) {
                    dice.below(self.late_ms + 1)
                } else {
                    0
                };
                self.base + dice.below(self.jitter + 1) + late
            })
            .collect()
    }
}
