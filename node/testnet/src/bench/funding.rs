//! Giving the senders of a load enough for their part of it.

use super::{Load, PRICE_ROOM};
use crate::error::Error;
use crate::spec::Spec;
use crate::world;
use client::prepare::{ChainInfo, Prices};
use client::transaction::{Builder, Fee, MAX_MESSAGES, Signing, TransactionError};
use client::wait::{End, Until, Wait};
use client::{Client, SignedTransaction};
use crypto::account::AccountKeys;
use primitives::{AccountId, Amount, AssetId, Coin, Height};
use signer::Ed25519Key;
use std::time::{Duration, Instant};

/// How long funding the senders may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// For how many blocks the faucet's transactions are good.
const TIMEOUT_BLOCKS: u64 = 200;
/// What a simulation may use, when no limit is known yet.
const SIMULATED_GAS: u64 = 10_000_000;

/// What the senders need to begin.
pub(super) struct Ready {
    pub(super) chain: ChainInfo,
    pub(super) fee: Fee,
    pub(super) coin: Coin,
    /// The next sequence of each.
    pub(super) sequences: Vec<u64>,
    pub(super) height: Height,
}

/// What the faucet's transactions have in common.
struct Faucet {
    key: Ed25519Key,
    chain: ChainInfo,
    prices: Prices,
    timeout: Height,
}

fn wrong(error: &TransactionError) -> Error {
    Error::Supervisor(error.to_string())
}

const fn pal(amount: Amount) -> Coin {
    Coin {
        asset: AssetId::PAL,
        amount,
    }
}

impl Faucet {
    fn signing(
        &self,
        sequence: u64,
        gas: u64,
        fill: impl FnOnce(Builder) -> Builder,
    ) -> Result<Signing, Error> {
        let keys = AccountKeys::single(*self.key.public_key().as_bytes());
        let keys = keys.map_err(|error| Error::Supervisor(error.to_string()))?;
        fill(Builder::new(&keys.id()))
            .fee(self.prices.fee(gas))
            .sequence(sequence)
            .timeout_height(self.timeout)
            .build()
            .and_then(|body| Signing::new(self.chain.hash, body, keys))
            .map_err(|error| wrong(&error))
    }

    /// Pays all of them, with as many payments in a transaction as fit.
    async fn pay(&self, client: &Client, first: u64, poor: &[(AccountId, Amount)]) -> Result<(), Error> {
        let give = |group: &[(AccountId, Amount)], builder: Builder| {
            group.iter().fold(builder, |builder, (id, amount)| {
                builder.transfer(id, pal(*amount))
            })
        };
        let mut sent: Vec<SignedTransaction> = Vec::new();
        let mut gas = None;
        for (sequence, group) in (first..).zip(poor.chunks(MAX_MESSAGES)) {
            // The first group is the largest; what it needs is enough for all.
            let limit = match gas {
                Some(limit) => limit,
                None => {
                    let draft = self.signing(sequence, SIMULATED_GAS, |builder| give(group, builder))?;
                    client.simulate(&draft).await?.suggested_gas_limit
                }
            };
            gas = Some(limit);
            let mut signing = self.signing(sequence, limit, |builder| give(group, builder))?;
            signing.sign(&self.key).map_err(|error| wrong(&error))?;
            let signed = signing.finish().map_err(|error| wrong(&error))?;
            client.broadcast(&signed).await?;
            sent.push(signed);
        }
        settle(client, &sent).await
    }
}

/// Gives every sender enough for its part of the load, from the faucet.
pub(super) async fn fund(
    spec: &Spec,
    client: &Client,
    load: Load,
    senders: &[Ed25519Key],
) -> Result<Ready, Error> {
    let chain = client.chain().await?;
    let height = client.height().await?;
    let faucet = Faucet {
        key: world::people(spec).remove(0).key,
        chain: chain.clone(),
        prices: client.prices().await?,
        timeout: height.saturating_add(Height::new(TIMEOUT_BLOCKS)),
    };
    let own = faucet.key.account();
    let first = client.account(chain.network, &own).await?.next_sequence;
    let coin = pal(Amount::new(1));
    let one = faucet.signing(first, SIMULATED_GAS, |builder| builder.transfer(&own, coin))?;
    let fee = Fee {
        gas_limit: client.simulate(&one).await?.suggested_gas_limit,
        max_price: Amount::new(faucet.prices.max.get().saturating_mul(PRICE_ROOM)),
        tip: faucet.prices.tip,
    };
    let needed = needed(load, senders.len(), &fee);
    let mut sequences = Vec::with_capacity(senders.len());
    let mut poor = Vec::new();
    for sender in senders {
        let id = sender.account();
        let state = client.account(chain.network, &id).await?;
        sequences.push(state.next_sequence);
        if state.balance < needed {
            poor.push((id, needed.saturating_sub(state.balance)));
        }
    }
    faucet.pay(client, first, &poor).await?;
    Ok(Ready {
        chain,
        fee,
        coin,
        sequences,
        height,
    })
}

/// What each of so many senders spends at most, in npal.
fn needed(load: Load, senders: usize, fee: &Fee) -> Amount {
    let senders = u64::try_from(senders).unwrap_or(u64::MAX).max(1);
    let each = load
        .rate
        .saturating_mul(load.duration.as_secs() + 1)
        .div_ceil(senders)
        + 2;
    let most = fee.most().unwrap_or(Amount::MAX).get();
    Amount::new(most.saturating_add(1).saturating_mul(u128::from(each)))
}

/// Waits until all of the faucet's payments are final.
async fn settle(client: &Client, sent: &[SignedTransaction]) -> Result<(), Error> {
    let began = Instant::now();
    for transaction in sent {
        let wait = Wait {
            id: transaction.id,
            timeout_height: transaction.timeout_height,
            until: Until::Finalized,
            patience: PATIENCE.saturating_sub(began.elapsed()),
        };
        let end = client.wait(&wait).await?;
        if !matches!(end, End::Finalized(..)) {
            let text = format!("the faucet's payment to the senders came to nothing: {end:?}");
            return Err(Error::Supervisor(text));
        }
    }
    Ok(())
}
