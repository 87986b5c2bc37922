//! What must hold between transactions.

use crate::Governance;
use crate::genesis::all;
use crate::hooks::Wiring;
use crate::state::{
    COUNT, HALT_ENDS, HALTS, OPEN, QUEUE, SWEEP, VOTES, broken_math, deposit_account, proposals,
};
use crate::types::{Phase, Tally};
use kernel::{Invariant, View, Violation};
use primitives::{Amount, AssetId};
use std::collections::{BTreeMap, BTreeSet};

impl<W: Wiring> Governance<W> {
    /// All of them.
    pub(crate) const INVARIANTS: &'static [Invariant] = &[
        Invariant {
            name: "deposits_are_held",
            check: deposits::<W>,
        },
        Invariant {
            name: "tallies_are_the_votes",
            check: tallies::<W>,
        },
        Invariant {
            name: "what_is_open_is_queued",
            check: queues::<W>,
        },
    ];
}

/// Every invariant of the module.
pub(crate) fn check<W: Wiring>(view: &View<'_>) -> Result<(), Violation> {
    let mut checks = Governance::<W>::INVARIANTS.iter();
    checks.try_for_each(|invariant| (invariant.check)(view))
}

/// The module holds exactly what proposals that are not over put down; one that is over holds nothing.
fn deposits<W: Wiring>(view: &View<'_>) -> Result<(), Violation> {
    let mut sum = Amount::ZERO;
    for (number, proposal) in all(view, &proposals::<W::Action>())? {
        if matches!(proposal.phase, Phase::Ended(_)) && !proposal.deposit.is_zero() {
            return Err(Violation::new(format!(
                "proposal {number} is over and holds a deposit"
            )));
        }
        sum = sum.checked_add(proposal.deposit).map_err(broken_math)?;
    }
    let held = bank::balance(view, &deposit_account(), AssetId::PAL)?;
    if held == sum {
        Ok(())
    } else {
        Err(Violation::new(format!(
            "{held} is held where proposals put down {sum}"
        )))
    }
}

/// A tally is the sum of the votes, as long as they are kept, and no more than there is power.
fn tallies<W: Wiring>(view: &View<'_>) -> Result<(), Violation> {
    let mut counted: BTreeMap<u64, Tally> = BTreeMap::new();
    for ((number, _), vote) in all(view, &VOTES)? {
        let tally = counted.entry(number).or_default();
        *tally = tally.count(vote, None).map_err(broken_math)?;
    }
    for (number, proposal) in all(view, &proposals::<W::Action>())? {
        let votes = counted.remove(&number).unwrap_or_default();
        let over = matches!(proposal.phase, Phase::Ended(_));
        if proposal.tally.cast() > proposal.total || (!over && votes != proposal.tally) {
            return Err(Violation::new(format!(
                "proposal {number} counts {:?} where votes are {votes:?} of {}",
                proposal.tally, proposal.total
            )));
        }
        if over && votes != Tally::default() && !SWEEP.contains(view, &number)? {
            return Err(Violation::new(format!(
                "votes of proposal {number} are never forgotten"
            )));
        }
    }
    match counted.first_key_value() {
        None => Ok(()),
        Some((number, _)) => Err(Violation::new(format!("votes on {number}, which is no proposal"))),
    }
}

/// What is open is queued once, under its moment; so is every halt. Numbers are given once.
fn queues<W: Wiring>(view: &View<'_>) -> Result<(), Violation> {
    let queued: BTreeSet<_> = all(view, &QUEUE)?.into_iter().map(|(key, ())| key).collect();
    let found = all(view, &proposals::<W::Action>())?;
    let due: BTreeSet<_> = found
        .iter()
        .filter_map(|(number, one)| one.phase.due().map(|due| (due, *number)))
        .collect();
    let open = usize::from(OPEN.or_default(view)?);
    if queued != due || open != due.len() {
        return Err(Violation::new(format!(
            "{open} are open, {} due, {} queued",
            due.len(),
            queued.len()
        )));
    }
    let count = COUNT.or_default(view)?;
    if found.last().is_some_and(|(number, _)| *number >= count) {
        return Err(Violation::new(format!(
            "{count} proposals were numbered, one beyond is there"
        )));
    }
    let halts: BTreeSet<_> = all(view, &HALTS)?
        .into_iter()
        .map(|(key, until)| (until, key))
        .collect();
    let ends: BTreeSet<_> = all(view, &HALT_ENDS)?.into_iter().map(|(key, ())| key).collect();
    if halts == ends {
        Ok(())
    } else {
        Err(Violation::new("halts and their ends do not agree"))
    }
}
