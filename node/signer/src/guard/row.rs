//! What was signed in one view, and what may still be. Pure.

use light_palisade::Statement;
use primitives::codec::{Decode, Encode};
use primitives::{BlockHash, Epoch, View};
use serde::{Deserialize, Serialize};

/// A view of an epoch. Ordered by epoch, then view.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// The epoch.
    pub epoch: Epoch,
    /// The view within it. Nobody votes in view 0.
    pub view: View,
}

impl Slot {
    /// Before every vote: the watermark of a key that never signed.
    pub const FIRST: Self = Self::new(Epoch::ZERO, View::ZERO);
    /// After every vote: the watermark of a key that signs nothing any more.
    pub const LAST: Self = Self::new(Epoch::MAX, View::MAX);

    /// A view of an epoch.
    #[must_use]
    pub const fn new(epoch: Epoch, view: View) -> Self {
        Self { epoch, view }
    }

    /// The last of an epoch: with this watermark a key votes again from the next epoch on.
    #[must_use]
    pub const fn end_of(epoch: Epoch) -> Self {
        Self::new(epoch, View::MAX)
    }

    /// The slot that a statement is about.
    #[must_use]
    pub const fn of(statement: &Statement) -> Self {
        Self::new(statement.epoch(), statement.view())
    }
}

impl core::fmt::Display for Slot {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "epoch {}, view {}", self.epoch, self.view)
    }
}

/// The block that a vote is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// View in which the parent was notarized.
    pub parent_view: View,
    /// The block.
    pub block: BlockHash,
}

/// Everything that a key signed in one slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Row {
    /// The block it notarized.
    pub notarized: Option<Choice>,
    /// Whether it nullified the view.
    pub nullified: bool,
    /// The block it finalized.
    pub finalized: Option<Choice>,
}

/// Why a statement is not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Refusal {
    /// At or below the watermark, where what was signed is not known any more.
    #[error("at or below the watermark, where what was signed is not known any more")]
    BelowWatermark,
    /// S1: another block, or another parent, was notarized in this view.
    #[error("another block was notarized in this view")]
    AnotherNotarized,
    /// S2: another block was finalized in this view.
    #[error("another block was finalized in this view")]
    AnotherFinalized,
    /// S3: a Nullify after a Finalize.
    #[error("a block was finalized in this view, so it cannot be nullified")]
    NullifyAfterFinalize,
    /// S3: a Finalize after a Nullify.
    #[error("the view was nullified, so no block of it can be finalized")]
    FinalizeAfterNullify,
    /// S4: a Finalize of another block than was notarized.
    #[error("the block to finalize is not the one that was notarized in this view")]
    FinalizeNotNotarized,
    /// S4: a Notarize of another block than was finalized.
    #[error("the block to notarize is not the one that was finalized in this view")]
    NotarizeNotFinalized,
    /// The protocol's rule 5: no Notarize after a Nullify.
    #[error("the view was nullified, so no block of it can be notarized")]
    NotarizeAfterNullify,
    /// The signer is another process, and signs for another node.
    #[error("the signer signs for another node")]
    NotHolder,
    /// The signer is another process, and gave no answer in time: what it was asked for may be signed later, never
    /// otherwise.
    #[error("the signer did not answer")]
    Unreachable,
}

impl Refusal {
    /// Every one.
    pub const ALL: [Self; 10] = [
        Self::BelowWatermark,
        Self::AnotherNotarized,
        Self::AnotherFinalized,
        Self::NullifyAfterFinalize,
        Self::FinalizeAfterNullify,
        Self::FinalizeNotNotarized,
        Self::NotarizeNotFinalized,
        Self::NotarizeAfterNullify,
        Self::NotHolder,
        Self::Unreachable,
    ];

    /// Its name as a metric's label.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::BelowWatermark => "below_watermark",
            Self::AnotherNotarized => "another_notarized",
            Self::AnotherFinalized => "another_finalized",
            Self::NullifyAfterFinalize => "nullify_after_finalize",
            Self::FinalizeAfterNullify => "finalize_after_nullify",
            Self::FinalizeNotNotarized => "finalize_not_notarized",
            Self::NotarizeNotFinalized => "notarize_not_finalized",
            Self::NotarizeAfterNullify => "notarize_after_nullify",
            Self::NotHolder => "not_holder",
            Self::Unreachable => "unreachable",
        }
    }
}

impl Row {
    /// The row after `statement` is signed too.
    ///
    /// # Errors
    /// The [`Refusal`] when that would be slashable or against the protocol. A statement that was signed before may
    /// always be signed again, and leaves the row as it is.
    ///
    /// # Source
    /// consensus.md, section 1.3 (S1 to S4) and section 1.2, rule 5.
    pub fn with(self, statement: &Statement) -> Result<Self, Refusal> {
        match *statement {
            Statement::Notarize {
                parent_view, block, ..
            } => self.notarize(Choice { parent_view, block }),
            Statement::Nullify { .. } => self.nullify(),
            Statement::Finalize {
                parent_view, block, ..
            } => self.finalize(Choice { parent_view, block }),
        }
    }

    fn notarize(self, choice: Choice) -> Result<Self, Refusal> {
        match (self.notarized, self.finalized) {
            (Some(signed), _) if signed == choice => Ok(self),
            (Some(_), _) => Err(Refusal::AnotherNotarized),
            (None, Some(finalized)) if finalized != choice => Err(Refusal::NotarizeNotFinalized),
            (None, _) if self.nullified => Err(Refusal::NotarizeAfterNullify),
            (None, _) => Ok(Self {
                notarized: Some(choice),
                ..self
            }),
        }
    }

    fn nullify(self) -> Result<Self, Refusal> {
        if self.finalized.is_some() {
            return Err(Refusal::NullifyAfterFinalize);
        }
        Ok(Self {
            nullified: true,
            ..self
        })
    }

    fn finalize(self, choice: Choice) -> Result<Self, Refusal> {
        match (self.finalized, self.notarized) {
            (Some(signed), _) if signed == choice => Ok(self),
            (Some(_), _) => Err(Refusal::AnotherFinalized),
            (None, _) if self.nullified => Err(Refusal::FinalizeAfterNullify),
            (None, Some(notarized)) if notarized != choice => Err(Refusal::FinalizeNotNotarized),
            (None, _) => Ok(Self {
                finalized: Some(choice),
                ..self
            }),
        }
    }

    /// What both rows together say; `None` when they contradict each other or are slashable together.
    #[must_use]
    pub fn union(self, other: Self) -> Option<Self> {
        let both = Self {
            notarized: agree(self.notarized, other.notarized)?,
            nullified: self.nullified || other.nullified,
            finalized: agree(self.finalized, other.finalized)?,
        };
        both.is_clean().then_some(both)
    }

    /// Whether nothing in it is slashable.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        match (self.notarized, self.finalized) {
            (_, Some(_)) if self.nullified => false,
            (Some(notarized), Some(finalized)) => notarized == finalized,
            _ => true,
        }
    }

    /// Whether everything that `earlier` says is still said.
    pub(super) fn extends(&self, earlier: &Self) -> bool {
        self.union(*earlier) == Some(*self)
    }
}

/// The one that is there; `None` when both are and differ.
fn agree(ours: Option<Choice>, theirs: Option<Choice>) -> Option<Option<Choice>> {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) if ours != theirs => None,
        (ours, theirs) => Some(ours.or(theirs)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EPOCH: Epoch = Epoch::new(1);
    const VIEW: View = View::new(5);

    fn notarize(parent: u64, block: u8) -> Statement {
        Statement::Notarize {
            epoch: EPOCH,
            view: VIEW,
            parent_view: View::new(parent),
            block: BlockHash::new([block; 32]),
        }
    }

    fn finalize(parent: u64, block: u8) -> Statement {
        Statement::Finalize {
            epoch: EPOCH,
            view: VIEW,
            parent_view: View::new(parent),
            block: BlockHash::new([block; 32]),
        }
    }

    const NULLIFY: Statement = Statement::Nullify {
        epoch: EPOCH,
        view: VIEW,
    };

    fn after(statements: &[Statement]) -> Row {
        statements
            .iter()
            .fold(Row::default(), |row, statement| row.with(statement).unwrap())
    }

    #[test]
    fn each_refusal_once() {
        let cases: [(&[Statement], Statement, Refusal); 9] = [
            (&[notarize(4, 1)], notarize(4, 2), Refusal::AnotherNotarized),
            (&[notarize(4, 1)], notarize(3, 1), Refusal::AnotherNotarized),
            (&[finalize(4, 1)], finalize(4, 2), Refusal::AnotherFinalized),
            (&[finalize(4, 1)], NULLIFY, Refusal::NullifyAfterFinalize),
            (&[NULLIFY], finalize(4, 1), Refusal::FinalizeAfterNullify),
            (&[notarize(4, 1)], finalize(4, 2), Refusal::FinalizeNotNotarized),
            (&[finalize(4, 1)], notarize(4, 2), Refusal::NotarizeNotFinalized),
            (&[NULLIFY], notarize(4, 1), Refusal::NotarizeAfterNullify),
            (
                &[notarize(4, 1), NULLIFY],
                finalize(4, 1),
                Refusal::FinalizeAfterNullify,
            ),
        ];
        for (signed, statement, refusal) in cases {
            assert_eq!(after(signed).with(&statement), Err(refusal), "{signed:?}");
        }
    }

    #[test]
    fn what_was_signed_may_be_signed_again() {
        for signed in [
            vec![notarize(4, 1), finalize(4, 1)],
            vec![finalize(4, 1), notarize(4, 1)],
            vec![notarize(4, 1), NULLIFY],
        ] {
            let row = after(&signed);
            for statement in &signed {
                assert_eq!(row.with(statement), Ok(row));
            }
        }
    }

    #[test]
    fn rows_that_are_slashable_together_have_no_union() {
        let [notarized, nullified, finalized] =
            [notarize(4, 1), NULLIFY, finalize(4, 1)].map(|statement| after(&[statement]));
        assert!(notarized.union(finalized).is_some());
        assert!(notarized.union(nullified).is_some());
        assert_eq!(nullified.union(finalized), None);
        assert_eq!(finalized.union(after(&[notarize(4, 2)])), None);
        assert_eq!(notarized.union(after(&[notarize(4, 2)])), None);
        assert!(after(&[notarize(4, 1), NULLIFY]).extends(&notarized));
        assert!(!notarized.extends(&nullified));
    }
}
