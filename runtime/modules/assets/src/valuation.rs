//! Under which terms an asset may be restaked, and what a unit of it counts for.

use crate::error::Error;
use crate::event::Valued;
use crate::state::{self, TERMS};
use crate::types::Origin;
use borsh::{BorshDeserialize, BorshSerialize};
use kernel::{Ctx, Read, StateError};
use primitives::{Amount, AssetId, Bps, ChainClock, Ratio, Rounding};

/// What the registrar sets.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// What is taken off its value: it may be worth less when it is needed.
    pub haircut: Bps,
    /// The most that all vaults hold of it after a deposit, in base units; none for no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit_cap: Option<Amount>,
    /// The most of the chain's power that it may be, in all.
    pub power_cap: Bps,
}

impl Rules {
    /// Counts whole, as much as anybody likes: PAL's.
    pub const WHOLE: Self = Self {
        haircut: Bps::ZERO,
        deposit_cap: None,
        power_cap: Bps::ONE,
    };
}

/// The price that stake is valued at, and when it was set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Valuation {
    /// npal per base unit; zero for an asset that nobody has valued.
    pub price: Ratio,
    /// When, in chain time.
    pub at: ChainClock,
}

/// Under which terms an asset may be restaked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Terms {
    /// What the registrar set.
    pub rules: Rules,
    /// What a unit counts for.
    pub valuation: Valuation,
}

impl Terms {
    /// `rules` for an asset that nobody has valued yet; PAL counts for itself.
    #[must_use]
    pub fn new(asset: AssetId, rules: Rules) -> Self {
        let price = if asset == AssetId::PAL {
            Ratio::ONE
        } else {
            Ratio::ZERO
        };
        Self {
            rules,
            valuation: Valuation {
                price,
                at: ChainClock::ZERO,
            },
        }
    }

    /// What `amount` counts for, in npal: its value less the haircut. What would exceed 128 bits counts as the most
    /// that there is.
    #[must_use]
    pub fn value(&self, amount: Amount) -> Amount {
        // Rounding: what counts for power counts Down.
        let worth = self.valuation.price.apply(amount.get(), Rounding::Down);
        let worth = worth.unwrap_or(u128::MAX);
        let kept = Bps::ONE.get().saturating_sub(self.rules.haircut.get());
        let kept = Bps::new(kept).unwrap_or(Bps::ZERO);
        Amount::new(kept.of(worth, Rounding::Down).unwrap_or_default())
    }
}

/// Checks that `terms` fit their asset: it exists, and PAL is its own unit.
pub(crate) fn check(store: &impl Read, asset: AssetId, terms: &Terms) -> Result<(), Error> {
    if !state::exists(store, asset)? {
        return Err(Error::Unvalued { asset });
    }
    let pal = terms.valuation.price == Ratio::ONE && terms.rules.haircut == Bps::ZERO;
    if asset == AssetId::PAL && !pal {
        return Err(Error::PalIsTheUnit);
    }
    Ok(())
}

/// Under which terms an asset may be restaked; none for one that may not.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn terms(store: &(impl Read + ?Sized), asset: AssetId) -> Result<Option<Terms>, StateError> {
    TERMS.get(store, &asset)
}

/// What `amount` of an asset counts for as stake, in npal: nothing without terms, nothing for a receipt.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn value(store: &(impl Read + ?Sized), asset: AssetId, amount: Amount) -> Result<Amount, StateError> {
    let Some(terms) = terms(store, asset)? else {
        return Ok(Amount::ZERO);
    };
    let receipt = state::asset(store, asset)?.is_none_or(|entry| entry.origin == Origin::Receipt);
    Ok(if receipt {
        Amount::ZERO
    } else {
        terms.value(amount)
    })
}

/// Sets what a unit of an asset counts for. Where it comes from, and how fast it may rise, is the caller's to answer
/// for.
///
/// # Errors
/// [`Error::Unvalued`] for an asset without terms, [`Error::PalIsTheUnit`].
pub fn set_valuation(ctx: &mut Ctx<'_>, asset: AssetId, price: Ratio) -> Result<(), Error> {
    if asset == AssetId::PAL {
        return Err(Error::PalIsTheUnit);
    }
    let mut terms = TERMS.get(ctx, &asset)?.ok_or(Error::Unvalued { asset })?;
    terms.valuation = Valuation {
        price,
        at: ctx.chain_clock(),
    };
    TERMS.put(ctx, &asset, &terms)?;
    Ok(ctx.emit(&Valued { asset, price })?)
}
