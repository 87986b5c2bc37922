//! AccountService.

use crate::api::Api;
use crate::convert::{account, address, proof};
use crate::page::{self, Asked, paged};
use crate::refusal::{Refusal, status};
use primitives::AssetId;
use proto::account::v1::account_service_server::AccountService;
use proto::account::v1::{
    GetAccountRequest, GetAccountResponse, GetAssetRequest, GetAssetResponse, GetSupplyRequest,
    GetSupplyResponse, ListAssetsRequest, ListAssetsResponse, ListBalancesRequest, ListBalancesResponse,
};
use tonic::{Request, Response, Status};

pub(crate) struct AccountApi(pub(crate) Api);

fn asset_not_found(asset: AssetId) -> Status {
    let message = format!("there is no asset {asset}");
    status(Refusal::not_found(
        "ASSET_NOT_FOUND",
        "asset",
        &asset.to_string(),
        message,
    ))
}

#[tonic::async_trait]
impl AccountService for AccountApi {
    async fn get_account(
        &self,
        request: Request<GetAccountRequest>,
    ) -> Result<Response<GetAccountResponse>, Status> {
        let GetAccountRequest {
            address,
            height,
            prove,
        } = request.into_inner();
        let network = self.0.network();
        let id = address::account("address", network, &address)?;
        let read = self
            .0
            .backend
            .account(proof::at(height, prove), id)
            .await
            .map_err(status)?;
        let pending = self.0.backend.pending_sequence(id).await;
        Ok(Response::new(GetAccountResponse {
            context: Some(proof::context(&read.context)),
            account: Some(account::account(network, &id, &read.value, pending)),
            proofs: proof::entries(&read.proofs),
        }))
    }

    async fn list_balances(
        &self,
        request: Request<ListBalancesRequest>,
    ) -> Result<Response<ListBalancesResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::new("ListBalances", &request, size, &token, page::MAX_SIZE)?;
        let id = address::account("address", self.0.network(), &request.address)?;
        let (at, page) = paged(proof::at(request.height, request.prove), &asked);
        let read = self.0.backend.balances(at, id, page).await.map_err(status)?;
        let next = asked.next(read.context.height, &read.value, |coin| coin.asset);
        Ok(Response::new(ListBalancesResponse {
            context: Some(proof::context(&read.context)),
            balances: read.value.iter().map(account::balance).collect(),
            proofs: proof::entries(&read.proofs),
            next_page_token: next,
        }))
    }

    async fn list_assets(
        &self,
        request: Request<ListAssetsRequest>,
    ) -> Result<Response<ListAssetsResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::new("ListAssets", &request, size, &token, page::MAX_SIZE)?;
        let (at, page) = paged(proof::at(request.height, request.prove), &asked);
        let read = self.0.backend.assets(at, page).await.map_err(status)?;
        let next = asked.next(read.context.height, &read.value, |asset| asset.id);
        Ok(Response::new(ListAssetsResponse {
            context: Some(proof::context(&read.context)),
            assets: read.value.iter().map(account::asset).collect(),
            proofs: proof::entries(&read.proofs),
            next_page_token: next,
        }))
    }

    async fn get_asset(
        &self,
        request: Request<GetAssetRequest>,
    ) -> Result<Response<GetAssetResponse>, Status> {
        let GetAssetRequest {
            asset_id,
            height,
            prove,
        } = request.into_inner();
        let id = AssetId::new(asset_id);
        let read = self
            .0
            .backend
            .asset(proof::at(height, prove), id)
            .await
            .map_err(status)?;
        let asset = read.value.ok_or_else(|| asset_not_found(id))?;
        Ok(Response::new(GetAssetResponse {
            context: Some(proof::context(&read.context)),
            asset: Some(account::asset(&asset)),
            proofs: proof::entries(&read.proofs),
        }))
    }

    async fn get_supply(
        &self,
        request: Request<GetSupplyRequest>,
    ) -> Result<Response<GetSupplyResponse>, Status> {
        let GetSupplyRequest {
            asset_id,
            height,
            prove,
        } = request.into_inner();
        let id = AssetId::new(asset_id);
        let read = self
            .0
            .backend
            .supply(proof::at(height, prove), id)
            .await
            .map_err(status)?;
        let amount = read.value.ok_or_else(|| asset_not_found(id))?;
        Ok(Response::new(GetSupplyResponse {
            context: Some(proof::context(&read.context)),
            asset_id,
            amount: amount.to_string(),
            proofs: proof::entries(&read.proofs),
        }))
    }
}
