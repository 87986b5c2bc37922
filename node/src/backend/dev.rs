//! What only a development chain offers: a faucet, and links that break on request.

use super::offers::refused;
use super::{Backend, broken};
use bytes::Bytes;
use client::transaction::{Builder, Fee, Signing};
use consensus::Message;
use crypto::account::AccountKeys;
use light_palisade::Offence;
use network::{LinkShape, PeerKey, Scope};
use parking_lot::Mutex;
use primitives::codec::encode;
use primitives::{AccountId, Amount, AssetId, ChainClock, Coin, Epoch, Height, TxId};
use rpc::DevBackend;
use rpc::backend::{DevAccount, DevClock, LinkFault, NodeFault, ReadError, Refused};
use runtime::View;
use signer::Ed25519Key;
use tokio::sync::Mutex as Turn;

/// What the faucet gives when it is not told: a hundred PAL.
const GIFT: Amount = Amount::new(100_000_000_000);
/// Blocks that a faucet's transaction may wait.
const PATIENCE: u64 = 200;
/// Gas for one transfer, with room.
const GAS: u64 = 400_000;

/// The faucet's key and the accounts that everybody knows.
pub(crate) struct Faucet {
    pub(crate) key: Ed25519Key,
    pub(crate) accounts: Vec<DevAccount>,
    pub(crate) faults: Mutex<Vec<LinkFault>>,
    /// One transfer at a time, so that sequences do not collide.
    pub(crate) turn: Turn<()>,
}

#[tonic::async_trait]
impl DevBackend for Backend {
    async fn fund(
        &self,
        to: AccountId,
        asset: AssetId,
        amount: Option<Amount>,
    ) -> Result<(TxId, Coin), Refused> {
        let Some(faucet) = &self.faucet else {
            return Err(Refused::Failed(ReadError::Unavailable(
                "this node has no faucet key".into(),
            )));
        };
        let coin = Coin {
            asset,
            amount: amount.unwrap_or(GIFT),
        };
        let _turn = faucet.turn.lock().await;
        let prices = self.quote().map_err(Refused::Failed)?;
        let max_price = prices
            .options
            .last()
            .map_or(prices.base, |option| option.max_price);
        let height = self.snapshots.latest().header.height.get();
        let sender = faucet.key.account();
        let body = Builder::new(&sender)
            .transfer(&to, coin)
            .fee(Fee {
                gas_limit: GAS,
                max_price,
                tip: Amount::ZERO,
            })
            .sequence(self.mempool.pending_sequence(&sender))
            .timeout_height(Height::new(height.saturating_add(PATIENCE)))
            .build();
        let signed = body.and_then(|body| {
            let keys = AccountKeys::single(*faucet.key.public_key().as_bytes())?;
            let mut signing = Signing::new(self.chain.id(), body, keys)?;
            signing.sign(&faucet.key)?;
            signing.finish()
        });
        let signed = signed.map_err(|error| Refused::Failed(broken(error)))?;
        let answer = self.offer(vec![Bytes::from(signed.bytes)]).await.pop();
        match answer {
            Some(Ok(accepted)) => Ok((accepted.id, coin)),
            Some(Err(rejection)) => Err(Refused::Rejected(rejection)),
            None => Err(Refused::Rejected(refused(mempool::Rejection::new(
                mempool::Class::Exhausted,
                "INTAKE_BUSY",
                "the node takes nothing in now: try again",
            )))),
        }
    }

    fn accounts(&self) -> Vec<DevAccount> {
        self.faucet
            .as_ref()
            .map(|faucet| faucet.accounts.clone())
            .unwrap_or_default()
    }

    fn link_faults(&self) -> Vec<LinkFault> {
        self.faucet
            .as_ref()
            .map(|faucet| faucet.faults.lock().clone())
            .unwrap_or_default()
    }

    async fn set_link_fault(&self, fault: LinkFault) -> Result<(), ReadError> {
        let shape = LinkShape {
            latency_ms: fault.latency_ms.into(),
            jitter_ms: fault.jitter_ms.into(),
            loss_percent: fault.loss_percent,
            blocked_out: fault.blocked_out,
            blocked_in: fault.blocked_in,
        };
        let scope = fault.peer.map_or(Scope::All, |key| Scope::Peer(PeerKey(key)));
        self.network
            .shape(scope, shape)
            .map_err(|error| ReadError::Unavailable(error.to_string()))?;
        if let Some(faucet) = &self.faucet {
            let mut faults = faucet.faults.lock();
            faults.retain(|other| other.peer != fault.peer);
            faults.push(fault);
        }
        Ok(())
    }

    async fn misbehave(&self, offence: Offence) -> Result<(Epoch, primitives::View), ReadError> {
        let unable = |why: &str| ReadError::Unavailable(why.into());
        let voter = self
            .double_voter
            .as_ref()
            .ok_or_else(|| unable("this node has no consensus key to misbehave with"))?;
        let status = *self.engine.borrow();
        let seat = self
            .seat()
            .ok_or_else(|| unable("this node's key is not in the epoch's validator set"))?;
        let votes = voter.offend(offence, status.epoch, status.view, seat);
        tracing::warn!(epoch = %status.epoch, view = %status.view, ?offence, "contradicting itself, as it was told to");
        let frame = Bytes::from(encode(&Message::Votes(votes.to_vec())));
        self.network
            .broadcast(network::Class::Consensus, frame)
            .map_err(|error| ReadError::Unavailable(error.to_string()))?;
        Ok((status.epoch, status.view))
    }

    fn node_fault(&self) -> NodeFault {
        self.mischief.fault()
    }

    fn set_node_fault(&self, fault: NodeFault) {
        tracing::warn!(?fault, "made wrong, as it was told to");
        self.mischief.set(fault);
    }

    fn clock(&self) -> Result<DevClock, ReadError> {
        let tip = self.snapshots.latest();
        let header = &tip.header;
        let block = runtime::Block {
            height: header.height,
            epoch: header.epoch,
            chain_clock: header.chain_clock,
            ..runtime::Block::default()
        };
        let set = runtime::epoch::upcoming_validators(&View::new(&tip.state, &block)).map_err(broken)?;
        Ok(DevClock {
            now: header.chain_clock,
            epoch: set.epoch,
            epoch_ends_at: set.ends_at,
        })
    }

    fn advance_clock(&self, to: ChainClock) {
        tracing::warn!(clock = %to, "the chain clock is put forward with the next block that is led here");
        self.mischief.warp_to(to);
    }

    async fn clear_faults(&self) {
        self.mischief.set(NodeFault::default());
        self.network.clear_shapes();
        if let Some(faucet) = &self.faucet {
            faucet.faults.lock().clear();
        }
    }
}
