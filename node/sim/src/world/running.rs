//! A whole run, and what it came to.

use super::World;
use crate::keys::Keyring;
use crate::oracle::{Invariant, Violation};
use crate::trace::Reached;

/// Entries of the trace that a failure shows.
const SHOWN: usize = 120;
/// Everybody finalizes within so many Δmax after the faults end (consensus.md, section 3).
const PATIENCE: u64 = 20;

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Hash over everything that happened.
    pub hash: [u64; 2],
    /// Events in all.
    pub events: u64,
    /// Least finalized height of the honest.
    pub height: u64,
    /// Least epoch of the honest.
    pub epoch: u64,
    /// Milliseconds of virtual time.
    pub ms: u64,
    /// What was seen on the way.
    pub reached: Reached,
}

/// A run that broke something.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What was broken.
    pub violations: Vec<Violation>,
    /// The run, and the last of what happened in it.
    pub story: String,
}

impl<K: Keyring> World<K> {
    /// Runs until everybody honest has the plan's blocks and two set changes behind it, or something breaks.
    ///
    /// # Errors
    /// [`Failure`] says what broke.
    pub fn run(&mut self) -> Result<Report, Failure> {
        let timing = self.plan.timing;
        let per_block = timing.idle_interval.get() + 3 * timing.delta_max.get();
        let owed = PATIENCE * timing.delta_max.get();
        let end = self.plan.window.1 + owed + (self.plan.blocks + 10) * per_block;
        while self.oracle.violations().is_empty() {
            if self.is_complete() {
                self.oracle.finish();
                break;
            }
            if !self.turn(end) {
                let what = format!("not done at {} ms: heights {:?}", self.now, self.heights());
                self.violated(Invariant::Liveness, what);
            }
            self.check_progress(owed);
        }
        self.outcome()
    }

    /// Runs until a moment, or until something breaks.
    ///
    /// # Errors
    /// [`Failure`] says what broke.
    pub fn run_until(&mut self, until: u64) -> Result<Report, Failure> {
        let owed = PATIENCE * self.plan.timing.delta_max.get();
        while self.oracle.violations().is_empty() && self.turn(until) {
            self.check_progress(owed);
        }
        self.now = self.now.max(until);
        self.outcome()
    }

    /// The failure of a network that does not go on from a height.
    pub fn stuck(&mut self, height: u64) -> Failure {
        let what = format!("nobody goes on from height {height}: {:?}", self.heights());
        self.violated(Invariant::Liveness, what);
        self.failure()
    }

    fn outcome(&self) -> Result<Report, Failure> {
        if self.oracle.violations().is_empty() {
            Ok(self.report())
        } else {
            Err(self.failure())
        }
    }

    fn honest_heights(&self) -> impl Iterator<Item = u64> + '_ {
        let honest = self.nodes.iter().filter(|node| node.is_honest());
        honest.map(|node| node.app.height())
    }

    fn is_complete(&self) -> bool {
        let honest = || self.nodes.iter().filter(|node| node.is_honest());
        self.healed
            .is_some_and(|(_, height)| self.honest_heights().all(|at| at > height))
            && self.honest_heights().all(|height| height >= self.plan.blocks)
            && honest().all(|node| node.epoch().get() >= 2)
    }

    fn check_progress(&mut self, owed: u64) {
        let Some((at, height)) = self.healed else { return };
        if self.now > at + owed && self.honest_heights().any(|now| now <= height) {
            let what = format!(
                "faults ended at {at} ms with height {height}; {owed} ms later heights are {:?}, positions {:?}",
                self.heights(),
                self.positions()
            );
            self.violated(Invariant::Liveness, what);
        }
    }

    /// What it came to so far.
    fn report(&self) -> Report {
        let honest = self.nodes.iter().filter(|node| node.is_honest());
        Report {
            hash: self.trace.hash(),
            events: self.trace.count(),
            height: self.honest_heights().min().unwrap_or(0),
            epoch: honest.map(|node| node.epoch().get()).min().unwrap_or(0),
            ms: self.now,
            reached: self.reached(),
        }
    }

    /// What the run came to, with what struck messages.
    #[must_use]
    pub fn reached(&self) -> Reached {
        let mut reached = *self.trace.reached();
        reached.struck.merge(&self.network.struck);
        reached
    }

    fn failure(&self) -> Failure {
        let mut story = format!("{:#?}\n{}", self.plan, self.trace.tail(SHOWN));
        for violation in self.oracle.violations() {
            story.push_str(&format!("BROKEN {:?}: {}\n", violation.invariant, violation.what));
        }
        Failure {
            violations: self.oracle.violations().to_vec(),
            story,
        }
    }
}
