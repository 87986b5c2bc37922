//! What the machine gives: room and speed of the disk, memory, open files, the clock.

use super::Finding;
use crate::config::Home;
use nix::sys::resource::{Resource, getrlimit};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Writes that are timed.
const WRITES: usize = 8;
/// A disk that takes longer delays votes.
const SLOW: Duration = Duration::from_millis(50);
/// A disk that takes longer loses views.
const TOO_SLOW: Duration = Duration::from_millis(500);
/// Open files that a node may need.
const FILES: u64 = 65_536;
/// Fewer are not enough for peers and store.
const FEWEST_FILES: u64 = 1_024;
/// Memory that should be left, in KiB.
const MEMORY_KIB: u64 = 1 << 20;

pub(super) fn look(home: &Home, findings: &mut Vec<Finding>) {
    let folder = existing(&home.data());
    room(&folder, findings);
    findings.push(match slowest_write(&folder) {
        Ok(time) => speed(time),
        Err(error) => Finding::fail(
            "disk speed",
            format!("cannot write into {}: {error}", folder.display()),
            "see to the folder's owner, its permissions and the disk",
        ),
    });
    files(findings);
    memory(findings);
    findings.push(clock());
}

/// The folder, or the nearest above it that there is.
fn existing(path: &Path) -> PathBuf {
    let found = path.ancestors().find(|path| path.is_dir());
    found.map_or_else(|| PathBuf::from("."), Path::to_owned)
}

fn room(folder: &Path, findings: &mut Vec<Finding>) {
    let Ok(found) = nix::sys::statvfs::statvfs(folder) else {
        return;
    };
    let block = found.fragment_size();
    let free = found.blocks_available().saturating_mul(block);
    let size = found.blocks().saturating_mul(block).max(1);
    let percent = u128::from(free) * 100 / u128::from(size);
    let text = format!("{percent} % of {} GiB free", size >> 30);
    let todo = "make room, or set storage.pruning = \"window\" and storage.window_blocks lower";
    findings.push(match percent {
        0..5 => Finding::fail("disk room", text, todo),
        5..15 => Finding::warn("disk room", text, todo),
        _ => Finding::pass("disk room", text),
    });
}

/// How long the slowest of a few small durable writes took.
fn slowest_write(folder: &Path) -> io::Result<Duration> {
    let path = folder.join(format!(".doctor-{}", std::process::id()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&path)?;
    let mut slowest = Duration::ZERO;
    let written = (0..WRITES).try_for_each(|_| {
        let start = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        slowest = slowest.max(start.elapsed());
        Ok(())
    });
    fs::remove_file(&path)?;
    written.map(|()| slowest)
}

fn speed(time: Duration) -> Finding {
    let text = format!(
        "{} ms for the slowest of {WRITES} durable writes",
        time.as_millis()
    );
    let todo = "every vote waits for one: put the home on a disk of its own, not on a network";
    if time >= TOO_SLOW {
        Finding::fail("disk speed", text, todo)
    } else if time >= SLOW {
        Finding::warn("disk speed", text, todo)
    } else {
        Finding::pass("disk speed", text)
    }
}

fn files(findings: &mut Vec<Finding>) {
    let Ok((now, _)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        return;
    };
    let text = format!("{now} allowed in this shell");
    let todo = format!("ulimit -n {FILES}, or LimitNOFILE={FILES} in the unit");
    findings.push(if now < FEWEST_FILES {
        Finding::fail("open files", text, todo)
    } else if now < FILES {
        Finding::warn("open files", text, todo)
    } else {
        Finding::pass("open files", text)
    });
}

fn memory(findings: &mut Vec<Finding>) {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let free: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    if let Some(free) = free {
        let found = format!("{} MiB left", free >> 10);
        findings.push(if free < MEMORY_KIB {
            Finding::warn("memory", found, "stop other programs, or give the machine more")
        } else {
            Finding::pass("memory", found)
        });
    }
}

/// Whether something keeps the clock right. A node votes for no block more than two seconds ahead of it.
fn clock() -> Finding {
    let asked = Command::new("timedatectl")
        .args(["show", "-p", "NTPSynchronized", "--value"])
        .output();
    let todo = "run a time service: `timedatectl set-ntp true`, or chrony";
    match asked {
        Ok(output) if output.stdout.starts_with(b"yes") => {
            Finding::pass("clock", "kept right by a time service")
        }
        Ok(output) if output.stdout.starts_with(b"no") => {
            Finding::warn("clock", "no time service keeps it right", todo)
        }
        Ok(_) | Err(_) => Finding::warn(
            "clock",
            "this machine does not say whether a time service keeps it right",
            todo,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn slow_disks_are_told_of() {
        let verdict = |ms| speed(Duration::from_millis(ms)).verdict;
        assert_eq!(
            [verdict(1), verdict(60), verdict(900)],
            [Verdict::Pass, Verdict::Warn, Verdict::Fail]
        );
    }

    #[test]
    fn it_looks_at_the_nearest_folder_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path().join("none"));
        let mut findings = Vec::new();
        look(&home, &mut findings);
        assert!(findings.iter().any(|f| f.check == "disk speed"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
