//! Why a command failed: a code that scripts rely on, a reason that programs read, a text for people.
//!
//! # Source
//! interfaces.md, section 3.2, "Exit codes".

use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Something that should not happen.
    Unexpected = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// The configuration is invalid.
    Config = 3,
    /// No node answers, or it is still catching up.
    Unreachable = 4,
    /// The transaction was refused before it was in a block.
    Rejected = 5,
    /// The transaction is in a block and had no effect.
    Failed = 6,
    /// There is no such thing, or no longer.
    NotFound = 7,
    /// Waiting came to an end; the outcome is not known.
    TimedOut = 8,
    /// A key, a password or a permission.
    Key = 9,
    /// Signing protection refused.
    SigningRefused = 10,
    /// Another node may be signing with this key: stopped before it could vote.
    DoubleSignRisk = 21,
    /// The data folder is damaged.
    Corrupt = 22,
    /// The disk is full: the same command works once there is room.
    DiskFull = 24,
}

impl Exit {
    /// The process' exit code.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Unexpected => 1,
            Self::Usage => 2,
            Self::Config => 3,
            Self::Unreachable => 4,
            Self::Rejected => 5,
            Self::Failed => 6,
            Self::NotFound => 7,
            Self::TimedOut => 8,
            Self::Key => 9,
            Self::SigningRefused => 10,
            Self::DoubleSignRisk => 21,
            Self::Corrupt => 22,
            Self::DiskFull => 24,
        }
    }
}

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// `None`: there is nothing to say, and it is no error.
    pub(crate) exit: Option<Exit>,
    /// Upper snake case, for programs.
    pub(crate) reason: String,
    /// What is wrong, for people.
    pub(crate) message: String,
    /// What the message speaks of, by name.
    pub(crate) metadata: BTreeMap<String, String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, reason: &str, message: impl Into<String>) -> Self {
        Self {
            exit: Some(exit),
            reason: reason.to_owned(),
            message: message.into(),
            metadata: BTreeMap::new(),
        }
    }

    pub(crate) fn unexpected(message: impl Into<String>) -> Self {
        Self::new(Exit::Unexpected, "UNEXPECTED", message)
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "USAGE", message)
    }

    pub(crate) fn key(message: impl Into<String>) -> Self {
        Self::new(Exit::Key, "KEY", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(Exit::NotFound, "NOT_FOUND", message)
    }

    /// Whoever read the output has gone away.
    pub(crate) const fn broken_pipe() -> Self {
        Self {
            exit: None,
            reason: String::new(),
            message: String::new(),
            metadata: BTreeMap::new(),
        }
    }

    pub(crate) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.metadata.insert(name.to_owned(), value.to_string());
        self
    }

    /// The process' exit code.
    pub(crate) fn code(&self) -> u8 {
        self.exit.map_or(0, Exit::code)
    }

    pub(crate) fn to_json(&self) -> Value {
        json!({
            "error": {
                "exit_code": self.code(),
                "reason": self.reason,
                "message": self.message,
                "metadata": self.metadata,
            }
        })
    }

    pub(crate) fn to_text(&self) -> String {
        format!("error: {}", self.message)
    }
}

impl From<client::Error> for Failure {
    fn from(error: client::Error) -> Self {
        let message = error.to_string();
        match error {
            client::Error::Url { .. } => Self::usage(message),
            client::Error::Unreachable { url, .. } => {
                let hint = format!("{message}; is it running? name another with --node URL");
                Self::new(Exit::Unreachable, "NODE_UNREACHABLE", hint).with("url", url)
            }
            client::Error::Rejected(rejection) => {
                let exit = if rejection.is_missing() {
                    Exit::NotFound
                } else if rejection.is_unavailable() {
                    Exit::Unreachable
                } else {
                    Exit::Rejected
                };
                let reason = if rejection.reason.is_empty() {
                    "REFUSED"
                } else {
                    &rejection.reason
                };
                Self {
                    metadata: rejection.metadata.clone(),
                    ..Self::new(exit, reason, message)
                }
            }
            client::Error::Malformed(_) => Self::new(Exit::Unexpected, "MALFORMED_ANSWER", message),
            client::Error::WaitTimeout { id, .. } => {
                Self::new(Exit::TimedOut, "WAIT_TIMED_OUT", message).with("tx_hash", id)
            }
            client::Error::Proof(_) => Self::new(Exit::Unexpected, "PROOF_INVALID", message),
        }
    }
}

impl From<testnet::Error> for Failure {
    fn from(error: testnet::Error) -> Self {
        use testnet::Error as E;
        let message = error.to_string();
        let (exit, reason) = match error {
            E::Client(error) => return error.into(),
            E::Unknown { .. } => (Exit::NotFound, "TESTNET_UNKNOWN"),
            E::NoCheckpoint { .. } => (Exit::NotFound, "CHECKPOINT_UNKNOWN"),
            E::NoNode { .. } => (Exit::NotFound, "NODE_UNKNOWN"),
            E::NotRunning(_) => (Exit::Unreachable, "TESTNET_NOT_RUNNING"),
            E::Running { .. } => (Exit::Usage, "TESTNET_RUNNING"),
            E::Conflict { .. } => (Exit::Usage, "FLAG_CONFLICT"),
            E::Flag { .. } => (Exit::Usage, "USAGE"),
            E::PortTaken { port, .. } => {
                return Self::new(Exit::Config, "PORT_TAKEN", message).with("port", port);
            }
            E::NoPorts { .. } => (Exit::Config, "NO_FREE_PORTS"),
            E::Key(_) | E::Guard(_) => (Exit::Key, "KEY"),
            E::NotReady { .. } => (Exit::TimedOut, "NOT_READY"),
            E::Damaged { .. } => (Exit::Corrupt, "DAMAGED"),
            E::Genesis(_) => (Exit::Config, "GENESIS_INVALID"),
            E::NodeEnded { .. } => (Exit::Unexpected, "NODE_ENDED"),
            E::Supervisor(_) => (Exit::Unexpected, "SUPERVISOR"),
            E::Io { .. } => (Exit::Unexpected, "IO"),
        };
        Self::new(exit, reason, message)
    }
}

impl From<signer::KeyError> for Failure {
    fn from(error: signer::KeyError) -> Self {
        Self::key(error.to_string())
    }
}

impl From<client::transaction::TransactionError> for Failure {
    fn from(error: client::transaction::TransactionError) -> Self {
        Self::new(Exit::Rejected, "TRANSACTION_INVALID", error.to_string())
    }
}

impl From<client::amount::AmountError> for Failure {
    fn from(error: client::amount::AmountError) -> Self {
        Self::usage(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_says_decides_the_exit_code() {
        let code = |code, reason: &str| {
            let rejection = client::Rejection {
                code,
                reason: reason.to_owned(),
                message: "m".into(),
                metadata: BTreeMap::new(),
            };
            Failure::from(client::Error::Rejected(Box::new(rejection))).code()
        };
        assert_eq!(code(tonic::Code::NotFound, "TX_NOT_FOUND"), 7);
        assert_eq!(code(tonic::Code::OutOfRange, "HEIGHT_PRUNED"), 7);
        assert_eq!(code(tonic::Code::Unavailable, "NODE_SYNCING"), 4);
        assert_eq!(code(tonic::Code::FailedPrecondition, "INSUFFICIENT_FUNDS"), 5);
        assert_eq!(code(tonic::Code::Aborted, "SEQUENCE_MISMATCH"), 5);
    }

    #[test]
    fn json_has_the_exit_code_and_the_reason() {
        let json = Failure::usage("no").with("flag", "--x").to_json();
        assert_eq!(json["error"]["exit_code"], 2);
        assert_eq!(json["error"]["reason"], "USAGE");
        assert_eq!(json["error"]["metadata"]["flag"], "--x");
        assert_eq!(Failure::broken_pipe().code(), 0);
    }
}
