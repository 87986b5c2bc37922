//! What a run is: size, weights, timing, faults and actors, all from one number.

use crate::actors::Role;
use crate::dice::Dice;
use crate::faults::{Mishap, Window};
use crate::sets::Weights;
use consensus::Timing;
use primitives::Millis;
use std::collections::{BTreeMap, BTreeSet};

/// One thing that is wrong in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// A machine or a link fails.
    Mishap(Mishap),
    /// A validator is malicious.
    Role(Role),
}

/// A run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The number that everything comes from.
    pub seed: u64,
    /// Seats. One node more takes part, so that one leaves and one joins every epoch.
    pub seats: usize,
    /// How weight is spread.
    pub weights: Weights,
    /// Timers.
    pub timing: Timing,
    /// An epoch lasts about this long.
    pub epoch_ms: u64,
    /// Least delay of a message, and the most that chance adds, in milliseconds.
    pub delay: (u64, u64),
    /// A transaction arrives about so often, in milliseconds; never when zero.
    pub work_ms: u64,
    /// What is wrong.
    pub troubles: Vec<Trouble>,
    /// Malicious nodes.
    pub byzantine: BTreeMap<usize, Vec<Role>>,
    /// A node that may lose its memory.
    pub amnesiac: Option<usize>,
    /// When faults begin and end, in milliseconds.
    pub window: (u64, u64),
    /// Blocks that everybody must have finalized at the end.
    pub blocks: u64,
}

/// Everything that can be wrong.
#[must_use]
pub fn troubles() -> Vec<Trouble> {
    let mishaps = Mishap::ALL.into_iter().map(Trouble::Mishap);
    mishaps.chain(Role::ALL.into_iter().map(Trouble::Role)).collect()
}

/// Nothing, each trouble alone, and each pair: which of them a number stands for.
#[must_use]
pub fn combination(number: u64) -> Vec<Trouble> {
    let all = troubles();
    let count = all.len() as u64;
    let mut index = number % (1 + count + count * (count - 1) / 2);
    if index == 0 {
        return Vec::new();
    }
    index -= 1;
    if index < count {
        return vec![all[index as usize]];
    }
    index -= count;
    for (first, a) in all.iter().enumerate() {
        let after = &all[first + 1..];
        match after.get(index as usize) {
            Some(b) => return vec![*a, *b],
            None => index -= after.len() as u64,
        }
    }
    Vec::new()
}

impl Plan {
    /// A calm network of so many equal seats, without set changes in weight.
    #[must_use]
    pub fn calm(seed: u64, seats: usize) -> Self {
        Self {
            seed,
            seats,
            weights: Weights::Same,
            timing: Timing {
                delta_max: Millis::new(4_000),
                ..Timing::default()
            },
            epoch_ms: 20_000,
            delay: (5, 20),
            work_ms: 0,
            troubles: Vec::new(),
            byzantine: BTreeMap::new(),
            amnesiac: None,
            window: (0, 0),
            blocks: 100,
        }
    }

    /// The run of a seed: the seed's remainder names the combination of troubles, so that any few hundred seeds in a
    /// row have each trouble alone and each pair of them.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self::sized(seed, u64::MAX)
    }

    /// The run of a seed, over no more than so many blocks.
    #[must_use]
    pub fn sized(seed: u64, most: u64) -> Self {
        let mut dice = Dice::new(seed, "plan");
        let troubles = combination(seed);
        let faulty = troubles.iter().filter(|trouble| trouble.is_faulty()).count();
        let seats = seats(&mut dice, faulty);
        let weights = dice.pick(
            &[Weights::Equal, Weights::Lopsided, Weights::Zipf, Weights::Heavy],
            Weights::Equal,
        );
        let blocks = match seats {
            0..=5 => 100,
            6..=10 => 60,
            _ => 30,
        };
        let blocks = most.min(blocks);
        let idle = dice.between(300, 1_000);
        let from = dice.between(0, 3_000);
        let heal = from + blocks * idle / 2 + dice.below(8_000);
        let timing = Timing {
            delta: Millis::new(dice.pick(&[100, 250, 500], 250)),
            delta_max: Millis::new(dice.between(1_000, 4_000)),
            idle_interval: Millis::new(idle),
            skip_timeout: Millis::new(dice.between(3_000, 10_000)),
            standstill: Millis::new(dice.between(2_000, 10_000)),
        };
        let mut plan = Self {
            seed,
            seats,
            weights,
            timing,
            epoch_ms: blocks * idle / dice.between(3, 8),
            delay: (dice.between(1, 20), dice.between(1, 60)),
            work_ms: dice.pick(&[0, 700, 3_000], 0),
            troubles,
            byzantine: BTreeMap::new(),
            amnesiac: None,
            window: (from, heal),
            blocks,
        };
        plan.appoint(&mut dice);
        plan
    }

    /// Says who is faulty, and how.
    fn appoint(&mut self, dice: &mut Dice) {
        let mut nodes: Vec<usize> = (0..=self.seats).collect();
        dice.shuffle(&mut nodes);
        if self.troubles.iter().any(|trouble| trouble.is_amnesia()) {
            self.amnesiac = nodes.pop();
        }
        let room = (self.seats - 1) / 3 - usize::from(self.amnesiac.is_some());
        let roles: Vec<Role> = self
            .troubles
            .iter()
            .filter_map(|trouble| trouble.role())
            .collect();
        if roles.is_empty() || room == 0 {
            return;
        }
        let count = dice.between(1, room as u64) as usize;
        let apart = count >= roles.len() && dice.percent(50);
        for (place, node) in nodes.into_iter().take(count).enumerate() {
            let mine = if apart {
                roles.get(place % roles.len()).copied().into_iter().collect()
            } else {
                roles.clone()
            };
            self.byzantine.insert(node, mine);
        }
    }

    /// Nodes that are malicious or may lose their memory.
    #[must_use]
    pub fn faulty(&self) -> BTreeSet<usize> {
        self.byzantine.keys().copied().chain(self.amnesiac).collect()
    }

    /// When each fault strikes.
    #[must_use]
    pub fn schedule(&self, dice: &mut Dice) -> Vec<(u64, crate::faults::Step)> {
        let (from, heal) = self.window;
        let window = Window {
            from,
            heal,
            nodes: self.seats + 1,
            amnesiac: self.amnesiac.unwrap_or(0),
        };
        let mishaps = self.troubles.iter().filter_map(|trouble| trouble.mishap());
        mishaps
            .flat_map(|mishap| crate::faults::schedule(mishap, &window, dice))
            .collect()
    }
}

fn seats(dice: &mut Dice, faulty: usize) -> usize {
    let least = if faulty > 1 { 7 } else { 4 };
    let seats = match dice.below(100) {
        0..=39 => 4,
        40..=59 => 5,
        60..=84 => 7,
        85..=94 => 10,
        95..=97 => dice.between(11, 20) as usize,
        _ => 31,
    };
    seats.max(least)
}

impl Trouble {
    const fn is_amnesia(self) -> bool {
        matches!(self, Self::Mishap(mishap) if mishap.is_amnesia())
    }

    /// Whether it makes a node faulty beyond a crash: one that lies, or forgets.
    fn is_faulty(self) -> bool {
        self.is_amnesia() || matches!(self, Self::Role(_))
    }

    const fn role(self) -> Option<Role> {
        match self {
            Self::Role(role) => Some(role),
            Self::Mishap(_) => None,
        }
    }

    const fn mishap(self) -> Option<Mishap> {
        match self {
            Self::Mishap(mishap) => Some(mishap),
            Self::Role(_) => None,
        }
    }
}
