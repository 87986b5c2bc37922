//! AdminService and KeyService: for the node's owner alone.

use crate::backend::{AdminBackend, AdminError};
use crate::refusal::Refusal;
use crypto::bls::KeyBytes;
use proto::admin::v1::admin_service_server::AdminService;
use proto::admin::v1::key_service_server::KeyService;
use proto::admin::v1::{
    AddPeerRequest, AddPeerResponse, CollectDiagnosticsRequest, CollectDiagnosticsResponse, CreateKeyRequest,
    CreateKeyResponse, CreateSnapshotRequest, CreateSnapshotResponse, DiagnosticFile, DrainRequest,
    DrainResponse, DumpConsensusStateRequest, DumpConsensusStateResponse, ExportSigningHistoryRequest,
    ExportSigningHistoryResponse, ExportStateRequest, ExportStateResponse, GetEffectiveConfigRequest,
    GetEffectiveConfigResponse, ImportKeyRequest, ImportKeyResponse, ImportSigningHistoryRequest,
    ImportSigningHistoryResponse, Key, ListKeysRequest, ListKeysResponse, PruneStateRequest,
    PruneStateResponse, RemoveKeyRequest, RemoveKeyResponse, RemovePeerRequest, RemovePeerResponse,
    SetLogFilterRequest, SetLogFilterResponse, ShutdownRequest, ShutdownResponse,
};
use std::sync::Arc;
use std::time::Duration;
use tonic::{Request, Response, Status};

/// How long a peer is kept away when nothing is said of it.
const TEN_MINUTES: Duration = Duration::from_secs(600);
/// How long a drained node waits for its calls when nothing is said of it.
const HALF_A_MINUTE: Duration = Duration::from_secs(30);
/// Blocks that are kept in any case.
const LEAST_BLOCKS: u64 = 128;
/// The most that a keystore has, in bytes.
const MAX_KEYSTORE: usize = 64 << 10;
/// And at most.
const DAY: Duration = Duration::from_secs(86_400);

/// Both services over one backend.
#[derive(Clone)]
pub(crate) struct AdminApi(pub(crate) Arc<dyn AdminBackend>);

fn refused(error: AdminError) -> Status {
    match error {
        AdminError::Field { field, problem } => Refusal::field(field, problem),
        AdminError::Unsuitable(why) => Refusal::unsuitable(why),
        AdminError::Broken(why) => Refusal::internal(&why),
    }
    .into()
}

#[tonic::async_trait]
impl AdminService for AdminApi {
    async fn get_effective_config(
        &self,
        _: Request<GetEffectiveConfigRequest>,
    ) -> Result<Response<GetEffectiveConfigResponse>, Status> {
        let toml = self.0.settings().map_err(refused)?;
        Ok(Response::new(GetEffectiveConfigResponse { toml }))
    }

    async fn set_log_filter(
        &self,
        request: Request<SetLogFilterRequest>,
    ) -> Result<Response<SetLogFilterResponse>, Status> {
        let before = self.0.set_log_filter(&request.into_inner().filter);
        let before = before.map_err(refused)?;
        Ok(Response::new(SetLogFilterResponse { before }))
    }

    async fn remove_peer(
        &self,
        request: Request<RemovePeerRequest>,
    ) -> Result<Response<RemovePeerResponse>, Status> {
        let RemovePeerRequest { peer_key, for_ms } = request.into_inner();
        let key = <[u8; 32]>::try_from(peer_key.as_ref())
            .map_err(|_| Refusal::field("peer_key", format!("{} bytes, not 32", peer_key.len())))?;
        let lasts = match for_ms {
            0 => TEN_MINUTES,
            ms => Duration::from_millis(ms),
        };
        if lasts > DAY {
            return Err(Refusal::field("for_ms", "a day, 86,400,000, at most").into());
        }
        self.0.remove_peer(key, lasts).await.map_err(refused)?;
        Ok(Response::new(RemovePeerResponse {}))
    }

    async fn add_peer(&self, request: Request<AddPeerRequest>) -> Result<Response<AddPeerResponse>, Status> {
        let address = request.into_inner().address;
        let key = self.0.add_peer(&address).await.map_err(refused)?;
        Ok(Response::new(AddPeerResponse {
            peer_key: key.to_vec().into(),
        }))
    }

    async fn create_snapshot(
        &self,
        _: Request<CreateSnapshotRequest>,
    ) -> Result<Response<CreateSnapshotResponse>, Status> {
        let taken = self.0.take_snapshot().await.map_err(refused)?;
        Ok(Response::new(CreateSnapshotResponse {
            height: taken.height.get(),
            state_root: taken.root.as_bytes().to_vec().into(),
            path: taken.path,
        }))
    }

    async fn prune_state(
        &self,
        request: Request<PruneStateRequest>,
    ) -> Result<Response<PruneStateResponse>, Status> {
        let keep = request.into_inner().keep_blocks;
        if keep < LEAST_BLOCKS {
            return Err(
                Refusal::field("keep_blocks", format!("{keep}, expected {LEAST_BLOCKS} or more")).into(),
            );
        }
        let pruned = self.0.prune(keep).await.map_err(refused)?;
        Ok(Response::new(PruneStateResponse {
            earliest_height: pruned.earliest.get(),
            blocks: pruned.blocks,
            bytes: pruned.bytes,
            needed_from: pruned.needed_from.get(),
        }))
    }

    async fn export_state(
        &self,
        _: Request<ExportStateRequest>,
    ) -> Result<Response<ExportStateResponse>, Status> {
        let exported = self.0.export_state().await.map_err(refused)?;
        Ok(Response::new(ExportStateResponse {
            height: exported.height.get(),
            state_root: exported.root.as_bytes().to_vec().into(),
            entries: exported.entries,
            path: exported.path,
        }))
    }

    async fn collect_diagnostics(
        &self,
        _: Request<CollectDiagnosticsRequest>,
    ) -> Result<Response<CollectDiagnosticsResponse>, Status> {
        let found = self.0.diagnostics().await.map_err(refused)?;
        let files = found.into_iter().map(|(name, content)| DiagnosticFile {
            name,
            content: content.into(),
        });
        Ok(Response::new(CollectDiagnosticsResponse {
            files: files.collect(),
        }))
    }

    async fn drain(&self, request: Request<DrainRequest>) -> Result<Response<DrainResponse>, Status> {
        let patience = match request.into_inner().patience_ms {
            0 => HALF_A_MINUTE,
            ms => Duration::from_millis(ms),
        };
        if patience > TEN_MINUTES {
            return Err(Refusal::field("patience_ms", "ten minutes, 600,000, at most").into());
        }
        let left = self.0.drain(patience).await;
        Ok(Response::new(DrainResponse {
            calls: count(left.calls),
            streams: count(left.streams),
            waiting_transactions: count(left.waiting),
            safe_to_stop: left.calls == 0 && left.streams == 0,
        }))
    }

    async fn dump_consensus_state(
        &self,
        _: Request<DumpConsensusStateRequest>,
    ) -> Result<Response<DumpConsensusStateResponse>, Status> {
        let standing = self.0.standing().await;
        Ok(Response::new(DumpConsensusStateResponse {
            finalized_height: standing.finalized.get(),
            epoch: standing.epoch.get(),
            view: standing.view.get(),
            behind: standing.behind,
            silent: standing.silent.unwrap_or_default(),
            mempool_transactions: count(standing.waiting),
            peers: u32::try_from(standing.peers).unwrap_or(u32::MAX),
        }))
    }

    async fn shutdown(&self, _: Request<ShutdownRequest>) -> Result<Response<ShutdownResponse>, Status> {
        self.0.shut_down();
        Ok(Response::new(ShutdownResponse {}))
    }
}

#[tonic::async_trait]
impl KeyService for AdminApi {
    async fn list_keys(&self, _: Request<ListKeysRequest>) -> Result<Response<ListKeysResponse>, Status> {
        let keys = self.0.keys().await.map_err(refused)?;
        let shown = keys.into_iter().map(|held| {
            let (epoch, view) = held.highest.unwrap_or_default();
            Key {
                key: held.key.0.to_vec().into(),
                votes: held.votes,
                highest_epoch: epoch.get(),
                highest_view: view.get(),
            }
        });
        Ok(Response::new(ListKeysResponse {
            keys: shown.collect(),
        }))
    }

    async fn create_key(&self, _: Request<CreateKeyRequest>) -> Result<Response<CreateKeyResponse>, Status> {
        let made = self.0.create_key().await.map_err(refused)?;
        Ok(Response::new(CreateKeyResponse {
            key: made.key.0.to_vec().into(),
            proof_of_possession: made.possession.0.to_vec().into(),
            file: made.file,
        }))
    }

    async fn import_key(
        &self,
        request: Request<ImportKeyRequest>,
    ) -> Result<Response<ImportKeyResponse>, Status> {
        let ImportKeyRequest {
            keystore,
            history_json,
        } = request.into_inner();
        if keystore.len() > MAX_KEYSTORE {
            let problem = format!("{} bytes, at most {MAX_KEYSTORE}", keystore.len());
            return Err(Refusal::field("keystore", problem).into());
        }
        let history = (!history_json.is_empty()).then(|| history_json.to_vec());
        let taken = self
            .0
            .import_key(keystore.to_vec(), history)
            .await
            .map_err(refused)?;
        Ok(Response::new(ImportKeyResponse {
            key: taken.held.key.0.to_vec().into(),
            proof_of_possession: taken.held.possession.0.to_vec().into(),
            file: taken.held.file,
            signs_from_epoch: taken.from.get(),
        }))
    }

    async fn remove_key(
        &self,
        request: Request<RemoveKeyRequest>,
    ) -> Result<Response<RemoveKeyResponse>, Status> {
        let RemoveKeyRequest {
            key,
            although_it_votes,
        } = request.into_inner();
        let key = <[u8; 96]>::try_from(key.as_ref())
            .map_err(|_| Refusal::field("key", format!("{} bytes, not 96", key.len())))?;
        let removed = self.0.remove_key(KeyBytes(key), although_it_votes).await;
        Ok(Response::new(RemoveKeyResponse {
            file: removed.map_err(refused)?,
        }))
    }

    async fn export_signing_history(
        &self,
        _: Request<ExportSigningHistoryRequest>,
    ) -> Result<Response<ExportSigningHistoryResponse>, Status> {
        let json = self.0.export_history().await.map_err(refused)?;
        Ok(Response::new(ExportSigningHistoryResponse {
            json: json.into_bytes().into(),
        }))
    }

    async fn import_signing_history(
        &self,
        request: Request<ImportSigningHistoryRequest>,
    ) -> Result<Response<ImportSigningHistoryResponse>, Status> {
        let json = request.into_inner().json.to_vec();
        let done = self.0.import_history(json).await.map_err(refused)?;
        Ok(Response::new(ImportSigningHistoryResponse {
            keys: count(done.keys),
            slots: count(done.slots),
            conflicts: count(done.conflicts),
        }))
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
