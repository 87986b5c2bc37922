//! What must hold between transactions.

use crate::genesis::all;
use crate::state::{
    BY_SERVICE, COMMITMENTS, DEPOSITS, FEEDS, HISTORY, LATEST, ROUNDS, SCHEDULE, VALUES, account,
};
use kernel::{Invariant, View, Violation};
use primitives::{Amount, AssetId};
use std::collections::{BTreeMap, BTreeSet};

/// All of them.
pub(crate) const ALL: &[Invariant] = &[
    Invariant {
        name: "deposits_and_open_rounds_are_held",
        check: held,
    },
    Invariant {
        name: "feeds_are_scheduled_once",
        check: scheduled,
    },
    Invariant {
        name: "rounds_agree_with_their_feeds",
        check: rounds,
    },
];

/// Checks all of them.
pub(crate) fn check_all(view: &View<'_>) -> Result<(), Violation> {
    ALL.iter().try_for_each(|one| (one.check)(view))
}

/// What the module holds is what is left of deposits and set aside for open rounds.
fn held(view: &View<'_>) -> Result<(), Violation> {
    let feeds: BTreeMap<_, _> = all(view, &FEEDS)?.into_iter().collect();
    let mut owed: BTreeMap<AssetId, Amount> = BTreeMap::new();
    let mut add = |feed: &u64, amount: Amount| {
        if let Some(feed) = feeds.get(feed) {
            let sum = owed.entry(feed.rules.fee.asset).or_default();
            *sum = sum.saturating_add(amount);
        }
    };
    for ((feed, number), deposit) in all(view, &DEPOSITS)? {
        if deposit.left.is_zero() {
            return Err(Violation::new(format!(
                "deposit {number} of feed {feed} is empty"
            )));
        }
        add(&feed, deposit.left);
    }
    for ((feed, number), round) in all(view, &ROUNDS)? {
        let parts = round.payers.iter().map(|(_, part)| *part);
        if parts.fold(Amount::ZERO, Amount::saturating_add) != round.fee {
            return Err(Violation::new(format!(
                "who pays round {number} of feed {feed} pays something else"
            )));
        }
        if round.outcome.is_none() {
            add(&feed, round.fee);
        }
    }
    owed.retain(|_, sum| !sum.is_zero());
    let held = bank::query::balances(view, &account(), None, usize::MAX)?;
    let held: BTreeMap<AssetId, Amount> = held.into_iter().map(|coin| (coin.asset, coin.amount)).collect();
    if held == owed {
        Ok(())
    } else {
        Err(Violation::new(format!("owed is {owed:?}, held is {held:?}")))
    }
}

/// A feed stands in the schedule once, when it says so, until it has ended and its last round is closed; its service knows
/// of it until it has ended.
fn scheduled(view: &View<'_>) -> Result<(), Violation> {
    let mut schedule: BTreeSet<_> = all(view, &SCHEDULE)?.into_iter().map(|(key, ())| key).collect();
    let mut known: BTreeSet<_> = all(view, &BY_SERVICE)?.into_iter().map(|(key, ())| key).collect();
    for (id, feed) in all(view, &FEEDS)? {
        let expected = !feed.ended || feed.open;
        if schedule.remove(&(feed.due, id)) != expected {
            return Err(Violation::new(format!(
                "feed {id} is scheduled otherwise than it says"
            )));
        }
        if known.remove(&(feed.service, id)) == feed.ended {
            return Err(Violation::new(format!(
                "service {} does not know feed {id} as it is",
                feed.service
            )));
        }
    }
    if schedule.is_empty() && known.is_empty() {
        Ok(())
    } else {
        Err(Violation::new("a feed is scheduled or known that is not there"))
    }
}

/// Only a feed's last round is open, and only in it something is committed to or shown; its last price is in its history.
fn rounds(view: &View<'_>) -> Result<(), Violation> {
    let mut open = BTreeSet::new();
    for ((feed, number), round) in all(view, &ROUNDS)? {
        if round.outcome.is_none() {
            open.insert((feed, number));
        } else if !round.weights.is_empty() {
            return Err(Violation::new(format!(
                "round {number} of feed {feed} is closed and weighs"
            )));
        }
    }
    let mut expected = BTreeSet::new();
    for (id, feed) in all(view, &FEEDS)? {
        if feed.open {
            expected.insert((id, feed.rounds.saturating_sub(1)));
        }
    }
    if open != expected {
        return Err(Violation::new(format!(
            "open are {open:?}, feeds say {expected:?}"
        )));
    }
    let committed: BTreeSet<_> = all(view, &COMMITMENTS)?.into_iter().map(|(key, _)| key).collect();
    for (key, _) in all(view, &VALUES)? {
        let (feed, round, _) = key;
        if !committed.contains(&key) || !open.contains(&(feed, round)) {
            return Err(Violation::new(format!(
                "a value of round {round} of feed {feed} was not committed to"
            )));
        }
    }
    for (feed, price) in all(view, &LATEST)? {
        if HISTORY.get(view, &(feed, price.round))? != Some(price) {
            return Err(Violation::new(format!(
                "the last price of feed {feed} is not in its history"
            )));
        }
    }
    Ok(())
}
