//! ServiceRegistryService.

use crate::api::Api;
use crate::convert::{hash, registry as convert};
use crate::page::{self, Asked};
use crate::reading::Reading;
use crate::refusal::Refusal;
use primitives::{Amount, Bps, Epoch, Rounding, ServiceId};
use proto::service::v1::service_registry_service_server::ServiceRegistryService;
use proto::service::v1::{
    BackedOperator, GetFaultProgramRequest, GetFaultProgramResponse, GetOperatorSetRequest,
    GetOperatorSetResponse, GetServiceRequest, GetServiceResponse, GetServiceSecurityRequest,
    GetServiceSecurityResponse, GetTaskRequest, GetTaskResponse, ListOperatorSetsRequest,
    ListOperatorSetsResponse, ListServicesRequest, ListServicesResponse, ListTasksRequest, ListTasksResponse,
};
use runtime::dss::{Nature, Record, Seats, query};
use runtime::{attested, delegation};
use tonic::{Request, Response, Status};

/// Seats are 128 entries each: fewer sets fit a page.
const MAX_SETS: usize = 32;
/// Tasks that are looked at for one page, at most.
const MOST_SCANNED: usize = 10_000;

pub(crate) struct RegistryApi(pub(crate) Api);

/// The service with this number, which must be there.
pub(super) fn known(reading: &Reading, id: ServiceId) -> Result<Record, Refusal> {
    if id == ServiceId::CONSENSUS {
        let problem = "service 0 is the chain itself: the ValidatorService tells about it";
        return Err(Refusal::field("service_id", problem));
    }
    query::service(reading.state(), id)?.ok_or_else(|| {
        let message = format!("there is no service {}", id.get());
        Refusal::not_found("SERVICE_NOT_FOUND", "service", &id.get().to_string(), message)
    })
}

/// What a quorum loses at least, when it is slashed as the service's objective classes allow at most.
pub(super) fn cost_of_corruption(record: &Record, total: Amount) -> Result<Amount, Refusal> {
    let objective = record
        .terms
        .classes
        .iter()
        .filter(|class| class.nature == Nature::Objective)
        .map(|class| class.most)
        .max()
        .unwrap_or(Bps::ZERO);
    let quorum = record.terms.quorum.of(total.get(), Rounding::Down)?;
    Ok(Amount::new(objective.of(quorum, Rounding::Down)?))
}

/// Who serves, and what stands behind each.
fn backed(
    reading: &Reading,
    id: ServiceId,
    record: &Record,
) -> Result<(Vec<BackedOperator>, Amount, u32), Refusal> {
    let members = delegation::members(reading.state(), id, None, usize::from(Seats::MOST))?;
    let (mut operators, mut total, mut count) = (Vec::new(), Amount::ZERO, 0);
    for operator in members {
        let (stake, eligible) = runtime::query::service_stake(&reading.view(), id, record, &operator)?;
        if eligible {
            total = total.checked_add(stake.total)?;
            count += 1;
        }
        operators.push(BackedOperator {
            operator: reading.operator(&operator),
            total: stake.total.to_string(),
            own: stake.own.to_string(),
            eligible,
        });
    }
    Ok((operators, total, count))
}

impl RegistryApi {
    async fn find_set(&self, request: GetOperatorSetRequest) -> Result<GetOperatorSetResponse, Refusal> {
        let id = ServiceId::new(request.service_id);
        let reading = self.0.reading(request.height, false).await?;
        known(&reading, id)?;
        let found = match request.epoch.map(Epoch::new) {
            Some(epoch) => query::snapshot(reading.state(), id, epoch)?.map(|found| (epoch, found)),
            None => query::last_snapshot(reading.state(), id)?,
        };
        let (epoch, snapshot) = found.ok_or_else(|| {
            let name = request
                .epoch
                .map_or_else(|| "latest".to_owned(), |epoch| epoch.to_string());
            let message = format!(
                "no seats of service {} are known of that epoch: they are read by the first task of an epoch, and \
                 forgotten when its faults are too old to show",
                id.get()
            );
            Refusal::not_found("OPERATOR_SET_NOT_FOUND", "operator_set", &name, message)
        })?;
        Ok(GetOperatorSetResponse {
            context: reading.context(),
            operator_set: Some(convert::operator_set(&reading, epoch, &snapshot)),
        })
    }

    async fn security(
        &self,
        request: GetServiceSecurityRequest,
    ) -> Result<GetServiceSecurityResponse, Refusal> {
        let id = ServiceId::new(request.service_id);
        let reading = self.0.reading(request.height, false).await?;
        let record = known(&reading, id)?;
        let (operators, total, eligible) = backed(&reading, id, &record)?;
        let cost = cost_of_corruption(&record, total)?;
        let enough = eligible >= u32::from(record.terms.min_operators);
        Ok(GetServiceSecurityResponse {
            context: reading.context(),
            operators,
            total: total.to_string(),
            eligible,
            min_operators: u32::from(record.terms.min_operators),
            cost_of_corruption: cost.to_string(),
            profit_cap: record.terms.profit_cap.to_string(),
            secure: enough && cost > record.terms.profit_cap,
        })
    }

    async fn tasks(&self, mut request: ListTasksRequest) -> Result<ListTasksResponse, Refusal> {
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<u64>::new("ListTasks", &request, size, &token, page::MAX_SIZE)?;
        let reading = self.0.reading_page(request.height, false, asked.height).await?;
        let (mut tasks, mut place, mut scanned) = (Vec::new(), asked.after, 0);
        let mut more = true;
        while more && tasks.len() < asked.size && scanned < MOST_SCANNED {
            let page = query::tasks(reading.state(), place, page::MAX_SIZE)?;
            more = !page.is_empty();
            for (number, task) in page {
                scanned += 1;
                place = Some(number);
                if request.service_id.is_none_or(|one| one == task.service.get()) {
                    tasks.push(convert::task(&reading, number, &task));
                }
                if tasks.len() == asked.size {
                    break;
                }
            }
        }
        let next = place.filter(|_| more);
        Ok(ListTasksResponse {
            context: reading.context(),
            tasks,
            next_page_token: next
                .map(|place| asked.token(reading.height(), &place))
                .unwrap_or_default(),
        })
    }
}

#[tonic::async_trait]
impl ServiceRegistryService for RegistryApi {
    async fn get_service(
        &self,
        request: Request<GetServiceRequest>,
    ) -> Result<Response<GetServiceResponse>, Status> {
        let request = request.into_inner();
        let id = ServiceId::new(request.service_id);
        let reading = self.0.reading(request.height, request.prove).await?;
        let record = known(&reading, id)?;
        Ok(Response::new(GetServiceResponse {
            context: reading.context(),
            service: Some(convert::service(&reading, id, &record)?),
            proofs: reading.proofs([query::service_key(id), attested::query::hash_key(id)])?,
        }))
    }

    async fn list_services(
        &self,
        request: Request<ListServicesRequest>,
    ) -> Result<Response<ListServicesResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<ServiceId>::new("ListServices", &request, size, &token, page::MAX_SIZE)?;
        let reading = self
            .0
            .reading_page(request.height, request.prove, asked.height)
            .await?;
        let found = query::services(reading.state(), asked.after, asked.size).map_err(Refusal::from)?;
        let services = found
            .iter()
            .map(|(id, record)| convert::service(&reading, *id, record));
        Ok(Response::new(ListServicesResponse {
            context: reading.context(),
            services: services.collect::<Result<_, _>>()?,
            proofs: reading.proofs(found.iter().map(|(id, _)| query::service_key(*id)))?,
            next_page_token: asked.next(reading.height(), &found, |(id, _)| *id),
        }))
    }

    async fn get_fault_program(
        &self,
        request: Request<GetFaultProgramRequest>,
    ) -> Result<Response<GetFaultProgramResponse>, Status> {
        let request = request.into_inner();
        let id = ServiceId::new(request.service_id);
        let reading = self.0.reading(request.height, request.prove).await?;
        known(&reading, id)?;
        let program = attested::query::program(reading.state(), id).map_err(Refusal::from)?;
        let known_hash = attested::query::hash(reading.state(), id).map_err(Refusal::from)?;
        let (Some(program), Some(found)) = (program, known_hash) else {
            let name = id.get().to_string();
            let message = format!("service {name} has no fault program");
            return Err(Refusal::not_found("PROGRAM_NOT_FOUND", "program", &name, message).into());
        };
        Ok(Response::new(GetFaultProgramResponse {
            context: reading.context(),
            program: program.into(),
            hash: hash(&found),
            proofs: reading.proofs([attested::query::hash_key(id)])?,
        }))
    }

    async fn get_operator_set(
        &self,
        request: Request<GetOperatorSetRequest>,
    ) -> Result<Response<GetOperatorSetResponse>, Status> {
        Ok(Response::new(self.find_set(request.into_inner()).await?))
    }

    async fn list_operator_sets(
        &self,
        request: Request<ListOperatorSetsRequest>,
    ) -> Result<Response<ListOperatorSetsResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<Epoch>::new("ListOperatorSets", &request, size, &token, MAX_SETS)?;
        let id = ServiceId::new(request.service_id);
        let reading = self.0.reading_page(request.height, false, asked.height).await?;
        known(&reading, id)?;
        let found = query::snapshots(reading.state(), id, asked.after, asked.size);
        let found = found.map_err(Refusal::from)?;
        let sets = found
            .iter()
            .map(|(epoch, snapshot)| convert::operator_set(&reading, *epoch, snapshot));
        Ok(Response::new(ListOperatorSetsResponse {
            context: reading.context(),
            operator_sets: sets.collect(),
            next_page_token: asked.next(reading.height(), &found, |(epoch, _)| *epoch),
        }))
    }

    async fn get_service_security(
        &self,
        request: Request<GetServiceSecurityRequest>,
    ) -> Result<Response<GetServiceSecurityResponse>, Status> {
        Ok(Response::new(self.security(request.into_inner()).await?))
    }

    async fn list_tasks(
        &self,
        request: Request<ListTasksRequest>,
    ) -> Result<Response<ListTasksResponse>, Status> {
        Ok(Response::new(self.tasks(request.into_inner()).await?))
    }

    async fn get_task(&self, request: Request<GetTaskRequest>) -> Result<Response<GetTaskResponse>, Status> {
        let request = request.into_inner();
        let number = request.task_id;
        let reading = self.0.reading(request.height, request.prove).await?;
        let found = query::task(reading.state(), number).map_err(Refusal::from)?;
        let task = found.ok_or_else(|| {
            let message = format!("there is no task {number}, or it is forgotten");
            Refusal::not_found("TASK_NOT_FOUND", "task", &number.to_string(), message)
        })?;
        Ok(Response::new(GetTaskResponse {
            context: reading.context(),
            task: Some(convert::task(&reading, number, &task)),
            proofs: reading.proofs([query::task_key(number)])?,
        }))
    }
}
