//! What users ask of the module.

use crate::error::Error;
use borsh::{BorshDeserialize, BorshSerialize};
use crypto::bls::{KeyBytes, SignatureBytes};
use crypto::ed25519::PublicKey;
use primitives::{AccountId, Amount};

/// A validator's name as people see it: 1 to 64 bytes of UTF-8 without control characters.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize)]
pub struct Moniker(Vec<u8>);

impl Moniker {
    /// The longest, in bytes.
    pub const MAX: usize = 64;

    /// Checks and takes a name.
    ///
    /// # Errors
    /// [`Error::Moniker`].
    pub fn new(text: &str) -> Result<Self, Error> {
        if text.is_empty() || text.len() > Self::MAX || text.chars().any(char::is_control) {
            return Err(Error::Moniker);
        }
        Ok(Self(text.as_bytes().to_vec()))
    }

    /// The name as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

impl BorshDeserialize for Moniker {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        let bytes = Vec::<u8>::deserialize_reader(reader)?;
        core::str::from_utf8(&bytes)
            .ok()
            .and_then(|text| Self::new(text).ok())
            .ok_or_else(|| std::io::Error::new(std::io::ErrorKind::InvalidData, "not a moniker"))
    }
}

/// Makes the sender the operator of a new validator, with a first bond of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterValidator {
    /// Its name.
    pub moniker: Moniker,
    /// Its consensus key.
    pub consensus_key: KeyBytes,
    /// That key's proof of possession for the sender: its signature over itself and the sender's id.
    pub proof_of_possession: SignatureBytes,
    /// ed25519 key of its node in the peer-to-peer network.
    pub p2p_key: [u8; 32],
    /// First bond, in npal.
    pub bond: Amount,
}

/// Adds to the sender's bond behind a validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bond {
    /// The validator's operator.
    pub validator: AccountId,
    /// How much, in npal.
    pub amount: Amount,
}

/// Starts the withdrawal of part of the sender's bond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unbond {
    /// The validator's operator.
    pub validator: AccountId,
    /// How much of the bond's present value, in npal.
    pub amount: Amount,
}

/// Pays out what the sender's bond has earned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimRewards {
    /// The validator's operator.
    pub validator: AccountId,
}

/// Lets the sender's validator out of jail, once its time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unjail;

/// Says that the sender's validator is there, in an epoch in which it has led nothing yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heartbeat;

/// Gives the sender's validator another consensus key, from the next set on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotateConsensusKey {
    /// The new key.
    pub consensus_key: KeyBytes,
    /// The new key's proof of possession for the sender.
    pub proof_of_possession: SignatureBytes,
}

/// Everything that users ask of the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Msg {
    /// See [`RegisterValidator`].
    RegisterValidator(RegisterValidator),
    /// See [`Bond`].
    Bond(Bond),
    /// See [`Unbond`].
    Unbond(Unbond),
    /// See [`ClaimRewards`].
    ClaimRewards(ClaimRewards),
    /// See [`Unjail`].
    Unjail(Unjail),
    /// See [`Heartbeat`].
    Heartbeat(Heartbeat),
    /// See [`RotateConsensusKey`].
    RotateConsensusKey(RotateConsensusKey),
}

impl Msg {
    /// All that needs no state, but for the proof of possession: that costs a pairing, and is charged for.
    ///
    /// # Errors
    /// [`Error::ZeroAmount`], [`Error::PeerKey`].
    pub fn validate(&self) -> Result<(), Error> {
        let amount = match self {
            Self::RegisterValidator(msg) => {
                PublicKey::new(msg.p2p_key)?;
                msg.bond
            }
            Self::Bond(msg) => msg.amount,
            Self::Unbond(msg) => msg.amount,
            Self::ClaimRewards(_) | Self::Unjail(_) | Self::Heartbeat(_) | Self::RotateConsensusKey(_) => {
                return Ok(());
            }
        };
        if amount.is_zero() {
            Err(Error::ZeroAmount)
        } else {
            Ok(())
        }
    }
}
