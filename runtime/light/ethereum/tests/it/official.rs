//! The official vectors of the minimal preset, through the same code as the real ones: `sync`, `update_ranking` and
//! `single_merkle_proof`.

use crate::fixtures::{below, root, snappy};
use palisade_light_ethereum::merkle::{GeneralizedIndex, root_of, verify};
use palisade_light_ethereum::spec::ForkEpoch;
use palisade_light_ethereum::update::container_fork;
use palisade_light_ethereum::{
    Bootstrap, Client, FinalizedHeader, Follower, Fork, Preset, Root, Spec, Update, UpdateKind, is_better,
};
use std::path::Path;

const FORKS: [(&str, Fork); 6] = [
    ("ALTAIR", Fork::Altair),
    ("BELLATRIX", Fork::Bellatrix),
    ("CAPELLA", Fork::Capella),
    ("DENEB", Fork::Deneb),
    ("ELECTRA", Fork::Electra),
    ("FULU", Fork::Fulu),
];

/// The words of YAML as simple as these files': keys end in a colon, brackets and quotes say nothing.
fn words(text: &str) -> Vec<String> {
    text.replace(['{', '}', ',', '\'', '"'], " ")
        .split_whitespace()
        .map(ToOwned::to_owned)
        .collect()
}

fn after<'a>(words: &'a [String], key: &str) -> Option<&'a str> {
    let at = words.iter().position(|word| word == key)?;
    words.get(at + 1).map(String::as_str)
}

fn spec_of(folder: &Path, genesis_validators_root: Root) -> Spec {
    let config = words(&std::fs::read_to_string(folder.join("config.yaml")).unwrap());
    let forks = FORKS.into_iter().filter_map(|(name, fork)| {
        let epoch = after(&config, &format!("{name}_FORK_EPOCH:"))?.parse().unwrap();
        let version = crate::fixtures::hex(after(&config, &format!("{name}_FORK_VERSION:"))?);
        Some(ForkEpoch {
            fork,
            epoch,
            version: version.try_into().unwrap(),
        })
    });
    let spec = Spec {
        genesis_validators_root,
        genesis_time: 0,
        seconds_per_slot: 6,
        preset: Preset::MINIMAL,
        forks: forks.collect(),
    };
    spec.validate().unwrap();
    spec
}

/// The fork of a digest. Since Fulu it depends on blob parameters too: what is none of the older ones is Fulu's.
fn fork_of(spec: &Spec, digest: &str) -> Fork {
    let digest = crate::fixtures::hex(digest);
    let found = spec.forks.iter().filter(|entry| entry.fork != Fork::Fulu);
    let mut found = found.filter(|entry| spec.fork_digest(entry.version).as_slice() == digest);
    found.next().map_or(Fork::Fulu, |entry| entry.fork)
}

fn check(words: &[String], name: &str, header: &FinalizedHeader) {
    let at = words.iter().position(|word| word == name).unwrap();
    let part = &words[at..];
    assert_eq!(
        after(part, "slot:").unwrap(),
        header.beacon.slot.to_string(),
        "{name}"
    );
    assert_eq!(root(after(part, "beacon_root:").unwrap()), header.root, "{name}");
    if let Some(execution) = after(part, "execution_root:") {
        let found = header.execution.map_or([0; 32], |found| found.root);
        assert_eq!(root(execution), found, "{name}");
    }
}

/// Runs one folder; how many steps it has.
fn sync(folder: &Path) -> usize {
    let meta = words(&std::fs::read_to_string(folder.join("meta.yaml")).unwrap());
    let spec = spec_of(folder, root(after(&meta, "genesis_validators_root:").unwrap()));
    let bytes = snappy(&folder.join("bootstrap.ssz_snappy"));
    let fork = fork_of(&spec, after(&meta, "bootstrap_fork_digest:").unwrap());
    assert_eq!(container_fork(&spec, &bytes), Ok(fork));
    let start = Bootstrap::decode(&spec, fork, &bytes).unwrap();
    let trusted = root(after(&meta, "trusted_block_root:").unwrap());
    let mut follower = Follower::new(Client::bootstrap(&spec, &trusted, &start).unwrap());
    let text = std::fs::read_to_string(folder.join("steps.yaml")).unwrap();
    let mut steps = 0;
    for step in text.split("\n- ") {
        let step = words(step.trim_start_matches("- "));
        match step[0].as_str() {
            "process_update:" => {
                let file = after(&step, "update:").unwrap();
                let bytes = snappy(&folder.join(format!("{file}.ssz_snappy")));
                let fork = fork_of(&spec, after(&step, "update_fork_digest:").unwrap());
                assert_eq!(container_fork(&spec, &bytes), Ok(fork));
                let update = Update::decode(&spec, fork, UpdateKind::Full, &bytes).unwrap();
                let now = after(&step, "current_slot:").unwrap().parse().unwrap();
                follower.process(&spec, &update, now).unwrap();
            }
            "force_update:" => {
                let now = after(&step, "current_slot:").unwrap().parse().unwrap();
                follower.force(&spec, now).unwrap();
            }
            // Headers are kept in their own fork's shape: a store has nothing to upgrade.
            "upgrade_store:" => {}
            other => panic!("a step that the tests do not know: {other}"),
        }
        check(&step, "finalized_header:", follower.client().finalized());
        check(&step, "optimistic_header:", follower.optimistic());
        steps += 1;
    }
    steps
}

#[test]
fn every_official_sync_case_ends_as_stated() {
    let mut cases = 0;
    let mut steps = 0;
    for folder in ["ethereum/pyspec-minimal", "ethereum/consensus-spec-tests-minimal"] {
        for file in below(folder, "steps.yaml") {
            println!("{}", file.display());
            steps += sync(file.parent().unwrap());
            cases += 1;
        }
    }
    println!("{cases} cases, {steps} steps");
    assert!(
        cases == 0 || (cases == 35 && steps >= 120),
        "{cases} cases, {steps} steps"
    );
}

#[test]
fn updates_rank_as_the_official_order_says() {
    let mut cases = 0;
    for meta in below("ethereum/pyspec-minimal", "meta.yaml") {
        let folder = meta.parent().unwrap();
        if !folder.ends_with("update_ranking/update_ranking") {
            continue;
        }
        let name = folder.parent().unwrap().parent().unwrap().file_name().unwrap();
        let name = name.to_string_lossy().to_uppercase();
        let last = FORKS.iter().find(|(fork, _)| *fork == name).unwrap().1;
        let forks = FORKS.iter().filter(|(_, fork)| *fork <= last);
        let forks = forks.map(|(_, fork)| ForkEpoch {
            fork: *fork,
            epoch: 0,
            version: [0; 4],
        });
        let spec = Spec {
            genesis_validators_root: [0; 32],
            genesis_time: 0,
            seconds_per_slot: 6,
            preset: Preset::MINIMAL,
            forks: forks.collect(),
        };
        let words = words(&std::fs::read_to_string(&meta).unwrap());
        let count: usize = after(&words, "updates_count:").unwrap().parse().unwrap();
        let read = |at| {
            let bytes = snappy(&folder.join(format!("updates_{at}.ssz_snappy")));
            Update::decode(&spec, last, UpdateKind::Full, &bytes).unwrap()
        };
        let updates: Vec<Update> = (0..count).map(read).collect();
        for (at, better) in updates.iter().enumerate() {
            for worse in &updates[at + 1..] {
                assert!(is_better(&spec, better, worse), "{name} {at}");
                assert!(!is_better(&spec, worse, better), "{name} {at}");
            }
        }
        cases += 1;
    }
    assert!(cases == 0 || cases == 4, "{cases} cases");
}

/// The leaf, index and branch of a proof file.
fn proof(file: &Path) -> (Root, GeneralizedIndex, Vec<Root>) {
    let words = words(&std::fs::read_to_string(file).unwrap());
    let branch = words.iter().position(|word| word == "branch:").unwrap();
    let branch = words[branch + 1..].iter().filter(|word| *word != "-");
    let index = after(&words, "leaf_index:").unwrap().parse().unwrap();
    let leaf = root(after(&words, "leaf:").unwrap());
    (
        leaf,
        GeneralizedIndex::new(index),
        branch.map(|word| root(word)).collect(),
    )
}

#[test]
fn official_branches_lead_to_one_root_at_the_tables_indices() {
    let mut cases = 0;
    for file in below("ethereum/pyspec-minimal", "proof.yaml") {
        let folder = file.parent().unwrap();
        let fork = folder.ancestors().nth(3).unwrap().file_name().unwrap();
        let fork = fork.to_string_lossy().to_uppercase();
        let layout = FORKS
            .iter()
            .find(|(name, _)| *name == fork)
            .unwrap()
            .1
            .layout()
            .unwrap();
        let case = folder.file_name().unwrap().to_string_lossy().into_owned();
        let (leaf, index, branch) = proof(&file);
        let expected = match case.as_str() {
            "current_sync_committee_merkle_proof" => layout.current_committee,
            "next_sync_committee_merkle_proof" => layout.next_committee,
            "finality_root_merkle_proof" => layout.finalized_root,
            "execution_merkle_proof" => layout.execution.unwrap().0,
            other => panic!("a proof that the tests do not know: {other}"),
        };
        assert_eq!(index, expected);
        let top = root_of(&leaf, &branch, index).unwrap();
        // The three proofs of a state are of one state: they must agree on its root.
        if case != "execution_merkle_proof" {
            let other = folder
                .parent()
                .unwrap()
                .join("finality_root_merkle_proof/proof.yaml");
            let (leaf, index, branch) = proof(&other);
            assert!(verify(&leaf, &branch, index, &top), "{fork} {case}");
        }
        assert_eq!(root_of(&leaf, &branch[1..], index), None, "one node short");
        let long = [branch.as_slice(), &[[0; 32]]].concat();
        assert_eq!(root_of(&leaf, &long, index), None, "one node long");
        for at in 0..branch.len() {
            let mut bad = branch.clone();
            bad[at][7] ^= 1;
            assert!(!verify(&leaf, &bad, index, &top));
        }
        cases += 1;
    }
    assert!(cases == 0 || cases == 13, "{cases} cases");
}
