//! Rule 1: entering views, and how long each may take.

use super::{Core, Lead};
use crate::effect::{Event, TimeoutReason};
use crate::input::TimerKey;
use crate::limits::VIEWS_AHEAD;
use crate::pace::{delta, times};
use crate::rules::next;
use crate::scheme::Scheme;
use light_palisade::{Header, VoteKind};
use primitives::{BlockHash, Height, Millis, View};

impl<S: Scheme> Core<S> {
    /// A notarization whose body is valid ends its view; so does any finalization or nullification, which need no
    /// body and are followed where they are accepted.
    pub(super) fn follow_notarizations(&mut self) {
        let ready: Vec<(View, BlockHash, Height)> = self
            .rounds
            .range(next(self.last.view)..)
            .filter(|(_, round)| !round.announced)
            .filter_map(|(view, round)| round.certified().map(|(_, block)| (*view, block)))
            .filter_map(|(view, block)| {
                let entry = self.tree.get(&block)?;
                let valid = self.tree.is_valid(&block);
                valid.then_some((view, block, entry.block.header.height))
            })
            .collect();
        for (view, block, height) in ready {
            self.round(view).announced = true;
            self.changed();
            if view >= self.view {
                self.pace.block_seen = self.now.mono;
            }
            self.event(Event::Notarized {
                epoch: self.term.epoch,
                view,
                height,
                block,
            });
            self.enter(next(view));
        }
    }

    /// Begins a view, unless it is not after the current one.
    pub(super) fn enter(&mut self, view: View) {
        if view <= self.view || self.term.over {
            return;
        }
        let left = core::mem::replace(&mut self.view, view);
        self.changed();
        self.lead = Lead::Idle;
        self.pace.repeats = 0;
        let ahead = view.saturating_add(View::new(VIEWS_AHEAD));
        self.term.schedule.extend_to(ahead);
        self.drop_proposals(left, view);
        self.pace.delta = delta(&self.config.timing, view, self.decided);
        self.pace.start = self.now.mono.saturating_add(self.patience());
        self.stop_view_timers();
        self.arm_view_timers();
        let Some(leader) = self.leader(view) else { return };
        self.event(Event::EnteredView {
            epoch: self.term.epoch,
            view,
            leader,
            delta: self.pace.delta,
        });
        if self.round(view).tally.has(leader, VoteKind::Nullify) {
            self.give_up(TimeoutReason::LeaderNullify);
        } else if self.leader_is_silent(leader) {
            self.give_up(TimeoutReason::Inactivity);
        }
    }

    /// Forgets proposals of views that were left, unless somebody stands behind them: we, or a quorum.
    fn drop_proposals(&mut self, from: View, to: View) {
        let mut dropped = Vec::new();
        for (_, round) in self.rounds.range_mut(from..to) {
            let Some(proposal) = round.proposal else { continue };
            let ours = round
                .own
                .notarized()
                .is_some_and(|(_, block)| block == proposal.block);
            let theirs = round
                .certified()
                .is_some_and(|(_, block)| block == proposal.block);
            if !ours && !theirs {
                round.proposal = None;
                if proposal.fresh {
                    dropped.push(proposal.block);
                }
            }
        }
        for block in dropped {
            self.tree.remove(&block);
        }
    }

    /// The header to build on: that of the highest certified block with a valid body, or the tip's.
    pub(super) fn head(&self) -> &Header {
        self.rounds
            .range(next(self.last.view)..)
            .rev()
            .filter_map(|(_, round)| round.certified())
            .find_map(|(_, block)| self.tree.get(&block).filter(|_| self.tree.is_valid(&block)))
            .map_or(&self.last.header, |entry| &entry.block.header)
    }

    /// Whether a block ends the current epoch (and not the one before).
    pub(super) fn ends_this_epoch(&self, header: &Header) -> bool {
        header.is_boundary() && header.height > self.term.opening.height
    }

    /// With nothing to include, how long a leader may wait: until the idle interval has passed since the last block
    /// was notarized here. A boundary block is proposed again without delay.
    ///
    /// On the monotonic clock, because clocks that disagree must not make views fail.
    fn patience(&self) -> Millis {
        if self.work || self.ends_this_epoch(self.head()) {
            return Millis::ZERO;
        }
        let until = self
            .pace
            .block_seen
            .saturating_add(self.config.timing.idle_interval);
        until.saturating_sub(self.now.mono)
    }

    /// As leader with nothing to include: until the idle interval has passed since the parent's time, and never
    /// longer than others are patient.
    pub(super) fn leader_wait(&self) -> Millis {
        let head = self.head();
        let due = head.time.after(self.config.timing.idle_interval);
        let others = self.pace.start.saturating_sub(self.now.mono);
        due.since(self.now.wall).min(others)
    }

    /// Work to do ends all patience, ours and that with the leader.
    pub(super) fn on_work(&mut self, available: bool) {
        self.work = available;
        if available && self.pace.start > self.now.mono && !self.term.over {
            self.pace.start = self.now.mono;
            self.arm_view_timers();
        }
    }

    fn arm_view_timers(&mut self) {
        let rounds = [
            (TimerKey::Proposal, 2),
            (TimerKey::Certification, 3),
            (TimerKey::Retry, 4),
        ];
        for (key, count) in rounds {
            let at = self.pace.start.saturating_add(times(self.pace.delta, count));
            self.out.push(self.timers.set(self.now, key, at));
        }
    }
}
