//! Calls of a signer, each with a deadline.

use crate::guard::{Refusal, Slot};
use crate::remote::{Address, LEASE_HELD, LEASE_LOST, RemoteError, TlsFiles, convert};
use crate::ring::Signed;
use crypto::bls::{KeyBytes, SignatureBytes};
use light_palisade::Statement;
use primitives::{AccountId, ChainHash, Epoch, View};
use proto::signer::v1::remote_signer_service_client::RemoteSignerServiceClient;
use proto::signer::v1::{
    AcquireLeaseRequest, GetPublicKeyRequest, GetWatermarkRequest, ProvePossessionRequest,
    ReleaseLeaseRequest, SignProposalRequest, SignVoteRequest,
};
use std::time::Duration;
use tonic::transport::Channel;
use tonic::{Response, Status};
use tonic_types::StatusExt;

/// The longest answer that is taken.
const MAX_ANSWER: usize = 256 << 10;
/// Opening a connection.
const CONNECT: Duration = Duration::from_secs(2);
/// Before a call is tried again over a new connection.
const PAUSE: Duration = Duration::from_millis(20);

/// The keys of a signer.
#[derive(Clone, Debug)]
pub struct Held {
    /// The chain that its guard is bound to.
    pub chain: ChainHash,
    /// The consensus keys.
    pub keys: Vec<KeyBytes>,
}

/// A lease.
#[derive(Clone, Debug)]
pub(super) struct Leased {
    pub(super) token: u64,
    pub(super) lasts: Duration,
    pub(super) keys: Vec<KeyBytes>,
}

/// Why a call came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CallError {
    /// Another node holds the lease.
    Held(String),
    /// The signer refuses this call.
    Refused(String),
    /// No answer.
    Silent(String),
}

/// A connection to a signer. It is opened by the first call, and again whenever it was lost.
#[derive(Clone, Debug)]
pub struct Connection {
    service: RemoteSignerServiceClient<Channel>,
    address: Address,
    patience: Duration,
}

impl Connection {
    /// A connection to the signer at `address`; must be used within the runtime that it is made in.
    ///
    /// # Errors
    /// [`RemoteError`] when the address or the certificates cannot be used.
    pub fn new(address: &Address, tls: Option<&TlsFiles>, patience: Duration) -> Result<Self, RemoteError> {
        let endpoint = address
            .endpoint(tls)?
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(Duration::from_secs(5))
            .keep_alive_timeout(Duration::from_secs(5))
            .keep_alive_while_idle(true);
        let channel = endpoint.connect_lazy();
        Ok(Self {
            service: RemoteSignerServiceClient::new(channel).max_decoding_message_size(MAX_ANSWER),
            address: address.clone(),
            patience,
        })
    }

    /// The signer's keys.
    ///
    /// # Errors
    /// [`RemoteError::Unreachable`], [`RemoteError::Refused`].
    pub async fn keys(&self) -> Result<Held, RemoteError> {
        let asked =
            self.call(|mut service| async move { service.get_public_key(GetPublicKeyRequest {}).await });
        let answer = asked.await.map_err(|error| self.told(error))?;
        let chain = convert::chain(&answer.chain_hash);
        let keys = answer.public_keys.iter().map(|key| convert::key(key));
        match (chain, keys.collect::<Option<Vec<_>>>()) {
            (Some(chain), Some(keys)) => Ok(Held { chain, keys }),
            _ => Err(self.told(CallError::Refused("its answer makes no sense".to_owned()))),
        }
    }

    /// The watermark of a key, and the highest slot in which it signed.
    ///
    /// # Errors
    /// As [`Connection::keys`].
    pub async fn watermark(&self, key: &KeyBytes) -> Result<(Slot, Slot), RemoteError> {
        let request = GetWatermarkRequest {
            public_key: key.0.to_vec().into(),
        };
        let asked = self.call(|mut service| {
            let request = request.clone();
            async move { service.get_watermark(request).await }
        });
        let answer = asked.await.map_err(|error| self.told(error))?;
        let slot = |epoch, view| Slot::new(Epoch::new(epoch), View::new(view));
        Ok((
            slot(answer.epoch, answer.view),
            slot(answer.highest_epoch, answer.highest_view),
        ))
    }

    /// The proof of possession of a key, for its registration by `operator`.
    ///
    /// # Errors
    /// As [`Connection::keys`].
    pub async fn possession_proof(
        &self,
        key: &KeyBytes,
        operator: &AccountId,
    ) -> Result<SignatureBytes, RemoteError> {
        let request = ProvePossessionRequest {
            public_key: key.0.to_vec().into(),
            operator: operator.as_bytes().to_vec().into(),
        };
        let asked = self.call(|mut service| {
            let request = request.clone();
            async move { service.prove_possession(request).await }
        });
        let answer = asked.await.map_err(|error| self.told(error))?;
        convert::signature(&answer.proof)
            .ok_or_else(|| self.told(CallError::Refused("its answer is no proof".to_owned())))
    }

    pub(super) async fn acquire(
        &self,
        chain: &ChainHash,
        holder: &str,
        token: u64,
    ) -> Result<Leased, CallError> {
        let request = AcquireLeaseRequest {
            chain_hash: chain.as_bytes().to_vec().into(),
            holder: holder.to_owned(),
            token,
        };
        let asked = self.call(|mut service| {
            let request = request.clone();
            async move { service.acquire_lease(request).await }
        });
        let answer = asked.await?;
        let keys = answer.public_keys.iter().map(|key| convert::key(key));
        let keys = keys.collect::<Option<Vec<_>>>();
        Ok(Leased {
            token: answer.token,
            lasts: Duration::from_millis(answer.lasts_ms),
            keys: keys.ok_or_else(|| CallError::Refused("its keys make no sense".to_owned()))?,
        })
    }

    pub(super) async fn release(&self, token: u64) -> Result<(), CallError> {
        let request = ReleaseLeaseRequest { token };
        let asked = self.call(|mut service| async move { service.release_lease(request).await });
        asked.await.map(drop)
    }

    pub(super) async fn votes(
        &self,
        token: u64,
        key: &KeyBytes,
        statements: &[Statement],
    ) -> Result<Signed, CallError> {
        let request = SignVoteRequest {
            token,
            public_key: key.0.to_vec().into(),
            statements: statements.iter().map(convert::from_statement).collect(),
        };
        let asked = self.call(|mut service| {
            let request = request.clone();
            async move { service.sign_vote(request).await }
        });
        let answer = asked.await?;
        let answers: Option<Vec<Result<SignatureBytes, Refusal>>> =
            answer.answers.iter().map(convert::to_answer).collect();
        let answers = answers.filter(|answers| answers.len() == statements.len());
        Ok(Signed {
            answers: answers.ok_or_else(|| CallError::Refused("its answers make no sense".to_owned()))?,
            sync: (answer.sync_us > 0).then(|| Duration::from_micros(answer.sync_us)),
        })
    }

    pub(super) async fn seed(
        &self,
        token: u64,
        key: &KeyBytes,
        epoch: Epoch,
        view: View,
    ) -> Result<SignatureBytes, CallError> {
        let request = SignProposalRequest {
            token,
            public_key: key.0.to_vec().into(),
            epoch: epoch.get(),
            view: view.get(),
        };
        let asked = self.call(|mut service| {
            let request = request.clone();
            async move { service.sign_proposal(request).await }
        });
        let answer = asked.await?;
        convert::signature(&answer.signature)
            .ok_or_else(|| CallError::Refused("its answer is no signature".to_owned()))
    }

    /// One call, and again over a new connection while the old one is found to be lost. Asking twice does no harm: what
    /// was signed is signed again the same.
    async fn call<T, F>(
        &self,
        attempt: impl Fn(RemoteSignerServiceClient<Channel>) -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<Response<T>, Status>>,
    {
        let attempts = async {
            let mut tries = 0;
            loop {
                match attempt(self.service.clone()).await {
                    Ok(answer) => return Ok(answer.into_inner()),
                    // A status with a source was made here, by the transport: the signer did not answer.
                    Err(status) if std::error::Error::source(&status).is_some() => {
                        tries += 1;
                        if tries == 2 {
                            return Err(CallError::Silent(innermost(&status)));
                        }
                    }
                    Err(status) => return Err(refused(&status)),
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        match tokio::time::timeout(self.patience, attempts).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let text = format!("no answer within {} ms", self.patience.as_millis());
                Err(CallError::Silent(text))
            }
        }
    }

    fn told(&self, error: CallError) -> RemoteError {
        let address = self.address.to_string();
        match error {
            CallError::Held(reason) | CallError::Refused(reason) => RemoteError::Refused { address, reason },
            CallError::Silent(reason) => RemoteError::Unreachable { address, reason },
        }
    }
}

fn refused(status: &Status) -> CallError {
    let info = status.get_details_error_info();
    let reason = info.map(|info| info.reason).unwrap_or_default();
    if reason == LEASE_HELD || reason == LEASE_LOST {
        CallError::Held(status.message().to_owned())
    } else {
        CallError::Refused(status.message().to_owned())
    }
}

/// The cause of a cause: what went wrong, not who passed it on.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
