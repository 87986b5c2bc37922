//! Sums of signatures, of which those that do not hold are found by halving.

use crate::error::Error;
use crate::seats::Seats;
use borsh::{BorshDeserialize, BorshSerialize};
use crypto::bls::{PublicKey, Signature, SignatureBytes};
use primitives::Gas;
use std::collections::BTreeMap;

/// Checking one sum: two pairings, a hash to the curve, and adding up.
pub const CHECK: Gas = Gas::new(1_500_000);
/// Decompressing a key and checking its subgroup.
pub const KEY: Gas = Gas::new(250_000);
/// Decompressing a signature and checking its subgroup.
pub const SIGNATURE: Gas = Gas::new(120_000);

/// One signature, or the sum of several, over one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Part {
    /// Whose.
    pub signers: Seats,
    /// The sum.
    pub signature: SignatureBytes,
}

/// A part that decodes.
struct Sum {
    signers: Seats,
    signature: Signature,
}

/// The seats whose signatures over `message` hold. All parts are checked as one; where that fails each half is, so that
/// one bad part costs a few checks and the others nothing. `charge` pays for each step before it is made.
///
/// # Errors
/// [`Error::BadCertificate`] when a seat stands in two parts: its weight would be counted twice. What `charge` gives.
pub fn holding(
    keys: &BTreeMap<u8, PublicKey>,
    parts: &[Part],
    message: &[u8],
    charge: &dyn Fn(Gas) -> Result<(), Error>,
) -> Result<Seats, Error> {
    let mut named = Seats::NONE;
    let mut sums = Vec::new();
    for part in parts {
        if part.signers.is_empty() || !named.common(part.signers).is_empty() {
            return Err(Error::BadCertificate(
                "each part names seats, and each seat stands in one",
            ));
        }
        named = named.union(part.signers);
        charge(SIGNATURE)?;
        if let Ok(signature) = Signature::new(&part.signature) {
            sums.push(Sum {
                signers: part.signers,
                signature,
            });
        }
    }
    halve(keys, &sums, message, charge)
}

fn halve(
    keys: &BTreeMap<u8, PublicKey>,
    sums: &[Sum],
    message: &[u8],
    charge: &dyn Fn(Gas) -> Result<(), Error>,
) -> Result<Seats, Error> {
    let signers = sums.iter().fold(Seats::NONE, |all, sum| all.union(sum.signers));
    if signers.is_empty() {
        return Ok(Seats::NONE);
    }
    charge(CHECK)?;
    let known: Option<Vec<&PublicKey>> = signers.iter().map(|seat| keys.get(&seat)).collect();
    let whole = Signature::aggregate(sums.iter().map(|sum| &sum.signature));
    if let (Some(known), Ok(whole)) = (known, whole)
        && whole.verify_aggregate(known, message).is_ok()
    {
        return Ok(signers);
    }
    if sums.len() == 1 {
        return Ok(Seats::NONE);
    }
    let (left, right) = sums
        .split_at_checked(sums.len().div_ceil(2))
        .unwrap_or((sums, &[]));
    Ok(halve(keys, left, message, charge)?.union(halve(keys, right, message, charge)?))
}
