//! One simulated machine: what survives a crash, and what does not.

use crate::actors::Actor;
use crate::app::App;
use crate::faults::{Fault, Point};
use crate::guard::Guard;
use crate::keys::Keyring;
use crate::log::Log;
use consensus::{Core, Floor, Message, Peer, TimerKey};
use light_palisade::{Committee, Statement, Vote};
use primitives::Epoch;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Something that leaves when the log is durable.
pub(crate) enum Held {
    /// A message.
    Send(Vec<Peer>, Message),
    /// Own votes, and what the guard refused.
    Signed(Vec<Vote>, Vec<Statement>),
}

/// A crash to come.
#[derive(Clone, Copy)]
pub(crate) struct Doom {
    /// At this record, counted from the first.
    pub(crate) record: u64,
    pub(crate) by: Fault,
    pub(crate) point: Point,
    pub(crate) down: u64,
}

pub(crate) struct Node<K: Keyring> {
    /// The validator whose key it has: its own number, but for a second machine with one key.
    pub(crate) identity: usize,
    // What survives.
    pub(crate) log: Log,
    pub(crate) guard: Guard,
    pub(crate) app: App,
    /// Committed heights that are durable.
    pub(crate) durable: u64,
    // What does not.
    pub(crate) core: Option<Core<K>>,
    pub(crate) life: u32,
    /// When the core was started; its clock counts from then.
    pub(crate) born: u64,
    pub(crate) held: VecDeque<(u64, Held)>,
    pub(crate) syncing: bool,
    pub(crate) timers: BTreeMap<TimerKey, u64>,
    pub(crate) floor: Option<Floor>,
    pub(crate) working: bool,
    /// Until when an answer to a request for blocks is awaited.
    pub(crate) asked_until: u64,
    // Circumstances.
    pub(crate) actors: Vec<(Fault, Box<dyn Actor>)>,
    /// Whether it neither lies nor runs twice.
    pub(crate) honest: bool,
    /// The votes that it has given out: for the oracle.
    pub(crate) promises: Guard,
    pub(crate) abstain_before: Epoch,
    pub(crate) doom: Option<Doom>,
    pub(crate) skew: i64,
    pub(crate) disk_ms: u64,
    /// Nothing can be written.
    pub(crate) full: bool,
    pub(crate) build_ms: u64,
    /// Until when its processor is busy, in nanoseconds.
    pub(crate) busy: u64,
}

impl<K: Keyring> Node<K> {
    pub(crate) fn new(app: App, identity: usize, actors: Vec<(Fault, Box<dyn Actor>)>) -> Self {
        Self {
            identity,
            log: Log::default(),
            guard: Guard::default(),
            app,
            durable: 0,
            core: None,
            life: 0,
            born: 0,
            held: VecDeque::new(),
            syncing: false,
            timers: BTreeMap::new(),
            floor: None,
            working: false,
            asked_until: 0,
            honest: actors.is_empty(),
            actors,
            promises: Guard::default(),
            abstain_before: Epoch::ZERO,
            doom: None,
            skew: 0,
            disk_ms: 1,
            full: false,
            build_ms: 2,
            busy: 0,
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.core.is_some()
    }

    pub(crate) const fn is_honest(&self) -> bool {
        self.honest
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.core.as_ref().map_or(Epoch::ZERO, |core| core.position().0)
    }

    /// The set of the core's epoch.
    pub(crate) fn committee(&self) -> Option<Arc<Committee>> {
        self.app.committee_of(self.epoch()).cloned()
    }
}
