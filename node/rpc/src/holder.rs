//! Who listens at a port, as far as `/proc` says: other users' processes stay unnamed.

use std::fs;
use std::path::Path;

/// The state of a socket that listens, in `/proc/net/tcp`.
const LISTENING: &str = "0A";

/// The process that listens at `port`, such as `process 4711 (palisade start)`.
pub(crate) fn of(port: u16) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let sockets: Vec<String> = tables
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| listening(&table, port))
        .collect();
    fs::read_dir("/proc")
        .ok()?
        .filter_map(Result::ok)
        .find_map(|entry| {
            let process = entry
                .file_name()
                .into_string()
                .ok()
                .filter(|name| name.parse::<u32>().is_ok())?;
            holds(&entry.path(), &sockets).then(|| format!("process {process}{}", command(&entry.path())))
        })
}

/// The links, as `/proc/*/fd` shows them, of the sockets that listen at `port`.
fn listening(table: &str, port: u16) -> Vec<String> {
    let port = format!("{port:04X}");
    let socket = |line: &str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (columns.get(1)?, columns.get(3)?, columns.get(9)?);
        let (_, found) = local.rsplit_once(':')?;
        (found == port && *state == LISTENING).then(|| format!("socket:[{inode}]"))
    };
    table.lines().skip(1).filter_map(socket).collect()
}

fn holds(process: &Path, sockets: &[String]) -> bool {
    let Ok(files) = fs::read_dir(process.join("fd")) else {
        return false;
    };
    files.filter_map(Result::ok).any(|file| {
        let link = fs::read_link(file.path()).ok();
        link.and_then(|link| link.into_os_string().into_string().ok())
            .is_some_and(|link| sockets.contains(&link))
    })
}

/// A process's command line in brackets, cut to a readable length.
fn command(process: &Path) -> String {
    let line = fs::read(process.join("cmdline")).unwrap_or_default();
    let words: Vec<String> = line
        .split(|byte| *byte == 0)
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect();
    let text: String = words.join(" ").trim().chars().take(80).collect();
    if text.is_empty() {
        String::new()
    } else {
        format!(" ({text})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listening_sockets_are_found_by_port() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            0: 0100007F:67E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1\n\
            1: 0100007F:67E8 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1\n\
            2: 0100007F:67E9 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1\n";
        assert_eq!(listening(table, 26_600), ["socket:[4711]"]);
        assert_eq!(listening("nonsense\n1 2", 26_600), Vec::<String>::new());
    }
}
