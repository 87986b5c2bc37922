//! What came of transactions: receipts and events, as text where a person reads them.

use crate::backend::{FinalBlock, Place};
use crate::convert::{address, hash};
use primitives::address::{AddressKind, Network, format, format_consensus_key};
use primitives::codec::encode;
use primitives::{Height, TxId};
use proto::ledger::v1 as wire;
use runtime::{Event, Failure, MODULES, Receipt, Value};

/// A receipt, whose first event has the number `first` in its block.
pub(crate) fn receipt(network: Network, receipt: &Receipt, place: Place, first: usize) -> wire::Receipt {
    let result = match receipt.failure {
        None => wire::receipt::Result::Success(wire::Success {}),
        Some(of) => wire::receipt::Result::Failure(failure(of)),
    };
    let numbers = Numbers {
        network,
        height: place.height,
        transaction: Some((place.index, receipt.id)),
    };
    wire::Receipt {
        tx_hash: hash(&receipt.id),
        result: Some(result),
        gas_used: receipt.gas_used.get(),
        fee: receipt.fee.to_string(),
        events: numbers.events(&receipt.events, first).collect(),
        encoded: encode(receipt).into(),
    }
}

fn failure(failure: Failure) -> wire::Failure {
    let code = failure.code;
    wire::Failure {
        module: module(code.module),
        code: u32::from(code.number),
        message: format!("message {} was refused: {}", failure.message, code.text(MODULES)),
        message_index: failure.message,
    }
}

/// A module's name, or its number where nobody has it.
fn module(number: u8) -> String {
    let known = MODULES.iter().find(|id| id.number() == number);
    known.map_or_else(|| number.to_string(), |id| id.name().to_owned())
}

/// Where events stand.
struct Numbers {
    network: Network,
    height: Height,
    transaction: Option<(u32, TxId)>,
}

impl Numbers {
    fn events<'a>(&'a self, events: &'a [Event], first: usize) -> impl Iterator<Item = wire::Event> + 'a {
        let first = u32::try_from(first).unwrap_or(u32::MAX);
        (first..).zip(events).map(|(index, event)| wire::Event {
            height: self.height.get(),
            tx_index: self.transaction.map(|(index, _)| index),
            tx_hash: self.transaction.map(|(_, id)| hash(&id)).unwrap_or_default(),
            index,
            module: module(event.module),
            name: event.name.to_string(),
            attributes: event
                .attributes
                .iter()
                .map(|(key, value)| wire::EventAttribute {
                    key: key.to_string(),
                    value: text(self.network, value),
                })
                .collect(),
        })
    }
}

/// All events of a block: those of its transactions, then those that the block itself caused.
pub(crate) fn block_events(network: Network, block: &FinalBlock) -> Vec<wire::Event> {
    let height = block.block.header.height;
    let mut all = Vec::new();
    for (index, receipt) in (0u32..).zip(&block.receipts) {
        let numbers = Numbers {
            network,
            height,
            transaction: Some((index, receipt.id)),
        };
        let first = all.len();
        all.extend(numbers.events(&receipt.events, first));
    }
    let first = all.len();
    all.extend(
        Numbers {
            network,
            height,
            transaction: None,
        }
        .events(&block.events, first),
    );
    all
}

/// A value as a person reads it, and as filters compare it.
fn text(network: Network, value: &Value) -> String {
    match value {
        Value::Account(account) => address::account_text(network, account),
        Value::Operator(operator) => address::operator_text(network, operator),
        Value::Vault(vault) => format(AddressKind::Vault, network, vault.as_bytes()),
        Value::ConsensusKey(key) => format_consensus_key(network, key),
        Value::Digest(digest) => digest.to_string(),
        Value::Asset(asset) => asset.to_string(),
        Value::Amount(amount) => amount.to_string(),
        Value::Shares(shares) => shares.to_string(),
        Value::Power(power) => power.to_string(),
        Value::Bps(bps) => bps.get().to_string(),
        Value::Ratio(ratio) => ratio.raw().to_string(),
        Value::Id(number) | Value::Number(number) => number.to_string(),
        Value::Height(height) => height.to_string(),
        Value::Epoch(epoch) => epoch.to_string(),
        Value::Timestamp(time) => time.to_string(),
        Value::ChainClock(clock) => clock.to_string(),
        Value::Millis(millis) => millis.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Label(name) => name.to_string(),
        Value::Code(code) => code.text(MODULES),
        Value::Bytes(bytes) => hex::encode(bytes.as_slice()),
    }
}
