//! EpochService.

use crate::api::Api;
use crate::convert::hash;
use crate::page::{self, Asked, Position};
use crate::reading::Reading;
use crate::refusal::{Refusal, status};
use primitives::{AccountId, Bytes32, ChainClock, Epoch, ServiceId};
use proto::epoch::v1 as wire;
use proto::epoch::v1::epoch_service_server::EpochService;
use proto::epoch::v1::{
    ChangeKind, GetEpochRequest, GetEpochResponse, ListEpochsRequest, ListEpochsResponse,
    ListPendingChangesRequest, ListPendingChangesResponse, PendingChange,
};
use runtime::vaults::VaultId;
use runtime::{delegation, dss, slashing, vaults};
use tonic::{Request, Response, Status};

/// A set is read for each.
const MAX_EPOCHS: usize = 200;

pub(crate) struct EpochApi(pub(crate) Api);

/// The place of a change among all: kind by kind, by when it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A pledge.
    Pledge((ChainClock, VaultId, ServiceId)),
    /// A membership.
    Membership((ChainClock, AccountId, ServiceId)),
    /// A withdrawal.
    Withdrawal((ChainClock, u64)),
    /// A slash that was asked for.
    Slash((ChainClock, u64)),
}

fn joined<K>((due, id, service): &(ChainClock, Bytes32<K>, ServiceId)) -> Vec<u8> {
    let mut bytes = due.get().to_be_bytes().to_vec();
    bytes.extend(id.as_bytes());
    bytes.extend(service.get().to_be_bytes());
    bytes
}

fn split<K>(bytes: &[u8]) -> Option<(ChainClock, Bytes32<K>, ServiceId)> {
    let (due, rest) = bytes.split_first_chunk()?;
    let (id, service) = rest.split_first_chunk::<32>()?;
    Some((
        ChainClock::new(u64::from_be_bytes(*due)),
        Bytes32::new(*id),
        ServiceId::new(u32::from_be_bytes(service.try_into().ok()?)),
    ))
}

fn numbered(bytes: &[u8]) -> Option<(ChainClock, u64)> {
    let (due, number) = bytes.split_first_chunk()?;
    Some((
        ChainClock::new(u64::from_be_bytes(*due)),
        u64::from_be_bytes(number.try_into().ok()?),
    ))
}

impl Position for Place {
    fn bytes(&self) -> Vec<u8> {
        let (kind, rest) = match self {
            Self::Pledge(place) => (0, joined(place)),
            Self::Membership(place) => (1, joined(place)),
            Self::Withdrawal((due, number)) | Self::Slash((due, number)) => {
                let kind = if matches!(self, Self::Withdrawal(_)) { 2 } else { 3 };
                (kind, [due.get().to_be_bytes(), number.to_be_bytes()].concat())
            }
        };
        [&[kind][..], &rest].concat()
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        match kind {
            0 => split(rest).map(Self::Pledge),
            1 => split(rest).map(Self::Membership),
            2 => numbered(rest).map(Self::Withdrawal),
            3 => numbered(rest).map(Self::Slash),
            _ => None,
        }
    }
}

/// At most `size` changes after `after`.
fn places(reading: &Reading, after: Option<Place>, size: usize) -> Result<Vec<Place>, Refusal> {
    let state = reading.state();
    let mut found = Vec::new();
    // Each kind starts from its own beginning, unless the page before ended inside it; kinds before that are done.
    let kind = after.map_or(0, |after| after.bytes().first().copied().unwrap_or_default());
    let room = |found: &Vec<Place>| size.saturating_sub(found.len());
    if kind == 0 {
        let from = match after {
            Some(Place::Pledge(place)) => Some(place),
            _ => None,
        };
        let some = delegation::query::changes(state, from, room(&found))?;
        found.extend(some.into_iter().map(Place::Pledge));
    }
    if kind <= 1 {
        let from = match after {
            Some(Place::Membership(place)) => Some(place),
            _ => None,
        };
        let some = delegation::query::leaving(state, from, room(&found))?;
        found.extend(some.into_iter().map(Place::Membership));
    }
    if kind <= 2 {
        let from = match after {
            Some(Place::Withdrawal(place)) => Some(place),
            _ => None,
        };
        let some = vaults::query::due(state, from, room(&found))?;
        found.extend(some.into_iter().map(Place::Withdrawal));
    }
    let from = match after {
        Some(Place::Slash(place)) => Some(place),
        _ => None,
    };
    let some = slashing::query::waiting(state, from, room(&found))?;
    found.extend(some.into_iter().map(Place::Slash));
    Ok(found)
}

fn pledge(
    reading: &Reading,
    (due, id, service): (ChainClock, VaultId, ServiceId),
) -> Result<PendingChange, Refusal> {
    let change = delegation::allocation(reading.state(), &id, service)?.pending;
    let vault = vaults::vault(reading.state(), &id)?;
    let text = change.map(|change| {
        let word = if change.up { "grows" } else { "shrinks" };
        format!(
            "the pledge to service {} {word} by {} of 10^18",
            service.get(),
            change.by
        )
    });
    Ok(PendingChange {
        kind: ChangeKind::Pledge.into(),
        due_ms: due.get(),
        operator: vault
            .map(|vault| reading.operator(&vault.operator))
            .unwrap_or_default(),
        vault: reading.vault(&id),
        service_id: Some(service.get()),
        text: text.unwrap_or_default(),
        ..PendingChange::default()
    })
}

fn withdrawal(reading: &Reading, (due, number): (ChainClock, u64)) -> Result<PendingChange, Refusal> {
    let entry = vaults::query::withdrawal(reading.state(), number)?;
    Ok(PendingChange {
        kind: ChangeKind::Withdrawal.into(),
        due_ms: due.get(),
        vault: entry
            .as_ref()
            .map(|entry| reading.vault(&entry.vault))
            .unwrap_or_default(),
        number,
        text: entry
            .map(|entry| format!("{} shares are paid", entry.shares))
            .unwrap_or_default(),
        ..PendingChange::default()
    })
}

fn slash(reading: &Reading, (due, number): (ChainClock, u64)) -> Result<PendingChange, Refusal> {
    let request = slashing::query::request(reading.state(), number)?;
    Ok(PendingChange {
        kind: ChangeKind::Slash.into(),
        due_ms: due.get(),
        operator: request
            .as_ref()
            .map(|one| reading.operator(&one.operator))
            .unwrap_or_default(),
        service_id: request.as_ref().map(|one| one.service.get()),
        number,
        text: request
            .map(|one| {
                format!(
                    "up to {} bps of {} vaults are taken unless it is vetoed",
                    one.fraction.get(),
                    one.vaults.len()
                )
            })
            .unwrap_or_default(),
        ..PendingChange::default()
    })
}

fn change(reading: &Reading, place: &Place) -> Result<PendingChange, Refusal> {
    match *place {
        Place::Pledge(place) => pledge(reading, place),
        Place::Membership((due, operator, service)) => Ok(PendingChange {
            kind: ChangeKind::Membership.into(),
            due_ms: due.get(),
            operator: reading.operator(&operator),
            service_id: Some(service.get()),
            text: format!("it is free of service {}", service.get()),
            ..PendingChange::default()
        }),
        Place::Withdrawal(place) => withdrawal(reading, place),
        Place::Slash(place) => slash(reading, place),
    }
}

impl EpochApi {
    async fn epoch(&self, reading: &Reading, epoch: Epoch) -> Result<Option<wire::Epoch>, Refusal> {
        let Some(handover) = self.0.backend.handover(epoch).await? else {
            return Ok(None);
        };
        let set = handover.set;
        let ended = dss::query::epoch_end(reading.state(), epoch)?;
        let powers = set.validators.iter().map(|one| one.weight.get());
        Ok(Some(wire::Epoch {
            epoch: epoch.get(),
            ends_at_ms: set.ends_at.get(),
            ended_at_ms: ended.map_or(0, ChainClock::get),
            validators: u32::try_from(set.validators.len()).unwrap_or(u32::MAX),
            total_power: powers.clone().fold(0, u64::saturating_add),
            largest_power: powers.max().unwrap_or(0),
            validators_root: hash(&set.root()),
            current: epoch == self.0.tip().epoch,
        }))
    }
}

#[tonic::async_trait]
impl EpochService for EpochApi {
    async fn get_epoch(
        &self,
        request: Request<GetEpochRequest>,
    ) -> Result<Response<GetEpochResponse>, Status> {
        let current = self.0.tip().epoch;
        let epoch = request.into_inner().epoch.map_or(current, Epoch::new);
        let reading = self.0.reading(0, false).await?;
        let found = self.epoch(&reading, epoch).await?;
        let found = found.ok_or_else(|| {
            let message = format!("epoch {epoch} has not begun: the current one is {current}");
            Refusal::not_found("EPOCH_NOT_FOUND", "epoch", &epoch.to_string(), message)
        })?;
        Ok(Response::new(GetEpochResponse {
            epoch: Some(found),
            chain_clock_ms: reading.now().get(),
        }))
    }

    async fn list_epochs(
        &self,
        request: Request<ListEpochsRequest>,
    ) -> Result<Response<ListEpochsResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<u64>::new("ListEpochs", &request, size, &token, MAX_EPOCHS)?;
        let reading = self.0.reading(0, false).await?;
        let mut next = match asked.after {
            Some(after) => after.checked_sub(1),
            None => Some(self.0.tip().epoch.get()),
        };
        let mut epochs = Vec::new();
        while let Some(number) = next.filter(|_| epochs.len() < asked.size) {
            epochs.extend(self.epoch(&reading, Epoch::new(number)).await?);
            next = number.checked_sub(1);
        }
        let token = next.map(|next| asked.token(reading.height(), &(next + 1)));
        Ok(Response::new(ListEpochsResponse {
            epochs,
            next_page_token: token.unwrap_or_default(),
        }))
    }

    async fn list_pending_changes(
        &self,
        request: Request<ListPendingChangesRequest>,
    ) -> Result<Response<ListPendingChangesResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<Place>::new("ListPendingChanges", &request, size, &token, page::MAX_SIZE)?;
        let reading = self.0.reading_page(request.height, false, asked.height).await?;
        let found = places(&reading, asked.after, asked.size).map_err(status)?;
        let changes = found.iter().map(|place| change(&reading, place));
        Ok(Response::new(ListPendingChangesResponse {
            context: reading.context(),
            changes: changes.collect::<Result<_, _>>().map_err(status)?,
            next_page_token: asked.next(reading.height(), &found, |place| *place),
        }))
    }
}
