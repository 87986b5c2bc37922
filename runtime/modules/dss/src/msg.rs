//! What users ask of the module.

use crate::certificate::Part;
use crate::error::Error;
use crate::types::{Committee, Terms};
use borsh::{BorshDeserialize, BorshSerialize};
use crypto::bls::{KeyBytes, SignatureBytes};
use primitives::{AccountId, Bps, Coin, Digest, Millis, ServiceId};

/// The most bytes of a signed answer that is shown as evidence.
pub const MAX_ANSWER_BYTES: usize = 8_192;
/// The most answers that one piece of evidence shows.
pub(crate) const MAX_SAID: usize = 4;
/// The most bytes that an accuser adds.
pub(crate) const MAX_EXTRA_BYTES: usize = 32_768;
/// The most parts of a certificate.
pub(crate) const MAX_PARTS: usize = 64;

/// A message to this module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Msg {
    /// Registers a service, as a draft.
    Register(Box<Terms>),
    /// Opens a draft that enough operators have joined.
    Activate {
        /// The service.
        service: ServiceId,
    },
    /// Lowers a class's cap at once, or raises it later.
    ChangeClass(ChangeClass),
    /// Ends a service: no new tasks, and nobody joins.
    Unwind {
        /// The service.
        service: ServiceId,
    },
    /// Closes a service whose time is over, and gives its bond back. Anyone may.
    Close {
        /// The service.
        service: ServiceId,
    },
    /// Joins a service as an operator.
    Join(Join),
    /// Leaves a service; liability runs out after the delay.
    Leave {
        /// The service.
        service: ServiceId,
    },
    /// Lets an operator go: the owner anybody, everybody whoever falls short of the minimums.
    Eject {
        /// The service.
        service: ServiceId,
        /// The operator.
        operator: AccountId,
    },
    /// Posts a task.
    PostTask(PostTask),
    /// Commits to a salted answer.
    Commit {
        /// The task.
        task: u64,
        /// [`crate::statement::commitment`] of the answer.
        commitment: Digest,
    },
    /// Shows an answer, signed.
    Respond(Respond),
    /// Says that the operator does not answer, which is no fault.
    Abstain {
        /// The task.
        task: u64,
    },
    /// Submits what a quorum signed. Anyone may.
    SubmitCertificate(SubmitCertificate),
}

/// Changes the cap of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangeClass {
    /// The service.
    pub service: ServiceId,
    /// The class.
    pub class: u8,
    /// The new cap.
    pub most: Bps,
}

/// Joins a service with a key, and the proof that the sender holds it; later ones are set by the delegation module's
/// message, and count from the next snapshot on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Join {
    /// The service.
    pub service: ServiceId,
    /// BLS12-381 in G2, compressed.
    pub key: KeyBytes,
    /// Its signature over itself and the sender's id, under the possession tag.
    pub possession: SignatureBytes,
}

/// Posts a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostTask {
    /// The service.
    pub service: ServiceId,
    /// Hash of what is to be done.
    pub payload: Digest,
    /// What is paid for it; zero is allowed.
    pub fee: Coin,
    /// Who is to answer.
    pub committee: Committee,
    /// How long salted answers are committed to; zero for answers that need no hiding.
    pub commit: Millis,
    /// How long answers are shown after that.
    pub respond: Millis,
    /// How long the answers may be disputed after that.
    pub challenge: Millis,
}

/// Shows an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Respond {
    /// The task.
    pub task: u64,
    /// The answer's hash.
    pub answer: Digest,
    /// What the commitment was salted with; anything where there was none.
    pub salt: Digest,
    /// The operator's service key's signature over the statement.
    pub signature: SignatureBytes,
}

/// What a quorum signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmitCertificate {
    /// The task.
    pub task: u64,
    /// The answer's hash.
    pub answer: Digest,
    /// Sums of signatures over the statement. One that does not hold is left out, not the others.
    pub parts: Vec<Part>,
}

/// A signed answer, whole.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Said {
    /// The answer itself; the statement holds its SHA-256.
    pub answer: Vec<u8>,
    /// The accused's service key's signature over the statement.
    pub signature: SignatureBytes,
}

/// What shows a fault.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Proof {
    /// Two answers for one slot.
    Equivocation {
        /// The hash of one, and the signature.
        first: (Digest, SignatureBytes),
        /// The hash of another, and the signature.
        second: (Digest, SignatureBytes),
    },
    /// Answers that the service itself judges.
    Answers {
        /// What the accused signed: 1 to 4.
        said: Vec<Said>,
        /// What the accuser adds.
        extra: Vec<u8>,
    },
}

/// Who is accused of what, and what shows it. Submitted to `slashing`.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Evidence {
    /// The service.
    pub service: ServiceId,
    /// The accused.
    pub operator: AccountId,
    /// The task.
    pub task: u64,
    /// The slot of it.
    pub slot: u64,
    /// What shows it.
    pub proof: Proof,
}

impl Evidence {
    /// Checks all that needs no state.
    ///
    /// # Errors
    /// [`Error::BadEvidence`].
    pub fn validate(&self) -> Result<(), Error> {
        match &self.proof {
            Proof::Equivocation { first, second } if first.0 == second.0 => {
                Err(Error::BadEvidence("the two answers are one"))
            }
            Proof::Equivocation { .. } => Ok(()),
            Proof::Answers { said, extra } => {
                let fits = (1..=MAX_SAID).contains(&said.len())
                    && said.iter().all(|said| said.answer.len() <= MAX_ANSWER_BYTES)
                    && extra.len() <= MAX_EXTRA_BYTES;
                if fits {
                    Ok(())
                } else {
                    Err(Error::BadEvidence(
                        "1 to 4 answers of at most 8 KiB, and at most 32 KiB beside",
                    ))
                }
            }
        }
    }
}

impl Msg {
    /// Checks all that needs no state.
    ///
    /// # Errors
    /// [`Error`] says what is wrong.
    pub fn validate(&self) -> Result<(), Error> {
        match self {
            Self::Register(terms) => terms.validate(),
            Self::ChangeClass(message) if message.most == Bps::ZERO => {
                Err(Error::BadTerms("a class takes more than nothing at most"))
            }
            Self::PostTask(message) if message.respond.is_zero() => {
                Err(Error::BadWindows("there must be time to respond"))
            }
            Self::PostTask(PostTask {
                committee: Committee::Drawn(0),
                ..
            }) => Err(Error::BadWindows("a committee has at least one member")),
            Self::SubmitCertificate(message) if !(1..=MAX_PARTS).contains(&message.parts.len()) => {
                Err(Error::BadCertificate("1 to 64 parts"))
            }
            Self::Activate { .. }
            | Self::ChangeClass(_)
            | Self::Unwind { .. }
            | Self::Close { .. }
            | Self::Join(_)
            | Self::Leave { .. }
            | Self::Eject { .. }
            | Self::PostTask(_)
            | Self::Commit { .. }
            | Self::Respond(_)
            | Self::Abstain { .. }
            | Self::SubmitCertificate(_) => Ok(()),
        }
    }
}
