//! A beacon chain of our own: committees that really sign, states that really hold what is proven. Used by tests and by
//! the bench.

use blst::min_pk::{AggregatePublicKey, AggregateSignature, PublicKey, SecretKey, Signature};
use crypto::bls_short_keys::SIGNATURE_DST;
use palisade_light_ethereum::header::BlobGas;
use palisade_light_ethereum::merkle::{GeneralizedIndex, parent};
use palisade_light_ethereum::signing::signing_root;
use palisade_light_ethereum::spec::{ExecutionFields, ForkEpoch, Layout, MAX_COMMITTEE};
use palisade_light_ethereum::update::{Finality, NextCommittee, SyncAggregate};
use palisade_light_ethereum::{
    BeaconHeader, Bootstrap, Client, Execution, ExecutionHeader, Fork, LightHeader, Preset, Root, Slot, Spec,
    SyncCommittee, Update,
};
use std::collections::BTreeMap;

/// Members with their secrets; `distinct` keys stand in the committee over and over.
#[derive(Clone)]
pub(crate) struct Members {
    secrets: Vec<SecretKey>,
    pub(crate) committee: SyncCommittee,
}

impl Members {
    pub(crate) fn new(seed: u8, size: u16, distinct: u16) -> Self {
        assert!(size <= MAX_COMMITTEE && distinct > 0);
        let distinct: Vec<SecretKey> = (0..distinct)
            .map(|n| {
                let mut material = [seed; 32];
                material[..2].copy_from_slice(&n.to_be_bytes());
                SecretKey::key_gen(&material, &[]).unwrap()
            })
            .collect();
        let secrets: Vec<SecretKey> = distinct.iter().cycle().take(usize::from(size)).cloned().collect();
        let keys: Vec<PublicKey> = secrets.iter().map(SecretKey::sk_to_pk).collect();
        let all: Vec<&PublicKey> = keys.iter().collect();
        let sum = AggregatePublicKey::aggregate(&all, false).unwrap();
        let committee = SyncCommittee {
            pubkeys: keys.iter().map(PublicKey::compress).collect(),
            aggregate: sum.to_public_key().compress(),
        };
        Self { secrets, committee }
    }

    /// The bits and the summed signature of the members that `signs` names.
    pub(crate) fn sign(&self, message: &Root, signs: impl Fn(usize) -> bool) -> SyncAggregate {
        let mut bits = vec![0u8; self.secrets.len() / 8];
        let mut sum: Option<AggregateSignature> = None;
        let mut made: BTreeMap<[u8; 32], Signature> = BTreeMap::new();
        for (at, secret) in self.secrets.iter().enumerate().filter(|(at, _)| signs(*at)) {
            bits[at / 8] |= 1 << (at % 8);
            let signature = made
                .entry(secret.to_bytes())
                .or_insert_with(|| secret.sign(message, SIGNATURE_DST, &[]));
            match &mut sum {
                Some(sum) => sum.add_signature(signature, false).unwrap(),
                none => *none = Some(AggregateSignature::from_signature(signature)),
            }
        }
        let mut signature = [0; 96];
        signature[0] = 0xc0;
        if let Some(sum) = sum {
            signature = sum.to_signature().compress();
        }
        SyncAggregate { bits, signature }
    }
}

/// A tree of which some nodes are known; what is not is zero.
#[derive(Clone, Default)]
pub(crate) struct Tree(BTreeMap<u64, Root>);

impl Tree {
    pub(crate) fn with(mut self, index: GeneralizedIndex, leaf: Root) -> Self {
        self.0.insert(index.get(), leaf);
        self
    }

    fn node(&self, at: u64) -> Root {
        if let Some(known) = self.0.get(&at) {
            return *known;
        }
        let below = |leaf: &u64| *leaf > at && leaf >> (leaf.ilog2() - at.ilog2().min(leaf.ilog2())) == at;
        if self.0.keys().any(below) {
            parent(&self.node(2 * at), &self.node(2 * at + 1))
        } else {
            [0; 32]
        }
    }

    pub(crate) fn root(&self) -> Root {
        self.node(1)
    }

    pub(crate) fn branch(&self, index: GeneralizedIndex) -> Vec<Root> {
        let mut at = index.get();
        let mut branch = Vec::new();
        while at > 1 {
            branch.push(self.node(at ^ 1));
            at >>= 1;
        }
        branch
    }
}

/// A chain of one fork from genesis on.
pub(crate) fn spec(preset: Preset, fork: Fork) -> Spec {
    let all = [
        Fork::Altair,
        Fork::Bellatrix,
        Fork::Capella,
        Fork::Deneb,
        Fork::Electra,
        Fork::Fulu,
    ];
    let forks = (1u8..).zip(all).filter(|(_, each)| *each <= fork);
    Spec {
        genesis_validators_root: [0x77; 32],
        genesis_time: 1_000,
        seconds_per_slot: 12,
        preset,
        forks: forks
            .map(|(n, fork)| ForkEpoch {
                fork,
                epoch: 0,
                version: [n, 0, 0, 9],
            })
            .collect(),
    }
}

pub(crate) fn payload(slot: Slot, fields: ExecutionFields) -> ExecutionHeader {
    ExecutionHeader {
        parent_hash: [1; 32],
        fee_recipient: [2; 20],
        state_root: [3; 32],
        receipts_root: [4; 32],
        logs_bloom: [5; 256],
        prev_randao: [6; 32],
        block_number: slot,
        gas_limit: 60_000_000,
        gas_used: 7,
        timestamp: slot * 12,
        extra_data: b"palisade".to_vec(),
        base_fee_per_gas: [8; 32],
        block_hash: [9; 32],
        transactions_root: [10; 32],
        withdrawals_root: [11; 32],
        blob_gas: (fields == ExecutionFields::Deneb).then_some(BlobGas { used: 1, excess: 2 }),
    }
}

/// A header at `slot` over a state.
pub(crate) fn header(spec: &Spec, slot: Slot, state: &Tree) -> LightHeader {
    let layout = spec.layout_at(slot).unwrap();
    let mut beacon = BeaconHeader {
        slot,
        proposer_index: 3,
        parent_root: [0x44; 32],
        state_root: state.root(),
        body_root: [0x55; 32],
    };
    let execution = layout.execution.map(|(index, fields)| {
        let header = payload(slot, fields);
        let body = Tree::default().with(index, header.root());
        beacon.body_root = body.root();
        let branch = body.branch(index);
        Execution { header, branch }
    });
    LightHeader { beacon, execution }
}

/// What an update is to say.
pub(crate) struct Draft<'a> {
    pub(crate) attested: Slot,
    pub(crate) finalized: &'a LightHeader,
    pub(crate) next: Option<&'a SyncCommittee>,
    pub(crate) signature: Slot,
}

/// The attested header of a draft, its state, and the update that `members` sign.
pub(crate) fn update(
    spec: &Spec,
    draft: &Draft<'_>,
    members: &Members,
    signs: impl Fn(usize) -> bool,
) -> Update {
    let layout: Layout = spec.layout_at(draft.attested).unwrap();
    let mut state = Tree::default().with(layout.finalized_root, draft.finalized.beacon.root());
    if let Some(next) = draft.next {
        state = state.with(layout.next_committee, next.root());
    }
    let attested = header(spec, draft.attested, &state);
    let finality = Some(Finality {
        header: draft.finalized.clone(),
        branch: state.branch(layout.finalized_root),
    });
    let next = draft.next.map(|committee| NextCommittee {
        committee: committee.clone(),
        branch: state.branch(layout.next_committee),
    });
    let mut update = Update {
        attested,
        next,
        finality,
        aggregate: SyncAggregate {
            bits: Vec::new(),
            signature: [0; 96],
        },
        signature_slot: draft.signature,
    };
    sign(spec, &mut update, members, signs);
    update
}

/// Signs an update as it stands.
pub(crate) fn sign(spec: &Spec, update: &mut Update, members: &Members, signs: impl Fn(usize) -> bool) {
    let message = signing_root(spec, update.signature_slot, &update.attested.beacon.root()).unwrap();
    update.aggregate = members.sign(&message, signs);
}

/// A bootstrap at `slot` and the client that begins there.
pub(crate) fn begin(spec: &Spec, slot: Slot, members: &Members) -> (Bootstrap, Client) {
    let index = spec.layout_at(slot).unwrap().current_committee;
    let state = Tree::default().with(index, members.committee.root());
    let bootstrap = Bootstrap {
        header: header(spec, slot, &state),
        committee: members.committee.clone(),
        branch: state.branch(index),
    };
    let client = Client::bootstrap(spec, &bootstrap.header.beacon.root(), &bootstrap).unwrap();
    (bootstrap, client)
}

/// The SSZ of a full update of Deneb or later.
pub(crate) fn ssz(update: &Update) -> Vec<u8> {
    let next = update.next.as_ref().unwrap();
    let finality = update.finality.as_ref().unwrap();
    let nodes = next.branch.len() + finality.branch.len();
    let fixed = 16 + 48 * (next.committee.pubkeys.len() + 1) + 32 * nodes + update.aggregate.bits.len() + 96;
    let attested = ssz_header(&update.attested);
    let mut out = (fixed as u32).to_le_bytes().to_vec();
    out.extend(next.committee.pubkeys.concat());
    out.extend(next.committee.aggregate);
    out.extend(next.branch.concat());
    out.extend(((fixed + attested.len()) as u32).to_le_bytes());
    out.extend(finality.branch.concat());
    out.extend(&update.aggregate.bits);
    out.extend(update.aggregate.signature);
    out.extend(update.signature_slot.to_le_bytes());
    assert_eq!(out.len(), fixed);
    out.extend(attested);
    out.extend(ssz_header(&finality.header));
    out
}

fn ssz_header(header: &LightHeader) -> Vec<u8> {
    let beacon = &header.beacon;
    let execution = header.execution.as_ref().unwrap();
    let payload = &execution.header;
    let mut out = beacon.slot.to_le_bytes().to_vec();
    out.extend(beacon.proposer_index.to_le_bytes());
    out.extend([beacon.parent_root, beacon.state_root, beacon.body_root].concat());
    out.extend((112 + 4 + 32 * execution.branch.len() as u32).to_le_bytes());
    out.extend(execution.branch.concat());
    out.extend(payload.parent_hash);
    out.extend(payload.fee_recipient);
    out.extend([payload.state_root, payload.receipts_root].concat());
    out.extend(payload.logs_bloom);
    out.extend(payload.prev_randao);
    for number in [
        payload.block_number,
        payload.gas_limit,
        payload.gas_used,
        payload.timestamp,
    ] {
        out.extend(number.to_le_bytes());
    }
    out.extend(584u32.to_le_bytes());
    out.extend([payload.base_fee_per_gas, payload.block_hash].concat());
    out.extend([payload.transactions_root, payload.withdrawals_root].concat());
    let blob = payload.blob_gas.unwrap();
    out.extend(blob.used.to_le_bytes());
    out.extend(blob.excess.to_le_bytes());
    out.extend(&payload.extra_data);
    out
}
