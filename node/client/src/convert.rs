//! From what the API sends to the types that `light-palisade` verifies. Nothing is believed here, only shaped.

use crypto::bls::SignatureBytes;
use crypto::merkle;
use light_palisade::{
    Bitmap, Certificate, Header, InclusionProof, StateProof, Statement, ValidatorIndex, ValidatorSet,
};
use primitives::codec::{decode_limited, encode};
use primitives::{Bytes32, ChainClock, Epoch, Height, Timestamp, View};
use proto::ledger::v1 as wire;

/// The most bytes of a validator set: 1,024 members of 168 bytes, and what stands around them.
const MAX_SET_BYTES: usize = 256 * 1024;
/// The most bytes of a state proof: 256 siblings, a bitmap and a leaf.
const MAX_STATE_PROOF_BYTES: usize = 16 * 1024;
/// The most siblings of a place in a list of 2^32.
const MAX_SIBLINGS: usize = 32;

/// Why a message has no shape that could be verified.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// A field that must be there is not.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field has another length than its kind.
    #[error("{field} has {found} bytes, expected {expected}")]
    Length {
        /// Which.
        field: &'static str,
        /// How many it has.
        found: usize,
        /// How many it must have.
        expected: usize,
    },
    /// A field's value makes no sense.
    #[error("{field}: {reason}")]
    Value {
        /// Which.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

fn bytes<const N: usize>(field: &'static str, value: &[u8]) -> Result<[u8; N], ConvertError> {
    <[u8; N]>::try_from(value).map_err(|_| ConvertError::Length {
        field,
        found: value.len(),
        expected: N,
    })
}

fn hash<K>(field: &'static str, value: &[u8]) -> Result<Bytes32<K>, ConvertError> {
    bytes(field, value).map(Bytes32::new)
}

fn small(field: &'static str, value: u32) -> Result<u16, ConvertError> {
    u16::try_from(value).map_err(|_| ConvertError::Value {
        field,
        reason: format!("{value} is above {}", u16::MAX),
    })
}

/// The header that the fields describe. Its hash is computed from them, not taken from the message.
///
/// # Errors
/// [`ConvertError`]; among others when `encoded` or `hash` is set to something else than the fields give.
pub fn header(message: &wire::Header) -> Result<Header, ConvertError> {
    let header = Header {
        version: small("header.version", message.version)?,
        chain_hash: hash("header.chain_hash", &message.chain_hash)?,
        height: Height::new(message.height),
        epoch: Epoch::new(message.epoch),
        view: View::new(message.view),
        parent: hash("header.parent", &message.parent)?,
        proposer: ValidatorIndex::new(small("header.proposer", message.proposer)?),
        time: Timestamp::new(message.time_ms),
        chain_clock: ChainClock::new(message.chain_clock_ms),
        transactions_root: hash("header.transactions_root", &message.transactions_root)?,
        justification_root: hash("header.justification_root", &message.justification_root)?,
        evidence_root: hash("header.evidence_root", &message.evidence_root)?,
        validators_root: hash("header.validators_root", &message.validators_root)?,
        next_validators_root: hash("header.next_validators_root", &message.next_validators_root)?,
        state_root: hash("header.state_root", &message.state_root)?,
        receipts_root: hash("header.receipts_root", &message.receipts_root)?,
        outbox_root: hash("header.outbox_root", &message.outbox_root)?,
        seed: hash("header.seed", &message.seed)?,
    };
    let stated = [
        ("header.encoded", &message.encoded, encode(&header)),
        ("header.hash", &message.hash, header.hash().as_bytes().to_vec()),
    ];
    for (field, stated, actual) in stated {
        if !stated.is_empty() && stated[..] != actual[..] {
            return Err(ConvertError::Value {
                field,
                reason: "it is not what the header's fields give".into(),
            });
        }
    }
    Ok(header)
}

/// The certificate that the fields describe.
///
/// # Errors
/// [`ConvertError`].
pub fn certificate(message: &wire::Certificate) -> Result<Certificate, ConvertError> {
    let (epoch, view) = (Epoch::new(message.epoch), View::new(message.view));
    let parent_view = View::new(message.parent_view);
    let block = || hash("certificate.block_hash", &message.block_hash);
    let statement = match message.kind() {
        wire::CertificateKind::Notarization => Statement::Notarize {
            epoch,
            view,
            parent_view,
            block: block()?,
        },
        wire::CertificateKind::Finalization => Statement::Finalize {
            epoch,
            view,
            parent_view,
            block: block()?,
        },
        wire::CertificateKind::Nullification => Statement::Nullify { epoch, view },
        wire::CertificateKind::Unspecified => return Err(ConvertError::Missing("certificate.kind")),
    };
    Ok(Certificate {
        statement,
        signers: Bitmap::from_bytes(message.signers.to_vec()),
        signature: SignatureBytes(bytes("certificate.signature", &message.signature)?),
    })
}

/// The validator set that `encoded` holds. The fields beside it are for people and not looked at.
///
/// # Errors
/// [`ConvertError`].
pub fn validator_set(message: &wire::ValidatorSet) -> Result<ValidatorSet, ConvertError> {
    decode_limited(&message.encoded, MAX_SET_BYTES).map_err(|error| ConvertError::Value {
        field: "validator_set.encoded",
        reason: error.to_string(),
    })
}

/// A place in a block's transaction tree.
///
/// # Errors
/// [`ConvertError`].
pub fn inclusion(message: &wire::InclusionProof) -> Result<InclusionProof, ConvertError> {
    if message.siblings.len() > MAX_SIBLINGS {
        return Err(ConvertError::Value {
            field: "inclusion.siblings",
            reason: format!("{} where at most {MAX_SIBLINGS} can be", message.siblings.len()),
        });
    }
    let siblings = message
        .siblings
        .iter()
        .map(|sibling| hash("inclusion.siblings", sibling))
        .collect::<Result<_, _>>()?;
    Ok(InclusionProof {
        path: merkle::Proof {
            index: message.index,
            count: message.count,
            siblings,
        },
    })
}

/// A place in the state tree, from the canonical encoding.
///
/// # Errors
/// [`ConvertError`].
pub fn state_proof(message: &wire::StateProof) -> Result<StateProof, ConvertError> {
    decode_limited(&message.encoded, MAX_STATE_PROOF_BYTES).map_err(|error| ConvertError::Value {
        field: "proof.encoded",
        reason: error.to_string(),
    })
}
