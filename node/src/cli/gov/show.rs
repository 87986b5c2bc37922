//! Proposals, votes and halts as people read them.

use super::action::{Change, changes, in_words};
use crate::cli::context::Context;
use crate::cli::query::lacking;
use crate::cli::restaking::{Asked, PAGE, left, pages, percent};
use crate::output::{Failure, Show, columns, pairs};
use client::{action, describe};
use proto::governance::v1 as wire;
use proto::ledger::v1::ReadContext;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// Proposals asked for at once.
const PROPOSALS: u32 = 200;
/// How wide a bar is.
const BAR: u64 = 30;

fn phase(proposal: &wire::Proposal) -> &'static str {
    match proposal.phase() {
        wire::ProposalPhase::Voting => "voting",
        wire::ProposalPhase::Waiting => "waiting",
        wire::ProposalPhase::Executed => "executed",
        wire::ProposalPhase::Rejected => "rejected",
        wire::ProposalPhase::Ignored => "ignored",
        wire::ProposalPhase::Failed => "failed",
        wire::ProposalPhase::Unspecified => "unknown",
    }
}

/// Basis points of a whole, Down; none of nothing.
fn part(part: u64, whole: u64) -> u32 {
    let bps = u128::from(part) * 10_000 / u128::from(whole.max(1));
    u32::try_from(bps).unwrap_or(u32::MAX)
}

fn bar(bps: u32) -> String {
    let full = u64::from(bps).min(10_000) * BAR / 10_000;
    let full = usize::try_from(full).unwrap_or(0);
    let rest = usize::try_from(BAR).unwrap_or(0).saturating_sub(full);
    format!("{}{}", "█".repeat(full), "░".repeat(rest))
}

fn kind(proposal: &wire::Proposal) -> String {
    let named = proposal.action.as_ref().map(action::fields);
    named
        .and_then(Result::ok)
        .map_or_else(|| "-".to_owned(), |(name, _)| name)
}

fn proposal_json(asked: &Asked, one: &wire::Proposal) -> Value {
    let failure = one.failure.as_ref().map(|failure| {
        json!({"module": failure.module, "code": failure.code, "reason": failure.reason, "words": failure.words})
    });
    json!({
        "proposal_id": one.proposal_id,
        "proposer": one.proposer,
        "summary": one.summary,
        "action": one.action.as_ref().map(|action| describe::done(asked.network, action)),
        "deposit": one.deposit,
        "made_at_ms": one.made_at_ms,
        "epoch": one.epoch,
        "total_power": one.total_power,
        "quorum_bps": one.quorum_bps,
        "threshold_bps": one.threshold_bps,
        "yes": one.yes,
        "no": one.no,
        "abstain": one.abstain,
        "reaches_quorum": one.reaches_quorum,
        "reaches_threshold": one.reaches_threshold,
        "phase": phase(one),
        "due_ms": one.due_ms,
        "failure": failure,
    })
}

/// When a proposal goes on.
fn due(context: Option<&ReadContext>, one: &wire::Proposal) -> String {
    match one.due_ms {
        0 => "-".to_owned(),
        ms => left(context, ms),
    }
}

pub(super) async fn list(
    context: &Context,
    phase_asked: Option<wire::ProposalPhase>,
    limit: u32,
) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut found, mut page_token, mut read) = (Vec::new(), String::new(), None);
    loop {
        let mut client = asked.client.governance();
        let request = wire::ListProposalsRequest {
            phase: phase_asked.map_or(0, i32::from),
            page_size: limit.clamp(1, PROPOSALS),
            page_token,
            ..wire::ListProposalsRequest::default()
        };
        let page = asked.client.unary(client.list_proposals(request)).await?;
        found.extend(page.proposals);
        read = page.context.or(read);
        page_token = page.next_page_token;
        if page_token.is_empty() || found.len() >= wanted {
            break;
        }
    }
    found.truncate(wanted);
    let shown: Vec<Value> = found.iter().map(|one| proposal_json(&asked, one)).collect();
    let table = || {
        let rows: Vec<Vec<String>> = found
            .iter()
            .map(|one| {
                vec![
                    one.proposal_id.to_string(),
                    phase(one).to_owned(),
                    due(read.as_ref(), one),
                    percent(part(one.yes + one.no + one.abstain, one.total_power)),
                    percent(part(one.yes, one.yes + one.no)),
                    kind(one),
                    one.summary.lines().next().unwrap_or_default().to_owned(),
                ]
            })
            .collect();
        columns(
            &[
                "PROPOSAL", "STANDS", "GOES ON", "VOTED", "FOR IT", "WOULD", "SUMMARY",
            ],
            &rows,
        )
    };
    context
        .output
        .list(&shown, table, |row| row["proposal_id"].to_string())
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    value: Value,
    #[serde(skip)]
    text: String,
    #[serde(skip)]
    id: String,
}

impl Show for Shown {
    fn table(&self) -> String {
        self.text.clone()
    }

    fn id(&self) -> Option<String> {
        Some(self.id.clone())
    }
}

/// The tally, with what it needs.
fn tally(one: &wire::Proposal) -> Vec<(&'static str, String)> {
    let line = |power: u64| {
        let bps = part(power, one.total_power);
        format!("{} {}", bar(bps), percent(bps))
    };
    let met = |met: bool| if met { "reached" } else { "not reached" };
    let voted = one.yes + one.no + one.abstain;
    vec![
        ("yes", line(one.yes)),
        ("no", line(one.no)),
        ("abstain", line(one.abstain)),
        (
            "quorum",
            format!(
                "{}: {} of the power of epoch {} has voted, {} must",
                met(one.reaches_quorum),
                percent(part(voted, one.total_power)),
                one.epoch,
                percent(one.quorum_bps)
            ),
        ),
        (
            "threshold",
            format!(
                "{}: {} of those who took a side are for it, {} must be",
                met(one.reaches_threshold),
                percent(part(one.yes, one.yes + one.no)),
                percent(one.threshold_bps)
            ),
        ),
    ]
}

/// Whether a proposal may still do what it says.
fn is_open(one: &wire::Proposal) -> bool {
    matches!(
        one.phase(),
        wire::ProposalPhase::Voting | wire::ProposalPhase::Waiting
    )
}

/// All votes on a proposal that are not forgotten.
async fn votes(asked: &Asked, number: u64, height: u64) -> Result<Vec<wire::Vote>, Failure> {
    pages(async |page_token| {
        let mut client = asked.client.governance();
        let request = wire::ListVotesRequest {
            proposal_id: number,
            height,
            page_size: PAGE,
            page_token,
            ..wire::ListVotesRequest::default()
        };
        let page = asked.client.unary(client.list_votes(request)).await?;
        Ok((page.votes, page.next_page_token))
    })
    .await
}

pub(super) async fn one(context: &Context, number: u64, height: u64) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let mut client = asked.client.governance();
    let request = wire::GetProposalRequest {
        proposal_id: number,
        height,
        prove: false,
    };
    let answer = asked.client.unary(client.get_proposal(request)).await?;
    let found = answer.proposal.ok_or_else(|| lacking("proposal"))?;
    let votes = votes(&asked, number, height).await?;
    let action = found.action.clone().unwrap_or_default();
    let (mut standing, mut objection) = (None, String::new());
    if is_open(&found) {
        let outlook = Change::ask(&asked, &action).await?;
        standing = outlook.standing;
        objection = outlook.words;
    }
    let mut lines = vec![
        ("proposal", format!("{number}: {}", found.summary)),
        ("by", found.proposer.clone()),
        ("stands", stands(answer.context.as_ref(), &found)),
    ];
    lines.extend(tally(&found));
    if is_open(&found) {
        lines.push(("deposit", asked.coin(0, &found.deposit)));
    }
    let mut text = format!("{}\n\n{}", pairs(&lines), changes(&action, standing.as_ref()));
    if !objection.is_empty() {
        text = format!("{text}\n\nas things stand it would fail: {objection}");
    }
    if !votes.is_empty() {
        text = format!("{text}\n\n{}", vote_table(&found, &votes));
    }
    let mut value = proposal_json(&asked, &found);
    value["votes"] = votes.iter().map(vote_json).collect();
    value["standing"] = json!(
        standing
            .as_ref()
            .map(|standing| describe::done(asked.network, standing))
    );
    value["objection"] = json!(objection);
    context.output.show(&Shown {
        value,
        text,
        id: number.to_string(),
    })
}

fn stands(context: Option<&ReadContext>, one: &wire::Proposal) -> String {
    let when = due(context, one);
    match one.phase() {
        wire::ProposalPhase::Voting => format!("voting; votes are counted {when}"),
        wire::ProposalPhase::Waiting => format!("accepted; it is carried out {when}"),
        wire::ProposalPhase::Failed => {
            let failure = one.failure.clone().unwrap_or_default();
            format!("failed: {} ({})", failure.words, failure.reason)
        }
        wire::ProposalPhase::Ignored => "ignored: too few voted; its deposit is gone".to_owned(),
        wire::ProposalPhase::Executed | wire::ProposalPhase::Rejected | wire::ProposalPhase::Unspecified => {
            phase(one).to_owned()
        }
    }
}

fn vote_json(vote: &wire::Vote) -> Value {
    json!({"operator": vote.operator, "choice": describe::choice(vote.choice), "power": vote.power})
}

fn vote_table(proposal: &wire::Proposal, votes: &[wire::Vote]) -> String {
    let rows: Vec<Vec<String>> = votes
        .iter()
        .map(|vote| {
            vec![
                vote.operator.clone(),
                describe::choice(vote.choice).to_owned(),
                percent(part(vote.power, proposal.total_power)),
            ]
        })
        .collect();
    columns(&["VOTED", "HOW", "POWER"], &rows)
}

pub(super) async fn halts(context: &Context) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let mut read = None;
    let found = pages(async |page_token| {
        let mut client = asked.client.governance();
        let request = wire::ListHaltsRequest {
            page_size: PAGE,
            page_token,
            ..wire::ListHaltsRequest::default()
        };
        let page = asked.client.unary(client.list_halts(request)).await?;
        read = page.context;
        Ok((page.halts, page.next_page_token))
    })
    .await?;
    let shown: Vec<Value> = found
        .iter()
        .map(|one| json!({"subject": one.subject, "until_ms": one.until_ms}))
        .collect();
    let table = || {
        let rows: Vec<Vec<String>> = found
            .iter()
            .map(|one| vec![one.subject.clone(), left(read.as_ref(), one.until_ms)])
            .collect();
        columns(&["HALTED", "GOES ON"], &rows)
    };
    context.output.list(&shown, table, |row| {
        row["subject"].as_str().unwrap_or_default().to_owned()
    })
}

pub(super) async fn actions(context: &Context, only: Option<&str>) -> Result<(), Failure> {
    let asked = Asked::new(context).await?;
    let broken = |error: action::ActionError| Failure::unexpected(error.to_string());
    let mut client = asked.client.governance();
    let request = wire::ListParametersRequest::default();
    let answer = asked.client.unary(client.list_parameters(request)).await?;
    let mut standing = Map::new();
    for one in &answer.parameters {
        let (name, fields) = action::fields(one).map_err(broken)?;
        standing.insert(name, fields.into_iter().collect());
    }
    let only = only.map(|name| name.replace('-', "_"));
    let kinds: Vec<action::ActionKind> = action::kinds()
        .map_err(broken)?
        .into_iter()
        .filter(|kind| only.as_ref().is_none_or(|only| *only == kind.name))
        .collect();
    if kinds.is_empty() {
        let asked = only.unwrap_or_default();
        return Err(Failure::usage(format!(
            "`{asked}` is no action: `palisade gov actions` lists them"
        )));
    }
    let shown: Vec<Value> = kinds
        .iter()
        .map(|kind| json!({"action": kind.name, "fields": kind.fields, "standing": standing.get(&kind.name)}))
        .collect();
    let table = || {
        let mut rows = Vec::new();
        for kind in &kinds {
            for (n, field) in kind.fields.iter().enumerate() {
                let value = standing.get(&kind.name).and_then(|fields| fields.get(field));
                rows.push(vec![
                    if n == 0 { kind.name.clone() } else { String::new() },
                    field.clone(),
                    value.map_or_else(String::new, |value| in_words(field, value)),
                ]);
            }
        }
        columns(&["ACTION", "FIELD", "NOW"], &rows)
    };
    context.output.list(&shown, table, |row| {
        row["action"].as_str().unwrap_or_default().to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_is_told_with_what_it_needs() {
        let proposal = wire::Proposal {
            total_power: 400,
            yes: 200,
            no: 100,
            quorum_bps: 5_000,
            threshold_bps: 6_667,
            reaches_quorum: true,
            ..wire::Proposal::default()
        };
        let told = tally(&proposal);
        let find = |name: &str| told.iter().find(|(one, _)| *one == name).unwrap().1.clone();
        assert!(find("yes").starts_with(&"█".repeat(15)) && find("yes").ends_with("50%"));
        assert!(find("quorum").starts_with("reached: 75%"), "{}", find("quorum"));
        assert!(
            find("threshold").starts_with("not reached: 66.66%"),
            "{}",
            find("threshold")
        );
        assert_eq!(bar(0), "░".repeat(30));
        assert_eq!(part(0, 0), 0);
    }
}
