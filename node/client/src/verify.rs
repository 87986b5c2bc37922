//! Checks that need no trust in the node that answers: finality, inclusion, and entries of the state.
//!
//! Trust starts with the validator set of one epoch, which the caller knows (from the genesis document, say), and is
//! handed on from epoch to epoch: each set's root stands in the last header of the epoch before, which the set before
//! made final.
//!
//! # Source
//! consensus.md, section 0 ("Proofs", "Verifiers"); `light-palisade` holds the rules themselves.

use crate::connection::Client;
use crate::convert::{self, ConvertError};
use crate::error::Error;
use light_palisade::proof::ProofError;
use light_palisade::{
    Certificate, CertificateError, Committee, FinalityProof, Header, SetError, ValidatorSet,
};
use primitives::{ChainHash, Digest, Epoch, Height, TxId};
use proto::ledger::v1 as wire;

/// The most headers between a block and the one that its certificate is for.
const MAX_DESCENDANTS: usize = 4_096;
/// Hand-overs asked for at once.
const HANDOVERS_PER_PAGE: u32 = 100;

/// Why an answer is not proven.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// A message has no shape that could be verified.
    #[error(transparent)]
    Shape(#[from] ConvertError),
    /// A signature, a root or a path does not hold.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// A validator set breaks the rules.
    #[error(transparent)]
    Set(#[from] SetError),
    /// A header does not name the one before as its parent.
    #[error("the header at height {0} does not follow the one before")]
    BrokenChain(Height),
    /// The certificate is of another epoch than the validators that are trusted.
    #[error("the certificate is of epoch {found}, but the trusted validators are those of epoch {trusted}")]
    Epoch {
        /// Epoch of the certificate.
        found: Epoch,
        /// Epoch of the trusted set.
        trusted: Epoch,
    },
    /// A set is not the one that the epoch before has chosen.
    #[error("the validators offered for epoch {0} are not those that the epoch before has chosen")]
    OtherSet(Epoch),
    /// The node has no hand-over for an epoch that is needed.
    #[error("the node has no hand-over to epoch {0}")]
    NoHandover(Epoch),
    /// The answer was made from another block or state than the proven header speaks of.
    #[error("the answer is from another {0} than the proven header's")]
    OtherState(&'static str),
    /// The answer is about another block than was asked for.
    #[error("the proof is for height {found}, asked for {asked}")]
    OtherHeight {
        /// Height of the proven header.
        found: Height,
        /// Height that was asked for.
        asked: Height,
    },
}

/// The validators of one epoch, believed: from them everything else is checked.
#[derive(Clone, Debug)]
pub struct Trust {
    chain: ChainHash,
    committee: Committee,
}

impl Trust {
    /// Starts from a set that the caller believes.
    ///
    /// # Errors
    /// [`SetError`] when it cannot be a set at all.
    pub fn new(chain: ChainHash, set: ValidatorSet) -> Result<Self, SetError> {
        Ok(Self {
            chain,
            committee: Committee::new(set)?,
        })
    }

    /// The chain.
    #[must_use]
    pub const fn chain(&self) -> &ChainHash {
        &self.chain
    }

    /// The believed validators.
    #[must_use]
    pub const fn committee(&self) -> &Committee {
        &self.committee
    }

    /// Checks that a block is final by a certificate of the trusted epoch, and gives its header.
    ///
    /// # Errors
    /// [`VerifyError`] says why it is not shown.
    pub fn finality(&self, message: &wire::FinalityProof) -> Result<Header, VerifyError> {
        let first = convert::header(message.header.as_ref().ok_or(ConvertError::Missing("header"))?)?;
        let certificate = certificate_of(message)?;
        let found = certificate.statement.epoch();
        let trusted = self.committee.epoch();
        if found != trusted {
            return Err(VerifyError::Epoch { found, trusted });
        }
        if message.descendants.len() > MAX_DESCENDANTS {
            return Err(ConvertError::Value {
                field: "finality.descendants",
                reason: format!(
                    "{} where at most {MAX_DESCENDANTS} are taken",
                    message.descendants.len()
                ),
            }
            .into());
        }
        if first.chain_hash != self.chain {
            return Err(ProofError::OtherChain.into());
        }
        let mut last = first.clone();
        for descendant in &message.descendants {
            let next = convert::header(descendant)?;
            if next.parent != last.hash() || last.height.next() != Ok(next.height) {
                return Err(VerifyError::BrokenChain(next.height));
            }
            last = next;
        }
        let proof = FinalityProof {
            header: last,
            certificate,
        };
        proof.verify(&self.chain, &self.committee)?;
        Ok(first)
    }

    /// Checks that a transaction stands in the block of a header that was checked before.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub fn inclusion(
        header: &Header,
        message: &wire::InclusionProof,
        id: &TxId,
        bytes: &[u8],
    ) -> Result<(), VerifyError> {
        Ok(convert::inclusion(message)?.verify(header, id, bytes)?)
    }

    /// Hands trust on to the next epoch.
    ///
    /// # Errors
    /// [`VerifyError`] says why the offered validators are not the next ones.
    pub fn advance(&mut self, handover: &wire::Handover) -> Result<(), VerifyError> {
        let message = handover
            .validator_set
            .as_ref()
            .ok_or(ConvertError::Missing("handover.validator_set"))?;
        let set = convert::validator_set(message)?;
        let next = self
            .committee
            .epoch()
            .next()
            .map_err(|_| VerifyError::NoHandover(self.committee.epoch()))?;
        let boundary = self.finality(
            handover
                .finality
                .as_ref()
                .ok_or(ConvertError::Missing("handover.finality"))?,
        )?;
        if set.epoch != next || boundary.next_validators_root != set.root() {
            return Err(VerifyError::OtherSet(set.epoch));
        }
        self.committee = Committee::new(set)?;
        Ok(())
    }

    /// Asks the node for hand-overs until the validators of `epoch` are trusted.
    ///
    /// # Errors
    /// [`Error::Proof`] when a hand-over does not hold; otherwise why the node could not be asked.
    pub async fn follow(&mut self, client: &Client, epoch: Epoch) -> Result<(), Error> {
        while self.committee.epoch() < epoch {
            let from = self
                .committee
                .epoch()
                .next()
                .map_err(|_| VerifyError::NoHandover(epoch))?;
            let mut ledger = client.ledger();
            let request = wire::ListHandoversRequest {
                from_epoch: from.get(),
                page_size: HANDOVERS_PER_PAGE,
                page_token: String::new(),
            };
            let page = client.unary(ledger.list_handovers(request)).await?;
            let before = self.committee.epoch();
            for handover in &page.handovers {
                if self.committee.epoch() >= epoch {
                    break;
                }
                self.advance(handover)?;
            }
            if self.committee.epoch() == before {
                return Err(VerifyError::NoHandover(from).into());
            }
        }
        Ok(())
    }

    /// Checks a proof of finality, following hand-overs to its epoch first, and gives the header.
    ///
    /// # Errors
    /// As [`Trust::follow`] and [`Trust::finality`].
    pub async fn finality_from(
        &mut self,
        client: &Client,
        message: &wire::FinalityProof,
    ) -> Result<Header, Error> {
        let epoch = certificate_of(message)?.statement.epoch();
        self.follow(client, epoch).await?;
        Ok(self.finality(message)?)
    }

    /// The state root that an answer was made from, proven: it stands in the header after the block that the answer
    /// names.
    ///
    /// # Errors
    /// [`Error::Proof`] when the header speaks of another state; otherwise as [`Trust::finality_from`].
    pub async fn state_root(
        &mut self,
        client: &Client,
        context: &wire::ReadContext,
    ) -> Result<Digest, Error> {
        let asked = Height::new(context.height)
            .next()
            .map_err(|_| Error::Malformed("the answer's height is the end of the numbers".into()))?;
        let mut ledger = client.ledger();
        let request = wire::GetFinalityCertificateRequest { height: asked.get() };
        let answer = client.unary(ledger.get_finality_certificate(request)).await?;
        let proof = answer
            .finality
            .ok_or_else(|| Error::Malformed("no finality proof in the answer".into()))?;
        let header = self.finality_from(client, &proof).await?;
        if header.height != asked {
            let found = header.height;
            return Err(VerifyError::OtherHeight { found, asked }.into());
        }
        // The block before genesis' first has no header whose hash could be compared.
        if context.height > 0 && header.parent.as_bytes()[..] != context.block_hash[..] {
            return Err(VerifyError::OtherState("block").into());
        }
        if header.state_root.as_bytes()[..] != context.state_root[..] {
            return Err(VerifyError::OtherState("state").into());
        }
        Ok(header.state_root)
    }
}

impl From<CertificateError> for VerifyError {
    fn from(error: CertificateError) -> Self {
        Self::Proof(ProofError::Certificate(error))
    }
}

impl From<ConvertError> for Error {
    fn from(error: ConvertError) -> Self {
        Self::Proof(VerifyError::Shape(error))
    }
}

fn certificate_of(message: &wire::FinalityProof) -> Result<Certificate, ConvertError> {
    convert::certificate(
        message
            .certificate
            .as_ref()
            .ok_or(ConvertError::Missing("certificate"))?,
    )
}

/// Checks that entries of the state stand under a root that was checked before.
///
/// # Errors
/// [`VerifyError`] for the first that does not.
pub fn entries(root: &Digest, proofs: &[wire::ProvenEntry]) -> Result<(), VerifyError> {
    for entry in proofs {
        let proof = entry.proof.as_ref().ok_or(ConvertError::Missing("proof"))?;
        convert::state_proof(proof)?.verify(root, &entry.key, entry.value.as_deref())?;
    }
    Ok(())
}

/// Checks that one key has this value, or none, under a root that was checked before.
///
/// # Errors
/// [`VerifyError`].
pub fn entry(
    root: &Digest,
    key: &[u8],
    value: Option<&[u8]>,
    proof: Option<&wire::StateProof>,
) -> Result<(), VerifyError> {
    let proof = proof.ok_or(ConvertError::Missing("proof"))?;
    Ok(convert::state_proof(proof)?.verify(root, key, value)?)
}

#[cfg(test)]
mod tests;
