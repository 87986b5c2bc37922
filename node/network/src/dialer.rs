//! When to dial whom. Pure: it is told what happened and asked what is due.

use crate::PeerKey;
use crate::config::DialConfig;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// How long a peer on another chain is left alone.
const WRONG_CHAIN_WAIT: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// To be dialed at this time.
    Waiting(Instant),
    Dialing,
    Connected,
}

#[derive(Debug)]
struct Target {
    state: State,
    /// Failed attempts since it was last connected.
    failures: u32,
}

/// The peers to stay connected to. After a failure or a lost link a peer is dialed again after `first_retry_ms`,
/// then each time after twice the wait, up to `max_retry_ms`; chance takes up to half off, so that nodes that lost
/// each other at one instant do not meet at one instant again and again.
#[derive(Debug)]
pub(crate) struct Dialer {
    first: Duration,
    max: Duration,
    targets: BTreeMap<PeerKey, Target>,
    chance: StdRng,
}

impl Dialer {
    pub(crate) fn new(config: &DialConfig, seed: u64) -> Self {
        Self {
            first: Duration::from_millis(config.first_retry_ms),
            max: Duration::from_millis(config.max_retry_ms),
            targets: BTreeMap::new(),
            chance: StdRng::seed_from_u64(seed),
        }
    }

    /// From now on these are wanted, and no others. New ones are due at once, unless they are `connected`.
    pub(crate) fn want(
        &mut self,
        peers: &BTreeSet<PeerKey>,
        connected: impl Fn(&PeerKey) -> bool,
        now: Instant,
    ) {
        self.targets.retain(|peer, _| peers.contains(peer));
        for peer in peers {
            self.targets.entry(*peer).or_insert_with(|| Target {
                state: if connected(peer) {
                    State::Connected
                } else {
                    State::Waiting(now)
                },
                failures: 0,
            });
        }
    }

    /// Who is to be dialed now. They count as being dialed from here on.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<PeerKey> {
        let mut due = Vec::new();
        for (peer, target) in &mut self.targets {
            if matches!(target.state, State::Waiting(at) if at <= now) {
                target.state = State::Dialing;
                due.push(*peer);
            }
        }
        due
    }

    /// When somebody is due next.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let waiting = self.targets.values().filter_map(|target| match target.state {
            State::Waiting(at) => Some(at),
            State::Dialing | State::Connected => None,
        });
        waiting.min()
    }

    /// A link to `peer` stands.
    pub(crate) fn connected(&mut self, peer: PeerKey) {
        if let Some(target) = self.targets.get_mut(&peer) {
            target.state = State::Connected;
        }
    }

    /// `peer` has proven to be useful: the next loss starts with the shortest wait again.
    pub(crate) fn admitted(&mut self, peer: PeerKey) {
        if let Some(target) = self.targets.get_mut(&peer) {
            target.failures = 0;
        }
    }

    /// The last link to `peer` is gone, or an attempt failed.
    pub(crate) fn lost(&mut self, peer: PeerKey, now: Instant) {
        let (first, max) = (self.first, self.max);
        if let Some(target) = self.targets.get_mut(&peer) {
            let longest = first.saturating_mul(1 << target.failures.min(20)).min(max);
            let wait = self.chance.random_range(longest / 2..=longest);
            target.failures = target.failures.saturating_add(1);
            target.state = State::Waiting(now + wait);
        }
    }

    /// `peer` is on another chain: trying again soon is of no use.
    pub(crate) fn wrong_chain(&mut self, peer: PeerKey, now: Instant) {
        if let Some(target) = self.targets.get_mut(&peer) {
            target.state = State::Waiting(now + WRONG_CHAIN_WAIT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: PeerKey = PeerKey([1; 32]);

    fn dialer() -> (Dialer, Instant) {
        let mut dialer = Dialer::new(&DialConfig::default(), 1);
        let now = Instant::now();
        dialer.want(&[PEER].into(), |_| false, now);
        (dialer, now)
    }

    #[test]
    fn a_wanted_peer_is_dialed_once_at_a_time() {
        let (mut dialer, now) = dialer();
        assert_eq!(dialer.due(now), [PEER]);
        assert!(dialer.due(now).is_empty());
        assert_eq!(dialer.next_due(), None);
    }

    #[test]
    fn the_first_retry_is_quick_and_later_ones_are_bounded() {
        let (mut dialer, now) = dialer();
        dialer.lost(PEER, now);
        let wait = dialer.next_due().unwrap() - now;
        assert!(
            wait >= Duration::from_millis(50) && wait <= Duration::from_millis(100),
            "{wait:?}"
        );
        for _ in 0..40 {
            dialer.lost(PEER, now);
            let wait = dialer.next_due().unwrap() - now;
            assert!(wait <= Duration::from_millis(2_000), "{wait:?}");
        }
        let wait = dialer.next_due().unwrap() - now;
        assert!(wait >= Duration::from_millis(1_000), "{wait:?}");
        dialer.connected(PEER);
        dialer.admitted(PEER);
        dialer.lost(PEER, now);
        assert!(dialer.next_due().unwrap() - now <= Duration::from_millis(100));
    }

    #[test]
    fn a_link_that_never_became_useful_does_not_shorten_the_wait() {
        let (mut dialer, now) = dialer();
        for _ in 0..10 {
            dialer.connected(PEER);
            dialer.lost(PEER, now);
        }
        assert!(dialer.next_due().unwrap() - now >= Duration::from_millis(1_000));
    }

    #[test]
    fn whoever_is_no_longer_wanted_is_left_alone() {
        let (mut dialer, now) = dialer();
        dialer.want(&BTreeSet::new(), |_| false, now);
        dialer.lost(PEER, now);
        assert!(dialer.due(now + Duration::from_secs(60)).is_empty());
    }

    #[test]
    fn a_peer_on_another_chain_is_left_alone_for_longer() {
        let (mut dialer, now) = dialer();
        dialer.wrong_chain(PEER, now);
        assert!(dialer.due(now + Duration::from_secs(29)).is_empty());
        assert_eq!(dialer.due(now + Duration::from_secs(31)), [PEER]);
    }
}
