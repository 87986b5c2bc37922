//! AdminService and KeyService: for the node's owner alone.

use crate::backend::{AdminBackend, AdminError};
use crate::refusal::Refusal;
use proto::admin::v1::admin_service_server::AdminService;
use proto::admin::v1::key_service_server::KeyService;
use proto::admin::v1::{
    CreateKeyRequest, CreateKeyResponse, DumpConsensusStateRequest, DumpConsensusStateResponse,
    ExportSigningHistoryRequest, ExportSigningHistoryResponse, GetEffectiveConfigRequest,
    GetEffectiveConfigResponse, ImportSigningHistoryRequest, ImportSigningHistoryResponse, Key,
    ListKeysRequest, ListKeysResponse, RemovePeerRequest, RemovePeerResponse, SetLogFilterRequest,
    SetLogFilterResponse, ShutdownRequest, ShutdownResponse,
};
use std::sync::Arc;
use std::time::Duration;
use tonic::{Request, Response, Status};

/// How long a peer is kept away when nothing is said of it.
const TEN_MINUTES: Duration = Duration::from_secs(600);
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
