//! The node: a few blocks, accounts and validators in memory, and whatever else a test sets.

use super::blocks::{self, account, receipt, signed_transaction};
use bytes::Bytes;
use crypto::bls::KeyBytes;
use crypto::sparse::{self, Terminal};
use light_palisade::{StateProof, Validator as Member, ValidatorIndex, ValidatorSet};
use palisade_rpc::Backend;
use palisade_rpc::backend::{
    Accepted, Account, Admitted, Asset, At, Bond, ChainInfo, Context, Direction, Entry, FinalBlock,
    FinalityProof, Handover, LocalValidator, NodeInfo, Page, Parameter, Peer, Place, Places, PriceOption,
    Prices, Priority, Read, ReadError, Refused, Rejection, Rotation, SigningInfo, Simulation, Tip, TxState,
    Validator, ValidatorStatus, Version, Waiting,
};
use primitives::address::Network;
use primitives::{
    AccountId, Amount, AssetId, BlockHash, ChainClock, ChainHash, Coin, Digest, Epoch, Gas, Height, Power,
    Ratio, Shares, Timestamp, TxId, View,
};
use runtime::{Receipt, State};
use staking::{Moniker, Pool, ValidatorRecord};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// The only entry of the state that can be proven.
pub(crate) const KEY: &[u8] = b"key";
/// Its value.
pub(crate) const VALUE: &[u8] = b"value";

#[derive(Default)]
struct Chain {
    blocks: BTreeMap<u64, Arc<FinalBlock>>,
    states: BTreeMap<TxId, TxState>,
}

pub(crate) struct Node {
    info: ChainInfo,
    chain: Mutex<Chain>,
    pub(crate) tip: watch::Sender<Tip>,
    pub(crate) changes: watch::Sender<u64>,
    /// What waits in the mempool.
    pub(crate) waiting: Mutex<Vec<Waiting>>,
    /// What `submit` answers instead.
    pub(crate) rejection: Mutex<Option<Rejection>>,
    /// What every read of the state answers instead.
    pub(crate) failure: Mutex<Option<ReadError>>,
    /// The state that is read whole, with its epoch and chain clock.
    pub(crate) state: Mutex<(State, Epoch, ChainClock)>,
    /// Reads of the state wait until this is zero permits no more.
    pub(crate) slow: tokio::sync::Semaphore,
}

impl Node {
    pub(crate) fn new() -> Self {
        let info = ChainInfo {
            id: "palisade-test-1".into(),
            hash: ChainHash::new([0xcc; 32]),
            generation: 0,
            network: Network::Development,
            genesis_document: Bytes::from_static(b"{}"),
            genesis_canonical: Bytes::from_static(b"genesis"),
        };
        let tip = Tip {
            earliest_state: Height::new(1),
            earliest_block: Height::new(1),
            ..Tip::default()
        };
        Self {
            info,
            chain: Mutex::default(),
            tip: watch::Sender::new(tip),
            changes: watch::Sender::new(0),
            waiting: Mutex::default(),
            rejection: Mutex::default(),
            failure: Mutex::default(),
            state: Mutex::new((State::new(), Epoch::ZERO, ChainClock::ZERO)),
            slow: tokio::sync::Semaphore::new(1),
        }
    }

    /// What signatures bind.
    pub(crate) const fn hash(&self) -> ChainHash {
        self.info.hash
    }

    /// The sole leaf of a tree is its root.
    fn state_root() -> Digest {
        sparse::leaf(&sparse::path(KEY), &sparse::value_hash(VALUE))
    }

    /// Adds blocks of two transactions: one by account 1 that succeeds, one by account 2 that fails.
    pub(crate) fn grow(&self, blocks: u64) {
        for _ in 0..blocks {
            let height = self.tip.borrow().height.get() + 1;
            let transactions = [(1, true), (2, false)].map(|(sender, succeeds)| {
                let (id, bytes) = signed_transaction(&self.info.hash, sender, height, 0);
                (bytes, receipt(id, succeeds))
            });
            self.add(transactions.to_vec());
        }
    }

    /// Adds a block of these transactions.
    pub(crate) fn add(&self, transactions: Vec<(Vec<u8>, Receipt)>) {
        let mut chain = self.chain.lock().unwrap();
        let height = self.tip.borrow().height.get() + 1;
        let parent = chain
            .blocks
            .get(&(height - 1))
            .map_or(BlockHash::ZERO, |block| block.block.hash());
        for (index, (_, receipt)) in (0u32..).zip(&transactions) {
            let place = Place {
                height: Height::new(height),
                index,
            };
            chain.states.insert(receipt.id, TxState::Final(place));
        }
        let block = blocks::block(self.info.hash, height, parent, Self::state_root(), transactions);
        chain.blocks.insert(height, Arc::new(block));
        drop(chain);
        self.tip.send_modify(|tip| {
            tip.height = Height::new(height);
            tip.target = tip.height;
            tip.time = Timestamp::new(1_000_000 + height);
            tip.epoch = Epoch::new(1);
        });
        self.changes.send_modify(|changes| *changes += 1);
    }

    /// The id of a transaction in a block.
    pub(crate) fn id(&self, height: u64, index: usize) -> TxId {
        self.chain.lock().unwrap().blocks[&height].receipts[index].id
    }

    pub(crate) fn block_at(&self, height: u64) -> Arc<FinalBlock> {
        self.chain.lock().unwrap().blocks[&height].clone()
    }

    /// Says where a transaction stands.
    pub(crate) fn set(&self, id: TxId, state: TxState) {
        self.chain.lock().unwrap().states.insert(id, state);
        self.changes.send_modify(|changes| *changes += 1);
    }

    pub(crate) fn chain_hash(&self) -> ChainHash {
        self.info.hash
    }

    /// Everything below `height` is pruned.
    pub(crate) fn prune(&self, height: u64) {
        self.chain
            .lock()
            .unwrap()
            .blocks
            .retain(|kept, _| *kept >= height);
        self.tip.send_modify(|tip| {
            (tip.earliest_block, tip.earliest_state) = (Height::new(height), Height::new(height));
        });
    }

    async fn read<T>(&self, at: At, value: T) -> Result<Read<T>, ReadError> {
        let _turn = self.slow.acquire().await.unwrap();
        if let Some(failure) = self.failure.lock().unwrap().clone() {
            return Err(failure);
        }
        let tip = *self.tip.borrow();
        let latest = Height::new(tip.height.get() - 1);
        let height = at.height.unwrap_or(latest);
        if height > latest {
            return Err(ReadError::Future {
                asked: height,
                latest,
            });
        }
        if height < tip.earliest_state {
            return Err(ReadError::Pruned {
                asked: height,
                earliest: tip.earliest_state,
                latest,
            });
        }
        let context = Context {
            height,
            block_hash: self.block_at(height.get()).block.hash(),
            state_root: Self::state_root(),
            time: Timestamp::new(1_000_000 + height.get()),
            chain_clock: ChainClock::new(height.get()),
            epoch: tip.epoch,
        };
        let path = sparse::Proof::new(&[], Terminal::Leaf).unwrap();
        let entry = Entry {
            key: KEY.to_vec(),
            value: Some(VALUE.to_vec()),
            proof: StateProof { path },
        };
        Ok(Read {
            context,
            value,
            proofs: if at.prove { vec![entry] } else { Vec::new() },
        })
    }
}

fn page<K: PartialOrd + Copy, T>(all: Vec<T>, page: Page<K>, key: impl Fn(&T) -> K) -> Vec<T> {
    all.into_iter()
        .filter(|item| page.after.is_none_or(|after| key(item) > after))
        .take(page.limit)
        .collect()
}

fn record(n: u8) -> ValidatorRecord {
    let pool = |assets| Pool {
        assets: Amount::new(assets),
        shares: Shares::new(assets),
    };
    ValidatorRecord {
        moniker: Moniker::new(&format!("validator {n}")).unwrap(),
        consensus_key: KeyBytes([n; 96]),
        p2p_key: [n; 32],
        bonded: pool(1_000),
        unbonding: pool(10),
        per_share: Ratio::ZERO,
        undivided: Amount::ZERO,
        jail: (n == 3).then_some(runtime::staking::Jail::Forever),
    }
}

fn validators() -> Vec<Validator> {
    let validator = |n: u8| Validator {
        operator: account(n),
        record: record(n),
        status: if n == 3 {
            ValidatorStatus::Jailed
        } else {
            ValidatorStatus::Active
        },
        power: Power::new(if n == 3 { 0 } else { 10 }),
        index: (n != 3).then(|| ValidatorIndex::new(u16::from(n) - 1)),
        duty: runtime::staking::Duty::default(),
        rewards: Amount::new(7),
    };
    (1..=3).map(validator).collect()
}

fn assets() -> Vec<Asset> {
    let one = |n: u32| Asset {
        id: AssetId::new(n),
        symbol: format!("A{n}"),
        decimals: 9,
        name: format!("Asset {n}"),
    };
    (0..5).map(one).collect()
}

#[tonic::async_trait]
impl Backend for Node {
    fn chain(&self) -> &ChainInfo {
        &self.info
    }

    fn node(&self) -> NodeInfo {
        NodeInfo {
            version: "0.1.0".into(),
            moniker: "test".into(),
            ..NodeInfo::default()
        }
    }

    fn tip(&self) -> watch::Receiver<Tip> {
        self.tip.subscribe()
    }

    async fn peers(&self) -> Vec<Peer> {
        let peer = |n: u8| Peer {
            key: [n; 32],
            peer_id: format!("peer {n}"),
            address: "/ip4/127.0.0.1/tcp/1".into(),
            direction: Direction::Outbound,
            validator: Some(account(n)),
            connected_ms: 5,
            latency_us: Some(250),
            bytes_in: 1,
            bytes_out: 2,
        };
        [3, 1, 2].map(peer).to_vec()
    }

    async fn signing_infos(&self) -> Vec<SigningInfo> {
        let info = |n: u8| SigningInfo {
            operator: account(n),
            from: Height::new(1),
            to: self.tip.borrow().height,
            proposed: 2,
            missed: 1,
            last_signed: Some(Height::new(4)),
        };
        [2, 1].map(info).to_vec()
    }

    async fn local_validator(&self) -> Option<LocalValidator> {
        Some(LocalValidator {
            key: KeyBytes([1; 96]),
            others: vec![KeyBytes([2; 96])],
            operator: Some(account(1)),
            index: Some(ValidatorIndex::new(0)),
            silent: None,
            last_vote: Some((Epoch::new(1), View::new(5))),
        })
    }

    async fn block(&self, height: Height) -> Result<Option<Arc<FinalBlock>>, ReadError> {
        Ok(self.chain.lock().unwrap().blocks.get(&height.get()).cloned())
    }

    async fn height_of(&self, hash: BlockHash) -> Result<Option<Height>, ReadError> {
        let chain = self.chain.lock().unwrap();
        Ok(chain
            .blocks
            .iter()
            .find(|(_, block)| block.block.hash() == hash)
            .map(|(height, _)| Height::new(*height)))
    }

    async fn place(&self, id: TxId) -> Result<Option<Place>, ReadError> {
        Ok(match self.chain.lock().unwrap().states.get(&id) {
            Some(TxState::Final(place)) => Some(*place),
            _ => None,
        })
    }

    async fn account_places(
        &self,
        account: AccountId,
        heights: RangeInclusive<Height>,
        before: Option<Place>,
        limit: usize,
    ) -> Result<Places, ReadError> {
        // Account 1 sends the first of every block, account 9 is named in its receipt.
        if ![self::account(1), self::account(9)].contains(&account) {
            return Ok(Places::default());
        }
        let all = (heights.start().get()..=heights.end().get())
            .rev()
            .map(|height| Place {
                height: Height::new(height),
                index: 0,
            });
        let mut places: Vec<Place> = all
            .filter(|place| before.is_none_or(|before| *place < before))
            .collect();
        let more = places.len() > limit;
        places.truncate(limit);
        let next = places.last().copied().filter(|_| more);
        Ok(Places { places, next })
    }

    async fn finality(&self, height: Height) -> Result<Option<FinalityProof>, ReadError> {
        let chain = self.chain.lock().unwrap();
        Ok(chain.blocks.get(&height.get()).map(|block| FinalityProof {
            header: block.block.header.clone(),
            descendants: Vec::new(),
            certificate: block.certificate.clone(),
        }))
    }

    async fn handover(&self, epoch: Epoch) -> Result<Option<Handover>, ReadError> {
        if epoch > self.tip.borrow().epoch {
            return Ok(None);
        }
        let member = |n: u8| Member {
            key: KeyBytes([n; 96]),
            weight: Power::new(10),
            operator: account(n),
            p2p_key: [n; 32],
        };
        let set = ValidatorSet {
            epoch,
            ends_at: ChainClock::new(9_000),
            validators: (1..=2).map(member).collect(),
        };
        let finality = if epoch.is_zero() {
            None
        } else {
            self.finality(Height::new(1)).await?
        };
        Ok(Some(Handover { set, finality }))
    }

    async fn version(&self, at: At) -> Result<Version, ReadError> {
        let (state, epoch, chain_clock) = self.state.lock().unwrap().clone();
        let read = self.read(at, ()).await?;
        let block = runtime::Block {
            height: read.context.height,
            epoch,
            chain_clock,
            ..runtime::Block::default()
        };
        let context = Context {
            state_root: state.root(),
            chain_clock,
            epoch,
            ..read.context
        };
        Ok(Version {
            context,
            state,
            block,
        })
    }

    async fn account(&self, at: At, account: AccountId) -> Result<Read<Account>, ReadError> {
        let known = account == self::account(1);
        let value = if known {
            Account {
                sequence: 5,
                balance: Amount::new(1_000),
            }
        } else {
            Account::default()
        };
        self.read(at, value).await
    }

    async fn balances(
        &self,
        at: At,
        _: AccountId,
        asked: Page<AssetId>,
    ) -> Result<Read<Vec<Coin>>, ReadError> {
        let coin = |asset| Coin {
            asset: AssetId::new(asset),
            amount: Amount::new(u128::from(asset) + 1),
        };
        self.read(at, page((0..5).map(coin).collect(), asked, |coin| coin.asset))
            .await
    }

    async fn assets(&self, at: At, asked: Page<AssetId>) -> Result<Read<Vec<Asset>>, ReadError> {
        self.read(at, page(assets(), asked, |asset| asset.id)).await
    }

    async fn asset(&self, at: At, asset: AssetId) -> Result<Read<Option<Asset>>, ReadError> {
        self.read(at, assets().into_iter().find(|one| one.id == asset))
            .await
    }

    async fn supply(&self, at: At, asset: AssetId) -> Result<Read<Option<Amount>>, ReadError> {
        self.read(at, (asset < AssetId::new(5)).then_some(Amount::MAX))
            .await
    }

    async fn validator(&self, at: At, operator: AccountId) -> Result<Read<Option<Validator>>, ReadError> {
        self.read(
            at,
            validators()
                .into_iter()
                .find(|validator| validator.operator == operator),
        )
        .await
    }

    async fn validators(
        &self,
        at: At,
        status: Option<ValidatorStatus>,
        asked: Page<AccountId>,
    ) -> Result<Read<Vec<Validator>>, ReadError> {
        let mut all = validators();
        all.retain(|validator| status.is_none_or(|status| validator.status == status));
        self.read(at, page(all, asked, |validator| validator.operator))
            .await
    }

    async fn key_rotations(
        &self,
        at: At,
        operator: AccountId,
        page: Page<Epoch>,
    ) -> Result<Read<Vec<(Epoch, Rotation)>>, ReadError> {
        let rotation = |n: u8| Rotation {
            old: KeyBytes([n; 96]),
            new: KeyBytes([n + 1; 96]),
            height: Height::new(u64::from(n)),
        };
        let all = (1u8..4).filter(|_| operator == account(1));
        let after = page.after.map_or(0, Epoch::get);
        let value = all
            .map(|n| (Epoch::new(u64::from(n)), rotation(n)))
            .filter(|(epoch, _)| epoch.get() > after)
            .take(page.limit)
            .collect();
        self.read(at, value).await
    }

    async fn bond(&self, at: At, _: AccountId, account: AccountId) -> Result<Read<Bond>, ReadError> {
        let known = account == self::account(1);
        let bond = Bond {
            bonded: Amount::new(500),
            rewards: Amount::new(3),
            unbondings: 1,
        };
        self.read(at, if known { bond } else { Bond::default() }).await
    }

    async fn parameters(&self, at: At) -> Result<Read<Vec<Parameter>>, ReadError> {
        let gas = Parameter {
            module: "chain",
            name: "block_gas_limit",
            value: "100".into(),
            unit: "gas",
        };
        self.read(at, vec![gas]).await
    }

    async fn entry(&self, at: At, key: Vec<u8>) -> Result<Read<Option<Vec<u8>>>, ReadError> {
        let value = (key == KEY).then(|| VALUE.to_vec());
        self.read(at, value).await
    }

    async fn submit(&self, transactions: Vec<Bytes>) -> Vec<Result<Accepted, Rejection>> {
        let rejection = self.rejection.lock().unwrap().clone();
        let one = |bytes: Bytes| {
            if let Some(rejection) = rejection.clone() {
                return Err(rejection);
            }
            let signed: proto::tx::v1::SignedTransaction = prost::Message::decode(bytes).unwrap();
            let id = runtime::sign_bytes(&self.info.hash, &signed.body);
            let mut chain = self.chain.lock().unwrap();
            let admitted = match chain.states.get(&id) {
                Some(TxState::Final(place)) => Admitted::Committed(place.height),
                Some(_) => Admitted::Pending,
                None => {
                    chain.states.insert(id, TxState::Pending);
                    Admitted::New
                }
            };
            Ok(Accepted { id, admitted })
        };
        transactions.into_iter().map(one).collect()
    }

    async fn status(&self, id: TxId) -> Result<TxState, ReadError> {
        Ok(self
            .chain
            .lock()
            .unwrap()
            .states
            .get(&id)
            .cloned()
            .unwrap_or(TxState::Unknown))
    }

    fn status_changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    async fn waiting(&self, after: u64, limit: usize) -> Vec<Waiting> {
        let waiting = self.waiting.lock().unwrap();
        let later = waiting.iter().filter(|one| one.arrival > after);
        later.take(limit).cloned().collect()
    }

    fn arrivals(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    async fn pending_sequence(&self, account: AccountId) -> Option<u64> {
        (account == self::account(1)).then_some(8)
    }

    async fn simulate(&self, _: Bytes) -> Result<Simulation, Refused> {
        if let Some(rejection) = self.rejection.lock().unwrap().clone() {
            return Err(Refused::Rejected(rejection));
        }
        let read = self.read(At::default(), ()).await.map_err(Refused::Failed)?;
        let receipt = receipt(TxId::new([5; 32]), true);
        Ok(Simulation {
            base_price: Amount::new(1),
            context: read.context,
            receipt,
            suggested_gas_limit: Gas::new(875),
        })
    }

    async fn prices(&self) -> Result<Prices, ReadError> {
        let option = PriceOption {
            priority: Priority::Normal,
            max_price: Amount::new(20),
            tip: Amount::new(1),
        };
        Ok(Prices {
            base: Amount::new(10),
            options: vec![option],
        })
    }
}
