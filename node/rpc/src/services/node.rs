//! NodeService.

use crate::api::Api;
use crate::convert::{account, hash, node, proof};
use crate::page::{self, Asked};
use crate::refusal::status;
use primitives::Digest;
use proto::node::v1::node_service_server::NodeService;
use proto::node::v1::{
    GetChainParametersRequest, GetChainParametersResponse, GetGenesisRequest, GetGenesisResponse,
    GetNodeInfoRequest, GetNodeInfoResponse, GetSyncStatusRequest, GetSyncStatusResponse, ListPeersRequest,
    ListPeersResponse,
};
use tonic::{Request, Response, Status};

pub(crate) struct NodeApi(pub(crate) Api);

#[tonic::async_trait]
impl NodeService for NodeApi {
    async fn get_node_info(
        &self,
        _: Request<GetNodeInfoRequest>,
    ) -> Result<Response<GetNodeInfoResponse>, Status> {
        let backend = &self.0.backend;
        Ok(Response::new(node::info(backend.chain(), backend.node())))
    }

    async fn get_sync_status(
        &self,
        _: Request<GetSyncStatusRequest>,
    ) -> Result<Response<GetSyncStatusResponse>, Status> {
        let peers = self.0.backend.peers().await.len();
        Ok(Response::new(node::sync_status(&self.0.tip(), peers)))
    }

    async fn list_peers(
        &self,
        request: Request<ListPeersRequest>,
    ) -> Result<Response<ListPeersResponse>, Status> {
        let ListPeersRequest {
            page_size,
            page_token,
        } = request.into_inner();
        let request = ListPeersRequest::default();
        let asked = Asked::<Digest>::new("ListPeers", &request, page_size, &page_token, page::MAX_SIZE)?;
        let mut peers = self.0.backend.peers().await;
        peers.sort_by_key(|peer| peer.key);
        peers.retain(|peer| asked.after.is_none_or(|after| peer.key > *after.as_bytes()));
        peers.truncate(asked.size);
        let next = asked.next(self.0.tip().height, &peers, |peer| Digest::new(peer.key));
        Ok(Response::new(ListPeersResponse {
            peers: peers.iter().map(node::peer).collect(),
            next_page_token: next,
        }))
    }

    async fn get_genesis(
        &self,
        _: Request<GetGenesisRequest>,
    ) -> Result<Response<GetGenesisResponse>, Status> {
        let chain = self.0.backend.chain();
        Ok(Response::new(GetGenesisResponse {
            document: chain.genesis_document.clone(),
            canonical: chain.genesis_canonical.clone(),
            generation: chain.generation,
            chain_hash: hash(&chain.hash),
        }))
    }

    async fn get_chain_parameters(
        &self,
        request: Request<GetChainParametersRequest>,
    ) -> Result<Response<GetChainParametersResponse>, Status> {
        let GetChainParametersRequest { height, prove } = request.into_inner();
        let read = self
            .0
            .backend
            .parameters(proof::at(height, prove))
            .await
            .map_err(status)?;
        Ok(Response::new(GetChainParametersResponse {
            context: Some(proof::context(&read.context)),
            parameters: read.value.iter().map(account::parameter).collect(),
            proofs: proof::entries(&read.proofs),
        }))
    }
}
