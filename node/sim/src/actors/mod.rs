//! Named Byzantine actors. Each sits between an honest core and the network: it hears everything, and says what it
//! likes, in its own name.

mod body_withholder;
mod double_voter;
mod equivocator;
mod forger;
mod late_leader;
mod liar;
mod nullify_only;
mod silent_leader;
mod spammer;
mod vote_withholder;

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

    /// What it says by itself when its core enters a view.
    fn entered(&mut self, _: &mut Voice<'_>) -> Vec<Parcel> {
        Vec::new()
    }

    /// The body that it gives to somebody who asks for this one.
    fn serve(&mut self, block: Arc<Block>) -> Option<Arc<Block>> {
        Some(block)
    }
}

/// The actors by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Never proposes.
    SilentLeader,
    /// Proposes just before everybody gives up.
    LateLeader,
    /// Proposes two blocks in one view, each to half of the others.
    Equivocator,
    /// Contradicts its own votes, in every way there is.
    DoubleVoter,
    /// Votes to half of the others alone.
    VoteWithholder,
    /// Votes to leave every view, and nothing else.
    NullifyOnly,
    /// Floods the others with votes of other views and epochs, and with questions.
    Spammer,
    /// Shows its blocks to a bare quorum, and gives nobody a body that is right.
    BodyWithholder,
    /// Sends malformed certificates and votes in others' names.
    Forger,
    /// Proposes blocks that break one rule each.
    Liar,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::SilentLeader,
        Self::LateLeader,
        Self::Equivocator,
        Self::DoubleVoter,
        Self::VoteWithholder,
        Self::NullifyOnly,
        Self::Spammer,
        Self::BodyWithholder,
        Self::Forger,
        Self::Liar,
    ];

    /// An actor of this name.
    #[must_use]
    pub fn actor(self) -> Box<dyn Actor> {
        match self {
            Self::SilentLeader => Box::new(silent_leader::SilentLeader),
            Self::LateLeader => Box::new(late_leader::LateLeader),
            Self::Equivocator => Box::new(equivocator::Equivocator),
            Self::DoubleVoter => Box::new(double_voter::DoubleVoter),
            Self::VoteWithholder => Box::new(vote_withholder::VoteWithholder),
            Self::NullifyOnly => Box::new(nullify_only::NullifyOnly),
            Self::Spammer => Box::new(spammer::Spammer::default()),
            Self::BodyWithholder => Box::new(body_withholder::BodyWithholder),
            Self::Forger => Box::new(forger::Forger::default()),
            Self::Liar => Box::new(liar::Liar),
        }
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
