//! What `palisade start` runs: every part of a node, put together, until it is told to stop or must.

mod doppelganger;
mod error;
mod keep;
mod keys;
mod machine;
mod offline;
mod open;
mod remote;
mod serving;
mod signing;
mod standing;
mod voter;
mod watch;

pub(crate) use error::{StartError, of_store as exit_of_store};
pub(crate) use offline::{open, take as take_offline};
pub(crate) use open::{Opened, chain_and_kind, chain_of, genesis};
pub(crate) use serving::serve as serve_signer;
pub(crate) use signing::protection;
pub(crate) use watch::now;

use crate::app::{self, Chain, Gate, Mempool, Relay};
use crate::backend::{self, Backend, Identity, Work};
use crate::config::{Home, NodeConfig};
use engine::{Engine, Parts};
use mempool::Intake;
use network::Network;
use primitives::{Epoch, address};
use prometheus_client::registry::Registry;
use signer::Ed25519Key;
use signer::remote::RemoteSigner;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch as channel;
use tokio_util::sync::CancellationToken;

/// How often, and how far apart, a node that ends looks whether its tasks have let go of the store.
const RELEASE_LOOKS: u32 = 200;
const RELEASE_PAUSE: Duration = Duration::from_millis(10);

/// What the command line adds to the settings.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Permissions {
    /// The guard is missing, the operator says that no other node runs with these keys, and votes from the next
    /// epoch on.
    pub(crate) init_signing_history: bool,
    /// For how many seconds the node listens for votes of its keys before it votes; `None` where the settings say.
    pub(crate) doppelganger_wait: Option<u64>,
}

/// Who casts the node's votes.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "one value, made once")]
enum Role {
    /// The node itself, unless it is an observer.
    Own,
    /// Another process, which signs for this node now.
    Remote(RemoteSigner),
    /// Nobody yet: it listens whether another node votes with its keys.
    Listen(doppelganger::Listen),
    /// Nobody yet: another node's votes are signed. It follows the chain meanwhile.
    Standby,
}

/// Runs a node until `stop` is cancelled. Everything is durable when it returns.
///
/// # Errors
/// Why the node did not start, or why it halted.
pub(crate) async fn run(
    config: NodeConfig,
    home: &Home,
    permissions: Permissions,
    stop: CancellationToken,
) -> Result<(), StartError> {
    match remote::config(&config, home)? {
        Some(remote) => remote::run(&config, home, &remote, stop).await,
        None => {
            if let Some(listen) = doppelganger::due(&config, home, permissions)? {
                let part = stop.child_token();
                run_as(config.clone(), home, permissions, Role::Listen(listen), part).await?;
                if stop.is_cancelled() {
                    return Ok(());
                }
            }
            run_as(config, home, permissions, Role::Own, stop).await
        }
    }
}

/// Runs a node until `stop` is cancelled. Everything is durable when it returns.
///
/// # Errors
/// Why the node did not start, or why it halted.
#[allow(
    clippy::too_many_lines,
    reason = "composition: every part a few lines, in the one order that works"
)]
async fn run_as(
    config: NodeConfig,
    home: &Home,
    permissions: Permissions,
    role: Role,
    stop: CancellationToken,
) -> Result<(), StartError> {
    // Two nodes of one name would push each other out: who stands by is a stranger.
    let stranger = matches!(role, Role::Standby | Role::Listen(_))
        .then(Ed25519Key::generate)
        .transpose()?;
    let mut registry = Registry::with_prefix("palisade");
    let opened = open::open(&config, home, &mut registry)?;
    machine::register(&mut registry, home.data(), &opened.info.id);
    let (role, listen) = match role {
        Role::Listen(listen) => (Role::Standby, Some(listen)),
        Role::Own | Role::Remote(_) | Role::Standby => (role, None),
    };
    let signing::Keys { p2p, voting } = signing::load(&config, home, opened.kind, role)?;
    let voter = voting
        .map(|voting| voter::open(voting, &config, home, &opened, permissions))
        .transpose()?;
    let ring = voter.as_ref().map(|voter| voter.signing.keys.clone());
    let (signing, account, double_voter, new_keys, own) = match voter {
        Some(voter) => (
            Some(voter.signing),
            voter.account,
            voter.double_voter,
            voter.new_keys,
            voter.own,
        ),
        None => (None, None, None, None, None),
    };

    let mempool_metrics = mempool::Metrics::default();
    mempool_metrics.register(&mut registry);
    let gate = Arc::new(Gate::new(opened.chain_hash, opened.snapshots.clone()));
    let mempool: Arc<Mempool> = Arc::new(Mempool::new(gate, config.mempool.clone(), mempool_metrics)?);
    let work = Arc::new(Work::default());
    let snapshots = opened.snapshots.clone();
    let mischief = opened.mischief.clone();
    let medium = opened.medium(&home.data().join("consensus"))?;
    let chain = Arc::new(Chain::new(
        opened.chain_hash,
        opened.store,
        opened.base,
        app::Beside {
            snapshots: snapshots.clone(),
            mempool: mempool.clone(),
            work: work.clone(),
            evidence: open::evidence(home)?,
            mischief: mischief.clone(),
        },
    ));

    let named = stranger.as_ref().unwrap_or(&p2p);
    let identity = network::Identity::from_secret(&mut named.expose_secret())?;
    let peer_id = identity.peer_id().to_string();
    let network_metrics = network::Metrics::registered(&mut registry);
    let (network, events) = Network::start(
        config.network.clone(),
        identity,
        opened.chain_hash,
        network_metrics,
    )
    .await?;

    let (available, has_work) = channel::channel(false);
    let parts = Parts {
        config: config.consensus,
        chain: opened.chain_hash,
        application: chain.clone(),
        medium,
        clock_may_jump: opened.dev_mode,
        clock: mischief.clock(),
        abstain_before: signing
            .as_ref()
            .map_or(Epoch::ZERO, |signing| signing.abstain_before),
        signer: signing.map(|signing| signing.signer),
        network: network.clone(),
        events,
        work: has_work,
        metrics: engine::Metrics::registered(&mut registry),
    };
    let (mut engine, mut handle) = Engine::start(parts)?;
    let status = handle.status.clone();
    let synced = handle.synced();
    if let Some(new_keys) = new_keys {
        tokio::spawn(new_keys.run(status.clone(), stop.clone()));
    }
    let intake = Intake::start(mempool.clone())?;
    let (_, nothing) = tokio::sync::mpsc::channel(1);
    let incoming = std::mem::replace(&mut handle.transactions, nothing);
    let relay = Relay {
        mempool: mempool.clone(),
        intake: intake.clone(),
        network: network.clone(),
        validator: ring.is_some(),
    };
    tokio::spawn(relay.run(incoming, stop.clone()));
    tokio::spawn(app::watch_work(
        mempool.clone(),
        chain.clone(),
        available,
        stop.clone(),
    ));
    let sync_metrics = sync::Metrics::default();
    sync_metrics.register(&mut registry);
    let behind = app::CatchUpTask {
        chain: chain.clone(),
        network: network.clone(),
        synced,
        config: sync_config(&config, opened.kind),
        metrics: sync_metrics,
        ring: ring.clone(),
    };
    let mut behind = tokio::spawn(behind.run(handle.catch_up, stop.clone()));
    let asks = keep::Asks::new();
    let wants_snapshots = asks.sender.clone();
    let house = keep::house(
        chain.clone(),
        home.clone(),
        config.storage.clone(),
        p2p,
        asks,
        stop.clone(),
    );
    let mut house = tokio::spawn(house);

    let tip = backend::follow(chain.clone(), snapshots.clone(), status.clone(), stop.clone());
    standing::register(&mut registry, snapshots.clone(), ring.clone());
    let backend = Arc::new(Backend {
        chain: chain.clone(),
        snapshots,
        mempool,
        intake,
        network: network.clone(),
        info: opened.info,
        identity: Identity {
            moniker: config.node.moniker.clone(),
            peer_id,
            started: watch::now(),
            ring,
        },
        tip: tip.clone(),
        engine: status,
        work,
        faucet: signing::faucet(home, opened.faucet, opened.accounts)?,
        double_voter,
        mischief,
    });
    if let Some(account) = account {
        tokio::spawn(backend::keep_alive(backend.clone(), account, stop.clone()));
    }
    let rpc_metrics = rpc::Metrics::default();
    rpc_metrics.register(&mut registry);
    let registry = Arc::new(registry);
    let drain = rpc::Drain::new(&config.rpc);
    let pages = watch::Pages {
        registry: registry.clone(),
        tip: tip.clone(),
        drain: drain.clone(),
    };
    let served = watch::serve(&config, pages, stop.clone()).await?;
    let shared = (config.storage.snapshot_downloads > 0).then(|| home.snapshots());
    let owner = backend::Owner {
        backend: backend.clone(),
        config: config.clone(),
        home: home.clone(),
        keys: own.map(Arc::new),
        drain: drain.clone(),
        wants_snapshots,
        registry,
        stop: stop.clone(),
    };
    // Who only listens for a double ends when it has heard enough: nobody may end it otherwise than by a signal.
    let for_owner = match &listen {
        Some(_) => None,
        None => watch::listen_for_owner(&config, home, owner, opened.dev_mode, stop.clone()).await?,
    };
    let listening = watch::listen(
        &config,
        backend,
        shared,
        opened.dev_mode,
        watch::Gauges {
            metrics: rpc_metrics,
            drain,
        },
        stop.clone(),
    )
    .await?;
    tracing::info!(grpc = %config.rpc.listen, metrics = %served, "the node is up");

    let heard = async {
        match listen {
            Some(listen) => doppelganger::listen(chain.clone(), opened.snapshots.clone(), tip, listen).await,
            None => std::future::pending().await,
        }
    };
    let outcome = tokio::select! {
        heard = heard => heard,
        () = stop.cancelled() => Ok(()),
        halted = engine.halted() => halted.map_err(StartError::from),
        broken = &mut behind => match broken {
            Ok(outcome) => outcome.map_err(StartError::from),
            Err(_) => Err(StartError::Interrupted),
        },
        broken = &mut house => match broken {
            Ok(outcome) => outcome,
            Err(_) => Err(StartError::Interrupted),
        },
    };
    let failed = outcome.is_err();
    stop.cancel();
    if !failed {
        engine.stop().await?;
    }
    network.shutdown().await;
    listening.finish().await;
    if let Some(for_owner) = for_owner {
        for_owner.finish().await;
    }
    // What went wrong first says more than that nothing can be written any more.
    let settled = settle(chain).await;
    outcome.and(settled)
}

/// On a development chain nothing is at stake, and its genesis may be as old as it likes.
fn sync_config(config: &NodeConfig, kind: address::Network) -> sync::Config {
    let mut sync = config.sync.clone();
    if kind == address::Network::Development {
        sync.trusting_period_ms = 0;
    }
    sync
}

/// Writes what the store still holds in memory, so that the next start replays nothing; and waits a while until nobody
/// else holds it, because the next start may be in this process.
async fn settle(chain: Arc<Chain>) -> Result<(), StartError> {
    let held = chain.clone();
    let settled = tokio::task::spawn_blocking(move || held.store().settle()).await;
    for _ in 0..RELEASE_LOOKS {
        if Arc::strong_count(&chain) == 1 {
            break;
        }
        tokio::time::sleep(RELEASE_PAUSE).await;
    }
    settled
        .map_err(|_| StartError::Interrupted)?
        .map_err(StartError::from)
}
