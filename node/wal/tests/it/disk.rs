//! The real files.

use crate::{SPEC, texts};
use palisade_wal::{Disk, Log, LogError, Presence};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

const CHILD: &str = "PALISADE_TEST_LOG_FOLDER";

fn disk(folder: &Path) -> Arc<Disk> {
    Arc::new(Disk::new(folder).unwrap())
}

#[test]
fn files_are_private_and_records_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("made/on/demand");
    let (mut log, _) = Log::open(disk(&inner), SPEC, Presence::Forbidden).unwrap();
    log.append(b"one").unwrap();
    log.sync().unwrap();
    log.rewrite(&[b"one", b"two"]).unwrap();
    log.append(b"three").unwrap();
    log.sync().unwrap();
    drop(log);
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    assert_eq!(mode(&inner.join("test.log")), 0o600);
    let (mut log, recovered) = Log::open(disk(&inner), SPEC, Presence::Required).unwrap();
    assert_eq!(texts(&recovered), ["one", "two", "three"]);
    assert_eq!(log.read_back().unwrap(), recovered.records);
    assert!(!inner.join("test.log.new").exists());
}

#[test]
fn a_torn_file_and_a_left_over_new_file_are_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = Log::open(disk(folder.path()), SPEC, Presence::Any).unwrap();
    log.append(b"kept").unwrap();
    log.sync().unwrap();
    drop(log);
    let path = folder.path().join(SPEC.name);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend_from_slice(&[1, 2, 3]);
    std::fs::write(&path, bytes).unwrap();
    std::fs::write(folder.path().join("test.log.new"), b"half").unwrap();
    let (_log, recovered) = Log::open(disk(folder.path()), SPEC, Presence::Any).unwrap();
    assert_eq!(texts(&recovered), ["kept"]);
    assert_eq!(recovered.torn_bytes, 3);
}

#[test]
fn another_process_is_refused_and_told_who_has_it() {
    if let Ok(folder) = std::env::var(CHILD) {
        // This is the child: hold the log until the parent closes the pipe.
        let held = Log::open(disk(Path::new(&folder)), SPEC, Presence::Any);
        println!("opened {}", held.is_ok());
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "disk::another_process_is_refused_and_told_who_has_it",
            "--nocapture",
        ])
        .env(CHILD, folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let opened = output
        .by_ref()
        .map_while(Result::ok)
        .find(|line| line.contains("opened"));
    assert!(opened.is_some_and(|line| line.contains("opened true")));
    let error = Log::open(disk(folder.path()), SPEC, Presence::Any).unwrap_err();
    let pid = child.id();
    assert!(
        matches!(error, LogError::Locked { holder: Some(holder), .. } if holder == pid),
        "{error}"
    );
    assert!(error.to_string().contains(&format!("process {pid}")), "{error}");
    drop(child.stdin.take());
    output.for_each(drop);
    child.wait().unwrap();
    assert!(Log::open(disk(folder.path()), SPEC, Presence::Any).is_ok());
}
