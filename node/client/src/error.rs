//! What can go wrong between a program of ours and a node, in a form that a program can act on.

use light_palisade::SetError;
use primitives::TxId;
use std::collections::BTreeMap;
use std::time::Duration;
use tonic_types::StatusExt as _;

/// What a node said when it refused a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The gRPC status code.
    pub code: tonic::Code,
    /// The reason of `google.rpc.ErrorInfo`, upper snake case; empty when the node gave none.
    pub reason: String,
    /// What is wrong, for people.
    pub message: String,
    /// What the message speaks of, by name.
    pub metadata: BTreeMap<String, String>,
}

impl core::fmt::Display for Rejection {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let message = if self.message.is_empty() {
            self.code.description()
        } else {
            &self.message
        };
        if self.reason.is_empty() {
            write!(f, "{message}")
        } else {
            write!(f, "{message} ({})", self.reason)
        }
    }
}

impl Rejection {
    /// What `status` says, with the reason and metadata of its details.
    #[must_use]
    pub fn of_status(status: &tonic::Status) -> Self {
        let info = status.get_details_error_info();
        let (reason, metadata) = info.map_or_else(Default::default, |info| {
            (info.reason, info.metadata.into_iter().collect())
        });
        Self {
            code: status.code(),
            reason,
            message: status.message().to_owned(),
            metadata,
        }
    }

    /// What the item of a batch says.
    #[must_use]
    pub fn of_problem(problem: &proto::ledger::v1::Problem) -> Self {
        Self {
            code: tonic::Code::from(i32::try_from(problem.code).unwrap_or(2)),
            reason: problem.reason.clone(),
            message: problem.message.clone(),
            metadata: problem
                .metadata
                .iter()
                .map(|(k, v)| (k.clone(), v.clone()))
                .collect(),
        }
    }

    /// Whether the node could not be reached or is not ready, so that the same request may succeed later.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(
            self.code,
            tonic::Code::Unavailable | tonic::Code::DeadlineExceeded
        )
    }

    /// Whether what was asked for does not exist, or no longer.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self.code, tonic::Code::NotFound | tonic::Code::OutOfRange)
    }
}

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The text is not the address of a node.
    #[error(
        "`{url}` is not the address of a node: {reason} (expected something like http://127.0.0.1:26600)"
    )]
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nobody answers there.
    #[error("no node answers at {url}: {reason}")]
    Unreachable {
        /// Where.
        url: String,
        /// What the system said.
        reason: String,
    },
    /// The node answered, and refused.
    #[error("{0}")]
    Rejected(Box<Rejection>),
    /// The node's answer is not what the API promises.
    #[error("the node's answer makes no sense: {0}")]
    Malformed(String),
    /// Waiting came to an end before the transaction did.
    #[error("gave up after {} s; transaction {id} may still take effect", .after.as_secs())]
    WaitTimeout {
        /// The transaction.
        id: TxId,
        /// How long it was waited for.
        after: Duration,
    },
    /// The node's answer is not proven by what it came with.
    #[error("the proof does not hold: {0}")]
    Proof(#[from] crate::verify::VerifyError),
}

impl From<tonic::Status> for Error {
    fn from(status: tonic::Status) -> Self {
        Self::Rejected(Box::new(Rejection::of_status(&status)))
    }
}

impl From<SetError> for Error {
    fn from(error: SetError) -> Self {
        Self::Proof(crate::verify::VerifyError::Set(error))
    }
}

impl Error {
    /// What the node said, when it was the node that refused.
    #[must_use]
    pub fn rejection(&self) -> Option<&Rejection> {
        match self {
            Self::Rejected(rejection) => Some(rejection),
            Self::Url { .. }
            | Self::Unreachable { .. }
            | Self::Malformed(_)
            | Self::WaitTimeout { .. }
            | Self::Proof(_) => None,
        }
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unreachable { .. }) || self.rejection().is_some_and(Rejection::is_unavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    #[test]
    fn a_status_with_details_keeps_its_reason_and_metadata() {
        let mut details = ErrorDetails::new();
        let metadata = [
            ("expected".to_owned(), "5".to_owned()),
            ("got".to_owned(), "3".to_owned()),
        ];
        details.set_error_info("SEQUENCE_MISMATCH", "palisade", metadata);
        let status =
            tonic::Status::with_error_details(tonic::Code::Aborted, "sequence 3, expected 5", details);
        let rejection = Rejection::of_status(&status);
        assert_eq!(rejection.reason, "SEQUENCE_MISMATCH");
        assert_eq!(rejection.metadata.get("expected").map(String::as_str), Some("5"));
        assert_eq!(
            rejection.to_string(),
            "sequence 3, expected 5 (SEQUENCE_MISMATCH)"
        );
        assert!(!rejection.is_unavailable());
    }

    #[test]
    fn a_bare_status_still_says_something() {
        let rejection = Rejection::of_status(&tonic::Status::unavailable(""));
        assert!(rejection.is_unavailable());
        assert!(!rejection.to_string().is_empty());
    }
}
