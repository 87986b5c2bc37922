//! Proposes two blocks in one view, each to half of the others, now and then both to one.

use super::{Actor, Parcel, Voice, halves, proposal, transactions_root};
use consensus::{Content, Message};

pub(crate) struct Equivocator;

impl Actor for Equivocator {
    fn outgoing(&mut self, voice: &mut Voice<'_>, parcel: Parcel) -> Vec<Parcel> {
        let Message::Proposal(first) = &parcel.message else {
            return vec![parcel];
        };
        let Content::Fresh(block) = &first.content else {
            return vec![parcel];
        };
        let mut other = block.as_ref().clone();
        other.transactions.push(voice.dice.any().to_be_bytes().to_vec());
        other.header.transactions_root = transactions_root(&other);
        let Some(second) = proposal(voice, &first.vote.statement, other) else {
            return vec![parcel];
        };
        voice.strike();
        let (one, mut two) = halves(voice, &parcel.to);
        if voice.dice.percent(50) {
            two.extend(one.first());
        }
        let sent = [(one, parcel.message), (two, second)];
        sent.into_iter()
            .map(|(to, message)| Parcel {
                to,
                message,
                after: parcel.after,
            })
            .collect()
    }
}
