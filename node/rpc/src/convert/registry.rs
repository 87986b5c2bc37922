//! Services, seats and tasks.

use crate::convert::{bytes, hash};
use crate::reading::Reading;
use crate::refusal::Refusal;
use primitives::{Epoch, ServiceId};
use proto::service::v1 as wire;
use runtime::attested;
use runtime::dss::{Class, Destination, Kind, Nature, Phase, Record, Seats, Snapshot, Task};

const fn kind(kind: Kind) -> wire::ServiceKind {
    match kind {
        Kind::Attested => wire::ServiceKind::Attested,
        Kind::Oracle => wire::ServiceKind::Oracle,
    }
}

const fn phase(phase: Phase) -> (wire::ServicePhase, u64) {
    match phase {
        Phase::Draft => (wire::ServicePhase::Draft, 0),
        Phase::Active => (wire::ServicePhase::Active, 0),
        Phase::WindingDown { until } => (wire::ServicePhase::WindingDown, until.get()),
        Phase::Closed => (wire::ServicePhase::Closed, 0),
    }
}

fn class(number: usize, class: &Class) -> wire::ServiceClass {
    wire::ServiceClass {
        number: u32::try_from(number).unwrap_or(u32::MAX),
        subjective: class.nature == Nature::Subjective,
        least_bps: u32::from(class.least.get()),
        most_bps: u32::from(class.most.get()),
        cooldown_ms: class.cooldown.get(),
        rises_to_bps: class.rise.map_or(0, |rise| u32::from(rise.most.get())),
        rises_at_ms: class.rise.map_or(0, |rise| rise.from.get()),
    }
}

pub(crate) fn service(reading: &Reading, id: ServiceId, record: &Record) -> Result<wire::Service, Refusal> {
    let terms = &record.terms;
    let (phase, closes) = phase(record.phase);
    let now = reading.now();
    let accepted = terms.accepted.iter().map(|one| wire::AcceptedAsset {
        asset_id: one.asset.get(),
        haircut_bps: u32::from(one.haircut.get()),
    });
    let program = attested::query::hash(reading.state(), id)?;
    Ok(wire::Service {
        service_id: id.get(),
        kind: kind(terms.kind).into(),
        owner: reading.account(&record.owner),
        phase: phase.into(),
        closes_at_ms: closes,
        metadata: terms.metadata.to_text(),
        accepted: accepted.collect(),
        min_operators: u32::from(terms.min_operators),
        max_operators: u32::from(terms.max_operators),
        min_stake: terms.min_stake.to_string(),
        min_self_stake: terms.min_self_stake.to_string(),
        min_reputation_bps: u32::from(terms.min_reputation.get()),
        quorum_bps: u32::from(terms.quorum.get()),
        classes: terms
            .classes
            .iter()
            .enumerate()
            .map(|(number, one)| class(number, &one.at(now)))
            .collect(),
        double_answer: terms.equivocation.map(|class| wire::DoubleAnswer {
            fault_class: u32::from(class),
        }),
        recipient: match &terms.destination {
            Destination::Burn => String::new(),
            Destination::Recipient(account) => reading.account(account),
        },
        slasher: terms
            .slasher
            .map(|slasher| reading.account(&slasher))
            .unwrap_or_default(),
        vetoers: terms.vetoers.iter().map(|one| reading.account(one)).collect(),
        profit_cap: terms.profit_cap.to_string(),
        bond: record.bond.to_string(),
        joined: record.joined,
        open_tasks: record.open_tasks,
        program_hash: program.as_ref().map(hash).unwrap_or_default(),
    })
}

pub(crate) fn operator_set(reading: &Reading, epoch: Epoch, snapshot: &Snapshot) -> wire::OperatorSet {
    let seats = (0u32..).zip(&snapshot.seats).map(|(position, seat)| wire::Seat {
        position,
        operator: reading.operator(&seat.operator),
        key: bytes(seat.key.0),
        value: seat.value.to_string(),
    });
    wire::OperatorSet {
        epoch: epoch.get(),
        taken_at_ms: snapshot.taken_at.get(),
        total: snapshot.total.to_string(),
        seats: seats.collect(),
    }
}

fn seats(seats: Seats) -> Vec<u32> {
    seats.iter().map(u32::from).collect()
}

pub(crate) fn task(reading: &Reading, number: u64, task: &Task) -> wire::Task {
    wire::Task {
        task_id: number,
        service_id: task.service.get(),
        poster: reading.account(&task.poster),
        payload: hash(&task.payload),
        fee_asset_id: task.fee.asset.get(),
        fee: task.fee.amount.to_string(),
        epoch: task.epoch.get(),
        posted_at_ms: task.posted_at.get(),
        height: task.height.get(),
        commit_until_ms: task.windows.commit_until.get(),
        respond_until_ms: task.windows.respond_until.get(),
        settle_at_ms: task.windows.settle_at.get(),
        assigned: seats(task.assigned),
        answered: seats(task.answered),
        late: seats(task.late),
        abstained: seats(task.abstained),
        certificate: task.certificate.as_ref().map(|one| wire::TaskCertificate {
            answer: hash(&one.answer),
            signers: seats(one.signers),
            value: one.value.to_string(),
            height: one.height.get(),
        }),
        settled: task.settled,
    }
}
