//! Never proposes.

use super::{Actor, Parcel, Voice};
use consensus::Message;

pub(crate) struct SilentLeader;

impl Actor for SilentLeader {
    fn outgoing(&mut self, voice: &mut Voice<'_>, parcel: Parcel) -> Vec<Parcel> {
        match parcel.message {
            Message::Proposal(_) => {
                voice.strike();
                Vec::new()
            }
            _ => vec![parcel],
        }
    }
}
