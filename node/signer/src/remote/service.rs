//! The service: each call on a thread that may wait for the disk.

use super::lease::{Held, Lease};
use super::{DOMAIN, LEASE_HELD, LEASE_LOST, convert};
use crate::guard::GuardError;
use crate::local::SignerError;
use crate::ring::KeyRing;
use crypto::bls::KeyBytes;
use primitives::{AccountId, ChainHash, Epoch, View};
use proto::signer::v1::remote_signer_service_server::RemoteSignerService;
use proto::signer::v1::{
    AcquireLeaseRequest, AcquireLeaseResponse, GetPublicKeyRequest, GetPublicKeyResponse,
    GetWatermarkRequest, GetWatermarkResponse, ProvePossessionRequest, ProvePossessionResponse,
    ReleaseLeaseRequest, ReleaseLeaseResponse, SignProposalRequest, SignProposalResponse, SignVoteRequest,
    SignVoteResponse,
};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;
use tokio::sync::mpsc;
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

/// The most statements in one call.
const MAX_STATEMENTS: usize = 1_024;

/// The keys, the lease, and where a broken guard is told of.
#[derive(Clone, Debug)]
pub(super) struct Service {
    ring: Arc<KeyRing>,
    chain: ChainHash,
    lease: Arc<Mutex<Lease>>,
    broken: mpsc::Sender<SignerError>,
}

impl Service {
    pub(super) fn new(
        ring: Arc<KeyRing>,
        lasts: std::time::Duration,
        broken: mpsc::Sender<SignerError>,
    ) -> Result<Self, SignerError> {
        let guard = ring.guard()?;
        let lease = Lease::new(&guard, lasts, Instant::now());
        let chain = *guard.chain();
        drop(guard);
        Ok(Self {
            ring,
            chain,
            lease: Arc::new(Mutex::new(lease)),
            broken,
        })
    }

    /// Runs `work` where waiting is allowed. A guard that broke ends the signer.
    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Stop> + Send + 'static,
    ) -> Result<Response<T>, Status> {
        let service = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&service)).await;
        match done.map_err(|_| Status::internal("the signer's thread ended"))? {
            Ok(answer) => Ok(Response::new(answer)),
            Err(Stop::Refused(status)) => Err(*status),
            Err(Stop::Broken(error)) => {
                let text = format!("the signer's guard failed, and the signer stops: {error}");
                // A full channel has one already, which says as much.
                drop(self.broken.try_send(error));
                Err(Status::internal(text))
            }
        }
    }

    fn lease(&self) -> Result<MutexGuard<'_, Lease>, Stop> {
        self.lease
            .lock()
            .map_err(|_| Stop::Broken(SignerError::Abandoned))
    }

    fn acquire(&self, asked: &AcquireLeaseRequest) -> Result<AcquireLeaseResponse, Stop> {
        let chain = convert::chain(&asked.chain_hash).ok_or_else(|| wrong("chain_hash", "has 32 bytes"))?;
        if chain != self.chain {
            let text = format!("the signer is of chain {}, the node of {chain}", self.chain);
            return Err(refused(Code::FailedPrecondition, "CHAIN_ID_MISMATCH", text));
        }
        let mut lease = self.lease()?;
        let mut guard = self.ring.guard()?;
        let before = guard.fence();
        let token = match lease.acquire(&mut guard, asked.token, &asked.holder, Instant::now())? {
            Ok(token) => token,
            Err(Held { by, left }) => {
                let text = format!("\"{by}\" holds the lease, for {} ms at least", left.as_millis());
                return Err(refused(Code::FailedPrecondition, LEASE_HELD, text));
            }
        };
        drop(guard);
        if token != before {
            tracing::info!(holder = asked.holder, lease = token, "a node took the lease");
        }
        Ok(AcquireLeaseResponse {
            token,
            lasts_ms: u64::try_from(lease.lasts().as_millis()).unwrap_or(u64::MAX),
            public_keys: keys(&self.ring),
        })
    }

    fn release(&self, token: u64) -> Result<ReleaseLeaseResponse, Stop> {
        let mut lease = self.lease()?;
        let guard = self.ring.guard()?;
        lease.release(&guard, token, Instant::now());
        tracing::info!(lease = token, "a lease was given back");
        Ok(ReleaseLeaseResponse {})
    }

    fn votes(&self, asked: &SignVoteRequest) -> Result<SignVoteResponse, Stop> {
        let public = public(&asked.public_key)?;
        if asked.statements.len() > MAX_STATEMENTS {
            return Err(wrong("statements", "are at most 1,024"));
        }
        let statements: Option<Vec<_>> = asked.statements.iter().map(convert::to_statement).collect();
        let statements = statements.ok_or_else(|| wrong("statements", "one of them is none"))?;
        let signed = self.ring.sign(&public, Some(asked.token), &statements)?;
        let signed = signed.ok_or_else(|| unknown(&public))?;
        self.lease()?.used(Instant::now());
        Ok(SignVoteResponse {
            answers: signed.answers.iter().map(convert::from_answer).collect(),
            sync_us: signed.sync.map_or(0, |sync| {
                u64::try_from(sync.as_micros()).unwrap_or(u64::MAX).max(1)
            }),
        })
    }

    fn seed(&self, asked: &SignProposalRequest) -> Result<SignProposalResponse, Stop> {
        let public = public(&asked.public_key)?;
        let fence = self.ring.guard()?.fence();
        if asked.token != fence {
            let number = asked.token;
            return Err(GuardError::Fenced { number, fence }.into());
        }
        let signed = self
            .ring
            .sign_seed(&public, Epoch::new(asked.epoch), View::new(asked.view))?;
        let signature = signed.ok_or_else(|| unknown(&public))?;
        self.lease()?.used(Instant::now());
        Ok(SignProposalResponse {
            signature: signature.0.to_vec().into(),
        })
    }

    fn watermark(&self, asked: &GetWatermarkRequest) -> Result<GetWatermarkResponse, Stop> {
        let public = public(&asked.public_key)?;
        let guard = self.ring.guard()?;
        let known = guard.watermark(&public).zip(guard.highest(&public));
        let (watermark, highest) = known.ok_or_else(|| unknown(&public))?;
        Ok(GetWatermarkResponse {
            epoch: watermark.epoch.get(),
            view: watermark.view.get(),
            highest_epoch: highest.epoch.get(),
            highest_view: highest.view.get(),
        })
    }

    fn possession(&self, asked: &ProvePossessionRequest) -> Result<ProvePossessionResponse, Stop> {
        let public = public(&asked.public_key)?;
        let operator: [u8; 32] = asked
            .operator
            .as_ref()
            .try_into()
            .map_err(|_| wrong("operator", "has 32 bytes"))?;
        let proof = self.ring.possession_proof(&public, &AccountId::new(operator))?;
        let proof = proof.ok_or_else(|| unknown(&public))?;
        Ok(ProvePossessionResponse {
            proof: proof.0.to_vec().into(),
        })
    }
}

/// Why there is no answer.
#[derive(Debug)]
enum Stop {
    /// The call is refused, and the next may not be.
    Refused(Box<Status>),
    /// Nothing is signed any more.
    Broken(SignerError),
}

impl From<SignerError> for Stop {
    fn from(error: SignerError) -> Self {
        match error {
            SignerError::Guard(error) => error.into(),
            SignerError::Abandoned => Self::Broken(error),
        }
    }
}

impl From<GuardError> for Stop {
    fn from(error: GuardError) -> Self {
        match error {
            GuardError::Fenced { .. } => refused(Code::Aborted, LEASE_LOST, error.to_string()),
            GuardError::Unregistered { ref key } => unknown(key),
            other => Self::Broken(other.into()),
        }
    }
}

fn refused(code: Code, reason: &str, text: impl Into<String>) -> Stop {
    let details = ErrorDetails::with_error_info(reason, DOMAIN, std::collections::HashMap::new());
    Stop::Refused(Box::new(Status::with_error_details(code, text, details)))
}

fn wrong(field: &str, what: &str) -> Stop {
    refused(Code::InvalidArgument, "FIELD_INVALID", format!("{field}: {what}"))
}

fn unknown(key: &KeyBytes) -> Stop {
    let text = format!("the signer does not hold the key {}", hex::encode(key.0));
    refused(Code::NotFound, "KEY_UNKNOWN", text)
}

fn public(bytes: &[u8]) -> Result<KeyBytes, Stop> {
    convert::key(bytes).ok_or_else(|| wrong("public_key", "has 96 bytes"))
}

fn keys(ring: &KeyRing) -> Vec<bytes::Bytes> {
    let keys = ring.public_keys();
    keys.iter().map(|key| key.0.to_vec().into()).collect()
}

#[tonic::async_trait]
impl RemoteSignerService for Service {
    async fn get_public_key(
        &self,
        _: Request<GetPublicKeyRequest>,
    ) -> Result<Response<GetPublicKeyResponse>, Status> {
        Ok(Response::new(GetPublicKeyResponse {
            chain_hash: self.chain.as_bytes().to_vec().into(),
            public_keys: keys(&self.ring),
        }))
    }

    async fn acquire_lease(
        &self,
        asked: Request<AcquireLeaseRequest>,
    ) -> Result<Response<AcquireLeaseResponse>, Status> {
        self.call(move |service| service.acquire(asked.get_ref())).await
    }

    async fn release_lease(
        &self,
        asked: Request<ReleaseLeaseRequest>,
    ) -> Result<Response<ReleaseLeaseResponse>, Status> {
        self.call(move |service| service.release(asked.get_ref().token))
            .await
    }

    async fn sign_vote(&self, asked: Request<SignVoteRequest>) -> Result<Response<SignVoteResponse>, Status> {
        self.call(move |service| service.votes(asked.get_ref())).await
    }

    async fn sign_proposal(
        &self,
        asked: Request<SignProposalRequest>,
    ) -> Result<Response<SignProposalResponse>, Status> {
        self.call(move |service| service.seed(asked.get_ref())).await
    }

    async fn get_watermark(
        &self,
        asked: Request<GetWatermarkRequest>,
    ) -> Result<Response<GetWatermarkResponse>, Status> {
        self.call(move |service| service.watermark(asked.get_ref())).await
    }

    async fn prove_possession(
        &self,
        asked: Request<ProvePossessionRequest>,
    ) -> Result<Response<ProvePossessionResponse>, Status> {
        self.call(move |service| service.possession(asked.get_ref()))
            .await
    }
}
