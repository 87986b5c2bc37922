//! What other bridges proved on real chains: ancestry by block roots, payloads, and receipts under them.

use crate::fixtures::{self, hex, nodes, root_of, roots};
use palisade_light_ethereum::ancestry::{self, AncestryError, Hop, verify_hop, verify_payload};
use palisade_light_ethereum::merkle::{self, GeneralizedIndex};
use palisade_light_ethereum::signing::signing_root;
use palisade_light_ethereum::spec::ForkEpoch;
use palisade_light_ethereum::update::{Finality, NextCommittee, SyncAggregate};
use palisade_light_ethereum::verify::Policy;
use palisade_light_ethereum::{
    BeaconHeader, Bootstrap, Client, Committee, Execution, Fork, LightHeader, Network, Outcome, Preset,
    Receipt, Spec, Update, UpdateError, json,
};
use serde_json::Value;

#[test]
fn blocks_before_a_finalized_one_are_proven_by_its_block_roots() {
    let Some(found) = fixtures::json("ethereum/mainnet-capella-e2e/finality_block_roots.json") else {
        return;
    };
    let spec = Network::Mainnet.spec();
    let update = &found["update"]["Finality"];
    // The roots are those of the attested state, as that bridge proves them.
    let later = json::light_header(&spec, &update["attested_header"]).unwrap_or_else(|_| {
        let beacon = json::beacon_header(&update["attested_header"]["beacon"]).unwrap();
        LightHeader {
            beacon,
            execution: None,
        }
    });
    let finalized = json::beacon_header(&update["finalized_header"]["beacon"]).unwrap();
    let mut run = 0;
    for target in found["target_blocks"].as_array().unwrap() {
        let header = json::beacon_header(&target["target_block"]).unwrap();
        let proof = &target["ancestry_proof"]["BlockRoots"];
        let branch = roots(&proof["block_root_proof"]);
        let hop = Hop { header, branch };
        let under = [later.beacon, finalized].map(|block| verify_hop(&spec, &block, &hop));
        assert!(under.contains(&Ok(())), "{under:?}");
        let holder = if under[0].is_ok() { later.beacon } else { finalized };
        assert_eq!(
            ancestry::verify(&spec, &holder, std::slice::from_ref(&hop)),
            Ok(header)
        );
        refusals(&spec, &holder, &hop);
        let receipt = &target["transactions_proofs"][0]["receipt_proof"];
        let leaf = root_of(&receipt["receipts_root"]);
        let branch = roots(&receipt["receipts_root_proof"]);
        let index = GeneralizedIndex::new(receipt["receipts_root_gindex"].as_u64().unwrap());
        assert!(merkle::verify(&leaf, &branch, index, &header.root()));
        let transaction = &target["transactions_proofs"][0]["transaction_proof"]["transaction_index"];
        let index = transaction.as_u64().unwrap();
        let found = Receipt::prove(&leaf, index, &nodes(&receipt["receipt_proof"])).unwrap();
        assert!(found.succeeded && !found.logs.is_empty());
        run += 1;
    }
    assert_eq!(run, 2);
}

/// What must not pass for the same block.
fn refusals(spec: &Spec, holder: &BeaconHeader, hop: &Hop) {
    let with = |change: &dyn Fn(&mut Hop)| {
        let mut hop = hop.clone();
        change(&mut hop);
        verify_hop(spec, holder, &hop)
    };
    let (earlier, later) = (hop.header.slot, holder.slot);
    let branch = Err(AncestryError::Branch { earlier, later });
    assert_eq!(
        with(&|hop| hop.header.body_root[0] ^= 1),
        branch,
        "a foreign header"
    );
    assert_eq!(with(&|hop| hop.branch[3][0] ^= 1), branch);
    assert_eq!(with(&|hop| hop.branch.truncate(17)), branch);
    assert_eq!(with(&|hop| hop.branch.push([0; 32])), branch);
    let order = with(&|hop| hop.header.slot = later);
    assert_eq!(
        order,
        Err(AncestryError::Order {
            earlier: later,
            later
        })
    );
    let old = later - 8_193;
    let window = with(&|hop| hop.header.slot = old);
    assert_eq!(
        window,
        Err(AncestryError::Window {
            earlier: old,
            later,
            window: 8_192
        })
    );
    // Another slot is another place among the roots.
    assert!(with(&|hop| hop.header.slot -= 1).is_err());
}

fn devnet() -> Option<(Spec, Value)> {
    let start = fixtures::json("ethereum/devnet-electra-snowbridge/initial-checkpoint.json")?;
    let forks = [
        Fork::Altair,
        Fork::Bellatrix,
        Fork::Capella,
        Fork::Deneb,
        Fork::Electra,
    ];
    let forks = (1u8..).zip(forks).map(|(n, fork)| ForkEpoch {
        fork,
        epoch: 0,
        version: [n, 0, 0, 0],
    });
    let spec = Spec {
        genesis_validators_root: root_of(&start["validators_root"]),
        genesis_time: 0,
        seconds_per_slot: 12,
        preset: Preset::MAINNET,
        forks: forks.collect(),
    };
    Some((spec, start))
}

/// That bridge's updates carry beacon headers alone: what they prove is read, without execution headers.
fn snowbridge(value: &Value) -> Update {
    let beacon = |value: &Value| LightHeader {
        beacon: json::beacon_header(value).unwrap(),
        execution: None,
    };
    let next = value
        .get("next_sync_committee_update")
        .filter(|found| !found.is_null());
    let signed = &value["sync_aggregate"];
    Update {
        attested: beacon(&value["attested_header"]),
        next: next.map(|found| NextCommittee {
            committee: json::committee(&found["next_sync_committee"]).unwrap(),
            branch: roots(&found["next_sync_committee_branch"]),
        }),
        finality: Some(Finality {
            header: beacon(&value["finalized_header"]),
            branch: roots(&value["finality_branch"]),
        }),
        aggregate: SyncAggregate {
            bits: hex(signed["sync_committee_bits"].as_str().unwrap()),
            signature: hex(signed["sync_committee_signature"].as_str().unwrap())
                .try_into()
                .unwrap(),
        },
        signature_slot: value["signature_slot"].as_u64().unwrap(),
    }
}

#[test]
fn a_checkpoint_without_its_payload_is_refused_though_its_branches_hold() {
    let Some((spec, start)) = devnet() else {
        return;
    };
    // Headers of that bridge have no payload, which from Capella on is refused as missing; what they commit to holds.
    let layout = Fork::Electra.layout().unwrap();
    let header = json::beacon_header(&start["header"]).unwrap();
    let committee = json::committee(&start["current_sync_committee"]).unwrap();
    let branch = roots(&start["current_sync_committee_branch"]);
    let leaf = committee.root();
    assert!(merkle::verify(
        &leaf,
        &branch,
        layout.current_committee,
        &header.state_root
    ));
    let roots_branch = roots(&start["block_roots_branch"]);
    let block_roots = root_of(&start["block_roots_root"]);
    assert!(merkle::verify(
        &block_roots,
        &roots_branch,
        layout.block_roots,
        &header.state_root
    ));
    let bare = Bootstrap {
        header: LightHeader {
            beacon: header,
            execution: None,
        },
        committee,
        branch,
    };
    assert!(
        Client::bootstrap(&spec, &header.root(), &bare).is_err(),
        "no payload, no header"
    );
}

#[test]
fn updates_of_a_devnet_of_electra_are_signed_and_lead_to_their_states() {
    let Some((spec, start)) = devnet() else {
        return;
    };
    let layout = Fork::Electra.layout().unwrap();
    let committee = json::committee(&start["current_sync_committee"]).unwrap();
    let members = Committee::new(&spec.preset, &committee).unwrap();
    let (mut run, mut signed) = (0, 0);
    for path in fixtures::below("ethereum/devnet-electra-snowbridge", ".json") {
        let value = fixtures::json(path.to_str().unwrap()).unwrap();
        if value.get("sync_aggregate").is_none() {
            continue;
        }
        let update = snowbridge(&value);
        let attested = &update.attested.beacon;
        let finality = update.finality.as_ref().unwrap();
        let leaf = finality.header.beacon.root();
        assert!(merkle::verify(
            &leaf,
            &finality.branch,
            layout.finalized_root,
            &attested.state_root
        ));
        if let Some(next) = &update.next {
            let leaf = next.committee.root();
            assert!(merkle::verify(
                &leaf,
                &next.branch,
                layout.next_committee,
                &attested.state_root
            ));
        }
        let slot = update.signature_slot;
        let message = signing_root(&spec, slot, &attested.root()).unwrap();
        let outcome = members.verify(&update.aggregate.bits, &update.aggregate.signature, &message);
        assert!(outcome.is_ok() || spec.period(slot) > 0, "{}", path.display());
        signed += usize::from(outcome.is_ok());
        run += 1;
    }
    assert!(
        run >= 8 && signed >= 4,
        "{run} updates, {signed} of the first committee"
    );
}

#[test]
fn a_message_of_a_devnet_of_electra_is_proven_down_to_its_log() {
    let Some((spec, _)) = devnet() else {
        return;
    };
    let message = fixtures::json("ethereum/devnet-electra-snowbridge/inbound-message.json").unwrap();
    let proof = &message["proof"]["execution_proof"];
    let block = json::beacon_header(&proof["header"]).unwrap();
    let payload = json::execution_header(&proof["execution_header"]["Deneb"]).unwrap();
    let branch = roots(&proof["execution_branch"]);
    assert_eq!(verify_payload(&spec, &block, &payload, &branch), Ok(()));
    let ancestry = &proof["ancestry_proof"];
    let mut node = block.root();
    for (level, sibling) in roots(&ancestry["header_branch"]).iter().enumerate() {
        let right = (block.slot >> level) & 1 == 1;
        node = if right {
            merkle::parent(sibling, &node)
        } else {
            merkle::parent(&node, sibling)
        };
    }
    let holder = fixtures::json("ethereum/devnet-electra-snowbridge/finalized-header-update.json").unwrap();
    assert_eq!(node, root_of(&holder["block_roots_root"]));
    let values = nodes(&message["proof"]["receipt_proof"]["values"]);
    let stated = &message["event_log"];
    let address = hex(stated["address"].as_str().unwrap());
    let found = (0..4).find_map(|index| Receipt::prove(&payload.receipts_root, index, &values).ok());
    let receipt = found.unwrap();
    let log = receipt
        .logs
        .iter()
        .find(|log| log.address.to_vec() == address)
        .unwrap();
    assert_eq!(log.data, hex(stated["data"].as_str().unwrap()));
    assert_eq!(log.topics, roots(&stated["topics"]));
}

#[test]
fn the_first_electra_header_has_its_payload() {
    let Some(path) = fixtures::path("ethereum/mainnet-electra-first-block/light_client_header_11649024.yaml")
    else {
        return;
    };
    // Keys and values of the YAML, as JSON.
    let text = std::fs::read_to_string(path).unwrap();
    let mut sections = serde_json::Map::new();
    let (mut section, mut branch) = (String::new(), Vec::new());
    for line in text.lines() {
        let clean = line.trim().replace(['"', '\''], "");
        if let Some(node) = clean.strip_prefix("- ") {
            branch.push(Value::from(node));
        } else if let Some((key, value)) = clean.split_once(':') {
            if value.trim().is_empty() {
                section = key.to_owned();
                sections.insert(section.clone(), Value::Object(serde_json::Map::new()));
            } else {
                sections[&section][key] = Value::from(value.trim());
            }
        }
    }
    sections.insert("execution_branch".into(), Value::from(branch));
    let spec = Network::Mainnet.spec();
    let mut header = json::light_header(&spec, &Value::Object(sections)).unwrap();
    assert_eq!(
        spec.fork_at(header.beacon.slot).map(|entry| entry.fork),
        Some(Fork::Electra)
    );
    assert_eq!(header.check(&spec), Ok(()));
    let receipts = fixtures::json("ethereum/receipts/mainnet-22431084.json").unwrap();
    let Execution { header: payload, .. } = header.execution.as_mut().unwrap();
    assert_eq!(payload.block_hash, root_of(&receipts["block_hash"]));
    payload.gas_used += 1;
    assert!(header.check(&spec).is_err());
}

#[test]
fn a_ssz_header_a_json_header_and_a_committee_are_the_same_things() {
    let Some(bytes) = fixtures::bytes("ethereum/mainnet-deneb/LightClientUpdateDeneb.ssz") else {
        return;
    };
    use palisade_light_ethereum::header::ExecutionHeader;
    use palisade_light_ethereum::spec::ExecutionFields;
    use palisade_light_ethereum::ssz::Reader;
    use palisade_light_ethereum::{SyncCommittee, UpdateKind};
    let spec = Network::Mainnet.spec();
    let read = |name: &str| fixtures::bytes(&format!("ethereum/mainnet-deneb/{name}")).unwrap();
    let ssz = Update::decode(&spec, Fork::Deneb, UpdateKind::Full, &bytes).unwrap();
    let text = fixtures::json("ethereum/mainnet-deneb/UpdateDeneb.json").unwrap();
    assert_eq!(json::update(&spec, &text["data"]), Ok(ssz.clone()));
    let later = Update::decode(
        &spec,
        Fork::Deneb,
        UpdateKind::Full,
        &read("LightClientUpdateNewPeriodDeneb.ssz"),
    );
    let text = fixtures::json("ethereum/mainnet-deneb/UpdateNewPeriodDeneb.json").unwrap();
    assert_eq!(json::update(&spec, &text["data"]).ok(), later.ok());
    let beacon = BeaconHeader::read(&mut Reader::new(&read("BeaconBlockHeaderDeneb.ssz"))).unwrap();
    let payload =
        ExecutionHeader::decode(&read("ExecutionPayloadHeaderDeneb.ssz"), ExecutionFields::Deneb).unwrap();
    let committee =
        SyncCommittee::read(&mut Reader::new(&read("SyncCommitteeDeneb.ssz")), &spec.preset).unwrap();
    let headers = [&ssz.attested, &ssz.finality.as_ref().unwrap().header];
    assert!(headers.iter().any(|header| header.beacon == beacon) || beacon.slot > 0);
    assert!(payload.blob_gas.is_some() && committee.pubkeys.len() == 512);
    let start = Bootstrap::decode(&spec, Fork::Deneb, &read("LightClientBootstrapDeneb.ssz")).unwrap();
    let client = Client::bootstrap(&spec, &start.header.beacon.root(), &start).unwrap();
    let outcome = client.advance(&spec, &Policy::bridge(&spec), &ssz, ssz.signature_slot);
    assert!(matches!(outcome, Ok(Outcome::Advanced(_))), "{outcome:?}");
    let early = client.advance(&spec, &Policy::bridge(&spec), &ssz, ssz.signature_slot - 1);
    assert!(matches!(early, Err(UpdateError::Slots { .. })));
}
