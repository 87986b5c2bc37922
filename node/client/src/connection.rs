//! A connection to one node: every service's client over one channel, with timeouts and bounded answers.

use crate::error::Error;
use proto::account::v1::account_service_client::AccountServiceClient;
use proto::admin::v1::admin_service_client::AdminServiceClient;
use proto::admin::v1::key_service_client::KeyServiceClient;
use proto::dev::v1alpha1::dev_service_client::DevServiceClient;
use proto::epoch::v1::epoch_service_client::EpochServiceClient;
use proto::governance::v1::governance_service_client::GovernanceServiceClient;
use proto::ledger::v1::ledger_service_client::LedgerServiceClient;
use proto::node::v1::node_service_client::NodeServiceClient;
use proto::operator::v1::operator_service_client::OperatorServiceClient;
use proto::oracle::v1::price_service_client::PriceServiceClient;
use proto::reward::v1::reward_service_client::RewardServiceClient;
use proto::service::v1::service_registry_service_client::ServiceRegistryServiceClient;
use proto::slash::v1::slashing_service_client::SlashingServiceClient;
use proto::snapshot::v1::snapshot_service_client::SnapshotServiceClient;
use proto::staking::v1::validator_service_client::ValidatorServiceClient;
use proto::subscription::v1::subscription_service_client::SubscriptionServiceClient;
use proto::tx::v1::transaction_service_client::TransactionServiceClient;
use proto::vault::v1::vault_service_client::VaultServiceClient;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};

/// The largest answer that is taken: a full block with all of its receipts and events.
const MAX_ANSWER: usize = 64 << 20;

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Opening a connection.
    pub connect: Duration,
    /// One request and its answer. Streams have no end of their own.
    pub request: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(3),
            request: Duration::from_secs(10),
        }
    }
}

/// A connection to one node. Cloning it is cheap and shares the connection.
#[derive(Clone, Debug)]
pub struct Client {
    channel: Channel,
    url: String,
    timeouts: Timeouts,
    /// The folder of the socket that it goes through, where it does.
    _folder: Option<Arc<File>>,
}

impl Client {
    /// Connects to the node at `url`, such as `http://127.0.0.1:26600`, or `unix:/home/me/.palisade/admin.sock` for what
    /// its owner alone is offered.
    ///
    /// # Errors
    /// [`Error::Url`] and [`Error::Unreachable`] name the address and what is wrong with it.
    pub async fn connect(url: &str, timeouts: Timeouts) -> Result<Self, Error> {
        if let Some(path) = url.strip_prefix("unix:") {
            return Self::at_socket(url, Path::new(path), timeouts).await;
        }
        let channel = endpoint(url, timeouts)?
            .connect()
            .await
            .map_err(|error| unreachable(url, &error))?;
        Ok(Self {
            channel,
            url: url.to_owned(),
            timeouts,
            _folder: None,
        })
    }

    /// A socket's path has at most 107 bytes, a folder's may have more: it is named through the open folder, which stays
    /// open for as long as the connection may be opened anew.
    async fn at_socket(url: &str, path: &Path, timeouts: Timeouts) -> Result<Self, Error> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder =
            File::open(folder.unwrap_or(Path::new("."))).map_err(|error| unreachable(url, &error))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let short = format!("unix:/proc/self/fd/{}/{name}", folder.as_raw_fd());
        let endpoint = Endpoint::from_shared(short).map_err(|error| unreachable(url, &error))?;
        let channel = endpoint
            .connect_timeout(timeouts.connect)
            .connect()
            .await
            .map_err(|error| unreachable(url, &error))?;
        Ok(Self {
            channel,
            url: url.to_owned(),
            timeouts,
            _folder: Some(Arc::new(folder)),
        })
    }

    /// Connects to the node at `url`, such as `https://node.example:26600`, whose certificate must come from the
    /// authority in `ca`, a PEM text.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub async fn connect_tls(url: &str, timeouts: Timeouts, ca: &[u8]) -> Result<Self, Error> {
        let wrong = |reason: &str| Error::Url {
            url: url.to_owned(),
            reason: reason.to_owned(),
        };
        if !url.starts_with("https://") {
            return Err(wrong(
                "a certificate authority is given, and it does not start with https://",
            ));
        }
        let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca));
        let channel = plain(url, timeouts)?
            .tls_config(tls)
            .map_err(|error| {
                wrong(&format!(
                    "its certificate authority cannot be used: {}",
                    innermost(&error)
                ))
            })?
            .connect()
            .await
            .map_err(|error| unreachable(url, &error))?;
        Ok(Self {
            channel,
            url: url.to_owned(),
            timeouts,
            _folder: None,
        })
    }

    /// As [`Client::connect`], but the connection is opened by the first request, and again whenever it was lost.
    ///
    /// # Errors
    /// [`Error::Url`].
    pub fn lazy(url: &str, timeouts: Timeouts) -> Result<Self, Error> {
        Ok(Self {
            channel: endpoint(url, timeouts)?.connect_lazy(),
            url: url.to_owned(),
            timeouts,
            _folder: None,
        })
    }

    /// The node's address, as it was given.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The timeouts in force.
    #[must_use]
    pub const fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// Waits for the answer to one request.
    ///
    /// # Errors
    /// [`Error::Rejected`] with what the node said; [`Error::Unreachable`] when it says nothing in time.
    pub async fn unary<T>(
        &self,
        answer: impl Future<Output = Result<tonic::Response<T>, tonic::Status>>,
    ) -> Result<T, Error> {
        match tokio::time::timeout(self.timeouts.request, answer).await {
            Ok(Ok(response)) => Ok(response.into_inner()),
            Ok(Err(status)) => Err(self.refused(&status)),
            Err(_) => Err(Error::Unreachable {
                url: self.url.clone(),
                reason: format!("no answer within {} s", self.timeouts.request.as_secs()),
            }),
        }
    }

    /// Waits until a stream has begun.
    ///
    /// # Errors
    /// As [`Client::unary`].
    pub async fn stream<T>(
        &self,
        answer: impl Future<Output = Result<tonic::Response<tonic::Streaming<T>>, tonic::Status>>,
    ) -> Result<tonic::Streaming<T>, Error> {
        self.unary(answer).await
    }

    /// What `status` means for this connection: a node's refusal, or a node that is not there.
    #[must_use]
    pub fn refused(&self, status: &tonic::Status) -> Error {
        // A status with a source was made here, by the transport, not by the node: whatever its code, the connection
        // was lost or never there.
        if let Some(source) = std::error::Error::source(status) {
            return Error::Unreachable {
                url: self.url.clone(),
                reason: innermost(source),
            };
        }
        Error::from(status.clone())
    }

    /// Accounts, balances, assets.
    #[must_use]
    pub fn accounts(&self) -> AccountServiceClient<Channel> {
        AccountServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// What a node does for its owner, at the owner's socket.
    #[must_use]
    pub fn admin(&self) -> AdminServiceClient<Channel> {
        AdminServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// A node's consensus keys, at the owner's socket.
    #[must_use]
    pub fn keys(&self) -> KeyServiceClient<Channel> {
        KeyServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// What only development chains offer, at the owner's socket.
    #[must_use]
    pub fn dev(&self) -> DevServiceClient<Channel> {
        DevServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// Blocks, transactions, certificates, raw state.
    #[must_use]
    pub fn ledger(&self) -> LedgerServiceClient<Channel> {
        LedgerServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// The node itself.
    #[must_use]
    pub fn node(&self) -> NodeServiceClient<Channel> {
        NodeServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// Validators.
    #[must_use]
    pub fn validators(&self) -> ValidatorServiceClient<Channel> {
        ValidatorServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// Vaults and who owns them.
    #[must_use]
    pub fn vaults(&self) -> VaultServiceClient<Channel> {
        VaultServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// Operators and what they pledge.
    #[must_use]
    pub fn operators(&self) -> OperatorServiceClient<Channel> {
        OperatorServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// Services, their seats and their tasks.
    #[must_use]
    pub fn services(&self) -> ServiceRegistryServiceClient<Channel> {
        ServiceRegistryServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// What services pay, and what shares of vaults have earned.
    #[must_use]
    pub fn rewards(&self) -> RewardServiceClient<Channel> {
        RewardServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// Feeds, prices, and what stake is valued by.
    #[must_use]
    pub fn feeds(&self) -> PriceServiceClient<Channel> {
        PriceServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// What was taken, and what could be.
    #[must_use]
    pub fn slashing(&self) -> SlashingServiceClient<Channel> {
        SlashingServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// What the validators decide.
    #[must_use]
    pub fn governance(&self) -> GovernanceServiceClient<Channel> {
        GovernanceServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// Epochs, and what changes by itself.
    #[must_use]
    pub fn epochs(&self) -> EpochServiceClient<Channel> {
        EpochServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// Snapshots of the state.
    #[must_use]
    pub fn snapshots(&self) -> SnapshotServiceClient<Channel> {
        SnapshotServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// Streams of what is final.
    #[must_use]
    pub fn subscriptions(&self) -> SubscriptionServiceClient<Channel> {
        SubscriptionServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
    }

    /// Sending and following transactions.
    #[must_use]
    pub fn transactions(&self) -> TransactionServiceClient<Channel> {
        TransactionServiceClient::new(self.channel.clone()).max_decoding_message_size(MAX_ANSWER)
    }
}

fn endpoint(url: &str, timeouts: Timeouts) -> Result<Endpoint, Error> {
    let wrong = |reason: &str| Error::Url {
        url: url.to_owned(),
        reason: reason.to_owned(),
    };
    if url.starts_with("https://") {
        return Err(wrong(
            "for TLS, name the authority of its certificate with --tls-ca FILE (PALISADE_TLS_CA)",
        ));
    }
    if !url.starts_with("http://") {
        return Err(wrong("it does not start with http://"));
    }
    plain(url, timeouts)
}

/// The endpoint, whether or not what goes there is encrypted.
fn plain(url: &str, timeouts: Timeouts) -> Result<Endpoint, Error> {
    let wrong = |reason: &str| Error::Url {
        url: url.to_owned(),
        reason: reason.to_owned(),
    };
    let endpoint = Endpoint::from_shared(url.to_owned()).map_err(|error| wrong(&error.to_string()))?;
    if endpoint.uri().host().is_none_or(str::is_empty) {
        return Err(wrong("it names no host"));
    }
    Ok(endpoint
        .connect_timeout(timeouts.connect)
        .http2_keep_alive_interval(Duration::from_secs(30))
        .keep_alive_timeout(Duration::from_secs(10))
        .tcp_nodelay(true))
}

fn unreachable(url: &str, error: &dyn std::error::Error) -> Error {
    Error::Unreachable {
        url: url.to_owned(),
        reason: innermost(error),
    }
}

/// The last cause: the one that says "connection refused" rather than "transport error".
fn innermost(error: &dyn std::error::Error) -> String {
    let mut current = error;
    while let Some(source) = current.source() {
        current = source;
    }
    current.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wrong_address_says_what_is_wrong() {
        for (url, part) in [
            ("127.0.0.1:26600", "does not start with http://"),
            ("https://example.org", "TLS"),
            ("http://", "not the address"),
            ("http://a b", "not the address"),
        ] {
            let error = Client::lazy(url, Timeouts::default()).unwrap_err().to_string();
            assert!(error.contains(part), "{url}: {error}");
        }
    }

    #[tokio::test]
    async fn nobody_there_is_said_with_the_address() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", free.local_addr().unwrap());
        drop(free);
        let error = Client::connect(&url, Timeouts::default()).await.unwrap_err();
        assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
        assert!(error.to_string().contains(&url), "{error}");
        let client = Client::lazy(&url, Timeouts::default()).unwrap();
        let mut node = client.node();
        let error = client
            .unary(node.get_node_info(proto::node::v1::GetNodeInfoRequest {}))
            .await
            .unwrap_err();
        assert!(
            error.is_unavailable() && matches!(error, Error::Unreachable { .. }),
            "{error:?}"
        );
    }
}
