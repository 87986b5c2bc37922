//! What users ask of the module.

use crate::error::Error;
use crate::types::{Bounds, Rules};
use crypto::bls::SignatureBytes;
use primitives::{Amount, Digest, ServiceId};

/// A message to this module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Msg {
    /// Starts a feed.
    CreateFeed(Box<CreateFeed>),
    /// Changes what may be stated, for rounds that open from now on.
    SetBounds {
        /// The feed.
        feed: u64,
        /// What may be stated.
        bounds: Bounds,
    },
    /// Ends a feed: no more rounds open.
    EndFeed {
        /// The feed.
        feed: u64,
    },
    /// Puts something down for rounds to come.
    Fund {
        /// The feed.
        feed: u64,
        /// How much, of the asset that its rounds pay in; at least what one round pays.
        amount: Amount,
    },
    /// Takes back what is left of a deposit.
    Withdraw {
        /// The feed.
        feed: u64,
        /// The deposit: the sender's.
        deposit: u64,
    },
    /// Commits to a value.
    Commit(Commit),
    /// Shows a value.
    Reveal(Reveal),
}

/// Starts a feed. For the owner of a service of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreateFeed {
    /// The service.
    pub service: ServiceId,
    /// What the feed is.
    pub rules: Rules,
}

/// Commits to a value in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    /// The feed.
    pub feed: u64,
    /// The round.
    pub round: u64,
    /// [`crypto::statement::commitment`] of the quote's hash.
    pub commitment: Digest,
    /// The operator's service key's signature over the statement about the commitment.
    pub signature: SignatureBytes,
}

/// Shows a value in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reveal {
    /// The feed.
    pub feed: u64,
    /// The round.
    pub round: u64,
    /// The value.
    pub value: u128,
    /// What the commitment was salted with.
    pub salt: Digest,
    /// The operator's service key's signature over the statement about the quote.
    pub signature: SignatureBytes,
}

impl Msg {
    /// Checks all that needs no state.
    ///
    /// # Errors
    /// [`Error::BadFeed`].
    pub fn validate(&self) -> Result<(), Error> {
        match self {
            Self::CreateFeed(message) => message.rules.validate(),
            Self::SetBounds { bounds, .. } => bounds.validate(),
            Self::EndFeed { .. }
            | Self::Fund { .. }
            | Self::Withdraw { .. }
            | Self::Commit(_)
            | Self::Reveal(_) => Ok(()),
        }
    }
}
