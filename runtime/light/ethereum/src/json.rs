//! The beacon API's JSON, for relayers and tools; a chain reads SSZ. Numbers are decimal strings (or plain numbers),
//! bytes are hex with `0x`. Fields that are not needed are passed over.
//!
//! # Source
//! ethereum/beacon-APIs, `light_client`.

use crate::committee::SyncCommittee;
use crate::header::{BeaconHeader, BlobGas, Execution, ExecutionHeader, LightHeader, MAX_EXTRA_DATA};
use crate::spec::{Fork, Root, Spec};
use crate::ssz::SszError;
use crate::update::{Bootstrap, SyncAggregate, Update, finality_of, next_of, own_branch};
use serde_json::Value;

/// Nodes of a branch that are read, at most.
const MAX_BRANCH: usize = 64;

/// Why JSON is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// A field is missing.
    #[error("`{0}` is missing")]
    Missing(String),
    /// A field is not the number, hex or list that it should be.
    #[error("`{field}` is not {expected}")]
    Malformed {
        /// Its name.
        field: String,
        /// What it should be.
        expected: &'static str,
    },
    /// The parts do not fit together.
    #[error(transparent)]
    Shape(#[from] SszError),
}

fn malformed(field: &str, expected: &'static str) -> JsonError {
    let field = field.to_owned();
    JsonError::Malformed { field, expected }
}

fn field<'a>(value: &'a Value, name: &str) -> Result<&'a Value, JsonError> {
    value.get(name).ok_or_else(|| JsonError::Missing(name.to_owned()))
}

fn number(value: &Value, name: &str) -> Result<u64, JsonError> {
    let found = field(value, name)?;
    let parsed = found.as_u64().or_else(|| found.as_str()?.parse().ok());
    parsed.ok_or_else(|| malformed(name, "a number of 64 bits"))
}

fn hex_of(value: &Value, name: &str, limit: usize) -> Result<Vec<u8>, JsonError> {
    let expected = "bytes in hex";
    let text = value.as_str().ok_or_else(|| malformed(name, expected))?;
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if digits.len() > limit.saturating_mul(2) {
        return Err(malformed(name, "so short"));
    }
    hex::decode(digits).map_err(|_| malformed(name, expected))
}

fn array<const N: usize>(value: &Value, name: &str) -> Result<[u8; N], JsonError> {
    let bytes = hex_of(field(value, name)?, name, N)?;
    bytes
        .try_into()
        .map_err(|_| malformed(name, "of the right length"))
}

fn list<'a>(value: &'a Value, name: &str, limit: usize) -> Result<&'a [Value], JsonError> {
    let items = field(value, name)?
        .as_array()
        .ok_or_else(|| malformed(name, "a list"))?;
    if items.len() > limit {
        return Err(malformed(name, "so short a list"));
    }
    Ok(items)
}

fn roots(value: &Value, name: &str) -> Result<Vec<Root>, JsonError> {
    let items = list(value, name, MAX_BRANCH)?.iter().map(|item| {
        let bytes = hex_of(item, name, 32)?;
        bytes
            .try_into()
            .map_err(|_| malformed(name, "a list of 32 bytes each"))
    });
    items.collect()
}

/// 256 bits in decimal, little-endian.
fn u256(value: &Value, name: &str) -> Result<[u8; 32], JsonError> {
    let found = field(value, name)?;
    let text = found.as_u64().map(|n| n.to_string());
    let text = text.as_deref().or_else(|| found.as_str());
    let wrong = || malformed(name, "a number of 256 bits");
    let text = text
        .filter(|text| !text.is_empty() && text.len() <= 78)
        .ok_or_else(wrong)?;
    let mut out = [0u8; 32];
    for digit in text.chars() {
        let mut carry = digit.to_digit(10).ok_or_else(wrong)?;
        for byte in &mut out {
            let sum = u32::from(*byte).saturating_mul(10).saturating_add(carry);
            let [low, next, ..] = sum.to_le_bytes();
            (*byte, carry) = (low, u32::from(next));
        }
        if carry != 0 {
            return Err(wrong());
        }
    }
    Ok(out)
}

/// A beacon block's header.
///
/// # Errors
/// [`JsonError`].
pub fn beacon_header(value: &Value) -> Result<BeaconHeader, JsonError> {
    Ok(BeaconHeader {
        slot: number(value, "slot")?,
        proposer_index: number(value, "proposer_index")?,
        parent_root: array(value, "parent_root")?,
        state_root: array(value, "state_root")?,
        body_root: array(value, "body_root")?,
    })
}

/// An execution payload's header, of Deneb or later where it has blob gas.
///
/// # Errors
/// [`JsonError`].
pub fn execution_header(value: &Value) -> Result<ExecutionHeader, JsonError> {
    let blob_gas = if value.get("blob_gas_used").is_some() {
        let (used, excess) = (number(value, "blob_gas_used")?, number(value, "excess_blob_gas")?);
        Some(BlobGas { used, excess })
    } else {
        None
    };
    Ok(ExecutionHeader {
        parent_hash: array(value, "parent_hash")?,
        fee_recipient: array(value, "fee_recipient")?,
        state_root: array(value, "state_root")?,
        receipts_root: array(value, "receipts_root")?,
        logs_bloom: array(value, "logs_bloom")?,
        prev_randao: array(value, "prev_randao")?,
        block_number: number(value, "block_number")?,
        gas_limit: number(value, "gas_limit")?,
        gas_used: number(value, "gas_used")?,
        timestamp: number(value, "timestamp")?,
        extra_data: hex_of(field(value, "extra_data")?, "extra_data", MAX_EXTRA_DATA)?,
        base_fee_per_gas: u256(value, "base_fee_per_gas")?,
        block_hash: array(value, "block_hash")?,
        transactions_root: array(value, "transactions_root")?,
        withdrawals_root: array(value, "withdrawals_root")?,
        blob_gas,
    })
}

/// A light client's header: `beacon` and, since Capella, `execution` with its branch. Before the API knew execution
/// headers, the beacon header stood alone: that is read too.
///
/// # Errors
/// [`JsonError`].
pub fn light_header(spec: &Spec, value: &Value) -> Result<LightHeader, JsonError> {
    let beacon = beacon_header(value.get("beacon").unwrap_or(value))?;
    let Some(payload) = value.get("execution") else {
        let execution = None;
        return Ok(LightHeader { beacon, execution });
    };
    let mut header = execution_header(payload)?;
    // Fields of later forks are no part of an older header, whatever a server writes there.
    if spec
        .fork_at(beacon.slot)
        .is_some_and(|entry| entry.fork < Fork::Deneb)
    {
        header.blob_gas = None;
    }
    let branch = roots(value, "execution_branch")?;
    Ok(LightHeader::of_own_fork(
        spec,
        beacon,
        Execution { header, branch },
    )?)
}

/// A sync committee.
///
/// # Errors
/// [`JsonError`].
pub fn committee(value: &Value) -> Result<SyncCommittee, JsonError> {
    let limit = usize::from(crate::spec::MAX_COMMITTEE);
    let keys = list(value, "pubkeys", limit)?.iter().map(|item| {
        let bytes = hex_of(item, "pubkeys", 48)?;
        bytes
            .try_into()
            .map_err(|_| malformed("pubkeys", "a list of 48 bytes each"))
    });
    Ok(SyncCommittee {
        pubkeys: keys.collect::<Result<_, _>>()?,
        aggregate: array(value, "aggregate_pubkey")?,
    })
}

/// A `LightClientBootstrap`: the `data` of the API's answer.
///
/// # Errors
/// [`JsonError`].
pub fn bootstrap(spec: &Spec, value: &Value) -> Result<Bootstrap, JsonError> {
    let header = light_header(spec, field(value, "header")?)?;
    let committee = committee(field(value, "current_sync_committee")?)?;
    let branch = roots(value, "current_sync_committee_branch")?;
    let branch = own_branch(spec, &header, branch, |own| own.current_committee)?;
    Ok(Bootstrap {
        header,
        committee,
        branch,
    })
}

/// An update of any of the three kinds: the `data` of the API's answer. What kind it is shows in its fields.
///
/// # Errors
/// [`JsonError`].
pub fn update(spec: &Spec, value: &Value) -> Result<Update, JsonError> {
    let attested = light_header(spec, field(value, "attested_header")?)?;
    let next = match value.get("next_sync_committee") {
        Some(found) if !found.is_null() => {
            let branch = roots(value, "next_sync_committee_branch")?;
            next_of(spec, &attested, committee(found)?, branch)?
        }
        _ => None,
    };
    let finality = match value.get("finalized_header") {
        Some(found) if !found.is_null() => {
            let branch = roots(value, "finality_branch")?;
            finality_of(spec, &attested, light_header(spec, found)?, branch)?
        }
        _ => None,
    };
    let signed = field(value, "sync_aggregate")?;
    let limit = usize::from(crate::spec::MAX_COMMITTEE) >> 3;
    let aggregate = SyncAggregate {
        bits: hex_of(
            field(signed, "sync_committee_bits")?,
            "sync_committee_bits",
            limit,
        )?,
        signature: array(signed, "sync_committee_signature")?,
    };
    let signature_slot = number(value, "signature_slot")?;
    Ok(Update {
        attested,
        next,
        finality,
        aggregate,
        signature_slot,
    })
}
