//! What the chain's own service needs of the rest: who serves it, what backs it, what that counts for, who is slashed.

use super::Wire;
use bank::InTransit;
use crypto::bls::KeyBytes;
use delegation::{Metadata, ServiceKey};
use dss::Refusal;
use kernel::{Ctx, Read, StateError, View};
use primitives::{AccountId, Amount, AssetId, Digest, Ratio, ServiceId};
use service_consensus::{Holding, Source, Valuation};
use staking::{Moniker, Penalty};

/// The name of an operator whose validator's is none for operators. Both are texts of 1 to 64 bytes without control
/// characters, so that this is never needed.
const UNNAMED: &str = "validator";

impl staking::Wiring for Wire {
    fn registered(ctx: &mut Ctx<'_>, operator: &AccountId, moniker: &Moniker) -> Result<(), staking::Error> {
        let metadata = Metadata::new(&moniker.to_text(), "")
            .or_else(|_| Metadata::new(UNNAMED, ""))
            .map_err(|_| crate::chain::ID.broken("a name fits"))?;
        delegation::enrol(ctx, operator, metadata)?;
        let joined = delegation::join(ctx, operator, ServiceId::CONSENSUS);
        joined.map_err(|error| match refusal(&error) {
            Refusal::Code(code) => staking::Error::Operator(code),
            Refusal::State(error) => error.into(),
        })
    }

    fn is_service_key(store: &dyn Read, key: &KeyBytes) -> Result<bool, StateError> {
        Ok(delegation::owner_of(store, &ServiceKey::Bls(*key))?.is_some())
    }

    fn stake(view: &View<'_>, operator: &AccountId, bonded: Amount) -> Result<Amount, StateError> {
        let mut stake = bonded;
        for holding in <Self as service_consensus::Wiring>::backing(view, operator)?.unwrap_or_default() {
            let valuation = <Self as service_consensus::Wiring>::valuation(view, holding.asset)?;
            stake = stake.saturating_add(valuation.value(holding.backing));
        }
        Ok(stake)
    }

    fn share(
        ctx: &mut Ctx<'_>,
        operator: &AccountId,
        bonded: Amount,
        earned: InTransit,
    ) -> Result<InTransit, StateError> {
        rewards::share_of_validator::<Self>(ctx, operator, bonded, earned)
    }

    fn slash_vaults(ctx: &mut Ctx<'_>, operator: &AccountId, penalty: &Penalty) -> Result<(), StateError> {
        let Some(power) = service_consensus::query::epoch(ctx, penalty.epoch)? else {
            return Err(crate::chain::ID.broken("whoever is in a set has power that is recorded"));
        };
        slashing::take_for_chain(ctx, operator, power.since, penalty.fraction, penalty.taken)
    }
}

/// What the module of operators refuses.
fn refusal(error: &delegation::Error) -> Refusal {
    if let delegation::Error::State(inner) = error {
        return Refusal::State(inner.clone());
    }
    Refusal::of(error, crate::chain::ID.broken("a membership fails with a code"))
}

impl service_consensus::Wiring for Wire {
    fn backing(view: &View<'_>, operator: &AccountId) -> Result<Option<Vec<Holding>>, StateError> {
        if !delegation::serves(view, operator, ServiceId::CONSENSUS)? {
            return Ok(None);
        }
        let mut all = Vec::new();
        for id in vaults::query::vaults_of(view, operator)? {
            let Some(vault) = vaults::vault(view, &id)? else {
                continue;
            };
            let backing = delegation::backing_of(view, &id, &vault, ServiceId::CONSENSUS)?;
            all.push(Holding {
                source: Source::Vault(Digest::new(*id.as_bytes())),
                asset: vault.asset,
                backing,
            });
        }
        Ok(Some(all))
    }

    fn valuation(view: &View<'_>, asset: AssetId) -> Result<Valuation, StateError> {
        let Some(terms) = assets::terms(view, asset)? else {
            // PAL backs the chain whether or not it may be restaked; nothing else does without terms.
            let price = if asset == AssetId::PAL {
                Ratio::ONE
            } else {
                Ratio::ZERO
            };
            return Ok(Valuation {
                price,
                ..Valuation::PAL
            });
        };
        let receipt = assets::asset(view, asset)?.is_none_or(|entry| entry.origin == assets::Origin::Receipt);
        Ok(Valuation {
            // Collateral counts once: what is backed by a vault's shares counts for nothing.
            price: if receipt {
                Ratio::ZERO
            } else {
                terms.valuation.price
            },
            haircut: terms.rules.haircut,
            cap: terms.rules.power_cap,
        })
    }

    fn join(ctx: &mut Ctx<'_>, operator: &AccountId) -> Result<(), Refusal> {
        delegation::join(ctx, operator, ServiceId::CONSENSUS).map_err(|error| refusal(&error))
    }

    fn leave(ctx: &mut Ctx<'_>, operator: &AccountId) -> Result<(), Refusal> {
        delegation::leave(ctx, operator, ServiceId::CONSENSUS).map_err(|error| refusal(&error))
    }
}
