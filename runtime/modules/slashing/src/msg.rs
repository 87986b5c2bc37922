//! What users ask of the module.

use crate::error::Error;
use dss::Evidence;
use primitives::{AccountId, Bps, Digest, Epoch, ServiceId};

/// A message to this module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Msg {
    /// Shows a fault. Anyone may; what it costs is taken at once.
    Prove(Box<Evidence>),
    /// Asks for a slash that no proof shows. Only a service's slasher may.
    Request(RequestSlash),
    /// Stops a request that is not due yet. Only the service's vetoers may, and the chain's governance.
    Veto {
        /// Which.
        request: u64,
    },
}

/// Asks for a slash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestSlash {
    /// The service that was wronged.
    pub service: ServiceId,
    /// Who did it.
    pub operator: AccountId,
    /// A subjective class of the service.
    pub class: u8,
    /// When: an epoch in which the operator had a seat.
    pub epoch: Epoch,
    /// What is to be taken of what was slashable then; above zero, at most the class's cap.
    pub fraction: Bps,
    /// Hash of why, in words that the slasher publishes.
    pub reason: Digest,
}

impl Msg {
    /// Checks all that needs no state.
    ///
    /// # Errors
    /// [`Error::ZeroFraction`], [`Error::Dss`].
    pub fn validate(&self) -> Result<(), Error> {
        match self {
            Self::Prove(evidence) => Ok(evidence.validate()?),
            Self::Request(message) if message.fraction == Bps::ZERO => Err(Error::ZeroFraction),
            Self::Request(_) | Self::Veto { .. } => Ok(()),
        }
    }
}
