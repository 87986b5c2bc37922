//! Votes to leave every view, and says nothing else.

use super::{Actor, Parcel, Voice};
use consensus::Message;
use light_palisade::Statement;

pub(crate) struct NullifyOnly;

impl Actor for NullifyOnly {
    fn outgoing(&mut self, _: &mut Voice<'_>, parcel: Parcel) -> Vec<Parcel> {
        match parcel.message {
            Message::Proposal(_) | Message::Votes(_) => Vec::new(),
            _ => vec![parcel],
        }
    }

    fn entered(&mut self, voice: &mut Voice<'_>) -> Vec<Parcel> {
        voice.strike();
        let (epoch, view) = voice.position;
        let vote = voice.vote(Statement::Nullify { epoch, view });
        vec![voice.to_all(Message::Votes(vec![vote]))]
    }
}
