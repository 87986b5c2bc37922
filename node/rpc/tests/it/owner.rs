//! What the node's owner alone is offered: AdminService, KeyService, and DevService on a development chain.

use crate::support::{Faucet, Node, Running, check, config};
use client::{Client, Timeouts};
use crypto::bls::{KeyBytes, SignatureBytes};
use palisade_rpc::backend::{
    AdminError, Drained, ExportedState, HeldKey, ImportedHistory, NewKey, PrunedBlocks, Standing, TakenKey,
    TakenSnapshot,
};
use palisade_rpc::{AdminBackend, Local, ServeError};
use primitives::{Digest, Epoch, Height, View};
use proto::admin::v1 as wire;
use proto::dev::v1alpha1::GetDevnetRequest;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::Code;

/// A node with one key, which remembers what it was told.
#[derive(Default)]
struct Owned {
    told: Mutex<Vec<String>>,
}

impl Owned {
    fn hear(&self, what: String) {
        self.told.lock().unwrap().push(what);
    }
}

#[tonic::async_trait]
impl AdminBackend for Owned {
    fn settings(&self) -> Result<String, AdminError> {
        Ok("[node]\nmoniker = \"m\"\n".into())
    }

    fn set_log_filter(&self, filter: &str) -> Result<String, AdminError> {
        if filter == "!" {
            return Err(AdminError::Field {
                field: "filter",
                problem: "no filter".into(),
            });
        }
        self.hear(format!("log {filter}"));
        Ok("info".into())
    }

    async fn remove_peer(&self, key: [u8; 32], lasts: Duration) -> Result<(), AdminError> {
        self.hear(format!("remove {} for {}", key[0], lasts.as_secs()));
        Ok(())
    }

    async fn add_peer(&self, address: &str) -> Result<[u8; 32], AdminError> {
        self.hear(format!("add {address}"));
        Ok([5; 32])
    }

    async fn take_snapshot(&self) -> Result<TakenSnapshot, AdminError> {
        Ok(TakenSnapshot {
            height: Height::new(6),
            root: Digest::new([4; 32]),
            path: "snapshots/6".into(),
        })
    }

    async fn prune(&self, keep: u64) -> Result<PrunedBlocks, AdminError> {
        self.hear(format!("keep {keep}"));
        Ok(PrunedBlocks {
            blocks: 3,
            ..PrunedBlocks::default()
        })
    }

    async fn export_state(&self) -> Result<ExportedState, AdminError> {
        Err(AdminError::Broken("the disk is full".into()))
    }

    async fn diagnostics(&self) -> Result<Vec<(String, Vec<u8>)>, AdminError> {
        Ok(vec![("version.txt".into(), b"1".to_vec())])
    }

    async fn drain(&self, patience: Duration) -> Drained {
        self.hear(format!("drain {}", patience.as_secs()));
        Drained {
            streams: 1,
            ..Drained::default()
        }
    }

    async fn standing(&self) -> Standing {
        Standing {
            finalized: Height::new(7),
            epoch: Epoch::new(2),
            view: View::new(3),
            silent: Some("resting".into()),
            waiting: 5,
            peers: 4,
            ..Standing::default()
        }
    }

    fn shut_down(&self) {
        self.hear("shut down".into());
    }

    async fn keys(&self) -> Result<Vec<HeldKey>, AdminError> {
        Ok(vec![HeldKey {
            key: KeyBytes([9; 96]),
            votes: true,
            highest: Some((Epoch::new(2), View::new(3))),
        }])
    }

    async fn create_key(&self) -> Result<NewKey, AdminError> {
        Ok(NewKey {
            key: KeyBytes([8; 96]),
            possession: SignatureBytes([7; 48]),
            file: "consensus-2.json".into(),
        })
    }

    async fn import_key(&self, keystore: Vec<u8>, history: Option<Vec<u8>>) -> Result<TakenKey, AdminError> {
        assert!(history.is_none());
        Ok(TakenKey {
            held: NewKey {
                key: KeyBytes([keystore[0]; 96]),
                possession: SignatureBytes([7; 48]),
                file: "consensus-3.json".into(),
            },
            from: Epoch::new(9),
        })
    }

    async fn remove_key(&self, key: KeyBytes, although_it_votes: bool) -> Result<String, AdminError> {
        if although_it_votes {
            return Ok(format!("removed/{}", key.0[0]));
        }
        Err(AdminError::Unsuitable("it votes".into()))
    }

    async fn export_history(&self) -> Result<String, AdminError> {
        Err(AdminError::Unsuitable("no keys here".into()))
    }

    async fn import_history(&self, json: Vec<u8>) -> Result<ImportedHistory, AdminError> {
        Ok(ImportedHistory {
            keys: json.len(),
            slots: 2,
            conflicts: 1,
        })
    }
}

struct Serving {
    owned: Arc<Owned>,
    stop: CancellationToken,
    task: JoinHandle<Result<(), ServeError>>,
}

async fn serve(path: &Path) -> Serving {
    let owned = Arc::new(Owned::default());
    let local = Local::new(config(), Arc::new(Node::new()), owned.clone());
    let listening = local
        .with_dev(Arc::new(Faucet::default()))
        .listen(path)
        .await
        .unwrap();
    let stop = CancellationToken::new();
    let task = tokio::spawn(listening.serve(stop.clone()));
    Serving { owned, stop, task }
}

async fn connect(path: &Path) -> Client {
    let url = format!("unix:{}", path.display());
    Client::connect(&url, Timeouts::default()).await.unwrap()
}

#[tokio::test]
async fn the_owner_looks_and_tells_over_a_socket_that_nobody_else_can_open() {
    let folder = tempfile::tempdir().unwrap();
    // Longer than a socket's path may be.
    let home = folder.path().join("h".repeat(150));
    std::fs::create_dir(&home).unwrap();
    let path = home.join("admin.sock");
    let serving = serve(&path).await;
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let client = connect(&path).await;
    let (mut admin, mut keys) = (client.admin(), client.keys());
    let config = admin
        .get_effective_config(wire::GetEffectiveConfigRequest {})
        .await
        .unwrap();
    assert!(config.into_inner().toml.contains("moniker"));
    let filter = |filter: &str| wire::SetLogFilterRequest {
        filter: filter.to_owned(),
    };
    let changed = admin.set_log_filter(filter("debug")).await.unwrap();
    assert_eq!(changed.into_inner().before, "info");
    let peer = |length, for_ms| wire::RemovePeerRequest {
        peer_key: vec![6; length].into(),
        for_ms,
    };
    admin.remove_peer(peer(32, 0)).await.unwrap();
    let at = admin
        .dump_consensus_state(wire::DumpConsensusStateRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!((at.finalized_height, at.epoch, at.view), (7, 2, 3));
    assert_eq!(
        (at.silent.as_str(), at.mempool_transactions, at.peers),
        ("resting", 5, 4)
    );
    let added = wire::AddPeerRequest {
        address: "there".into(),
    };
    let added = admin.add_peer(added).await.unwrap().into_inner();
    assert_eq!(added.peer_key.as_ref(), [5; 32]);
    let taken = admin
        .create_snapshot(wire::CreateSnapshotRequest {})
        .await
        .unwrap();
    assert_eq!(taken.into_inner().height, 6);
    let prune = |keep_blocks| wire::PruneStateRequest { keep_blocks };
    assert_eq!(
        admin.prune_state(prune(128)).await.unwrap().into_inner().blocks,
        3
    );
    let found = admin
        .collect_diagnostics(wire::CollectDiagnosticsRequest {})
        .await
        .unwrap();
    assert_eq!(found.into_inner().files[0].name, "version.txt");
    let drain = |patience_ms| wire::DrainRequest { patience_ms };
    let left = admin.drain(drain(0)).await.unwrap().into_inner();
    assert!(left.streams == 1 && !left.safe_to_stop);
    let import = |length: usize| wire::ImportKeyRequest {
        keystore: vec![3; length].into(),
        history_json: Vec::new().into(),
    };
    let held = keys.import_key(import(5)).await.unwrap().into_inner();
    assert_eq!((held.key[0], held.signs_from_epoch), (3, 9));
    let remove = |length: usize, although_it_votes| wire::RemoveKeyRequest {
        key: vec![2; length].into(),
        although_it_votes,
    };
    let removed = keys.remove_key(remove(96, true)).await.unwrap().into_inner();
    assert_eq!(removed.file, "removed/2");
    admin.shutdown(wire::ShutdownRequest {}).await.unwrap();
    let held = keys
        .list_keys(wire::ListKeysRequest {})
        .await
        .unwrap()
        .into_inner();
    assert!(held.keys.len() == 1 && held.keys[0].votes && held.keys[0].highest_view == 3);
    let made = keys
        .create_key(wire::CreateKeyRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!((made.key.len(), made.proof_of_possession.len()), (96, 48));
    let imported = keys
        .import_signing_history(wire::ImportSigningHistoryRequest {
            json: vec![0; 3].into(),
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!((imported.keys, imported.slots, imported.conflicts), (3, 2, 1));
    client.dev().get_devnet(GetDevnetRequest {}).await.unwrap();
    assert_eq!(
        *serving.owned.told.lock().unwrap(),
        [
            "log debug",
            "remove 6 for 600",
            "add there",
            "keep 128",
            "drain 30",
            "shut down"
        ]
    );

    for (wrong, field) in [
        (admin.set_log_filter(filter("!")).await.unwrap_err(), "filter"),
        (admin.remove_peer(peer(31, 0)).await.unwrap_err(), "peer_key"),
        (
            admin.remove_peer(peer(32, 86_400_001)).await.unwrap_err(),
            "for_ms",
        ),
        (admin.prune_state(prune(127)).await.unwrap_err(), "keep_blocks"),
        (admin.drain(drain(600_001)).await.unwrap_err(), "patience_ms"),
        (keys.import_key(import(65_537)).await.unwrap_err(), "keystore"),
        (keys.remove_key(remove(95, true)).await.unwrap_err(), "key"),
    ] {
        check(
            &wrong,
            Code::InvalidArgument,
            "FIELD_INVALID",
            &[("field", field)],
        );
    }
    let voting = keys.remove_key(remove(96, false)).await;
    check(
        &voting.unwrap_err(),
        Code::FailedPrecondition,
        "NODE_UNSUITABLE",
        &[],
    );
    let broken = admin.export_state(wire::ExportStateRequest {}).await;
    assert_eq!(broken.unwrap_err().code(), Code::Internal);
    let export = keys
        .export_signing_history(wire::ExportSigningHistoryRequest {})
        .await;
    check(
        &export.unwrap_err(),
        Code::FailedPrecondition,
        "NODE_UNSUITABLE",
        &[],
    );
    serving.stop.cancel();
    serving.task.await.unwrap().unwrap();
    assert!(!path.exists());
}

#[tokio::test]
async fn nothing_of_it_is_at_the_public_address() {
    let running = Running::new().await;
    let url = format!("http://{}", running.address);
    let client = Client::connect(&url, Timeouts::default()).await.unwrap();
    let status = client
        .admin()
        .shutdown(wire::ShutdownRequest {})
        .await
        .unwrap_err();
    check(&status, Code::Unimplemented, "METHOD_UNKNOWN", &[]);
    let status = client
        .keys()
        .list_keys(wire::ListKeysRequest {})
        .await
        .unwrap_err();
    check(&status, Code::Unimplemented, "METHOD_UNKNOWN", &[]);
}

#[tokio::test]
async fn a_socket_left_behind_is_replaced_and_anything_else_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("admin.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let serving = serve(&path).await;
    connect(&path).await;
    let listen = |path| {
        let local = Local::new(config(), Arc::new(Node::new()), Arc::new(Owned::default()));
        async move { local.listen(path).await.map(drop).unwrap_err().to_string() }
    };
    let taken = listen(path.as_path()).await;
    assert!(
        taken.contains("another node listens there") && taken.contains("admin.socket"),
        "{taken}"
    );
    serving.stop.cancel();
    serving.task.await.unwrap().unwrap();
    std::fs::write(&path, "x").unwrap();
    assert!(listen(path.as_path()).await.contains("it is no socket"));
    assert_eq!(std::fs::read(&path).unwrap(), b"x");
}
