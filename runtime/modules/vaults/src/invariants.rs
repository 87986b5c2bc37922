//! What must hold after every message.

use crate::id::VaultId;
use crate::state::{self, BUFFERS, FUNDERS, HELD, OWNED, POSITIONS, QUEUE, VAULTS, WITHDRAWALS};
use crate::types::{Holder, Magnitude, Position, Vault};
use kernel::{Invariant, Read, StateError, View, Violation};
use primitives::{AccountId, Amount, AssetId, Shares};
use std::collections::BTreeMap;

/// Every invariant of the module.
pub(crate) const ALL: &[Invariant] = &[
    Invariant {
        name: "vaults_are_backed",
        check: vaults_are_backed,
    },
    Invariant {
        name: "shares_add_up",
        check: shares_add_up,
    },
    Invariant {
        name: "withdrawals_are_queued_once",
        check: withdrawals_are_queued_once,
    },
    Invariant {
        name: "buffers_add_up",
        check: buffers_add_up,
    },
    Invariant {
        name: "vaults_can_pay",
        check: vaults_can_pay,
    },
];

/// Fails with `what` unless it `holds`.
fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds {
        Ok(())
    } else {
        Err(Violation::new(what()))
    }
}

fn add(sums: &mut BTreeMap<AssetId, Amount>, asset: AssetId, amount: Amount) {
    let sum = sums.entry(asset).or_default();
    *sum = sum.saturating_add(amount);
}

/// Per asset, the vault and buffer accounts hold exactly what vaults and buffers say.
fn vaults_are_backed(view: &View<'_>) -> Result<(), Violation> {
    let (mut vaults, mut buffers) = (BTreeMap::new(), BTreeMap::new());
    state::each(view, &VAULTS, |id, vault| {
        add(&mut vaults, vault.asset, vault.pool.assets);
        let cash = BUFFERS.or_default(view, &id)?.cash;
        add(&mut buffers, vault.asset, cash);
        Ok::<(), Violation>(())
    })?;
    for (sums, account) in [
        (&vaults, state::vault_account()),
        (&buffers, state::buffer_account()),
    ] {
        for (asset, said) in sums {
            let held = bank::balance(view, &account, *asset)?;
            ensure(held == *said, || {
                format!("{said} of asset {asset} where {held} is held")
            })?;
        }
    }
    for (asset, said) in &vaults {
        let noted = HELD.or_default(view, asset)?;
        ensure(noted == *said, || {
            format!("{noted} of asset {asset} noted where vaults have {said}")
        })?;
    }
    Ok(())
}

#[derive(Default)]
struct Leaving {
    shares: Shares,
    of_buffer: Shares,
    open: BTreeMap<AccountId, u32>,
}

/// What withdrawals say of each vault's present round, and how many each owner has.
fn leaving(store: &impl Read) -> Result<BTreeMap<VaultId, Leaving>, StateError> {
    let mut all: BTreeMap<VaultId, Leaving> = BTreeMap::new();
    state::each(store, &WITHDRAWALS, |_, entry| {
        let round = VAULTS.get(store, &entry.vault)?.map(|vault| vault.round);
        let sum = all.entry(entry.vault).or_default();
        let alive = round == Some(entry.round);
        if alive {
            sum.shares = sum.shares.saturating_add(entry.shares);
        }
        match entry.holder {
            Holder::Account { owner, .. } => {
                let open = sum.open.entry(owner).or_default();
                *open = open.saturating_add(1);
            }
            Holder::Buffer if alive => sum.of_buffer = sum.of_buffer.saturating_add(entry.shares),
            Holder::Buffer => {}
        }
        Ok::<(), StateError>(())
    })?;
    Ok(all)
}

/// A vault's shares are those of its owners and of those who leave; each owner knows how many withdrawals it has.
fn shares_add_up(view: &View<'_>) -> Result<(), Violation> {
    let mut positions: BTreeMap<VaultId, Vec<(AccountId, Position)>> = BTreeMap::new();
    state::each(view, &POSITIONS, |(vault, owner), position| {
        positions.entry(vault).or_default().push((owner, position));
        Ok::<(), Violation>(())
    })?;
    let mut leaving = leaving(view)?;
    state::each(view, &VAULTS, |id, vault| {
        let mut leaving = leaving.remove(&id).unwrap_or_default();
        let mut free = Shares::ZERO;
        for (owner, position) in positions.remove(&id).unwrap_or_default() {
            free = free.saturating_add(position.in_round(vault.round).shares);
            let open = leaving.open.remove(&owner).unwrap_or_default();
            ensure(open == position.open, || {
                format!(
                    "{owner} counts {} withdrawals from {id} and has {open}",
                    position.open
                )
            })?;
        }
        ensure(leaving.open.is_empty(), || {
            format!("a withdrawal from {id} is nobody's")
        })?;
        shares_of(&id, &vault, free, leaving.shares)?;
        let claims = BUFFERS.or_default(view, &id)?.claims;
        ensure(claims == leaving.of_buffer, || {
            format!(
                "the buffer of {id} says {claims} shares leave for it, and {} do",
                leaving.of_buffer
            )
        })
    })?;
    ensure(positions.is_empty() && leaving.is_empty(), || {
        "a share of no vault".to_owned()
    })
}

fn shares_of(id: &VaultId, vault: &Vault, free: Shares, leaving: Shares) -> Result<(), Violation> {
    let pool = vault.pool;
    ensure(leaving == pool.escrowed, || {
        format!("{id} has {} shares in escrow, and {leaving} leave", pool.escrowed)
    })?;
    let sum = free.saturating_add(leaving);
    ensure(sum == pool.shares, || {
        format!("{id} has {} shares, its owners {sum}", pool.shares)
    })
}

/// Each withdrawal stands in the queue once, and among its owner's once; nothing else does.
fn withdrawals_are_queued_once(view: &View<'_>) -> Result<(), Violation> {
    let (mut entries, mut owned) = (0usize, 0usize);
    state::each(view, &WITHDRAWALS, |number, entry| {
        entries = entries.saturating_add(1);
        ensure(QUEUE.contains(view, &(entry.due, number))?, || {
            format!("withdrawal {number} is not in the queue")
        })?;
        if let Holder::Account { owner, .. } = entry.holder {
            owned = owned.saturating_add(1);
            ensure(OWNED.contains(view, &(entry.vault, owner, number))?, || {
                format!("withdrawal {number} is not among its owner's")
            })?;
        }
        Ok::<(), Violation>(())
    })?;
    let queued = QUEUE.range(view, None, entries.saturating_add(1))?.len();
    let listed = OWNED.range(view, None, owned.saturating_add(1))?.len();
    ensure(queued == entries && listed == owned, || {
        format!("{entries} withdrawals, {queued} in the queue; {owned} owned, {listed} listed")
    })
}

/// A buffer's shares are its funders'.
fn buffers_add_up(view: &View<'_>) -> Result<(), Violation> {
    let mut sums: BTreeMap<VaultId, Shares> = BTreeMap::new();
    state::each(view, &FUNDERS, |(vault, _), shares| {
        let sum = sums.entry(vault).or_default();
        *sum = sum.saturating_add(shares);
        Ok::<(), Violation>(())
    })?;
    state::each(view, &BUFFERS, |id, buffer| {
        let sum = sums.remove(&id).unwrap_or_default();
        ensure(sum == buffer.shares, || {
            format!(
                "the buffer of {id} has {} shares, its funders {sum}",
                buffer.shares
            )
        })
    })?;
    ensure(sums.is_empty(), || "a share of no buffer".to_owned())
}

/// A vault can pay every share at its price; no more of it escrows than there is; its magnitude is at most the whole.
fn vaults_can_pay(view: &View<'_>) -> Result<(), Violation> {
    state::each(view, &VAULTS, |id, vault| {
        let pool = vault.pool;
        let worth = pool.worth(pool.shares).map_err(state::broken_math)?;
        let sound =
            worth <= pool.assets && pool.escrowed <= pool.shares && pool.magnitude <= Magnitude::WHOLE;
        ensure(sound, || format!("{id} cannot pay its shares: {pool:?}"))
    })
}
