//! What the engine counts, by the names of consensus.md, section 4.

use crate::application::Finalized;
use crate::clock::wall;
use consensus::{Event, Message, Peer, TimeoutReason};
use light_palisade::{Committee, Offence, Statement, Vote};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use signer::guard::Refusal;
use std::time::Duration;

/// Label of a count by reason.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Reason {
    /// The reason, in lower-case words joined by underscores.
    pub(crate) reason: String,
}

/// Label of a count of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Kind {
    /// The offence, in lower-case words joined by underscores.
    pub(crate) kind: &'static str,
}

/// Labels of a timeout.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct TimeoutLabels {
    /// Position of the leader in its set.
    pub(crate) leader: u32,
    /// Why the view was given up.
    pub(crate) reason: &'static str,
}

/// Labels of a count of votes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct VoteLabels {
    /// Position of the voter in its set.
    pub(crate) validator: u32,
    /// `notarize`, `nullify` or `finalize`.
    pub(crate) kind: &'static str,
}

/// The engine's metrics. Clones count together.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Height of the last committed block.
    pub(crate) height: Gauge,
    /// The epoch.
    pub(crate) epoch: Gauge,
    /// The view within the epoch.
    pub(crate) current_view: Gauge,
    /// Validators of the epoch.
    pub(crate) validators: Gauge,
    /// Weight of all validators of the epoch.
    pub(crate) validators_power: Gauge,
    /// This node's own weight; zero when it is none of them.
    pub(crate) validator_power: Gauge,
    /// When the last committed block was proposed, in seconds of the Unix epoch.
    pub(crate) latest_block_time: Gauge,
    /// Views left without a block, as voted here.
    pub(crate) timeouts: Family<TimeoutLabels, Counter>,
    /// Views nullified by a quorum.
    pub(crate) nullifications: Counter,
    /// Transactions in committed blocks.
    pub(crate) total_txs: Counter,
    /// Transactions in the last committed block.
    pub(crate) num_txs: Gauge,
    /// Bytes of the transactions of the last committed block.
    pub(crate) block_size_bytes: Gauge,
    /// From a block's stamp to its commit here, in seconds.
    pub(crate) finalization_seconds: Histogram,
    /// From entering a view to its notarization with a verified body, in seconds.
    pub(crate) notarization_seconds: Histogram,
    /// Duration of one sync of the log, in seconds.
    pub(crate) wal_fsync_seconds: Histogram,
    /// Blocks that were pushed here without their transactions, by how they were made whole.
    pub(crate) pushed_blocks: Family<Reason, Counter>,
    /// Transactions of such blocks that were not here.
    pub(crate) pushed_missing_txs: Counter,
    /// Votes that the guard refused.
    pub(crate) signer_refusals: Family<Reason, Counter>,
    /// Evidence found.
    pub(crate) evidence: Family<Kind, Counter>,
    /// Aggregates that did not verify.
    pub(crate) bisections: Counter,
    /// Messages that did not decode.
    pub(crate) malformed: Counter,
    /// Votes that arrived from their voter itself.
    pub(crate) votes: Family<VoteLabels, Counter>,
}

fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_1, 2.0, 18))
}

impl Metrics {
    /// Registers them under the prefix `consensus`.
    pub fn registered(registry: &mut Registry) -> Self {
        let metrics = Self {
            height: Gauge::default(),
            epoch: Gauge::default(),
            current_view: Gauge::default(),
            validators: Gauge::default(),
            validators_power: Gauge::default(),
            validator_power: Gauge::default(),
            latest_block_time: Gauge::default(),
            timeouts: Family::default(),
            nullifications: Counter::default(),
            total_txs: Counter::default(),
            num_txs: Gauge::default(),
            block_size_bytes: Gauge::default(),
            finalization_seconds: seconds(),
            notarization_seconds: seconds(),
            wal_fsync_seconds: seconds(),
            pushed_blocks: Family::default(),
            pushed_missing_txs: Counter::default(),
            signer_refusals: Family::default(),
            evidence: Family::default(),
            bisections: Counter::default(),
            malformed: Counter::default(),
            votes: Family::default(),
        };
        // What should never happen is told as zero from the start: an alert on growth needs a value to grow from.
        for refusal in Refusal::ALL {
            let reason = refusal.reason().to_owned();
            drop(metrics.signer_refusals.get_or_create(&Reason { reason }));
        }
        for offence in OFFENCES {
            let kind = offence_name(offence);
            drop(metrics.evidence.get_or_create(&Kind { kind }));
        }
        metrics.register(registry);
        metrics
    }

    fn register(&self, registry: &mut Registry) {
        registry.register(
            "wal_fsync_seconds",
            "Duration of one sync of the log",
            self.wal_fsync_seconds.clone(),
        );
        registry.register(
            "signer_refusals",
            "Votes that the guard refused",
            self.signer_refusals.clone(),
        );
        registry.register(
            "evidence",
            "Evidence of misbehaviour found",
            self.evidence.clone(),
        );
        let registry = registry.sub_registry_with_prefix("consensus");
        registry.register(
            "height",
            "Height of the last committed block",
            self.height.clone(),
        );
        registry.register("epoch", "The epoch", self.epoch.clone());
        registry.register(
            "current_view",
            "The view within the epoch",
            self.current_view.clone(),
        );
        registry.register("validators", "Validators of the epoch", self.validators.clone());
        registry.register(
            "validators_power",
            "Weight of all validators",
            self.validators_power.clone(),
        );
        registry.register(
            "validator_power",
            "Weight of this node, zero when it is no validator",
            self.validator_power.clone(),
        );
        registry.register(
            "timeouts",
            "Views given up, by leader and reason",
            self.timeouts.clone(),
        );
        registry.register(
            "nullifications",
            "Views nullified by a quorum",
            self.nullifications.clone(),
        );
        registry.register(
            "total_txs",
            "Transactions in committed blocks",
            self.total_txs.clone(),
        );
        registry.register(
            "num_txs",
            "Transactions in the last committed block",
            self.num_txs.clone(),
        );
        self.register_blocks(registry);
        self.register_pushed(registry);
    }

    fn register_pushed(&self, registry: &mut Registry) {
        registry.register(
            "pushed_blocks",
            "Blocks pushed without their transactions, by how they were made whole",
            self.pushed_blocks.clone(),
        );
        registry.register(
            "pushed_missing_txs",
            "Transactions of pushed blocks that were not here",
            self.pushed_missing_txs.clone(),
        );
    }

    fn register_blocks(&self, registry: &mut Registry) {
        registry.register(
            "block_size_bytes",
            "Bytes of the last committed block",
            self.block_size_bytes.clone(),
        );
        registry.register(
            "latest_block_time_seconds",
            "When the last committed block was proposed",
            self.latest_block_time.clone(),
        );
        registry.register(
            "finalization_latency_seconds",
            "From a block's stamp to its commit",
            self.finalization_seconds.clone(),
        );
        registry.register(
            "notarization_latency_seconds",
            "From entering a view to its notarization",
            self.notarization_seconds.clone(),
        );
        registry.register(
            "bisections",
            "Aggregates that did not verify",
            self.bisections.clone(),
        );
        registry.register(
            "malformed_messages",
            "Messages that did not decode",
            self.malformed.clone(),
        );
        registry.register(
            "votes",
            "Votes received from each validator, by kind",
            self.votes.clone(),
        );
    }

    /// An epoch begins, with these validators.
    pub(crate) fn met(&self, committee: &Committee, own: Option<&crypto::bls::KeyBytes>) {
        let set = committee.set();
        let own = own
            .and_then(|key| set.index_of(key))
            .and_then(|index| set.get(index));
        self.validators.set(gauge(committee.len() as u64));
        self.validators_power.set(gauge(set.total_weight()));
        self.validator_power
            .set(gauge(own.map_or(0, |validator| validator.weight.get())));
    }

    /// Groups of blocks have just become durable.
    pub(crate) fn committed(&self, groups: &[Finalized]) {
        let now = wall();
        for block in groups.iter().flat_map(|group| &group.blocks) {
            let bytes: usize = block.transactions.iter().map(Vec::len).sum();
            self.total_txs.inc_by(block.transactions.len() as u64);
            self.num_txs.set(gauge(block.transactions.len() as u64));
            self.block_size_bytes.set(gauge(bytes as u64));
            self.latest_block_time
                .set(gauge(Duration::from_millis(block.header.time.get()).as_secs()));
            let age = now.since(block.header.time).get();
            self.finalization_seconds
                .observe(Duration::from_millis(age).as_secs_f64());
        }
    }

    /// Counts the votes of a message that came from their voter; what others pass on is not counted.
    pub(crate) fn heard(&self, from: Peer, message: &Message, committee: &Committee) {
        let Message::Votes(votes) = message else { return };
        for Vote {
            statement, signer, ..
        } in votes
        {
            let voter = committee.set().get(*signer);
            if statement.epoch() == committee.epoch() && voter.is_some_and(|v| v.p2p_key == from.0) {
                let labels = VoteLabels {
                    validator: signer.get().into(),
                    kind: match statement {
                        Statement::Notarize { .. } => "notarize",
                        Statement::Nullify { .. } => "nullify",
                        Statement::Finalize { .. } => "finalize",
                    },
                };
                self.votes.get_or_create(&labels).inc();
            }
        }
    }

    /// A block that was pushed without its transactions was made whole in this way.
    pub(crate) fn pushed(&self, way: &str) {
        let reason = way.to_owned();
        self.pushed_blocks.get_or_create(&Reason { reason }).inc();
    }

    /// So many of its transactions were not here.
    pub(crate) fn asked_for(&self, count: usize) {
        self.pushed_missing_txs
            .inc_by(u64::try_from(count).unwrap_or(u64::MAX));
    }

    pub(crate) fn refused(&self, reason: &str) {
        self.signer_refusals
            .get_or_create(&Reason {
                reason: reason.to_owned(),
            })
            .inc();
    }

    pub(crate) fn found(&self, offence: Offence) {
        let kind = offence_name(offence);
        self.evidence.get_or_create(&Kind { kind }).inc();
    }

    pub(crate) fn event(&self, event: &Event) {
        match event {
            Event::EnteredView { epoch, view, .. } => {
                self.epoch.set(gauge(epoch.get()));
                self.current_view.set(gauge(view.get()));
            }
            Event::TimedOut { leader, reason, .. } => {
                let labels = TimeoutLabels {
                    leader: leader.get().into(),
                    reason: name(*reason),
                };
                self.timeouts.get_or_create(&labels).inc();
            }
            Event::Nullified { .. } => {
                self.nullifications.inc();
            }
            Event::Bisected { .. } => {
                self.bisections.inc();
            }
            Event::Proposed { .. }
            | Event::Notarized { .. }
            | Event::FinalizationSeen { .. }
            | Event::Standstill { .. }
            | Event::SignRefused { .. } => {}
        }
    }
}

/// A gauge's value; beyond its range it stands still at the end.
pub(crate) fn gauge(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

const OFFENCES: [Offence; 4] = [
    Offence::DoubleNotarize,
    Offence::DoubleFinalize,
    Offence::NullifyFinalize,
    Offence::NotarizeFinalize,
];

const fn offence_name(offence: Offence) -> &'static str {
    match offence {
        Offence::DoubleNotarize => "double_notarize",
        Offence::DoubleFinalize => "double_finalize",
        Offence::NullifyFinalize => "nullify_finalize",
        Offence::NotarizeFinalize => "notarize_finalize",
    }
}

const fn name(reason: TimeoutReason) -> &'static str {
    match reason {
        TimeoutReason::LeaderTimeout => "leader_timeout",
        TimeoutReason::CertificationTimeout => "certification_timeout",
        TimeoutReason::LeaderNullify => "leader_nullify",
        TimeoutReason::Inactivity => "inactivity",
        TimeoutReason::InvalidProposal => "invalid_proposal",
        TimeoutReason::Backlog => "backlog",
        TimeoutReason::MissingProposal => "missing_proposal",
        TimeoutReason::Standstill => "standstill",
    }
}
