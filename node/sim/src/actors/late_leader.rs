//! Proposes just before everybody gives up: before the proposal is due, or before the view is.

use super::{Actor, Parcel, Voice};
use consensus::Message;

pub(crate) struct LateLeader;

impl Actor for LateLeader {
    fn outgoing(&mut self, voice: &mut Voice<'_>, mut parcel: Parcel) -> Vec<Parcel> {
        if matches!(parcel.message, Message::Proposal(_)) {
            voice.strike();
            let deltas = voice.dice.between(2, 3);
            parcel.after += (voice.delta.get() * deltas).saturating_sub(voice.dice.below(60));
        }
        vec![parcel]
    }
}
