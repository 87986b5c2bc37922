//! Which settings make sense.

use super::Config;
use crate::PeerKey;
use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use std::ops::RangeInclusive;

/// Why a setting makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A number outside its range.
    #[error("network.{field} = {value} is out of range: {hint}")]
    OutOfRange {
        /// The field's path below `network`.
        field: &'static str,
        /// What stands there.
        value: u64,
        /// What may stand there.
        hint: &'static str,
    },
    /// An address that cannot be used.
    #[error("network.{field}: `{text}` is no usable address: {hint}")]
    Address {
        /// The field's path below `network`.
        field: &'static str,
        /// What stands there.
        text: String,
        /// What may stand there.
        hint: String,
    },
    /// Too many of something.
    #[error("network.{field} has {count} entries, at most {limit} are allowed")]
    TooMany {
        /// The field's path below `network`.
        field: &'static str,
        /// How many stand there.
        count: usize,
        /// How many may.
        limit: usize,
    },
}

/// A peer to stay connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) key: PeerKey,
    /// Without `/p2p/…`.
    pub(crate) address: Multiaddr,
}

/// The addresses of a valid configuration.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) listen: Vec<Multiaddr>,
    pub(crate) external: Vec<Multiaddr>,
    pub(crate) persistent: Vec<Peer>,
}

const MAX_LISTEN: usize = 16;
const MAX_EXTERNAL: usize = 8;
/// Peers to stay connected to, at most.
pub(crate) const MAX_PERSISTENT: usize = 512;

/// What a number must be.
struct Rule {
    field: &'static str,
    value: u64,
    range: RangeInclusive<u64>,
    hint: &'static str,
}

const fn rule(field: &'static str, value: u64, range: RangeInclusive<u64>, hint: &'static str) -> Rule {
    Rule {
        field,
        value,
        range,
        hint,
    }
}

/// A number of things.
const fn count(field: &'static str, value: usize) -> Rule {
    rule(field, value as u64, 1..=1_000_000, "use 1 to 1,000,000")
}

/// The size of a message.
fn message(field: &'static str, value: u32) -> Rule {
    rule(
        field,
        value.into(),
        1_024..=64 << 20,
        "use 1,024 to 67,108,864 bytes",
    )
}

/// The bytes of a queue.
const fn queue(field: &'static str, value: usize) -> Rule {
    rule(field, value as u64, 1_024..=1 << 30, "use 1,024 bytes to 1 GiB")
}

/// Requests at once.
const fn streams(field: &'static str, value: usize) -> Rule {
    rule(
        field,
        value as u64,
        1..=32,
        "use 1 to 32: the streams of a connection are limited",
    )
}

/// A duration in milliseconds.
const fn time(field: &'static str, value: u64) -> Rule {
    rule(field, value, 100..=600_000, "use 100 to 600,000 ms")
}

impl Config {
    pub(crate) fn checked(&self) -> Result<Checked, ConfigError> {
        let broken = |rule: &Rule| !rule.range.contains(&rule.value);
        if let Some(Rule {
            field, value, hint, ..
        }) = self.sizes().into_iter().chain(self.times()).find(broken)
        {
            return Err(ConfigError::OutOfRange { field, value, hint });
        }
        self.check_relations()?;
        Ok(Checked {
            listen: addresses("listen", &self.listen, MAX_LISTEN, listen_address)?,
            external: addresses("external", &self.external, MAX_EXTERNAL, dial_address)?,
            persistent: addresses("persistent_peers", &self.persistent_peers, MAX_PERSISTENT, peer)?,
        })
    }

    fn sizes(&self) -> Vec<Rule> {
        let (q, l, r, g) = (&self.queues, &self.limits, &self.requests, &self.gossip);
        let links = "use 2 to 16: two nodes that dial each other at once have two connections";
        let mesh = "use 1 to 3, or small networks get no gossip";
        vec![
            message("max_frame_bytes", self.max_frame_bytes),
            count("queues.consensus_frames", q.consensus_frames),
            queue("queues.consensus_bytes", q.consensus_bytes),
            count("queues.transactions_frames", q.transactions_frames),
            queue("queues.transactions_bytes", q.transactions_bytes),
            count("queues.inbound_items", q.inbound_items),
            queue("queues.inbound_bytes", q.inbound_bytes),
            count("limits.max_connections", l.max_connections),
            rule(
                "limits.max_connections_per_peer",
                l.max_connections_per_peer as u64,
                2..=16,
                links,
            ),
            count("limits.max_connections_per_ip", l.max_connections_per_ip),
            count("limits.max_handshakes", l.max_handshakes),
            message("requests.max_request_bytes", r.max_request_bytes),
            message("requests.max_response_bytes", r.max_response_bytes),
            streams("requests.inbound_per_peer", r.inbound_per_peer),
            streams("requests.outbound_per_peer", r.outbound_per_peer),
            rule("gossip.mesh_n_low", g.mesh_n_low as u64, 1..=3, mesh),
            message("gossip.max_message_bytes", g.max_message_bytes),
            count(
                "gossip.max_rejected_per_minute",
                g.max_rejected_per_minute as usize,
            ),
        ]
    }

    fn times(&self) -> Vec<Rule> {
        let d = &self.dial;
        let soon = "use 1 to 200 ms: a restarted validator must vote again at once";
        vec![
            rule("batch_delay_ms", self.batch_delay_ms, 0..=100, "use 0 to 100 ms"),
            time("ping_interval_ms", self.ping_interval_ms),
            time("ping_timeout_ms", self.ping_timeout_ms),
            rule("dial.first_retry_ms", d.first_retry_ms, 1..=200, soon),
            rule(
                "dial.max_retry_ms",
                d.max_retry_ms,
                1..=600_000,
                "use 1 to 600,000 ms",
            ),
            time("dial.timeout_ms", d.timeout_ms),
            time("requests.serve_timeout_ms", self.requests.serve_timeout_ms),
            rule(
                "gossip.heartbeat_ms",
                self.gossip.heartbeat_ms,
                50..=60_000,
                "use 50 to 60,000 ms",
            ),
        ]
    }

    fn check_relations(&self) -> Result<(), ConfigError> {
        let (d, g) = (&self.dial, &self.gossip);
        let rules = [
            (
                "dial.max_retry_ms",
                d.max_retry_ms,
                d.max_retry_ms >= d.first_retry_ms,
                "it must be at least dial.first_retry_ms",
            ),
            (
                "gossip.mesh_n",
                g.mesh_n as u64,
                g.mesh_n >= g.mesh_n_low.max(2) && g.mesh_n <= g.mesh_n_high,
                "it must be at least 2, and between gossip.mesh_n_low and gossip.mesh_n_high",
            ),
            (
                "gossip.mesh_n_high",
                g.mesh_n_high as u64,
                g.mesh_n_high <= 64,
                "use at most 64",
            ),
        ];
        match rules.into_iter().find(|(_, _, holds, _)| !holds) {
            Some((field, value, _, hint)) => Err(ConfigError::OutOfRange { field, value, hint }),
            None => Ok(()),
        }
    }
}

fn addresses<T>(
    field: &'static str,
    texts: &[String],
    limit: usize,
    parse: fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, ConfigError> {
    if texts.len() > limit {
        return Err(ConfigError::TooMany {
            field,
            count: texts.len(),
            limit,
        });
    }
    texts
        .iter()
        .map(|text| {
            parse(text).map_err(|hint| ConfigError::Address {
                field,
                text: text.clone(),
                hint,
            })
        })
        .collect()
}

fn multiaddr(text: &str) -> Result<Multiaddr, String> {
    text.parse()
        .map_err(|error| format!("{error}; write it like /ip4/203.0.113.7/tcp/26656"))
}

fn listen_address(text: &str) -> Result<Multiaddr, String> {
    let address = multiaddr(text)?;
    let parts: Vec<_> = address.iter().collect();
    match parts.as_slice() {
        [Protocol::Ip4(_) | Protocol::Ip6(_), Protocol::Tcp(_)] => Ok(address),
        _ => Err("write /ip4/<address>/tcp/<port> or /ip6/<address>/tcp/<port>".into()),
    }
}

fn dial_address(text: &str) -> Result<Multiaddr, String> {
    let address = multiaddr(text)?;
    if is_dialable(&address) {
        Ok(address)
    } else {
        Err(
            "write /ip4/<address>/tcp/<port>, /ip6/… or /dns4/<name>/tcp/<port>, with a port that is not 0"
                .into(),
        )
    }
}

/// Whether `address` is a host and a TCP port, and nothing else.
pub(crate) fn is_dialable(address: &Multiaddr) -> bool {
    let parts: Vec<_> = address.iter().collect();
    match parts.as_slice() {
        [host, Protocol::Tcp(port)] => {
            *port != 0
                && match host {
                    Protocol::Ip4(ip) => !ip.is_unspecified(),
                    Protocol::Ip6(ip) => !ip.is_unspecified(),
                    Protocol::Dns(_) | Protocol::Dns4(_) | Protocol::Dns6(_) => true,
                    _ => false,
                }
        }
        _ => false,
    }
}

/// The peer that a text like `/ip4/…/tcp/…/p2p/<peer id>` names.
pub(crate) fn peer(text: &str) -> Result<Peer, String> {
    let mut address = multiaddr(text)?;
    let Some(Protocol::P2p(id)) = address.pop() else {
        return Err("it must end with /p2p/<peer id>, which the peer prints when it starts".into());
    };
    let Some(key) = PeerKey::from_peer_id(&id) else {
        return Err("its peer id is not that of an ed25519 key (those start with 12D3Koo)".into());
    };
    if !is_dialable(&address) {
        return Err("before /p2p/ write /ip4/<address>/tcp/<port>, /ip6/… or /dns4/<name>/tcp/<port>".into());
    }
    Ok(Peer { key, address })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Identity;

    fn refusal(change: impl FnOnce(&mut Config)) -> String {
        let mut config = Config::default();
        change(&mut config);
        config.validate().unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_valid_and_survive_a_file() {
        let config = Config::default();
        assert_eq!(config.validate(), Ok(()));
        let text = toml::to_string(&config).unwrap();
        assert_eq!(toml::from_str::<Config>(&text).unwrap(), config);
        assert_eq!(toml::from_str::<Config>("").unwrap(), config);
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let error = toml::from_str::<Config>("[gossip]\nmesh = 3")
            .unwrap_err()
            .to_string();
        assert!(error.contains("unknown field `mesh`"), "{error}");
    }

    #[test]
    fn a_number_out_of_range_is_named_with_its_range() {
        let error = refusal(|c| c.dial.first_retry_ms = 900);
        assert!(
            error.contains("network.dial.first_retry_ms = 900") && error.contains("1 to 200 ms"),
            "{error}"
        );
        assert!(refusal(|c| c.gossip.mesh_n_low = 4).contains("1 to 3"));
        assert!(refusal(|c| c.gossip.mesh_n = 99).contains("gossip.mesh_n "));
        assert!(refusal(|c| c.max_frame_bytes = 0).contains("max_frame_bytes"));
    }

    #[test]
    fn an_address_that_cannot_be_used_says_what_to_write() {
        assert!(
            refusal(|c| c.listen = vec!["localhost:26656".into()]).contains("/ip4/203.0.113.7/tcp/26656")
        );
        assert!(refusal(|c| c.listen = vec!["/dns4/a/tcp/1".into()]).contains("network.listen"));
        assert!(refusal(|c| c.external = vec!["/ip4/0.0.0.0/tcp/1".into()]).contains("network.external"));
        let error = refusal(|c| c.persistent_peers = vec!["/ip4/127.0.0.1/tcp/1".into()]);
        assert!(error.contains("/p2p/<peer id>"), "{error}");
        assert!(refusal(|c| c.external = vec![String::new(); 9]).contains("at most 8"));
    }

    #[test]
    fn a_persistent_peer_is_a_key_and_an_address() {
        let identity = Identity::from_secret(&mut [3; 32]).unwrap();
        let config = Config {
            persistent_peers: vec![format!("/dns4/node1/tcp/26656/p2p/{}", identity.peer_id())],
            ..Config::default()
        };
        let peers = config.checked().unwrap().persistent;
        assert_eq!(peers[0].key, identity.key());
        assert_eq!(peers[0].address.to_string(), "/dns4/node1/tcp/26656");
    }
}
