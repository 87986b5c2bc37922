//! What validators say to each other, and its encoding on the wire.

use crate::limits::{MAX_CERTIFICATES, MAX_MESSAGE_BYTES, MAX_VOTES};
use borsh::{BorshDeserialize, BorshSerialize};
use light_palisade::{Block, Certificate, Justification, Vote};
use primitives::codec::{CodecError, decode_limited};
use primitives::{Epoch, View};
use std::sync::Arc;

/// A node at the other end of an authenticated link, by its ed25519 key in the peer-to-peer network
/// (`Validator::p2p_key`). A validator's position changes from epoch to epoch; this does not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Peer(pub [u8; 32]);

impl core::fmt::Debug for Peer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for byte in self.0.iter().take(6) {
            write!(f, "{byte:02x}")?;
        }
        f.write_str("…")
    }
}

/// What a leader proposes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Content {
    /// A block of this view, with everything that justifies it.
    Fresh(#[borsh(serialize_with = "shared::write", deserialize_with = "shared::read")] Arc<Block>),
    /// The epoch's boundary block again, which is notarized but not finalized: it keeps its header and digest, and
    /// why it may be proposed again stands beside it (consensus.md, "Epochs").
    Again(Justification),
}

/// A leader's proposal, which is its vote to notarize.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Proposal {
    /// The leader's vote, which names the view, the parent's view and the block.
    pub vote: Vote,
    /// The block, or the reason to propose it again.
    pub content: Content,
}

/// A message between two nodes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Message {
    /// A leader's proposal: from the leader itself.
    Proposal(Box<Proposal>),
    /// Votes of the sender, at most [`MAX_VOTES`].
    Votes(Vec<Vote>),
    /// Certificates, whoever formed them, at most [`MAX_CERTIFICATES`].
    Certificates(Vec<Certificate>),
    /// Asks for the certificates of views `from` to `to`, both included; the first [`MAX_CERTIFICATES`] of them are
    /// answered.
    CertificatesWanted {
        /// Epoch of the views.
        epoch: Epoch,
        /// The first.
        from: View,
        /// The last.
        to: View,
    },
}

impl Message {
    /// Decodes a stranger's bytes; counts and sizes are bounded first.
    ///
    /// # Errors
    /// [`CodecError`] when they are too long, malformed, or hold more votes or certificates than allowed.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let message: Self = decode_limited(bytes, MAX_MESSAGE_BYTES)?;
        let (length, limit) = match &message {
            Self::Votes(votes) => (votes.len(), MAX_VOTES),
            Self::Certificates(certificates) => (certificates.len(), MAX_CERTIFICATES),
            Self::Proposal(_) | Self::CertificatesWanted { .. } => (0, 0),
        };
        if length > limit {
            return Err(CodecError::TooLong { length, limit });
        }
        Ok(message)
    }
}

/// A shared block has the encoding of the block.
pub(crate) mod shared {
    use super::{Arc, Block, BorshDeserialize, BorshSerialize};
    use std::io::{Read, Result, Write};

    pub(crate) fn write<W: Write>(block: &Arc<Block>, writer: &mut W) -> Result<()> {
        block.as_ref().serialize(writer)
    }

    pub(crate) fn read<R: Read>(reader: &mut R) -> Result<Arc<Block>> {
        Block::deserialize_reader(reader).map(Arc::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crypto::bls::SignatureBytes;
    use light_palisade::{Bitmap, Statement, ValidatorIndex};
    use primitives::codec::encode;

    const STATEMENT: Statement = Statement::Nullify {
        epoch: Epoch::ZERO,
        view: View::new(3),
    };

    fn votes(count: usize) -> Message {
        let vote = Vote {
            statement: STATEMENT,
            signer: ValidatorIndex::new(2),
            signature: SignatureBytes([5; 48]),
        };
        Message::Votes(vec![vote; count])
    }

    fn certificates(count: usize) -> Message {
        let certificate = Certificate {
            statement: STATEMENT,
            signers: Bitmap::from_bytes(vec![7]),
            signature: SignatureBytes([5; 48]),
        };
        Message::Certificates(vec![certificate; count])
    }

    #[test]
    fn a_message_comes_back_and_nothing_may_follow_it() {
        let wanted = Message::CertificatesWanted {
            epoch: Epoch::new(1),
            from: View::new(2),
            to: View::new(3),
        };
        for message in [votes(MAX_VOTES), certificates(MAX_CERTIFICATES), wanted] {
            let mut bytes = encode(&message);
            assert_eq!(Message::decode(&bytes), Ok(message));
            bytes.push(0);
            assert!(Message::decode(&bytes).is_err());
        }
    }

    #[test]
    fn counts_and_sizes_are_bounded() {
        for (message, length, limit) in [
            (
                votes(MAX_VOTES.saturating_add(1)),
                MAX_VOTES.saturating_add(1),
                MAX_VOTES,
            ),
            (
                certificates(MAX_CERTIFICATES.saturating_add(1)),
                MAX_CERTIFICATES.saturating_add(1),
                MAX_CERTIFICATES,
            ),
        ] {
            let refused = Message::decode(&encode(&message));
            assert_eq!(refused, Err(CodecError::TooLong { length, limit }));
        }
        let long = vec![1; MAX_MESSAGE_BYTES.saturating_add(1)];
        assert!(matches!(Message::decode(&long), Err(CodecError::TooLong { .. })));
        // A count that the bytes do not hold.
        assert!(Message::decode(&[1, 0xff, 0xff, 0xff, 0xff]).is_err());
    }
}
