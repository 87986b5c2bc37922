//! Blocks, what is in them and what came of it.

use crate::backend::{FinalBlock, Handover, Place};
use crate::convert::{bytes, hash, proof, receipt};
use light_palisade::{Certificate, Header, ValidatorSet, VoteKind};
use primitives::address::Network;
use primitives::codec::encode;
use proto::ledger::v1 as wire;
use runtime::Receipt;

pub(crate) fn header(header: &Header) -> wire::Header {
    wire::Header {
        version: u32::from(header.version),
        chain_hash: hash(&header.chain_hash),
        height: header.height.get(),
        epoch: header.epoch.get(),
        view: header.view.get(),
        parent: hash(&header.parent),
        proposer: u32::from(header.proposer.get()),
        time_ms: header.time.get(),
        chain_clock_ms: header.chain_clock.get(),
        transactions_root: hash(&header.transactions_root),
        justification_root: hash(&header.justification_root),
        evidence_root: hash(&header.evidence_root),
        validators_root: hash(&header.validators_root),
        next_validators_root: hash(&header.next_validators_root),
        state_root: hash(&header.state_root),
        receipts_root: hash(&header.receipts_root),
        outbox_root: hash(&header.outbox_root),
        seed: hash(&header.seed),
        encoded: encode(header).into(),
        hash: hash(&header.hash()),
    }
}

pub(crate) fn certificate(certificate: &Certificate) -> wire::Certificate {
    let statement = &certificate.statement;
    let kind = match statement.kind() {
        VoteKind::Notarize => wire::CertificateKind::Notarization,
        VoteKind::Nullify => wire::CertificateKind::Nullification,
        VoteKind::Finalize => wire::CertificateKind::Finalization,
    };
    let block = statement.block();
    wire::Certificate {
        kind: kind.into(),
        epoch: statement.epoch().get(),
        view: statement.view().get(),
        parent_view: block.map_or(0, |(parent_view, _)| parent_view.get()),
        block_hash: block.map(|(_, block)| hash(&block)).unwrap_or_default(),
        signers: bytes(certificate.signers.as_bytes()),
        signature: bytes(certificate.signature.0),
        encoded: encode(certificate).into(),
    }
}

/// A block: with its transactions when `full`.
pub(crate) fn block(network: Network, block: &FinalBlock, full: bool) -> wire::Block {
    let transactions = if full {
        let mut first = 0;
        let one = |(index, receipt): (usize, &Receipt)| {
            let one = transaction_from(network, block, index, first);
            first += receipt.events.len();
            one
        };
        block.receipts.iter().enumerate().filter_map(one).collect()
    } else {
        Vec::new()
    };
    let gas = block
        .receipts
        .iter()
        .fold(0u64, |sum, receipt| sum.saturating_add(receipt.gas_used.get()));
    wire::Block {
        header: Some(header(&block.block.header)),
        certificate: Some(certificate(&block.certificate)),
        tx_hashes: block.receipts.iter().map(|receipt| hash(&receipt.id)).collect(),
        transactions,
        size_bytes: block.size,
        gas_used: gas,
    }
}

/// The transaction at a position of a block; `None` beyond the end.
pub(crate) fn transaction(network: Network, block: &FinalBlock, index: usize) -> Option<wire::Transaction> {
    let first = block
        .receipts
        .iter()
        .take(index)
        .map(|receipt| receipt.events.len())
        .sum();
    transaction_from(network, block, index, first)
}

/// The same, where the number of its first event is known.
fn transaction_from(
    network: Network,
    block: &FinalBlock,
    index: usize,
    first: usize,
) -> Option<wire::Transaction> {
    let (receipt, bytes) = (block.receipts.get(index)?, block.block.transactions.get(index)?);
    let header = &block.block.header;
    let place = Place {
        height: header.height,
        index: u32::try_from(index).ok()?,
    };
    Some(wire::Transaction {
        tx_hash: hash(&receipt.id),
        height: header.height.get(),
        index: place.index,
        time_ms: header.time.get(),
        tx: self::bytes(bytes),
        receipt: Some(receipt::receipt(network, receipt, place, first)),
    })
}

pub(crate) fn validator_set(set: &ValidatorSet) -> wire::ValidatorSet {
    let members = set.validators.iter().map(|validator| wire::ValidatorSetMember {
        operator: hash(&validator.operator),
        consensus_key: bytes(validator.key.0),
        power: validator.weight.get(),
        p2p_key: bytes(validator.p2p_key),
    });
    wire::ValidatorSet {
        epoch: set.epoch.get(),
        members: members.collect(),
        root: hash(&set.root()),
        total_power: set.total_weight(),
        ends_at_ms: set.ends_at.get(),
        encoded: encode(set).into(),
    }
}

pub(crate) fn handover(handover: &Handover) -> wire::Handover {
    wire::Handover {
        validator_set: Some(validator_set(&handover.set)),
        finality: handover.finality.as_ref().map(proof::finality),
    }
}
