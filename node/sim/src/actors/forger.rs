//! Sends malformed certificates and votes in others' names.

use super::{Actor, Parcel, Voice};
use crate::keys::GARBAGE;
use consensus::Message;
use crypto::bls::SignatureBytes;
use light_palisade::{Bitmap, Certificate, Statement, ValidatorIndex, Vote};
use primitives::{BlockHash, View};

#[derive(Default)]
pub(super) struct Forger {
    seen: Option<Certificate>,
}

/// The point at infinity, compressed.
fn infinity() -> SignatureBytes {
    let mut bytes = [0; 48];
    if let Some(first) = bytes.first_mut() {
        *first = 0xc0;
    }
    SignatureBytes(bytes)
}

impl Forger {
    fn certificate(&self, voice: &mut Voice<'_>) -> Certificate {
        let (epoch, view) = voice.position;
        let seats = voice.committee.len();
        let everybody = || (0..seats as u16).map(ValidatorIndex::new);
        let nullify = Statement::Nullify { epoch, view };
        let mut forged = self.seen.clone().unwrap_or(Certificate {
            statement: nullify,
            signers: Bitmap::new(seats, everybody()),
            signature: infinity(),
        });
        match voice.dice.below(7) {
            // A quorum's signature under another statement.
            0 => forged.statement = nullify,
            1 => {
                forged.statement = Statement::Finalize {
                    epoch,
                    view: View::new(view.get() + voice.dice.below(9)),
                    parent_view: view,
                    block: BlockHash::new([9; 32]),
                }
            }
            2 => forged.signers = Bitmap::new(seats + 8, everybody()),
            3 => forged.signers = Bitmap::from_bytes(vec![0xff; seats.div_ceil(8)]),
            4 => forged.signers = Bitmap::from_bytes(Vec::new()),
            // Our own signature alone, as if it were a quorum's.
            5 => {
                let vote = voice.vote(nullify);
                forged = Certificate {
                    statement: nullify,
                    signers: Bitmap::new(seats, [voice.me]),
                    signature: vote.signature,
                };
            }
            _ => {
                forged.signature = if voice.dice.percent(50) {
                    infinity()
                } else {
                    GARBAGE
                }
            }
        }
        forged
    }

    fn votes(voice: &mut Voice<'_>) -> Vec<Vote> {
        let (epoch, view) = voice.position;
        let statement = Statement::Nullify { epoch, view };
        let mut vote = voice.vote(statement);
        if voice.dice.percent(50) {
            vote.signer = ValidatorIndex::new(voice.dice.below(voice.committee.len() as u64 + 2) as u16);
        } else {
            vote.signature = if voice.dice.percent(50) {
                infinity()
            } else {
                GARBAGE
            };
        }
        vec![vote]
    }
}

impl Actor for Forger {
    fn outgoing(&mut self, _: &mut Voice<'_>, parcel: Parcel) -> Vec<Parcel> {
        if let Message::Certificates(certificates) = &parcel.message {
            self.seen = certificates.first().cloned();
        }
        vec![parcel]
    }

    fn entered(&mut self, voice: &mut Voice<'_>) -> Vec<Parcel> {
        let message = match voice.dice.below(4) {
            0 => Message::Votes(Self::votes(voice)),
            1 => Message::Certificates(vec![self.certificate(voice)]),
            _ => return Vec::new(),
        };
        vec![voice.to_all(message)]
    }
}
