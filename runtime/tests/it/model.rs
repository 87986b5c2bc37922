//! Random traffic against a naive ledger that shares no code with the runtime.

use crate::{burn, coin, transfer};
use palisade_runtime::{Body, Message, Verified, chain, decode};
use primitives::{AccountId, Amount, AssetId, Height, TxId};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use testing::{Account, Chain, Generator, Model, Op, Portion, Step};

/// Assets of the test; the last does not exist.
const ASSETS: [u32; 4] = [0, 3, 5, 9];
const PEOPLE: [&str; 5] = ["alice", "bob", "carol", "dave", "stranger"];
const GAS: u64 = 1_000_000;

struct Run {
    chain: Chain,
    model: Model,
    people: Vec<Account>,
    waiting: Vec<(TxId, Body)>,
}

fn start() -> Run {
    let chain = Chain::with(|document| {
        for (id, symbol) in [(3, "THREE"), (5, "FIVE")] {
            document.assets.push(genesis::Asset {
                id: AssetId::new(id),
                symbol: assets::Symbol::new(symbol).unwrap(),
                name: assets::Name::new(symbol).unwrap(),
                decimals: 6,
                restaking: None,
            });
            for name in ["alice", "carol"] {
                document
                    .fund(Account::named(name).id(), coin(id, 100_000))
                    .unwrap();
            }
        }
        document.parameters.chain.block_gas_limit = primitives::Gas::new(3 * GAS);
        document.parameters.chain.transaction_gas_limit = primitives::Gas::new(GAS);
        document.parameters.staking.issuance = primitives::Bps::ZERO;
    });
    let mut model = Model {
        base_price: 1,
        assets: ASSETS[..3].to_vec(),
        ..Model::default()
    };
    for balance in chain.document.runtime().unwrap().modules.bank.balances {
        model
            .balances
            .insert((balance.account, balance.asset.get()), balance.amount.get());
    }
    // Genesis moves the bonds to where staking keeps them.
    for validator in &chain.document.validators {
        let held = model.balances.get_mut(&(validator.operator.account, 0)).unwrap();
        *held -= validator.bond.get();
        *model.balances.entry((staking::bonding_account(), 0)).or_default() += validator.bond.get();
    }
    let people = PEOPLE.iter().map(|name| Account::named(name)).collect();
    Run {
        chain,
        model,
        people,
        waiting: Vec::new(),
    }
}

impl Run {
    fn message(&self, from: &Account, op: Op) -> Message {
        let amount = |asset: u32, portion: Portion| {
            let held = self.model.balance(from.id(), asset);
            match portion {
                Portion::Units(units) => u128::from(units),
                Portion::All => held.max(1),
                Portion::TooMuch => held + 1,
            }
        };
        match op {
            Op::Transfer(to, asset, portion) => {
                let asset = ASSETS[usize::from(asset) % ASSETS.len()];
                let to = &self.people[usize::from(to) % self.people.len()];
                transfer(to, asset, amount(asset, portion))
            }
            Op::Burn(asset, portion) => {
                let asset = ASSETS[usize::from(asset) % ASSETS.len()];
                burn(asset, amount(asset, portion))
            }
        }
    }

    fn send(&mut self, from: u8, ops: &[Op], (above, tip): (i8, u8), off: i8) {
        let account = self.people[usize::from(from) % self.people.len()].clone();
        let messages = ops.iter().map(|op| self.message(&account, *op)).collect();
        let draft = self.chain.draft(&account, messages);
        let price = self.model.base_price.saturating_add_signed(i128::from(above));
        let tip = u128::from(tip).min(price);
        let sequence = draft.body.sequence.saturating_add_signed(i64::from(off));
        let draft = draft.with_fee(GAS, price, tip).with_sequence(sequence);
        let id = self.chain.submit(&draft);
        self.waiting.push((id, draft.body));
    }

    /// Makes a block and walks it with the model: every transaction in it may be there, has the outcome that the
    /// model expects, and all that was left out may not have been there, or had no room.
    fn block(&mut self) -> Result<(), TestCaseError> {
        let waiting = core::mem::take(&mut self.waiting);
        let sealed = self.chain.next_block().clone();
        let height = sealed.block.header.height.get();
        let mut taken = sealed.executed.receipts.iter().peekable();
        let mut gas = 0;
        for (id, body) in &waiting {
            let may = self.model.may_be_next(body, height);
            if taken.peek().is_some_and(|receipt| receipt.id == *id) {
                let receipt = taken.next().unwrap();
                prop_assert!(may, "a transaction that may not be there: {body:?}");
                let refused = self.model.apply(*id, body, receipt);
                prop_assert_eq!(
                    receipt.failure.map(|failure| failure.message),
                    refused,
                    "{:?}",
                    body
                );
                gas += receipt.gas_used.get();
            } else {
                prop_assert!(
                    !may || gas + GAS > 3 * GAS,
                    "a transaction was left out: {body:?}"
                );
            }
        }
        prop_assert!(taken.next().is_none());
        let tips = self.model.end_block(gas, 3 * GAS);
        *self
            .model
            .balances
            .entry((staking::reward_account(), 0))
            .or_default() += tips;
        self.model.balances.retain(|_, amount| *amount > 0);
        self.compare()
    }

    /// The chain holds exactly what the model does.
    fn compare(&self) -> Result<(), TestCaseError> {
        let bank = bank::as_genesis(self.chain.state()).unwrap();
        let held: Vec<((AccountId, u32), u128)> = bank
            .balances
            .iter()
            .map(|b| ((b.account, b.asset.get()), b.amount.get()))
            .collect();
        prop_assert_eq!(held, self.model.balances.clone().into_iter().collect::<Vec<_>>());
        for asset in ASSETS {
            let of = |((_, a), amount): (&(AccountId, u32), &u128)| (*a == asset).then_some(*amount);
            let sum: u128 = self
                .model
                .balances
                .iter()
                .filter_map(of)
                .fold(0, u128::saturating_add);
            let supply = bank::supply(self.chain.state(), AssetId::new(asset)).unwrap();
            prop_assert_eq!(supply, Amount::new(sum));
        }
        for account in &self.people {
            let sent = self.model.sequences.get(&account.id()).copied().unwrap_or(0);
            prop_assert_eq!(chain::sequence(self.chain.state(), &account.id()).unwrap(), sent);
        }
        let price = chain::base_price(self.chain.state()).unwrap();
        prop_assert_eq!(price, Amount::new(self.model.base_price));
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn random_traffic_ends_where_the_naive_ledger_does(steps in Generator { steps: 60 }.strategy()) {
        let mut run = start();
        for step in &steps {
            match step {
                Step::Send { from, ops, above, tip, off } => run.send(*from, ops, (*above, *tip), *off),
                Step::Block => run.block()?,
            }
        }
        run.block()?;
    }
}

#[test]
fn the_model_starts_where_the_chain_does() {
    let run = start();
    run.compare().unwrap();
    let draft = run.chain.draft(&run.people[0], vec![burn(0, 1)]);
    let verified: Verified = decode(&run.chain.hash(), &draft.sign(&run.chain.hash()))
        .unwrap()
        .verify()
        .unwrap();
    assert!(run.model.may_be_next(verified.transaction().body(), 1));
    assert!(
        !run.model
            .may_be_next(verified.transaction().body(), Height::MAX.get())
    );
}
