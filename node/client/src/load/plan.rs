//! Which transactions are sent, signed before the clock starts.

use crate::error::Error;
use crate::transaction::{Builder, Fee, Sign, Signing, TransactionError};
use crypto::account::AccountKeys;
use primitives::{AccountId, ChainHash, Coin, Height, TxId};
use std::thread;
use std::time::{Duration, Instant};

/// The most transactions that are signed for one run: about a gigabyte of memory.
const MAX_TRANSACTIONS: u64 = 3_000_000;

/// What is to be sent. Every account has enough for all of its transactions.
#[derive(Debug)]
pub struct Plan<K> {
    /// The nodes that are sent to.
    pub urls: Vec<String>,
    /// The chain.
    pub chain: ChainHash,
    /// The senders, with the sequence of the next transaction of each. Each sends to the one after it.
    pub accounts: Vec<(K, u64)>,
    /// What each transaction may cost.
    pub fee: Fee,
    /// What each transaction moves.
    pub coin: Coin,
    /// The last height whose block may hold one.
    pub timeout_height: Height,
    /// Transactions a second, over all nodes.
    pub rate: u64,
    /// For how long.
    pub duration: Duration,
}

/// Transactions that are ready to be sent.
#[derive(Debug)]
pub struct Presigned {
    /// One for each node.
    pub(super) lanes: Vec<Queue>,
    pub(super) rate: u64,
    pub(super) duration: Duration,
    /// How many there are.
    pub transactions: u64,
    /// How long signing took, with all of the machine's cores.
    pub took: Duration,
}

/// What one node is sent.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) url: String,
    /// One list for each account, in order of sequence.
    pub(super) accounts: Vec<Vec<(TxId, Vec<u8>)>>,
}

/// How many transactions each account has to send.
fn share<K>(plan: &Plan<K>) -> Result<u64, Error> {
    let millis = u64::try_from(plan.duration.as_millis()).unwrap_or(u64::MAX);
    let total = plan.rate.saturating_mul(millis).div_ceil(1_000);
    let accounts = u64::try_from(plan.accounts.len()).unwrap_or(0);
    if total == 0 || accounts == 0 || plan.urls.is_empty() {
        return Err(Error::Malformed(
            "a load needs nodes, accounts, a rate and a duration".into(),
        ));
    }
    if total > MAX_TRANSACTIONS {
        let text = format!(
            "{total} transactions would have to be signed beforehand, at most {MAX_TRANSACTIONS} can be"
        );
        return Err(Error::Malformed(text));
    }
    // A node's accounts have to do for its share of the rate, also where one node has fewer accounts than another.
    let nodes = u64::try_from(plan.urls.len()).unwrap_or(u64::MAX);
    let fewest = accounts / nodes;
    if fewest == 0 {
        return Err(Error::Malformed(
            "a load needs an account for each node at least".into(),
        ));
    }
    Ok(total.div_ceil(nodes).div_ceil(fewest))
}

/// Signs everything that a plan needs, on all cores.
///
/// # Errors
/// [`Error::Malformed`] when the plan is empty or too large, or a transaction cannot be built.
pub fn presign<K: Sign + Sync>(plan: &Plan<K>) -> Result<Presigned, Error> {
    let began = Instant::now();
    let each = share(plan)?;
    let recipients = plan
        .accounts
        .iter()
        .map(|(key, _)| AccountKeys::single(key.public_key()).map(|keys| keys.id()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Error::Malformed(error.to_string()))?;
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let share = plan.accounts.len().div_ceil(workers);
    let signed: Result<Vec<Vec<_>>, TransactionError> = thread::scope(|scope| {
        let handles: Vec<_> = plan
            .accounts
            .chunks(share)
            .enumerate()
            .map(|(chunk, part)| {
                let recipients = &recipients;
                scope.spawn(move || {
                    part.iter()
                        .enumerate()
                        .map(|(offset, sender)| {
                            let to = (chunk * share + offset + 1) % recipients.len();
                            sign_account(plan, sender, &recipients[to], each)
                        })
                        .collect::<Result<Vec<_>, _>>()
                })
            })
            .collect();
        handles
            .into_iter()
            .map(|handle| handle.join().unwrap_or_else(|_| Ok(Vec::new())))
            .collect()
    });
    let signed = signed.map_err(|error| Error::Malformed(error.to_string()))?;
    let mut lanes: Vec<Queue> = plan
        .urls
        .iter()
        .map(|url| Queue {
            url: url.clone(),
            accounts: Vec::new(),
        })
        .collect();
    let nodes = lanes.len();
    for (index, account) in signed.into_iter().flatten().enumerate() {
        lanes[index % nodes].accounts.push(account);
    }
    Ok(Presigned {
        lanes,
        rate: plan.rate,
        duration: plan.duration,
        transactions: each.saturating_mul(u64::try_from(plan.accounts.len()).unwrap_or(u64::MAX)),
        took: began.elapsed(),
    })
}

fn sign_account<K: Sign>(
    plan: &Plan<K>,
    (key, sequence): &(K, u64),
    recipient: &AccountId,
    count: u64,
) -> Result<Vec<(TxId, Vec<u8>)>, TransactionError> {
    let keys = AccountKeys::single(key.public_key())?;
    (0..count)
        .map(|offset| {
            let body = Builder::new(&keys.id())
                .transfer(recipient, plan.coin)
                .fee(plan.fee)
                .sequence(sequence.saturating_add(offset))
                .timeout_height(plan.timeout_height)
                .build()?;
            let mut signing = Signing::new(plan.chain, body, keys.clone())?;
            signing.sign(key)?;
            let signed = signing.finish()?;
            Ok((signed.id, signed.bytes))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use primitives::{Amount, AssetId};
    use signer::Ed25519Key;

    fn plan(accounts: u8, rate: u64) -> Plan<Ed25519Key> {
        Plan {
            urls: vec!["http://a".into(), "http://b".into()],
            chain: ChainHash::new([1; 32]),
            accounts: (1..=accounts)
                .map(|seed| (Ed25519Key::from_secret(&[seed; 32]), 5))
                .collect(),
            fee: Fee {
                gas_limit: 1,
                max_price: Amount::new(1),
                tip: Amount::ZERO,
            },
            coin: primitives::Coin {
                asset: AssetId::PAL,
                amount: Amount::new(1),
            },
            timeout_height: Height::new(10),
            rate,
            duration: Duration::from_secs(2),
        }
    }

    #[test]
    fn every_account_keeps_to_one_node_and_its_order() {
        let presigned = presign(&plan(5, 10)).unwrap();
        assert_eq!(presigned.transactions, 25);
        let sizes: Vec<usize> = presigned.lanes.iter().map(|lane| lane.accounts.len()).collect();
        assert_eq!(sizes, [3, 2]);
        for account in presigned.lanes.iter().flat_map(|lane| &lane.accounts) {
            let sequences: Vec<u64> = account
                .iter()
                .map(|(_, bytes)| crate::transaction::open(&ChainHash::new([1; 32]), bytes).unwrap())
                .map(|signing| signing.body().message().sequence)
                .collect();
            assert_eq!(sequences, [5, 6, 7, 8, 9]);
        }
    }

    #[test]
    fn nothing_and_too_much_are_refused() {
        assert!(presign(&plan(5, 0)).is_err());
        assert!(presign(&plan(0, 10)).is_err());
        assert!(presign(&plan(1, 10)).is_err());
        assert!(presign(&plan(5, 10_000_000)).is_err());
    }
}
