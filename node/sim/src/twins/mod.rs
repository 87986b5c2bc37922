//! Twins: one key on two machines, every way to partition the network in each round, every sequence of leaders.
//! What a Byzantine validator can do by equivocating, forgetting and keeping silent, correct code does here when it
//! runs twice and the network is against it.
//!
//! A round is a view. The production schedule gives every seat one view in turn; where a case wants a leader sooner
//! again, the views between are skipped: nothing of them passes but votes to leave them.
//!
//! # Source
//! Bano et al., "Twins: BFT Systems Made Robust" (2020); consensus.md, section 3, point 4.

mod cases;

pub use cases::{Cases, Partition, partitions, sampled};

use crate::keys::MockScheme;
use crate::plan::Plan;
use crate::sets::{Sets, Weights};
use crate::world::{Failure, World};
use consensus::{Message, Timing};
use light_palisade::{Statement, VoteKind};
use primitives::{Millis, View};
use std::rc::Rc;

/// Longer than any run.
const FOREVER: u64 = 1_000_000_000;
/// Δmax of the runs, in milliseconds.
const DELTA_MAX: u64 = 150;

/// One case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Seats.
    pub seats: usize,
    /// Who runs twice.
    pub twins: Vec<usize>,
    /// The leader of each round.
    pub leaders: Vec<usize>,
    /// Who hears whom in each round: the cell of each machine, those of the seats first, then the second ones.
    pub cells: Vec<Partition>,
    /// Whether votes to leave a view reach everybody, so that the next round begins whatever happened; otherwise the
    /// partition holds for them too.
    pub open: bool,
}

/// What passes in a view.
#[derive(Clone, Debug)]
enum Round {
    /// Votes to leave it, and nothing else.
    Skipped,
    /// What stays within a cell.
    Split(Partition),
}

/// Runs cases of one size, over sets that are made once.
#[derive(Debug)]
pub struct Stage {
    seats: usize,
    sets: Rc<Sets>,
    /// Who leads the first views; they come round again.
    order: Vec<usize>,
}

fn plan(seats: usize, twins: Vec<usize>) -> Plan {
    Plan {
        weights: Weights::Same,
        timing: Timing {
            delta: Millis::new(100),
            delta_max: Millis::new(DELTA_MAX),
            idle_interval: Millis::new(1),
            skip_timeout: Millis::new(FOREVER),
            standstill: Millis::new(FOREVER),
        },
        epoch_ms: FOREVER,
        delay: (2, 3),
        twins,
        window: (0, FOREVER),
        ..Plan::calm(0, seats)
    }
}

impl Stage {
    /// A stage for so many seats. None when their set is refused.
    #[must_use]
    pub fn new(seats: usize) -> Option<Self> {
        let plan = plan(seats, Vec::new());
        let sets = Rc::new(Sets::new(seats, plan.weights, plan.epoch_ms, plan.faulty()));
        let world = World::over(MockScheme, plan, Rc::clone(&sets))?;
        let order = (1..=seats as u64)
            .map(|view| world.leader(View::new(view)))
            .collect::<Option<_>>()?;
        Some(Self { seats, sets, order })
    }

    /// The views of a case's rounds, and what passes in each view up to the last.
    fn rounds(&self, case: &Case) -> Vec<Round> {
        let mut rounds = Vec::new();
        for (leader, cells) in case.leaders.iter().zip(&case.cells) {
            while self.order[rounds.len() % self.seats] != *leader {
                rounds.push(Round::Skipped);
            }
            rounds.push(Round::Split(cells.clone()));
        }
        rounds
    }

    /// Runs a case. With `healed`, the links are well afterwards and everybody honest must go on.
    ///
    /// # Errors
    /// [`Failure`] says what broke.
    pub fn run(&self, case: &Case, healed: bool) -> Result<u64, Failure> {
        let rounds = self.rounds(case);
        let views = rounds.len() as u64;
        let Some(mut world) = World::over(
            MockScheme,
            plan(self.seats, case.twins.clone()),
            Rc::clone(&self.sets),
        ) else {
            return Ok(0);
        };
        // The node without a seat has nothing to say here.
        world.crash(self.seats);
        let (seats, open) = (self.seats, case.open);
        world.filter = Some(Box::new(move |_, from, to, message| {
            let machine = |node: usize| node - usize::from(node > seats);
            !passes(&rounds, open, (machine(from), machine(to)), message)
        }));
        world.run_until((views + 1) * 3 * DELTA_MAX)?;
        if healed {
            let highest = world.heights().into_iter().max().unwrap_or(0);
            world.heal();
            let until = world.now() + 20 * DELTA_MAX;
            let behind = |world: &World<MockScheme>| {
                let heights = world.heights();
                let honest = (0..seats).filter(|seat| !case.twins.contains(seat));
                honest.map(|seat| heights[seat]).any(|height| height <= highest)
            };
            while behind(&world) && world.now() < until {
                world.run_until(world.now() + 20)?;
            }
            if behind(&world) {
                return Err(world.stuck(highest));
            }
        }
        Ok(world.heights().into_iter().max().unwrap_or(0))
    }
}

fn passes(rounds: &[Round], open: bool, (from, to): (usize, usize), message: &Message) -> bool {
    let statement = |statement: &Statement| {
        let leaves = statement.kind() == VoteKind::Nullify;
        let index = statement.view().get().checked_sub(1);
        match index.and_then(|index| rounds.get(index as usize)) {
            Some(Round::Skipped) => leaves,
            Some(Round::Split(cells)) => cells.get(from) == cells.get(to) || (open && leaves),
            None => false,
        }
    };
    match message {
        Message::Proposal(proposal) => statement(&proposal.vote.statement),
        Message::Votes(votes) => votes.iter().all(|vote| statement(&vote.statement)),
        Message::Certificates(all) => all.iter().all(|certificate| statement(&certificate.statement)),
        Message::CertificatesWanted { .. } => true,
    }
}
