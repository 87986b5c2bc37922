//! What may go wrong, with its stable number.

use crate::ID;
use crate::params::ParamsError;
use crate::types::Phase;
use crypto::bls::BlsError;
use kernel::{Code, Fault, Meaning, StateError};
use primitives::{Amount, ChainClock, Epoch, MathError, ServiceId};

/// Why a message, evidence or a genesis is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No service has this number.
    #[error("there is no service {0}")]
    UnknownService(ServiceId),
    /// Only the service's owner may do that.
    #[error("only the owner of service {0} may do that")]
    NotOwner(ServiceId),
    /// Not where the service stands.
    #[error("that is not possible while the service is {}", .0.name())]
    WrongPhase(Phase),
    /// The terms break a rule.
    #[error("bad terms: {0}")]
    BadTerms(&'static str),
    /// No class has this number, or not one that this is for.
    #[error("the service has no such class {0}")]
    UnknownClass(u8),
    /// It cannot be closed yet.
    #[error("the service may be closed at {until} ms of chain time, {tasks} tasks are open")]
    StillOpen {
        /// When, in chain time.
        until: ChainClock,
        /// How many tasks are not settled.
        tasks: u64,
    },
    /// Every seat is taken.
    #[error("service {0} has as many operators as it admits")]
    ServiceFull(ServiceId),
    /// A key or signature does not decode or does not hold.
    #[error("{0}")]
    Signature(#[from] BlsError),
    /// The service itself refuses.
    #[error("the service refuses: {0}")]
    RefusedByService(Code),
    /// Too few reach the minimums.
    #[error("{found} operators reach the service's minimums, it asks for {needed}")]
    TooFewOperators {
        /// How many do.
        found: u16,
        /// How many must.
        needed: u16,
    },
    /// No task has this number, or it is forgotten.
    #[error("there is no task {0}")]
    UnknownTask(u64),
    /// The windows break a rule.
    #[error("bad windows: {0}")]
    BadWindows(&'static str),
    /// Too early or too late.
    #[error("only from {from} until before {until} ms of chain time; it is {now}")]
    OutsideWindow {
        /// From when.
        from: ChainClock,
        /// Until before when.
        until: ChainClock,
        /// When it was tried.
        now: ChainClock,
    },
    /// It is not asked.
    #[error("the operator is not among those who answer this task")]
    NotAssigned,
    /// It did so already.
    #[error("the operator has committed, answered or abstained already")]
    AlreadyAnswered,
    /// It shows what it did not commit to in time.
    #[error("the operator committed to no answer")]
    NotCommitted,
    /// It shows something else.
    #[error("the answer and the salt are not what the operator committed to")]
    CommitmentMismatch,
    /// The form of a certificate is wrong.
    #[error("bad certificate: {0}")]
    BadCertificate(&'static str),
    /// Too little stands behind it.
    #[error("signatures worth {have} hold, the quorum is {need}")]
    NoQuorum {
        /// What holds.
        have: Amount,
        /// What is needed.
        need: Amount,
    },
    /// The task has a certificate.
    #[error("the task is certified already")]
    AlreadyCertified,
    /// The form of evidence is wrong.
    #[error("bad evidence: {0}")]
    BadEvidence(&'static str),
    /// The slot has not begun, or is not of this service.
    #[error("no such slot of this service has begun")]
    UnknownSlot,
    /// Its epoch ended too long ago.
    #[error("faults of epoch {0} can no longer be shown")]
    EvidenceExpired(Epoch),
    /// The service has no class for it.
    #[error("the service calls that no fault")]
    NoSuchFault,
    /// The accused had no seat.
    #[error("the accused had no seat in the slot's epoch")]
    NotSeated,
    /// The service judges otherwise, for a reason that it numbers itself.
    #[error("the service does not find that a fault: {0}")]
    ShowsNothing(Code),
    /// It is known.
    #[error("the accused is convicted of this class in epoch {epoch} already")]
    AlreadyConvicted {
        /// The epoch.
        epoch: Epoch,
    },
    /// The parameters break a rule.
    #[error("bad parameters: {0}")]
    BadParams(#[from] ParamsError),
    /// The genesis does not fit together.
    #[error("bad genesis: {0}")]
    BadGenesis(&'static str),
    /// Money is not there.
    #[error(transparent)]
    Bank(#[from] bank::Error),
    /// What operators and their pledges say.
    #[error(transparent)]
    Delegation(#[from] delegation::Error),
    /// A sum does not fit.
    #[error(transparent)]
    Math(#[from] MathError),
    /// The store is broken, or out of gas.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What each number says.
pub(crate) const MEANINGS: &[Meaning] = &[
    Meaning::new(1, "UNKNOWN_SERVICE", "there is no service with this number"),
    Meaning::new(2, "NOT_OWNER", "only the service's owner may do that"),
    Meaning::new(
        3,
        "WRONG_PHASE",
        "that is not possible in the phase that the service is in",
    ),
    Meaning::new(4, "BAD_TERMS", "the service's terms break a rule"),
    Meaning::new(5, "UNKNOWN_CLASS", "the service has no such class of faults"),
    Meaning::new(
        6,
        "STILL_OPEN",
        "the service's liability has not run out, or a task is open",
    ),
    Meaning::new(
        10,
        "SERVICE_FULL",
        "the service has as many operators as it admits",
    ),
    Meaning::new(
        13,
        "BAD_SIGNATURE",
        "a key or a signature does not decode or does not hold",
    ),
    Meaning::new(
        14,
        "REFUSED_BY_SERVICE",
        "the service itself refuses the operator",
    ),
    Meaning::new(
        15,
        "TOO_FEW_OPERATORS",
        "too few operators reach the service's minimums",
    ),
    Meaning::new(
        16,
        "UNKNOWN_TASK",
        "there is no task with this number, or it is forgotten",
    ),
    Meaning::new(17, "BAD_WINDOWS", "the task's windows break a rule"),
    Meaning::new(18, "OUTSIDE_WINDOW", "it is too early or too late for that"),
    Meaning::new(
        19,
        "NOT_ASSIGNED",
        "the operator is not among those who answer the task",
    ),
    Meaning::new(
        20,
        "ALREADY_ANSWERED",
        "the operator has committed, answered or abstained already",
    ),
    Meaning::new(21, "NOT_COMMITTED", "the operator committed to no answer"),
    Meaning::new(
        22,
        "COMMITMENT_MISMATCH",
        "the answer and the salt are not what was committed to",
    ),
    Meaning::new(23, "BAD_CERTIFICATE", "the certificate's parts break a rule"),
    Meaning::new(
        24,
        "NO_QUORUM",
        "what holds of the certificate is worth less than the quorum",
    ),
    Meaning::new(25, "ALREADY_CERTIFIED", "the task has a certificate already"),
    Meaning::new(26, "BAD_EVIDENCE", "the evidence's form breaks a rule"),
    Meaning::new(27, "UNKNOWN_SLOT", "no such slot of the service has begun"),
    Meaning::new(
        28,
        "EVIDENCE_EXPIRED",
        "faults of that epoch can no longer be shown",
    ),
    Meaning::new(29, "NO_SUCH_FAULT", "the service calls that no fault"),
    Meaning::new(30, "NOT_SEATED", "the accused had no seat in the slot's epoch"),
    // 31 was what every service judged otherwise; each says now why, by its own number.
    Meaning::new(
        32,
        "ALREADY_CONVICTED",
        "the accused is convicted of that class in that epoch already",
    ),
    Meaning::new(33, "BAD_PARAMS", "genesis has parameters that break a rule"),
    Meaning::new(34, "BAD_GENESIS", "genesis has services that do not fit together"),
];

impl Error {
    /// Its number; `None` for what another module, or the kernel, numbers.
    const fn number(&self) -> Option<u16> {
        Some(match self {
            Self::UnknownService(_) => 1,
            Self::NotOwner(_) => 2,
            Self::WrongPhase(_) => 3,
            Self::BadTerms(_) => 4,
            Self::UnknownClass(_) => 5,
            Self::StillOpen { .. } => 6,
            Self::ServiceFull(_) => 10,
            Self::Signature(_) => 13,
            Self::RefusedByService(_) => 14,
            Self::TooFewOperators { .. } => 15,
            Self::UnknownTask(_) => 16,
            Self::BadWindows(_) => 17,
            Self::OutsideWindow { .. } => 18,
            Self::NotAssigned => 19,
            Self::AlreadyAnswered => 20,
            Self::NotCommitted => 21,
            Self::CommitmentMismatch => 22,
            Self::BadCertificate(_) => 23,
            Self::NoQuorum { .. } => 24,
            Self::AlreadyCertified => 25,
            Self::BadEvidence(_) => 26,
            Self::UnknownSlot => 27,
            Self::EvidenceExpired(_) => 28,
            Self::NoSuchFault => 29,
            Self::NotSeated => 30,
            Self::AlreadyConvicted { .. } => 32,
            Self::BadParams(_) => 33,
            Self::BadGenesis(_) => 34,
            Self::ShowsNothing(_) | Self::Bank(_) | Self::Delegation(_) | Self::Math(_) | Self::State(_) => {
                return None;
            }
        })
    }

    /// The error that another module, or the kernel, numbers.
    fn inner(&self) -> Option<&dyn Fault> {
        if let Self::Bank(inner) = self {
            Some(inner)
        } else if let Self::Delegation(inner) = self {
            Some(inner)
        } else if let Self::Math(inner) = self {
            Some(inner)
        } else if let Self::State(inner) = self {
            Some(inner)
        } else {
            None
        }
    }
}

impl Fault for Error {
    fn code(&self) -> Option<Code> {
        if let Self::ShowsNothing(code) = self {
            return Some(*code);
        }
        match self.number() {
            Some(number) => Some(ID.code(number)),
            None => self.inner().and_then(Fault::code),
        }
    }

    fn reason(&self) -> &'static str {
        let own = self
            .number()
            .and_then(|number| MEANINGS.iter().find(|one| one.number == number));
        match own {
            Some(meaning) => meaning.reason,
            None => self.inner().map_or("SHOWS_NOTHING", Fault::reason),
        }
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        let one = |name, value: &dyn core::fmt::Display| vec![(name, value.to_string())];
        match self {
            Self::UnknownService(id) | Self::NotOwner(id) | Self::ServiceFull(id) => one("service", id),
            Self::WrongPhase(phase) => one("phase", &phase.name()),
            Self::UnknownClass(class) => one("class", class),
            Self::StillOpen { until, tasks } => {
                vec![("until_ms", until.to_string()), ("tasks", tasks.to_string())]
            }
            Self::RefusedByService(code) | Self::ShowsNothing(code) => one("code", code),
            Self::TooFewOperators { found, needed } => {
                vec![("found", found.to_string()), ("needed", needed.to_string())]
            }
            Self::UnknownTask(task) => one("task", task),
            Self::OutsideWindow { from, until, now } => vec![
                ("from_ms", from.to_string()),
                ("until_ms", until.to_string()),
                ("now_ms", now.to_string()),
            ],
            Self::NoQuorum { have, need } => vec![("have", have.to_string()), ("need", need.to_string())],
            Self::EvidenceExpired(epoch) | Self::AlreadyConvicted { epoch } => one("epoch", epoch),
            Self::BadTerms(rule)
            | Self::BadWindows(rule)
            | Self::BadCertificate(rule)
            | Self::BadEvidence(rule)
            | Self::BadGenesis(rule) => one("rule", rule),
            Self::Signature(_)
            | Self::NotAssigned
            | Self::AlreadyAnswered
            | Self::NotCommitted
            | Self::CommitmentMismatch
            | Self::AlreadyCertified
            | Self::UnknownSlot
            | Self::NoSuchFault
            | Self::NotSeated
            | Self::BadParams(_) => Vec::new(),
            Self::Bank(inner) => inner.metadata(),
            Self::Delegation(inner) => inner.metadata(),
            Self::Math(inner) => inner.metadata(),
            Self::State(inner) => inner.metadata(),
        }
    }
}
