//! A naive ledger that shares no code with the runtime: plain numbers in plain maps.

use primitives::{AccountId, AssetId, TxId};
use runtime::bank::Msg;
use runtime::{Body, Message, Receipt};
use std::collections::BTreeMap;

/// What an independent reading of the rules says: balances, supply, sequences, fees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// (account, asset) → amount above zero.
    pub balances: BTreeMap<(AccountId, u32), u128>,
    /// Account → transactions sent, above zero.
    pub sequences: BTreeMap<AccountId, u64>,
    /// The assets that there are.
    pub assets: Vec<u32>,
    /// What gas costs now, in npal.
    pub base_price: u128,
    /// Tips of this block, in npal.
    pub tips: u128,
    /// Everything that was destroyed, by asset.
    pub destroyed: BTreeMap<u32, u128>,
}

impl Model {
    /// What `account` holds.
    #[must_use]
    pub fn balance(&self, account: AccountId, asset: u32) -> u128 {
        self.balances.get(&(account, asset)).copied().unwrap_or(0)
    }

    fn set(&mut self, account: AccountId, asset: u32, amount: u128) {
        if amount == 0 {
            self.balances.remove(&(account, asset));
        } else {
            self.balances.insert((account, asset), amount);
        }
    }

    fn give(&mut self, account: AccountId, asset: u32, amount: u128) {
        let sum = self.balance(account, asset).checked_add(amount).unwrap();
        self.set(account, asset, sum);
    }

    fn take(&mut self, account: AccountId, asset: u32, amount: u128) -> bool {
        let rest = self.balance(account, asset).checked_sub(amount);
        if let Some(rest) = rest {
            self.set(account, asset, rest);
        }
        rest.is_some()
    }

    fn price(&self, body: &Body) -> u128 {
        body.fee
            .max_price
            .get()
            .min(self.base_price.checked_add(body.fee.tip.get()).unwrap())
    }

    /// Whether a transaction may be in the next block at `height`.
    #[must_use]
    pub fn may_be_next(&self, body: &Body, height: u64) -> bool {
        let most = u128::from(body.fee.gas_limit.get())
            .checked_mul(body.fee.max_price.get())
            .unwrap();
        body.sequence == self.sequences.get(&body.sender).copied().unwrap_or(0)
            && body.timeout_height.get() >= height
            && body.fee.max_price.get() >= self.base_price
            && self.balance(body.sender, AssetId::PAL.get()) >= most
    }

    /// Applies a transaction that may be next, with the gas that its receipt states, and gives which of its messages
    /// is refused, if one is.
    pub fn apply(&mut self, id: TxId, body: &Body, receipt: &Receipt) -> Option<u32> {
        assert_eq!(receipt.id, id);
        let pal = AssetId::PAL.get();
        let price = self.price(body);
        let reserve = u128::from(body.fee.gas_limit.get()).checked_mul(price).unwrap();
        assert!(
            self.take(body.sender, pal, reserve),
            "a transaction that may be next can pay"
        );
        let sent = self.sequences.entry(body.sender).or_insert(0);
        *sent = sent.checked_add(1).unwrap();
        let mut after = self.clone();
        let refused = (0u32..)
            .zip(&body.messages)
            .find(|(_, message)| !after.message(body.sender, message));
        if refused.is_none() {
            *self = after;
        }
        let used = u128::from(receipt.gas_used.get());
        assert!(used > 0 && receipt.gas_used <= body.fee.gas_limit);
        let fee = used.checked_mul(price).unwrap();
        assert_eq!(receipt.fee.get(), fee);
        self.give(body.sender, pal, reserve.checked_sub(fee).unwrap());
        let base = used.checked_mul(self.base_price).unwrap();
        self.tips = self.tips.checked_add(fee.checked_sub(base).unwrap()).unwrap();
        let burned = self.destroyed.entry(pal).or_insert(0);
        *burned = burned.checked_add(base).unwrap();
        refused.map(|(index, _)| index)
    }

    fn message(&mut self, sender: AccountId, message: &Message) -> bool {
        match message {
            Message::Bank(Msg::Transfer(transfer)) => {
                let (asset, amount) = (transfer.coin.asset.get(), transfer.coin.amount.get());
                let moved = self.take(sender, asset, amount);
                if moved {
                    self.give(transfer.recipient, asset, amount);
                }
                moved
            }
            Message::Bank(Msg::Burn(burn)) => {
                let (asset, amount) = (burn.coin.asset.get(), burn.coin.amount.get());
                let taken = self.take(sender, asset, amount);
                if taken {
                    let destroyed = self.destroyed.entry(asset).or_insert(0);
                    *destroyed = destroyed.checked_add(amount).unwrap();
                }
                taken
            }
            Message::Assets(_)
            | Message::Staking(_)
            | Message::Vaults(_)
            | Message::Delegation(_)
            | Message::Dss(_)
            | Message::Slashing(_)
            | Message::Rewards(_)
            | Message::Governance(_)
            | Message::Attested(_)
            | Message::Oracle(_)
            | Message::Consensus(_) => {
                panic!("the model knows the bank alone")
            }
        }
    }

    /// Ends a block that used `used` of `limit` gas: moves the price, and gives the tips that the proposer has earned.
    pub fn end_block(&mut self, used: u64, limit: u64) -> u128 {
        let (used, target) = (u128::from(used), u128::from(limit).div_ceil(2));
        let distance = used.abs_diff(target);
        let step = self
            .base_price
            .checked_mul(distance)
            .unwrap()
            .checked_div(target)
            .unwrap();
        let step = step.checked_div(8).unwrap();
        self.base_price = match used.cmp(&target) {
            core::cmp::Ordering::Greater => self.base_price.checked_add(step.max(1)).unwrap(),
            core::cmp::Ordering::Equal => self.base_price,
            core::cmp::Ordering::Less => self.base_price.checked_sub(step).unwrap().max(1),
        };
        core::mem::take(&mut self.tips)
    }
}
