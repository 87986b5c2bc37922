//! A simulated signer's guard: each thing is signed once per (epoch, view). Durable as soon as it answers. Written
//! from consensus.md, section 1.3, and not from the guard that production runs.

use light_palisade::Statement;
use primitives::BlockHash;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    notarized: Option<(u64, BlockHash)>,
    nullified: bool,
    finalized: Option<(u64, BlockHash)>,
}

/// What a validator has signed.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    rows: BTreeMap<(u64, u64), Row>,
}

impl Guard {
    /// Whether the statement neither contradicts nor changes what was signed in its view.
    #[must_use]
    pub fn permits(&self, statement: &Statement) -> bool {
        let slot = (statement.epoch().get(), statement.view().get());
        let row = self.rows.get(&slot).copied().unwrap_or_default();
        let same_or_none =
            |held: Option<(u64, BlockHash)>, new: (u64, BlockHash)| held.is_none_or(|held| held == new);
        match statement {
            Statement::Notarize {
                parent_view, block, ..
            } => {
                let new = (parent_view.get(), *block);
                same_or_none(row.notarized, new) && same_or_none(row.finalized, new)
            }
            Statement::Nullify { .. } => row.finalized.is_none(),
            Statement::Finalize {
                parent_view, block, ..
            } => {
                let new = (parent_view.get(), *block);
                !row.nullified && same_or_none(row.notarized, new) && same_or_none(row.finalized, new)
            }
        }
    }

    /// Notes a statement as signed.
    pub fn note(&mut self, statement: &Statement) {
        let slot = (statement.epoch().get(), statement.view().get());
        let row = self.rows.entry(slot).or_default();
        match statement {
            Statement::Notarize {
                parent_view, block, ..
            } => row.notarized = Some((parent_view.get(), *block)),
            Statement::Nullify { .. } => row.nullified = true,
            Statement::Finalize {
                parent_view, block, ..
            } => row.finalized = Some((parent_view.get(), *block)),
        }
    }
}
