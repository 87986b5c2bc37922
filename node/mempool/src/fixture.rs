//! A chain of plain numbers for the tests: accounts are one byte, transactions a line of text.

use crate::{Account, Admission, Bid, Class, Config, Mempool, Metrics, Rejection, Transaction};
use bytes::Bytes;
use primitives::{AccountId, Amount, Gas, Height, TxId};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What a test says about a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    pub(crate) sender: u8,
    pub(crate) sequence: u64,
    pub(crate) price: u128,
    pub(crate) tip: u128,
    pub(crate) cost: u128,
    pub(crate) gas: u64,
    pub(crate) timeout: u64,
    /// Bytes, at least.
    pub(crate) size: usize,
    /// Changes the signature and not the id.
    pub(crate) signature: u8,
    /// 1: without a sequence.
    pub(crate) unordered: u8,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            sender: 1,
            sequence: 0,
            price: 100,
            tip: 100,
            cost: 1,
            gas: 1,
            timeout: u64::MAX,
            size: 0,
            signature: 0,
            unordered: 0,
        }
    }
}

pub(crate) fn spec(sender: u8, sequence: u64, price: u128) -> Spec {
    Spec {
        sender,
        sequence,
        price,
        tip: price,
        ..Spec::default()
    }
}

impl Spec {
    pub(crate) const fn costing(mut self, cost: u128) -> Self {
        self.cost = cost;
        self
    }

    pub(crate) const fn sized(mut self, size: usize) -> Self {
        self.size = size;
        self
    }

    pub(crate) const fn until(mut self, timeout: u64) -> Self {
        self.timeout = timeout;
        self
    }

    pub(crate) const fn unordered(mut self) -> Self {
        self.sequence = 0;
        self.unordered = 1;
        self
    }

    pub(crate) const fn tipping(mut self, tip: u128) -> Self {
        self.tip = tip;
        self
    }

    pub(crate) fn bytes(&self) -> Bytes {
        let Self {
            sender,
            sequence,
            price,
            tip,
            cost,
            gas,
            timeout,
            size,
            signature,
            unordered,
        } = self;
        let mut text = format!(
            "{sender} {sequence} {price} {tip} {cost} {gas} {timeout} {size} {signature} {unordered} "
        );
        while text.len() < *size {
            text.push('.');
        }
        Bytes::from(text)
    }

    pub(crate) fn transaction(&self) -> Arc<Tx> {
        Arc::new(Tx {
            spec: *self,
            bytes: self.bytes(),
        })
    }

    pub(crate) fn id(&self) -> TxId {
        self.transaction().id()
    }

    fn parse(bytes: &Bytes) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut words = text.split(' ');
        let mut next = || words.next()?.parse::<u128>().ok();
        let spec = Self {
            sender: u8::try_from(next()?).ok()?,
            sequence: u64::try_from(next()?).ok()?,
            price: next()?,
            tip: next()?,
            cost: next()?,
            gas: u64::try_from(next()?).ok()?,
            timeout: u64::try_from(next()?).ok()?,
            size: usize::try_from(next()?).ok()?,
            signature: u8::try_from(next()?).ok()?,
            unordered: u8::try_from(next()?).ok()?,
        };
        (spec.bytes() == *bytes).then_some(spec)
    }
}

#[derive(Debug)]
pub(crate) struct Tx {
    pub(crate) spec: Spec,
    bytes: Bytes,
}

impl Transaction for Tx {
    fn id(&self) -> TxId {
        let mut id = [0u8; 32];
        id[0] = self.spec.sender ^ (self.spec.unordered << 7);
        id[1..9].copy_from_slice(&self.spec.sequence.to_be_bytes());
        id[9..25].copy_from_slice(&self.spec.price.to_be_bytes());
        id[25..32].copy_from_slice(&(self.spec.tip * 7 + self.spec.timeout as u128).to_be_bytes()[9..]);
        TxId::new(id)
    }
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }
    fn sender(&self) -> AccountId {
        account(self.spec.sender)
    }
    fn sequence(&self) -> u64 {
        self.spec.sequence
    }
    fn unordered(&self) -> bool {
        self.spec.unordered == 1
    }
    fn gas_limit(&self) -> Gas {
        Gas::new(self.spec.gas)
    }
    fn bid(&self) -> Bid {
        Bid {
            max_price: Amount::new(self.spec.price),
            tip: Amount::new(self.spec.tip),
        }
    }
    fn timeout_height(&self) -> Height {
        Height::new(self.spec.timeout)
    }
    fn cost(&self) -> Amount {
        Amount::new(self.spec.cost)
    }
}

pub(crate) fn account(number: u8) -> AccountId {
    AccountId::new([number; 32])
}

/// The chain: every account has a million until a test says otherwise.
#[derive(Default)]
pub(crate) struct Chain {
    state: Mutex<State>,
    pub(crate) verified: AtomicUsize,
}

#[derive(Default)]
struct State {
    accounts: BTreeMap<AccountId, Account>,
    height: u64,
    base: u128,
    floor: u128,
}

impl Chain {
    pub(crate) fn set(&self, number: u8, next_sequence: u64, balance: u128) {
        let entry = Account {
            next_sequence,
            balance: Amount::new(balance),
        };
        self.state.lock().unwrap().accounts.insert(account(number), entry);
    }

    pub(crate) fn advance(&self, height: u64, base: u128) {
        let mut state = self.state.lock().unwrap();
        state.height = height;
        state.base = base;
    }

    /// Prices below this are refused.
    pub(crate) fn set_floor(&self, floor: u128) {
        self.state.lock().unwrap().floor = floor;
    }

    pub(crate) fn verifications(&self) -> usize {
        self.verified.load(Ordering::SeqCst)
    }
}

impl Admission for Chain {
    type Transaction = Tx;

    fn verify(&self, batch: &[Bytes]) -> Vec<Result<Arc<Tx>, Rejection>> {
        self.verified.fetch_add(batch.len(), Ordering::SeqCst);
        let verify = |bytes: &Bytes| {
            Spec::parse(bytes)
                .map(|spec| spec.transaction())
                .ok_or_else(|| Rejection::new(Class::Malformed, "FIELD_INVALID", "not a transaction"))
        };
        batch.iter().map(verify).collect()
    }

    fn check(&self, transaction: &Tx) -> Result<(), Rejection> {
        let floor = self.state.lock().unwrap().floor;
        if transaction.spec.price < floor {
            return Err(Rejection::new(Class::Precondition, "FEE_TOO_LOW", "pay more").with("min_fee", floor));
        }
        Ok(())
    }

    fn account(&self, account: &AccountId) -> Account {
        let rich = Account {
            next_sequence: 0,
            balance: Amount::new(1_000_000),
        };
        self.state
            .lock()
            .unwrap()
            .accounts
            .get(account)
            .copied()
            .unwrap_or(rich)
    }

    fn base_price(&self) -> Amount {
        Amount::new(self.state.lock().unwrap().base)
    }

    fn height(&self) -> Height {
        Height::new(self.state.lock().unwrap().height)
    }
}

/// A mempool over a new chain.
pub(crate) fn mempool(config: Config) -> (Arc<Chain>, Mempool<Chain>) {
    let chain = Arc::new(Chain::default());
    let mempool = Mempool::new(Arc::clone(&chain), config, Metrics::default()).unwrap();
    (chain, mempool)
}
