//! What a proposed block must satisfy before the application looks at it. Pure.
//!
//! # Source
//! consensus.md, sections 0 ("Header", "Time", "Epochs") and 1.2 ("Justification inside the block").

use crate::limits::MAX_WARP;
use crypto::hash::seed;
use light_palisade::limits::MAX_CLOCK_AHEAD_MS;
use light_palisade::{
    Block, BlockError, Certificate, Header, Justification, Statement, ValidatorIndex, VoteKind,
};
use primitives::{BlockHash, ChainClock, ChainHash, Digest, Epoch, Height, Millis, Timestamp, View};

/// Which rule a proposal breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Flaw {
    /// A part is too large, or the version unknown.
    #[error(transparent)]
    Block(#[from] BlockError),
    /// A field of the header is not what it must be.
    #[error("the header's {0} is wrong")]
    Field(&'static str),
    /// The justification does not show that the block may follow its parent.
    #[error("the justification {0}")]
    Justification(&'static str),
    /// The epoch's last block can only be proposed again.
    #[error("nothing but the boundary block itself may follow it in its epoch")]
    AfterBoundary,
}

impl Flaw {
    /// Whether it is the body that does not fit its header: another body may.
    pub(crate) const fn is_of_the_body(&self) -> bool {
        match self {
            Self::Block(BlockError::Version(_)) | Self::Justification(_) | Self::AfterBoundary => false,
            Self::Block(_) => true,
            Self::Field(name) => matches!(name.as_bytes(), b"justification root" | b"evidence root"),
        }
    }
}

/// Where a block is proposed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) chain: ChainHash,
    pub(crate) epoch: Epoch,
    pub(crate) validators_root: Digest,
}

/// Checks what the block says about itself: version, sizes, chain, epoch, set, and the roots of the parts that no
/// transaction has to be decoded for. `leader` is that of the header's view, where it is still known.
pub(crate) fn check_block(block: &Block, place: &Place, leader: Option<ValidatorIndex>) -> Result<(), Flaw> {
    block.check_limits()?;
    let header = &block.header;
    let fields = [
        ("chain", header.chain_hash == place.chain),
        ("epoch", header.epoch == place.epoch),
        ("proposer", leader.is_none_or(|leader| leader == header.proposer)),
        ("validators root", header.validators_root == place.validators_root),
        (
            "justification root",
            header.justification_root == block.justification.root(),
        ),
        (
            "evidence root",
            header.evidence_root == Block::evidence_root(&block.evidence),
        ),
    ];
    first_wrong(&fields)
}

/// Checks a block against its parent: height, time, clock, seed, and that it ends the epoch when the parent's clock has
/// reached `ends_at`. Whether the state ends the epoch earlier is the application's to judge. `first` says that the parent ended the epoch before (or is
/// genesis): otherwise nothing follows a boundary. `may_jump` says that the chain is one for development, whose leaders
/// may put its clock forward.
pub(crate) fn check_on_parent(
    block: &Block,
    parent: &Header,
    ends_at: ChainClock,
    first: bool,
    may_jump: bool,
) -> Result<(), Flaw> {
    let header = &block.header;
    if parent.is_boundary() && !first {
        return Err(Flaw::AfterBoundary);
    }
    let fields = [
        (
            "height",
            parent.height.next().is_ok_and(|next| header.height == next),
        ),
        ("time", header.time > parent.time),
        ("chain clock", clock_fits(parent, header, may_jump)),
        ("seed", header.seed == seed(&parent.seed, &block.seed_signature.0)),
        (
            "next validators root",
            header.is_boundary() || !must_end(parent, ends_at),
        ),
    ];
    first_wrong(&fields)
}

/// Whether the clock is the parent's, advanced by what passed; a development chain's may be further, within a bound
/// that keeps its numbers far from their end.
fn clock_fits(parent: &Header, header: &Header, may_jump: bool) -> bool {
    let least = parent.chain_clock.advance(parent.time, header.time);
    let most = if may_jump { least.after(MAX_WARP) } else { least };
    (least..=most).contains(&header.chain_clock)
}

/// Whether the block after `parent` must end the epoch whose set says `ends_at`.
pub(crate) fn must_end(parent: &Header, ends_at: ChainClock) -> bool {
    parent.chain_clock >= ends_at
}

/// How long until a block stamped `time` may be voted for; zero when it may be now.
pub(crate) const fn too_early(time: Timestamp, wall: Timestamp) -> Millis {
    time.since(wall.after(Millis::new(MAX_CLOCK_AHEAD_MS)))
}

fn first_wrong(fields: &[(&'static str, bool)]) -> Result<(), Flaw> {
    fields
        .iter()
        .find(|(_, right)| !right)
        .map_or(Ok(()), |(name, _)| Err(Flaw::Field(name)))
}

/// What an epoch starts from: the boundary block of the epoch before, or genesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opening {
    pub(crate) block: BlockHash,
    pub(crate) height: Height,
    /// Whether nobody signed it.
    pub(crate) genesis: bool,
}

/// A claim that `parent`, notarized in `parent_view`, may be followed in `view`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub(crate) epoch: Epoch,
    pub(crate) view: View,
    pub(crate) parent_view: View,
    pub(crate) parent: BlockHash,
}

/// Checks that a justification has the right certificates for a claim: one for the parent, and a nullification of
/// each view between. Their signatures are checked elsewhere.
pub(crate) fn check_justification(
    justification: &Justification,
    claim: &Claim,
    opening: &Opening,
) -> Result<(), Flaw> {
    let parent = justification.parent.as_ref();
    let parent_fits = if claim.parent_view.is_zero() {
        claim.parent == opening.block && opens(parent, claim.epoch, opening)
    } else {
        parent.is_some_and(|certificate| certifies(certificate, claim))
    };
    if !parent_fits {
        return Err(Flaw::Justification("does not certify the parent"));
    }
    let mut expected = claim.parent_view;
    for certificate in &justification.nullifications {
        expected = next(expected);
        let nullify = Statement::Nullify {
            epoch: claim.epoch,
            view: expected,
        };
        if certificate.statement != nullify {
            return Err(Flaw::Justification("has a nullification out of place"));
        }
    }
    if next(expected) != claim.view {
        return Err(Flaw::Justification("does not nullify every view between"));
    }
    Ok(())
}

fn opens(parent: Option<&Certificate>, epoch: Epoch, opening: &Opening) -> bool {
    match parent {
        None => opening.genesis,
        Some(certificate) => {
            let statement = &certificate.statement;
            !opening.genesis
                && statement.kind() == VoteKind::Finalize
                && statement.epoch().next().is_ok_and(|next| next == epoch)
                && statement.block().is_some_and(|(_, block)| block == opening.block)
        }
    }
}

fn certifies(certificate: &Certificate, claim: &Claim) -> bool {
    let statement = &certificate.statement;
    (statement.epoch(), statement.view()) == (claim.epoch, claim.parent_view)
        && statement.block().is_some_and(|(_, block)| block == claim.parent)
}

/// The view after; the last one stays.
pub(crate) fn next(view: View) -> View {
    view.next().unwrap_or(View::MAX)
}
