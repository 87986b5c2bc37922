//! What services need of the rest: what stake is worth, which of them is asked, who is paid.

use super::Wire;
use attested::Attested;
use bank::InTransit;
use dss::{Accusation, Kind, MemberChange, Nature, Phase, Refusal, Service, Stake, Terms};
use kernel::{Ctx, Read, StateError, View};
use oracle::Oracle;
use primitives::{AccountId, Amount, AssetId, Bps, Coin, Epoch, MathError, Rounding, ServiceId};
use vaults::VaultId;

/// What a service asks of a vault that holds `asset`, as far as pledges depend on that.
pub(super) fn pledge_terms(
    ctx: &Ctx<'_>,
    service: ServiceId,
    asset: AssetId,
) -> Result<Option<delegation::Terms>, StateError> {
    let Some(record) = dss::query::service(ctx, service)? else {
        return Ok(None);
    };
    let most = |nature| {
        let classes = record.terms.classes.iter().filter(|class| class.nature == nature);
        // A rise that waits counts already: whoever pledges now bears it then.
        let caps = classes.map(|class| class.rise.map_or(class.most, |rise| rise.most.max(class.most)));
        caps.max().unwrap_or(Bps::ZERO)
    };
    Ok(Some(delegation::Terms {
        objective: most(Nature::Objective),
        subjective: most(Nature::Subjective),
        burns: record.terms.destination == dss::Destination::Burn,
        accepts: record
            .terms
            .accepted
            .iter()
            .any(|accepted| accepted.asset == asset),
        open: matches!(record.phase, Phase::Draft | Phase::Active),
    }))
}

const fn broken(_: MathError) -> StateError {
    crate::chain::ID.broken("a part of a value fits where the value does")
}

/// What an amount of an asset counts for a service, after the service's own haircut.
fn counted(store: &(impl Read + ?Sized), terms: &Terms, coin: Coin) -> Result<Amount, StateError> {
    let accepted = terms
        .accepted
        .iter()
        .find(|accepted| accepted.asset == coin.asset);
    let Some(accepted) = accepted else {
        return Ok(Amount::ZERO);
    };
    let worth = assets::value(store, coin.asset, coin.amount)?;
    // Rounding: what counts goes Down, so the haircut goes Up.
    let cut = accepted.haircut.of(worth.get(), Rounding::Up).map_err(broken)?;
    Ok(worth.saturating_sub(Amount::new(cut)))
}

impl dss::Wiring for Wire {
    fn stake(
        view: &View<'_>,
        service: ServiceId,
        terms: &Terms,
        operator: &AccountId,
    ) -> Result<Stake, StateError> {
        let mut stake = Stake::default();
        for id in vaults::query::vaults_of(view, operator)? {
            let Some(vault) = vaults::vault(view, &id)? else {
                continue;
            };
            let backing = delegation::backing(view, &id, service)?;
            if backing.is_zero() {
                continue;
            }
            let of = |amount| Coin {
                asset: vault.asset,
                amount,
            };
            let own = delegation::self_stake(view, &id)?.min(backing);
            stake.total = stake.total.saturating_add(counted(view, terms, of(backing))?);
            stake.own = stake.own.saturating_add(counted(view, terms, of(own))?);
        }
        Ok(stake)
    }

    fn member_changed(
        ctx: &mut Ctx<'_>,
        kind: Kind,
        service: ServiceId,
        operator: &AccountId,
        change: MemberChange,
    ) -> Result<(), Refusal> {
        match kind {
            Kind::Attested => Attested::member_changed(ctx, service, operator, change),
            Kind::Oracle => Oracle::<Self>::member_changed(ctx, service, operator, change),
        }
    }

    fn slot(
        view: &View<'_>,
        kind: Kind,
        service: ServiceId,
        task: u64,
        slot: u64,
    ) -> Result<Option<Epoch>, StateError> {
        match kind {
            Kind::Attested => Attested::slot(view, service, task, slot),
            Kind::Oracle => Oracle::<Self>::slot(view, service, task, slot),
        }
    }

    fn verify(ctx: &mut Ctx<'_>, kind: Kind, accusation: &Accusation<'_>) -> Result<u8, Refusal> {
        match kind {
            Kind::Attested => Attested::verify(ctx, accusation),
            Kind::Oracle => Oracle::<Self>::verify(ctx, accusation),
        }
    }

    fn pay(
        ctx: &mut Ctx<'_>,
        service: ServiceId,
        operator: &AccountId,
        fee: InTransit,
    ) -> Result<(), StateError> {
        rewards::earn(ctx, service, operator, fee)
    }
}

impl slashing::Wiring for Wire {
    fn worth(store: &dyn Read, coin: Coin) -> Result<Amount, StateError> {
        assets::value(store, coin.asset, coin.amount)
    }

    fn compensate(ctx: &mut Ctx<'_>, vault: &VaultId, amount: InTransit) -> Result<(), StateError> {
        // A vault that nobody owns any more takes nothing: then nobody gets it.
        rewards::credit_vault(ctx, vault, amount)?.map_or(Ok(()), |refused| bank::destroy(ctx, refused))
    }
}

impl rewards::Wiring for Wire {
    fn counts(store: &dyn Read, service: ServiceId, id: &VaultId) -> Result<Amount, StateError> {
        let Some(vault) = vaults::vault(store, id)? else {
            return Ok(Amount::ZERO);
        };
        let backing = delegation::backing(store, id, service)?;
        if service == ServiceId::CONSENSUS {
            return assets::value(store, vault.asset, backing);
        }
        let coin = Coin {
            asset: vault.asset,
            amount: backing,
        };
        let found = dss::query::service(store, service)?;
        found.map_or(Ok(Amount::ZERO), |record| counted(store, &record.terms, coin))
    }
}
