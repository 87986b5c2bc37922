//! Cost of a transfer from bytes to the next version: `cargo bench -p palisade-runtime [-- <accounts> <transfers>]`.
//!
//! Every transfer is of another sender to another recipient, the dearest case. Prints
//! microseconds of one processor per transfer.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::integer_division,
    clippy::print_stdout,
    reason = "a program that measures time"
)]

use palisade_runtime::{
    BlockContext, Limits, Message, Verified, build, decode, execute, receipts_root, verify_batch,
};
use primitives::{AccountId, Amount, AssetId, Coin, Gas, Height};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use testing::{Account, Chain, Draft};

fn argument(position: usize, default: usize) -> usize {
    let given = std::env::args().filter(|a| !a.starts_with("--")).nth(position);
    given.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Processor time of this program in nanoseconds: on a machine that does other things too, it says more than a clock.
fn processor_ns() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split_whitespace()
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or(f64::NAN)
}

/// Runs `body` and prints what each of `count` cost.
fn timed<T>(name: &str, count: usize, body: impl FnOnce() -> T) -> T {
    let start = processor_ns();
    let made = body();
    println!(
        "{name:32} {:8.2} µs",
        (processor_ns() - start) / 1e3 / count as f64
    );
    made
}

const fn coin(amount: u128) -> Coin {
    Coin {
        asset: AssetId::PAL,
        amount: Amount::new(amount),
    }
}

/// A chain on which every sender and every stranger holds one PAL.
fn chain(senders: &[Account], strangers: &[AccountId]) -> Chain {
    Chain::with(|document| {
        document.parameters.chain.block_gas_limit = Gas::MAX;
        let held = coin(1_000_000_000);
        let balances = vec![genesis::Holding {
            asset: held.asset,
            amount: held.amount,
        }];
        for account in senders.iter().map(Account::id).chain(strangers.iter().copied()) {
            let address = genesis::Address::new(genesis::Kind::Development, account);
            document.accounts.push(genesis::Account {
                address,
                balances: balances.clone(),
            });
        }
        let more = held.amount.get() * (senders.len() + strangers.len()) as u128;
        document.supply[0].amount = document.supply[0].amount.saturating_add(Amount::new(more));
    })
}

/// A signed transfer of each sender to another stranger.
fn transfers(chain: &Chain, senders: &[Account], strangers: &[AccountId]) -> Vec<Vec<u8>> {
    let one = |(n, sender): (usize, &Account)| {
        let transfer = bank::Transfer {
            recipient: strangers[n * 7 % strangers.len()],
            coin: coin(5),
        };
        let message = Message::Bank(bank::Msg::Transfer(transfer));
        Draft::new(sender, vec![message], 0, Height::new(9))
            .with_fee(200_000, 10, 1)
            .sign(&chain.hash())
    };
    senders.iter().enumerate().map(one).collect()
}

/// Decodes and verifies in batches, as a mempool and a block's judge do.
fn admit(chain: &Chain, bytes: &[Vec<u8>]) -> Vec<Verified> {
    let decoded = timed("decode", bytes.len(), || {
        bytes
            .iter()
            .map(|bytes| decode(&chain.hash(), bytes).expect("it is right"))
            .collect::<Vec<_>>()
    });
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    timed("verify, in batches of 1,024", bytes.len(), || {
        let mut left = decoded.into_iter();
        let mut verified = Vec::with_capacity(bytes.len());
        loop {
            let batch: Vec<_> = left.by_ref().take(1_024).collect();
            if batch.is_empty() {
                return verified;
            }
            verified.extend(
                verify_batch(batch, &mut rng)
                    .into_iter()
                    .map(|one| one.expect("it is signed")),
            );
        }
    })
}

fn main() {
    let (accounts, count) = (argument(1, 100_000), argument(2, 5_000));
    let senders: Vec<Account> = (0..count)
        .map(|n| Account::named(&format!("sender {n}")))
        .collect();
    let strangers: Vec<AccountId> = (0..accounts)
        .map(|n| {
            let mut id = [9; 32];
            id[..8].copy_from_slice(&(n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
            AccountId::new(id)
        })
        .collect();
    let chain = chain(&senders, &strangers);
    let bytes = transfers(&chain, &senders, &strangers);
    println!(
        "{} entries, {count} transfers of {} bytes",
        chain.start.state.len(),
        bytes[0].len()
    );
    let verified = admit(&chain, &bytes);

    let mut context = BlockContext::default();
    context.block.height = Height::new(1);
    context.block.proposer = chain.validators()[0].operator.id();
    let state = chain.state();
    let limits = Limits {
        bytes: usize::MAX,
        transactions: usize::MAX,
        gas: Gas::MAX,
    };
    let built = timed("build", count, || {
        build(state, &context, &verified, limits, state).expect("it builds")
    });
    assert_eq!(built.chosen.len(), count);
    let executed = timed("execute", count, || {
        execute(state, &context, &verified, state).expect("it executes")
    });
    timed("of which the receipts' root", count, || {
        receipts_root(&executed.receipts)
    });
    timed("of which map and tree", count, || {
        state.apply(&executed.changes).expect("they fit").root()
    });
    let gas = executed.gas_used.get() / count as u64;
    println!(
        "{gas} gas and {:.2} changes for each",
        executed.changes.len() as f64 / count as f64
    );
}
