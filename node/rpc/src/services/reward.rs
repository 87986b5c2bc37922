//! RewardService.

use crate::api::Api;
use crate::convert::{address, reward as convert};
use crate::page::{self, Asked, Position};
use crate::refusal::Refusal;
use crate::services::vault;
use primitives::{AssetId, Epoch, Height, ServiceId};
use proto::reward::v1::reward_service_server::RewardService;
use proto::reward::v1::{
    Claimable, Distribution, GetClaimableRewardsRequest, GetClaimableRewardsResponse,
    ListDistributionsRequest, ListDistributionsResponse, ListRewardsRequest, ListRewardsResponse, Reward,
};
use runtime::rewards::query::{self, PoolKey};
use tonic::{Request, Response, Status};

/// Pools that are looked at for one page, at most.
const MOST_SCANNED: usize = 10_000;
/// Blocks that are read for one page of distributions, at most.
const MOST_BLOCKS: u64 = 5_000;

pub(crate) struct RewardApi(pub(crate) Api);

impl Position for PoolKey {
    fn bytes(&self) -> Vec<u8> {
        [self.0.bytes(), self.1.bytes(), self.2.bytes()].concat()
    }
    fn parse(bytes: &[u8]) -> Option<Self> {
        let (epoch, rest) = bytes.split_at_checked(8)?;
        let (service, asset) = rest.split_at_checked(4)?;
        Some((
            Epoch::parse(epoch)?,
            ServiceId::parse(service)?,
            AssetId::parse(asset)?,
        ))
    }
}

impl RewardApi {
    async fn list(&self, mut request: ListRewardsRequest) -> Result<ListRewardsResponse, Refusal> {
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<PoolKey>::new("ListRewards", &request, size, &token, page::MAX_SIZE)?;
        let reading = self
            .0
            .reading_page(request.height, request.prove, asked.height)
            .await?;
        let (mut found, mut place, mut scanned, mut more) = (Vec::new(), asked.after, 0, true);
        while more && found.len() < asked.size && scanned < MOST_SCANNED {
            let pools = query::pools(reading.state(), place.as_ref(), page::MAX_SIZE)?;
            more = !pools.is_empty();
            for (key, amount) in pools {
                scanned += 1;
                place = Some(key);
                if request.service_id.is_none_or(|one| one == key.1.get()) {
                    found.push((key, amount));
                }
                if found.len() == asked.size {
                    break;
                }
            }
        }
        let rewards = found.iter().map(|((epoch, service, asset), amount)| Reward {
            epoch: epoch.get(),
            service_id: service.get(),
            asset_id: asset.get(),
            amount: amount.to_string(),
        });
        Ok(ListRewardsResponse {
            context: reading.context(),
            rewards: rewards.collect(),
            proofs: reading.proofs(found.iter().map(|(key, _)| query::pool_key(key)))?,
            next_page_token: place
                .filter(|_| more)
                .map(|place| asked.token(reading.height(), &place))
                .unwrap_or_default(),
        })
    }

    async fn distributions(
        &self,
        mut request: ListDistributionsRequest,
    ) -> Result<ListDistributionsResponse, Refusal> {
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<u64>::new("ListDistributions", &request, size, &token, page::MAX_SIZE)?;
        if self.0.tip().height.is_zero() {
            return Ok(ListDistributionsResponse::default());
        }
        let from = match asked.after {
            Some(height) => Height::new(height),
            None => self.0.block_height(request.max_height)?,
        };
        let lowest = self.0.tip().earliest_block.get().max(1);
        let mut found: Vec<Distribution> = Vec::new();
        let (mut height, mut read) = (from.get(), 0);
        while height >= lowest && read < MOST_BLOCKS && found.len() < asked.size {
            let record = self.0.block(Height::new(height)).await?;
            let block = &record.block;
            found.extend(convert::distributions(
                self.0.network(),
                block,
                request.service_id,
            ));
            height -= 1;
            read += 1;
        }
        Ok(ListDistributionsResponse {
            distributions: found,
            next_page_token: if height >= lowest {
                asked.token(from, &height)
            } else {
                String::new()
            },
        })
    }

    async fn claimable(
        &self,
        request: GetClaimableRewardsRequest,
    ) -> Result<GetClaimableRewardsResponse, Refusal> {
        let network = self.0.network();
        let id = address::vault("vault", network, &request.vault)?;
        let account = address::account("account", network, &request.account)?;
        let reading = self.0.reading(request.height, false).await?;
        vault::known(&reading, &id)?;
        let found = query::claimable(reading.state(), &id, &account)?;
        let claimable = found.iter().map(|coin| Claimable {
            asset_id: coin.asset.get(),
            amount: coin.amount.to_string(),
        });
        Ok(GetClaimableRewardsResponse {
            context: reading.context(),
            claimable: claimable.collect(),
        })
    }
}

#[tonic::async_trait]
impl RewardService for RewardApi {
    async fn list_rewards(
        &self,
        request: Request<ListRewardsRequest>,
    ) -> Result<Response<ListRewardsResponse>, Status> {
        Ok(Response::new(self.list(request.into_inner()).await?))
    }

    async fn list_distributions(
        &self,
        request: Request<ListDistributionsRequest>,
    ) -> Result<Response<ListDistributionsResponse>, Status> {
        Ok(Response::new(self.distributions(request.into_inner()).await?))
    }

    async fn get_claimable_rewards(
        &self,
        request: Request<GetClaimableRewardsRequest>,
    ) -> Result<Response<GetClaimableRewardsResponse>, Status> {
        Ok(Response::new(self.claimable(request.into_inner()).await?))
    }
}
