//! Heartbeats: a validator that has led nothing for half an epoch says that it is there, by itself.
//!
//! Whoever leads is seen by that. Only a small validator, or one in a short epoch, may have no view of its own; without
//! a heartbeat it would count as idle. The operator's account pays, when its key lies in the node's home.

use super::{Backend, broken};
use bytes::Bytes;
use client::transaction::{Builder, Fee, Signing};
use crypto::account::AccountKeys;
use primitives::{Amount, Epoch, Height};
use proto::staking::v1::Heartbeat;
use proto::tx::v1::message::Message as Kind;
use rpc::backend::ReadError;
use runtime::View;
use signer::Ed25519Key;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Gas for one heartbeat, with room.
const GAS: u64 = 400_000;
/// Blocks that it may wait.
const PATIENCE: u64 = 100;

/// Sends a heartbeat in each epoch that needs one, until it is stopped.
pub(crate) async fn keep_alive(backend: Arc<Backend>, operator: Ed25519Key, stop: CancellationToken) {
    let mut committed = backend.chain.committed();
    let mut last: Option<Epoch> = None;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            changed = committed.changed() => if changed.is_err() { return },
        }
        let Some(epoch) = backend.lacks_heartbeat(&operator) else {
            continue;
        };
        if last == Some(epoch) {
            continue;
        }
        last = Some(epoch);
        match backend.heartbeat(&operator) {
            Ok(bytes) => match backend.offer(vec![bytes]).await.pop() {
                Some(Ok(_)) => tracing::info!(%epoch, "led nothing yet in this epoch: sent a heartbeat"),
                Some(Err(refused)) => tracing::warn!(%epoch, ?refused, "a heartbeat was refused"),
                None => tracing::warn!(%epoch, "a heartbeat was not taken in"),
            },
            Err(error) => tracing::warn!(%epoch, ?error, "a heartbeat could not be made"),
        }
    }
}

impl Backend {
    /// The epoch, when half of it is over and the operator's validator, a member of its set, was not seen in it.
    fn lacks_heartbeat(&self, operator: &Ed25519Key) -> Option<Epoch> {
        let tip = self.snapshots.latest();
        let epoch = tip.header.epoch;
        let block = runtime::Block {
            epoch,
            chain_clock: tip.header.chain_clock,
            ..runtime::Block::default()
        };
        let view = View::new(&tip.state, &block);
        let account = operator.account();
        let set = runtime::staking::set_of(&view, epoch).ok().flatten()?;
        let length = runtime::staking::query::params(&view).ok()?.epoch_length;
        let half = set.ends_at.get().saturating_sub(length.get() / 2);
        let member = set.validators.iter().any(|v| v.operator == account);
        if !member || tip.header.is_boundary() || tip.header.chain_clock.get() < half {
            return None;
        }
        let duty = runtime::staking::query::duty(&view, &account).ok()?;
        (duty.led == 0 && duty.missed == 0 && !duty.heard).then_some(epoch)
    }

    fn heartbeat(&self, operator: &Ed25519Key) -> Result<Bytes, ReadError> {
        let prices = self.quote()?;
        let max_price = prices
            .options
            .last()
            .map_or(prices.base, |option| option.max_price);
        let height = self.snapshots.latest().header.height.get();
        let sender = operator.account();
        let signed = Builder::new(&sender)
            .message(Kind::Heartbeat(Heartbeat {}))
            .fee(Fee {
                gas_limit: GAS,
                max_price,
                tip: Amount::ZERO,
            })
            .sequence(self.mempool.pending_sequence(&sender))
            .timeout_height(Height::new(height.saturating_add(PATIENCE)))
            .build()
            .and_then(|body| {
                let keys = AccountKeys::single(*operator.public_key().as_bytes())?;
                let mut signing = Signing::new(self.chain.id(), body, keys)?;
                signing.sign(operator)?;
                signing.finish()
            });
        signed.map(|signed| Bytes::from(signed.bytes)).map_err(broken)
    }
}
