//! What several modules must be asked about together: what stands behind an operator, what a position is worth.

use crate::wiring::Wire;
use dss::{Record, Stake, Wiring};
use kernel::{StateError, View};
use primitives::{AccountId, ServiceId};

/// What stands behind an operator for a service, in npal after haircuts, and whether it reaches the service's minimums.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn service_stake(
    view: &View<'_>,
    service: ServiceId,
    record: &Record,
    operator: &AccountId,
) -> Result<(Stake, bool), StateError> {
    let stake = Wire::stake(view, service, &record.terms, operator)?;
    let eligible = dss::eligible::<Wire>(view, service, record, operator)?;
    Ok((stake, eligible))
}
