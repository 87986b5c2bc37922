//! RiskService.

use crate::api::Api;
use crate::convert::{address, risk as convert};
use crate::page::{self, Asked};
use crate::reading::Reading;
use crate::refusal::Refusal;
use crate::services::registry;
use primitives::{Amount, Bps, Digest, ServiceId};
use proto::risk::v1 as wire;
use proto::risk::v1::risk_service_server::RiskService;
use runtime::query::risk::{self, Concentration};
use runtime::{delegation, dss, staking, vaults};
use tonic::{Request, Response, Status};

/// Services on a page, at most: each is summed up over all its operators.
const MOST_SERVICES: usize = 100;
/// What part of the power halts the chain, in basis points: a third of it, and nothing less.
const THIRD: u16 = 3_334;

pub(crate) struct RiskApi(pub(crate) Api);

/// The most that one fault takes at a service.
fn most_taken(reading: &Reading, service: ServiceId) -> Result<Bps, Refusal> {
    if service == ServiceId::CONSENSUS {
        return Ok(staking::query::params(reading.state())?.equivocation_most);
    }
    let record = registry::known(reading, service)?;
    let most = record.terms.classes.iter().map(|class| class.most).max();
    Ok(most.unwrap_or(Bps::ZERO))
}

impl RiskApi {
    async fn graph(
        &self,
        mut request: wire::GetExposureGraphRequest,
    ) -> Result<wire::GetExposureGraphResponse, Refusal> {
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<Digest>::new("GetExposureGraph", &request, size, &token, page::MAX_SIZE)?;
        let operator = match request.operator.as_str() {
            "" => None,
            text => Some(address::operator("operator", self.0.network(), text)?),
        };
        let reading = self.0.reading_page(request.height, false, asked.height).await?;
        let state = reading.state();
        let found = vaults::query::vaults(state, asked.after.as_ref(), asked.size)?;
        let mut exposures = Vec::new();
        for (id, vault) in &found {
            if operator.is_some_and(|one| one != vault.operator) {
                continue;
            }
            for (service, _) in delegation::allocations(state, id)? {
                if request.service_id.is_some_and(|one| one != service.get()) {
                    continue;
                }
                let worth = risk::exposure(state, id, vault.asset, service)?;
                if !worth.0.is_zero() {
                    let most = most_taken(&reading, service)?;
                    exposures.push(convert::exposure(&reading, (id, vault), service, worth, most));
                }
            }
        }
        Ok(wire::GetExposureGraphResponse {
            context: reading.context(),
            exposures,
            next_page_token: asked.next(reading.height(), &found, |(id, _)| *id),
        })
    }

    async fn simulate(
        &self,
        request: wire::SimulateSlashRequest,
    ) -> Result<wire::SimulateSlashResponse, Refusal> {
        let operator = address::operator("operator", self.0.network(), &request.operator)?;
        let service = ServiceId::new(request.service_id);
        let reading = self.0.reading(request.height, false).await?;
        if delegation::query::operator(reading.state(), &operator)?.is_none() {
            let name = reading.operator(&operator);
            let message = format!("{name} is no operator");
            return Err(Refusal::not_found(
                "OPERATOR_NOT_FOUND",
                "operator",
                &name,
                message,
            ));
        }
        let fraction = match request.fraction_bps {
            0 => most_taken(&reading, service)?,
            bps => u16::try_from(bps)
                .ok()
                .and_then(Bps::new)
                .ok_or_else(|| Refusal::field("fraction_bps", "basis points: at most 10000"))?,
        };
        // A service that there is not could take nothing, which would look like safety.
        most_taken(&reading, service)?;
        let found = risk::simulate_slash(
            reading.state(),
            reading.view().block(),
            service,
            &operator,
            fraction,
        )?;
        let mut total = Amount::ZERO;
        for loss in &found.losses {
            total = total.checked_add(loss.value)?;
        }
        Ok(wire::SimulateSlashResponse {
            context: reading.context(),
            fraction_bps: u32::from(fraction.get()),
            losses: found
                .losses
                .iter()
                .map(|loss| convert::loss(&reading, loss))
                .collect(),
            total_value: total.to_string(),
            services: found.standings.iter().map(convert::standing).collect(),
        })
    }

    /// How the chain's own power is spread.
    fn of_chain(reading: &Reading) -> Result<wire::ConcentrationMetrics, Refusal> {
        let set = runtime::query::validator_set(reading.state(), reading.epoch())?;
        let members = set.map(|set| set.validators).unwrap_or_default();
        let parts: Vec<u128> = members
            .iter()
            .map(|member| u128::from(member.weight.get()))
            .collect();
        let third = Bps::new(THIRD).unwrap_or(Bps::ONE);
        let found = Concentration::of(&parts, third)?;
        Ok(convert::concentration(ServiceId::CONSENSUS, &found, third))
    }

    fn of_service(
        reading: &Reading,
        id: ServiceId,
        record: &dss::Record,
    ) -> Result<wire::ConcentrationMetrics, Refusal> {
        let stakes = risk::stakes(&reading.view(), id, record)?;
        let parts: Vec<u128> = stakes.iter().map(|(_, stake)| stake.get()).collect();
        let found = Concentration::of(&parts, record.terms.quorum)?;
        let cost = registry::cost_of_corruption(record, Amount::new(found.total))?;
        Ok(wire::ConcentrationMetrics {
            cost_of_corruption: cost.to_string(),
            profit_cap: record.terms.profit_cap.to_string(),
            ..convert::concentration(id, &found, record.terms.quorum)
        })
    }

    async fn metrics(
        &self,
        mut request: wire::ListConcentrationMetricsRequest,
    ) -> Result<wire::ListConcentrationMetricsResponse, Refusal> {
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let method = "ListConcentrationMetrics";
        let asked = Asked::<ServiceId>::new(method, &request, size, &token, MOST_SERVICES)?;
        let reading = self.0.reading_page(request.height, false, asked.height).await?;
        let mut metrics = Vec::new();
        let mut next_page_token = String::new();
        if let Some(number) = request.service_id {
            let id = ServiceId::new(number);
            metrics.push(if id == ServiceId::CONSENSUS {
                Self::of_chain(&reading)?
            } else {
                Self::of_service(&reading, id, &registry::known(&reading, id)?)?
            });
        } else {
            if asked.after.is_none() {
                metrics.push(Self::of_chain(&reading)?);
            }
            let found = dss::query::services(reading.state(), asked.after, asked.size)?;
            for (id, record) in &found {
                metrics.push(Self::of_service(&reading, *id, record)?);
            }
            next_page_token = asked.next(reading.height(), &found, |(id, _)| *id);
        }
        Ok(wire::ListConcentrationMetricsResponse {
            context: reading.context(),
            metrics,
            next_page_token,
        })
    }
}

#[tonic::async_trait]
impl RiskService for RiskApi {
    async fn get_exposure_graph(
        &self,
        request: Request<wire::GetExposureGraphRequest>,
    ) -> Result<Response<wire::GetExposureGraphResponse>, Status> {
        Ok(Response::new(self.graph(request.into_inner()).await?))
    }

    async fn simulate_slash(
        &self,
        request: Request<wire::SimulateSlashRequest>,
    ) -> Result<Response<wire::SimulateSlashResponse>, Status> {
        Ok(Response::new(self.simulate(request.into_inner()).await?))
    }

    async fn list_concentration_metrics(
        &self,
        request: Request<wire::ListConcentrationMetricsRequest>,
    ) -> Result<Response<wire::ListConcentrationMetricsResponse>, Status> {
        Ok(Response::new(self.metrics(request.into_inner()).await?))
    }
}
