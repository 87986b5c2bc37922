//! Operators, whom they serve, and how well.

use crate::convert::{bytes, hash};
use crate::reading::Reading;
use crate::refusal::Refusal;
use primitives::{AccountId, ServiceId};
use proto::operator::v1 as wire;
use runtime::delegation::{self, KeyKind, Membership, Operator, ServiceKey, Status};
use runtime::{dss, staking, vaults};

pub(crate) fn operator(
    reading: &Reading,
    id: &AccountId,
    operator: &Operator,
) -> Result<wire::Operator, Refusal> {
    let vaults = vaults::query::vaults_of(reading.state(), id)?;
    Ok(wire::Operator {
        id: hash(id),
        address: reading.operator(id),
        name: operator.metadata.name().to_owned(),
        uri: operator.metadata.uri().to_owned(),
        since_ms: operator.since.get(),
        vaults: vaults.iter().map(|vault| reading.vault(vault)).collect(),
    })
}

/// The key with which an operator works for a service now; empty when it has none.
fn key(reading: &Reading, operator: &AccountId, service: ServiceId) -> Result<Vec<u8>, Refusal> {
    if service == ServiceId::CONSENSUS {
        let validator = staking::query::validator(&reading.view(), operator)?;
        return Ok(validator.map_or_else(Vec::new, |one| one.consensus_key.0.to_vec()));
    }
    let set = delegation::key_at(reading.state(), operator, service, KeyKind::Bls, reading.now())?;
    Ok(match set {
        Some(ServiceKey::Bls(key)) => key.0.to_vec(),
        Some(ServiceKey::Ed25519(_)) | None => Vec::new(),
    })
}

pub(crate) fn opt_in(
    reading: &Reading,
    operator: &AccountId,
    service: ServiceId,
    membership: &Membership,
) -> Result<wire::OptIn, Refusal> {
    let (status, until) = match membership.status {
        Status::Active => (wire::OptInStatus::Active, 0),
        Status::Leaving { until } => (wire::OptInStatus::Leaving, until.get()),
        Status::Left => (wire::OptInStatus::Left, 0),
    };
    let commission = delegation::query::commission_terms(reading.state(), operator, service)?;
    let next = commission.next.filter(|(from, _)| *from > reading.now());
    Ok(wire::OptIn {
        service_id: service.get(),
        status: status.into(),
        since_ms: membership.since.get(),
        liable_until_ms: until,
        key: bytes(key(reading, operator, service)?),
        commission_bps: u32::from(commission.at(reading.now()).get()),
        next_commission_bps: next.map(|(_, rate)| u32::from(rate.get())),
        next_commission_from_ms: next.map_or(0, |(from, _)| from.get()),
    })
}

pub(crate) fn scorecard(score: &dss::Score) -> wire::Scorecard {
    wire::Scorecard {
        assigned: score.assigned,
        answered: score.answered,
        correct: score.correct,
        missed: score.missed,
        late: score.late,
        convictions: score.convictions,
        reputation_bps: u32::from(score.reputation().get()),
    }
}
