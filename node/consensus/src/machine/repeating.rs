//! Rules 8 and 9: saying it again, within bounds.

use super::Core;
use super::certifying::Batch;
use crate::effect::{Effect, Event, TimeoutReason};
use crate::input::TimerKey;
use crate::limits::{MAX_CERTIFICATES, MAX_TICK_BYTES, MAX_VOTES};
use crate::message::Message;
use crate::pace::times;
use crate::rules::next;
use crate::scheme::Scheme;
use light_palisade::{Certificate, Vote};
use primitives::View;
use primitives::codec::encode;

impl<S: Scheme> Core<S> {
    /// Rule 8: the view goes on and on. Own votes of the view and the best certificate that led into it are sent
    /// again, and what is missing is asked for again, of others.
    pub(super) fn on_retry(&mut self) {
        if self.term.over {
            return;
        }
        self.pace.repeats = self.pace.repeats.saturating_add(1);
        let at = self.now.mono.saturating_add(times(self.pace.delta, 4));
        self.out.push(self.timers.set(self.now, TimerKey::Retry, at));
        let before = self.view.saturating_sub(View::new(1));
        let entry = self
            .rounds
            .get(&before)
            .and_then(|round| round.exit())
            .or(self.last.certificate.as_ref())
            .filter(|certificate| certificate.statement.epoch() == self.term.epoch)
            .cloned();
        if let Some(certificate) = entry {
            self.out
                .push(Effect::Broadcast(Message::Certificates(vec![certificate])));
        }
        let votes = self.round(self.view).own.votes.clone();
        if !votes.is_empty() {
            self.out.push(Effect::Broadcast(Message::Votes(votes)));
        }
        self.ask_anew();
    }

    /// Lets whatever is missing be asked for again at the end of the turn.
    fn ask_anew(&mut self) {
        self.fetching.clear();
        self.pace.ask_again = self.now.mono;
    }

    /// Rule 9: nothing was finalized for long. The highest finalization, and votes and certificates above the tip,
    /// are sent again: those of at most 64 views and 256 KiB per tick, the next views at the next tick.
    pub(super) fn on_standstill(&mut self) {
        self.arm_standstill();
        if !self.early.is_empty() {
            // Others are in the next epoch, and nobody has told us how this one ended.
            let epoch = self.term.epoch.next().unwrap_or(self.term.epoch);
            self.behind(epoch, None, self.early.senders());
        }
        let since = self.now.mono.saturating_sub(self.pace.finalized_at);
        if self.term.over || since < self.standstill_after() {
            return;
        }
        self.event(Event::Standstill {
            epoch: self.term.epoch,
            view: self.view,
        });
        self.pace.repeats = self.pace.repeats.saturating_add(1);
        self.leave_bare_views();
        let (certificates, votes) = self.undecided();
        if !certificates.is_empty() {
            self.out
                .push(Effect::Broadcast(Message::Certificates(certificates)));
        }
        for chunk in votes.chunks(MAX_VOTES) {
            self.out.push(Effect::Broadcast(Message::Votes(chunk.to_vec())));
        }
        self.ask_anew();
    }

    /// The next share of what is undecided, round-robin over the views above the tip.
    fn undecided(&mut self) -> (Vec<Certificate>, Vec<Vote>) {
        let mut batch = Batch::default();
        batch.extend(
            self.best_finalization()
                .filter(|c| c.statement.epoch() == self.term.epoch),
        );
        let mut votes = Vec::new();
        let mut bytes = batch.bytes();
        let first = next(self.decided);
        let mut cursor = self.pace.cursor.max(first);
        if cursor > self.view {
            cursor = first.min(self.view);
        }
        let mut end = self.view;
        for (view, round) in self.rounds.range(cursor..=self.view).take(MAX_CERTIFICATES) {
            let own = &round.own.votes;
            let share = round
                .certificates()
                .fold(encode(own).len(), |sum, c| sum.saturating_add(encode(c).len()));
            bytes = bytes.saturating_add(share);
            if bytes > MAX_TICK_BYTES || !batch.extend(round.certificates()) {
                break;
            }
            votes.extend_from_slice(own);
            end = *view;
        }
        self.pace.cursor = next(end);
        (batch.certificates, votes)
    }

    /// A view that we passed without any certificate of it at hand may be one that nobody can prove to be over. To
    /// leave it late does no harm, unless we have finalized in it.
    fn leave_bare_views(&mut self) {
        let first = next(self.decided);
        let mut bare = Vec::new();
        let mut view = self.view;
        while view > first && bare.len() < MAX_CERTIFICATES {
            view = view.saturating_sub(View::new(1));
            if self.rounds.get(&view).is_none_or(|round| round.exit().is_none()) {
                bare.push(view);
            }
        }
        for view in bare {
            self.nullify(view, TimeoutReason::Standstill);
        }
    }
}
