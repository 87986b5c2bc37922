//! A medium that refuses on request.

use palisade_wal::faulty::Faulty;
use palisade_wal::{Hampered, Log, LogError, Medium, Presence};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

#[test]
fn a_disk_that_fills_up_is_named_and_what_was_synced_is_there_when_it_has_room_again() {
    let faulty: Arc<dyn Medium> = Arc::new(Faulty::default());
    let (full, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let (switch, count) = (full.clone(), asked.clone());
    let hampered: Arc<dyn Medium> = Arc::new(Hampered::new(
        faulty,
        Arc::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
            if switch.load(Ordering::Relaxed) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            Ok(())
        }),
    ));
    let open = || Log::open(hampered.clone(), crate::SPEC, Presence::Any);
    let (mut log, _) = open().unwrap();
    log.append(b"kept").unwrap();
    log.sync().unwrap();
    assert!(asked.load(Ordering::Relaxed) >= 2);
    full.store(true, Ordering::Relaxed);
    let refused = log
        .append(b"lost")
        .and_then(|()| log.sync().map(|_| ()))
        .unwrap_err();
    assert_eq!(refused.refused(), Some(io::ErrorKind::StorageFull));
    assert!(matches!(log.append(b"more"), Err(LogError::Poisoned { .. })));
    drop(log);
    let still = open().unwrap_err();
    assert_eq!(still.refused(), Some(io::ErrorKind::StorageFull));
    full.store(false, Ordering::Relaxed);
    let (_, recovered) = open().unwrap();
    assert_eq!(recovered.records, [b"kept".to_vec()]);
}
