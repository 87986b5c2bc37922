//! Proposes blocks with a wrong root of the state, or of something else that was executed.

use super::{Actor, Parcel, Voice, fresh, proposal};
use primitives::Digest;

pub(crate) struct StateLiar;

impl Actor for StateLiar {
    fn outgoing(&mut self, voice: &mut Voice<'_>, parcel: Parcel) -> Vec<Parcel> {
        let Some((vote, mut block)) = fresh(&parcel.message) else {
            return vec![parcel];
        };
        let wrong = Digest::new([3; 32]);
        match voice.dice.below(5) {
            0 => block.header.receipts_root = wrong,
            1 => block.header.outbox_root = wrong,
            _ => block.header.state_root = wrong,
        }
        voice.strike();
        proposal(voice, &vote.statement, block)
            .map(|message| Parcel { message, ..parcel })
            .into_iter()
            .collect()
    }
}
