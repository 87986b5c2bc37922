//! OperatorService.

use crate::api::Api;
use crate::convert::{address, operator as convert, vault};
use crate::page::{self, Asked};
use crate::reading::Reading;
use crate::refusal::Refusal;
use primitives::{AccountId, ServiceId};
use proto::operator::v1::operator_service_server::OperatorService;
use proto::operator::v1::{
    Allocation, GetOperatorRequest, GetOperatorResponse, GetScorecardRequest, GetScorecardResponse,
    ListAllocationsRequest, ListAllocationsResponse, ListOperatorsRequest, ListOperatorsResponse,
    ListOptInsRequest, ListOptInsResponse,
};
use runtime::delegation::{self, Operator, query};
use runtime::dss;
use runtime::vaults::{self, VaultId};
use tonic::{Request, Response, Status};

pub(crate) struct OperatorApi(pub(crate) Api);

/// The operator, which must be one.
fn known(reading: &Reading, id: &AccountId) -> Result<Operator, Refusal> {
    query::operator(reading.state(), id)?.ok_or_else(|| {
        let name = reading.operator(id);
        let message = format!("{name} is no operator");
        Refusal::not_found("OPERATOR_NOT_FOUND", "operator", &name, message)
    })
}

/// A pledge with its place in the list.
type Placed = ((VaultId, ServiceId), Allocation);

/// A vault's pledges, to every service or to one.
fn pledges(reading: &Reading, id: &VaultId, wanted: Option<ServiceId>) -> Result<Vec<Placed>, Refusal> {
    let Some(found) = vaults::vault(reading.state(), id)? else {
        return Ok(Vec::new());
    };
    let mut pledges = Vec::new();
    for (service, allocation) in delegation::allocations(reading.state(), id)? {
        if wanted.is_none_or(|wanted| wanted == service) {
            let allocation = Allocation {
                vault: reading.vault(id),
                asset_id: found.asset.get(),
                pledge: Some(vault::pledge(reading, id, service, &allocation)?),
            };
            pledges.push(((*id, service), allocation));
        }
    }
    Ok(pledges)
}

impl OperatorApi {
    fn id(&self, text: &str) -> Result<AccountId, Refusal> {
        address::operator("operator", self.0.network(), text)
    }
}

#[tonic::async_trait]
impl OperatorService for OperatorApi {
    async fn get_operator(
        &self,
        request: Request<GetOperatorRequest>,
    ) -> Result<Response<GetOperatorResponse>, Status> {
        let request = request.into_inner();
        let id = self.id(&request.operator)?;
        let reading = self.0.reading(request.height, request.prove).await?;
        let operator = known(&reading, &id)?;
        Ok(Response::new(GetOperatorResponse {
            context: reading.context(),
            operator: Some(convert::operator(&reading, &id, &operator)?),
            proofs: reading.proofs([query::operator_key(&id)])?,
        }))
    }

    async fn list_operators(
        &self,
        request: Request<ListOperatorsRequest>,
    ) -> Result<Response<ListOperatorsResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<AccountId>::new("ListOperators", &request, size, &token, page::MAX_SIZE)?;
        let reading = self
            .0
            .reading_page(request.height, request.prove, asked.height)
            .await?;
        let found = query::operators(reading.state(), asked.after.as_ref(), asked.size);
        let found = found.map_err(Refusal::from)?;
        let operators = found
            .iter()
            .map(|(id, operator)| convert::operator(&reading, id, operator));
        Ok(Response::new(ListOperatorsResponse {
            context: reading.context(),
            operators: operators.collect::<Result<_, _>>()?,
            proofs: reading.proofs(found.iter().map(|(id, _)| query::operator_key(id)))?,
            next_page_token: asked.next(reading.height(), &found, |(id, _)| *id),
        }))
    }

    async fn list_allocations(
        &self,
        request: Request<ListAllocationsRequest>,
    ) -> Result<Response<ListAllocationsResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked =
            Asked::<(VaultId, ServiceId)>::new("ListAllocations", &request, size, &token, page::MAX_SIZE)?;
        let id = self.id(&request.operator)?;
        let reading = self
            .0
            .reading_page(request.height, request.prove, asked.height)
            .await?;
        known(&reading, &id)?;
        let mut own = vaults::query::vaults_of(reading.state(), &id).map_err(Refusal::from)?;
        own.sort_unstable();
        let mut found = Vec::new();
        for vault in own {
            let wanted = request.service_id.map(ServiceId::new);
            let more = pledges(&reading, &vault, wanted)?;
            let later = more
                .into_iter()
                .filter(|(place, _)| asked.after.is_none_or(|after| *place > after));
            found.extend(later);
            if found.len() >= asked.size {
                break;
            }
        }
        found.truncate(asked.size);
        let keys = found
            .iter()
            .map(|((vault, service), _)| query::allocation_key(vault, *service));
        Ok(Response::new(ListAllocationsResponse {
            context: reading.context(),
            proofs: reading.proofs(keys)?,
            next_page_token: asked.next(reading.height(), &found, |(place, _)| *place),
            allocations: found.into_iter().map(|(_, allocation)| allocation).collect(),
        }))
    }

    async fn list_opt_ins(
        &self,
        request: Request<ListOptInsRequest>,
    ) -> Result<Response<ListOptInsResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<ServiceId>::new("ListOptIns", &request, size, &token, page::MAX_SIZE)?;
        let id = self.id(&request.operator)?;
        let reading = self.0.reading_page(request.height, false, asked.height).await?;
        known(&reading, &id)?;
        let found = query::memberships(reading.state(), &id, asked.after, asked.size);
        let found = found.map_err(Refusal::from)?;
        let opt_ins = found
            .iter()
            .map(|(service, membership)| convert::opt_in(&reading, &id, *service, membership));
        Ok(Response::new(ListOptInsResponse {
            context: reading.context(),
            opt_ins: opt_ins.collect::<Result<_, _>>()?,
            next_page_token: asked.next(reading.height(), &found, |(service, _)| *service),
        }))
    }

    async fn get_scorecard(
        &self,
        request: Request<GetScorecardRequest>,
    ) -> Result<Response<GetScorecardResponse>, Status> {
        let request = request.into_inner();
        let id = self.id(&request.operator)?;
        let reading = self.0.reading(request.height, false).await?;
        known(&reading, &id)?;
        let service = ServiceId::new(request.service_id);
        let score = dss::query::score(reading.state(), service, &id, reading.epoch());
        Ok(Response::new(GetScorecardResponse {
            context: reading.context(),
            scorecard: Some(convert::scorecard(&score.map_err(Refusal::from)?)),
        }))
    }
}
