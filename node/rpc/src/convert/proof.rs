//! Where things were read, and what shows them.

use crate::backend::{At, Context, Entry, FinalityProof};
use crate::convert::{bytes, hash, ledger};
use crypto::merkle;
use crypto::sparse::{self, Terminal};
use light_palisade::StateProof;
use primitives::Height;
use primitives::codec::encode;
use proto::ledger::v1 as wire;

/// At which height to read: 0 is the latest.
pub(crate) fn at(height: u64, prove: bool) -> At {
    At {
        height: (height > 0).then_some(Height::new(height)),
        prove,
    }
}

pub(crate) fn context(context: &Context) -> wire::ReadContext {
    wire::ReadContext {
        height: context.height.get(),
        block_hash: hash(&context.block_hash),
        state_root: hash(&context.state_root),
        time_ms: context.time.get(),
        chain_clock_ms: context.chain_clock.get(),
        epoch: context.epoch.get(),
    }
}

pub(crate) fn state(proof: &StateProof, key: &[u8], value: Option<&[u8]>) -> wire::StateProof {
    let path = &proof.path;
    let leaf = |path: [u8; 32], value_hash: [u8; 32]| {
        Some(wire::StateLeaf {
            key_hash: bytes(path),
            value_hash: bytes(value_hash),
        })
    };
    let terminal = match *path.terminal() {
        Terminal::Leaf => leaf(sparse::path(key), sparse::value_hash(value.unwrap_or_default())),
        Terminal::OtherLeaf { path, value_hash } => leaf(path, value_hash),
        Terminal::Empty => None,
    };
    wire::StateProof {
        bitmap: bytes(path.bitmap()),
        siblings: path.siblings().iter().map(hash).collect(),
        terminal,
        encoded: encode(proof).into(),
        depth: u32::try_from(path.depth()).unwrap_or(u32::MAX),
    }
}

pub(crate) fn entries(entries: &[Entry]) -> Vec<wire::ProvenEntry> {
    let entry = |entry: &Entry| wire::ProvenEntry {
        key: bytes(&entry.key),
        value: entry.value.as_ref().map(bytes),
        proof: Some(state(&entry.proof, &entry.key, entry.value.as_deref())),
    };
    entries.iter().map(entry).collect()
}

pub(crate) fn inclusion(proof: &merkle::Proof) -> wire::InclusionProof {
    wire::InclusionProof {
        index: proof.index,
        count: proof.count,
        siblings: proof.siblings.iter().map(hash).collect(),
    }
}

pub(crate) fn finality(proof: &FinalityProof) -> wire::FinalityProof {
    wire::FinalityProof {
        header: Some(ledger::header(&proof.header)),
        descendants: proof.descendants.iter().map(ledger::header).collect(),
        certificate: Some(ledger::certificate(&proof.certificate)),
    }
}
