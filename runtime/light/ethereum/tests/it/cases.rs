//! Every case of `cases_lightclient.json`: real chains, and real data with one mutation. Each step gives the stated
//! answer, from the specification's whole store and, for finality, from the client that a chain keeps; what is refused
//! leaves both as they were.

use crate::fixtures;
use palisade_light_ethereum::update::{container_fork, decode_stream};
use palisade_light_ethereum::{
    Bootstrap, Client, ClientRecord, Committee, Follower, Network, Outcome, Policy, Spec, Update,
    UpdateError, UpdateKind, json,
};
use serde_json::Value;

const NOW: u64 = 20_000_000;

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn bootstrap(spec: &Spec, file: &str) -> Bootstrap {
    if file.ends_with(".ssz") {
        let bytes = fixtures::bytes(file).unwrap();
        let fork = container_fork(spec, &bytes).unwrap();
        return Bootstrap::decode(spec, fork, &bytes).unwrap();
    }
    let value = fixtures::json(file).unwrap();
    json::bootstrap(spec, value.get("data").unwrap_or(&value)).unwrap()
}

fn kind(name: &str) -> UpdateKind {
    match name {
        "update" => UpdateKind::Full,
        "finality" => UpdateKind::Finality,
        "optimistic" => UpdateKind::Optimistic,
        other => panic!("a kind that the tests do not know: {other}"),
    }
}

/// The updates of one step, or why they cannot be read.
fn updates(spec: &Spec, step: &Value) -> Result<Vec<Update>, String> {
    let file = text(step, "file");
    let bytes = fixtures::bytes(file).unwrap();
    match text(step, "pointer") {
        "chunks" => decode_stream(spec, &bytes).map_err(|error| error.to_string()),
        "ssz" => {
            let fork = container_fork(spec, &bytes).map_err(|error| error.to_string())?;
            let one = Update::decode(spec, fork, kind(text(step, "kind")), &bytes);
            one.map(|update| vec![update]).map_err(|error| error.to_string())
        }
        pointer => {
            let value: Value = serde_json::from_slice(&bytes).unwrap();
            let one = json::update(spec, value.pointer(pointer).unwrap());
            one.map(|update| vec![update]).map_err(|error| error.to_string())
        }
    }
}

/// A client that knows the committee of a period and nothing else.
fn from_committee(spec: &Spec, value: &Value, first: &Update) -> Client {
    let committee = json::committee(&fixtures::json(text(value, "file")).unwrap()).unwrap();
    let committee = Committee::new(&spec.preset, &committee).unwrap();
    let period = value["period"].as_u64().unwrap();
    let finality = first.finality.as_ref().unwrap();
    let mut finalized: palisade_light_ethereum::FinalizedHeader = (&finality.header).into();
    let start = period * spec.slots_per_period();
    if finalized.beacon.slot != start {
        finalized.beacon.slot = start;
    }
    let record = ClientRecord {
        finalized,
        current: *committee.root(),
        next: None,
    };
    Client::restore(&record, committee, None).unwrap()
}

/// Both followers take a step; whether they did.
fn take(
    spec: &Spec,
    follower: &mut Follower,
    client: &mut Client,
    update: &Update,
) -> Result<(), UpdateError> {
    let before = (follower.clone(), client.clone());
    let whole = follower.process(spec, update, NOW);
    if whole.is_err() {
        assert_eq!(*follower, before.0, "what is refused changes nothing");
    }
    if update.finality.is_some() {
        match client.advance(spec, &Policy::history(), update, NOW) {
            Ok(Outcome::Advanced(moved)) => {
                assert!(whole.is_ok());
                *client = moved.client;
                assert_eq!(
                    client,
                    follower.client(),
                    "the chain's client and the store agree"
                );
            }
            Ok(Outcome::Conflict(conflict)) => panic!("no fixture has a conflict: {conflict:?}"),
            // The store takes in what changes nothing; a chain does not pay for it.
            Err(UpdateError::NothingNew) => assert!(whole.is_ok()),
            // How many must sign differs; everything else is word for word the same.
            Err(UpdateError::Participation { .. }) => {
                assert!(matches!(whole, Err(UpdateError::Participation { .. })));
            }
            Err(error) => assert_eq!(whole, Err(error), "the same rule refuses"),
        }
    } else {
        let refused = client.advance(spec, &Policy::bridge(spec), update, NOW);
        assert_eq!(refused, Err(UpdateError::NoFinality));
    }
    assert!(whole.is_ok() || *client == before.1);
    whole
}

#[test]
fn every_case_gives_its_stated_answer_and_a_refusal_changes_nothing() {
    let Some(cases) = fixtures::json("ethereum/cases_lightclient.json") else {
        return;
    };
    let cases = cases.as_array().unwrap();
    let (mut run, mut accepted, mut refused) = (0, 0, 0);
    for case in cases {
        let id = text(case, "id");
        let spec = Network::by_name(text(case, "network")).unwrap().spec();
        let steps = case["steps"].as_array().unwrap();
        let mut client = if let Some(file) = case["bootstrap"].as_str() {
            let start = bootstrap(&spec, file);
            let trusted = start.header.beacon.root();
            Client::bootstrap(&spec, &trusted, &start).unwrap()
        } else {
            let first = updates(&spec, &steps[0]).unwrap();
            from_committee(&spec, &case["committee"], &first[0])
        };
        let mut follower = Follower::new(client.clone());
        for step in steps {
            let expected = step["expect"].as_bool().unwrap();
            let outcome = updates(&spec, step).and_then(|found| {
                assert!(!found.is_empty());
                found.iter().try_for_each(|update| {
                    take(&spec, &mut follower, &mut client, update).map_err(|error| error.to_string())
                })
            });
            assert_eq!(outcome.is_ok(), expected, "{id}: {step}: {outcome:?}");
            if expected { accepted += 1 } else { refused += 1 }
        }
        run += 1;
    }
    assert_eq!(run, cases.len());
    println!("{run} cases: {accepted} steps accepted, {refused} refused");
    assert!(
        run >= 25 && accepted >= 20 && refused >= 13,
        "{run} {accepted} {refused}"
    );
}

#[test]
fn every_bootstrap_among_the_fixtures_is_accepted_under_its_own_root_alone() {
    let mut run = 0;
    let files = fixtures::below("ethereum", ".json").into_iter();
    for path in files.chain(fixtures::below("ethereum", ".ssz")) {
        let name = path.file_name().unwrap().to_string_lossy().to_lowercase();
        if !name.contains("bootstrap") {
            continue;
        }
        let network = if path.to_string_lossy().contains("holesky") {
            Network::Holesky
        } else {
            Network::Mainnet
        };
        let spec = network.spec();
        let start = bootstrap(&spec, path.to_str().unwrap());
        let trusted = start.header.beacon.root();
        let client = Client::bootstrap(&spec, &trusted, &start).unwrap();
        assert_eq!(client.finalized().root, trusted);
        let mut other = trusted;
        other[0] ^= 1;
        assert!(Client::bootstrap(&spec, &other, &start).is_err());
        run += 1;
    }
    assert!(run == 0 || run >= 14, "{run} bootstraps");
}

#[test]
fn history_walks_over_gaps_that_a_bridge_refuses() {
    let Some(value) = fixtures::json("ethereum/mainnet-capella/updates.json") else {
        return;
    };
    let spec = Network::Mainnet.spec();
    let start = bootstrap(&spec, "ethereum/mainnet-capella/bootstrap.json");
    let mut client = Client::bootstrap(&spec, &start.header.beacon.root(), &start).unwrap();
    let mut gaps = 0;
    for item in value.as_array().unwrap() {
        let update = json::update(&spec, &item["data"]).unwrap();
        let strict = client.advance(&spec, &Policy::bridge(&spec), &update, NOW);
        let Ok(Outcome::Advanced(moved)) = client.advance(&spec, &Policy::history(), &update, NOW) else {
            panic!("history accepts it");
        };
        let slot = moved.client.finalized().beacon.slot;
        let slots = slot - client.finalized().beacon.slot;
        if slots > 8_192 {
            assert_eq!(
                strict,
                Err(UpdateError::Gap {
                    slots,
                    allowed: 8_192
                })
            );
            gaps += 1;
        } else {
            assert_eq!(strict, Ok(Outcome::Advanced(moved.clone())));
        }
        client = moved.client;
    }
    assert!(gaps > 0, "the data has such gaps");
}
