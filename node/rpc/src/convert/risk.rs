//! How stake hangs together.

use crate::reading::Reading;
use primitives::{Amount, Bps, Digest, ServiceId};
use proto::risk::v1 as wire;
use runtime::query::risk::{Bound, Concentration, Loss, Standing};
use runtime::vaults::Vault;

pub(crate) fn exposure(
    reading: &Reading,
    (id, vault): (&Digest, &Vault),
    service: ServiceId,
    (amount, value): (Amount, Amount),
    most: Bps,
) -> wire::Exposure {
    wire::Exposure {
        vault: reading.vault(id),
        operator: reading.operator(&vault.operator),
        service_id: service.get(),
        asset_id: vault.asset.get(),
        slashable: amount.to_string(),
        value: value.to_string(),
        most_bps: u32::from(most.get()),
    }
}

pub(crate) fn loss(reading: &Reading, loss: &Loss) -> wire::VaultLoss {
    wire::VaultLoss {
        vault: reading.vault(&loss.vault),
        asset_id: loss.taken.asset.get(),
        taken: loss.taken.amount.to_string(),
        value: loss.value.to_string(),
        own: loss.own.to_string(),
        left: loss.left.to_string(),
    }
}

pub(crate) fn standing(standing: &Standing) -> wire::StakeAfter {
    let bounds = standing.short_of.iter().map(|bound| match bound {
        Bound::Nothing => wire::RiskBound::Nothing,
        Bound::Stake => wire::RiskBound::Stake,
        Bound::OwnStake => wire::RiskBound::OwnStake,
        Bound::Reputation => wire::RiskBound::Reputation,
    });
    wire::StakeAfter {
        service_id: standing.service.get(),
        before: standing.before.to_string(),
        after: standing.after.to_string(),
        reached: standing.reached,
        short_of: bounds.map(i32::from).collect(),
        eligible: u32::from(standing.eligible),
        min_operators: u32::from(standing.needed),
    }
}

pub(crate) fn concentration(
    service: ServiceId,
    found: &Concentration,
    corrupts: Bps,
) -> wire::ConcentrationMetrics {
    wire::ConcentrationMetrics {
        service_id: service.get(),
        operators: found.operators,
        total: found.total.to_string(),
        largest_bps: found.largest,
        herfindahl_bps: found.herfindahl,
        effective_hundredths: found.effective,
        corrupting_bps: u32::from(corrupts.get()),
        nakamoto: found.nakamoto,
        ..wire::ConcentrationMetrics::default()
    }
}
