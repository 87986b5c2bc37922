//! The node itself, when it runs: peers, blocks, votes, the signer. Its ports, when it does not.

use super::Finding;
use crate::config::{Home, NodeConfig};
use crate::start;
use client::{Client, Timeouts};
use proto::admin::v1::ListKeysRequest;
use proto::staking::v1::GetLocalValidatorRequest;
use signer::remote::Connection;
use std::net::{SocketAddr, TcpListener};
use std::time::{Duration, Instant};

/// The last block should not be older, in milliseconds.
const STALE_MS: u64 = 60_000;
/// How far a block may be ahead of the clock, in milliseconds.
const AHEAD_MS: u64 = 2_000;
/// A node with fewer peers is easily cut off.
const FEW_PEERS: u32 = 4;
/// A signer that takes longer delays every vote.
const SLOW_SIGNER: Duration = Duration::from_millis(300);
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(2),
    request: Duration::from_secs(5),
};

pub(super) async fn look(home: &Home, config: &NodeConfig, findings: &mut Vec<Finding>) {
    signer(config, findings).await;
    let mut address = config.rpc.listen;
    if address.ip().is_unspecified() {
        address.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    if config.rpc.has_tls() {
        findings.push(encrypted(address).await);
    }
    match Client::connect(&format!("http://{address}"), TIMEOUTS).await {
        _ if config.rpc.has_tls() => {}
        Ok(client) => node(&client, home, config, findings).await,
        Err(_) => {
            findings.push(Finding::warn(
                "node",
                format!("none answers at {address}"),
                "start it: `palisade start`; its log says why it ends",
            ));
            port("rpc.listen", config.rpc.listen, findings);
            port("metrics.listen", config.metrics.listen, findings);
        }
    }
}

fn port(setting: &'static str, address: SocketAddr, findings: &mut Vec<Finding>) {
    if TcpListener::bind(address).is_err() {
        let holder = testnet::ports::holder(address.port());
        findings.push(Finding::fail(
            setting,
            format!("{address} is taken by {holder}, or is not this machine's"),
            format!("stop it, or set {setting} to another address"),
        ));
    }
}

/// A listener that speaks TLS is asked nothing more here: its certificate is for its name, not for this machine's.
async fn encrypted(address: SocketAddr) -> Finding {
    let reached = tokio::time::timeout(TIMEOUTS.connect, tokio::net::TcpStream::connect(address)).await;
    match reached {
        Ok(Ok(_)) => Finding::pass("node", format!("takes connections at {address}, encrypted")),
        Ok(Err(_)) | Err(_) => Finding::warn(
            "node",
            format!("none answers at {address}"),
            "start it: `palisade start`; its log says why it ends",
        ),
    }
}

/// What the guard knows of, beside where the chain stands.
async fn watermark(home: &Home, config: &NodeConfig, epoch: u64, findings: &mut Vec<Finding>) {
    if config.node.observer || !config.signer.remote.is_empty() || config.admin.socket.is_empty() {
        return;
    }
    let path = home.path().join(&config.admin.socket);
    let path = std::path::absolute(&path).unwrap_or(path);
    let asked = async {
        let owner = Client::connect(&format!("unix:{}", path.display()), TIMEOUTS).await?;
        let mut keys = owner.keys();
        owner.unary(keys.list_keys(ListKeysRequest {})).await
    };
    findings.push(match asked.await {
        Ok(answer) => {
            let highest = answer
                .keys
                .iter()
                .map(|key| key.highest_epoch)
                .filter(|epoch| *epoch != u64::MAX);
            judge_watermark(highest.max().unwrap_or(0), epoch)
        }
        Err(error) => Finding::warn(
            "signing guard",
            format!("the owner's socket does not answer: {error}"),
            "run this as the owner of the home",
        ),
    });
}

fn judge_watermark(signed: u64, epoch: u64) -> Finding {
    let text = format!("votes are known up to epoch {signed}, the chain is in epoch {epoch}");
    if signed > epoch.saturating_add(1) {
        Finding::fail(
            "signing guard",
            text,
            "this is another chain's guard, or the chain was set back: the node votes for nothing until that epoch is over",
        )
    } else {
        Finding::pass("signing guard", text)
    }
}

async fn node(client: &Client, home: &Home, config: &NodeConfig, findings: &mut Vec<Finding>) {
    let (Ok(chain), Ok(status)) = (client.chain().await, client.sync_status().await) else {
        findings.push(Finding::fail(
            "node",
            "it takes connections and does not answer",
            "look at its log; restart it",
        ));
        return;
    };
    match start::chain_of(home) {
        Ok(ours) if ours != chain.hash => findings.push(Finding::fail(
            "node",
            format!("it runs chain {}, the home's genesis is of {ours}", chain.hash),
            "name the home that it was started with: --home",
        )),
        Ok(_) | Err(_) => findings.push(Finding::pass("node", format!("height {}", status.height))),
    }
    watermark(home, config, status.epoch, findings).await;
    findings.push(peers(status.peers));
    if status.syncing {
        findings.push(Finding::warn(
            "blocks",
            format!(
                "catching up: at height {} of {}",
                status.height, status.target_height
            ),
            "wait; `palisade join` takes a snapshot where it takes too long",
        ));
    } else {
        findings.push(age(status.time_ms, start::now().get()));
    }
    let mut service = client.validators();
    let asked = client.unary(service.get_local_validator(GetLocalValidatorRequest {}));
    if let Ok(answer) = asked.await
        && let Some(local) = answer.validator
    {
        findings.push(if local.signing {
            Finding::pass(
                "votes",
                format!("epoch {}, view {}", local.last_vote_epoch, local.last_vote_view),
            )
        } else {
            Finding::warn("votes", local.reason, "see `palisade validator status`")
        });
    }
}

fn peers(count: u32) -> Finding {
    let text = format!("{count} connected");
    let todo = "add some to network.persistent_peers, and let others reach the port of network.listen";
    match count {
        0 => Finding::fail("peers", text, todo),
        1..FEW_PEERS => Finding::warn("peers", text, todo),
        _ => Finding::pass("peers", text),
    }
}

/// What the last block's time says of chain and clock.
fn age(block_ms: u64, now_ms: u64) -> Finding {
    if block_ms > now_ms.saturating_add(AHEAD_MS) {
        return Finding::fail(
            "blocks",
            format!(
                "the last block is {} ms ahead of this machine's clock",
                block_ms - now_ms
            ),
            "set the clock: the node votes for no block that far ahead",
        );
    }
    let age = now_ms.saturating_sub(block_ms);
    let text = format!("the last one is {} s old", age / 1_000);
    if age > STALE_MS {
        let todo = "see whether others have newer ones: `palisade query sync --node URL`; if so, the clock and the peers";
        return Finding::fail("blocks", text, todo);
    }
    Finding::pass("blocks", text)
}

async fn signer(config: &NodeConfig, findings: &mut Vec<Finding>) {
    // A mistake in it was told of with the settings.
    let Some((address, tls)) = config.signer.address().ok().flatten() else {
        return;
    };
    let patience = Duration::from_millis(config.signer.patience_ms);
    let asked = async {
        let connection = Connection::new(&address, tls.as_ref(), patience)?;
        connection.keys().await?;
        // Once more: the first call opened the connection.
        let start = Instant::now();
        connection
            .keys()
            .await
            .map(|held| (held.keys.len(), start.elapsed()))
    };
    findings.push(match asked.await {
        Ok((keys, time)) => {
            let text = format!("{keys} keys at {address}, {} ms away", time.as_millis());
            if time > SLOW_SIGNER {
                Finding::warn("signer", text, "every vote waits for it: bring it nearer")
            } else {
                Finding::pass("signer", text)
            }
        }
        Err(error) => Finding::fail("signer", error.to_string(), "start it: `palisade signer run`"),
    });
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn a_guard_that_is_ahead_of_the_chain_is_told_of() {
        let verdicts =
            [(3, 3), (4, 3), (0, 9), (5, 3)].map(|(signed, epoch)| judge_watermark(signed, epoch).verdict);
        use Verdict::{Fail, Pass};
        assert_eq!(verdicts, [Pass, Pass, Pass, Fail]);
    }

    #[test]
    fn peers_and_the_age_of_blocks_are_judged() {
        let verdicts = [0, 2, 9].map(|count| peers(count).verdict);
        assert_eq!(verdicts, [Verdict::Fail, Verdict::Warn, Verdict::Pass]);
        let verdicts =
            [(5_000, 1_000), (1_000, 100_000), (1_000, 3_000)].map(|(block, now)| age(block, now).verdict);
        assert_eq!(verdicts, [Verdict::Fail, Verdict::Fail, Verdict::Pass]);
    }
}
