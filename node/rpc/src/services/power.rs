//! Where validators' power comes from: the part of ValidatorService that explains it.

use crate::api::Api;
use crate::convert::{address, power as convert};
use crate::page::{self, Asked};
use crate::reading::Reading;
use crate::refusal::Refusal;
use primitives::{AccountId, Epoch};
use proto::staking::v1::{ExplainPowerRequest, ExplainPowerResponse, ListPowersRequest, ListPowersResponse};
use runtime::service_consensus::query;
use runtime::staking;

/// Records hold every vault of a validator.
const MOST: usize = 200;

fn epoch_of(reading: &Reading, asked: Option<u64>) -> Epoch {
    asked.map_or_else(|| reading.epoch(), Epoch::new)
}

fn unknown(reading: &Reading, epoch: Epoch) -> Refusal {
    let message = format!(
        "what power was made of in epoch {epoch} is not known: at height {} the epoch is {}, and eight are kept, the next \
         among them",
        reading.height(),
        reading.epoch()
    );
    Refusal::not_found("POWER_NOT_KNOWN", "epoch", &epoch.to_string(), message)
}

/// Where a validator's power comes from.
pub(super) async fn explain(
    api: &Api,
    request: ExplainPowerRequest,
) -> Result<ExplainPowerResponse, Refusal> {
    let network = api.network();
    let operator = address::operator("validator", network, &request.validator)?;
    let reading = api.reading(request.height, request.prove).await?;
    let epoch = epoch_of(&reading, request.epoch);
    let found = query::explain(&reading.view(), &operator, epoch)?.ok_or_else(|| unknown(&reading, epoch))?;
    if found.record.is_none() && staking::query::validator(&reading.view(), &operator)?.is_none() {
        let name = address::operator_text(network, &operator);
        let message = format!("{name} has registered no validator");
        return Err(Refusal::not_found(
            "VALIDATOR_NOT_FOUND",
            "validator",
            &name,
            message,
        ));
    }
    let mut power = convert::record(&reading, &operator, found.record.as_ref());
    if let Some(record) = &found.record {
        power.parts = convert::parts(&reading, &found.epoch, record);
    }
    let set = staking::set_of(&reading.view(), epoch)?;
    let weights = set
        .iter()
        .flat_map(|set| &set.validators)
        .map(|one| one.weight.get());
    Ok(ExplainPowerResponse {
        context: reading.context(),
        epoch: Some(convert::epoch(epoch, &found.epoch)),
        power: Some(power),
        weight: found.weight.get(),
        total_weight: weights.fold(0, u64::saturating_add),
        proofs: reading.proofs([query::epoch_key(epoch), query::record_key(epoch, &operator)])?,
    })
}

/// What every validator's power was made of.
pub(super) async fn list(api: &Api, mut request: ListPowersRequest) -> Result<ListPowersResponse, Refusal> {
    let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
    let asked = Asked::<AccountId>::new("ListPowers", &request, size, &token, MOST)?;
    let reading = api
        .reading_page(request.height, request.prove, asked.height)
        .await?;
    let epoch = epoch_of(&reading, request.epoch);
    let power = query::epoch(reading.state(), epoch)?.ok_or_else(|| unknown(&reading, epoch))?;
    let found = query::records(reading.state(), epoch, asked.after.as_ref(), asked.size)?;
    if found.is_empty() && asked.after.is_none() {
        return Err(unknown(&reading, epoch));
    }
    let keys = found
        .iter()
        .map(|(operator, _)| query::record_key(epoch, operator));
    Ok(ListPowersResponse {
        context: reading.context(),
        epoch: Some(convert::epoch(epoch, &power)),
        powers: found
            .iter()
            .map(|(operator, record)| convert::record(&reading, operator, Some(record)))
            .collect(),
        proofs: reading.proofs(std::iter::once(query::epoch_key(epoch)).chain(keys))?,
        next_page_token: asked.next(reading.height(), &found, |(operator, _)| *operator),
    })
}
