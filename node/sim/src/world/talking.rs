//! Messages: out through the actors and the links, and in.

use super::{Due, World};
use crate::actors::{Actor, Parcel, Voice};
use crate::faults::{Fault, Struck};
use crate::keys::{Keyring, node_at, peer};
use crate::oracle::Hearing;
use crate::trace::{Told, What};
use consensus::{Input, Message, Peer};
use light_palisade::Statement;
use primitives::Epoch;
use primitives::codec::encode;
use std::rc::Rc;

/// Views below the tip whose votes a core surely still has, and views ahead of its own whose votes it keeps.
const SURELY_KEPT: (u64, u64) = (200, 64);

type Actors = [(Fault, Box<dyn Actor>)];

/// What comes of parcels that pass all actors, and how often each did what it is named for.
fn in_turn(
    actors: &mut Actors,
    voice: &mut Voice<'_>,
    mut parcels: Vec<Parcel>,
    act: impl Fn(Vec<Parcel>, &mut dyn Actor, &mut Voice<'_>) -> Vec<Parcel>,
) -> (Vec<Parcel>, Struck) {
    let mut struck = Struck::default();
    for (fault, actor) in actors {
        parcels = act(parcels, actor.as_mut(), voice);
        struck.add(*fault, core::mem::take(&mut voice.struck));
    }
    (parcels, struck)
}

impl<K: Keyring> World<K> {
    /// A core's message leaves its machine.
    pub(super) fn speak(&mut self, id: usize, to: Vec<Peer>, message: Message) {
        let parcel = Parcel {
            to,
            message,
            after: 0,
        };
        if self.nodes[id].actors.is_empty() {
            self.post(id, parcel);
            return;
        }
        let parcels = self.ask_actors(id, |actors, voice| {
            let outgoing = |parcels: Vec<Parcel>, actor: &mut dyn Actor, voice: &mut Voice<'_>| {
                let each = parcels.into_iter();
                each.flat_map(|parcel| actor.outgoing(voice, parcel)).collect()
            };
            in_turn(actors, voice, vec![parcel], outgoing)
        });
        for parcel in parcels {
            self.post(id, parcel);
        }
    }

    pub(super) fn actors_enter(&mut self, id: usize) {
        if self.nodes[id].actors.is_empty() {
            return;
        }
        let parcels = self.ask_actors(id, |actors, voice| {
            in_turn(actors, voice, Vec::new(), |mut parcels, actor, voice| {
                parcels.extend(actor.entered(voice));
                parcels
            })
        });
        for parcel in parcels {
            self.post(id, parcel);
        }
    }

    /// Lets a node's actors speak, if it has a seat.
    fn ask_actors(
        &mut self,
        id: usize,
        ask: impl FnOnce(&mut Actors, &mut Voice<'_>) -> (Vec<Parcel>, Struck),
    ) -> Vec<Parcel> {
        let others = self.other_seats(id);
        let node = &mut self.nodes[id];
        let (Some(committee), Some(core)) = (node.committee(), node.core.as_ref()) else {
            return Vec::new();
        };
        let Some(me) = core.seat() else {
            return Vec::new();
        };
        let keys = &self.keys;
        let sign = |bytes: &[u8]| keys.sign(id, bytes);
        let mut voice = Voice {
            dice: &mut self.dice,
            committee: &committee,
            me,
            position: core.position(),
            delta: self.plan.timing.delta,
            others,
            sign: &sign,
            signed: Vec::new(),
            struck: 0,
        };
        let (parcels, struck) = ask(&mut node.actors, &mut voice);
        for statement in voice.signed {
            self.oracle.signed(id, &statement);
        }
        self.trace.struck(&struck);
        parcels
    }

    fn post(&mut self, from: usize, parcel: Parcel) {
        let message = Rc::new(parcel.message);
        let instances = |to: usize| {
            self.nodes
                .iter()
                .enumerate()
                .filter(move |(_, node)| node.identity == to)
        };
        let to: Vec<usize> = parcel
            .to
            .iter()
            .flat_map(|to| instances(node_at(to)))
            .map(|(to, _)| to)
            .collect();
        for to in to {
            let dropped = self
                .filter
                .as_ref()
                .is_some_and(|filter| filter(self.now, from, to, &message));
            if dropped || to == from {
                continue;
            }
            let size = || {
                let heavy = matches!(message.as_ref(), Message::Proposal(_));
                encode(message.as_ref()).len() + if heavy { self.weight } else { 0 }
            };
            let Some(wait) = self.network.queue(self.now, from, size) else {
                continue;
            };
            for delay in self.network.route(&mut self.dice, from, to) {
                let message = Rc::clone(&message);
                self.later(parcel.after + wait + delay, Due::Deliver { to, from, message });
            }
        }
    }

    pub(super) fn deliver(&mut self, to: usize, from: usize, message: &Message) {
        let node = &self.nodes[to];
        let Some(core) = &node.core else { return };
        let watched = node.is_honest() && !self.nodes[from].is_honest();
        let heard = if watched {
            let (epoch, view) = core.position();
            let (_, certificate) = core.tip();
            let last = certificate
                .map(|certificate| &certificate.statement)
                .filter(|statement| statement.epoch() == epoch)
                .map_or(0, |statement| statement.view().get());
            self.believable(self.nodes[from].identity, message, epoch, (last, view.get()))
        } else {
            Vec::new()
        };
        self.note(to, What::Heard(from as u16, Told::from(message)));
        let from = self.nodes[from].identity;
        let life = self.nodes[to].life;
        for (_, actor) in &mut self.nodes[to].actors {
            actor.heard(message);
        }
        let input = Input::Message {
            from: peer(from),
            message: message.clone(),
        };
        self.feed(to, input);
        if self.nodes[to].life == life {
            self.oracle.heard(&Hearing {
                by: to,
                life,
                from,
                statements: &heard,
            });
        }
    }

    /// The votes of a malicious node's message that a core in this epoch, with these views finalized and current,
    /// must take notice of.
    fn believable(
        &self,
        from: usize,
        message: &Message,
        epoch: Epoch,
        (last, view): (u64, u64),
    ) -> Vec<Statement> {
        let votes = Self::votes_of(message);
        let current = votes.first().is_some_and(|vote| vote.statement.epoch() == epoch);
        let seat = self
            .nodes
            .iter()
            .find_map(|node| node.app.committee_of(epoch))
            .and_then(|set| set.set().index_of(&crate::keys::key(from)));
        let (below, ahead) = SURELY_KEPT;
        if !current {
            return Vec::new();
        }
        votes
            .iter()
            .filter(|vote| vote.statement.epoch() == epoch && Some(vote.signer) == seat)
            .filter(|vote| {
                let at = vote.statement.view().get();
                at + below > last && at > 0 && at <= view + ahead
            })
            .filter(|vote| {
                let bytes = vote.statement.sign_bytes(&crate::keys::CHAIN);
                self.keys.sign(from, &bytes) == vote.signature
            })
            .map(|vote| vote.statement)
            .collect()
    }
}
