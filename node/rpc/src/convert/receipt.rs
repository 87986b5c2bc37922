//! What came of transactions: receipts and events, as text where a person reads them.

use crate::backend::{FinalBlock, Place};
use crate::convert::{address, hash};
use primitives::address::{AddressKind, Network, format, format_consensus_key};
use primitives::codec::encode;
use primitives::{Height, TxId};
use proto::ledger::v1 as wire;
use runtime::{Event, Failure, MODULES, Receipt, Value};
use std::borrow::Cow;

/// A receipt, whose first event has the number `first` in its block.
pub(crate) fn receipt(network: Network, receipt: &Receipt, place: Place, first: usize) -> wire::Receipt {
    let result = match receipt.failure {
        None => wire::receipt::Result::Success(wire::Success {}),
        Some(of) => wire::receipt::Result::Failure(failure(of)),
    };
    let events = (u32::try_from(first).unwrap_or(u32::MAX)..).zip(&receipt.events);
    let events = events.map(|(index, event)| {
        let transaction = Some((place.index, receipt.id));
        let height = place.height;
        Occurred {
            network,
            height,
            transaction,
            index,
            event,
        }
        .to_wire()
    });
    wire::Receipt {
        tx_hash: hash(&receipt.id),
        result: Some(result),
        gas_used: receipt.gas_used.get(),
        fee: receipt.fee.to_string(),
        events: events.collect(),
        encoded: encode(receipt).into(),
    }
}

fn failure(failure: Failure) -> wire::Failure {
    let code = failure.code;
    let meaning = failure.meaning();
    let words = meaning.map_or("this program does not know the code", |meaning| meaning.words);
    wire::Failure {
        module: module(code.module).into_owned(),
        code: u32::from(code.number),
        message: format!(
            "message {} was refused: {words} ({})",
            failure.message,
            code.text(MODULES)
        ),
        message_index: failure.message,
        reason: meaning.map_or("UNKNOWN", |meaning| meaning.reason).into(),
    }
}

/// A module's name, or its number where nobody has it.
fn module(number: u8) -> Cow<'static, str> {
    let known = MODULES.iter().find(|id| id.number() == number);
    known.map_or_else(|| number.to_string().into(), |id| id.name().into())
}

/// An event and where it stands. Its text is made only when it is asked for.
pub(crate) struct Occurred<'a> {
    pub(crate) network: Network,
    pub(crate) height: Height,
    /// Position and id of its transaction.
    pub(crate) transaction: Option<(u32, TxId)>,
    /// Its position among all events of the block.
    pub(crate) index: u32,
    pub(crate) event: &'a Event,
}

impl Occurred<'_> {
    /// The module that says it.
    pub(crate) fn module(&self) -> Cow<'static, str> {
        module(self.event.module)
    }

    /// What happened.
    pub(crate) fn name(&self) -> &str {
        self.event.name.as_str()
    }

    /// The values of its fields with this name.
    pub(crate) fn values<'b>(&'b self, key: &'b str) -> impl Iterator<Item = String> + 'b {
        let named = self
            .event
            .attributes
            .iter()
            .filter(move |(name, _)| name.as_str() == key);
        named.map(|(_, value)| text(self.network, value))
    }

    pub(crate) fn to_wire(&self) -> wire::Event {
        wire::Event {
            height: self.height.get(),
            tx_index: self.transaction.map(|(index, _)| index),
            tx_hash: self.transaction.map(|(_, id)| hash(&id)).unwrap_or_default(),
            index: self.index,
            module: self.module().into_owned(),
            name: self.name().to_owned(),
            attributes: self
                .event
                .attributes
                .iter()
                .map(|(key, value)| wire::EventAttribute {
                    key: key.to_string(),
                    value: text(self.network, value),
                })
                .collect(),
        }
    }
}

/// All events of a block: those of its transactions, then those that the block itself caused.
pub(crate) fn occurred(network: Network, block: &FinalBlock) -> impl Iterator<Item = Occurred<'_>> {
    let height = block.block.header.height;
    let of_transactions = (0u32..).zip(&block.receipts).flat_map(|(index, receipt)| {
        let transaction = Some((index, receipt.id));
        receipt.events.iter().map(move |event| (transaction, event))
    });
    let own = block.events.iter().map(|event| (None, event));
    (0u32..)
        .zip(of_transactions.chain(own))
        .map(move |(index, (transaction, event))| Occurred {
            network,
            height,
            transaction,
            index,
            event,
        })
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

/// A field of an event.
pub(crate) fn field<'a>(event: &'a Occurred<'_>, name: &str) -> Option<&'a Value> {
    event.event.attribute(name)
}

/// A number that an event states; 0 for none.
pub(crate) fn number(event: &Occurred<'_>, name: &str) -> u32 {
    match field(event, name) {
        Some(Value::Id(number) | Value::Number(number)) => u32::try_from(*number).unwrap_or(u32::MAX),
        Some(Value::Bps(bps)) => u32::from(bps.get()),
        Some(Value::Asset(asset)) => asset.get(),
        Some(_) | None => 0,
    }
}

/// An amount that an event states; 0 for none.
pub(crate) fn amount(event: &Occurred<'_>, name: &str) -> String {
    match field(event, name) {
        Some(Value::Amount(amount)) => amount.to_string(),
        Some(_) | None => "0".to_owned(),
    }
}
