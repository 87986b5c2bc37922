//! What goes wrong besides malice: kinds of faults, and when each strikes.

use crate::dice::Dice;
use crate::log::Tail;

/// A kind of fault of the machines and links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mishap {
    /// Nodes crash at chosen records of their logs, and restart.
    Crashes,
    /// All crash at once.
    Blackout,
    /// Up to half of all messages are lost.
    Loss,
    /// Messages are up to ten seconds late.
    Delay,
    /// Messages overtake each other.
    Reorder,
    /// Messages come twice.
    Duplicates,
    /// Some links work in one direction only.
    OneWay,
    /// One node, then another, is cut off.
    Rotating,
    /// A few are cut off from the rest.
    Minority,
    /// Half is cut off from half.
    Halves,
    /// Disks sync slowly.
    SlowDisks,
    /// Leaders build slowly.
    SlowLeaders,
    /// Clocks are up to five seconds off.
    Skew,
    /// One node restarts with an empty log and its guard.
    EmptyLog,
    /// One node loses everything and abstains until the next epoch.
    Wipe,
}

impl Mishap {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Crashes,
        Self::Blackout,
        Self::Loss,
        Self::Delay,
        Self::Reorder,
        Self::Duplicates,
        Self::OneWay,
        Self::Rotating,
        Self::Minority,
        Self::Halves,
        Self::SlowDisks,
        Self::SlowLeaders,
        Self::Skew,
        Self::EmptyLog,
        Self::Wipe,
    ];

    /// Whether it makes one node forget what it said, so that it counts as faulty.
    #[must_use]
    pub const fn is_amnesia(self) -> bool {
        matches!(self, Self::EmptyLog | Self::Wipe)
    }
}

/// Where in the handling of a record a node crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Point {
    /// Before it is written.
    Before,
    /// While it is written.
    Torn,
    /// Written, not synced: the disk keeps it, or not.
    Unsynced(Tail),
    /// Synced, and nothing that waited for it has left.
    Synced,
    /// What waited for it has just left.
    Sent,
}

/// One change of circumstances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// So many of a hundred are lost.
    Loss(u64),
    /// So many of a hundred are up to so late.
    Late(u64, u64),
    /// So many of a hundred come twice.
    Duplicates(u64),
    /// The nodes of this set (a bit each) are cut off from the others.
    Split(u64),
    /// Nothing goes from the nodes of the first set to those of the second.
    Cut(u64, u64),
    /// The node crashes at its so-many-th record from now, and is down for so many milliseconds.
    Crash {
        /// Which node.
        node: usize,
        /// Records until then.
        records: u64,
        /// Where in the handling of that record.
        point: Point,
        /// For how long it is down.
        down: u64,
    },
    /// The node is up again.
    Restart(usize),
    /// The node's disk takes so many milliseconds to sync.
    Disk(usize, u64),
    /// The node takes so many milliseconds to build a block.
    Build(usize, u64),
    /// The node's clock is so many milliseconds off, plus five seconds.
    Skew(usize, u64),
    /// The node crashes and loses its log.
    EmptyLog(usize),
    /// The node crashes and loses everything.
    Wipe(usize),
    /// All faults end.
    Heal,
}

/// When a run's faults begin and end, and whom they hit.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// First moment, in milliseconds.
    pub from: u64,
    /// Everything is well from here on.
    pub heal: u64,
    /// How many nodes there are.
    pub nodes: usize,
    /// The node that may lose its memory.
    pub amnesiac: usize,
}

/// A crash at any point of the handling of a record.
#[must_use]
pub fn any_point(dice: &mut Dice) -> Point {
    match dice.below(6) {
        0 => Point::Before,
        1 => Point::Torn,
        2 => Point::Unsynced(Tail::Lost),
        3 => Point::Unsynced(Tail::Kept),
        4 => Point::Synced,
        _ => Point::Sent,
    }
}

/// When one kind of fault strikes in a run.
#[must_use]
pub fn schedule(mishap: Mishap, window: &Window, dice: &mut Dice) -> Vec<(u64, Step)> {
    let mut steps = Vec::new();
    let mut at = window.from;
    while at < window.heal {
        strike(mishap, window, dice, &mut |step| steps.push((at, step)));
        at += match mishap {
            Mishap::Wipe | Mishap::EmptyLog => dice.between(8_000, 16_000),
            Mishap::Blackout => dice.between(4_000, 9_000),
            _ => dice.between(700, 4_000),
        };
    }
    steps.retain(|(at, _)| *at < window.heal);
    steps
}

fn strike(mishap: Mishap, window: &Window, dice: &mut Dice, step: &mut dyn FnMut(Step)) {
    let nodes = window.nodes;
    let all = (1u64 << nodes) - 1;
    match mishap {
        Mishap::Crashes => step(crash(dice.index(nodes), dice)),
        Mishap::Blackout => {
            for node in 0..nodes {
                step(crash(node, dice));
            }
        }
        Mishap::Loss => step(Step::Loss(dice.below(51))),
        Mishap::Delay => step(Step::Late(
            dice.between(5, 60),
            dice.pick(&[1_000, 3_000, 10_000], 500),
        )),
        Mishap::Reorder => step(Step::Late(50, dice.between(20, 300))),
        Mishap::Duplicates => step(Step::Duplicates(dice.between(10, 100))),
        Mishap::OneWay => step(Step::Cut(dice.any() & all, dice.any() & all)),
        Mishap::Rotating => step(Step::Split(1 << dice.index(nodes))),
        Mishap::Minority => {
            let mut cut = 0;
            for _ in 0..=nodes / 3 {
                cut |= 1 << dice.index(nodes);
            }
            step(Step::Split(if dice.percent(60) { cut } else { 0 }));
        }
        Mishap::Halves => {
            let mut order: Vec<usize> = (0..nodes).collect();
            dice.shuffle(&mut order);
            let half = order.iter().take(nodes / 2).fold(0, |set, node| set | 1 << node);
            step(Step::Split(if dice.percent(70) { half } else { 0 }));
        }
        Mishap::SlowDisks => step(Step::Disk(
            dice.index(nodes),
            dice.pick(&[2, 50, 200, 1_000], 200),
        )),
        Mishap::SlowLeaders => step(Step::Build(dice.index(nodes), dice.between(1, 2_500))),
        Mishap::Skew => step(Step::Skew(dice.index(nodes), dice.below(10_001))),
        Mishap::EmptyLog => step(Step::EmptyLog(window.amnesiac)),
        Mishap::Wipe => step(Step::Wipe(window.amnesiac)),
    }
}

fn crash(node: usize, dice: &mut Dice) -> Step {
    let records = dice.between(1, 8);
    let point = any_point(dice);
    let point = match point {
        Point::Unsynced(Tail::Kept) if dice.percent(50) => Point::Unsynced(Tail::Torn {
            frames: dice.index(3),
            bytes: dice.index(200),
        }),
        other => other,
    };
    Step::Crash {
        node,
        records,
        point,
        down: dice.pick(&[1, 50, 700, 5_000], 100),
    }
}
