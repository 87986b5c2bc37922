//! What a core wants done.

use super::{Due, World};
use crate::app::GENESIS_TIME;
use crate::faults::{Fault, Point, Step};
use crate::keys::{CHAIN, Keyring, node_at, peer};
use crate::log::Tail;
use crate::node::Held;
use crate::oracle::Invariant;
use crate::trace::{Said, Short, What};
use consensus::{Build, Effect, Event, Input, Message, Peer, Record, TimerKey, Verdict, Verify};
use light_palisade::vote::seed_sign_bytes;
use light_palisade::{Block, Certificate, Evidence, Statement, Vote};
use primitives::Millis;
use std::sync::Arc;

impl<K: Keyring> World<K> {
    /// Carries out effects in order, until the node crashes over one of them.
    pub(crate) fn carry_out(&mut self, id: usize, effects: Vec<Effect>) {
        let life = self.nodes[id].life;
        for effect in effects {
            self.carry_out_one(id, effect);
            if self.nodes[id].life != life {
                return;
            }
        }
    }

    fn carry_out_one(&mut self, id: usize, effect: Effect) {
        match effect {
            Effect::Record(record) => self.append(id, &record),
            Effect::Sign(statements) => self.sign(id, statements),
            Effect::Broadcast(message) => {
                let to = self.other_seats(id);
                self.hold(id, Held::Send(to, message));
            }
            Effect::Send { to, message } => self.hold(id, Held::Send(vec![to], message)),
            Effect::Build(build) => self.build(id, &build),
            Effect::Verify(verify) => self.verify(id, &verify),
            Effect::Fetch { block, from } => self.ask_body(id, block, &from),
            Effect::Behind { from, .. } => {
                self.note(id, What::Behind);
                self.ask_blocks(id, &from);
            }
            Effect::Finalized { blocks, certificate } => self.finalized(id, &blocks, &certificate),
            Effect::SetTimer { key, after } => self.set_timer(id, key, after),
            Effect::CancelTimer(key) => {
                self.nodes[id].timers.remove(&key);
            }
            Effect::Evidence(evidence) => self.evidence(id, &evidence),
            Effect::Ban { peer, .. } => self.banned(id, &peer),
            Effect::Prune(floor) => {
                self.nodes[id].floor = Some(floor);
                self.prune(id);
            }
            Effect::Diverged(divergence) => {
                self.note(id, What::Diverged);
                if self.nodes[id].is_honest() {
                    let what = format!("node {id}: {divergence}");
                    self.violated(Invariant::NoDivergence, what);
                }
            }
            Effect::Event(event) => self.event(id, &event),
        }
    }

    fn append(&mut self, id: usize, record: &Record) {
        if self.nodes[id].full {
            self.no_room(id, record);
            return;
        }
        let next = self.nodes[id].log.appended() + 1;
        let doom = self.nodes[id].doom.filter(|doom| doom.record == next);
        if doom.is_some_and(|doom| doom.point == Point::Before) {
            self.meet(id, Tail::Lost);
            return;
        }
        if let Record::Certificate(certificate) = record
            && self.nodes[id].is_honest()
        {
            self.oracle.believed(certificate);
        }
        let node = &mut self.nodes[id];
        node.log.append(record);
        let unsynced = (node.log.appended() - node.log.durable()) as usize;
        match doom.map(|doom| doom.point) {
            Some(Point::Torn) => {
                let bytes = self.dice.index(300);
                let frames = unsynced - 1;
                self.meet(id, Tail::Torn { frames, bytes });
            }
            Some(Point::Unsynced(tail)) => self.meet(id, tail),
            Some(Point::Before | Point::Synced | Point::Sent) | None => self.sync_log(id),
        }
    }

    /// The disk is full: part of the record is written, and the node stops. Somebody starts it again and again.
    fn no_room(&mut self, id: usize, record: &Record) {
        self.trace.strike(Fault::FullDisk, 1);
        let node = &mut self.nodes[id];
        node.log.append(record);
        let frames = (node.log.appended() - node.log.durable()) as usize - 1;
        let bytes = self.dice.index(100);
        self.stop(id, Tail::Torn { frames, bytes });
        self.later(300, Due::Step(Step::Restart(id)));
    }

    /// One sync at a time; whatever is appended meanwhile waits for the next.
    pub(super) fn sync_log(&mut self, id: usize) {
        let node = &mut self.nodes[id];
        let upto = node.log.appended();
        if node.syncing || upto == node.log.durable() {
            return;
        }
        node.syncing = true;
        let (life, delay) = (node.life, node.disk_ms);
        if delay >= 200 {
            self.trace.strike(Fault::SlowSync, 1);
        }
        self.later(delay, Due::LogSynced { node: id, life, upto });
    }

    /// Lets something go as soon as everything that is in the log now is durable.
    pub(super) fn hold(&mut self, id: usize, held: Held) {
        let node = &mut self.nodes[id];
        let needs = node.log.appended();
        if needs <= node.log.durable() && node.held.is_empty() {
            self.release(id, held);
        } else {
            node.held.push_back((needs, held));
        }
    }

    pub(super) fn release(&mut self, id: usize, held: Held) {
        match held {
            Held::Send(to, message) => self.speak(id, to, message),
            Held::Signed(votes, refused) => {
                let life = self.nodes[id].life;
                for vote in &votes {
                    self.nodes[id].promises.note(&vote.statement);
                }
                for statement in refused {
                    let input = Box::new(Input::SignRefused { statement });
                    self.later(
                        0,
                        Due::Input {
                            node: id,
                            life,
                            input,
                        },
                    );
                }
                if !votes.is_empty() {
                    let input = Box::new(Input::Signed(votes));
                    self.later(
                        0,
                        Due::Input {
                            node: id,
                            life,
                            input,
                        },
                    );
                }
            }
        }
    }

    fn sign(&mut self, id: usize, statements: Vec<Statement>) {
        let identity = self.nodes[id].identity;
        let mut votes = Vec::new();
        let mut refused = Vec::new();
        for statement in statements {
            self.note(id, What::Signs(Said::from(&statement)));
            let node = &mut self.nodes[id];
            let committee = node.app.committee_of(statement.epoch());
            let seat = committee.and_then(|set| set.set().index_of(&crate::keys::key(identity)));
            if !node.promises.permits(&statement) {
                self.oracle.wants_contradiction(id, &statement);
            }
            match seat {
                Some(signer) if node.guard.permits(&statement) => {
                    node.guard.note(&statement);
                    self.oracle.signed(identity, &statement);
                    let signature = self.keys.sign(identity, &statement.sign_bytes(&CHAIN));
                    votes.push(Vote {
                        statement,
                        signer,
                        signature,
                    });
                }
                Some(_) | None => {
                    self.note(id, What::Refused(Said::from(&statement)));
                    refused.push(statement);
                }
            }
        }
        self.spend(id);
        self.hold(id, Held::Signed(votes, refused));
    }

    pub(super) fn other_seats(&self, id: usize) -> Vec<Peer> {
        let me = peer(self.nodes[id].identity);
        let committee = self.nodes[id].committee();
        let seats = committee.iter().flat_map(|set| &set.set().validators);
        seats
            .map(|validator| Peer(validator.p2p_key))
            .filter(|other| *other != me)
            .collect()
    }

    fn build(&mut self, id: usize, build: &Build) {
        let (epoch, view) = (build.header.epoch, build.header.view);
        let signature = self
            .keys
            .sign(self.nodes[id].identity, &seed_sign_bytes(&CHAIN, epoch, view));
        let node = &mut self.nodes[id];
        let (life, delay) = (node.life, node.build_ms);
        let slow = u64::from(delay > 2);
        let input = match node.app.build(build, signature) {
            Some(block) => Input::Built { epoch, view, block },
            None => Input::BuildFailed { epoch, view },
        };
        let input = Box::new(input);
        self.trace.strike(Fault::SlowBuild, slow);
        self.later(
            delay,
            Due::Input {
                node: id,
                life,
                input,
            },
        );
    }

    fn verify(&mut self, id: usize, verify: &Verify) {
        let node = &mut self.nodes[id];
        let verdict = node.app.verify(&self.keys, &verify.block);
        self.note(
            id,
            What::Verified(Short::from(&verify.hash), verdict == Verdict::Valid),
        );
        let life = self.nodes[id].life;
        let input = Box::new(Input::Verified {
            block: verify.hash,
            verdict,
        });
        let delay = self.dice.between(1, 4);
        self.later(
            delay,
            Due::Input {
                node: id,
                life,
                input,
            },
        );
    }

    fn set_timer(&mut self, node: usize, key: TimerKey, after: Millis) {
        self.later(
            after.get(),
            Due::Timer {
                node,
                key,
                set: self.sequence,
            },
        );
        self.nodes[node].timers.insert(key, self.sequence - 1);
    }

    fn finalized(&mut self, id: usize, blocks: &[Arc<Block>], certificate: &Certificate) {
        let honest = self.nodes[id].is_honest();
        if honest {
            self.oracle.believed(certificate);
        }
        let before = self.nodes[id].app.height();
        if let Err(refusal) = self.nodes[id].app.finalize(blocks, certificate)
            && honest
        {
            self.violated(Invariant::Delivery, format!("node {id}: {refusal:?}"));
        }
        self.committed(id, before);
        let (life, height) = (self.nodes[id].life, self.nodes[id].app.height());
        let delay = self.nodes[id].disk_ms + self.dice.below(4);
        self.later(
            delay,
            Due::Stored {
                node: id,
                life,
                height,
            },
        );
    }

    /// Tells the oracle of what was committed above a height.
    pub(super) fn committed(&mut self, id: usize, above: u64) {
        let node = &self.nodes[id];
        let height = node.app.height();
        for committed in (above + 1..=height).filter_map(|height| node.app.at(height)) {
            let at = committed.header.height.get();
            self.oracle.finalized(id, &committed.header, committed.hash);
            self.oracle.executed(id, at, committed.state.root);
            if at > 1 {
                let proposed = committed.header.time.get();
                self.latencies
                    .push((GENESIS_TIME + self.now).saturating_sub(proposed));
            }
            self.oracle.seats(committed.committee.set(), super::seat_node);
            self.trace
                .note(self.now, id, What::Finalized(at, Short::from(&committed.hash)));
            for nullification in committed
                .block
                .iter()
                .flat_map(|b| &b.justification.nullifications)
            {
                self.oracle.believed(nullification);
            }
        }
        let idle = node.app.pool.is_empty();
        if idle && node.working {
            self.set_working(id, false);
        }
    }

    pub(super) fn set_working(&mut self, id: usize, available: bool) {
        let node = &mut self.nodes[id];
        node.working = available;
        let life = node.life;
        let input = Box::new(Input::Work { available });
        self.later(
            0,
            Due::Input {
                node: id,
                life,
                input,
            },
        );
    }

    /// Prunes the log as soon as the store holds what the floor says.
    pub(super) fn prune(&mut self, id: usize) {
        let node = &mut self.nodes[id];
        if let Some(floor) = node.floor
            && floor.height.get() <= node.durable
        {
            node.log.prune(&floor);
            node.floor = None;
        }
    }

    fn evidence(&mut self, id: usize, evidence: &Evidence) {
        let Evidence::Votes(a, b) = evidence else {
            if self.nodes[id].is_honest() {
                let what = format!("node {id} holds contradicting certificates");
                self.violated(Invariant::NoFalseAccusation, what);
            }
            return;
        };
        let culprit = self.nodes[id]
            .app
            .committee_of(a.statement.epoch())
            .map_or(usize::MAX, |set| {
                super::seat_node(set.set(), a.signer.get().into())
            });
        let said = (Said::from(&a.statement), Said::from(&b.statement));
        self.note(id, What::Evidence(culprit as u16, said.0, said.1));
        self.nodes[id].app.evidence.push((*a, *b));
        if self.nodes[id].is_honest() {
            let by = (id, self.nodes[id].life);
            self.oracle.accused(by, a, b);
        }
    }

    fn banned(&mut self, id: usize, whom: &Peer) {
        let whom = node_at(whom);
        self.note(id, What::Banned(whom as u16));
        let node = &self.nodes[id];
        let (by, epoch) = ((id, node.life), node.epoch().get());
        self.oracle.banned(by, epoch, whom);
    }

    fn event(&mut self, id: usize, event: &Event) {
        match event {
            Event::EnteredView {
                epoch, view, leader, ..
            } => {
                self.note(id, What::Entered(epoch.get(), view.get(), leader.get()));
                self.check_load(id);
                self.actors_enter(id);
            }
            Event::TimedOut {
                epoch, view, reason, ..
            } => self.note(id, What::Left(epoch.get(), view.get(), *reason)),
            _ => {}
        }
    }

    fn check_load(&mut self, id: usize) {
        let Some(core) = &self.nodes[id].core else { return };
        let (epoch, view) = core.position();
        let (header, certificate) = core.tip();
        let last = certificate
            .filter(|certificate| certificate.statement.epoch() == epoch && header.epoch == epoch)
            .map_or(0, |certificate| certificate.statement.view().get());
        self.oracle.holds(id, core.load(), (last, view.get()));
        self.oracle.evidence_due(epoch.get());
    }

    /// Own message for the oracle's ears: nothing that is not signed ever leaves in an honest name.
    pub(super) fn votes_of(message: &Message) -> Vec<Vote> {
        match message {
            Message::Votes(votes) => votes.clone(),
            Message::Proposal(proposal) => vec![proposal.vote],
            Message::Certificates(_) | Message::CertificatesWanted { .. } => Vec::new(),
        }
    }
}
