//! Proposals, votes, and what stands still.

use crate::reading::Reading;
use primitives::AccountId;
use proto::governance::v1 as wire;
use runtime::Action;
use runtime::governance::{Choice, Ending, Phase, Proposal, Vote};
use runtime::wire::govern::write_action;

const fn phase(phase: &Phase) -> wire::ProposalPhase {
    match phase {
        Phase::Voting { .. } => wire::ProposalPhase::Voting,
        Phase::Waiting { .. } => wire::ProposalPhase::Waiting,
        Phase::Ended(Ending::Executed) => wire::ProposalPhase::Executed,
        Phase::Ended(Ending::Rejected) => wire::ProposalPhase::Rejected,
        Phase::Ended(Ending::Ignored) => wire::ProposalPhase::Ignored,
        Phase::Ended(Ending::Failed(_)) => wire::ProposalPhase::Failed,
    }
}

fn failure(phase: &Phase) -> Option<wire::ProposalFailure> {
    match phase {
        Phase::Ended(Ending::Failed(code)) => {
            let failure = runtime::Failure {
                message: 0,
                code: *code,
            };
            let meaning = failure.meaning();
            Some(wire::ProposalFailure {
                module: u32::from(code.module),
                code: u32::from(code.number),
                reason: meaning.map(|one| one.reason.to_owned()).unwrap_or_default(),
                words: meaning.map(|one| one.words.to_owned()).unwrap_or_default(),
            })
        }
        Phase::Voting { .. }
        | Phase::Waiting { .. }
        | Phase::Ended(Ending::Executed | Ending::Rejected | Ending::Ignored) => None,
    }
}

pub(crate) fn proposal(reading: &Reading, number: u64, found: &Proposal<Action>) -> wire::Proposal {
    let tally = &found.tally;
    wire::Proposal {
        proposal_id: number,
        proposer: reading.account(&found.proposer),
        summary: found.summary.text().to_owned(),
        action: Some(write_action(&found.action)),
        deposit: found.deposit.to_string(),
        made_at_ms: found.made_at.get(),
        epoch: found.epoch.get(),
        total_power: found.total.get(),
        quorum_bps: u32::from(found.quorum.get()),
        threshold_bps: u32::from(found.threshold.get()),
        yes: tally.yes.get(),
        no: tally.no.get(),
        abstain: tally.abstain.get(),
        reaches_quorum: tally.reaches(found.quorum, found.total),
        reaches_threshold: tally.accepts(found.threshold),
        phase: phase(&found.phase).into(),
        due_ms: found.phase.due().map_or(0, |due| due.get()),
        failure: failure(&found.phase),
    }
}

/// The phase that a request names; `None` for any.
pub(crate) fn parse_phase(asked: i32) -> Option<wire::ProposalPhase> {
    wire::ProposalPhase::try_from(asked)
        .ok()
        .filter(|phase| *phase != wire::ProposalPhase::Unspecified)
}

/// Whether a proposal stands where a request asks for.
pub(crate) fn stands(found: &Proposal<Action>, wanted: Option<wire::ProposalPhase>) -> bool {
    wanted.is_none_or(|wanted| wanted == phase(&found.phase))
}

pub(crate) fn vote(reading: &Reading, operator: &AccountId, vote: &Vote) -> wire::Vote {
    let choice = match vote.choice {
        Choice::Yes => wire::VoteChoice::Yes,
        Choice::No => wire::VoteChoice::No,
        Choice::Abstain => wire::VoteChoice::Abstain,
    };
    wire::Vote {
        operator: reading.operator(operator),
        choice: choice.into(),
        power: vote.power.get(),
    }
}
