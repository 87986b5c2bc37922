//! What must hold of restaking, whatever happens. The paper says the same as the chain when this is asked, so it is
//! asked of whichever is at hand.

use crate::both::Both;
use crate::paper::{ASSETS, Paper, SERVICES, Vault, WHOLE, floor};

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

/// 1, 9: what there is of an asset is what everybody, every vault and every purse has, and what was destroyed is gone.
pub(crate) fn money(both: &Both) -> Result<(), String> {
    let paper = &both.paper;
    let supply = both.real.supply();
    for of in 0..ASSETS {
        let free = paper.balances.iter().filter(|((_, asset), _)| *asset == of);
        let free = free.fold(0u128, |sum, (_, amount)| sum + amount);
        let kept = paper.vaults.iter().filter(|vault| vault.asset == of);
        let kept = kept.fold(0, |sum, vault| sum + vault.assets + vault.cash);
        let owed = paper.owed.values().filter(|(_, asset, _)| *asset == of);
        let owed = owed.fold(0, |sum, (_, _, amount)| sum + amount);
        ensure(supply[of] + paper.burned[of] == both.all[of], || {
            format!(
                "{} of asset {of} where {} less {} should be",
                supply[of], both.all[of], paper.burned[of]
            )
        })?;
        if of > 0 {
            let pools = paper.rewards.held[of];
            ensure(free + kept + owed + pools == supply[of], || {
                format!(
                    "asset {of}: {free} free, {kept} kept, {owed} owed, {pools} in pools, {} in all",
                    supply[of]
                )
            })?;
        }
        let purse = both.real.balance(&vaults::vault_account(), of);
        let assets = paper.vaults.iter().filter(|vault| vault.asset == of);
        let assets = assets.fold(0, |sum, vault| sum + vault.assets);
        ensure(purse == assets, || {
            format!("vaults have {assets} of {of}, their account {purse}")
        })?;
        let rewards = both.real.balance(&rewards::pool_account(), of);
        ensure(rewards == paper.rewards.held[of], || {
            format!("rewards of {} are {rewards} of {of}", paper.rewards.held[of])
        })?;
        let held = both.real.balance(&slashing::held_account(), of);
        let bonds = if of == 0 { paper.bonds } else { 0 };
        ensure(held == owed + bonds, || {
            format!("{held} of {of} held, {owed} owed, {bonds} in bonds")
        })?;
    }
    let fees = both.real.balance(&dss::fee_account(), 0);
    ensure(fees == paper.fees, || {
        format!("fees of {} are {fees}", paper.fees)
    })
}

/// 2, 7: a vault can pay every share at its price; a pledge is no larger than the vault; who pledges once does.
pub(crate) fn vault(vault: &Vault, now: u64) -> Result<(), String> {
    let supply = vault.supply();
    ensure(vault.worth(supply) <= vault.assets, || {
        format!("{supply} shares cannot be paid: {vault:?}")
    })?;
    ensure(vault.whole <= WHOLE, || "a magnitude beyond the whole".to_owned())?;
    let mut sum = 0;
    for pledge in &vault.pledges {
        ensure(pledge.now <= vault.whole, || {
            format!("a pledge beyond its vault: {pledge:?}")
        })?;
        sum += pledge.now;
    }
    let once = vault.leverage_at(now) <= WHOLE;
    ensure(!once || sum <= vault.whole, || {
        format!("{sum} pledged of {} once", vault.whole)
    })
}

/// The price of each vault's shares, as a fraction.
pub(crate) fn prices(paper: &Paper) -> Vec<(u128, u128, u128)> {
    let of = |vault: &Vault| (vault.assets + 1, vault.supply() + 1_000, vault.whole);
    paper.vaults.iter().map(of).collect()
}

/// 3, 7: no price falls but by a slash, and no magnitude changes.
pub(crate) fn price_stays(before: &[(u128, u128, u128)], paper: &Paper) -> Result<(), String> {
    type Wide = ruint::Uint<256, 4>;
    for ((assets, shares, whole), (new_assets, new_shares, new_whole)) in before.iter().zip(prices(paper)) {
        let was = Wide::from(*assets) * Wide::from(new_shares);
        let is = Wide::from(new_assets) * Wide::from(*shares);
        ensure(is >= was, || {
            format!("a price fell from {assets}/{shares} to {new_assets}/{new_shares}")
        })?;
        ensure(*whole == new_whole, || {
            format!("a magnitude went from {whole} to {new_whole}")
        })?;
    }
    Ok(())
}

/// 4, 6: a slash takes no more than its part; where each unit is pledged once, others' stake stays.
pub(crate) fn slashes(paper: &Paper) -> Result<(), String> {
    paper.slashed.iter().try_for_each(|one| {
        ensure(one.taken <= one.most, || {
            format!("too much of vault {}: {one:?}", one.vault)
        })?;
        ensure(one.others <= 1, || format!("others' stake changed: {one:?}"))
    })
}

/// 2, 8: what a vault has in escrow is what its open withdrawals have; open requests are counted once.
pub(crate) fn exits(paper: &Paper) -> Result<(), String> {
    for (place, vault) in paper.vaults.iter().enumerate() {
        let open = paper.exits.values().filter(|exit| exit.vault == place);
        let alive = open.filter(|exit| !exit.is_void());
        let escrow = alive.fold(0, |sum, exit| sum + exit.shares);
        ensure(escrow == vault.leaving, || {
            format!("{escrow} leave {place}, {} are in escrow", vault.leaving)
        })?;
    }
    let open = paper.requests.values().filter(|one| one.open).count() as u128;
    ensure(paper.bonds == open * crate::paper::BOND, || {
        format!("{open} requests are open, {} is bonded", paper.bonds)
    })
}

/// 10: caps of services, and pledges of members alone.
pub(crate) fn members(paper: &Paper) -> Result<(), String> {
    use crate::paper::Standing;
    for vault in &paper.vaults {
        for (number, pledge) in (0..SERVICES as u32).zip(&vault.pledges) {
            let standing = paper.members.get(&(vault.operator, number)).copied();
            let member = standing.is_some_and(|standing| standing != Standing::Left);
            ensure(pledge.now == 0 || member, || {
                format!("{} pledges to {number}", vault.operator)
            })?;
            ensure(
                floor(vault.assets, pledge.now, vault.whole.max(1)) <= vault.assets,
                || "more is slashable than there is".to_owned(),
            )?;
        }
    }
    Ok(())
}
