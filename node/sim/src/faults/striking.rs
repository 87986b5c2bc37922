//! When each kind of fault strikes, and what changes then.

use super::Fault;
use crate::dice::Dice;
use crate::log::Tail;

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
    /// So many of a hundred are up to so late, which is enough to be overtaken.
    Reorder(u64, u64),
    /// So many of a hundred come twice.
    Duplicates(u64),
    /// The nodes of this set (a bit each) are cut off from the others, by this kind of fault.
    Split(Fault, u64),
    /// Each node sends so many bytes per second; no limit when zero.
    Bandwidth(u64),
    /// Nothing goes from the nodes of the first set to those of the second.
    Cut(u64, u64),
    /// The node crashes at its so-many-th record from now, and is down for so many milliseconds.
    Crash {
        /// By which kind of fault.
        by: Fault,
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
    /// The node's disk is full from its next write on, for so many milliseconds.
    FullDisk(usize, u64),
    /// The node's disk has room again.
    Room(usize),
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
    /// An epoch lasts about so many milliseconds.
    pub epoch: u64,
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
pub fn schedule(fault: Fault, window: &Window, dice: &mut Dice) -> Vec<(u64, Step)> {
    let mut steps = Vec::new();
    let mut at = window.from;
    while at < window.heal {
        strike(fault, window, dice, &mut |step| steps.push((at, step)));
        at += match fault {
            Fault::Wipe | Fault::EmptyLog => dice.between(8_000, 16_000),
            Fault::Blackout | Fault::FullDisk => dice.between(4_000, 9_000),
            Fault::SetChangeApart => 2 * window.epoch,
            _ => dice.between(700, 4_000),
        };
    }
    steps.retain(|(at, _)| *at < window.heal);
    steps
}

fn strike(fault: Fault, window: &Window, dice: &mut Dice, step: &mut dyn FnMut(Step)) {
    let nodes = window.nodes;
    let all = (1u64 << nodes) - 1;
    match fault {
        Fault::Crash | Fault::TornTail | Fault::LostWrites => step(crash(fault, dice.index(nodes), dice)),
        Fault::Blackout => {
            for node in 0..nodes {
                step(crash(fault, node, dice));
            }
        }
        Fault::Loss => step(Step::Loss(dice.between(5, 50))),
        Fault::Delay => step(Step::Late(
            dice.between(5, 60),
            dice.pick(&[1_000, 3_000, 10_000], 500),
        )),
        Fault::Reorder => step(Step::Reorder(50, dice.between(20, 300))),
        Fault::Duplicates => step(Step::Duplicates(dice.between(10, 100))),
        Fault::OneWay => step(Step::Cut(dice.any() & all, dice.any() & all)),
        Fault::Rotating | Fault::Minority | Fault::Halves | Fault::SetChangeApart => {
            step(Step::Split(fault, apart(fault, nodes, dice)));
        }
        Fault::Bandwidth => step(Step::Bandwidth(dice.pick(&[4_000, 16_000, 64_000], 16_000))),
        Fault::SlowSync => step(Step::Disk(dice.index(nodes), dice.pick(&[200, 200, 1_000], 200))),
        Fault::FullDisk => step(Step::FullDisk(dice.index(nodes), dice.between(300, 4_000))),
        Fault::SlowBuild => step(Step::Build(dice.index(nodes), dice.between(1, 2_500))),
        Fault::Skew => step(Step::Skew(dice.index(nodes), dice.below(10_001))),
        Fault::EmptyLog => step(Step::EmptyLog(window.amnesiac)),
        Fault::Wipe => step(Step::Wipe(window.amnesiac)),
        // These are there from the start, or speak for themselves.
        _ => {}
    }
}

/// The nodes that are cut off, a bit each.
fn apart(fault: Fault, nodes: usize, dice: &mut Dice) -> u64 {
    match fault {
        Fault::Minority if dice.percent(60) => (0..=nodes / 3).fold(0, |cut, _| cut | 1 << dice.index(nodes)),
        Fault::Halves if dice.percent(70) => {
            let mut order: Vec<usize> = (0..nodes).collect();
            dice.shuffle(&mut order);
            order.iter().take(nodes / 2).fold(0, |set, node| set | 1 << node)
        }
        Fault::Minority | Fault::Halves => 0,
        _ => 1 << dice.index(nodes),
    }
}

fn crash(by: Fault, node: usize, dice: &mut Dice) -> Step {
    let records = dice.between(1, 8);
    let torn = |dice: &mut Dice| Tail::Torn {
        frames: dice.index(3),
        bytes: dice.index(200),
    };
    let point = match by {
        Fault::Crash => dice.pick(&[Point::Before, Point::Synced, Point::Sent], Point::Sent),
        Fault::TornTail if dice.percent(50) => Point::Torn,
        Fault::TornTail => Point::Unsynced(torn(dice)),
        Fault::LostWrites => Point::Unsynced(dice.pick(&[Tail::Lost, Tail::Kept], Tail::Lost)),
        _ => any_point(dice),
    };
    Step::Crash {
        by,
        node,
        records,
        point,
        down: dice.pick(&[1, 50, 700, 5_000], 100),
    }
}
