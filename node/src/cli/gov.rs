//! `palisade gov`: what the validators decide: propose, vote, see what stands where.

mod action;
mod show;

use crate::cli::context::Context;
use crate::cli::restaking::{Asked, Sender};
use crate::output::{Exit, Failure};
use action::{Change, Wanted};
use clap::{Args, Subcommand, ValueEnum};
use proto::governance::v1 as wire;
use proto::tx::v1::message::Message as Kind;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Propose something, for a deposit. What it would change is shown first; what is not possible, such as a change by which
    /// stake could escape a slash, is not sent.
    Propose(Propose),
    /// Vote on a proposal; a later vote replaces an earlier one. Only operators of the set of its epoch have power.
    Vote {
        /// The proposal's number.
        proposal: u64,
        /// How.
        #[arg(value_enum)]
        choice: Choice,
        #[command(flatten)]
        sender: Sender,
    },
    /// Proposals, the newest first.
    List {
        /// Only those that stand there.
        #[arg(long, value_enum)]
        phase: Option<Phase>,
        /// How many at most.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// One proposal: its votes, what it needs, when it goes on, and what it will do.
    Show {
        /// Its number.
        proposal: u64,
        /// At which height [default: the latest].
        #[arg(long, default_value_t = 0)]
        height: u64,
    },
    /// What stands still by a decision, and until when.
    Halts,
    /// What can be proposed: the actions with their fields, and what stands now.
    Actions {
        /// Only this one.
        action: Option<String>,
    },
}

/// How somebody votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    /// For it.
    Yes,
    /// Against it.
    No,
    /// Neither, but it counts for the quorum.
    Abstain,
}

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Phase {
    /// Votes count.
    Voting,
    /// Accepted; it waits until it is carried out.
    Waiting,
    /// Carried out.
    Executed,
    /// Too few were for it.
    Rejected,
    /// Too few voted.
    Ignored,
    /// Accepted, and not possible any more.
    Failed,
}

impl Phase {
    const fn to_wire(self) -> wire::ProposalPhase {
        match self {
            Self::Voting => wire::ProposalPhase::Voting,
            Self::Waiting => wire::ProposalPhase::Waiting,
            Self::Executed => wire::ProposalPhase::Executed,
            Self::Rejected => wire::ProposalPhase::Rejected,
            Self::Ignored => wire::ProposalPhase::Ignored,
            Self::Failed => wire::ProposalPhase::Failed,
        }
    }
}

/// Something to be proposed.
#[derive(Debug, Args)]
pub(crate) struct Propose {
    /// The action, such as set-vaults: `palisade gov actions` lists them.
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    action: Option<String>,
    /// Its fields, such as withdrawal_delay_ms=130s, burned_bps=50%, deposit=20pal. Fields of parameters that are not named
    /// stay as they are.
    #[arg(value_name = "FIELD=VALUE")]
    fields: Vec<String>,
    /// A file with the action as JSON instead: {"set_vaults": {"withdrawal_delay_ms": 130000}}; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    file: Option<std::path::PathBuf>,
    /// What it is for, in words: all who vote read it.
    #[arg(long, value_name = "TEXT")]
    summary: String,
    #[command(flatten)]
    sender: Sender,
}

impl Propose {
    async fn run(self, context: &Context) -> Result<(), Failure> {
        let asked = Asked::new(context).await?;
        let wanted = match (&self.action, &self.file) {
            (_, Some(file)) => Wanted::of_file(file)?,
            (Some(name), None) => Wanted::of_flags(name, &self.fields)?,
            (None, None) => return Err(Failure::usage("name an action, or --file FILE")),
        };
        let change = Change::find(context, &asked, &wanted).await?;
        context.output.note(&change.table(&asked));
        if !change.outlook.reason.is_empty() {
            let words = format!("not sent: {}", change.outlook.words);
            return Err(Failure::new(Exit::Rejected, &change.outlook.reason, words));
        }
        let message = wire::Propose {
            summary: self.summary,
            action: Some(change.action),
        };
        self.sender.send(context, Kind::Propose(message)).await
    }
}

pub(crate) async fn run(verb: Verb, context: &Context) -> Result<(), Failure> {
    match verb {
        Verb::Propose(propose) => propose.run(context).await,
        Verb::Vote {
            proposal,
            choice,
            sender,
        } => {
            let choice = match choice {
                Choice::Yes => wire::VoteChoice::Yes,
                Choice::No => wire::VoteChoice::No,
                Choice::Abstain => wire::VoteChoice::Abstain,
            };
            let message = wire::CastVote {
                proposal_id: proposal,
                choice: choice.into(),
            };
            sender.send(context, Kind::CastVote(message)).await
        }
        Verb::List { phase, limit } => show::list(context, phase.map(Phase::to_wire), limit).await,
        Verb::Show { proposal, height } => show::one(context, proposal, height).await,
        Verb::Halts => show::halts(context).await,
        Verb::Actions { action } => show::actions(context, action.as_deref()).await,
    }
}
