//! Proposes blocks whose justification does not hold: a certificate that is missing, forged, out of place, or for
//! another parent.

use super::{Actor, Parcel, Voice, fresh};
use consensus::{Content, Message, Proposal};
use crypto::bls::SignatureBytes;
use light_palisade::{Bitmap, Block, Certificate, Statement, ValidatorIndex};
use primitives::{BlockHash, View};
use std::sync::Arc;

pub(crate) struct JustificationLiar;

/// A certificate that nobody but the liar has signed.
fn lonely(voice: &mut Voice<'_>, statement: Statement) -> Certificate {
    let vote = voice.vote(statement);
    let seats = voice.committee.len();
    let claimed = voice.dice.percent(50);
    let everybody = (0..seats as u16).map(ValidatorIndex::new);
    let signers = if claimed {
        Bitmap::new(seats, everybody)
    } else {
        Bitmap::new(seats, [voice.me])
    };
    Certificate {
        statement,
        signers,
        signature: vote.signature,
    }
}

/// Breaks the justification, or the parent's view in the statement.
fn break_it(voice: &mut Voice<'_>, statement: &mut Statement, block: &mut Block) {
    let (epoch, view) = (statement.epoch(), statement.view());
    let before = View::new(view.get().saturating_sub(1));
    let justification = &mut block.justification;
    match voice.dice.below(7) {
        0 if justification.nullifications.pop().is_some() => {}
        1 if justification.parent.take().is_some() => {}
        2 => {
            if let Statement::Notarize { parent_view, .. } = statement {
                *parent_view = View::new(parent_view.get() + 1);
            }
        }
        3 if justification.nullifications.len() > 1 => justification.nullifications.reverse(),
        4 => {
            if let Some(parent) = &mut justification.parent {
                parent.signature = SignatureBytes([7; 48]);
            }
        }
        5 => {
            let forged = lonely(voice, Statement::Nullify { epoch, view: before });
            justification.nullifications.push(forged);
        }
        _ => {
            let parent = Statement::Notarize {
                epoch,
                view: before,
                parent_view: View::ZERO,
                block: BlockHash::new([4; 32]),
            };
            justification.parent = Some(lonely(voice, parent));
        }
    }
    block.header.justification_root = block.justification.root();
}

impl Actor for JustificationLiar {
    fn outgoing(&mut self, voice: &mut Voice<'_>, parcel: Parcel) -> Vec<Parcel> {
        let Some((honest, mut block)) = fresh(&parcel.message) else {
            return vec![parcel];
        };
        let mut statement = honest.statement;
        break_it(voice, &mut statement, &mut block);
        if let Statement::Notarize { block: hash, .. } = &mut statement {
            *hash = block.hash();
        }
        voice.strike();
        let vote = voice.vote(statement);
        let content = Content::Fresh(Arc::new(block));
        let message = Message::Proposal(Box::new(Proposal { vote, content }));
        vec![Parcel { message, ..parcel }]
    }
}
