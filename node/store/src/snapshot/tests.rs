use super::*;
use crate::engine::{Memory, Tree};
use crate::fixture::{Builder, chain_hash, config, initialized, open, set, signed_by};
use crate::store::tests::check_all;
use crate::{CommittedBlock, Store};
use ed25519_dalek::{Signer, SigningKey};
use primitives::{BlockHash, Epoch};
use state::State;
use std::sync::Arc;

/// A chain of some blocks, and the states after each.
fn grown(count: usize) -> (Store, Builder, Vec<CommittedBlock>) {
    let (_, store, mut builder) = initialized();
    let blocks: Vec<CommittedBlock> = (0..count).map(|_| builder.next()).collect();
    store.commit(blocks.clone()).unwrap();
    (store, builder, blocks)
}

/// The heights from the highest down of which a snapshot can be taken.
fn suitable(store: &Store, below: u64) -> u64 {
    (1..=below)
        .rev()
        .find(|height| store.suits_snapshot(Height::new(*height)).unwrap())
        .unwrap()
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

fn take(store: &Store, folder: &Folder, height: u64, state: &State) -> Result<Signed, SnapshotError> {
    let take = Take {
        state,
        height: Height::new(height),
        created: Timestamp::new(1),
        key: key().verifying_key().to_bytes(),
        sign: &|message| key().sign(message).to_bytes(),
        go_on: &|| true,
    };
    store.take_snapshot(folder, &take)
}

fn trust() -> Trust {
    Trust {
        chain: chain_hash(),
        validators: set(0),
        since: Timestamp::ZERO,
        now: Timestamp::new(1_000),
        trusting_period: 0,
        checkpoint: None,
    }
}

/// Restores into memory, from chunks that may be bent on the way.
fn restored(
    manifest: &Manifest,
    trust: Trust,
    chunk: &mut dyn FnMut(usize) -> Result<Vec<u8>, SnapshotError>,
) -> Result<Arc<Memory>, SnapshotError> {
    let engine = Arc::new(Memory::default());
    let genesis = Builder::new().genesis();
    restore::write(
        engine.clone(),
        &mut Restore {
            manifest,
            trust,
            genesis: &genesis,
            chunk,
            progress: &|_| {},
        },
    )
    .map(|()| engine)
}

#[test]
fn a_restored_store_is_at_its_block_and_goes_on() {
    for count in [12, 17, 26, 33] {
        let folder = tempfile::tempdir().unwrap();
        let snapshots = Folder::new(folder.path().join("snapshots"));
        let (store, mut builder, blocks) = grown(count);
        let height = suitable(&store, count as u64);
        let state = builder.states[height as usize].clone();
        let signed = take(&store, &snapshots, height, &state).unwrap();
        let listed = snapshots.list().unwrap().remove(0);
        assert_eq!(listed.signed, signed);
        let engine = restored(&signed.manifest, trust(), &mut |index| listed.chunk(index)).unwrap();
        let (new, recovered) = open(engine).unwrap();
        assert_eq!(recovered.state.root(), state.root());
        assert_eq!((recovered.replayed, new.earliest().get()), (0, height + 1));
        let at = Height::new(height);
        let before = new
            .state_at(Height::new(height - 1), at, &recovered.state)
            .unwrap();
        assert_eq!(before.root(), builder.states[height as usize - 1].root());
        assert_eq!(
            new.head(at).unwrap().unwrap().hash,
            blocks[height as usize - 1].hash
        );
        let ends = store.hand_overs(Epoch::ZERO, 99).unwrap();
        let ours = new.hand_overs(Epoch::ZERO, 99).unwrap();
        assert_eq!(ours, ends[..ours.len()]);
        // It goes on with the blocks above, and forgets the rest of the snapshot later.
        new.commit(blocks[height as usize..].to_vec()).unwrap();
        let more: Vec<CommittedBlock> = (0..20).map(|_| builder.next()).collect();
        new.commit(more.clone()).unwrap();
        new.settle().unwrap();
        check_all(&new, &[&blocks[height as usize..], &more].concat());
        new.prune(Height::new(count as u64 + 5), &|_| true).unwrap();
        assert!(new.head(at).unwrap().is_none());
        check_all(&new, &more[4..]);
    }
}

#[test]
fn a_store_on_disk_is_restored_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = Folder::new(folder.path().join("snapshots"));
    let (store, builder, _) = grown(20);
    let height = suitable(&store, 19);
    let signed = take(&store, &snapshots, height, &builder.states[height as usize]).unwrap();
    let listed = snapshots.open(Height::new(height)).unwrap();
    let genesis = builder.genesis();
    let path = folder.path().join("store");
    let attempt = |fail: Option<usize>| {
        let from = Restore {
            manifest: &signed.manifest,
            trust: trust(),
            genesis: &genesis,
            chunk: &mut |index| match fail {
                Some(bad) if bad == index => Err(SnapshotError::Stopped),
                _ => listed.chunk(index),
            },
            progress: &|_| {},
        };
        restore(&path, &config(), from)
    };
    let last = signed.manifest.chunks.len() - 1;
    assert!(matches!(attempt(Some(last)), Err(SnapshotError::Stopped)));
    assert!(!path.exists() && !path.with_extension("restoring").exists());
    attempt(None).unwrap();
    assert!(matches!(
        attempt(None),
        Err(SnapshotError::Store(StoreError::Genesis(_)))
    ));
    let (_, recovered) = Store::open(&path, &config(), &chain_hash(), crate::Metrics::default()).unwrap();
    assert_eq!(recovered.tip.unwrap().header.height.get(), height);
}

#[test]
fn two_nodes_have_the_same_chunks_of_entries() {
    let folder = tempfile::tempdir().unwrap();
    let (store, builder, _) = grown(20);
    let height = suitable(&store, 19);
    let state = &builder.states[height as usize];
    let one = take(&store, &Folder::new(folder.path().join("a")), height, state).unwrap();
    let two = take(&store, &Folder::new(folder.path().join("b")), height, state).unwrap();
    assert_eq!(one.manifest, two.manifest);
    assert!(
        one.manifest
            .chunks
            .iter()
            .all(|chunk| chunk.bytes as usize <= CHUNK)
    );
}

#[test]
fn a_lying_or_damaged_chunk_is_noticed_before_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = Folder::new(folder.path().to_owned());
    let (store, builder, _) = grown(20);
    let height = suitable(&store, 19);
    take(&store, &snapshots, height, &builder.states[height as usize]).unwrap();
    let listed = snapshots.open(Height::new(height)).unwrap();
    let manifest = &listed.signed.manifest;
    for bad in 0..manifest.chunks.len() {
        let error = restored(manifest, trust(), &mut |index| {
            let mut bytes = listed.chunk(index)?;
            if index == bad {
                bytes[0] ^= 1;
            }
            Ok(bytes)
        });
        let error = error.err().unwrap();
        assert!(
            matches!(error, SnapshotError::Chunk { index, .. } if index == bad),
            "{error}"
        );
        assert!(error.is_fault_of_source());
    }
    // The same on disk.
    let file = std::fs::read_dir(listed.path.join("chunks"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[0] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    assert!((0..manifest.chunks.len()).any(|index| listed.chunk(index).is_err()));
    let draft = snapshots.draft(Height::new(99)).unwrap();
    let info = ChunkInfo::of(b"abc");
    assert!(!draft.has_chunk(&info));
    draft.put_chunk(&info, b"abd").unwrap();
    assert!(!draft.has_chunk(&info), "it is damaged, and gone");
    draft.put_chunk(&info, b"abc").unwrap();
    assert!(draft.has_chunk(&info));
}

/// A snapshot with everything consistent but one thing, which the quorum never signed.
#[test]
fn what_no_quorum_finalized_is_never_believed() {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = Folder::new(folder.path().to_owned());
    let (store, builder, blocks) = grown(24);
    let height = suitable(&store, 22);
    let state = builder.states[height as usize].clone();
    take(&store, &snapshots, height, &state).unwrap();
    let listed = snapshots.open(Height::new(height)).unwrap();
    let good = listed.signed.manifest.clone();
    let refused = |change: &dyn Fn(&mut Manifest), part: &str| {
        let mut manifest = good.clone();
        change(&mut manifest);
        let error = restored(&manifest, trust(), &mut |index| listed.chunk(index))
            .err()
            .unwrap();
        assert!(
            error.is_fault_of_source() && error.to_string().contains(part),
            "{part}: {error}"
        );
    };
    refused(&|m| m.anchor.child.state_root = Digest::new([1; 32]), "finalize");
    refused(
        &|m| m.anchor.finality = signed_by(m.anchor.descendants.last().unwrap_or(&m.anchor.child), 99),
        "aggregate signature",
    );
    refused(
        &|m| m.anchor.certificate = signed_by(&m.anchor.header, 99),
        "signature",
    );
    refused(&|m| m.anchor.header.state_root = Digest::new([1; 32]), "finalize");
    refused(
        &|m| m.anchor.descendants.push(blocks[0].block.header.clone()),
        "does not follow",
    );
    refused(&|m| m.entries += 1, "number of entries");
    refused(&|m| m.chunks.truncate(m.chunks.len() - 1), "ends in the middle");
    refused(
        &|m| m.anchor.child.chain_hash = ChainHash::new([8; 32]),
        "does not follow",
    );
    // Another chain's validators lead nowhere.
    let mut other = trust();
    other.validators = set(3);
    other.validators.epoch = Epoch::ZERO;
    let error = restored(&good, other, &mut |index| listed.chunk(index))
        .err()
        .unwrap();
    assert!(matches!(error, SnapshotError::Unproven(_)), "{error}");
    let mut other = trust();
    other.chain = ChainHash::new([1; 32]);
    let error = restored(&good, other, &mut |index| listed.chunk(index))
        .err()
        .unwrap();
    assert!(matches!(error, SnapshotError::OtherChain { .. }), "{error}");
}

#[test]
fn entries_that_are_not_the_state_have_another_root() {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = Folder::new(folder.path().to_owned());
    let (store, builder, _) = grown(20);
    let height = suitable(&store, 19);
    let signed = take(&store, &snapshots, height, &builder.states[height as usize]).unwrap();
    let listed = snapshots.open(Height::new(height)).unwrap();
    // A node that lies with all its means: it bends an entry, and lists the hash of the bent chunk.
    let mut manifest = signed.manifest;
    let place = manifest.history as usize;
    let mut bent = listed.chunk(place).unwrap();
    *bent.last_mut().unwrap() ^= 1;
    manifest.chunks[place] = ChunkInfo::of(&bent);
    let error = restored(&manifest, trust(), &mut |index| {
        if index == place {
            Ok(bent.clone())
        } else {
            listed.chunk(index)
        }
    });
    let error = error.err().unwrap();
    assert!(error.to_string().contains("validators finalized"), "{error}");
}

#[test]
fn an_old_genesis_wants_a_checkpoint_and_a_wrong_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = Folder::new(folder.path().to_owned());
    let (store, builder, blocks) = grown(24);
    let height = suitable(&store, 22);
    let signed = take(&store, &snapshots, height, &builder.states[height as usize]).unwrap();
    let listed = snapshots.open(Height::new(height)).unwrap();
    let with = |period: u64, checkpoint: Option<Checkpoint>| {
        let mut trust = trust();
        trust.now = Timestamp::new(100);
        trust.trusting_period = period;
        trust.checkpoint = checkpoint;
        restored(&signed.manifest, trust, &mut |index| listed.chunk(index)).map(drop)
    };
    assert!(matches!(
        with(99, None),
        Err(SnapshotError::TooOld { age: 100, limit: 99 })
    ));
    with(100, None).unwrap();
    let own = blocks[height as usize - 1].hash;
    with(99, Some(Checkpoint::Named(Height::new(height), own))).unwrap();
    let other = BlockHash::new([4; 32]);
    let error = with(0, Some(Checkpoint::Named(Height::new(height), other))).unwrap_err();
    assert!(error.to_string().contains("another block"), "{error}");
    let error = with(0, Some(Checkpoint::Named(Height::new(2), other))).unwrap_err();
    assert!(error.to_string().contains("not among the headers"), "{error}");
    let known = |height: usize| Box::new(blocks[height - 1].block.header.clone());
    with(99, Some(Checkpoint::Known(known(7)))).unwrap();
    assert!(matches!(
        with(50, Some(Checkpoint::Known(known(7)))),
        Err(SnapshotError::TooOld { .. })
    ));
    let mut forked = known(7);
    forked.validators_root = Digest::new([1; 32]);
    assert!(matches!(
        with(0, Some(Checkpoint::Known(forked))),
        Err(SnapshotError::Checkpoint { .. })
    ));
}

#[test]
fn a_manifest_is_refused_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let (store, builder, _) = grown(12);
    let height = suitable(&store, 11);
    let signed = take(
        &store,
        &Folder::new(folder.path().to_owned()),
        height,
        &builder.states[height as usize],
    )
    .unwrap();
    assert_eq!(Signed::parse(&signed.to_bytes()).unwrap(), signed);
    for bytes in [&b""[..], b"palsnap\x01", b"something else entirely"] {
        assert!(matches!(Signed::parse(bytes), Err(SnapshotError::Manifest(_))));
    }
    let bend = |change: &dyn Fn(&mut Signed)| {
        let mut bent = signed.clone();
        change(&mut bent);
        Signed::parse(&bent.to_bytes()).unwrap_err().to_string()
    };
    assert!(bend(&|s| s.manifest.entries += 1).contains("signature"));
    assert!(bend(&|s| s.manifest.format = 9).contains("format"));
    assert!(bend(&|s| s.manifest.history = 99).contains("history"));
    assert!(bend(&|s| s.manifest.chunks[0].bytes = CHUNK as u32 + 1).contains("too large"));
}

#[test]
fn only_a_block_with_its_own_finalization_under_a_final_child_suits() {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = Folder::new(folder.path().to_owned());
    let (store, builder, blocks) = grown(24);
    assert!(!store.suits_snapshot(Height::new(24)).unwrap() && !store.suits_snapshot(Height::ZERO).unwrap());
    for block in &blocks[..23] {
        let height = block.block.header.height;
        let above = blocks[height.get() as usize..]
            .iter()
            .any(|next| next.certificate.is_some());
        assert_eq!(
            store.suits_snapshot(height).unwrap(),
            block.certificate.is_some() && above,
            "{height}"
        );
    }
    let height = suitable(&store, 22);
    let error = take(&store, &snapshots, height, &builder.states[3]).unwrap_err();
    assert!(matches!(error, SnapshotError::Unsuitable { .. }), "{error}");
    assert!(snapshots.list().unwrap().is_empty());
}

#[test]
fn the_newest_are_kept_and_drafts_go() {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = Folder::new(folder.path().to_owned());
    let (store, builder, _) = grown(30);
    let mut taken = Vec::new();
    for height in 1..29u64 {
        if store.suits_snapshot(Height::new(height)).unwrap() {
            take(&store, &snapshots, height, &builder.states[height as usize]).unwrap();
            taken.push(height);
        }
    }
    let draft = snapshots.draft(Height::new(99)).unwrap();
    draft.put_chunk(&ChunkInfo::of(b"abc"), b"abc").unwrap();
    snapshots.keep(2).unwrap();
    let left: Vec<u64> = snapshots
        .list()
        .unwrap()
        .iter()
        .map(|l| l.signed.manifest.height().get())
        .collect();
    taken.reverse();
    assert_eq!(left, taken[..2]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    assert!(Folder::new(folder.path().join("none")).list().unwrap().is_empty());
}

#[test]
fn a_restore_that_a_crash_interrupts_leaves_no_tip() {
    let folder = tempfile::tempdir().unwrap();
    let snapshots = Folder::new(folder.path().to_owned());
    let (store, builder, _) = grown(20);
    let height = suitable(&store, 19);
    take(&store, &snapshots, height, &builder.states[height as usize]).unwrap();
    let listed = snapshots.open(Height::new(height)).unwrap();
    for after in 0..40 {
        let engine = Arc::new(Memory::default());
        engine.inject(crate::engine::Fault::DiskFull { after });
        let genesis = builder.genesis();
        let outcome = restore::write(
            engine.clone(),
            &mut Restore {
                manifest: &listed.signed.manifest,
                trust: trust(),
                genesis: &genesis,
                chunk: &mut |index| listed.chunk(index),
                progress: &|_| {},
            },
        );
        let tip = engine
            .keys(Tree::Log)
            .into_iter()
            .any(|k| k.starts_with(&crate::key::tip()));
        assert_eq!(outcome.is_ok(), tip, "after {after}");
        if let Err(error) = outcome {
            assert!(
                matches!(error, SnapshotError::Store(StoreError::DiskFull(_))),
                "{error}"
            );
        }
    }
}
