//! PriceService.

use crate::api::Api;
use crate::convert::price as convert;
use crate::page::{self, Asked};
use crate::reading::Reading;
use crate::refusal::Refusal;
use primitives::AssetId;
use proto::oracle::v1::price_service_server::PriceService;
use proto::oracle::v1::{
    GetFeedRequest, GetFeedResponse, GetPriceRequest, GetPriceResponse, GetRoundRequest, GetRoundResponse,
    ListFeedsRequest, ListFeedsResponse, ListPricesRequest, ListPricesResponse, ListRoundsRequest,
    ListRoundsResponse, ListValuationsRequest, ListValuationsResponse,
};
use runtime::assets;
use runtime::oracle::{Feed, query};
use tonic::{Request, Response, Status};

/// Feeds that are looked at for one page, at most.
const MOST_SCANNED: usize = 10_000;

pub(crate) struct PriceApi(pub(crate) Api);

/// The feed of a number, or the refusal that says which there are.
fn known(reading: &Reading, number: u64) -> Result<Feed, Refusal> {
    query::feed(reading.state(), number)?.ok_or_else(|| {
        let message = format!("there is no feed {number}: ListFeeds has those that there are");
        Refusal::not_found("FEED_NOT_FOUND", "feed", &number.to_string(), message)
    })
}

impl PriceApi {
    async fn feed(&self, request: GetFeedRequest) -> Result<GetFeedResponse, Refusal> {
        let (number, reading) = (
            request.feed_id,
            self.0.reading(request.height, request.prove).await?,
        );
        let feed = known(&reading, number)?;
        let last = query::latest_price(reading.state(), number)?;
        let open = query::open_round(reading.state(), number)?;
        Ok(GetFeedResponse {
            context: reading.context(),
            feed: Some(convert::feed(number, &feed, last.as_ref())),
            open_round: open.map(|(number, round)| convert::round(number, &round)),
            proofs: reading.proofs([query::feed_key(number), query::price_key(number)])?,
        })
    }

    async fn feeds(&self, mut request: ListFeedsRequest) -> Result<ListFeedsResponse, Refusal> {
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<u64>::new("ListFeeds", &request, size, &token, page::MAX_SIZE)?;
        let reading = self
            .0
            .reading_page(request.height, request.prove, asked.height)
            .await?;
        let (mut found, mut place, mut scanned, mut more) = (Vec::new(), asked.after, 0, true);
        while more && found.len() < asked.size && scanned < MOST_SCANNED {
            let feeds = query::feeds(reading.state(), place, page::MAX_SIZE)?;
            more = !feeds.is_empty();
            for (number, feed) in feeds {
                scanned += 1;
                place = Some(number);
                if request.service_id.is_none_or(|one| one == feed.service.get()) {
                    let last = query::latest_price(reading.state(), number)?;
                    found.push(convert::feed(number, &feed, last.as_ref()));
                }
                if found.len() == asked.size {
                    break;
                }
            }
        }
        let keys = found.iter().map(|feed| query::feed_key(feed.feed_id));
        let proofs = reading.proofs(keys)?;
        Ok(ListFeedsResponse {
            context: reading.context(),
            feeds: found,
            proofs,
            next_page_token: place
                .filter(|_| more)
                .map(|place| asked.token(reading.height(), &place))
                .unwrap_or_default(),
        })
    }

    async fn round(&self, request: GetRoundRequest) -> Result<GetRoundResponse, Refusal> {
        let reading = self.0.reading(request.height, false).await?;
        known(&reading, request.feed_id)?;
        let (feed, number) = (request.feed_id, request.round);
        let round = query::round(reading.state(), feed, number)?.ok_or_else(|| {
            let message = format!(
                "feed {feed} has no round {number}, or it is forgotten: a round is kept as long as its faults may be shown"
            );
            Refusal::not_found("ROUND_NOT_FOUND", "round", &number.to_string(), message)
        })?;
        Ok(GetRoundResponse {
            context: reading.context(),
            round: Some(convert::round(number, &round)),
        })
    }

    async fn rounds(&self, mut request: ListRoundsRequest) -> Result<ListRoundsResponse, Refusal> {
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<u64>::new("ListRounds", &request, size, &token, page::MAX_SIZE)?;
        let reading = self.0.reading_page(request.height, false, asked.height).await?;
        known(&reading, request.feed_id)?;
        let found = query::rounds(reading.state(), request.feed_id, asked.after, asked.size)?;
        Ok(ListRoundsResponse {
            context: reading.context(),
            rounds: found
                .iter()
                .map(|(number, round)| convert::round(*number, round))
                .collect(),
            next_page_token: asked.next(reading.height(), &found, |(number, _)| *number),
        })
    }

    async fn price(&self, request: GetPriceRequest) -> Result<GetPriceResponse, Refusal> {
        let (number, reading) = (
            request.feed_id,
            self.0.reading(request.height, request.prove).await?,
        );
        known(&reading, number)?;
        let price = query::latest_price(reading.state(), number)?.ok_or_else(|| {
            let message =
                format!("feed {number} has no price yet: two thirds of what a round weighs must show one");
            Refusal::not_found("PRICE_NOT_FOUND", "feed", &number.to_string(), message)
        })?;
        let age = reading.now().get().saturating_sub(price.at.get());
        let lowest = query::lowest(reading.state(), number, reading.now())?;
        Ok(GetPriceResponse {
            context: reading.context(),
            price: Some(convert::price(&price)),
            age_ms: age,
            stale: age > assets::query::params(reading.state())?.stale_after.get(),
            lowest: lowest.map(|value| value.to_string()).unwrap_or_default(),
            proofs: reading.proofs([query::price_key(number)])?,
        })
    }

    async fn prices(&self, mut request: ListPricesRequest) -> Result<ListPricesResponse, Refusal> {
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<u64>::new("ListPrices", &request, size, &token, page::MAX_SIZE)?;
        let reading = self.0.reading_page(request.height, false, asked.height).await?;
        known(&reading, request.feed_id)?;
        let found = query::history(reading.state(), request.feed_id, asked.after, asked.size)?;
        Ok(ListPricesResponse {
            context: reading.context(),
            prices: found.iter().map(convert::price).collect(),
            next_page_token: asked.next(reading.height(), &found, |price| price.round),
        })
    }

    async fn valuations(
        &self,
        mut request: ListValuationsRequest,
    ) -> Result<ListValuationsResponse, Refusal> {
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<AssetId>::new("ListValuations", &request, size, &token, page::MAX_SIZE)?;
        let reading = self
            .0
            .reading_page(request.height, request.prove, asked.height)
            .await?;
        let entries = assets::query::assets(reading.state(), asked.after, asked.size)?;
        let sources = assets::query::sources(reading.state())?;
        let (mut valuations, mut keys) = (Vec::new(), Vec::new());
        for (asset, _) in &entries {
            if let Some(terms) = assets::terms(reading.state(), *asset)? {
                let source = sources.iter().find(|(one, _)| one == asset);
                valuations.push(convert::valuation(
                    *asset,
                    &terms,
                    source.map(|(_, source)| source),
                ));
                keys.push(assets::query::terms_key(*asset));
            }
        }
        let params = assets::query::params(reading.state())?;
        Ok(ListValuationsResponse {
            context: reading.context(),
            valuations,
            rise_bps: u32::from(params.rise.get()),
            decay_bps: u32::from(params.decay.get()),
            stale_after_ms: params.stale_after.get(),
            proofs: reading.proofs(keys)?,
            next_page_token: asked.next(reading.height(), &entries, |(asset, _)| *asset),
        })
    }
}

#[tonic::async_trait]
impl PriceService for PriceApi {
    async fn get_feed(&self, request: Request<GetFeedRequest>) -> Result<Response<GetFeedResponse>, Status> {
        Ok(Response::new(self.feed(request.into_inner()).await?))
    }

    async fn list_feeds(
        &self,
        request: Request<ListFeedsRequest>,
    ) -> Result<Response<ListFeedsResponse>, Status> {
        Ok(Response::new(self.feeds(request.into_inner()).await?))
    }

    async fn get_round(
        &self,
        request: Request<GetRoundRequest>,
    ) -> Result<Response<GetRoundResponse>, Status> {
        Ok(Response::new(self.round(request.into_inner()).await?))
    }

    async fn list_rounds(
        &self,
        request: Request<ListRoundsRequest>,
    ) -> Result<Response<ListRoundsResponse>, Status> {
        Ok(Response::new(self.rounds(request.into_inner()).await?))
    }

    async fn get_price(
        &self,
        request: Request<GetPriceRequest>,
    ) -> Result<Response<GetPriceResponse>, Status> {
        Ok(Response::new(self.price(request.into_inner()).await?))
    }

    async fn list_prices(
        &self,
        request: Request<ListPricesRequest>,
    ) -> Result<Response<ListPricesResponse>, Status> {
        Ok(Response::new(self.prices(request.into_inner()).await?))
    }

    async fn list_valuations(
        &self,
        request: Request<ListValuationsRequest>,
    ) -> Result<Response<ListValuationsResponse>, Status> {
        Ok(Response::new(self.valuations(request.into_inner()).await?))
    }
}
