//! Funding, earning and claiming on the chain.

use super::{Real, Reply, Rewards, account, bps, coin, service};
use crate::paper::CLIENT;
use palisade_runtime::Wire;
use primitives::{Amount, ServiceId};

impl Real {
    pub(crate) fn rewards(&mut self, sender: u8, msg: rewards::Msg) -> Reply {
        self.tell::<Rewards>(sender, msg)
    }

    pub(crate) fn set_commission(&mut self, operator: u8, number: u32, rate: u16) -> Reply {
        let commission = delegation::SetCommission {
            service: service(number),
            rate: bps(rate),
        };
        self.delegation(operator, delegation::Msg::SetCommission(commission))
    }

    /// Pays an operator for its work, as a task's fee is paid.
    pub(crate) fn earn(&mut self, from: u8, (operator, number, of): (u8, u32, usize), amount: u128) {
        let done = self.chain.run(|ctx| {
            let paid = bank::take(ctx, &account(from), coin(of, amount))?;
            rewards::earn(ctx, service(number), &account(operator), paid)?;
            Ok::<_, bank::Error>(())
        });
        drop(self.chain.take_events());
        done.unwrap();
    }

    /// Notes work that a service gave out by itself.
    pub(crate) fn works(&mut self, number: u32, operator: u8, right: bool) {
        let work = if right {
            dss::Work::Correct
        } else {
            dss::Work::Wrong
        };
        self.chain
            .hook(|ctx| dss::note_work(ctx, service(number), &account(operator), work))
            .unwrap();
    }

    /// Shares what a validator has earned; gives what is its bonds', which the client takes back.
    pub(crate) fn wage(&mut self, operator: u8, bonded: u128, amount: u128) -> u128 {
        let left = self.chain.run(|ctx| {
            let earned = bank::take(ctx, &account(CLIENT), coin(0, amount))?;
            let bonded = Amount::new(bonded);
            let rest = rewards::share_of_validator::<Wire>(ctx, &account(operator), bonded, earned)?;
            let left = rest.coin().amount.get();
            bank::give(ctx, &account(CLIENT), rest)?;
            Ok::<_, bank::Error>(left)
        });
        drop(self.chain.take_events());
        left.unwrap()
    }

    /// What a share of a vault has earned, and what waits to be divided, by asset.
    pub(crate) fn sums(&self, vault: usize) -> Vec<(usize, u128, u128)> {
        let found = rewards::query::per_share(&self.chain.view(), &self.vaults[vault]).unwrap();
        found
            .into_iter()
            .map(|(asset, sum)| (asset.get() as usize, sum.sum, sum.undivided.get()))
            .collect()
    }

    /// What somebody could claim of a vault, by asset.
    pub(crate) fn due(&self, vault: usize, who: u8) -> Vec<(usize, u128)> {
        let view = self.chain.view();
        let found = rewards::query::claimable(&view, &self.vaults[vault], &account(who)).unwrap();
        found
            .into_iter()
            .map(|coin| (coin.asset.get() as usize, coin.amount.get()))
            .collect()
    }

    /// Every pool that is funded, by epoch, service and asset.
    pub(crate) fn pools(&self) -> Vec<((u64, u32, usize), u128)> {
        let found = rewards::query::pools(&self.chain.view(), None, usize::MAX).unwrap();
        let key = |(epoch, service, asset): (primitives::Epoch, ServiceId, primitives::AssetId)| {
            (epoch.get(), service.get(), asset.get() as usize)
        };
        found
            .into_iter()
            .map(|(at, amount)| (key(at), amount.get()))
            .collect()
    }
}
