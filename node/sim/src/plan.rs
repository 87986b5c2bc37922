//! What a run is: size, weights, timing, faults and actors, all from one number.

use crate::dice::Dice;
use crate::faults::{Fault, Window};
use crate::sets::Weights;
use consensus::Timing;
use primitives::Millis;
use std::collections::{BTreeMap, BTreeSet};

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
    pub faults: Vec<Fault>,
    /// Malicious nodes.
    pub byzantine: BTreeMap<usize, Vec<Fault>>,
    /// Nodes whose keys run on a second machine each; those are the nodes after the last.
    pub twins: Vec<usize>,
    /// A node that may lose its memory.
    pub amnesiac: Option<usize>,
    /// When faults begin and end, in milliseconds.
    pub window: (u64, u64),
    /// Blocks that everybody must have finalized at the end.
    pub blocks: u64,
}

/// Nothing, one kind alone, or a pair: what goes wrong in the run of a number. Every third number is one kind alone,
/// in turn; the others are pairs by chance.
#[must_use]
pub fn combination(number: u64) -> Vec<Fault> {
    if number.is_multiple_of(3) {
        let turn = (number / 3) as usize % (Fault::COUNT + 1);
        return Fault::ALL.get(turn).copied().into_iter().collect();
    }
    let mut dice = Dice::new(number, "pair");
    let first = dice.index(Fault::COUNT);
    let second = (first + 1 + dice.index(Fault::COUNT - 1)) % Fault::COUNT;
    let (low, high) = (first.min(second), first.max(second));
    vec![Fault::ALL[low], Fault::ALL[high]]
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
            faults: Vec::new(),
            byzantine: BTreeMap::new(),
            twins: Vec::new(),
            amnesiac: None,
            window: (0, 0),
            blocks: 100,
        }
    }

    /// The run of a seed: any hundred seeds in a row have each kind of fault alone, and pairs of them.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self::sized(seed, u64::MAX)
    }

    /// The run of a seed, over no more than so many blocks.
    #[must_use]
    pub fn sized(seed: u64, most: u64) -> Self {
        Self::with(seed, combination(seed), most)
    }

    /// The run of a seed in which these go wrong, over no more than so many blocks.
    #[must_use]
    pub fn with(seed: u64, faults: Vec<Fault>, most: u64) -> Self {
        let mut dice = Dice::new(seed, "plan");
        let faulty = faults.iter().filter(|fault| fault.is_faulty()).count();
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
            faults,
            byzantine: BTreeMap::new(),
            twins: Vec::new(),
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
        if self.faults.iter().any(|fault| fault.is_amnesia()) {
            self.amnesiac = nodes.pop();
        }
        if self.faults.contains(&Fault::TwoInstances) {
            self.twins.extend(nodes.pop());
        }
        let taken = usize::from(self.amnesiac.is_some()) + self.twins.len();
        let room = (self.seats - 1) / 3 - taken;
        let roles: Vec<Fault> = self
            .faults
            .iter()
            .copied()
            .filter(|fault| fault.is_malice())
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

    /// Nodes that are malicious, run twice, or may lose their memory.
    #[must_use]
    pub fn faulty(&self) -> BTreeSet<usize> {
        let liars = self.byzantine.keys().copied();
        let twins = self.twins.iter().copied();
        liars.chain(self.amnesiac).chain(twins).collect()
    }

    /// Machines: one for each seat, one more, and the second one of a key that runs twice.
    #[must_use]
    pub fn machines(&self) -> usize {
        self.seats + 1 + self.twins.len()
    }

    /// When each fault strikes.
    #[must_use]
    pub fn schedule(&self, dice: &mut Dice) -> Vec<(u64, crate::faults::Step)> {
        let (from, heal) = self.window;
        let window = Window {
            from,
            heal,
            epoch: self.epoch_ms,
            nodes: self.machines(),
            amnesiac: self.amnesiac.unwrap_or(0),
        };
        let mishaps = self.faults.iter().filter(|fault| !fault.is_malice());
        mishaps
            .flat_map(|fault| crate::faults::schedule(*fault, &window, dice))
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
