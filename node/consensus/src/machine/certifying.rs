//! Certificates: believed once, kept per view, passed on once, served on request.

use super::Core;
use crate::effect::{Divergence, Effect, Event, Misdeed};
use crate::limits::{MAX_CERTIFICATES, MAX_REMEMBERED, MAX_TICK_BYTES, VIEWS_AHEAD};
use crate::message::{Message, Peer};
use crate::record::Record;
use crate::rules::next;
use crate::scheme::Scheme;
use crypto::hash::sha256;
use light_palisade::{Certificate, Evidence, Offence, Statement, VoteKind};
use primitives::codec::encode;
use primitives::{Digest, View};

impl<S: Scheme> Core<S> {
    /// Certificates from a peer. One that does not hold ends our listening to it.
    pub(super) fn on_certificates(&mut self, from: Peer, certificates: Vec<Certificate>) {
        if certificates.len() > MAX_CERTIFICATES {
            self.ban(from, Misdeed::TooMany);
            return;
        }
        for certificate in certificates {
            if certificate.statement.epoch() != self.term.epoch || !self.is_news(&certificate) {
                continue;
            }
            if !self.believe(&certificate) {
                self.ban(from, Misdeed::BadCertificate);
                return;
            }
            self.accept(certificate);
        }
    }

    /// Whether a certificate says something that is not known, or contradicts what is.
    pub(super) fn is_news(&self, certificate: &Certificate) -> bool {
        let statement = &certificate.statement;
        let view = statement.view();
        let round = self.rounds.get(&view);
        let known = round.and_then(|round| round.certificate(statement.kind()));
        let contradicts = round
            .into_iter()
            .flat_map(|round| round.certificates())
            .any(|held| Offence::between(&held.statement, statement).is_some());
        contradicts || (known.is_none() && view > self.decided && !self.term.over)
    }

    /// Whether a certificate of this epoch, or the finalization of the epoch before, holds. Each is verified once.
    pub(super) fn believe(&mut self, certificate: &Certificate) -> bool {
        let statement = &certificate.statement;
        let held = self
            .rounds
            .get(&statement.view())
            .and_then(|round| round.certificate(statement.kind()));
        let opening = self.term.opening_certificate.as_ref();
        let last = self.last.certificate.as_ref();
        if [held, opening, last].contains(&Some(certificate))
            || self.verified.contains(&fingerprint(certificate))
        {
            return true;
        }
        let committee = if statement.epoch() == self.term.epoch {
            Some(&self.term.committee)
        } else {
            self.term.opening_committee.as_ref()
        };
        let holds =
            committee.is_some_and(|committee| self.scheme.verify_certificate(committee, certificate).is_ok());
        if holds {
            self.remember(certificate);
        }
        holds
    }

    /// Remembers that a certificate holds.
    pub(super) fn remember(&mut self, certificate: &Certificate) {
        let hash = fingerprint(certificate);
        if self.verified.insert(hash) {
            self.verified_order.push_back(hash);
        }
        while self.verified_order.len() > MAX_REMEMBERED {
            if let Some(oldest) = self.verified_order.pop_front() {
                self.verified.remove(&oldest);
            }
        }
    }

    /// Keeps a certificate of this epoch that holds, tells everybody, and moves on where it ends a view.
    pub(super) fn accept(&mut self, certificate: Certificate) {
        let statement = certificate.statement;
        if self.contradicted(&certificate) || self.term.over {
            return;
        }
        let view = statement.view();
        if view <= self.decided || self.round(view).certificate(statement.kind()).is_some() {
            return;
        }
        if view >= self.view || statement.kind() == VoteKind::Finalize {
            // What moves us moves everybody, whoever told us (consensus.md, "Liveness": all follow within δ).
            // Order: it leaves before it is in the log, because nothing is lost when it is not.
            let message = Message::Certificates(vec![certificate.clone()]);
            self.out.push(Effect::Broadcast(message));
        }
        self.record(Record::Certificate(certificate.clone()));
        self.round(view).keep(certificate);
        self.changed();
        self.conclude(&statement);
    }

    fn conclude(&mut self, statement: &Statement) {
        let (epoch, view) = (statement.epoch(), statement.view());
        match statement {
            // What follows needs the body: see `follow_notarizations`.
            Statement::Notarize { .. } => {}
            Statement::Nullify { .. } => {
                if let Some(leader) = self.leader(view) {
                    self.event(Event::Nullified { epoch, view, leader });
                }
                self.enter(next(view));
            }
            Statement::Finalize { block, .. } => {
                self.decide(view);
                self.pace.finalized_at = self.now.mono;
                self.event(Event::FinalizationSeen {
                    epoch,
                    view,
                    block: *block,
                });
                self.enter(next(view));
            }
        }
    }

    /// Two certificates of one view that contradict each other prove more than a third of the weight guilty.
    fn contradicted(&mut self, certificate: &Certificate) -> bool {
        let statement = certificate.statement;
        let held = self.rounds.get(&statement.view()).and_then(|round| {
            round
                .certificates()
                .find(|held| Offence::between(&held.statement, &statement).is_some())
                .cloned()
        });
        let Some(held) = held else { return false };
        let first = held.statement;
        if self.ledger.note_certificates(statement.epoch(), statement.view()) {
            let evidence = Evidence::Certificates(held, certificate.clone());
            self.out.push(Effect::Evidence(evidence));
        }
        self.diverge(Divergence::Certificates {
            first,
            second: statement,
        });
        true
    }

    /// The last finalization of this epoch, or the one that opened it.
    pub(super) fn best_finalization(&self) -> Option<&Certificate> {
        self.rounds
            .range(next(self.last.view)..)
            .rev()
            .find_map(|(_, round)| round.finalization.as_ref())
            .or(self.last.certificate.as_ref())
    }

    /// Answers a request for certificates: the last finalization, then those of the views asked for, latest first,
    /// because they are what a leader lacks.
    pub(super) fn serve(&mut self, to: Peer, low: View, high: View) {
        if !self.peers.may_answer(&to, self.now.mono) {
            return;
        }
        let high = high.min(self.view.saturating_add(View::new(VIEWS_AHEAD)));
        let mut batch = Batch::default();
        batch.extend(self.best_finalization());
        if low <= high {
            for (_, round) in self.rounds.range(low..=high).rev() {
                batch.extend(round.certificates());
            }
        }
        if !batch.certificates.is_empty() {
            let message = Message::Certificates(batch.certificates);
            self.out.push(Effect::Send { to, message });
        }
    }

    /// Tells a peer that lags in this epoch the last finalization.
    pub(super) fn tell_finalization(&mut self, to: Peer) {
        let certificate = self.best_finalization().cloned();
        self.tell(to, certificate);
    }

    /// Tells a peer that is still in the epoch before how that one ended: it knows no set but its own.
    pub(super) fn tell_end_of_epoch(&mut self, to: Peer) {
        let certificate = self.term.opening_certificate.clone();
        self.tell(to, certificate);
    }

    fn tell(&mut self, to: Peer, certificate: Option<Certificate>) {
        if let Some(certificate) = certificate
            && self.peers.may_answer(&to, self.now.mono)
        {
            let message = Message::Certificates(vec![certificate]);
            self.out.push(Effect::Send { to, message });
        }
    }
}

fn fingerprint(certificate: &Certificate) -> Digest {
    Digest::new(sha256(&[&encode(certificate)]))
}

/// Certificates for one message, within its limits.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) certificates: Vec<Certificate>,
    bytes: usize,
}

impl Batch {
    /// Bytes of what was added.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds what there is room for, without repeating; false when there was not.
    pub(super) fn extend<'a>(&mut self, certificates: impl IntoIterator<Item = &'a Certificate>) -> bool {
        for certificate in certificates {
            let bytes = self.bytes.saturating_add(encode(certificate).len());
            if self.certificates.len() >= MAX_CERTIFICATES || bytes > MAX_TICK_BYTES {
                return false;
            }
            if !self.certificates.contains(certificate) {
                self.bytes = bytes;
                self.certificates.push(certificate.clone());
            }
        }
        true
    }
}
