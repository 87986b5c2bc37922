//! DevService: on development chains only.

use crate::backend::{Backend, DevBackend};
use crate::convert::{address, dev, hash};
use crate::refusal::{Refusal, status};
use primitives::{Amount, AssetId};
use proto::dev::v1alpha1::dev_service_server::DevService;
use proto::dev::v1alpha1::{
    AdvanceClockRequest, AdvanceClockResponse, ClearFaultsRequest, ClearFaultsResponse, GetDevnetRequest,
    GetDevnetResponse, InjectFaultRequest, InjectFaultResponse, RequestFundsRequest, RequestFundsResponse,
    SetLinkFaultRequest, SetLinkFaultResponse, SetNodeFaultRequest, SetNodeFaultResponse,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};

pub(crate) struct DevApi {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) dev: Arc<dyn DevBackend>,
}

#[tonic::async_trait]
impl DevService for DevApi {
    async fn request_funds(
        &self,
        request: Request<RequestFundsRequest>,
    ) -> Result<Response<RequestFundsResponse>, Status> {
        let RequestFundsRequest {
            address,
            asset_id,
            amount,
        } = request.into_inner();
        let to = address::account("address", self.backend.chain().network, &address)?;
        let amount = match amount.as_str() {
            "" => None,
            text => match text.parse::<Amount>() {
                Ok(amount) if !amount.is_zero() => Some(amount),
                Ok(_) => return Err(Refusal::field("amount", "must be above zero").into()),
                Err(error) => return Err(Refusal::field("amount", error.to_string()).into()),
            },
        };
        let (id, coin) = self
            .dev
            .fund(to, AssetId::new(asset_id), amount)
            .await
            .map_err(status)?;
        Ok(Response::new(RequestFundsResponse {
            tx_hash: hash(&id),
            amount: coin.amount.to_string(),
        }))
    }

    async fn get_devnet(&self, _: Request<GetDevnetRequest>) -> Result<Response<GetDevnetResponse>, Status> {
        let network = self.backend.chain().network;
        let clock = self.dev.clock().map_err(status)?;
        Ok(Response::new(GetDevnetResponse {
            accounts: self
                .dev
                .accounts()
                .iter()
                .map(|account| dev::account(network, account))
                .collect(),
            link_faults: self.dev.link_faults().iter().map(dev::link_fault).collect(),
            node_fault: Some(dev::node_fault(&self.dev.node_fault())),
            chain_clock_ms: clock.now.get(),
            epoch: clock.epoch.get(),
            epoch_ends_at_ms: clock.epoch_ends_at.get(),
        }))
    }

    async fn set_link_fault(
        &self,
        request: Request<SetLinkFaultRequest>,
    ) -> Result<Response<SetLinkFaultResponse>, Status> {
        let fault = dev::parse_link_fault(request.into_inner().fault)?;
        self.dev.set_link_fault(fault).await.map_err(status)?;
        Ok(Response::new(SetLinkFaultResponse {}))
    }

    async fn set_node_fault(
        &self,
        request: Request<SetNodeFaultRequest>,
    ) -> Result<Response<SetNodeFaultResponse>, Status> {
        self.dev
            .set_node_fault(dev::parse_node_fault(request.into_inner().fault)?);
        Ok(Response::new(SetNodeFaultResponse {}))
    }

    async fn advance_clock(
        &self,
        request: Request<AdvanceClockRequest>,
    ) -> Result<Response<AdvanceClockResponse>, Status> {
        let now = self.dev.clock().map_err(status)?.now;
        let to = dev::parse_clock(request.into_inner().chain_clock_ms, now)?;
        self.dev.advance_clock(to);
        Ok(Response::new(AdvanceClockResponse {
            chain_clock_ms: now.get(),
        }))
    }

    async fn inject_fault(
        &self,
        request: Request<InjectFaultRequest>,
    ) -> Result<Response<InjectFaultResponse>, Status> {
        let offence = dev::parse_offence(request.into_inner().fault)?;
        let (epoch, view) = self.dev.misbehave(offence).await.map_err(status)?;
        Ok(Response::new(InjectFaultResponse {
            epoch: epoch.get(),
            view: view.get(),
        }))
    }

    async fn clear_faults(
        &self,
        _: Request<ClearFaultsRequest>,
    ) -> Result<Response<ClearFaultsResponse>, Status> {
        self.dev.clear_faults().await;
        Ok(Response::new(ClearFaultsResponse {}))
    }
}
