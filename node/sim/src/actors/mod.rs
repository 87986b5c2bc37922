//! Named Byzantine actors. Each sits between an honest core and the network: it hears everything, and says what it
//! likes, in its own name.

mod body_withholder;
mod double_voter;
mod equivocator;
mod forger;
mod forker;
mod header_liar;
mod impersonator;
mod justification_liar;
mod late_leader;
mod nullify_only;
mod silent_leader;
mod spammer;
mod state_liar;
mod vote_withholder;

pub(crate) use body_withholder::BodyWithholder;
pub(crate) use double_voter::DoubleVoter;
pub(crate) use equivocator::Equivocator;
pub(crate) use forger::Forger;
pub(crate) use forker::Forker;
pub(crate) use header_liar::HeaderLiar;
pub(crate) use impersonator::Impersonator;
pub(crate) use justification_liar::JustificationLiar;
pub(crate) use late_leader::LateLeader;
pub(crate) use nullify_only::NullifyOnly;
pub(crate) use silent_leader::SilentLeader;
pub(crate) use spammer::Spammer;
pub(crate) use state_liar::StateLiar;
pub(crate) use vote_withholder::VoteWithholder;

use crate::dice::Dice;
use consensus::{Message, Peer};
use light_palisade::{Block, Committee, Statement, ValidatorIndex, Vote};
use primitives::{Epoch, Millis, View};
use std::sync::Arc;

/// A message on its way out of a Byzantine node.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// To whom.
    pub to: Vec<Peer>,
    /// What.
    pub message: Message,
    /// In how many milliseconds.
    pub after: u64,
}

/// What an actor has: its own key, its seat, and the others' addresses.
#[allow(missing_debug_implementations, reason = "it holds a closure")]
pub struct Voice<'a> {
    /// Chance.
    pub dice: &'a mut Dice,
    /// The current set.
    pub committee: &'a Committee,
    /// Its seat.
    pub me: ValidatorIndex,
    /// Where its core is.
    pub position: (Epoch, View),
    /// Δ0 of the run.
    pub delta: Millis,
    /// The other seats' addresses.
    pub others: Vec<Peer>,
    /// Signs bytes with its own key.
    pub sign: &'a dyn Fn(&[u8]) -> crypto::bls::SignatureBytes,
    /// What it has signed here, for the oracle.
    pub signed: Vec<Statement>,
    /// How often it did what it is named for.
    pub struck: u64,
}

impl Voice<'_> {
    /// Its vote for anything.
    pub fn vote(&mut self, statement: Statement) -> Vote {
        self.signed.push(statement);
        Vote {
            statement,
            signer: self.me,
            signature: (self.sign)(&statement.sign_bytes(&crate::keys::CHAIN)),
        }
    }

    /// It does what it is named for.
    pub const fn strike(&mut self) {
        self.struck += 1;
    }

    /// A parcel for everybody.
    pub fn to_all(&self, message: Message) -> Parcel {
        Parcel {
            to: self.others.clone(),
            message,
            after: 0,
        }
    }
}

/// How a Byzantine node differs from an honest one.
pub trait Actor {
    /// What becomes of a message that the honest core sends.
    fn outgoing(&mut self, _: &mut Voice<'_>, parcel: Parcel) -> Vec<Parcel> {
        vec![parcel]
    }

    /// Its core hears a message.
    fn heard(&mut self, _: &Message) {}

    /// What it says by itself when its core enters a view.
    fn entered(&mut self, _: &mut Voice<'_>) -> Vec<Parcel> {
        Vec::new()
    }

    /// The body that it gives to somebody who asks for this one.
    fn serve(&mut self, block: Arc<Block>) -> Option<Arc<Block>> {
        Some(block)
    }
}

/// Two halves of some addresses, another pair each time.
fn halves(voice: &mut Voice<'_>, of: &[Peer]) -> (Vec<Peer>, Vec<Peer>) {
    let mut all = of.to_vec();
    voice.dice.shuffle(&mut all);
    let second = all.split_off(all.len() / 2);
    (all, second)
}

/// The root of a block's transactions, as the application has it.
fn transactions_root(block: &Block) -> primitives::Digest {
    crate::app::transactions_root(block)
}

/// The message that proposes another block in place of one.
fn proposal(voice: &mut Voice<'_>, of: &Statement, block: Block) -> Option<Message> {
    let (parent_view, _) = of.block()?;
    let vote = voice.vote(Statement::Notarize {
        epoch: of.epoch(),
        view: of.view(),
        parent_view,
        block: block.hash(),
    });
    Some(Message::Proposal(Box::new(consensus::Proposal {
        vote,
        content: consensus::Content::Fresh(Arc::new(block)),
    })))
}

/// The vote and the block of a message that proposes a block of its view.
fn fresh(message: &Message) -> Option<(Vote, Block)> {
    let Message::Proposal(proposal) = message else {
        return None;
    };
    match &proposal.content {
        consensus::Content::Fresh(block) => Some((proposal.vote, block.as_ref().clone())),
        consensus::Content::Again(_) => None,
    }
}
