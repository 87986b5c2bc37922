//! ValidatorService.

use crate::api::Api;
use crate::convert::{address, proof, staking};
use crate::page::{self, Asked, paged};
use crate::refusal::{Refusal, status};
use crate::services::power;
use primitives::{AccountId, Epoch};
use proto::staking::v1::validator_service_server::ValidatorService;
use proto::staking::v1::{
    ExplainPowerRequest, ExplainPowerResponse, GetBondRequest, GetBondResponse, GetLocalValidatorRequest,
    GetLocalValidatorResponse, GetSigningInfoRequest, GetSigningInfoResponse, GetValidatorRequest,
    GetValidatorResponse, ListKeyRotationsRequest, ListKeyRotationsResponse, ListPowersRequest,
    ListPowersResponse, ListSigningInfosRequest, ListSigningInfosResponse, ListValidatorsRequest,
    ListValidatorsResponse,
};
use tonic::{Request, Response, Status};

pub(crate) struct ValidatorApi(pub(crate) Api);

impl ValidatorApi {
    fn not_found(&self, operator: &AccountId) -> Status {
        let name = address::operator_text(self.0.network(), operator);
        let message = format!("{name} has registered no validator");
        status(Refusal::not_found(
            "VALIDATOR_NOT_FOUND",
            "validator",
            &name,
            message,
        ))
    }
}

#[tonic::async_trait]
impl ValidatorService for ValidatorApi {
    async fn get_validator(
        &self,
        request: Request<GetValidatorRequest>,
    ) -> Result<Response<GetValidatorResponse>, Status> {
        let GetValidatorRequest {
            address,
            height,
            prove,
        } = request.into_inner();
        let network = self.0.network();
        let operator = address::operator("address", network, &address)?;
        let read = self
            .0
            .backend
            .validator(proof::at(height, prove), operator)
            .await
            .map_err(status)?;
        let validator = read.value.ok_or_else(|| self.not_found(&operator))?;
        Ok(Response::new(GetValidatorResponse {
            context: Some(proof::context(&read.context)),
            validator: Some(staking::validator(network, &validator)),
            proofs: proof::entries(&read.proofs),
        }))
    }

    async fn list_validators(
        &self,
        request: Request<ListValidatorsRequest>,
    ) -> Result<Response<ListValidatorsResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::new("ListValidators", &request, size, &token, page::MAX_SIZE)?;
        let wanted = staking::parse_status(request.status)?;
        let (at, page) = paged(proof::at(request.height, request.prove), &asked);
        let read = self
            .0
            .backend
            .validators(at, wanted, page)
            .await
            .map_err(status)?;
        let next = asked.next(read.context.height, &read.value, |validator| validator.operator);
        let network = self.0.network();
        Ok(Response::new(ListValidatorsResponse {
            context: Some(proof::context(&read.context)),
            validators: read
                .value
                .iter()
                .map(|validator| staking::validator(network, validator))
                .collect(),
            proofs: proof::entries(&read.proofs),
            next_page_token: next,
        }))
    }

    async fn get_bond(&self, request: Request<GetBondRequest>) -> Result<Response<GetBondResponse>, Status> {
        let GetBondRequest {
            validator,
            account,
            height,
            prove,
        } = request.into_inner();
        let network = self.0.network();
        let operator = address::operator("validator", network, &validator)?;
        let account = address::account("account", network, &account)?;
        let read = self
            .0
            .backend
            .bond(proof::at(height, prove), operator, account)
            .await
            .map_err(status)?;
        Ok(Response::new(GetBondResponse {
            context: Some(proof::context(&read.context)),
            bond: Some(staking::bond(&operator, &account, &read.value)),
            proofs: proof::entries(&read.proofs),
        }))
    }

    async fn get_signing_info(
        &self,
        request: Request<GetSigningInfoRequest>,
    ) -> Result<Response<GetSigningInfoResponse>, Status> {
        let network = self.0.network();
        let operator = address::operator("address", network, &request.into_inner().address)?;
        let infos = self.0.backend.signing_infos().await;
        let info = infos
            .iter()
            .find(|info| info.operator == operator)
            .ok_or_else(|| {
                let name = address::operator_text(network, &operator);
                let message = format!("{name} is not in the current validator set");
                Refusal::not_found("VALIDATOR_NOT_ACTIVE", "validator", &name, message)
            })?;
        let signing_info = Some(staking::signing_info(network, info));
        Ok(Response::new(GetSigningInfoResponse { signing_info }))
    }

    async fn list_signing_infos(
        &self,
        request: Request<ListSigningInfosRequest>,
    ) -> Result<Response<ListSigningInfosResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<AccountId>::new("ListSigningInfos", &request, size, &token, page::MAX_SIZE)?;
        let mut infos = self.0.backend.signing_infos().await;
        infos.sort_by_key(|info| info.operator);
        infos.retain(|info| asked.after.is_none_or(|after| info.operator > after));
        infos.truncate(asked.size);
        let next = asked.next(self.0.tip().height, &infos, |info| info.operator);
        let network = self.0.network();
        Ok(Response::new(ListSigningInfosResponse {
            signing_infos: infos
                .iter()
                .map(|info| staking::signing_info(network, info))
                .collect(),
            next_page_token: next,
        }))
    }

    async fn list_key_rotations(
        &self,
        request: Request<ListKeyRotationsRequest>,
    ) -> Result<Response<ListKeyRotationsResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<Epoch>::new("ListKeyRotations", &request, size, &token, page::MAX_SIZE)?;
        let operator = address::operator("address", self.0.network(), &request.address)?;
        let (at, page) = paged(proof::at(0, false), &asked);
        let read = self
            .0
            .backend
            .key_rotations(at, operator, page)
            .await
            .map_err(status)?;
        let next = asked.next(read.context.height, &read.value, |(epoch, _)| *epoch);
        Ok(Response::new(ListKeyRotationsResponse {
            context: Some(proof::context(&read.context)),
            rotations: read.value.iter().map(staking::rotation).collect(),
            next_page_token: next,
        }))
    }

    async fn explain_power(
        &self,
        request: Request<ExplainPowerRequest>,
    ) -> Result<Response<ExplainPowerResponse>, Status> {
        Ok(Response::new(
            power::explain(&self.0, request.into_inner()).await?,
        ))
    }

    async fn list_powers(
        &self,
        request: Request<ListPowersRequest>,
    ) -> Result<Response<ListPowersResponse>, Status> {
        Ok(Response::new(power::list(&self.0, request.into_inner()).await?))
    }

    async fn get_local_validator(
        &self,
        _: Request<GetLocalValidatorRequest>,
    ) -> Result<Response<GetLocalValidatorResponse>, Status> {
        let validator = self.0.backend.local_validator().await.map(staking::local);
        Ok(Response::new(GetLocalValidatorResponse { validator }))
    }
}
