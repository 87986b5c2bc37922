//! Saying under which terms an asset may be restaked.

use crate::error::Error;
use crate::event::TermsSet;
use crate::hooks::Wiring;
use crate::msg::{SetPriceSource, SetTerms};
use crate::price;
use crate::state::{self, TERMS};
use crate::valuation::{self, Terms};
use kernel::Ctx;
use primitives::AccountId;

/// Shall: only for the registrar; only for an asset that exists; the valuation stays as it was, and PAL's is its unit.
pub(crate) fn execute(ctx: &mut Ctx<'_>, sender: AccountId, message: SetTerms) -> Result<(), Error> {
    let registrar = state::registrar(ctx)?;
    if sender != registrar {
        return Err(Error::NotRegistrar { registrar });
    }
    let SetTerms { asset, rules } = message;
    let terms = match TERMS.get(ctx, &asset)? {
        Some(known) => Terms { rules, ..known },
        None => Terms::new(asset, rules),
    };
    valuation::check(ctx, asset, &terms)?;
    TERMS.put(ctx, &asset, &terms)?;
    Ok(ctx.emit(&TermsSet {
        asset,
        haircut: rules.haircut,
        power_cap: rules.power_cap,
        deposit_cap: rules.deposit_cap,
    })?)
}

/// Shall: only for the registrar; what `price` says of sources.
pub(crate) fn source<W: Wiring>(
    ctx: &mut Ctx<'_>,
    sender: AccountId,
    message: SetPriceSource,
) -> Result<(), Error> {
    let registrar = state::registrar(ctx)?;
    if sender != registrar {
        return Err(Error::NotRegistrar { registrar });
    }
    price::set_source::<W>(ctx, message.asset, message.source)
}
