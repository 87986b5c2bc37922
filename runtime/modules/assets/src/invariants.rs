//! What must hold between transactions.

use crate::genesis;
use crate::state::SYMBOLS;
use kernel::{Invariant, View, Violation};

/// All of them.
pub(crate) const ALL: &[Invariant] = &[Invariant {
    name: "assets_are_named_once",
    check: named_once,
}];

/// PAL is what it must be, and the index of symbols is exactly the assets' symbols.
fn named_once(view: &View<'_>) -> Result<(), Violation> {
    let registry = genesis::as_genesis(view)?;
    for entry in &registry.assets {
        genesis::check_native(entry.id, &entry.asset).map_err(|error| Violation::new(error.to_string()))?;
        let holder = SYMBOLS.get(view, &entry.asset.symbol.key())?;
        if holder != Some(entry.id) {
            return Err(Violation::new(format!(
                "{} is asset {}, the index says {holder:?}",
                entry.asset.symbol, entry.id
            )));
        }
    }
    // One more than there may be, so that a surplus is seen.
    let limit = registry.assets.len().saturating_add(1);
    let indexed = SYMBOLS.range(view, None, limit)?.len();
    if indexed == registry.assets.len() {
        Ok(())
    } else {
        Err(Violation::new(format!(
            "{indexed} symbols for {} assets",
            registry.assets.len()
        )))
    }
}
