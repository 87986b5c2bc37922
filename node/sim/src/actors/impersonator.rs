//! Votes and proposes in others' names: with its own signature, or with theirs through its own link.

use super::{Actor, Parcel, Voice};
use consensus::Message;
use light_palisade::{Statement, ValidatorIndex, Vote};

/// Votes and proposals of others kept to be told again.
const KEPT: usize = 8;

#[derive(Default)]
pub(crate) struct Impersonator {
    votes: Vec<Vote>,
    proposals: Vec<Message>,
}

fn keep<T>(kept: &mut Vec<T>, new: T) {
    if kept.len() >= KEPT {
        kept.remove(0);
    }
    kept.push(new);
}

impl Impersonator {
    fn lie(&self, voice: &mut Voice<'_>) -> Option<Message> {
        let (epoch, view) = voice.position;
        let seats = voice.committee.len() as u64;
        match voice.dice.below(4) {
            // Another's seat, or none, over its own signature.
            0 => {
                let mut vote = voice.vote(Statement::Nullify { epoch, view });
                vote.signer = ValidatorIndex::new(voice.dice.below(seats + 2) as u16);
                (vote.signer != voice.me).then_some(Message::Votes(vec![vote]))
            }
            // Another's vote, as it was, through its own link.
            1 => {
                let vote = self.votes.get(voice.dice.index(self.votes.len()))?;
                (vote.signer != voice.me).then(|| Message::Votes(vec![*vote]))
            }
            // Another's proposal, as it was.
            2 => self.proposals.last().cloned(),
            // Another's proposal under its own signature.
            _ => {
                let Some(Message::Proposal(theirs)) = self.proposals.last() else {
                    return None;
                };
                let mut proposal = theirs.clone();
                proposal.vote = Vote {
                    signer: theirs.vote.signer,
                    ..voice.vote(theirs.vote.statement)
                };
                Some(Message::Proposal(proposal))
            }
        }
    }
}

impl Actor for Impersonator {
    fn heard(&mut self, message: &Message) {
        match message {
            Message::Votes(votes) => votes.iter().for_each(|vote| keep(&mut self.votes, *vote)),
            Message::Proposal(_) => keep(&mut self.proposals, message.clone()),
            Message::Certificates(_) | Message::CertificatesWanted { .. } => {}
        }
    }

    fn entered(&mut self, voice: &mut Voice<'_>) -> Vec<Parcel> {
        if !voice.dice.percent(40) {
            return Vec::new();
        }
        let Some(message) = self.lie(voice) else {
            return Vec::new();
        };
        voice.strike();
        vec![voice.to_all(message)]
    }
}
