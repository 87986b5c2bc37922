//! Shares, exits and buffers.

use super::{ALL, CHARTER, Done, EXITS, Exit, KEPT, Paper, VETO, Vault, WHOLE, WITHDRAWAL, ceil, floor};

/// Fees of a buffer, and what it keeps back, in basis points.
const FEES: (u128, u128) = (10, 500);
const RETAINED: u128 = 1_000;

/// Whether a pool is too worn for more.
fn worn(assets: u128, shares: u128) -> bool {
    shares > 0 && shares >= assets.saturating_mul(1_000_000_000)
}

fn worth(assets: u128, supply: u128, shares: u128) -> u128 {
    floor(shares, assets + 1, supply + 1_000)
}

impl Vault {
    pub(crate) fn new(operator: u8, asset: usize, leverage: u128) -> Self {
        Self {
            operator,
            asset,
            leverage,
            whole: WHOLE,
            ..Self::default()
        }
    }

    pub(crate) fn supply(&self) -> u128 {
        self.owners
            .values()
            .fold(self.leaving, |sum, shares| sum + shares)
    }

    pub(crate) fn worth(&self, shares: u128) -> u128 {
        worth(self.assets, self.supply(), shares)
    }

    pub(crate) fn closed(&self) -> bool {
        self.whole < 1_000_000_000_000 || worn(self.assets, self.supply())
    }

    pub(crate) fn funded(&self) -> u128 {
        self.funders
            .values()
            .fold(0u128, |sum, shares| sum.saturating_add(*shares))
    }

    /// The charter's leverage at `now`.
    pub(crate) fn leverage_at(&self, now: u64) -> u128 {
        self.wider
            .filter(|(from, _)| *from <= now)
            .map_or(self.leverage, |(_, wider)| wider)
    }
}

/// The shares that `amount` buys of a pool; none where they do not fit.
fn bought(assets: u128, supply: u128, amount: u128) -> Option<u128> {
    let shares = floor(amount, supply + 1_000, assets + 1);
    (shares < u128::MAX && shares.checked_add(supply + 1_000).is_some()).then_some(shares)
}

impl Paper {
    pub(crate) fn deposit(
        &mut self,
        who: u8,
        at: usize,
        amount: u128,
        (least, accepted): (u128, u16),
    ) -> Done {
        if amount == 0 {
            return Err("ZERO_AMOUNT");
        }
        let (open, _, _) = self.open(at);
        let vault = &self.vaults[at];
        if vault.listed && !vault.allowed.contains(&who) {
            return Err("NOT_ALLOWED");
        }
        if amount < vault.least {
            return Err("DEPOSIT_TOO_SMALL");
        }
        if open > u128::from(accepted) {
            return Err("OPEN_SLASH");
        }
        if amount > self.balance(who, vault.asset) {
            return Err("INSUFFICIENT_FUNDS");
        }
        if vault.closed() {
            return Err("VAULT_CLOSED");
        }
        let shares = bought(vault.assets, vault.supply(), amount).ok_or("OVERFLOW")?;
        if shares == 0 || shares < least {
            return Err("TOO_FEW_SHARES");
        }
        if vault.cap.is_some_and(|cap| vault.assets + amount > cap) {
            return Err("DEPOSIT_CAP");
        }
        self.take(who, self.vaults[at].asset, amount)?;
        self.settle_owner(at, who);
        let vault = &mut self.vaults[at];
        vault.assets += amount;
        *vault.owners.entry(who).or_default() += shares;
        Ok(())
    }

    fn queue(&mut self, vault: usize, holder: Option<(u8, u8)>, shares: u128) {
        let exit = Exit {
            vault,
            holder,
            shares,
            asked: self.now,
            due: self.now + WITHDRAWAL,
            void: false,
        };
        self.exit_queue.insert((exit.due, self.exit_count));
        self.exits.insert(self.exit_count, exit);
        self.exit_count += 1;
        self.vaults[vault].leaving += shares;
    }

    fn may_leave(&self, who: u8, at: usize, shares: u128) -> Done {
        if shares > self.vaults[at].owners.get(&who).copied().unwrap_or(0) {
            return Err("NOT_OWNED");
        }
        let mine = |exit: &&Exit| exit.vault == at && exit.holder.is_some_and(|(owner, _)| owner == who);
        if self.exits.values().filter(mine).count() >= EXITS {
            return Err("TOO_MANY_WITHDRAWALS");
        }
        Ok(())
    }

    pub(crate) fn withdraw(&mut self, who: u8, at: usize, shares: u128, to: u8) -> Done {
        if shares == 0 {
            return Err("ZERO_AMOUNT");
        }
        self.may_leave(who, at, shares)?;
        self.settle_owner(at, who);
        *self.vaults[at].owners.entry(who).or_default() -= shares;
        self.queue(at, Some((who, to)), shares);
        Ok(())
    }

    /// The exit that is due next.
    pub(crate) fn next_exit(&self) -> Option<u64> {
        self.exit_queue.first().map(|(_, number)| *number)
    }

    pub(crate) fn claim(&mut self, number: u64) -> Done {
        let exit = self.exits.get(&number).ok_or("UNKNOWN_WITHDRAWAL")?;
        if exit.due > self.now {
            return Err("WITHDRAWAL_NOT_DUE");
        }
        if self.open(exit.vault).1 {
            return Err("SLASH_DUE");
        }
        self.settle(number);
        Ok(())
    }

    /// Pays an exit, and ends it.
    pub(super) fn settle(&mut self, number: u64) {
        let Some(exit) = self.exits.remove(&number) else {
            return;
        };
        self.exit_queue.remove(&(exit.due, number));
        let now = self.now;
        let vault = &mut self.vaults[exit.vault];
        let amount = if exit.void { 0 } else { vault.worth(exit.shares) };
        if !exit.void {
            vault.leaving -= exit.shares;
            vault.exits.push((exit.asked, now));
        }
        vault.assets -= amount;
        match exit.holder {
            Some((_, to)) => {
                let asset = vault.asset;
                self.pay(to, asset, amount);
            }
            None => {
                vault.cash += amount;
                if !exit.void {
                    vault.claims -= exit.shares;
                }
            }
        }
    }

    pub(crate) fn sell(&mut self, who: u8, at: usize, shares: u128) -> Done {
        if shares == 0 {
            return Err("ZERO_AMOUNT");
        }
        let (fraction, due, _) = self.open(at);
        let vault = &self.vaults[at];
        if vault.operator == who || due || fraction > 0 {
            return Err("NOT_FOR_SALE");
        }
        let retained = ceil(shares, RETAINED, ALL);
        let sold = shares - retained;
        self.may_leave(who, at, shares)?;
        let (worth, before) = (vault.worth(sold), vault.worth(vault.claims));
        let all = vault.cash + before;
        let fee = if all == 0 {
            FEES.1
        } else {
            FEES.0 + ceil(FEES.1 - FEES.0, all.min(before + worth), all)
        };
        let price = worth - ceil(worth, fee, ALL);
        if price == 0 {
            return Err("TOO_LITTLE");
        }
        if vault.cash < price {
            return Err("BUFFER_SHORT");
        }
        let asset = vault.asset;
        self.settle_owner(at, who);
        let vault = &mut self.vaults[at];
        *vault.owners.entry(who).or_default() -= shares;
        vault.cash -= price;
        vault.claims += sold;
        self.queue(at, Some((who, who)), retained);
        self.queue(at, None, sold);
        self.pay(who, asset, price);
        Ok(())
    }

    pub(crate) fn fund_buffer(&mut self, who: u8, at: usize, amount: u128) -> Done {
        if amount == 0 {
            return Err("ZERO_AMOUNT");
        }
        let vault = &self.vaults[at];
        let (asset, funded) = (vault.asset, vault.funded());
        let assets = vault.cash + vault.worth(vault.claims);
        if worn(assets, funded) {
            return Err("VAULT_CLOSED");
        }
        if amount > self.balance(who, asset) {
            return Err("INSUFFICIENT_FUNDS");
        }
        let shares = bought(assets, funded, amount).ok_or("OVERFLOW")?;
        if shares == 0 {
            return Err("TOO_FEW_SHARES");
        }
        self.take(who, asset, amount)?;
        let vault = &mut self.vaults[at];
        vault.cash += amount;
        *vault.funders.entry(who).or_default() += shares;
        Ok(())
    }

    pub(crate) fn unfund(&mut self, who: u8, at: usize, shares: u128) -> Done {
        if shares == 0 {
            return Err("ZERO_AMOUNT");
        }
        let (fraction, due, _) = self.open(at);
        let vault = &mut self.vaults[at];
        let (assets, funded) = (vault.cash + vault.worth(vault.claims), vault.funded());
        let owned = vault.funders.entry(who).or_default();
        if shares > *owned {
            return Err("NOT_OWNED");
        }
        if vault.claims > 0 && (due || fraction > 0) {
            return Err("NOT_FOR_SALE");
        }
        let amount = worth(assets, funded, shares);
        if vault.cash < amount {
            return Err("BUFFER_SHORT");
        }
        *owned -= shares;
        vault.cash -= amount;
        let asset = vault.asset;
        self.pay(who, asset, amount);
        Ok(())
    }

    /// Gives back what is not taken.
    pub(crate) fn compound(&mut self, at: usize, amount: u128) -> u128 {
        let vault = &mut self.vaults[at];
        if vault.supply() == 0 || vault.closed() {
            return amount;
        }
        vault.assets += amount;
        0
    }

    pub(crate) fn amend(&mut self, at: usize, leverage: u128) -> Done {
        let now = self.now;
        if leverage == 0 {
            return Err("BAD_CHARTER");
        }
        let vault = &self.vaults[at];
        let present = vault.leverage_at(now);
        let waiting = vault.wider.filter(|(from, _)| *from > now);
        if waiting.is_some_and(|(_, wider)| wider == leverage) || (leverage == present && waiting.is_none()) {
            return Err("SAME_CHARTER");
        }
        if leverage <= present && !self.fits(at, leverage) {
            return Err("CHARTER_TOO_NARROW");
        }
        let vault = &mut self.vaults[at];
        (vault.leverage, vault.wider) = if leverage <= present {
            (leverage, None)
        } else {
            (present, Some((now + CHARTER, leverage)))
        };
        Ok(())
    }

    pub(crate) fn rebase(&mut self, at: usize) -> Done {
        let (fraction, due, requests) = self.open(at);
        let now = self.now;
        let vault = &mut self.vaults[at];
        let pledged = vault
            .pledges
            .iter()
            .any(|one| one.now > 0 || one.change.is_some());
        let liable = vault.ended.is_some_and(|ended| ended + KEPT >= now);
        if due || fraction > 0 || requests > 0 || pledged || liable {
            return Err("NOT_REBASABLE");
        }
        if vault.supply() > 0 && vault.assets == 0 {
            self.settle_all(at);
            let vault = &mut self.vaults[at];
            vault.owners.clear();
            vault.leaving = 0;
            vault.claims = 0;
            for exit in self.exits.values_mut().filter(|exit| exit.vault == at) {
                exit.void = true;
            }
        } else if worn(vault.assets, vault.supply()) {
            return Err("NOT_REBASABLE");
        }
        let vault = &mut self.vaults[at];
        vault.whole = WHOLE;
        vault.past.clear();
        Ok(())
    }

    /// How long a request waits: the only other time that vaults know.
    pub(super) const fn veto_until(&self) -> u64 {
        self.now + VETO
    }
}
