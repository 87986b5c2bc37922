//! Never proposes.

use super::{Actor, Parcel, Voice};
use consensus::Message;

pub(super) struct SilentLeader;

impl Actor for SilentLeader {
    fn outgoing(&mut self, _: &mut Voice<'_>, parcel: Parcel) -> Vec<Parcel> {
        match parcel.message {
            Message::Proposal(_) => Vec::new(),
            _ => vec![parcel],
        }
    }
}
