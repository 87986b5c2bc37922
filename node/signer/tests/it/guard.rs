//! Each promise of the guard once.

use crate::{CHAIN, finalize, initialise, notarize, nullify, open};
use crypto::bls::KeyBytes;
use light_palisade::Statement;
use palisade_signer::guard::{
    Guard, GuardConfig, GuardError, Interchange, InterchangeError, Refusal, Row, Slot,
};
use primitives::{ChainHash, Epoch, View};
use std::sync::Arc;
use wal::faulty::{Faulty, Survival};
use wal::{Disk, LogError, Medium};

const KEY: KeyBytes = KeyBytes([1; 96]);
const OTHER: KeyBytes = KeyBytes([2; 96]);

fn slot(view: u64) -> Slot {
    Slot::new(Epoch::new(1), View::new(view))
}

fn verdicts(guard: &mut Guard, statements: &[Statement]) -> Vec<Result<(), Refusal>> {
    guard.admit(&KEY, statements).unwrap().verdicts
}

fn registered(medium: &Faulty) -> Guard {
    let mut guard = initialise(medium);
    guard.register(KEY, Slot::FIRST).unwrap();
    guard
}

#[test]
fn a_missing_guard_is_not_made_silently() {
    let medium = Faulty::new();
    assert!(matches!(open(&medium), Err(GuardError::Missing { .. })));
    drop(initialise(&medium));
    let again = Guard::initialise(Arc::new(medium.clone()), CHAIN, GuardConfig::default());
    assert!(matches!(again, Err(GuardError::AlreadyInitialised { .. })));
    assert!(open(&medium).is_ok());
}

#[test]
fn a_key_that_is_not_registered_signs_nothing() {
    let mut guard = initialise(&Faulty::new());
    assert!(matches!(
        guard.admit(&KEY, &[nullify(1)]),
        Err(GuardError::Unregistered { key: KEY })
    ));
    guard.register(KEY, Slot::FIRST).unwrap();
    assert_eq!(verdicts(&mut guard, &[nullify(1)]), [Ok(())]);
    assert!(guard.is_registered(&KEY) && !guard.is_registered(&OTHER));
}

#[test]
fn keys_do_not_disturb_each_other() {
    let mut guard = registered(&Faulty::new());
    guard.register(OTHER, Slot::FIRST).unwrap();
    assert_eq!(verdicts(&mut guard, &[notarize(1, 1)]), [Ok(())]);
    let other = guard.admit(&OTHER, &[notarize(1, 2)]).unwrap();
    assert_eq!(other.verdicts, [Ok(())]);
}

#[test]
fn too_many_keys_are_refused() {
    let mut guard = initialise(&Faulty::new());
    for number in 0..64 {
        guard.register(KeyBytes([number; 96]), Slot::FIRST).unwrap();
    }
    assert!(matches!(
        guard.register(KeyBytes([64; 96]), Slot::FIRST),
        Err(GuardError::TooManyKeys)
    ));
    guard.register(KeyBytes([0; 96]), slot(1)).unwrap();
}

#[test]
fn one_call_is_one_sync_and_sees_its_own_statements() {
    let medium = Faulty::new();
    let mut guard = registered(&medium);
    let before = medium.operations();
    let statements = [
        notarize(1, 1),
        finalize(1, 1),
        notarize(2, 2),
        notarize(2, 3),
        nullify(1),
    ];
    assert_eq!(
        verdicts(&mut guard, &statements),
        [
            Ok(()),
            Ok(()),
            Ok(()),
            Err(Refusal::AnotherNotarized),
            Err(Refusal::NullifyAfterFinalize)
        ]
    );
    // One write, one sync.
    assert_eq!(medium.operations() - before, 2);
}

#[test]
fn a_restarted_guard_signs_the_same_again_and_nothing_else() {
    let medium = Faulty::new();
    let mut guard = registered(&medium);
    verdicts(&mut guard, &[notarize(1, 1), nullify(2)]);
    drop(guard);
    medium.crash(Survival::Nothing);
    let mut guard = open(&medium).unwrap();
    let before = medium.operations();
    let admitted = guard.admit(&KEY, &[notarize(1, 1), nullify(2)]).unwrap();
    assert_eq!(admitted.verdicts, [Ok(()), Ok(())]);
    assert_eq!((admitted.sync, medium.operations()), (None, before));
    assert_eq!(
        verdicts(&mut guard, &[notarize(1, 2), notarize(2, 1)]),
        [Err(Refusal::AnotherNotarized), Err(Refusal::NotarizeAfterNullify)]
    );
    assert_eq!(guard.highest(&KEY), Some(slot(2)));
    let row = guard.row(&KEY, slot(2)).unwrap();
    assert_eq!(
        row,
        Row {
            nullified: true,
            ..Row::default()
        }
    );
}

#[test]
fn a_finalize_may_come_views_later() {
    let mut guard = registered(&Faulty::new());
    for view in 1..100 {
        assert_eq!(verdicts(&mut guard, &[notarize(view, 1)]), [Ok(())]);
    }
    assert_eq!(verdicts(&mut guard, &[finalize(1, 1)]), [Ok(())]);
}

#[test]
fn a_guard_that_could_not_write_is_done() {
    let faults: [fn(&Faulty); 2] = [
        |medium| medium.fail_sync_after(0),
        |medium| medium.limit_room(Some(20)),
    ];
    for fault in faults {
        let medium = Faulty::new();
        let mut guard = registered(&medium);
        verdicts(&mut guard, &[notarize(1, 1)]);
        fault(&medium);
        assert!(matches!(
            guard.admit(&KEY, &[notarize(2, 1)]),
            Err(GuardError::Log(LogError::Io { .. }))
        ));
        // Not even what was signed before: the node must stop, not go on by halves.
        for call in [guard.admit(&KEY, &[notarize(1, 1)]), guard.admit(&KEY, &[])] {
            assert!(matches!(call, Err(GuardError::Log(LogError::Poisoned { .. }))));
        }
        assert!(guard.register(OTHER, Slot::FIRST).is_err());
        assert!(guard.import(&guard.export()).is_err());
    }
}

#[test]
fn a_watermark_rises_and_never_falls() {
    let medium = Faulty::new();
    let mut guard = registered(&medium);
    verdicts(&mut guard, &[nullify(5)]);
    guard.register(KEY, Slot::end_of(Epoch::new(1))).unwrap();
    guard.register(KEY, slot(3)).unwrap();
    drop(guard);
    let mut guard = open(&medium).unwrap();
    assert_eq!(guard.watermark(&KEY), Some(Slot::end_of(Epoch::new(1))));
    let next_epoch = Statement::Nullify {
        epoch: Epoch::new(2),
        view: View::new(1),
    };
    assert_eq!(
        verdicts(&mut guard, &[nullify(900), nullify(5), next_epoch]),
        [Err(Refusal::BelowWatermark), Ok(()), Ok(())]
    );
}

#[test]
fn the_file_stays_small_and_old_views_go_below_the_watermark() {
    let medium = Faulty::new();
    let config = GuardConfig {
        window: 50,
        compact_above: 20_000,
    };
    let arc: Arc<dyn Medium> = Arc::new(medium.clone());
    let mut guard = Guard::initialise(Arc::clone(&arc), CHAIN, config).unwrap();
    guard.register(KEY, Slot::FIRST).unwrap();
    for view in 1..=1000 {
        let statements = [notarize(view, 1), finalize(view, 1)];
        assert_eq!(verdicts(&mut guard, &statements), [Ok(()), Ok(())]);
    }
    let size = medium.contents("signing-guard.log").unwrap().len();
    assert!(size < 40_000, "{size}");
    let watermark = guard.watermark(&KEY).unwrap();
    assert!(watermark > slot(700) && watermark <= slot(950), "{watermark}");
    assert_eq!(
        verdicts(&mut guard, &[nullify(1), notarize(1000, 1), notarize(1000, 2)]),
        [
            Err(Refusal::BelowWatermark),
            Ok(()),
            Err(Refusal::AnotherNotarized)
        ]
    );
    drop(guard);
    let mut guard = Guard::open(arc, CHAIN, config).unwrap();
    assert_eq!(guard.watermark(&KEY), Some(watermark));
    assert_eq!(
        verdicts(&mut guard, &[nullify(1)]),
        [Err(Refusal::BelowWatermark)]
    );
}

#[test]
fn an_export_carries_everything_to_another_guard() {
    let mut guard = registered(&Faulty::new());
    verdicts(&mut guard, &[notarize(1, 1), finalize(1, 1), nullify(2)]);
    guard.register(OTHER, slot(7)).unwrap();
    let text = guard.export().to_json();
    let document = Interchange::parse(text.as_bytes()).unwrap();
    assert_eq!(document, guard.export());
    let target = Faulty::new();
    let mut other = initialise(&target);
    let imported = other.import(&document).unwrap();
    assert_eq!((imported.keys, imported.rows, imported.conflicts), (2, 2, 0));
    assert_eq!(other.export(), document);
    target.crash(Survival::Nothing);
    let mut other = open(&target).unwrap();
    assert_eq!(other.export(), document);
    // Again changes nothing.
    other.import(&document).unwrap();
    assert_eq!(other.export(), document);
    assert_eq!(
        verdicts(&mut other, &[notarize(1, 1), notarize(1, 2)]),
        [Ok(()), Err(Refusal::AnotherNotarized)]
    );
}

#[test]
fn an_old_export_takes_nothing_back() {
    let mut guard = registered(&Faulty::new());
    verdicts(&mut guard, &[notarize(1, 1)]);
    let old = guard.export();
    verdicts(&mut guard, &[finalize(1, 1), notarize(2, 1)]);
    guard.register(KEY, slot(0)).unwrap();
    let before = guard.export();
    guard.import(&old).unwrap();
    assert_eq!(guard.export(), before);
}

#[test]
fn an_export_that_contradicts_ours_closes_the_slot() {
    let sign = |statements: &[Statement]| {
        let mut guard = registered(&Faulty::new());
        verdicts(&mut guard, statements);
        guard
    };
    let mut guard = sign(&[finalize(3, 1), notarize(9, 1)]);
    let theirs = sign(&[nullify(3), notarize(4, 2)]).export();
    let imported = guard.import(&theirs).unwrap();
    assert_eq!(imported.conflicts, 1);
    assert_eq!(guard.watermark(&KEY), Some(slot(3)));
    assert_eq!(
        verdicts(
            &mut guard,
            &[nullify(3), notarize(4, 1), notarize(4, 2), notarize(9, 1)]
        ),
        [
            Err(Refusal::BelowWatermark),
            Err(Refusal::AnotherNotarized),
            Ok(()),
            Ok(())
        ]
    );
    // A document that is slashable by itself.
    let mut document = sign(&[nullify(5)]).export();
    let with_block = sign(&[finalize(5, 1)]).export();
    document.data[0].rows[0].finalized = with_block.data[0].rows[0].finalized;
    let mut empty = registered(&Faulty::new());
    assert_eq!(empty.import(&document).unwrap().conflicts, 1);
    assert_eq!(
        verdicts(&mut empty, &[nullify(5), finalize(5, 1)]),
        [Err(Refusal::BelowWatermark), Err(Refusal::BelowWatermark)]
    );
}

#[test]
fn the_documents_form_is_fixed() {
    let mut guard = registered(&Faulty::new());
    verdicts(&mut guard, &[notarize(2, 0xab)]);
    let expected = serde_json::json!({
        "metadata": { "format_version": 1, "chain_hash": "03".repeat(32) },
        "data": [{
            "pubkey": "01".repeat(96),
            "low_watermark": { "epoch": "0", "view": "0" },
            "rows": [{
                "epoch": "1",
                "view": "2",
                "notarized": { "parent_view": "1", "block": "ab".repeat(32) },
                "nullified": false,
                "finalized": null,
            }],
        }],
    });
    let found: serde_json::Value = serde_json::from_str(&guard.export().to_json()).unwrap();
    assert_eq!(found, expected);
}

#[test]
fn documents_that_do_not_fit_are_named() {
    let mut guard = registered(&Faulty::new());
    let text = guard.export().to_json();
    let newer = text.replace("\"format_version\": 1", "\"format_version\": 2");
    assert_eq!(
        Interchange::parse(newer.as_bytes()),
        Err(InterchangeError::UnknownVersion(2))
    );
    for broken in [
        "",
        "{}",
        text.trim_start_matches('{'),
        &text.replace("\"rows\"", "\"lines\""),
    ] {
        let outcome = Interchange::parse(broken.as_bytes());
        assert!(matches!(outcome, Err(InterchangeError::Malformed(_))));
    }
    let short_key = text.replace(&"01".repeat(96), &"01".repeat(48));
    let error = Interchange::parse(short_key.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("192"), "{error}");
    let mut foreign = guard.export();
    foreign.metadata.chain_hash = ChainHash::new([4; 32]);
    assert!(matches!(
        guard.import(&foreign),
        Err(GuardError::Interchange(InterchangeError::AnotherChain { .. }))
    ));
    let mut crowded = guard.export();
    for number in 0..65 {
        let mut history = crowded.data[0].clone();
        history.pubkey = KeyBytes([number; 96]);
        crowded.data.push(history);
    }
    assert!(matches!(guard.import(&crowded), Err(GuardError::TooManyKeys)));
    assert_eq!(guard.export().to_json(), text);
}

#[test]
fn another_chains_guard_and_a_damaged_one_are_refused() {
    let medium = Faulty::new();
    let mut guard = registered(&medium);
    verdicts(&mut guard, &[notarize(1, 1)]);
    verdicts(&mut guard, &[notarize(2, 1)]);
    drop(guard);
    let elsewhere = Guard::open(
        Arc::new(medium.clone()),
        ChainHash::new([4; 32]),
        GuardConfig::default(),
    );
    assert!(matches!(
        elsewhere,
        Err(GuardError::Log(LogError::WrongBinding { .. }))
    ));
    let mut bytes = medium.contents("signing-guard.log").unwrap();
    bytes[100] ^= 1;
    medium.replace("signing-guard.log", bytes);
    let error = open(&medium).unwrap_err();
    assert!(
        matches!(error, GuardError::Log(LogError::Corrupt { .. })),
        "{error}"
    );
    assert!(error.to_string().contains("Do not delete it"), "{error}");
}

#[test]
fn a_guard_belongs_to_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let disk = || Arc::new(Disk::new(folder.path()).unwrap());
    let guard = Guard::initialise(disk(), CHAIN, GuardConfig::default()).unwrap();
    let second = Guard::open(disk(), CHAIN, GuardConfig::default());
    assert!(matches!(second, Err(GuardError::Log(LogError::Locked { .. }))));
    drop(guard);
    assert!(Guard::open(disk(), CHAIN, GuardConfig::default()).is_ok());
}
