//! Random messages against a map of plain numbers.

use crate::{ALICE, BOB, CAROL, Tested, bank, burn, chain, genesis, transfer};
use kernel::Module;
use palisade_bank::Msg;
use primitives::{AccountId, AssetId};
use proptest::prelude::*;
use std::collections::BTreeMap;

const PEOPLE: [AccountId; 3] = [ALICE, BOB, CAROL];

fn apply(naive: &mut BTreeMap<(AccountId, u32), u128>, sender: AccountId, msg: &Msg) -> bool {
    let (recipient, coin) = match msg {
        Msg::Transfer(message) => (Some(message.recipient), message.coin),
        Msg::Burn(message) => (None, message.coin),
    };
    let key = (sender, coin.asset.get());
    let have = naive.get(&key).copied().unwrap_or(0);
    let Some(rest) = have
        .checked_sub(coin.amount.get())
        .filter(|_| !coin.amount.is_zero())
    else {
        return false;
    };
    naive.insert(key, rest);
    if let Some(recipient) = recipient {
        *naive.entry((recipient, coin.asset.get())).or_default() += coin.amount.get();
    }
    true
}

proptest! {
    #[test]
    fn balances_are_those_of_a_plain_map(
        steps in proptest::collection::vec((0usize..3, 0usize..3, 0u32..3, 0u128..120, any::<bool>()), 1..40)
    ) {
        let mut chain = chain();
        let mut naive: BTreeMap<(AccountId, u32), u128> =
            genesis().balances.iter().map(|b| ((b.account, b.asset.get()), b.amount.get())).collect();
        for (from, to, asset, amount, burns) in steps {
            let msg = if burns { burn(asset, amount / 10) } else { transfer(PEOPLE[to], asset, amount) };
            let outcome = chain.run(|ctx| Tested::execute(ctx, PEOPLE[from], msg.clone()));
            prop_assert_eq!(outcome.is_ok(), apply(&mut naive, PEOPLE[from], &msg), "{:?}", msg);
            prop_assert_eq!(chain.check(Tested::invariants()), Ok(()));
        }
        for ((account, asset), amount) in naive {
            let held = bank::balance(&chain.view(), &account, AssetId::new(asset)).unwrap();
            prop_assert_eq!(held.get(), amount);
        }
    }
}
