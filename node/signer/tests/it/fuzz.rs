//! Fuzz bodies of what a guard reads: an export that an operator brings, and its own file, damaged. Nothing panics;
//! what is accepted is what its text says, and a damaged file never forgets a vote silently.

use crate::{CHAIN, initialise, notarize, nullify, open};
use crypto::bls::KeyBytes;
use palisade_signer::guard::{Interchange, Slot};
use proptest::prelude::*;
use wal::faulty::Faulty;

const KEY: KeyBytes = KeyBytes([4; 96]);
const FILE: &str = "signing-guard.log";

fn fuzz_interchange(bytes: &[u8]) {
    if let Ok(document) = Interchange::parse(bytes) {
        let again = Interchange::parse(document.to_json().as_bytes());
        assert_eq!(again.as_ref(), Ok(&document), "what is written is read");
        let medium = Faulty::new();
        // Another chain's, or contradictory rows, are refused with a reason.
        if initialise(&medium).import(&document).is_ok() {
            assert_eq!(document.metadata.chain_hash, CHAIN);
        }
    }
}

/// A guard with some votes, and its file.
fn written() -> (Faulty, Vec<u8>) {
    let medium = Faulty::new();
    let mut guard = initialise(&medium);
    guard.register(KEY, Slot::default()).unwrap();
    for view in 1..5 {
        guard.admit(&KEY, &[notarize(view, 7)]).unwrap();
        guard.admit(&KEY, &[nullify(view)]).unwrap();
    }
    drop(guard);
    let bytes = medium.contents(FILE).unwrap();
    (medium, bytes)
}

fn fuzz_file(bytes: &[u8]) {
    let medium = Faulty::new();
    drop(initialise(&medium));
    medium.replace(FILE, bytes.to_vec());
    // It opens, or says why not.
    if let Ok(guard) = open(&medium) {
        let _watermark = guard.watermark(&KEY);
        fuzz_interchange(guard.export().to_json().as_bytes());
    }
}

fn damaged(source: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let edit = (any::<prop::sample::Index>(), any::<u8>(), 0u8..3);
    proptest::collection::vec(edit, 0..4).prop_map(move |edits| {
        let mut bytes = source.clone();
        for (place, value, kind) in edits {
            let at = place.index(bytes.len().max(1));
            match kind {
                0 => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = value),
                1 => bytes.insert(at.min(bytes.len()), value),
                _ => bytes.truncate(at),
            }
        }
        bytes
    })
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        fuzz_interchange(&bytes);
        fuzz_file(&bytes);
    }

    #[test]
    fn damaged_exports_never_panic(bytes in damaged({
        let (medium, _) = written();
        open(&medium).unwrap().export().to_json().into_bytes()
    })) {
        fuzz_interchange(&bytes);
    }

    #[test]
    fn damaged_files_never_panic(bytes in damaged(written().1)) {
        fuzz_file(&bytes);
    }
}
