//! Every truncation and every flipped byte.

use crate::{SPEC, open, texts};
use palisade_wal::LogError;
use palisade_wal::faulty::Faulty;

const TEXTS: [&str; 5] = ["one", "two two", "", "four", "five five five"];

/// A file with a frame per text, and where its frames end.
fn written() -> (Faulty, Vec<u8>, Vec<usize>) {
    let medium = Faulty::new();
    let (mut log, _) = open(&medium).unwrap();
    let mut ends = vec![usize::try_from(log.bytes()).unwrap()];
    for text in TEXTS {
        log.append(text.as_bytes()).unwrap();
        log.sync().unwrap();
        ends.push(usize::try_from(log.bytes()).unwrap());
    }
    drop(log);
    let bytes = medium.contents(SPEC.name).unwrap();
    assert_eq!(ends.last(), Some(&bytes.len()));
    (medium, bytes, ends)
}

#[test]
fn every_truncation_keeps_the_records_before_it() {
    let (medium, bytes, ends) = written();
    for length in 0..=bytes.len() {
        medium.replace(SPEC.name, bytes[..length].to_vec());
        match open(&medium) {
            Ok((_log, recovered)) => {
                let whole = ends.iter().filter(|end| **end <= length).count() - 1;
                assert_eq!(texts(&recovered), TEXTS[..whole], "cut at {length}");
                let torn = length - ends[whole];
                assert_eq!(recovered.torn_bytes, u64::try_from(torn).unwrap());
            }
            // The header is put in place whole: a part of one is not what a crash leaves.
            Err(LogError::Corrupt { .. }) => assert!(length < ends[0], "cut at {length}"),
            Err(error) => panic!("cut at {length}: {error}"),
        }
    }
}

#[test]
fn every_flipped_byte_is_refused_or_is_the_last_frame_dropped() {
    let (medium, bytes, ends) = written();
    let last = ends[ends.len() - 2];
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            medium.replace(SPEC.name, damaged.clone());
            match open(&medium) {
                Ok((_log, recovered)) => {
                    assert!(at >= last, "byte {at} ^ {flip:#x} was let through");
                    assert_eq!(texts(&recovered), TEXTS[..TEXTS.len() - 1]);
                    assert!(recovered.torn_bytes > 0);
                }
                Err(error) => {
                    assert!(at < last, "byte {at} ^ {flip:#x} in the last frame: {error}");
                    let version = matches!(error, LogError::UnknownVersion { .. });
                    assert!(error.is_corruption() || (version && (8..12).contains(&at)));
                    assert_eq!(medium.contents(SPEC.name), Some(damaged), "the file was touched");
                }
            }
        }
    }
}

#[test]
fn a_message_says_where_and_what_to_do() {
    let (medium, mut bytes, ends) = written();
    bytes[ends[1] + 20] ^= 1;
    medium.replace(SPEC.name, bytes);
    let error = open(&medium).unwrap_err();
    assert!(matches!(error, LogError::Corrupt { offset, .. } if offset == u64::try_from(ends[1]).unwrap()));
    let text = error.to_string();
    assert!(
        text.contains("test.log") && text.ends_with("Ask the test"),
        "{text}"
    );
}

#[test]
fn frames_that_were_removed_repeated_or_exchanged_are_refused() {
    let (medium, bytes, ends) = written();
    let part = |from: usize, to: usize| bytes[ends[from]..ends[to]].to_vec();
    let header = bytes[..ends[0]].to_vec();
    let removed = [header.clone(), part(0, 1), part(2, 5)].concat();
    let repeated = [header.clone(), part(0, 2), part(1, 5)].concat();
    let exchanged = [header, part(1, 2), part(0, 1), part(2, 5)].concat();
    for changed in [removed, repeated, exchanged] {
        medium.replace(SPEC.name, changed);
        assert!(matches!(open(&medium), Err(LogError::Corrupt { .. })));
    }
}

#[test]
fn a_large_hole_at_the_end_is_no_torn_tail() {
    let (medium, mut bytes, _) = written();
    bytes.resize(bytes.len() + (5 << 20), 0);
    medium.replace(SPEC.name, bytes);
    assert!(matches!(open(&medium), Err(LogError::Corrupt { .. })));
}

#[test]
fn what_was_put_in_place_whole_is_never_torn() {
    let (medium, _, _) = written();
    // Opening copies everything into the first frame of a new file, which nothing follows.
    drop(open(&medium).unwrap());
    let bytes = medium.contents(SPEC.name).unwrap();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        for left in [damaged, bytes[..at].to_vec()] {
            medium.replace(SPEC.name, left.clone());
            assert!(open(&medium).is_err(), "byte {at} was let through");
            assert_eq!(medium.contents(SPEC.name), Some(left), "the file was touched");
        }
    }
}

#[test]
fn another_format_is_named() {
    let (medium, mut bytes, _) = written();
    bytes[8] = 3;
    medium.replace(SPEC.name, bytes);
    assert!(matches!(
        open(&medium),
        Err(LogError::UnknownVersion {
            found: 3,
            known: 2,
            ..
        })
    ));
}
