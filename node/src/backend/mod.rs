//! The node as the API's services see it: reads over store and state, offers to the mempool.

mod admin;
mod dev;
mod heartbeat;
mod node;
mod offers;
mod reads;
mod record;
mod snapshots;
mod tip;

pub(crate) use admin::{OwnKeys, Owner};
pub(crate) use dev::Faucet;
pub(crate) use heartbeat::keep_alive;
pub(crate) use node::{Identity, Work};
pub(crate) use snapshots::OnDisk;
pub(crate) use tip::follow;

use crate::app::{Chain, Mempool, Mischief, Snapshots};
use bytes::Bytes;
use engine::Status;
use mempool::{Intake, Transaction};
use network::Handle as Network;
use primitives::{AccountId, Amount, AssetId, BlockHash, Coin, Epoch, Height, TxId};
use rpc::backend::{
    Accepted, Account, Asset, At, Bond, ChainInfo, FinalBlock, FinalityProof, Handover, LocalValidator,
    NodeInfo, Page, Parameter, Peer, Place, Places, Prices, Read, ReadError, Refused, Rejection, SigningInfo,
    Simulation, Tip, TxState, Validator, ValidatorStatus, Waiting,
};
use runtime::staking::Rotation;
use signer::DoubleVoter;
use std::ops::RangeInclusive;
use std::sync::Arc;
use store::StoreError;
use tokio::sync::watch;

/// Everything that the services need.
pub(crate) struct Backend {
    pub(crate) chain: Arc<Chain>,
    pub(crate) snapshots: Arc<Snapshots>,
    pub(crate) mempool: Arc<Mempool>,
    pub(crate) intake: Intake,
    pub(crate) network: Network,
    pub(crate) info: ChainInfo,
    pub(crate) identity: Identity,
    pub(crate) tip: watch::Receiver<Tip>,
    pub(crate) engine: watch::Receiver<Status>,
    pub(crate) work: Arc<Work>,
    pub(crate) faucet: Option<Faucet>,
    /// On a development chain: how this node's validator misbehaves when it is told to.
    pub(crate) double_voter: Option<DoubleVoter>,
    /// What else is wrong with this node on request.
    pub(crate) mischief: Arc<Mischief>,
}

/// What a store's error means to a reader.
fn broken(error: impl std::fmt::Display) -> ReadError {
    ReadError::Broken(error.to_string())
}

/// Runs a read that may touch the disk where it may wait.
async fn off_thread<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, ReadError> {
    match tokio::task::spawn_blocking(read).await {
        Ok(answer) => answer.map_err(|error| match error {
            // Pruned while it was read.
            StoreError::Unavailable {
                asked,
                earliest,
                tip: latest,
            } if asked < earliest => ReadError::Pruned {
                asked,
                earliest,
                latest,
            },
            error => broken(error),
        }),
        Err(error) => Err(broken(error)),
    }
}

#[tonic::async_trait]
impl rpc::Backend for Backend {
    fn chain(&self) -> &ChainInfo {
        &self.info
    }

    fn node(&self) -> NodeInfo {
        self.about_node()
    }

    fn tip(&self) -> watch::Receiver<Tip> {
        self.tip.clone()
    }

    async fn peers(&self) -> Vec<Peer> {
        self.list_peers()
    }

    async fn signing_infos(&self) -> Vec<SigningInfo> {
        self.work.infos()
    }

    async fn local_validator(&self) -> Option<LocalValidator> {
        self.about_validator()
    }

    async fn block(&self, height: Height) -> Result<Option<Arc<FinalBlock>>, ReadError> {
        self.final_block(height).await
    }

    async fn height_of(&self, hash: BlockHash) -> Result<Option<Height>, ReadError> {
        let chain = self.chain.clone();
        off_thread(move || chain.store().height_of(&hash)).await
    }

    async fn place(&self, id: TxId) -> Result<Option<Place>, ReadError> {
        self.final_place(id).await
    }

    async fn account_places(
        &self,
        account: AccountId,
        heights: RangeInclusive<Height>,
        before: Option<Place>,
        limit: usize,
    ) -> Result<Places, ReadError> {
        self.places_of(account, heights, before, limit).await
    }

    async fn finality(&self, height: Height) -> Result<Option<FinalityProof>, ReadError> {
        let chain = self.chain.clone();
        off_thread(move || record::finality(chain.store(), height)).await
    }

    async fn handover(&self, epoch: Epoch) -> Result<Option<Handover>, ReadError> {
        let chain = self.chain.clone();
        off_thread(move || record::handover(chain.store(), epoch)).await
    }

    async fn version(&self, at: At) -> Result<rpc::backend::Version, ReadError> {
        Ok(self.at(at).await?.whole())
    }

    async fn account(&self, at: At, account: AccountId) -> Result<Read<Account>, ReadError> {
        self.at(at).await?.account(&account)
    }

    async fn balances(
        &self,
        at: At,
        account: AccountId,
        page: Page<AssetId>,
    ) -> Result<Read<Vec<Coin>>, ReadError> {
        self.at(at).await?.balances(&account, page)
    }

    async fn assets(&self, at: At, page: Page<AssetId>) -> Result<Read<Vec<Asset>>, ReadError> {
        self.at(at).await?.assets(page)
    }

    async fn asset(&self, at: At, asset: AssetId) -> Result<Read<Option<Asset>>, ReadError> {
        self.at(at).await?.asset(asset)
    }

    async fn supply(&self, at: At, asset: AssetId) -> Result<Read<Option<Amount>>, ReadError> {
        self.at(at).await?.supply(asset)
    }

    async fn validator(&self, at: At, operator: AccountId) -> Result<Read<Option<Validator>>, ReadError> {
        self.at(at).await?.validator(&operator)
    }

    async fn validators(
        &self,
        at: At,
        status: Option<ValidatorStatus>,
        page: Page<AccountId>,
    ) -> Result<Read<Vec<Validator>>, ReadError> {
        self.at(at).await?.validators(status, page)
    }

    async fn key_rotations(
        &self,
        at: At,
        operator: AccountId,
        page: Page<Epoch>,
    ) -> Result<Read<Vec<(Epoch, Rotation)>>, ReadError> {
        self.at(at).await?.key_rotations(&operator, page)
    }

    async fn bond(&self, at: At, operator: AccountId, account: AccountId) -> Result<Read<Bond>, ReadError> {
        self.at(at).await?.bond(&operator, &account)
    }

    async fn parameters(&self, at: At) -> Result<Read<Vec<Parameter>>, ReadError> {
        self.at(at).await?.parameters()
    }

    async fn entry(&self, at: At, key: Vec<u8>) -> Result<Read<Option<Vec<u8>>>, ReadError> {
        self.at(at).await?.entry(key)
    }

    async fn submit(&self, transactions: Vec<Bytes>) -> Vec<Result<Accepted, Rejection>> {
        self.offer(transactions).await
    }

    async fn status(&self, id: TxId) -> Result<TxState, ReadError> {
        self.state_of(id).await
    }

    fn status_changes(&self) -> watch::Receiver<u64> {
        self.chain.executed()
    }

    async fn pending_sequence(&self, account: AccountId) -> Option<u64> {
        let pending = self.mempool.pending_sequence(&account);
        let snapshot = self.snapshots.latest();
        let known = runtime::query::sequence(&snapshot.state, &account).unwrap_or_default();
        // Never below what is final: an answer about an older state is put right by it.
        Some(pending.max(known))
    }

    async fn waiting(&self, after: u64, limit: usize) -> Vec<Waiting> {
        let waiting = self.mempool.waiting(after, limit).into_iter();
        let told = waiting.map(|(arrival, transaction)| Waiting {
            arrival,
            id: transaction.id(),
            sender: transaction.sender(),
            bytes: Bytes::copy_from_slice(transaction.bytes()),
        });
        told.collect()
    }

    fn arrivals(&self) -> watch::Receiver<u64> {
        self.mempool.arrivals()
    }

    async fn simulate(&self, transaction: Bytes) -> Result<Simulation, Refused> {
        self.try_out(&transaction)
    }

    async fn prices(&self) -> Result<Prices, ReadError> {
        self.quote()
    }
}
