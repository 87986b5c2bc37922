//! Who led which view, for those that were skipped.

use consensus::{Draw, Schedule};
use light_palisade::{Committee, ValidatorSet};
use parking_lot::Mutex;
use primitives::{AccountId, ChainHash, Epoch, View};

/// The schedule of the epoch that was asked about last.
#[derive(Debug, Default)]
pub(crate) struct Leaders(Mutex<Option<(Epoch, Schedule)>>);

impl Leaders {
    /// The operators that led `views` of the set's epoch, in order; `None` when the set is no committee.
    pub(crate) fn of(
        &self,
        chain: &ChainHash,
        set: &ValidatorSet,
        draw: &Draw,
        views: &[View],
    ) -> Option<Vec<AccountId>> {
        let highest = views.iter().max().copied().unwrap_or(View::ZERO);
        let mut held = self.0.lock();
        let mut schedule = match held.take() {
            Some((epoch, schedule)) if epoch == set.epoch => schedule,
            Some(_) | None => Schedule::new(chain, &Committee::new(set.clone()).ok()?, draw),
        };
        schedule.extend_to(highest);
        let mut found = look_up(&schedule, set, views);
        if found.is_none() {
            // Some of the views are further back than a schedule remembers: start over.
            schedule = Schedule::new(chain, &Committee::new(set.clone()).ok()?, draw);
            found = climb(&mut schedule, set, views);
        }
        *held = Some((set.epoch, schedule));
        found
    }
}

fn look_up(schedule: &Schedule, set: &ValidatorSet, views: &[View]) -> Option<Vec<AccountId>> {
    views
        .iter()
        .map(|view| set.get(schedule.leader(*view)?).map(|v| v.operator))
        .collect()
}

/// As [`look_up`], looking at each view while it is the latest.
fn climb(schedule: &mut Schedule, set: &ValidatorSet, views: &[View]) -> Option<Vec<AccountId>> {
    let mut found = Vec::with_capacity(views.len());
    for view in views {
        schedule.extend_to(*view);
        found.push(set.get(schedule.leader(*view)?).map(|v| v.operator)?);
    }
    Some(found)
}
