//! TransactionService.

use crate::api::Api;
use crate::backend::Place;
use crate::convert::{address, hash, parse_hash, proof, receipt, transaction};
use crate::refusal::{Refusal, status};
use crate::services::follow::{self, Follow};
use crate::stream::{self, Frames};
use bytes::Bytes;
use primitives::{AccountId, Gas, Height, TxId};
use proto::tx::v1::transaction_service_server::TransactionService;
use proto::tx::v1::{
    BroadcastResult, BroadcastTransactionRequest, BroadcastTransactionResponse, BroadcastTransactionsRequest,
    BroadcastTransactionsResponse, DecodeTransactionRequest, DecodeTransactionResponse, EstimateFeeRequest,
    EstimateFeeResponse, GetSignBytesRequest, GetSignBytesResponse, GetTransactionStatusRequest,
    GetTransactionStatusResponse, SimulateTransactionRequest, SimulateTransactionResponse,
    WaitTransactionRequest, WaitTransactionResponse, WaitUntil, broadcast_result,
};
use tonic::{Request, Response, Status};

/// The most transactions of one batch.
const MAX_BATCH: usize = 1_000;

pub(crate) struct TransactionApi(pub(crate) Api);

impl TransactionApi {
    /// A node that is behind would refuse what is right and take what is wrong.
    fn synced(&self) -> Result<(), Refusal> {
        let tip = self.0.tip();
        if tip.syncing {
            Err(Refusal::syncing(&tip))
        } else {
            Ok(())
        }
    }

    /// Offers transactions; one answer for each.
    async fn submit(
        &self,
        txs: Vec<Bytes>,
    ) -> Result<Vec<Result<proto::tx::v1::Broadcast, Refusal>>, Refusal> {
        self.synced()?;
        let count = txs.len();
        let answers = self.0.backend.submit(txs).await;
        if answers.len() != count {
            return Err(Refusal::internal(
                "the mempool did not answer for every transaction",
            ));
        }
        let answer = |answer: Result<_, crate::backend::Rejection>| match answer {
            Ok(accepted) => Ok(transaction::broadcast(&accepted)),
            Err(rejection) => Err(rejection.into()),
        };
        Ok(answers.into_iter().map(answer).collect())
    }

    fn id_of(&self, body: &[u8]) -> TxId {
        runtime::sign_bytes(&self.0.backend.chain().hash, body)
    }
}

#[tonic::async_trait]
impl TransactionService for TransactionApi {
    async fn broadcast_transaction(
        &self,
        request: Request<BroadcastTransactionRequest>,
    ) -> Result<Response<BroadcastTransactionResponse>, Status> {
        let tx = request.into_inner().tx;
        if tx.is_empty() {
            return Err(Refusal::field("tx", "must not be empty").into());
        }
        let answer = self.submit(vec![tx]).await?.pop();
        let broadcast = answer.ok_or_else(|| Refusal::internal("the mempool did not answer"))??;
        Ok(Response::new(BroadcastTransactionResponse {
            broadcast: Some(broadcast),
        }))
    }

    async fn broadcast_transactions(
        &self,
        request: Request<BroadcastTransactionsRequest>,
    ) -> Result<Response<BroadcastTransactionsResponse>, Status> {
        let txs = request.into_inner().txs;
        if !(1..=MAX_BATCH).contains(&txs.len()) {
            let problem = format!("{} transactions, expected 1 to {MAX_BATCH}", txs.len());
            return Err(Refusal::field("txs", problem).into());
        }
        let result = |answer| match answer {
            Ok(broadcast) => broadcast_result::Result::Broadcast(broadcast),
            Err(refusal) => broadcast_result::Result::Problem(Refusal::into_problem(refusal)),
        };
        let results = self.submit(txs).await?.into_iter().map(|answer| BroadcastResult {
            result: Some(result(answer)),
        });
        Ok(Response::new(BroadcastTransactionsResponse {
            results: results.collect(),
        }))
    }

    type WaitTransactionStream = Frames<WaitTransactionResponse>;

    async fn wait_transaction(
        &self,
        request: Request<WaitTransactionRequest>,
    ) -> Result<Response<Self::WaitTransactionStream>, Status> {
        let WaitTransactionRequest {
            tx_hash,
            until,
            timeout_height,
        } = request.into_inner();
        let included = match WaitUntil::try_from(until) {
            Ok(WaitUntil::Included) => true,
            Ok(WaitUntil::Finalized | WaitUntil::Unspecified) => false,
            Err(_) => return Err(Refusal::field("until", format!("{until} is no such stage")).into()),
        };
        let follow = Follow {
            id: parse_hash("tx_hash", &tx_hash)?,
            included,
            timeout: (timeout_height > 0).then_some(Height::new(timeout_height)),
        };
        let api = self.0.clone();
        Ok(Response::new(stream::open(&self.0.terms, |outlet| {
            follow.run(api, outlet)
        })))
    }

    async fn get_transaction_status(
        &self,
        request: Request<GetTransactionStatusRequest>,
    ) -> Result<Response<GetTransactionStatusResponse>, Status> {
        let id = parse_hash("tx_hash", &request.into_inner().tx_hash)?;
        let status = Some(follow::now(&self.0, id).await?);
        Ok(Response::new(GetTransactionStatusResponse { status }))
    }

    async fn simulate_transaction(
        &self,
        request: Request<SimulateTransactionRequest>,
    ) -> Result<Response<SimulateTransactionResponse>, Status> {
        let tx = request.into_inner().tx;
        transaction::decode_signed(&tx)?;
        let size = u32::try_from(tx.len()).unwrap_or(u32::MAX);
        self.synced()?;
        let simulation = self.0.backend.simulate(tx).await.map_err(status)?;
        let context = simulation.context;
        let place = Place {
            height: context.height,
            index: 0,
        };
        Ok(Response::new(SimulateTransactionResponse {
            context: Some(proof::context(&context)),
            receipt: Some(receipt::receipt(self.0.network(), &simulation.receipt, place, 0)),
            suggested_gas_limit: simulation.suggested_gas_limit.get(),
            base_price: simulation.base_price.to_string(),
            size_bytes: size,
        }))
    }

    async fn estimate_fee(
        &self,
        request: Request<EstimateFeeRequest>,
    ) -> Result<Response<EstimateFeeResponse>, Status> {
        let gas = Gas::new(request.into_inner().gas_limit);
        let prices = self.0.backend.prices().await.map_err(status)?;
        Ok(Response::new(EstimateFeeResponse {
            base_price: prices.base.to_string(),
            options: prices
                .options
                .iter()
                .map(|option| transaction::fee_option(option, gas))
                .collect(),
        }))
    }

    async fn get_sign_bytes(
        &self,
        request: Request<GetSignBytesRequest>,
    ) -> Result<Response<GetSignBytesResponse>, Status> {
        let body = request.into_inner().body;
        transaction::decode_body("body", &body)?;
        let chain = &self.0.backend.chain().hash;
        let sign_bytes = hash(&runtime::sign_bytes(chain, &body));
        Ok(Response::new(GetSignBytesResponse {
            sign_bytes,
            chain_hash: hash(chain),
        }))
    }

    async fn decode_transaction(
        &self,
        request: Request<DecodeTransactionRequest>,
    ) -> Result<Response<DecodeTransactionResponse>, Status> {
        let (signed, body) = transaction::decode_signed(&request.into_inner().tx)?;
        let sender: AccountId = parse_hash("tx.body.sender", &body.sender)?;
        Ok(Response::new(DecodeTransactionResponse {
            tx_hash: hash(&self.id_of(&signed.body)),
            sender_address: address::account_text(self.0.network(), &sender),
            transaction: Some(signed),
            body: Some(body),
        }))
    }
}
