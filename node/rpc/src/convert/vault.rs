//! Vaults, what they pledge, and who owns them.

use crate::convert::hash;
use crate::reading::Reading;
use crate::refusal::Refusal;
use primitives::{AccountId, Amount, ServiceId};
use proto::vault::v1 as wire;
use runtime::delegation::{self, Allocation};
use runtime::vaults::{self, Charter, Closed, Custody, Holder, Limits, Serves, Vault, VaultId, Withdrawal};
use runtime::{assets, slashing};

pub(crate) fn charter(charter: &Charter) -> wire::Charter {
    let (services, any_within) = match &charter.serves {
        Serves::Listed(services) => (services.iter().map(|one| one.get()).collect(), None),
        Serves::Any {
            objective,
            subjective,
        } => (
            Vec::new(),
            Some(wire::FaultClasses {
                objective_bps: u32::from(objective.get()),
                subjective_bps: u32::from(subjective.get()),
            }),
        ),
    };
    wire::Charter {
        leverage_limit: charter.leverage_limit.raw().to_string(),
        services,
        any_within,
    }
}

fn limits(limits: &Limits) -> wire::Limits {
    wire::Limits {
        deposit_cap: limits.deposit_cap.map(|cap| cap.to_string()).unwrap_or_default(),
        min_deposit: limits.min_deposit.to_string(),
        allow_listed: limits.allow_listed,
    }
}

const fn closure(closed: Option<Closed>) -> wire::VaultClosure {
    match closed {
        None => wire::VaultClosure::Unspecified,
        Some(Closed::Emptied) => wire::VaultClosure::Emptied,
        Some(Closed::Grown) => wire::VaultClosure::Grown,
        Some(Closed::Coarse) => wire::VaultClosure::Coarse,
    }
}

/// What a vault pledges to one service.
pub(crate) fn pledge(
    reading: &Reading,
    vault: &VaultId,
    service: ServiceId,
    allocation: &Allocation,
) -> Result<wire::Pledge, Refusal> {
    let change = allocation.pending.map(|change| wire::PledgeChange {
        up: change.up,
        by: change.by.to_string(),
        since_ms: change.since.get(),
        due_ms: change.due.get(),
    });
    Ok(wire::Pledge {
        service_id: service.get(),
        magnitude: allocation.current.to_string(),
        slashable: delegation::slashable(reading.state(), vault, service)?.to_string(),
        backing: delegation::backing(reading.state(), vault, service)?.to_string(),
        change,
    })
}

pub(crate) fn vault(reading: &Reading, id: &VaultId, vault: &Vault) -> Result<wire::Vault, Refusal> {
    let (state, now) = (reading.state(), reading.now());
    let pool = &vault.pool;
    let next = vault.amendment.as_ref().filter(|(from, _)| *from > now);
    let pledges = delegation::allocations(state, id)?;
    let pledges = pledges
        .iter()
        .map(|(service, one)| pledge(reading, id, *service, one));
    let open = slashing::open_of(state, id, now)?;
    Ok(wire::Vault {
        id: hash(id),
        address: reading.vault(id),
        operator: reading.operator(&vault.operator),
        asset_id: vault.asset.get(),
        beacon: vault.custody == Custody::Beacon,
        charter: Some(charter(vault.charter_at(now))),
        next_charter: next.map(|(_, wider)| charter(wider)),
        next_charter_from_ms: next.map_or(0, |(from, _)| from.get()),
        limits: Some(limits(&vault.limits)),
        assets: pool.assets.to_string(),
        shares: pool.shares.to_string(),
        escrowed_shares: pool.escrowed.to_string(),
        staying_assets: pool.staying()?.to_string(),
        magnitude: pool.magnitude.to_string(),
        closure: closure(pool.closed()).into(),
        round: vault.round,
        value: assets::value(state, vault.asset, pool.assets)?.to_string(),
        pledges: pledges.collect::<Result<_, _>>()?,
        open_slashes: open.requests,
        open_slash_bps: u32::from(open.fraction.get()),
        buffer_cash: vaults::query::buffer(state, id)?.cash.to_string(),
    })
}

pub(crate) fn position(
    reading: &Reading,
    owner: &AccountId,
    position: &vaults::Position,
    worth: Amount,
) -> wire::Position {
    wire::Position {
        account: reading.account(owner),
        shares: position.shares.to_string(),
        worth: worth.to_string(),
        withdrawals: position.open,
    }
}

pub(crate) fn withdrawal(
    reading: &Reading,
    vault: &Vault,
    number: u64,
    entry: &Withdrawal,
) -> Result<wire::Withdrawal, Refusal> {
    let (owner, beneficiary) = match &entry.holder {
        Holder::Account { owner, beneficiary } => (reading.account(owner), reading.account(beneficiary)),
        Holder::Buffer => (String::new(), String::new()),
    };
    // Shares of a round that is over are worth nothing.
    let worth = if entry.round == vault.round {
        vault.pool.worth(entry.shares)?
    } else {
        Amount::ZERO
    };
    Ok(wire::Withdrawal {
        number,
        owner,
        beneficiary,
        shares: entry.shares.to_string(),
        worth: worth.to_string(),
        since_ms: entry.since.get(),
        due_ms: entry.due.get(),
    })
}
