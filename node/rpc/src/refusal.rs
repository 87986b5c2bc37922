//! Why a call is refused: the one place that turns it into a status with `google.rpc` details.
//!
//! # Source
//! interfaces.md, section 2.2, "Error table"; AIP-193.

use crate::backend::{ReadError, Refused, Rejection, RejectionClass, Tip};
use primitives::Height;
use primitives::address::AddressError;
use proto::ledger::v1::Problem;
use std::collections::HashMap;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// The domain of every reason.
pub const DOMAIN: &str = "palisade";

/// What a refusal says beside its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Detail {
    None,
    /// The request's field that is wrong.
    Field(String),
    /// What does not hold, and of what.
    Precondition(String),
    /// When to try again.
    Retry(Duration),
    /// What was used up, and when to try again.
    Quota(Duration),
    /// What is not there: its kind and name.
    Resource(&'static str, String),
}

/// Why a call, or one item of a batch, is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal(Box<Inner>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Inner {
    code: Code,
    reason: &'static str,
    message: String,
    metadata: Vec<(&'static str, String)>,
    detail: Detail,
}

impl Refusal {
    fn new(code: Code, reason: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            reason,
            message: message.into(),
            metadata: Vec::new(),
            detail: Detail::None,
        }))
    }

    fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.0.metadata.push((name, value.to_string()));
        self
    }

    fn detail(mut self, detail: Detail) -> Self {
        self.0.detail = detail;
        self
    }

    /// A field of the request is wrong.
    pub(crate) fn field(field: impl Into<String>, problem: impl Into<String>) -> Self {
        let (field, problem) = (field.into(), problem.into());
        Self::new(
            Code::InvalidArgument,
            "FIELD_INVALID",
            format!("{field}: {problem}"),
        )
        .with("field", &field)
        .with("problem", problem)
        .detail(Detail::Field(field))
    }

    /// A field holds what is no address of this chain.
    pub(crate) fn address(field: &'static str, error: &AddressError) -> Self {
        match error {
            AddressError::WrongPrefix { found, expected } => Self::new(
                Code::InvalidArgument,
                "BAD_ADDRESS_PREFIX",
                format!("{field}: {error}"),
            )
            .with("field", field)
            .with("found", found)
            .with("expected", expected)
            .detail(Detail::Field(field.into())),
            AddressError::Malformed(_) | AddressError::WrongLength(_) => {
                Self::field(field, error.to_string())
            }
        }
    }

    /// The page token is no token, or of another request.
    pub(crate) fn page_token(problem: &'static str) -> Self {
        Self::new(
            Code::InvalidArgument,
            "PAGE_TOKEN_INVALID",
            format!("page_token: {problem}"),
        )
        .with("field", "page_token")
        .detail(Detail::Field("page_token".into()))
    }

    /// The cursor is no cursor of this stream.
    pub(crate) fn cursor() -> Self {
        let problem = "start: this is no cursor of this stream; use one that a frame of it had";
        Self::new(Code::InvalidArgument, "CURSOR_INVALID", problem)
            .with("field", "from_cursor")
            .detail(Detail::Field("from_cursor".into()))
    }

    /// The client thinks that this is another chain.
    pub(crate) fn chain(expected: &str, found: &str) -> Self {
        let message = format!("this node follows the chain {expected}, the request is for {found}");
        Self::new(Code::InvalidArgument, "CHAIN_ID_MISMATCH", message)
            .with("expected", expected)
            .with("found", found)
            .detail(Detail::Field("x-palisade-chain-id".into()))
    }

    /// That height is not kept any more.
    pub(crate) fn pruned(asked: Height, earliest: Height, latest: Height) -> Self {
        let message =
            format!("height {asked} is pruned: this node holds {earliest} to {latest}; ask an archive node");
        Self::new(Code::OutOfRange, "HEIGHT_PRUNED", message)
            .with("height", asked)
            .with("earliest", earliest)
            .with("latest", latest)
    }

    /// That height cannot be answered for yet.
    pub(crate) fn in_future(asked: Height, latest: Height) -> Self {
        let message = format!("height {asked} cannot be answered for yet: the latest is {latest}");
        Self::new(Code::OutOfRange, "HEIGHT_IN_FUTURE", message)
            .with("height", asked)
            .with("latest", latest)
    }

    /// What follows the cursor is not kept any more.
    pub(crate) fn cursor_expired(first_available: &str) -> Self {
        let message =
            format!("what follows this cursor is pruned: the first that is kept is {first_available}");
        Self::new(Code::OutOfRange, "CURSOR_EXPIRED", message).with("first_available", first_available)
    }

    /// The subscriber did not take frames for too long.
    pub(crate) fn lagged(last_cursor: &str) -> Self {
        let message =
            format!("this stream's reader fell too far behind: subscribe again from cursor {last_cursor}");
        Self::new(Code::ResourceExhausted, "SUBSCRIBER_LAGGED", message)
            .with("last_cursor", last_cursor)
            .detail(Detail::Quota(Duration::ZERO))
    }

    /// Too much is under way.
    pub(crate) fn overloaded(what: &'static str, limit: usize) -> Self {
        let message =
            format!("{limit} {what} are under way, the most that this node allows: try again in a moment");
        Self::new(Code::ResourceExhausted, "OVERLOADED", message)
            .with("limit", limit)
            .with("what", what)
            .detail(Detail::Quota(Duration::from_secs(1)))
    }

    /// One address asks for more than its share.
    pub(crate) fn rate_limited(after: Duration, per_second: u64) -> Self {
        let wait = after.as_millis();
        let message = format!(
            "your address has used up its share of {per_second} units a second: try again in {wait} ms, or ask a node of \
             your own"
        );
        Self::new(Code::ResourceExhausted, "RATE_LIMITED", message)
            .with("retry_after_ms", wait)
            .with("units_per_second", per_second)
            .detail(Detail::Quota(after))
    }

    /// The node is catching up.
    pub(crate) fn syncing(tip: &Tip) -> Self {
        let (height, target) = (tip.height, tip.target);
        let message = format!("this node is catching up: at height {height} of {target}");
        Self::new(Code::Unavailable, "NODE_SYNCING", message)
            .with("height", height)
            .with("target", target)
            .detail(Detail::Retry(Duration::from_secs(5)))
    }

    /// The node is shutting down.
    pub(crate) fn shutting_down() -> Self {
        let message = "this node is shutting down: go on with another one, or when it is back";
        Self::new(Code::Unavailable, "SHUTTING_DOWN", message).detail(Detail::Retry(Duration::from_secs(5)))
    }

    /// The node is about to be ended.
    pub(crate) fn draining() -> Self {
        let message = "this node is being drained and takes nothing new: ask another one";
        Self::new(Code::Unavailable, "NODE_DRAINING", message).detail(Detail::Retry(Duration::from_secs(5)))
    }

    /// The call took too long.
    pub(crate) fn deadline(limit: Duration) -> Self {
        let message = format!("no answer within {} ms", limit.as_millis());
        Self::new(Code::DeadlineExceeded, "CALL_TIMEOUT", message).with("limit_ms", limit.as_millis())
    }

    /// No such transaction among the final blocks that the node holds.
    pub(crate) fn tx_not_found(id: impl ToString, tip: &Tip) -> Self {
        let (from, to, id) = (tip.earliest_block, tip.height, id.to_string());
        let message = format!("transaction {id} is not in a block from height {from} to {to}");
        Self::not_found("TX_NOT_FOUND", "transaction", &id, message)
            .with("searched_from", from)
            .with("searched_to", to)
    }

    /// Something that was asked for by name is not there.
    pub(crate) fn not_found(reason: &'static str, kind: &'static str, name: &str, message: String) -> Self {
        Self::new(Code::NotFound, reason, message)
            .with(kind, name)
            .detail(Detail::Resource(kind, name.into()))
    }

    /// Another page's script may not call this service.
    pub(crate) fn origin(problem: &'static str, found: &str) -> Self {
        let message = format!("this service is for local programs only: {problem} {found}");
        Self::new(Code::PermissionDenied, "ORIGIN_NOT_ALLOWED", message).with("found", found)
    }

    /// The node is not such that the owner's wish could be carried out.
    pub(crate) fn unsuitable(why: String) -> Self {
        Self::new(Code::FailedPrecondition, "NODE_UNSUITABLE", why)
            .detail(Detail::Precondition("node".into()))
    }

    /// What the transport refused before a service saw it; `None` when the status says all there is to say.
    pub(crate) fn of_transport(status: &Status, max_receive_bytes: usize) -> Option<Self> {
        if status.code() == Code::Ok || !status.details().is_empty() {
            return None;
        }
        let text = status.message();
        Some(match status.code() {
            Code::OutOfRange => {
                let message =
                    format!("a request may have at most {max_receive_bytes} bytes: send it in parts");
                Self::new(Code::ResourceExhausted, "MESSAGE_TOO_LARGE", message)
                    .with("limit", max_receive_bytes)
                    .detail(Detail::Quota(Duration::ZERO))
            }
            Code::Internal => {
                let message = format!("the request is malformed: {text}");
                Self::new(Code::InvalidArgument, "REQUEST_MALFORMED", message)
            }
            Code::Unimplemented => {
                let message = "this node has no such method; reflection lists those that it has";
                Self::new(Code::Unimplemented, "METHOD_UNKNOWN", message)
            }
            Code::NotFound => Self::new(Code::NotFound, "SERVICE_UNKNOWN", text),
            other => Self::new(other, "TRANSPORT", text),
        })
    }

    /// The node is at fault. What exactly is in its log.
    pub(crate) fn internal(error: &str) -> Self {
        tracing::error!(error, "a call failed");
        Self::new(
            Code::Internal,
            "INTERNAL",
            "this node failed to answer; its log says why",
        )
    }

    /// The same for one item of a batch.
    pub(crate) fn into_problem(self) -> Problem {
        let Inner {
            code,
            reason,
            message,
            metadata,
            ..
        } = *self.0;
        Problem {
            code: u32::try_from(i32::from(code)).unwrap_or_default(),
            reason: reason.into(),
            message,
            metadata: metadata
                .into_iter()
                .map(|(name, value)| (name.into(), value))
                .collect(),
        }
    }
}

impl From<ReadError> for Refusal {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Pruned {
                asked,
                earliest,
                latest,
            } => Self::pruned(asked, earliest, latest),
            ReadError::Future { asked, latest } => Self::in_future(asked, latest),
            ReadError::Unavailable(text) => Self::new(Code::Unavailable, "UNAVAILABLE", text)
                .detail(Detail::Retry(Duration::from_secs(1))),
            ReadError::Broken(text) => Self::internal(&text),
        }
    }
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        let Rejection {
            class,
            reason,
            message,
            metadata,
        } = rejection;
        let (code, detail) = match class {
            RejectionClass::Malformed => (Code::InvalidArgument, Detail::Field("tx".into())),
            RejectionClass::Precondition | RejectionClass::Expired => (
                Code::FailedPrecondition,
                Detail::Precondition("transaction".into()),
            ),
            RejectionClass::Sequence => (Code::Aborted, Detail::None),
            RejectionClass::Exhausted => (Code::ResourceExhausted, Detail::Quota(Duration::from_secs(1))),
        };
        let mut refusal = Self::new(code, reason, message).detail(detail);
        refusal.0.metadata = metadata;
        refusal
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Rejected(rejection) => rejection.into(),
            Refused::Failed(error) => error.into(),
        }
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let Inner {
            code,
            reason,
            message,
            metadata,
            detail,
        } = *refusal.0;
        let metadata: HashMap<String, String> = metadata
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let mut details = ErrorDetails::with_error_info(reason, DOMAIN, metadata);
        match detail {
            Detail::None => {}
            Detail::Field(field) => {
                details.add_bad_request_violation(field, &message);
            }
            Detail::Precondition(subject) => {
                details.add_precondition_failure_violation(reason, subject, &message);
            }
            Detail::Retry(after) => {
                details.set_retry_info(Some(after));
            }
            Detail::Quota(after) => {
                details.add_quota_failure_violation(reason, &message);
                details.set_retry_info(Some(after));
            }
            Detail::Resource(kind, name) => {
                details.set_resource_info(kind, name, "", &message);
            }
        }
        Self::with_error_details(code, message, details)
    }
}

/// The status of anything that refuses a call.
pub(crate) fn status(error: impl Into<Refusal>) -> Status {
    error.into().into()
}
