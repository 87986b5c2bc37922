//! Faults and well-known accounts of a development chain.

use crate::backend::{DevAccount, LinkFault, NodeFault};
use crate::convert::{address, bytes, hash};
use crate::refusal::Refusal;
use light_palisade::Offence;
use primitives::address::Network;
use primitives::{ChainClock, Millis};
use proto::dev::v1alpha1 as wire;

/// The longest latency that can be asked for, in milliseconds.
const MAX_LATENCY_MS: u32 = 60_000;
/// The most that a clock can be made wrong by, in milliseconds.
const MAX_SKEW_MS: u64 = 3_600_000;
/// The most that a write can be made slower by, in milliseconds.
const MAX_DISK_DELAY_MS: u32 = 10_000;
/// The furthest that the chain clock can be put forward at a time.
const MAX_ADVANCE: Millis = Millis::new(10 * 365 * 86_400_000);

pub(crate) fn account(network: Network, account: &DevAccount) -> wire::DevAccount {
    wire::DevAccount {
        name: account.name.clone(),
        id: hash(&account.id),
        address: address::account_text(network, &account.id),
    }
}

/// The offence that is asked for.
pub(crate) fn parse_offence(fault: i32) -> Result<Offence, Refusal> {
    match wire::ConsensusFault::try_from(fault) {
        Ok(wire::ConsensusFault::DoubleNotarize) => Ok(Offence::DoubleNotarize),
        Ok(wire::ConsensusFault::DoubleFinalize) => Ok(Offence::DoubleFinalize),
        Ok(wire::ConsensusFault::NullifyFinalize) => Ok(Offence::NullifyFinalize),
        Ok(wire::ConsensusFault::NotarizeFinalize) => Ok(Offence::NotarizeFinalize),
        Ok(wire::ConsensusFault::Unspecified) | Err(_) => Err(Refusal::field(
            "fault",
            format!("{fault} is no fault of a validator"),
        )),
    }
}

pub(crate) fn link_fault(fault: &LinkFault) -> wire::LinkFault {
    wire::LinkFault {
        peer_key: fault.peer.map(bytes).unwrap_or_default(),
        blocked_out: fault.blocked_out,
        blocked_in: fault.blocked_in,
        latency_ms: fault.latency_ms,
        jitter_ms: fault.jitter_ms,
        loss_percent: u32::from(fault.loss_percent),
    }
}

pub(crate) const fn node_fault(fault: &NodeFault) -> wire::NodeFault {
    wire::NodeFault {
        clock_skew_ms: fault.clock_skew_ms,
        disk_full: fault.disk_full,
        disk_delay_ms: fault.disk_delay_ms,
        censor: fault.censor,
        withhold: fault.withhold,
    }
}

pub(crate) fn parse_node_fault(fault: Option<wire::NodeFault>) -> Result<NodeFault, Refusal> {
    let fault = fault.ok_or_else(|| Refusal::field("fault", "is missing"))?;
    if fault.clock_skew_ms.unsigned_abs() > MAX_SKEW_MS {
        let text = format!("{} is above {MAX_SKEW_MS} either way", fault.clock_skew_ms);
        return Err(Refusal::field("fault.clock_skew_ms", text));
    }
    if fault.disk_delay_ms > MAX_DISK_DELAY_MS {
        let text = format!("{} is above {MAX_DISK_DELAY_MS}", fault.disk_delay_ms);
        return Err(Refusal::field("fault.disk_delay_ms", text));
    }
    Ok(NodeFault {
        clock_skew_ms: fault.clock_skew_ms,
        disk_full: fault.disk_full,
        disk_delay_ms: fault.disk_delay_ms,
        censor: fault.censor,
        withhold: fault.withhold,
    })
}

/// Where the chain clock is to stand: not before now, and not so far ahead that its numbers come to their end.
pub(crate) fn parse_clock(to: u64, now: ChainClock) -> Result<ChainClock, Refusal> {
    let to = ChainClock::new(to);
    let refuse = |text: String| Err(Refusal::field("chain_clock_ms", text));
    if to < now {
        return refuse(format!(
            "{to} is past: the clock stands at {now}, and never goes back"
        ));
    }
    let most = now.after(MAX_ADVANCE);
    if to > most {
        return refuse(format!("{to} is more than ten years ahead: at most {most}"));
    }
    Ok(to)
}

pub(crate) fn parse_link_fault(fault: Option<wire::LinkFault>) -> Result<LinkFault, Refusal> {
    let fault = fault.ok_or_else(|| Refusal::field("fault", "is missing"))?;
    let peer =
        match fault.peer_key.len() {
            0 => None,
            length => Some(<[u8; 32]>::try_from(&fault.peer_key[..]).map_err(|_| {
                Refusal::field("fault.peer_key", format!("{length} bytes, expected 32 or none"))
            })?),
        };
    for (field, value) in [
        ("fault.latency_ms", fault.latency_ms),
        ("fault.jitter_ms", fault.jitter_ms),
    ] {
        if value > MAX_LATENCY_MS {
            return Err(Refusal::field(
                field,
                format!("{value} is above {MAX_LATENCY_MS}"),
            ));
        }
    }
    let loss_percent = u8::try_from(fault.loss_percent)
        .ok()
        .filter(|percent| *percent <= 100)
        .ok_or_else(|| {
            Refusal::field(
                "fault.loss_percent",
                format!("{} is above 100", fault.loss_percent),
            )
        })?;
    Ok(LinkFault {
        peer,
        blocked_out: fault.blocked_out,
        blocked_in: fault.blocked_in,
        latency_ms: fault.latency_ms,
        jitter_ms: fault.jitter_ms,
        loss_percent,
    })
}
