//! What an operator can set.

use light_palisade::limits::MAX_BLOCK_BYTES;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

/// What a full block takes beyond its own bytes: ids, receipts and events, each transaction's several times its size.
pub const BLOCK_OVERHEAD: usize = 4 * MAX_BLOCK_BYTES;

/// The `[rpc]` section. Sizes are bytes, durations milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where to listen. Port 0 lets the system choose. Default: `127.0.0.1:26600`.
    pub listen: SocketAddr,
    /// A PEM file with the certificate that is shown, and those up to its authority; empty: nothing is encrypted.
    /// Default: "".
    pub tls_cert: String,
    /// A PEM file with that certificate's private key. Default: "".
    pub tls_key: String,
    /// Whether `listen` may be reachable from other machines although nothing is encrypted. Default: false.
    pub allow_plaintext_public: bool,
    /// Whether DevService is at this address too, for the page that is served here; on development chains. It is always at
    /// the owner's socket there. Default: false.
    pub dev_service: bool,
    /// Origins whose pages may use the public services; `*` is any, none turns it off. Default: `["*"]`.
    pub cors_origins: Vec<String>,
    /// Connections at once; one more is closed at once. Default: 1,024.
    pub max_connections: usize,
    /// Calls at work at once; one more is refused. Default: 256.
    pub max_calls: usize,
    /// Streams open at once, over all connections; one more is refused. Default: 1,024.
    pub max_streams: usize,
    /// Units that one address may use in a second; 0: any number. A look at one thing costs 1, a list 10 to 20, a
    /// subscription, a simulation or a batch 20 to 50. Default: 500.
    pub rate_per_second: u32,
    /// Units that one address may use at once after a pause. Default: 2,000.
    pub rate_burst: u32,
    /// Whether programs on this machine are limited too. Default: false.
    pub rate_limit_loopback: bool,
    /// Calls and streams at once on one connection; more wait. Default: 128.
    pub max_streams_per_connection: u32,
    /// How long a call may take until its answer starts. Default: 10,000.
    pub call_timeout_ms: u64,
    /// Largest request. Default: 4,194,304.
    pub max_receive_bytes: usize,
    /// Largest answer; it must hold a full block. Default: 67,108,864.
    pub max_send_bytes: usize,
    /// Frames that wait for a slow subscriber. Default: 16.
    pub stream_buffer: usize,
    /// How long a subscriber may leave a full buffer untouched before its stream ends. Default: 30,000.
    pub stall_timeout_ms: u64,
    /// How often a quiet connection is pinged. Default: 30,000.
    pub keepalive_interval_ms: u64,
    /// How long a ping may take. Default: 10,000.
    pub keepalive_timeout_ms: u64,
    /// When a connection is asked to end and be opened anew. Default: 1,800,000.
    pub max_connection_age_ms: u64,
    /// How long calls may go on after shutdown began. Default: 500.
    pub shutdown_grace_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 26_600),
            tls_cert: String::new(),
            tls_key: String::new(),
            allow_plaintext_public: false,
            dev_service: false,
            cors_origins: vec!["*".into()],
            max_connections: 1_024,
            max_calls: 256,
            max_streams: 1_024,
            rate_per_second: 500,
            rate_burst: 2_000,
            rate_limit_loopback: false,
            max_streams_per_connection: 128,
            call_timeout_ms: 10_000,
            max_receive_bytes: 4 << 20,
            max_send_bytes: 64 << 20,
            stream_buffer: 16,
            stall_timeout_ms: 30_000,
            keepalive_interval_ms: 30_000,
            keepalive_timeout_ms: 10_000,
            max_connection_age_ms: 1_800_000,
            shutdown_grace_ms: 500,
        }
    }
}

/// A value in the `[rpc]` section that cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rpc.{field} = {value}: {hint}")]
pub struct ConfigError {
    /// The field.
    pub field: &'static str,
    /// What it was set to.
    pub value: String,
    /// What it has to be.
    pub hint: String,
}

impl ConfigError {
    fn new(field: &'static str, value: impl ToString, hint: impl Into<String>) -> Self {
        Self {
            field,
            value: value.to_string(),
            hint: hint.into(),
        }
    }
}

impl Config {
    /// Whether connections are encrypted.
    #[must_use]
    pub const fn has_tls(&self) -> bool {
        !self.tls_cert.is_empty()
    }

    /// Nothing goes to other machines in the clear that was not meant to.
    fn check_reach(&self) -> Result<(), ConfigError> {
        if self.tls_cert.is_empty() != self.tls_key.is_empty() {
            let missing = if self.has_tls() { "tls_key" } else { "tls_cert" };
            let hint = "tls_cert and tls_key belong together: set both, or neither";
            return Err(ConfigError::new(missing, "\"\"", hint));
        }
        if !self.listen.ip().is_loopback() && !self.allow_plaintext_public && !self.has_tls() {
            return Err(ConfigError::new(
                "listen",
                self.listen,
                "others could reach this address, and nothing is encrypted: set rpc.tls_cert and rpc.tls_key, listen \
                 on 127.0.0.1 behind a proxy that speaks TLS, or start with --allow-plaintext-public (rpc.allow_plaintext_public = true)",
            ));
        }
        Ok(())
    }

    /// Checks that the values can work.
    ///
    /// # Errors
    /// [`ConfigError`] names the first field that cannot.
    pub fn validate(&self) -> Result<(), ConfigError> {
        self.check_reach()?;
        let at_least_one = [
            ("max_connections", self.max_connections),
            ("max_calls", self.max_calls),
            ("max_streams", self.max_streams),
            ("stream_buffer", self.stream_buffer),
            (
                "max_streams_per_connection",
                usize::try_from(self.max_streams_per_connection).unwrap_or(usize::MAX),
            ),
        ];
        if let Some((field, value)) = at_least_one
            .iter()
            .find(|(_, value)| !(1..=1_000_000).contains(value))
        {
            return Err(ConfigError::new(field, value, "must be 1 to 1,000,000"));
        }
        let durations = [
            ("call_timeout_ms", self.call_timeout_ms, 100),
            ("stall_timeout_ms", self.stall_timeout_ms, 100),
            ("keepalive_interval_ms", self.keepalive_interval_ms, 1_000),
            ("keepalive_timeout_ms", self.keepalive_timeout_ms, 1_000),
            ("max_connection_age_ms", self.max_connection_age_ms, 1_000),
        ];
        if let Some((field, value, least)) = durations.iter().find(|(_, value, least)| value < least) {
            return Err(ConfigError::new(
                field,
                value,
                format!("must be at least {least}"),
            ));
        }
        if self.max_receive_bytes < 128 << 10 {
            let hint = "must be at least 131072: a transaction has up to 65536";
            return Err(ConfigError::new(
                "max_receive_bytes",
                self.max_receive_bytes,
                hint,
            ));
        }
        let block = MAX_BLOCK_BYTES + BLOCK_OVERHEAD;
        if self.max_send_bytes < block {
            let hint = format!("must be at least {block}, or the node could not return its own blocks");
            return Err(ConfigError::new("max_send_bytes", self.max_send_bytes, hint));
        }
        if self.rate_per_second > 0 && self.rate_burst < 50 {
            let hint = "must be at least 50, the price of the dearest call";
            return Err(ConfigError::new("rate_burst", self.rate_burst, hint));
        }
        self.check_origins()
    }

    fn check_origins(&self) -> Result<(), ConfigError> {
        let any = self.cors_origins.iter().any(|origin| origin == "*");
        if any && self.cors_origins.len() > 1 {
            let hint = "\"*\" stands alone";
            return Err(ConfigError::new(
                "cors_origins",
                self.cors_origins.join(", "),
                hint,
            ));
        }
        let fits = |origin: &String| {
            origin == "*"
                || (origin.is_ascii()
                    && !origin.ends_with('/')
                    && origin.contains("://")
                    && !origin.contains(' '))
        };
        match self.cors_origins.iter().find(|origin| !fits(origin)) {
            Some(wrong) => {
                let hint =
                    "an origin is a scheme and a host, such as https://explorer.example, without a path";
                Err(ConfigError::new("cors_origins", wrong, hint))
            }
            None => Ok(()),
        }
    }

    pub(crate) const fn call_timeout(&self) -> Duration {
        Duration::from_millis(self.call_timeout_ms)
    }

    pub(crate) const fn stall_timeout(&self) -> Duration {
        Duration::from_millis(self.stall_timeout_ms)
    }

    pub(crate) const fn shutdown_grace(&self) -> Duration {
        Duration::from_millis(self.shutdown_grace_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_works_and_listens_on_loopback() {
        let config = Config::default();
        assert_eq!(config.validate(), Ok(()));
        assert!(config.listen.ip().is_loopback());
    }

    #[test]
    fn what_cannot_work_is_named() {
        type Change = fn(&mut Config);
        let broken: [(&str, Change); 8] = [
            ("listen", |config| {
                config.listen = "0.0.0.0:26600".parse().unwrap()
            }),
            ("rate_burst", |config| config.rate_burst = 49),
            ("max_calls", |config| config.max_calls = 0),
            ("call_timeout_ms", |config| config.call_timeout_ms = 1),
            ("max_receive_bytes", |config| config.max_receive_bytes = 1_024),
            ("max_send_bytes", |config| config.max_send_bytes = MAX_BLOCK_BYTES),
            ("cors_origins", |config| {
                config.cors_origins = vec!["example.org".into()];
            }),
            ("cors_origins", |config| {
                config.cors_origins = vec!["*".into(), "http://a".into()];
            }),
        ];
        for (field, change) in broken {
            let mut config = Config::default();
            change(&mut config);
            assert_eq!(config.validate().map_err(|error| error.field), Err(field));
        }
    }

    #[test]
    fn a_public_bind_must_be_meant() {
        let config = Config {
            listen: "0.0.0.0:26600".parse().unwrap(),
            allow_plaintext_public: true,
            ..Config::default()
        };
        assert_eq!(config.validate(), Ok(()));
    }
}
