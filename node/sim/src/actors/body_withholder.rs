//! Shows its blocks to a bare quorum, and gives nobody who asks a body that is right.

use super::{Actor, Parcel, Voice};
use consensus::Message;
use light_palisade::Block;
use std::sync::Arc;

pub(crate) struct BodyWithholder;

impl Actor for BodyWithholder {
    fn outgoing(&mut self, voice: &mut Voice<'_>, mut parcel: Parcel) -> Vec<Parcel> {
        if let Message::Proposal(proposal) = &parcel.message {
            let seats = voice.others.len() + 1;
            let shown = parcel.to.len().min(seats * 2 / 3);
            let hidden = parcel.to.split_off(shown);
            voice.strike();
            let votes = Message::Votes(vec![proposal.vote]);
            return vec![
                Parcel {
                    to: hidden,
                    message: votes,
                    after: parcel.after,
                },
                parcel,
            ];
        }
        vec![parcel]
    }

    fn serve(&mut self, block: Arc<Block>) -> Option<Arc<Block>> {
        let mut wrong = block.as_ref().clone();
        wrong.transactions.push(vec![0; 7]);
        block
            .header
            .height
            .get()
            .is_multiple_of(2)
            .then(|| Arc::new(wrong))
    }
}
