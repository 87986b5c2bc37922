//! Which settings make sense.

use super::Config;
use crate::PeerKey;
use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;

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
const MAX_PERSISTENT: usize = 512;

/// A number, its field's path, the range it must be in, and that range in words.
type Rule = (&'static str, u64, std::ops::RangeInclusive<u64>, &'static str);

impl Config {
    pub(crate) fn checked(&self) -> Result<Checked, ConfigError> {
        for (field, value, range, hint) in self.sizes().into_iter().chain(self.times()) {
            if !range.contains(&value) {
                return Err(ConfigError::OutOfRange { field, value, hint });
            }
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
        let large = "use 1,024 to 67,108,864 bytes";
        let queue = "use 1 to 1,000,000";
        let bytes = "use 1,024 bytes to 1 GiB";
        let streams = "use 1 to 32: the streams of a connection are limited";
        let connections = "use 1 to 10,000";
        vec![
            (
                "max_frame_bytes",
                self.max_frame_bytes.into(),
                1_024..=64 << 20,
                large,
            ),
            (
                "queues.consensus_frames",
                q.consensus_frames as u64,
                1..=1_000_000,
                queue,
            ),
            (
                "queues.consensus_bytes",
                q.consensus_bytes as u64,
                1_024..=1 << 30,
                bytes,
            ),
            (
                "queues.transactions_frames",
                q.transactions_frames as u64,
                1..=1_000_000,
                queue,
            ),
            (
                "queues.transactions_bytes",
                q.transactions_bytes as u64,
                1_024..=1 << 30,
                bytes,
            ),
            (
                "queues.inbound_items",
                q.inbound_items as u64,
                1..=1_000_000,
                queue,
            ),
            (
                "queues.inbound_bytes",
                q.inbound_bytes as u64,
                1_024..=1 << 30,
                bytes,
            ),
            (
                "limits.max_connections",
                l.max_connections as u64,
                1..=10_000,
                connections,
            ),
            (
                "limits.max_connections_per_peer",
                l.max_connections_per_peer as u64,
                2..=16,
                "use 2 to 16: two nodes that dial each other at once have two connections",
            ),
            (
                "limits.max_connections_per_ip",
                l.max_connections_per_ip as u64,
                1..=10_000,
                connections,
            ),
            (
                "limits.max_handshakes",
                l.max_handshakes as u64,
                1..=10_000,
                connections,
            ),
            (
                "requests.max_request_bytes",
                r.max_request_bytes.into(),
                1_024..=64 << 20,
                large,
            ),
            (
                "requests.max_response_bytes",
                r.max_response_bytes.into(),
                1_024..=64 << 20,
                large,
            ),
            (
                "requests.inbound_per_peer",
                r.inbound_per_peer as u64,
                1..=32,
                streams,
            ),
            (
                "requests.outbound_per_peer",
                r.outbound_per_peer as u64,
                1..=32,
                streams,
            ),
            (
                "gossip.mesh_n_low",
                g.mesh_n_low as u64,
                1..=3,
                "use 1 to 3, or small networks get no gossip",
            ),
            (
                "gossip.max_message_bytes",
                g.max_message_bytes.into(),
                1_024..=64 << 20,
                large,
            ),
            (
                "gossip.max_rejected_per_minute",
                g.max_rejected_per_minute.into(),
                1..=1_000_000,
                queue,
            ),
        ]
    }

    fn times(&self) -> Vec<Rule> {
        let d = &self.dial;
        let seconds = "use 100 to 600,000 ms";
        vec![
            ("batch_delay_ms", self.batch_delay_ms, 0..=100, "use 0 to 100 ms"),
            ("ping_interval_ms", self.ping_interval_ms, 100..=600_000, seconds),
            ("ping_timeout_ms", self.ping_timeout_ms, 100..=600_000, seconds),
            (
                "dial.first_retry_ms",
                d.first_retry_ms,
                1..=200,
                "use 1 to 200 ms: a restarted validator must vote again at once",
            ),
            (
                "dial.max_retry_ms",
                d.max_retry_ms,
                1..=600_000,
                "use 1 to 600,000 ms",
            ),
            ("dial.timeout_ms", d.timeout_ms, 100..=600_000, seconds),
            (
                "requests.serve_timeout_ms",
                self.requests.serve_timeout_ms,
                100..=600_000,
                seconds,
            ),
            (
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

fn peer(text: &str) -> Result<Peer, String> {
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
