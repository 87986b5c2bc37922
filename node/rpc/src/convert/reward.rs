//! What pools held when they were shared out.

use crate::backend::FinalBlock;
use crate::convert::receipt::{amount, number, occurred};
use primitives::address::Network;
use proto::reward::v1 as wire;
use runtime::rewards;

/// Pools that were shared out in a block, the last first.
pub(crate) fn distributions(
    network: Network,
    block: &FinalBlock,
    service: Option<u32>,
) -> Vec<wire::Distribution> {
    let shared = occurred(network, block)
        .filter(|event| event.event.module == rewards::ID.number() && event.name() == "SharedOut")
        .filter(|event| service.is_none_or(|one| number(event, "service") == one));
    let mut found: Vec<wire::Distribution> = shared
        .map(|event| {
            let epoch = event.values("epoch").next().unwrap_or_default();
            wire::Distribution {
                height: event.height.get(),
                time_ms: block.block.header.time.get(),
                index: event.index,
                service_id: number(&event, "service"),
                epoch: epoch.parse().unwrap_or_default(),
                asset_id: number(&event, "asset"),
                amount: amount(&event, "amount"),
                left: amount(&event, "left"),
            }
        })
        .collect();
    found.reverse();
    found
}
