//! The scripts that are paid to and from, and data in outputs that pay nobody.

use borsh::{BorshDeserialize, BorshSerialize};

const RETURN: u8 = 0x6a;
const PUSH_20: u8 = 0x14;
const PUSH_32: u8 = 0x20;
/// The most bytes that one byte of length pushes.
const MAX_DIRECT_PUSH: u8 = 75;

/// An output's script of a standard kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum Script {
    /// To a key's hash.
    P2pkh([u8; 20]),
    /// To a script's hash.
    P2sh([u8; 20]),
    /// To a key's hash, by witness.
    P2wpkh([u8; 20]),
    /// To a script's hash, by witness: SHA-256 of the witness script.
    P2wsh([u8; 32]),
    /// To a tweaked key (BIP341), x coordinate only.
    P2tr([u8; 32]),
}

impl Script {
    /// The kind of an output's script; `None` for any other, and for one that is off by a byte.
    #[must_use]
    pub fn from_bytes(script: &[u8]) -> Option<Self> {
        match script {
            [0x76, 0xa9, PUSH_20, hash @ .., 0x88, 0xac] => hash.try_into().ok().map(Self::P2pkh),
            [0xa9, PUSH_20, hash @ .., 0x87] => hash.try_into().ok().map(Self::P2sh),
            [0x00, PUSH_20, hash @ ..] => hash.try_into().ok().map(Self::P2wpkh),
            [0x00, PUSH_32, hash @ ..] => hash.try_into().ok().map(Self::P2wsh),
            [0x51, PUSH_32, key @ ..] => key.try_into().ok().map(Self::P2tr),
            _ => None,
        }
    }

    /// The output's script.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::P2pkh(hash) => [&[0x76, 0xa9, PUSH_20], hash.as_slice(), &[0x88, 0xac]].concat(),
            Self::P2sh(hash) => [&[0xa9, PUSH_20], hash.as_slice(), &[0x87]].concat(),
            Self::P2wpkh(hash) => [&[0x00, PUSH_20], hash.as_slice()].concat(),
            Self::P2wsh(hash) => [&[0x00, PUSH_32], hash.as_slice()].concat(),
            Self::P2tr(key) => [&[0x51, PUSH_32], key.as_slice()].concat(),
        }
    }
}

/// What an output that pays nobody says: the one push of up to 75 bytes after its `OP_RETURN`.
#[must_use]
pub fn memo(script: &[u8]) -> Option<&[u8]> {
    match script {
        [RETURN, length @ 1..=MAX_DIRECT_PUSH, data @ ..] if data.len() == usize::from(*length) => Some(data),
        _ => None,
    }
}

/// The script of an output that pays nobody and says `data`; `None` for none, or more than 75 bytes.
#[must_use]
pub fn memo_script(data: &[u8]) -> Option<Vec<u8>> {
    let length = u8::try_from(data.len()).ok()?;
    (1..=MAX_DIRECT_PUSH)
        .contains(&length)
        .then(|| [&[RETURN, length], data].concat())
}
