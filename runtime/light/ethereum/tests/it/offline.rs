//! Files as they are downloaded, checked step by step.

use crate::fixtures;
use crate::world::{Members, Tree, header, spec};
use palisade_light_ethereum::ancestry::AncestryError;
use palisade_light_ethereum::merkle::GeneralizedIndex;
use palisade_light_ethereum::offline::{OfflineError, Session, Verdict, bootstrap, updates};
use palisade_light_ethereum::{
    BlockError, Bootstrap, Client, Fork, Network, Policy, Preset, ReceiptError, TrieError, UpdateError,
};
use serde_json::{Value, json};

const NOW: u64 = 20_000_000;

/// Begins with one file and takes all updates of others in; how many moved the client.
fn walk(network: Network, start: &str, files: &[&str]) -> Option<Result<usize, OfflineError>> {
    let bytes = fixtures::bytes(start)?;
    let spec = network.spec();
    let (mut session, begun) = Session::begin(spec.clone(), Policy::history(), None, &bytes).unwrap();
    assert_eq!(begun, Verdict::Begun(*session.client().finalized()));
    let mut moved = 0;
    for file in files {
        let found = match updates(&spec, &fixtures::bytes(file)?) {
            Ok(found) => found,
            Err(error) => return Some(Err(error)),
        };
        for update in found {
            let before = session.clone();
            match session.update(&update, NOW) {
                Ok(verdict) => moved += usize::from(matches!(verdict, Verdict::Moved { .. })),
                Err(error) => {
                    assert_eq!(session, before);
                    return Some(Err(error));
                }
            }
        }
    }
    Some(Ok(moved))
}

#[test]
fn json_lists_answers_streams_and_ssz_are_told_apart() {
    let mainnet = |start: &str, files: &[&str]| walk(Network::Mainnet, start, files);
    let Some(lists) = mainnet(
        "ethereum/mainnet-capella/bootstrap.json",
        &[
            "ethereum/mainnet-capella/updates.json",
            "ethereum/mainnet-capella/finality.json",
        ],
    ) else {
        return;
    };
    assert_eq!(lists, Ok(7));
    let known = mainnet(
        "ethereum/mainnet-portal-capella/bootstrap.ssz",
        &["ethereum/mainnet-portal-capella/finality_update.ssz"],
    );
    assert_eq!(
        known,
        Some(Ok(0)),
        "valid, and it finalizes where the client begins"
    );
    let old = mainnet(
        "ethereum/mainnet-altair-bellatrix/bootstrap-4612096.json",
        &["ethereum/mainnet-altair-bellatrix/update-period-563.json"],
    );
    assert_eq!(old, Some(Ok(1)));
    let spec = Network::Mainnet.spec();
    let stream = fixtures::bytes("ethereum/mainnet-capella-ssz/updates.ssz").unwrap();
    assert_eq!(updates(&spec, &stream).unwrap().len(), 21);
    let full = fixtures::bytes("ethereum/mainnet-deneb/LightClientUpdateDeneb.ssz").unwrap();
    assert!(updates(&spec, &full).unwrap()[0].next.is_some());
    let optimistic = fixtures::bytes("ethereum/mainnet-capella-ssz/optUpdate.ssz").unwrap();
    assert!(updates(&spec, &optimistic).unwrap()[0].finality.is_none());
}

#[test]
fn a_refusal_names_the_rule_that_failed() {
    let adversarial = |name: &str| {
        let file = format!("ethereum/adversarial/holesky-deneb-finality/{name}.json");
        walk(
            Network::Holesky,
            "ethereum/holesky-deneb/holesky-bootstrap-368.json",
            &[&file],
        )
    };
    let Some(flipped) = adversarial("flip-participation-bit") else {
        return;
    };
    assert!(flipped.unwrap_err().to_string().starts_with("update: rule 9"));
    let zero = adversarial("zero-participation-infinity-signature")
        .unwrap()
        .unwrap_err();
    assert_eq!(
        zero,
        OfflineError::Update(UpdateError::Participation {
            signers: 0,
            needed: 342
        })
    );
    assert!(matches!(
        adversarial("short-finality-branch").unwrap(),
        Err(OfflineError::Json(_))
    ));
}

#[test]
fn what_is_no_file_of_the_api_is_said_plainly() {
    let spec = Network::Mainnet.spec();
    assert!(matches!(
        updates(&spec, b"{\"data\": "),
        Err(OfflineError::NotJson(_))
    ));
    assert_eq!(updates(&spec, b"[]"), Err(OfflineError::Empty));
    let missing = updates(&spec, b"{}").unwrap_err();
    assert_eq!(missing.to_string(), "`attested_header` is missing");
    assert!(matches!(updates(&spec, b""), Err(OfflineError::Ssz(_))));
    assert!(matches!(bootstrap(&spec, b"garbage!"), Err(OfflineError::Ssz(_))));
    let long = vec![b' '; (16 << 20) + 1];
    assert_eq!(updates(&spec, &long), Err(OfflineError::TooLong));
}

fn hexed(bytes: &[u8]) -> Value {
    Value::from(format!("0x{}", hex::encode(bytes)))
}

/// A block with receipts in the beacon block of slot 90, which the finalized one of slot 100 remembers; with the file
/// that proves one of them.
fn proven(block: &Value) -> (Session, Value) {
    let hash = fixtures::root_of(&block["block_hash"]);
    let spec = spec(Preset::MINIMAL, Fork::Electra);
    let place = GeneralizedIndex::new(25).child(5, 12).unwrap();
    let body = Tree::default().with(place, hash);
    let mut holder = header(&spec, 90, &Tree::default()).beacon;
    holder.body_root = body.root();
    let layout = spec.layout_at(100).unwrap();
    let at = layout.block_roots.child(6, 90 % 64).unwrap();
    let committee = Members::new(8, 32, 4).committee;
    let state = Tree::default()
        .with(at, holder.root())
        .with(layout.current_committee, committee.root());
    let top = header(&spec, 100, &state);
    let root = top.beacon.root();
    let branch = state.branch(layout.current_committee);
    let start = Bootstrap {
        header: top,
        committee,
        branch,
    };
    let client = Client::bootstrap(&spec, &root, &start).unwrap();
    let branch = |nodes: Vec<[u8; 32]>| nodes.iter().map(|node| hexed(node)).collect::<Vec<_>>();
    let stated = &block["proofs"][1];
    let file = json!({
        "header_rlp": block["header_rlp"], "index": stated["index"], "proof": stated["proof"],
        "hops": [{
            "header": {
                "slot": "90", "proposer_index": "3", "parent_root": hexed(&holder.parent_root),
                "state_root": hexed(&holder.state_root), "body_root": hexed(&holder.body_root),
            },
            "branch": branch(state.branch(at)),
        }],
        "block_hash_branch": branch(body.branch(place)),
    });
    (Session::of(spec, Policy::history(), client), file)
}

#[test]
fn a_receipt_is_proven_over_an_ancestor_and_by_no_foreign_header() {
    let Some(block) = fixtures::json("ethereum/receipts/mainnet-22431084.json") else {
        return;
    };
    let (session, good) = proven(&block);
    let check = |file: &Value| session.receipt(file.to_string().as_bytes());
    let Ok(Verdict::Proven { block: found, .. }) = check(&good) else {
        panic!("{:?}", check(&good));
    };
    assert_eq!(found, fixtures::root_of(&block["block_hash"]));
    let mut file = good.clone();
    file["index"] = Value::from(77);
    assert!(matches!(
        check(&file),
        Err(OfflineError::Receipt(ReceiptError::Proof(_)))
    ));
    file = good.clone();
    file["proof"] = Value::Array(Vec::new());
    let missing = TrieError::Missing { position: 0 };
    assert_eq!(
        check(&file),
        Err(OfflineError::Receipt(ReceiptError::Proof(missing)))
    );
    file = good.clone();
    file["hops"][0]["header"]["slot"] = Value::from("91");
    let refused = AncestryError::Branch {
        earlier: 91,
        later: 100,
    };
    assert_eq!(check(&file), Err(OfflineError::Ancestry(refused)));
    file = good.clone();
    file["block_hash_branch"][0] = hexed(&[1; 32]);
    assert!(matches!(check(&file), Err(OfflineError::Payload(_))));
    file = good;
    file.as_object_mut().unwrap().remove("hops");
    assert_eq!(
        check(&file),
        Err(OfflineError::Block(BlockError::Hash)),
        "not the finalized block"
    );
}
