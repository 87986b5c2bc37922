//! Services, seats and tasks as people read them.

use crate::cli::context::Context;
use crate::cli::query::{Shown, lacking};
use crate::cli::restaking::{Asked, PAGE, duration, left, pages, percent, value};
use crate::output::{Failure, Show, columns, pairs};
use proto::ledger::v1::ReadContext;
use proto::service::v1 as wire;
use serde_json::{Value, json};
use std::path::Path;

const fn phase(phase: wire::ServicePhase) -> &'static str {
    match phase {
        wire::ServicePhase::Unspecified => "unknown",
        wire::ServicePhase::Draft => "draft",
        wire::ServicePhase::Active => "active",
        wire::ServicePhase::WindingDown => "winding down",
        wire::ServicePhase::Closed => "closed",
    }
}

const fn kind(kind: wire::ServiceKind) -> &'static str {
    match kind {
        wire::ServiceKind::Unspecified => "unknown",
        wire::ServiceKind::Attested => "attested",
        wire::ServiceKind::Oracle => "oracle",
    }
}

/// A service's name: its metadata up to the first colon.
pub(crate) fn name(metadata: &str) -> &str {
    metadata.split(':').next().unwrap_or_default()
}

fn as_json(one: &wire::Service) -> Value {
    let classes = one.classes.iter().map(|class| {
        json!({
            "number": class.number, "subjective": class.subjective, "least_bps": class.least_bps,
            "most_bps": class.most_bps, "cooldown_ms": class.cooldown_ms,
            "rises_to_bps": class.rises_to_bps, "rises_at_ms": class.rises_at_ms,
        })
    });
    let accepted = one
        .accepted
        .iter()
        .map(|asset| json!({"asset_id": asset.asset_id, "haircut_bps": asset.haircut_bps}));
    json!({
        "service_id": one.service_id,
        "name": name(&one.metadata),
        "metadata": one.metadata,
        "kind": kind(one.kind()),
        "phase": phase(one.phase()),
        "closes_at_ms": one.closes_at_ms,
        "owner": one.owner,
        "accepted": accepted.collect::<Vec<_>>(),
        "min_operators": one.min_operators,
        "max_operators": one.max_operators,
        "min_stake": one.min_stake,
        "min_self_stake": one.min_self_stake,
        "min_reputation_bps": one.min_reputation_bps,
        "quorum_bps": one.quorum_bps,
        "classes": classes.collect::<Vec<_>>(),
        "double_answer_class": one.double_answer.as_ref().map(|one| one.fault_class),
        "recipient": one.recipient,
        "slasher": one.slasher,
        "vetoers": one.vetoers,
        "profit_cap": one.profit_cap,
        "bond": one.bond,
        "joined": one.joined,
        "open_tasks": one.open_tasks,
        "program_hash": hex::encode(&one.program_hash),
    })
}

async fn fetch(asked: &Asked, service_id: u32) -> Result<(wire::Service, Option<ReadContext>), Failure> {
    let mut client = asked.client.services();
    let request = wire::GetServiceRequest {
        service_id,
        ..wire::GetServiceRequest::default()
    };
    let answer = asked.client.unary(client.get_service(request)).await?;
    Ok((answer.service.ok_or_else(|| lacking("service"))?, answer.context))
}

pub(super) async fn list(context: &Context) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let services = pages(async |page_token| {
        let mut client = asked.client.services();
        let request = wire::ListServicesRequest {
            page_size: PAGE,
            page_token,
            ..wire::ListServicesRequest::default()
        };
        let page = asked.client.unary(client.list_services(request)).await?;
        Ok((page.services, page.next_page_token))
    })
    .await?;
    let shown: Vec<Value> = services.iter().map(as_json).collect();
    let table = || {
        let rows: Vec<Vec<String>> = services
            .iter()
            .map(|one| {
                let judged = if one.program_hash.is_empty() {
                    "by word"
                } else {
                    "by program"
                };
                vec![
                    one.service_id.to_string(),
                    name(&one.metadata).to_owned(),
                    kind(one.kind()).to_owned(),
                    phase(one.phase()).to_owned(),
                    judged.to_owned(),
                    one.open_tasks.to_string(),
                    one.owner.clone(),
                ]
            })
            .collect();
        columns(
            &[
                "SERVICE",
                "NAME",
                "KIND",
                "PHASE",
                "JUDGED",
                "OPEN TASKS",
                "OWNER",
            ],
            &rows,
        )
    };
    context
        .output
        .list(&shown, table, |row| row["service_id"].to_string())
}

/// Something with a page of its own for people.
struct Page {
    value: Value,
    text: String,
    id: String,
}

impl serde::Serialize for Page {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl Show for Page {
    fn table(&self) -> String {
        self.text.clone()
    }
    fn id(&self) -> Option<String> {
        Some(self.id.clone())
    }
}

fn head(asked: &Asked, one: &wire::Service, read: Option<&ReadContext>) -> String {
    let accepted: Vec<String> = one
        .accepted
        .iter()
        .map(|asset| match asset.haircut_bps {
            0 => asked.symbol(asset.asset_id),
            haircut => format!("{} less {}", asked.symbol(asset.asset_id), percent(haircut)),
        })
        .collect();
    let state = match one.phase() {
        wire::ServicePhase::WindingDown => {
            format!("winding down, may be closed {}", left(read, one.closes_at_ms))
        }
        other => phase(other).to_owned(),
    };
    let or_none = |text: &str| {
        if text.is_empty() {
            "-".to_owned()
        } else {
            text.to_owned()
        }
    };
    pairs(&[
        ("service", format!("{} {}", one.service_id, name(&one.metadata))),
        ("says", one.metadata.clone()),
        ("phase", state),
        ("owner", one.owner.clone()),
        ("accepts", accepted.join(", ")),
        (
            "operators",
            format!("{} to {}", one.min_operators, one.max_operators),
        ),
        (
            "least stake",
            format!("{}, own {}", value(&one.min_stake), value(&one.min_self_stake)),
        ),
        ("quorum", percent(one.quorum_bps)),
        (
            "slashed goes to",
            if one.recipient.is_empty() {
                "nobody: destroyed".to_owned()
            } else {
                one.recipient.clone()
            },
        ),
        ("slasher", or_none(&one.slasher)),
        ("vetoers", or_none(&one.vetoers.join(", "))),
        ("program", or_none(&hex::encode(&one.program_hash))),
        ("profit cap", value(&one.profit_cap)),
        ("open tasks", one.open_tasks.to_string()),
    ])
}

fn classes(one: &wire::Service, read: Option<&ReadContext>) -> String {
    let double = one.double_answer.as_ref().map(|one| one.fault_class);
    let rows: Vec<Vec<String>> = one
        .classes
        .iter()
        .map(|class| {
            let shown = if class.subjective {
                "word, with a veto"
            } else if double == Some(class.number) {
                "proof: two answers"
            } else {
                "proof"
            };
            let rise = match class.rises_to_bps {
                0 => "-".to_owned(),
                to => format!("{} {}", percent(to), left(read, class.rises_at_ms)),
            };
            vec![
                class.number.to_string(),
                shown.to_owned(),
                percent(class.least_bps),
                percent(class.most_bps),
                duration(class.cooldown_ms),
                rise,
            ]
        })
        .collect();
    columns(
        &["CLASS", "SHOWN BY", "LEAST", "MOST", "COOLDOWN", "RISES TO"],
        &rows,
    )
}

async fn backed(asked: &Asked, service_id: u32) -> Result<wire::GetServiceSecurityResponse, Failure> {
    let mut client = asked.client.services();
    let request = wire::GetServiceSecurityRequest {
        service_id,
        ..wire::GetServiceSecurityRequest::default()
    };
    asked
        .client
        .unary(client.get_service_security(request))
        .await
        .map_err(Failure::from)
}

fn operators(answer: &wire::GetServiceSecurityResponse) -> String {
    let rows: Vec<Vec<String>> = answer
        .operators
        .iter()
        .map(|one| {
            vec![
                value(&one.total),
                value(&one.own),
                if one.eligible { "yes" } else { "no" }.to_owned(),
                one.operator.clone(),
            ]
        })
        .collect();
    columns(&["BACKED BY", "OWN", "SEATED", "OPERATOR"], &rows)
}

pub(super) async fn one(context: &Context, service_id: u32) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let (found, read) = fetch(&asked, service_id).await?;
    let security = backed(&asked, service_id).await?;
    let text = format!(
        "{}\n\n{}\n\n{}",
        head(&asked, &found, read.as_ref()),
        classes(&found, read.as_ref()),
        operators(&security)
    );
    let page = Page {
        value: as_json(&found),
        text,
        id: service_id.to_string(),
    };
    context.output.show(&page)
}

pub(super) async fn security(context: &Context, service_id: u32) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let answer = backed(&asked, service_id).await?;
    let rows: Vec<Value> = answer
        .operators
        .iter()
        .map(|one| json!({"operator": one.operator, "total": one.total, "own": one.own, "eligible": one.eligible}))
        .collect();
    let shown = json!({
        "service_id": service_id,
        "operators": rows,
        "total": answer.total,
        "eligible": answer.eligible,
        "min_operators": answer.min_operators,
        "cost_of_corruption": answer.cost_of_corruption,
        "profit_cap": answer.profit_cap,
        "secure": answer.secure,
    });
    let verdict = if answer.secure {
        "corrupting it costs more than it yields"
    } else {
        "corrupting it may pay"
    };
    let head = pairs(&[
        (
            "operators",
            format!("{} of at least {}", answer.eligible, answer.min_operators),
        ),
        ("backed by", value(&answer.total)),
        ("cost of corruption", value(&answer.cost_of_corruption)),
        (
            "profit from it",
            format!("at most {}, its owner says", value(&answer.profit_cap)),
        ),
        ("so", verdict.to_owned()),
    ]);
    let page = Page {
        value: shown,
        text: format!("{head}\n\n{}", operators(&answer)),
        id: answer.secure.to_string(),
    };
    context.output.show(&page)
}

pub(super) async fn seats(context: &Context, service_id: u32, epoch: Option<u64>) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let mut client = asked.client.services();
    let request = wire::GetOperatorSetRequest {
        service_id,
        epoch,
        ..wire::GetOperatorSetRequest::default()
    };
    let answer = asked.client.unary(client.get_operator_set(request)).await?;
    let set = answer.operator_set.ok_or_else(|| lacking("operator set"))?;
    let shown: Vec<Value> = set
        .seats
        .iter()
        .map(|seat| {
            json!({
                "epoch": set.epoch, "position": seat.position, "operator": seat.operator,
                "key": hex::encode(&seat.key), "value": seat.value,
            })
        })
        .collect();
    let table = || {
        let rows: Vec<Vec<String>> = set
            .seats
            .iter()
            .map(|seat| {
                vec![
                    seat.position.to_string(),
                    value(&seat.value),
                    seat.operator.clone(),
                ]
            })
            .collect();
        format!(
            "epoch {}, {} in all\n{}",
            set.epoch,
            value(&set.total),
            columns(&["SEAT", "VALUE", "OPERATOR"], &rows)
        )
    };
    context.output.list(&shown, table, |row| {
        row["operator"].as_str().unwrap_or_default().to_owned()
    })
}

pub(super) async fn program(context: &Context, service_id: u32, out: Option<&Path>) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let mut client = asked.client.services();
    let request = wire::GetFaultProgramRequest {
        service_id,
        ..wire::GetFaultProgramRequest::default()
    };
    let answer = asked.client.unary(client.get_fault_program(request)).await?;
    let hash = crypto::hash::sha256(&[&answer.program]);
    if hash[..] != answer.hash[..] {
        return Err(lacking("program with the hash that it says"));
    }
    if let Some(path) = out {
        std::fs::write(path, &answer.program)
            .map_err(|error| Failure::unexpected(format!("cannot write {}: {error}", path.display())))?;
    }
    let shown = json!({
        "service_id": service_id,
        "bytes": answer.program.len(),
        "sha256": hex::encode(hash),
        "file": out.map(|path| path.display().to_string()),
    });
    context.output.show(&Shown::new(shown, hex::encode(hash)))
}

fn task_json(one: &wire::Task) -> Value {
    json!({
        "task_id": one.task_id,
        "service_id": one.service_id,
        "poster": one.poster,
        "payload": hex::encode(&one.payload),
        "fee_asset_id": one.fee_asset_id,
        "fee": one.fee,
        "epoch": one.epoch,
        "posted_at_ms": one.posted_at_ms,
        "height": one.height,
        "commit_until_ms": one.commit_until_ms,
        "respond_until_ms": one.respond_until_ms,
        "settle_at_ms": one.settle_at_ms,
        "assigned": one.assigned,
        "answered": one.answered,
        "late": one.late,
        "abstained": one.abstained,
        "answer": one.certificate.as_ref().map(|found| hex::encode(&found.answer)),
        "signers": one.certificate.as_ref().map(|found| found.signers.clone()),
        "settled": one.settled,
    })
}

fn task_state(one: &wire::Task, read: Option<&ReadContext>) -> String {
    let word = if one.certificate.is_some() {
        "certified"
    } else {
        "open"
    };
    if one.settled {
        let word = if one.certificate.is_some() {
            "certified and paid"
        } else {
            "unanswered, refunded"
        };
        return word.to_owned();
    }
    let now = read.map_or(0, |read| read.chain_clock_ms);
    if now < one.respond_until_ms {
        format!("{word}, answers end {}", left(read, one.respond_until_ms))
    } else {
        format!("{word}, settled {}", left(read, one.settle_at_ms))
    }
}

pub(super) async fn tasks(context: &Context, service_id: Option<u32>) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let tasks = pages(async |page_token| {
        let mut client = asked.client.services();
        let request = wire::ListTasksRequest {
            service_id,
            page_size: PAGE,
            page_token,
            ..wire::ListTasksRequest::default()
        };
        let page = asked.client.unary(client.list_tasks(request)).await?;
        let with = page.tasks.into_iter().map(|one| (one, page.context.clone()));
        Ok((with.collect(), page.next_page_token))
    })
    .await?;
    let shown: Vec<Value> = tasks.iter().map(|(one, _)| task_json(one)).collect();
    let table = || {
        let rows: Vec<Vec<String>> = tasks
            .iter()
            .map(|(one, read)| {
                vec![
                    one.task_id.to_string(),
                    one.service_id.to_string(),
                    asked.coin(one.fee_asset_id, &one.fee),
                    format!("{}/{}", one.answered.len(), one.assigned.len()),
                    task_state(one, read.as_ref()),
                    hex::encode(&one.payload),
                ]
            })
            .collect();
        columns(&["TASK", "SERVICE", "FEE", "ANSWERED", "STATE", "PAYLOAD"], &rows)
    };
    context
        .output
        .list(&shown, table, |row| row["task_id"].to_string())
}

pub(super) async fn task(context: &Context, task_id: u64) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let mut client = asked.client.services();
    let request = wire::GetTaskRequest {
        task_id,
        ..wire::GetTaskRequest::default()
    };
    let answer = asked.client.unary(client.get_task(request)).await?;
    let found = answer.task.ok_or_else(|| lacking("task"))?;
    let mut shown = task_json(&found);
    shown["state"] = json!(task_state(&found, answer.context.as_ref()));
    context.output.show(&Shown::new(shown, task_id.to_string()))
}
