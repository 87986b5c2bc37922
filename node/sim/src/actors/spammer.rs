//! Floods the others with votes of other views and epochs, with old messages, and with questions.

use super::{Actor, Parcel, Voice};
use consensus::Message;
use light_palisade::Statement;
use primitives::{BlockHash, Epoch, View};

/// Old messages kept to be sent again.
const KEPT: usize = 16;

#[derive(Default)]
pub(crate) struct Spammer {
    said: Vec<Message>,
}

fn elsewhere(voice: &mut Voice<'_>) -> Statement {
    let (epoch, view) = voice.position;
    let epoch = match voice.dice.below(6) {
        0 => Epoch::new(epoch.get().saturating_sub(1)),
        1 => Epoch::new(epoch.get() + voice.dice.between(1, 3)),
        _ => epoch,
    };
    let view = match voice.dice.below(4) {
        0 => View::new(view.get().saturating_sub(voice.dice.between(1, 300))),
        1 => View::new(voice.dice.any()),
        _ => View::new(view.get() + voice.dice.between(1, 80)),
    };
    let block = BlockHash::new(crypto::hash::sha256(&[&voice.dice.any().to_be_bytes()]));
    let parent_view = View::new(view.get().saturating_sub(1));
    match voice.dice.below(3) {
        0 => Statement::Notarize {
            epoch,
            view,
            parent_view,
            block,
        },
        1 => Statement::Nullify { epoch, view },
        _ => Statement::Finalize {
            epoch,
            view,
            parent_view,
            block,
        },
    }
}

impl Actor for Spammer {
    fn outgoing(&mut self, voice: &mut Voice<'_>, parcel: Parcel) -> Vec<Parcel> {
        let slot = voice.dice.index(KEPT);
        match self.said.get_mut(slot) {
            Some(old) => *old = parcel.message.clone(),
            None => self.said.push(parcel.message.clone()),
        }
        vec![parcel]
    }

    fn entered(&mut self, voice: &mut Voice<'_>) -> Vec<Parcel> {
        voice.strike();
        let mut parcels = Vec::new();
        for _ in 0..voice.dice.between(1, 6) {
            let count = voice.dice.between(1, 5);
            let votes = (0..count)
                .map(|_| {
                    let statement = elsewhere(voice);
                    voice.vote(statement)
                })
                .collect();
            parcels.push(voice.to_all(Message::Votes(votes)));
        }
        let (epoch, view) = voice.position;
        let question = Message::CertificatesWanted {
            epoch: Epoch::new(epoch.get().saturating_sub(voice.dice.below(2))),
            from: View::new(view.get().saturating_sub(voice.dice.below(100))),
            to: View::new(voice.dice.any()),
        };
        parcels.push(voice.to_all(question));
        if let Some(old) = self.said.get(voice.dice.index(KEPT)) {
            parcels.push(voice.to_all(old.clone()));
        }
        parcels
    }
}
