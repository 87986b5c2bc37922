//! One view: its votes, certificates and proposal, and what we said in it.

use crate::tally::Tally;
use light_palisade::{Certificate, Statement, Vote, VoteKind};
use primitives::{BlockHash, Epoch, View};

/// What we said in a view, or are about to: it is in the log before it is signed. The rules of voting are here, in
/// one predicate, and nowhere else.
#[derive(Clone, Debug, Default)]
pub(crate) struct Own {
    notarized: Option<(View, BlockHash)>,
    nullified: bool,
    finalized: Option<(View, BlockHash)>,
    /// The signed votes, for sending them again.
    pub(crate) votes: Vec<Vote>,
}

impl Own {
    /// Whether the statement may be made (consensus.md, rules 3 to 5). No two statements that this allows one after
    /// the other are an offence:
    ///
    /// - S1, S2: at most one of each kind.
    /// - S3: no nullification after a finalization, and none the other way round.
    /// - S4: only the block that was notarized is finalized.
    ///
    /// A notarization after a nullification would be no offence, but could notarize a view that everybody has left.
    pub(crate) fn may(&self, statement: &Statement) -> bool {
        match statement.kind() {
            VoteKind::Notarize => self.notarized.is_none() && !self.nullified && self.finalized.is_none(),
            VoteKind::Nullify => !self.nullified && self.finalized.is_none(),
            VoteKind::Finalize => {
                self.finalized.is_none()
                    && !self.nullified
                    && self.notarized.is_some()
                    && self.notarized == statement.block()
            }
        }
    }

    /// Notes a statement as made. Recovery notes whatever the log holds.
    pub(crate) fn note(&mut self, statement: &Statement) {
        match statement.kind() {
            VoteKind::Notarize => self.notarized = statement.block(),
            VoteKind::Nullify => self.nullified = true,
            VoteKind::Finalize => self.finalized = statement.block(),
        }
    }

    /// Whether the statement was made.
    pub(crate) fn made(&self, statement: &Statement) -> bool {
        match statement.kind() {
            VoteKind::Notarize => self.notarized == statement.block(),
            VoteKind::Nullify => self.nullified,
            VoteKind::Finalize => self.finalized == statement.block(),
        }
    }

    /// Everything that was said, in the order in which it may be said.
    pub(crate) fn statements(&self, epoch: Epoch, view: View) -> impl Iterator<Item = Statement> {
        let notarize = self.notarized.map(|(parent_view, block)| Statement::Notarize {
            epoch,
            view,
            parent_view,
            block,
        });
        let nullify = self.nullified.then_some(Statement::Nullify { epoch, view });
        let finalize = self.finalized.map(|(parent_view, block)| Statement::Finalize {
            epoch,
            view,
            parent_view,
            block,
        });
        [notarize, nullify, finalize].into_iter().flatten()
    }

    /// Whether nothing was said yet.
    pub(crate) const fn is_silent(&self) -> bool {
        self.notarized.is_none() && !self.nullified && self.finalized.is_none()
    }

    /// The block that was notarized, and its parent's view.
    pub(crate) const fn notarized(&self) -> Option<(View, BlockHash)> {
        self.notarized
    }
}

/// A proposal whose justification holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Proposed {
    /// View in which the parent was notarized.
    pub(crate) parent_view: View,
    /// The block.
    pub(crate) block: BlockHash,
    /// Whether it is a block of this view, and not the boundary block again.
    pub(crate) fresh: bool,
}

/// One view.
#[derive(Clone, Debug)]
pub(crate) struct Round<G> {
    pub(crate) tally: Tally<G>,
    pub(crate) notarization: Option<Certificate>,
    pub(crate) nullification: Option<Certificate>,
    pub(crate) finalization: Option<Certificate>,
    /// The leader's first proposal.
    pub(crate) proposal: Option<Proposed>,
    /// The leader proposed something that breaks the rules.
    pub(crate) flawed: bool,
    /// The notarization, with its body, was announced.
    pub(crate) announced: bool,
    pub(crate) own: Own,
}

impl<G> Default for Round<G> {
    fn default() -> Self {
        Self {
            tally: Tally::default(),
            notarization: None,
            nullification: None,
            finalization: None,
            proposal: None,
            flawed: false,
            announced: false,
            own: Own::default(),
        }
    }
}

impl<G> Round<G> {
    /// The certificate of a kind.
    pub(crate) const fn certificate(&self, kind: VoteKind) -> Option<&Certificate> {
        match kind {
            VoteKind::Notarize => self.notarization.as_ref(),
            VoteKind::Nullify => self.nullification.as_ref(),
            VoteKind::Finalize => self.finalization.as_ref(),
        }
    }

    /// Every certificate held.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        [&self.finalization, &self.notarization, &self.nullification]
            .into_iter()
            .flatten()
    }

    /// Keeps a certificate of its kind.
    pub(crate) fn keep(&mut self, certificate: Certificate) {
        let place = match certificate.statement.kind() {
            VoteKind::Notarize => &mut self.notarization,
            VoteKind::Nullify => &mut self.nullification,
            VoteKind::Finalize => &mut self.finalization,
        };
        *place = Some(certificate);
    }

    /// The certificate that makes the view's block a possible parent: a finalization implies a notarization.
    pub(crate) fn block_certificate(&self) -> Option<&Certificate> {
        self.finalization.as_ref().or(self.notarization.as_ref())
    }

    /// The view's block, when a quorum stands behind it, and its parent's view.
    pub(crate) fn certified(&self) -> Option<(View, BlockHash)> {
        self.block_certificate().and_then(|c| c.statement.block())
    }

    /// The best proof that the view is over (consensus.md, rule 8).
    pub(crate) fn exit(&self) -> Option<&Certificate> {
        self.finalization
            .as_ref()
            .or(self.nullification.as_ref())
            .or(self.notarization.as_ref())
    }
}
