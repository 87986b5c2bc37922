//! What is proven under a beacon state of our own: ancestors and validators, before Electra and since.

use crate::world::{Tree, header, payload, spec};
use palisade_light_ethereum::ancestry::{
    self, AncestryError, Hop, MAX_HOPS, verify_block_hash, verify_hop, verify_payload,
};
use palisade_light_ethereum::merkle::GeneralizedIndex;
use palisade_light_ethereum::spec::ExecutionFields;
use palisade_light_ethereum::validator::{FAR_FUTURE, verify_balance, verify_state_root};
use palisade_light_ethereum::{BeaconHeader, Fork, Preset, Spec, Validator, ValidatorError};

/// A block at `slot` whose state remembers `earlier` where its own slot puts it.
fn over(spec: &Spec, slot: u64, earlier: &BeaconHeader) -> (BeaconHeader, Hop) {
    let layout = spec.layout_at(slot).unwrap();
    let depth = u32::from(spec.preset.block_roots_depth);
    let place = layout
        .block_roots
        .child(depth, earlier.slot % spec.preset.block_roots())
        .unwrap();
    let state = Tree::default().with(place, earlier.root());
    let block = header(spec, slot, &state).beacon;
    (
        block,
        Hop {
            header: *earlier,
            branch: state.branch(place),
        },
    )
}

#[test]
fn ancestors_are_proven_hop_by_hop() {
    for fork in [Fork::Capella, Fork::Electra] {
        let spec = spec(Preset::MINIMAL, fork);
        let oldest = header(&spec, 70, &Tree::default()).beacon;
        let (middle, first) = over(&spec, 134, &oldest);
        let (top, second) = over(&spec, 190, &middle);
        let hops = [second.clone(), first.clone()];
        assert_eq!(ancestry::verify(&spec, &top, &hops), Ok(oldest));
        assert_eq!(ancestry::verify(&spec, &top, &hops[..1]), Ok(middle));
        assert_eq!(ancestry::verify(&spec, &top, &[]), Ok(top));
        // A hop left out, or in another order, leads nowhere.
        let window = AncestryError::Window {
            earlier: 70,
            later: 190,
            window: 64,
        };
        assert_eq!(ancestry::verify(&spec, &top, &hops[1..]), Err(window));
        assert!(ancestry::verify(&spec, &top, &[first.clone(), second.clone()]).is_err());
        let many = vec![second; MAX_HOPS + 1];
        assert_eq!(
            ancestry::verify(&spec, &top, &many),
            Err(AncestryError::Hops { hops: MAX_HOPS + 1 })
        );
    }
}

#[test]
fn a_block_stands_at_its_own_slots_place_alone() {
    let spec = spec(Preset::MINIMAL, Fork::Electra);
    let block = header(&spec, 100, &Tree::default()).beacon;
    // Slot 101 was skipped: its place repeats the root, and proves nothing.
    let layout = spec.layout_at(120).unwrap();
    let repeated = layout.block_roots.child(6, 101 % 64).unwrap();
    let state = Tree::default().with(repeated, block.root());
    let later = header(&spec, 120, &state).beacon;
    let hop = Hop {
        header: block,
        branch: state.branch(repeated),
    };
    let refused = AncestryError::Branch {
        earlier: 100,
        later: 120,
    };
    assert_eq!(verify_hop(&spec, &later, &hop), Err(refused));
    // The window's far end is inside, one more is not.
    let (edge, hop) = over(&spec, 164, &block);
    assert_eq!(verify_hop(&spec, &edge, &hop), Ok(()));
    let (beyond, hop) = over(&spec, 165, &block);
    assert!(matches!(
        verify_hop(&spec, &beyond, &hop),
        Err(AncestryError::Window { .. })
    ));
}

#[test]
fn a_payload_and_its_block_hash_are_in_the_body_of_their_own_block() {
    for (fork, fields, depth) in [
        (Fork::Capella, ExecutionFields::Capella, 4),
        (Fork::Fulu, ExecutionFields::Deneb, 5),
    ] {
        let spec = spec(Preset::MINIMAL, fork);
        let found = header(&spec, 90, &Tree::default());
        let execution = found.execution.unwrap();
        let block = found.beacon;
        assert_eq!(
            verify_payload(&spec, &block, &execution.header, &execution.branch),
            Ok(())
        );
        let mut other = execution.header.clone();
        other.receipts_root[0] ^= 1;
        assert!(verify_payload(&spec, &block, &other, &execution.branch).is_err());
        let other = match fields {
            ExecutionFields::Capella => ExecutionFields::Deneb,
            ExecutionFields::Deneb => ExecutionFields::Capella,
        };
        let foreign = payload(90, other);
        assert!(verify_payload(&spec, &block, &foreign, &execution.branch).is_err());
        // The hash alone: two branches in one.
        let place = GeneralizedIndex::new(25).child(depth, 12).unwrap();
        let body = Tree::default().with(place, [9; 32]);
        let block = BeaconHeader {
            body_root: body.root(),
            ..block
        };
        let branch = body.branch(place);
        assert_eq!(verify_block_hash(&spec, &block, &[9; 32], &branch), Ok(()));
        assert!(verify_block_hash(&spec, &block, &[8; 32], &branch).is_err());
        assert!(verify_block_hash(&spec, &block, &[9; 32], &branch[1..]).is_err());
    }
}

fn validator() -> Validator {
    let mut withdrawal_credentials = [0; 32];
    withdrawal_credentials[0] = 2;
    withdrawal_credentials[12..].copy_from_slice(&[0xab; 20]);
    Validator {
        pubkey: [7; 48],
        withdrawal_credentials,
        effective_balance: 32_000_000_000,
        slashed: false,
        activation_eligibility_epoch: 1,
        activation_epoch: 2,
        exit_epoch: FAR_FUTURE,
        withdrawable_epoch: FAR_FUTURE,
    }
}

#[test]
fn validators_and_balances_are_proven_before_electra_and_since() {
    for (fork, list, balances) in [(Fork::Deneb, 43u64, 44u64), (Fork::Fulu, 75, 76)] {
        let spec = spec(Preset::MAINNET, fork);
        let index = 1_234_567u64;
        let mine = validator();
        // Written out from the specification, not by the code under test.
        let place = GeneralizedIndex::new((list << 41) + index);
        let chunk_place = GeneralizedIndex::new((balances << 39) + index / 4);
        let mut chunk = [0u8; 32];
        chunk[24..].copy_from_slice(&31_999_000_000u64.to_le_bytes());
        let state = Tree::default().with(place, mine.root()).with(chunk_place, chunk);
        let root = state.root();
        let (branch, chunk_branch) = (state.branch(place), state.branch(chunk_place));
        assert_eq!(mine.verify(&spec, 64, &root, index, &branch), Ok(()));
        assert_eq!(
            verify_balance(&spec, 64, &root, index, (&chunk, &chunk_branch)),
            Ok(31_999_000_000)
        );
        // A neighbour's place, another container, another chunk, another length.
        let refused = Err(ValidatorError::Branch { index: index + 1 });
        assert_eq!(mine.verify(&spec, 64, &root, index + 1, &branch), refused);
        let slashed = Validator {
            slashed: true,
            ..mine
        };
        assert!(slashed.verify(&spec, 64, &root, index, &branch).is_err());
        assert!(verify_balance(&spec, 64, &root, index, (&[0; 32], &chunk_branch)).is_err());
        assert!(
            mine.verify(&spec, 64, &root, index, &branch[..branch.len() - 1])
                .is_err()
        );
        let far = Err(ValidatorError::Index { index: 1 << 40 });
        assert_eq!(mine.verify(&spec, 64, &root, 1 << 40, &branch), far);
        // The other layout does not take it.
        let other = crate::world::spec(
            Preset::MAINNET,
            if fork == Fork::Fulu {
                Fork::Deneb
            } else {
                Fork::Fulu
            },
        );
        assert!(mine.verify(&other, 64, &root, index, &branch).is_err());
    }
}

#[test]
fn credentials_name_an_address_only_in_their_two_forms() {
    let mine = validator();
    assert_eq!(mine.withdrawal_address(), Some([0xab; 20]));
    for (at, byte) in [(0usize, 0u8), (0, 3), (1, 1), (11, 1)] {
        let mut other = mine;
        other.withdrawal_credentials[at] = byte;
        assert_eq!(other.withdrawal_address(), None);
    }
}

#[test]
fn a_beacon_root_leads_to_its_state() {
    let spec = spec(Preset::MINIMAL, Fork::Electra);
    let block = header(&spec, 90, &Tree::default()).beacon;
    let leaf = |n: u64| palisade_light_ethereum::merkle::chunk_of(n);
    let fields = [
        leaf(block.slot),
        leaf(block.proposer_index),
        block.parent_root,
        block.state_root,
        block.body_root,
        [0; 32],
        [0; 32],
        [0; 32],
    ];
    let places = (8u64..).zip(fields);
    let tree = places.fold(Tree::default(), |tree, (at, field)| {
        tree.with(GeneralizedIndex::new(at), field)
    });
    assert_eq!(tree.root(), block.root());
    let branch = tree.branch(GeneralizedIndex::new(11));
    assert!(verify_state_root(&block.root(), &block.state_root, &branch));
    assert!(!verify_state_root(&block.root(), &block.body_root, &branch));
}
