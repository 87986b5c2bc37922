//! How the owner's validator and what is restaked stand, read from the latest final state when somebody asks for the
//! metrics. Bounded: the first so many vaults, feeds and requests.

use crate::app::Snapshots;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use runtime::{Block, State, StateError, View, oracle, slashing, staking, vaults};
use signer::Keys;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Vaults that are summed up.
const VAULTS: usize = 4_096;
/// Feeds that are told of.
const FEEDS: usize = 256;
/// Requests for slashes that are counted.
const REQUESTS: usize = 1_024;

/// Registers what the state says; `ring` holds the keys of the owner's validator.
pub(super) fn register(registry: &mut Registry, snapshots: Arc<Snapshots>, ring: Option<Arc<dyn Keys>>) {
    registry.register_collector(Box::new(Standing { snapshots, ring }));
}

struct Standing {
    snapshots: Arc<Snapshots>,
    ring: Option<Arc<dyn Keys>>,
}

impl std::fmt::Debug for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Standing").finish_non_exhaustive()
    }
}

/// What one validator has left undone.
#[derive(Debug, Default, PartialEq, Eq)]
struct Own {
    idle: u16,
    limit: u16,
    jailed: bool,
    rotating: bool,
}

/// All that the page tells of a state.
#[derive(Debug, Default, PartialEq)]
struct Told {
    /// What vaults hold, by asset, in base units.
    collateral: BTreeMap<String, f64>,
    /// Requests for slashes that can still be vetoed or are about to be executed.
    pending: usize,
    /// Age of the last price and time between rounds, by feed, in seconds of the chain.
    feeds: Vec<(String, f64, f64)>,
    own: Option<Own>,
}

fn tell(state: &State, block: &Block, own: &[crypto::bls::KeyBytes]) -> Result<Told, StateError> {
    let mut told = Told::default();
    for (_, vault) in vaults::query::vaults(state, None, VAULTS)? {
        let held = told.collateral.entry(vault.asset.to_string()).or_default();
        *held += vault.pool.assets.get() as f64;
    }
    told.pending = slashing::query::waiting(state, None, REQUESTS)?.len();
    for (number, feed) in oracle::query::feeds(state, None, FEEDS)? {
        let price = oracle::query::latest_price(state, number)?;
        let Some(price) = price.filter(|_| !feed.ended) else {
            continue;
        };
        let age = block.chain_clock.get().saturating_sub(price.at.get());
        let every = feed.rules.every.get();
        told.feeds
            .push((number.to_string(), age as f64 / 1e3, every as f64 / 1e3));
    }
    for key in own {
        let Some(operator) = staking::query::operator_of(state, key)? else {
            continue;
        };
        let view = View::new(state, block);
        let Some(record) = staking::query::validator(&view, &operator)? else {
            continue;
        };
        let set = runtime::query::validator_set(state, block.epoch)?;
        let members = set.iter().flat_map(|set| &set.validators);
        let mut seats = members.filter(|member| member.operator == operator);
        told.own = Some(Own {
            idle: staking::query::duty(&view, &operator)?.idle,
            limit: staking::query::params(state)?.idle_epochs,
            jailed: record.is_jailed(),
            rotating: seats.any(|member| member.key != record.consensus_key),
        });
    }
    Ok(told)
}

impl Collector for Standing {
    /// What cannot be read is left out.
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let latest = self.snapshots.latest();
        let block = Block {
            height: latest.header.height,
            epoch: latest.header.epoch,
            chain_clock: latest.header.chain_clock,
            ..Block::default()
        };
        let keys = self
            .ring
            .as_ref()
            .map(|ring| ring.public_keys())
            .unwrap_or_default();
        match tell(&latest.state, &block, &keys) {
            Ok(told) => write(&mut encoder, &told),
            Err(error) => {
                tracing::warn!(%error, "the state does not read for the metrics");
                Ok(())
            }
        }
    }
}

fn write(encoder: &mut DescriptorEncoder<'_>, told: &Told) -> Result<(), std::fmt::Error> {
    let mut family = |name: &str, help: &str, label: &str, rows: &[(&str, f64)]| {
        let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (value, number) in rows {
            ConstGauge::new(*number).encode(metric.encode_family(&[(label, *value)])?)?;
        }
        Ok::<(), std::fmt::Error>(())
    };
    let held: Vec<(&str, f64)> = told.collateral.iter().map(|(a, n)| (a.as_str(), *n)).collect();
    family("vaults_assets", "What vaults hold, in base units", "asset", &held)?;
    let ages: Vec<(&str, f64)> = told.feeds.iter().map(|(f, age, _)| (f.as_str(), *age)).collect();
    family(
        "oracle_price_age_seconds",
        "Since the last price, in time of the chain",
        "feed",
        &ages,
    )?;
    let every: Vec<(&str, f64)> = told.feeds.iter().map(|(f, _, e)| (f.as_str(), *e)).collect();
    family(
        "oracle_round_seconds",
        "From one round to the next",
        "feed",
        &every,
    )?;
    let mut gauge = |name: &str, help: &str, value: f64| {
        let value = ConstGauge::new(value);
        value.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)
    };
    gauge(
        "slashing_pending_requests",
        "Slashes that were asked for and are not executed yet",
        told.pending as f64,
    )?;
    let Some(own) = &told.own else { return Ok(()) };
    gauge(
        "validator_idle_epochs",
        "Epochs in a row in which this validator was idle",
        f64::from(own.idle),
    )?;
    gauge(
        "validator_idle_epochs_limit",
        "With so many it is jailed",
        f64::from(own.limit),
    )?;
    gauge(
        "validator_jailed",
        "Whether it is jailed",
        f64::from(u8::from(own.jailed)),
    )?;
    gauge(
        "validator_key_rotation_pending",
        "Whether another consensus key takes over in a later epoch",
        f64::from(u8::from(own.rotating)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_what_is_held_asked_for_and_left_undone() {
        let told = Told {
            collateral: BTreeMap::from([("1".to_owned(), 2.5e9)]),
            pending: 2,
            feeds: vec![("7".to_owned(), 30.0, 10.0)],
            own: Some(Own {
                idle: 3,
                limit: 4,
                jailed: false,
                rotating: true,
            }),
        };
        let mut registry = Registry::with_prefix("palisade");
        registry.register_collector(Box::new(Fixed(told)));
        let mut page = String::new();
        prometheus_client::encoding::text::encode(&mut page, &registry).unwrap();
        for line in [
            "palisade_vaults_assets{asset=\"1\"} 2500000000.0",
            "palisade_oracle_price_age_seconds{feed=\"7\"} 30.0",
            "palisade_oracle_round_seconds{feed=\"7\"} 10.0",
            "palisade_slashing_pending_requests 2.0",
            "palisade_validator_idle_epochs 3.0",
            "palisade_validator_idle_epochs_limit 4.0",
            "palisade_validator_jailed 0.0",
            "palisade_validator_key_rotation_pending 1.0",
        ] {
            assert!(page.lines().any(|found| found == line), "no {line} in {page}");
        }
    }

    #[derive(Debug)]
    struct Fixed(Told);

    impl Collector for Fixed {
        fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
            write(&mut encoder, &self.0)
        }
    }
}
