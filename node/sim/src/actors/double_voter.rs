//! Contradicts its own votes in every way there is, to everybody or to half each.

use super::{Actor, Parcel, Voice, halves};
use consensus::Message;
use light_palisade::Statement;
use primitives::{BlockHash, View};

pub(crate) struct DoubleVoter;

fn against(voice: &mut Voice<'_>, statement: &Statement) -> Statement {
    let (epoch, view) = (statement.epoch(), statement.view());
    let any = BlockHash::new(crypto::hash::sha256(&[&voice.dice.any().to_be_bytes()]));
    let (parent_view, block) = statement.block().unwrap_or((View::ZERO, any));
    let (notarize, finalize) = (
        |parent_view, block| Statement::Notarize {
            epoch,
            view,
            parent_view,
            block,
        },
        |parent_view, block| Statement::Finalize {
            epoch,
            view,
            parent_view,
            block,
        },
    );
    match (statement, voice.dice.below(3)) {
        (Statement::Notarize { .. }, 0) => notarize(parent_view, any),
        (Statement::Notarize { .. }, 1) => notarize(parent_view.saturating_add(View::new(1)), block),
        (Statement::Notarize { .. } | Statement::Nullify { .. }, _) => finalize(parent_view, any),
        (Statement::Finalize { .. }, 0) => Statement::Nullify { epoch, view },
        (Statement::Finalize { .. }, 1) => finalize(parent_view, any),
        (Statement::Finalize { .. }, _) => notarize(parent_view, any),
    }
}

impl Actor for DoubleVoter {
    fn outgoing(&mut self, voice: &mut Voice<'_>, parcel: Parcel) -> Vec<Parcel> {
        let Message::Votes(votes) = &parcel.message else {
            return vec![parcel];
        };
        let mut contrary = Vec::new();
        voice.strike();
        for vote in votes {
            let statement = against(voice, &vote.statement);
            contrary.push(voice.vote(statement));
        }
        let contrary = Message::Votes(contrary);
        let (one, two) = if voice.dice.percent(50) {
            (parcel.to.clone(), parcel.to.clone())
        } else {
            halves(voice, &parcel.to)
        };
        let mut parcels = vec![
            Parcel {
                to: one,
                ..parcel.clone()
            },
            Parcel {
                to: two,
                message: contrary,
                after: parcel.after,
            },
        ];
        if voice.dice.percent(50) {
            parcels.reverse();
        }
        parcels
    }
}
