//! What must hold between blocks.

use crate::state::{EPOCHS, RECORDS};
use crate::types::{Place, Record};
use kernel::{Invariant, View, Violation};
use primitives::Amount;

/// Every invariant of the module.
pub(crate) const ALL: &[Invariant] = &[
    Invariant {
        name: "every_member_has_a_record",
        check: every_member_has_a_record,
    },
    Invariant {
        name: "nothing_exceeds_its_cap",
        check: nothing_exceeds_its_cap,
    },
];

/// Every member of the set in force has a record that it is chosen by.
fn every_member_has_a_record(view: &View<'_>) -> Result<(), Violation> {
    let set = staking::set_in_force(view)?;
    if !EPOCHS.contains(view, &set.epoch)? {
        return Err(Violation::new(format!("epoch {} has no power", set.epoch)));
    }
    for member in &set.validators {
        let record = RECORDS.get(view, &(set.epoch, member.operator))?;
        let chosen = record.is_some_and(|record| record.place == Place::Chosen && !record.power.is_zero());
        if !chosen {
            return Err(Violation::new(format!(
                "{} is in the set of epoch {} without a record",
                member.operator, set.epoch
            )));
        }
    }
    Ok(())
}

/// In the epoch in force each cut is one, no asset and no validator counts for more than it may.
fn nothing_exceeds_its_cap(view: &View<'_>) -> Result<(), Violation> {
    let epoch = view.block().epoch;
    let Some(power) = EPOCHS.get(view, &epoch)?.filter(|power| !power.kept) else {
        return Ok(());
    };
    let records = crate::state::records(view, epoch)?;
    let chosen = |(_, record): &&(primitives::AccountId, Record)| record.place == Place::Chosen;
    for (operator, record) in records.iter().filter(chosen) {
        let falling = record.power <= record.capped
            && record.capped <= record.counted
            && record.counted <= record.value
            && record.capped <= power.most;
        if !falling {
            return Err(Violation::new(format!("{operator} counts for more than it has")));
        }
    }
    for one in &power.assets {
        let parts = records
            .iter()
            .filter(chosen)
            .flat_map(|(_, record)| &record.parts);
        let counted = parts
            .filter(|part| part.asset == one.asset)
            .fold(Amount::ZERO, |sum, part| sum.saturating_add(part.counted));
        if counted > one.most {
            return Err(Violation::new(format!(
                "asset {} counts for {counted}, at most {}",
                one.asset, one.most
            )));
        }
    }
    Ok(())
}
