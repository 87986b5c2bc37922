#![allow(
    clippy::arithmetic_side_effects,
    clippy::integer_division,
    reason = "tests compute their own expectations"
)]

use super::*;
use crypto::hash::sha256;
use proptest::prelude::*;
use std::collections::BTreeMap;

type Path = [u8; 32];
type Model = BTreeMap<Path, Bytes>;

/// The root by the definition, from all leaves: shares no code with the tree.
fn naive_root(leaves: &[(&Path, &Bytes)], level: usize) -> [u8; 32] {
    match leaves {
        [] => [0; 32],
        [(path, value)] => sha256(&[&[0], &path[..], &sha256(&[value.as_ref()])]),
        _ => {
            let bit = |path: &Path| path[level / 8] >> (7 - level % 8) & 1 == 1;
            let (right, left): (Vec<_>, Vec<_>) = leaves.iter().partition(|(path, _)| bit(path));
            sha256(&[
                &[1],
                &naive_root(&left, level + 1),
                &naive_root(&right, level + 1),
            ])
        }
    }
}

fn root_of(model: &Model) -> Digest {
    Digest::new(naive_root(&model.iter().collect::<Vec<_>>(), 0))
}

fn value(number: u8) -> Bytes {
    Bytes::from(vec![number; usize::from(number)])
}

/// The changes that a batch makes to `model`, by path.
fn changes(model: &Model, batch: &BTreeMap<Path, Option<u8>>) -> Vec<(Path, Change)> {
    batch
        .iter()
        .map(|(path, new)| {
            let key = Bytes::from(&path[..]);
            (
                *path,
                Change {
                    key,
                    old: model.get(path).cloned(),
                    new: new.map(value),
                },
            )
        })
        .collect()
}

fn updates(changes: &[(Path, Change)]) -> Vec<Update<'_>> {
    changes
        .iter()
        .map(|(path, change)| Update { path: *path, change })
        .collect()
}

fn built(model: &Model) -> Tree {
    let leaves: Vec<_> = model
        .iter()
        .map(|(path, value)| Leaf::new(*path, value.clone()))
        .collect();
    Tree::build(&leaves)
}

/// Paths that share long prefixes: one of two, with up to three bits turned.
fn close_path() -> impl Strategy<Value = Path> {
    let positions = proptest::sample::select(vec![0u8, 1, 2, 7, 8, 63, 64, 127, 200, 253, 254, 255]);
    (any::<bool>(), proptest::collection::vec(positions, 0..4)).prop_map(|(low, turned)| {
        let mut path = [if low { 0x00 } else { 0x5a }; 32];
        for position in turned {
            path[usize::from(position / 8)] ^= 0x80 >> (position % 8);
        }
        path
    })
}

fn batch() -> impl Strategy<Value = BTreeMap<Path, Option<u8>>> {
    proptest::collection::btree_map(close_path(), proptest::option::weighted(0.6, 0u8..60), 0..25)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_version_has_the_root_and_the_proofs_of_its_leaves_alone(
        steps in proptest::collection::vec((batch(), any::<prop::sample::Index>(), any::<bool>()), 1..10),
        probes in proptest::collection::vec(close_path(), 8),
    ) {
        let mut versions = vec![(Tree::default(), Model::new())];
        for (batch, parent, drop_parent) in steps {
            let parent = parent.index(versions.len());
            let (tree, model) = versions[parent].clone();
            let changes = changes(&model, &batch);
            let tree = tree.update(&updates(&changes)).unwrap();
            let mut model = model;
            for (path, Change { new, .. }) in changes {
                match new {
                    Some(new) => model.insert(path, new),
                    None => model.remove(&path),
                };
            }
            // The same leaves at once give the same tree, in memory too.
            prop_assert_eq!(format!("{:?}", built(&model)), format!("{tree:?}"));
            versions.push((tree, model));
            if drop_parent && versions.len() > 3 {
                versions.swap_remove(parent);
            }
        }
        for (tree, model) in &versions {
            prop_assert_eq!(tree.root(), root_of(model));
            for path in model.keys().chain(&probes) {
                prop_assert_eq!(tree.get(path), model.get(path));
                let proof = tree.prove(path).unwrap();
                let hash = model.get(path).map(|value| sha256(&[value.as_ref()]));
                prop_assert_eq!(proof.verify_path(&tree.root(), path, hash.as_ref()), Ok(()));
            }
        }
    }

    #[test]
    fn a_proof_shows_what_is_so_and_is_the_only_one_that_does(
        leaves in proptest::collection::btree_map(close_path(), (0u8..60).prop_map(value), 0..20),
        probes in proptest::collection::vec(close_path(), 8),
    ) {
        let tree = built(&leaves);
        let paths: Vec<_> = leaves.keys().copied().chain(probes).collect();
        let proofs: Vec<_> = paths.iter().map(|path| tree.prove(path).unwrap()).collect();
        let other = sha256(&[b"a value that nobody has"]);
        for (path, own) in paths.iter().zip(&proofs) {
            let hash = leaves.get(path).map(|value| sha256(&[value.as_ref()]));
            for proof in &proofs {
                let shows = |hash: Option<&[u8; 32]>| proof.verify_path(&tree.root(), path, hash).is_ok();
                prop_assert_eq!(shows(hash.as_ref()), proof == own);
                prop_assert!(!shows(Some(&other)));
                prop_assert!(hash.is_none() || !shows(None));
            }
        }
    }

    #[test]
    fn an_update_from_another_value_is_refused(
        leaves in proptest::collection::btree_map(close_path(), (0u8..60).prop_map(value), 1..20),
        which in any::<prop::sample::Index>(),
    ) {
        let (path, held) = leaves.iter().nth(which.index(leaves.len())).unwrap();
        let key = Bytes::from(&path[..]);
        for old in [None, Some(value(61))] {
            let change = Change { key: key.clone(), old, new: None };
            let refused = built(&leaves).update(&[Update { path: *path, change: &change }]);
            prop_assert_eq!(refused.unwrap_err().0, &change);
        }
        let change = Change { key, old: Some(held.clone()), new: None };
        let removed = built(&leaves).update(&[Update { path: *path, change: &change }]);
        prop_assert!(removed.is_ok());
    }
}

#[test]
fn two_paths_that_differ_in_their_last_bit_are_told_apart() {
    let mut twin = [0; 32];
    twin[31] = 1;
    let model = Model::from([([0; 32], value(1)), (twin, value(2))]);
    let tree = built(&model);
    assert_eq!(tree.root(), root_of(&model));
    let proof = tree.prove(&twin).unwrap();
    assert_eq!((proof.depth(), proof.siblings().len()), (256, 1));
    let hash = sha256(&[value(2).as_ref()]);
    assert_eq!(proof.verify_path(&tree.root(), &twin, Some(&hash)), Ok(()));
}
