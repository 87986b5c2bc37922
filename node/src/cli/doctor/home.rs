//! What lies in the home: genesis, keys, guard; and what the settings open to others.

use super::Finding;
use crate::cli::backup::Record;
use crate::config::{Home, NodeConfig};
use crate::output::Failure;
use crate::start;
use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const DAY_MS: u64 = 86_400_000;
/// A backup this old is worth a warning: settings and peers have changed, and nobody knows whether it still opens.
const OLD_BACKUP_DAYS: u64 = 30;

pub(super) fn look(home: &Home, config: &NodeConfig, findings: &mut Vec<Finding>) {
    findings.push(match start::chain_and_kind(home) {
        Ok((chain, _)) => Finding::pass("genesis", format!("chain {chain}")),
        Err(error) => Finding::fail(
            "genesis",
            error.to_string(),
            "put the chain's genesis.json into the home, or make a home with `palisade join`",
        ),
    });
    let remote = !config.signer.remote.is_empty();
    keys(home, config.node.observer || remote, findings);
    if !config.node.observer && !remote {
        guard(home, findings);
    }
    findings.push(backup(home));
    exposure(
        "rpc.listen",
        config.rpc.listen,
        config.rpc.allow_plaintext_public,
        findings,
    );
    exposure("metrics.listen", config.metrics.listen, false, findings);
}

/// Takes from others what they should not have; what was done, line by line.
pub(super) fn mend(home: &Home) -> Result<Vec<String>, Failure> {
    let mut done = Vec::new();
    let keys = fs::read_dir(home.keys()).into_iter().flatten().flatten();
    let keys = keys.map(|entry| (entry.path(), 0o077));
    for (path, taken) in keys.chain([(home.path().to_owned(), 0o022)]) {
        let Some(mode) = mode(&path).filter(|mode| mode & taken != 0) else {
            continue;
        };
        let changed = fs::set_permissions(&path, fs::Permissions::from_mode(mode & 0o777 & !taken));
        changed.map_err(|error| Failure::key(format!("{}: {error}", path.display())))?;
        done.push(format!("{}: mode {:o}", path.display(), mode & 0o777 & !taken));
    }
    Ok(done)
}

/// Every key is there, and nobody else may read it.
fn keys(home: &Home, p2p_alone: bool, findings: &mut Vec<Finding>) {
    let needed: &[&str] = if p2p_alone {
        &["p2p.pem"]
    } else {
        &["account.pem", "consensus.json", "p2p.pem"]
    };
    let folder = home.keys();
    let missing: Vec<&str> = needed
        .iter()
        .copied()
        .filter(|name| !folder.join(name).is_file())
        .collect();
    if !missing.is_empty() {
        findings.push(Finding::fail(
            "keys",
            format!("{} has no {}", folder.display(), missing.join(", ")),
            "restore them from the backup; a new validator's come with `palisade init`",
        ));
    }
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut open: Vec<String> = entries
        .filter(|entry| mode(&entry.path()).is_some_and(|mode| mode & 0o077 != 0))
        .map(|entry| entry.path().display().to_string())
        .collect();
    open.sort();
    if open.is_empty() {
        if missing.is_empty() {
            findings.push(Finding::pass(
                "keys",
                format!("{} files, for their owner alone", needed.len()),
            ));
        }
    } else {
        findings.push(Finding::fail(
            "keys",
            format!("others may read {}", open.join(", ")),
            format!("chmod go= {}", open.join(" ")),
        ));
    }
    if mode(home.path()).is_some_and(|mode| mode & 0o022 != 0) {
        findings.push(Finding::warn(
            "home",
            format!("others may write into {}", home.path().display()),
            format!("chmod go-w {}", home.path().display()),
        ));
    }
}

fn guard(home: &Home, findings: &mut Vec<Finding>) {
    let file = home.guard().join("signing-guard.log");
    findings.push(match fs::metadata(&file) {
        Ok(metadata) => Finding::pass("signing guard", format!("{} bytes", metadata.len())),
        Err(_) => Finding::fail(
            "signing guard",
            format!("there is no {}: the node does not start without it", file.display()),
            "restore it, or take it from the home that voted last with `palisade validator move`; only where that is lost: \
             `palisade start --init-signing-history --i-have-stopped-the-other-node`",
        ),
    });
}

/// How old the last backup is, and whether every key is in it.
fn backup(home: &Home) -> Finding {
    let todo = format!(
        "palisade backup create --home {} --to FILE --age-recipient age1…",
        home.path().display()
    );
    let Some(record) = Record::read(home) else {
        return Finding::warn("backup", "none was made of this home", todo);
    };
    let names = fs::read_dir(home.keys()).into_iter().flatten().flatten();
    let mut missing: Vec<String> = names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.') && !record.files.contains(&format!("keys/{name}")))
        .collect();
    missing.sort();
    if !missing.is_empty() {
        let found = format!("the last one does not hold {}", missing.join(", "));
        return Finding::warn("backup", found, todo);
    }
    let days = start::now().get().saturating_sub(record.made_ms) / DAY_MS;
    let found = format!("{days} days old: {}", record.file);
    if days >= OLD_BACKUP_DAYS {
        Finding::warn("backup", found, todo)
    } else {
        Finding::pass("backup", found)
    }
}

fn exposure(setting: &'static str, address: SocketAddr, allowed: bool, findings: &mut Vec<Finding>) {
    if address.ip().is_loopback() {
        findings.push(Finding::pass(
            setting,
            format!("{address}, for this machine alone"),
        ));
    } else {
        let why = if allowed { ", unencrypted on purpose" } else { "" };
        findings.push(Finding::warn(
            setting,
            format!("other machines can reach {address}{why}"),
            format!(
                "set {setting} to 127.0.0.1:{} and put a proxy with TLS before it",
                address.port()
            ),
        ));
    }
}

fn mode(path: &Path) -> Option<u32> {
    Some(fs::metadata(path).ok()?.permissions().mode())
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_home_without_keys_and_guard_and_one_with_open_keys_are_told_of() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(folder.path().to_owned());
        let mut findings = Vec::new();
        look(&home, &NodeConfig::default(), &mut findings);
        let failed = |findings: &[Finding], check: &str| {
            let mut found = findings.iter().filter(|f| f.check == check);
            found.any(|f| f.verdict == Verdict::Fail && !f.todo.is_empty())
        };
        for check in ["genesis", "keys", "signing guard"] {
            assert!(failed(&findings, check), "{check}: {findings:?}");
        }
        fs::create_dir(home.keys()).unwrap();
        for name in ["account.pem", "consensus.json", "p2p.pem"] {
            fs::write(home.keys().join(name), "").unwrap();
            fs::set_permissions(home.keys().join(name), fs::Permissions::from_mode(0o400)).unwrap();
        }
        let mut findings = Vec::new();
        keys(&home, false, &mut findings);
        assert!(!failed(&findings, "keys"), "{findings:?}");
        fs::set_permissions(home.keys().join("p2p.pem"), fs::Permissions::from_mode(0o644)).unwrap();
        let mut findings = Vec::new();
        keys(&home, false, &mut findings);
        assert!(findings[0].todo.starts_with("chmod go= "), "{findings:?}");
        let done = mend(&home).unwrap();
        assert!(
            done.iter().any(|line| line.contains("p2p.pem: mode 600")),
            "{done:?}"
        );
        let mut findings = Vec::new();
        keys(&home, false, &mut findings);
        assert!(!failed(&findings, "keys"), "{findings:?}");
        assert_eq!(mend(&home).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_others_can_reach_is_a_warning() {
        let mut findings = Vec::new();
        exposure("rpc.listen", "0.0.0.0:1".parse().unwrap(), true, &mut findings);
        exposure("rpc.listen", "127.0.0.1:1".parse().unwrap(), true, &mut findings);
        assert_eq!(findings[0].verdict, Verdict::Warn);
        assert_eq!(findings[1].verdict, Verdict::Pass);
    }
}
