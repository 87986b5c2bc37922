//! Sends certificates with wrong bitmaps, too little weight, padding, or the point at infinity.

use super::{Actor, Parcel, Voice};
use crate::keys::GARBAGE;
use consensus::Message;
use crypto::bls::SignatureBytes;
use light_palisade::{Bitmap, Certificate, Statement, ValidatorIndex, Vote};
use primitives::{BlockHash, View};

#[derive(Default)]
pub(crate) struct Forger {
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

/// Sets a bit that is nobody's, or adds a byte where there is none.
fn pad(certificate: &mut Certificate) {
    let seats = certificate.signers.as_bytes().len() * 8;
    let mut bits = certificate.signers.as_bytes().to_vec();
    match bits.last_mut() {
        Some(last) if seats > 0 && *last & 0x80 == 0 => *last |= 0x80,
        _ => bits.push(0),
    }
    certificate.signers = Bitmap::from_bytes(bits);
}

/// A vote in its own name, against whatever it says, with a signature that is none.
fn malformed(voice: &mut Voice<'_>) -> Vote {
    let (epoch, view) = voice.position;
    Vote {
        statement: Statement::Notarize {
            epoch,
            view,
            parent_view: View::ZERO,
            block: BlockHash::new([8; 32]),
        },
        signer: voice.me,
        signature: voice.dice.pick(&[infinity(), GARBAGE], GARBAGE),
    }
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
        match voice.dice.below(8) {
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
            // A quorum's certificate with a bit that is nobody's.
            5 => pad(&mut forged),
            // Our own signature alone, as if it were a quorum's.
            6 => {
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
}

impl Actor for Forger {
    fn outgoing(&mut self, voice: &mut Voice<'_>, mut parcel: Parcel) -> Vec<Parcel> {
        if let Message::Certificates(certificates) = &mut parcel.message {
            self.seen = certificates.first().cloned();
            if voice.dice.percent(20) {
                voice.strike();
                certificates.iter_mut().for_each(pad);
            }
        }
        vec![parcel]
    }

    fn entered(&mut self, voice: &mut Voice<'_>) -> Vec<Parcel> {
        if !voice.dice.percent(40) {
            return Vec::new();
        }
        voice.strike();
        if voice.dice.percent(30) {
            let vote = malformed(voice);
            return vec![voice.to_all(Message::Votes(vec![vote]))];
        }
        let forged = self.certificate(voice);
        vec![voice.to_all(Message::Certificates(vec![forged]))]
    }
}
