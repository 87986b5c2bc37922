//! LedgerService.

use crate::api::Api;
use crate::backend::Place;
use crate::convert::{address, ledger, parse_hash, proof};
use crate::cursor::EventPlace;
use crate::page::{self, Asked, PAGE_BYTES};
use crate::refusal::{Refusal, status};
use crate::services::filter::Filter;
use crate::services::scan;
use primitives::{Epoch, Height};
use prost::Message;
use proto::ledger::v1::ledger_service_server::LedgerService;
use proto::ledger::v1::{
    BatchGetTransactionsRequest, BatchGetTransactionsResponse, BlockView, GetBlockRequest, GetBlockResponse,
    GetFinalityCertificateRequest, GetFinalityCertificateResponse, GetTransactionRequest,
    GetTransactionResponse, GetValidatorSetRequest, GetValidatorSetResponse, ListBlocksRequest,
    ListBlocksResponse, ListEventsRequest, ListEventsResponse, ListHandoversRequest, ListHandoversResponse,
    ListTransactionsRequest, ListTransactionsResponse, QueryStateRequest, QueryStateResponse,
    TransactionLookup, get_block_request, transaction_lookup,
};
use tonic::{Request, Response, Status};

/// The most transactions of one batch.
const MAX_BATCH: usize = 100;
/// The most hand-overs on a page: each holds a whole set.
const MAX_HANDOVERS: usize = 100;
/// The longest raw key.
const MAX_KEY: usize = 256;

pub(crate) struct LedgerApi(pub(crate) Api);

/// Whether a block is wanted with its transactions.
pub(crate) fn full_view(view: i32) -> Result<bool, Refusal> {
    match BlockView::try_from(view) {
        Ok(BlockView::Full) => Ok(true),
        Ok(BlockView::Basic | BlockView::Unspecified) => Ok(false),
        Err(_) => Err(Refusal::field("view", format!("{view} is no view"))),
    }
}

impl LedgerApi {
    async fn lookup(&self, tx_hash: &bytes::Bytes) -> TransactionLookup {
        let found = async {
            let (record, place) = self.0.find(parse_hash("tx_hashes", tx_hash)?).await?;
            self.0.transaction(&record.block, place)
        };
        let result = match found.await {
            Ok(transaction) => transaction_lookup::Result::Transaction(transaction),
            Err(refusal) => transaction_lookup::Result::Problem(refusal.into_problem()),
        };
        TransactionLookup {
            tx_hash: tx_hash.clone(),
            result: Some(result),
        }
    }

    /// The highest and lowest block that a list goes through: 0 for the most there is.
    fn bounds(&self, highest: u64, lowest: u64) -> (Height, Height) {
        let tip = self.0.tip();
        let highest = if highest == 0 {
            tip.height
        } else {
            tip.height.min(Height::new(highest))
        };
        (highest, tip.earliest_block.max(Height::new(lowest.max(1))))
    }

    async fn list_account_transactions(
        &self,
        request: &ListTransactionsRequest,
        asked: &Asked<Place>,
        (highest, lowest): (Height, Height),
    ) -> Result<(Vec<proto::ledger::v1::Transaction>, Option<Place>), Refusal> {
        if request.address.is_empty() {
            return scan::transactions(&self.0, &(lowest..=highest), asked.after, asked.size).await;
        }
        let account = address::account("address", self.0.network(), &request.address)?;
        let places = self
            .0
            .backend
            .account_places(account, lowest..=highest, asked.after, asked.size)
            .await?;
        let (found, cut) = scan::at_places(&self.0, &places.places, asked.size).await?;
        Ok((found, cut.or(places.next)))
    }
}

#[tonic::async_trait]
impl LedgerService for LedgerApi {
    async fn get_block(
        &self,
        request: Request<GetBlockRequest>,
    ) -> Result<Response<GetBlockResponse>, Status> {
        let GetBlockRequest { block, view } = request.into_inner();
        let full = full_view(view)?;
        let height = match block {
            None => self.0.block_height(0)?,
            Some(get_block_request::Block::Height(height)) => self.0.block_height(height)?,
            Some(get_block_request::Block::Hash(hash)) => {
                let hash = parse_hash("hash", &hash)?;
                let found = self.0.backend.height_of(hash).await.map_err(status)?;
                let tip = self.0.tip();
                found
                    .filter(|height| (tip.earliest_block..=tip.height).contains(height))
                    .ok_or_else(|| {
                        let message = format!("no final block that this node holds has the hash {hash}");
                        Refusal::not_found("BLOCK_NOT_FOUND", "block", &hash.to_string(), message)
                    })?
            }
        };
        let record = self.0.block(height).await?;
        Ok(Response::new(GetBlockResponse {
            block: Some(ledger::block(self.0.network(), &record.block, full)),
        }))
    }

    async fn list_blocks(
        &self,
        request: Request<ListBlocksRequest>,
    ) -> Result<Response<ListBlocksResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<u64>::new("ListBlocks", &request, size, &token, page::MAX_SIZE)?;
        let (highest, lowest) = self.bounds(request.max_height, 0);
        let from = asked.after.map_or(highest, |from| highest.min(Height::new(from)));
        let (blocks, next) = scan::blocks(&self.0, from, lowest, asked.size).await?;
        let first = asked.height.unwrap_or(highest);
        let next = next
            .map(|height| asked.token(first, &height.get()))
            .unwrap_or_default();
        Ok(Response::new(ListBlocksResponse {
            blocks,
            next_page_token: next,
        }))
    }

    async fn get_transaction(
        &self,
        request: Request<GetTransactionRequest>,
    ) -> Result<Response<GetTransactionResponse>, Status> {
        let GetTransactionRequest { tx_hash, prove } = request.into_inner();
        let (record, place) = self.0.find(parse_hash("tx_hash", &tx_hash)?).await?;
        let (mut inclusion, mut finality) = (None, None);
        if prove {
            inclusion = record.inclusion(place.index);
            finality = Some(self.0.finality(&record).await?);
        }
        let transaction = Some(self.0.transaction(&record.block, place)?);
        Ok(Response::new(GetTransactionResponse {
            transaction,
            inclusion,
            finality,
        }))
    }

    async fn batch_get_transactions(
        &self,
        request: Request<BatchGetTransactionsRequest>,
    ) -> Result<Response<BatchGetTransactionsResponse>, Status> {
        let tx_hashes = request.into_inner().tx_hashes;
        if !(1..=MAX_BATCH).contains(&tx_hashes.len()) {
            let problem = format!("{} ids, expected 1 to {MAX_BATCH}", tx_hashes.len());
            return Err(Refusal::field("tx_hashes", problem).into());
        }
        let mut results = Vec::with_capacity(tx_hashes.len());
        for tx_hash in &tx_hashes {
            results.push(self.lookup(tx_hash).await);
        }
        Ok(Response::new(BatchGetTransactionsResponse { results }))
    }

    async fn list_transactions(
        &self,
        request: Request<ListTransactionsRequest>,
    ) -> Result<Response<ListTransactionsResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<Place>::new("ListTransactions", &request, size, &token, page::MAX_SIZE)?;
        let bounds = self.bounds(request.max_height, request.min_height);
        let (transactions, next) = self.list_account_transactions(&request, &asked, bounds).await?;
        let first = asked.height.unwrap_or(bounds.0);
        let next = next.map(|place| asked.token(first, &place)).unwrap_or_default();
        Ok(Response::new(ListTransactionsResponse {
            transactions,
            next_page_token: next,
        }))
    }

    async fn list_events(
        &self,
        request: Request<ListEventsRequest>,
    ) -> Result<Response<ListEventsResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<Place>::new("ListEvents", &request, size, &token, page::MAX_SIZE)?;
        let filter = Filter::new(request.filter.take())?;
        // The first page fixes where the list ends.
        let (latest, earliest) = self.bounds(request.to_height, 0);
        let highest = asked.height.unwrap_or(latest);
        let from = match asked.after {
            Some(place) => EventPlace {
                height: place.height,
                index: place.index,
            },
            None if request.from_height == 0 => EventPlace::start(earliest),
            None => EventPlace::start(self.0.block_height(request.from_height)?),
        };
        let (events, next) = scan::events(&self.0, from, highest, &filter, asked.size).await?;
        let next = next.map(|EventPlace { height, index }| asked.token(highest, &Place { height, index }));
        Ok(Response::new(ListEventsResponse {
            events,
            next_page_token: next.unwrap_or_default(),
        }))
    }

    async fn get_finality_certificate(
        &self,
        request: Request<GetFinalityCertificateRequest>,
    ) -> Result<Response<GetFinalityCertificateResponse>, Status> {
        let height = self.0.block_height(request.into_inner().height)?;
        let record = self.0.block(height).await?;
        let finality = Some(self.0.finality(&record).await?);
        Ok(Response::new(GetFinalityCertificateResponse { finality }))
    }

    async fn get_validator_set(
        &self,
        request: Request<GetValidatorSetRequest>,
    ) -> Result<Response<GetValidatorSetResponse>, Status> {
        let epoch = request.into_inner().epoch.map_or(self.0.tip().epoch, Epoch::new);
        let handover = self.0.backend.handover(epoch).await.map_err(status)?;
        let handover = handover.ok_or_else(|| {
            let message = format!(
                "epoch {epoch} has not begun: the current one is {}",
                self.0.tip().epoch
            );
            Refusal::not_found("EPOCH_NOT_FOUND", "epoch", &epoch.to_string(), message)
        })?;
        let validator_set = Some(ledger::validator_set(&handover.set));
        Ok(Response::new(GetValidatorSetResponse { validator_set }))
    }

    async fn list_handovers(
        &self,
        request: Request<ListHandoversRequest>,
    ) -> Result<Response<ListHandoversResponse>, Status> {
        let mut request = request.into_inner();
        let (size, token) = page::take(&mut request.page_size, &mut request.page_token);
        let asked = Asked::<u64>::new("ListHandovers", &request, size, &token, MAX_HANDOVERS)?;
        let mut epoch = asked.after.unwrap_or(request.from_epoch);
        let (mut handovers, mut bytes) = (Vec::new(), 0);
        let mut next = String::new();
        while let Some(handover) = self.0.backend.handover(Epoch::new(epoch)).await.map_err(status)? {
            if handovers.len() == asked.size || bytes > PAGE_BYTES {
                next = asked.token(self.0.tip().height, &epoch);
                break;
            }
            let handover = ledger::handover(&handover);
            bytes += handover.encoded_len();
            handovers.push(handover);
            epoch = epoch.saturating_add(1);
        }
        Ok(Response::new(ListHandoversResponse {
            handovers,
            next_page_token: next,
        }))
    }

    async fn query_state(
        &self,
        request: Request<QueryStateRequest>,
    ) -> Result<Response<QueryStateResponse>, Status> {
        let QueryStateRequest { key, height, prove } = request.into_inner();
        if !(1..=MAX_KEY).contains(&key.len()) {
            let problem = format!("{} bytes, expected 1 to {MAX_KEY}", key.len());
            return Err(Refusal::field("key", problem).into());
        }
        let read = self
            .0
            .backend
            .entry(proof::at(height, prove), key.to_vec())
            .await
            .map_err(status)?;
        let shown = read.proofs.first();
        Ok(Response::new(QueryStateResponse {
            context: Some(proof::context(&read.context)),
            proof: shown.map(|entry| proof::state(&entry.proof, &key, entry.value.as_deref())),
            value: read.value.map(Into::into),
        }))
    }
}
