//! What /proc says of processes. Linux only, like the parent-death signal that the nodes rely on.

use std::fs;
use std::path::Path;

/// Clock ticks of a second in /proc/<pid>/stat: fixed at 100 for programs on Linux (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Usage {
    /// Seconds of CPU, user and system, since it started.
    pub cpu_seconds: f64,
    /// Memory that it holds now, in bytes.
    pub rss_bytes: u64,
}

/// The command line, with spaces between its words.
#[must_use]
pub fn command(pid: u32) -> Option<String> {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let text = String::from_utf8_lossy(&bytes).replace('\0', " ");
    Some(text.trim_end().to_owned())
}

/// Whether there is such a process that has not ended (a zombie has).
#[must_use]
pub fn is_alive(pid: u32) -> bool {
    stat(pid).is_some_and(|fields| fields.first().is_some_and(|state| state != "Z" && state != "X"))
}

/// The process that has a socket open; `None` when none does that this user may look at.
#[must_use]
pub fn with_socket(inode: u64) -> Option<u32> {
    let wanted = format!("socket:[{inode}]");
    fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
        let files = fs::read_dir(entry.path().join("fd")).ok()?;
        let has = files
            .flatten()
            .any(|file| fs::read_link(file.path()).is_ok_and(|target| target == Path::new(&wanted)));
        has.then_some(pid)
    })
}

/// What a process has used; `None` when it is gone.
#[must_use]
pub fn usage(pid: u32) -> Option<Usage> {
    let fields = stat(pid)?;
    // proc(5): utime and stime are fields 14 and 15, the state is 3.
    let ticks = |field: usize| fields.get(field - 3)?.parse::<f64>().ok();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kib: u64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?
        .trim()
        .strip_suffix("kB")?
        .trim()
        .parse()
        .ok()?;
    Some(Usage {
        cpu_seconds: (ticks(14)? + ticks(15)?) / TICKS_PER_SECOND,
        rss_bytes: kib.saturating_mul(1_024),
    })
}

/// The fields of /proc/<pid>/stat after the command, which may itself hold spaces and brackets.
fn stat(pid: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_seen() {
        let pid = std::process::id();
        assert!(is_alive(pid));
        assert!(!command(pid).unwrap().is_empty());
        let usage = usage(pid).unwrap();
        assert!(usage.rss_bytes > 100_000 && usage.cpu_seconds >= 0.0);
        // The largest number that a process may have is 2^22.
        assert!(!is_alive(1 << 23));
    }
}
