//! SlashingService.

use crate::api::Api;
use crate::convert::{address, slash as convert};
use crate::page::{self, Asked};
use crate::reading::Reading;
use crate::refusal::Refusal;
use crate::services::vault;
use convert::Wanted;
use primitives::{ChainClock, Epoch, Height, ServiceId};
use proto::slash::v1::slashing_service_server::SlashingService;
use proto::slash::v1::{
    GetPendingSlashRequest, GetPendingSlashResponse, GetSlashRequest, GetSlashResponse, JailCause,
    ListEvidenceRequest, ListEvidenceResponse, ListPendingSlashesRequest, ListPendingSlashesResponse,
    ListSlashesRequest, ListSlashesResponse, Slash, SlashableAtRequest, SlashableAtResponse,
    WhyJailedRequest, WhyJailedResponse,
};
use runtime::slashing::query;
use runtime::staking::{Jail, ValidatorRecord};
use runtime::{assets, delegation, dss, staking};
use tonic::{Request, Response, Status};

/// Blocks that are read for one page of slashes, at most.
const MOST_BLOCKS: u64 = 5_000;
/// Requests that are looked at for one page, at most.
const MOST_SCANNED: usize = 10_000;
/// Epochs back that are looked at for offences.
const MOST_EPOCHS: u64 = 256;

pub(crate) struct SlashingApi(pub(crate) Api);

impl SlashingApi {
    /// Slashes from `from` down, at most `size` whole blocks' worth, and the height to go on below.
    async fn walk(
        &self,
        from: Height,
        wanted: &Wanted,
        size: usize,
    ) -> Result<(Vec<Slash>, Option<Height>), Refusal> {
        let lowest = self.0.tip().earliest_block.get().max(1);
        let mut found = Vec::new();
        let mut height = from.get();
        for _ in 0..MOST_BLOCKS {
            if height < lowest {
                return Ok((found, None));
            }
            if found.len() >= size {
                break;
            }
            let record = self.0.block(Height::new(height)).await?;
            found.extend(convert::slashes(self.0.network(), &record.block, wanted));
            height -= 1;
        }
        let next = Some(Height::new(height)).filter(|_| height >= lowest);
        Ok((found, next))
    }

    async fn list(&self, mut request: ListSlashesRequest) -> Result<ListSlashesResponse, Refusal> {
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<u64>::new("ListSlashes", &request, size, &token, page::MAX_SIZE)?;
        let network = self.0.network();
        let mut wanted = Wanted {
            service: request.service_id,
            ..Wanted::default()
        };
        if !request.operator.is_empty() {
            wanted.operator = Some(address::operator("operator", network, &request.operator)?);
        }
        if !request.vault.is_empty() {
            wanted.vault = Some(address::vault("vault", network, &request.vault)?);
        }
        if self.0.tip().height.is_zero() {
            return Ok(ListSlashesResponse::default());
        }
        let from = match asked.after {
            Some(height) => Height::new(height),
            None => self.0.block_height(request.max_height)?,
        };
        let (slashes, next) = self.walk(from, &wanted, asked.size).await?;
        Ok(ListSlashesResponse {
            slashes,
            next_page_token: next
                .map(|height| asked.token(from, &height.get()))
                .unwrap_or_default(),
        })
    }

    async fn evidence(&self, request: ListEvidenceRequest) -> Result<ListEvidenceResponse, Refusal> {
        let reading = self.0.reading(request.height, false).await?;
        let epoch = request.epoch.map_or(reading.epoch(), Epoch::new);
        let service = ServiceId::new(request.service_id);
        let evidence = if service == ServiceId::CONSENSUS {
            let mut found = Vec::new();
            let set = runtime::query::validator_set(reading.state(), epoch)?;
            for member in set.map(|set| set.validators).unwrap_or_default() {
                if let Some(one) = staking::query::conviction(&reading.view(), epoch, &member.operator)? {
                    found.push(convert::contradiction(&reading, &member.operator, &one));
                }
            }
            found
        } else {
            let found = dss::query::convictions(reading.state(), service, epoch)?;
            found.iter().map(|one| convert::evidence(&reading, one)).collect()
        };
        Ok(ListEvidenceResponse {
            context: reading.context(),
            epoch: epoch.get(),
            evidence,
        })
    }

    async fn pending(
        &self,
        mut request: ListPendingSlashesRequest,
    ) -> Result<ListPendingSlashesResponse, Refusal> {
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<u64>::new("ListPendingSlashes", &request, size, &token, page::MAX_SIZE)?;
        let wanted = convert::parse_ending(request.ending)?;
        let reading = self.0.reading_page(request.height, false, asked.height).await?;
        let (mut found, mut place, mut scanned, mut more) = (Vec::new(), asked.after, 0, true);
        while more && found.len() < asked.size && scanned < MOST_SCANNED {
            let page = query::requests(reading.state(), place, page::MAX_SIZE)?;
            more = !page.is_empty();
            for (number, request) in page {
                scanned += 1;
                place = Some(number);
                if wanted.is_none_or(|wanted| wanted == request.ending) {
                    found.push(convert::pending(&reading, number, &request)?);
                }
                if found.len() == asked.size {
                    break;
                }
            }
        }
        Ok(ListPendingSlashesResponse {
            context: reading.context(),
            pending_slashes: found,
            next_page_token: place
                .filter(|_| more)
                .map(|place| asked.token(reading.height(), &place))
                .unwrap_or_default(),
        })
    }

    async fn slashable(&self, request: SlashableAtRequest) -> Result<SlashableAtResponse, Refusal> {
        let id = address::vault("vault", self.0.network(), &request.vault)?;
        let reading = self.0.reading(request.height, false).await?;
        let found = vault::known(&reading, &id)?;
        let service = ServiceId::new(request.service_id);
        let now = reading.now();
        let (at, amount) = match request.chain_time_ms {
            0 => (now, delegation::slashable(reading.state(), &id, service)?),
            ms if ms > now.get() => {
                let problem = format!("the chain clock stands at {} ms", now.get());
                return Err(Refusal::field("chain_time_ms", problem));
            }
            ms => {
                let at = ChainClock::new(ms);
                let amount = delegation::slashable_at(reading.state(), &id, service, at)?;
                (at, amount)
            }
        };
        Ok(SlashableAtResponse {
            context: reading.context(),
            chain_time_ms: at.get(),
            asset_id: found.asset.get(),
            amount: amount.to_string(),
            value: assets::value(reading.state(), found.asset, amount)?.to_string(),
            reportable: delegation::reportable(reading.state(), at, now)?,
        })
    }

    async fn why(&self, request: WhyJailedRequest) -> Result<WhyJailedResponse, Refusal> {
        let network = self.0.network();
        let operator = address::operator("validator", network, &request.validator)?;
        let reading = self.0.reading(request.height, false).await?;
        let found = staking::query::validator(&reading.view(), &operator)?;
        let record = found.ok_or_else(|| {
            let name = reading.operator(&operator);
            let message = format!("{name} has registered no validator");
            Refusal::not_found("VALIDATOR_NOT_FOUND", "validator", &name, message)
        })?;
        let mut causes = Vec::new();
        let last = reading.epoch().get();
        for epoch in (last.saturating_sub(MOST_EPOCHS)..=last).map(Epoch::new) {
            let found = staking::query::conviction(&reading.view(), epoch, &operator)?;
            causes.extend(found.map(|one| convert::cause(epoch, &one)));
        }
        let duty = staking::query::duty(&reading.view(), &operator)?;
        let (reason, remedy) = words(&reading, &record, &causes);
        Ok(WhyJailedResponse {
            context: reading.context(),
            jailed: record.is_jailed(),
            forever: record.jail == Some(Jail::Forever),
            until_ms: match record.jail {
                Some(Jail::Until(until)) => until.get(),
                Some(Jail::Forever) | None => 0,
            },
            reason,
            remedy,
            causes,
            led_views: u64::from(duty.led),
            missed_views: u64::from(duty.missed),
            idle_epochs: u32::from(duty.idle),
        })
    }
}

/// Why a validator is kept out, and what to do about it.
fn words(reading: &Reading, record: &ValidatorRecord, causes: &[JailCause]) -> (String, String) {
    match record.jail {
        None => (String::new(), String::new()),
        Some(Jail::Forever) => {
            let shown = causes.last().map_or_else(
                || "it contradicted itself; what it did is too long ago to be remembered".to_owned(),
                |cause| {
                    format!(
                        "it contradicted itself in epoch {}, view {} ({}), shown at height {}",
                        cause.epoch, cause.view, cause.offence, cause.height
                    )
                },
            );
            let remedy =
                "it never votes again with this operator: withdraw what is left, and register another";
            (shown, remedy.to_owned())
        }
        Some(Jail::Until(until)) => {
            let reason =
                "it missed too many views that it was to lead, or gave no sign of it for too many epochs";
            let left = until.get().saturating_sub(reading.now().get());
            let remedy = if left == 0 {
                "`palisade validator unjail` lets it out".to_owned()
            } else {
                format!(
                    "in {} s of chain time `palisade validator unjail` lets it out",
                    left.div_ceil(1_000)
                )
            };
            (reason.to_owned(), remedy)
        }
    }
}

#[tonic::async_trait]
impl SlashingService for SlashingApi {
    async fn get_slash(
        &self,
        request: Request<GetSlashRequest>,
    ) -> Result<Response<GetSlashResponse>, Status> {
        let GetSlashRequest { height, index } = request.into_inner();
        let record = self.0.block(self.0.block_height(height)?).await?;
        let all = convert::slashes(self.0.network(), &record.block, &Wanted::default());
        let slash = all.into_iter().find(|one| one.index == index).ok_or_else(|| {
            let name = format!("{height}/{index}");
            let message = format!("nothing was taken by event {index} of block {height}");
            Refusal::not_found("SLASH_NOT_FOUND", "slash", &name, message)
        })?;
        Ok(Response::new(GetSlashResponse { slash: Some(slash) }))
    }

    async fn list_slashes(
        &self,
        request: Request<ListSlashesRequest>,
    ) -> Result<Response<ListSlashesResponse>, Status> {
        Ok(Response::new(self.list(request.into_inner()).await?))
    }

    async fn list_evidence(
        &self,
        request: Request<ListEvidenceRequest>,
    ) -> Result<Response<ListEvidenceResponse>, Status> {
        Ok(Response::new(self.evidence(request.into_inner()).await?))
    }

    async fn get_pending_slash(
        &self,
        request: Request<GetPendingSlashRequest>,
    ) -> Result<Response<GetPendingSlashResponse>, Status> {
        let request = request.into_inner();
        let number = request.slash_id;
        let reading = self.0.reading(request.height, request.prove).await?;
        let found = query::request(reading.state(), number).map_err(Refusal::from)?;
        let found = found.ok_or_else(|| {
            let message = format!("nobody asked for a slash {number}");
            Refusal::not_found("SLASH_NOT_FOUND", "slash", &number.to_string(), message)
        })?;
        Ok(Response::new(GetPendingSlashResponse {
            context: reading.context(),
            pending_slash: Some(convert::pending(&reading, number, &found)?),
            proofs: reading.proofs([query::request_key(number)])?,
        }))
    }

    async fn list_pending_slashes(
        &self,
        request: Request<ListPendingSlashesRequest>,
    ) -> Result<Response<ListPendingSlashesResponse>, Status> {
        Ok(Response::new(self.pending(request.into_inner()).await?))
    }

    async fn slashable_at(
        &self,
        request: Request<SlashableAtRequest>,
    ) -> Result<Response<SlashableAtResponse>, Status> {
        Ok(Response::new(self.slashable(request.into_inner()).await?))
    }

    async fn why_jailed(
        &self,
        request: Request<WhyJailedRequest>,
    ) -> Result<Response<WhyJailedResponse>, Status> {
        Ok(Response::new(self.why(request.into_inner()).await?))
    }
}
