//! Votes to half of the others alone, and passes certificates on to the same half.

use super::{Actor, Parcel, Voice};
use consensus::Message;

pub(crate) struct VoteWithholder;

impl Actor for VoteWithholder {
    fn outgoing(&mut self, voice: &mut Voice<'_>, mut parcel: Parcel) -> Vec<Parcel> {
        if matches!(parcel.message, Message::Votes(_) | Message::Certificates(_)) {
            voice.strike();
            let favoured = voice.others.len() / 2;
            let half = voice.others.get(..favoured).unwrap_or_default();
            parcel.to.retain(|peer| half.contains(peer));
        }
        vec![parcel]
    }
}
