//! The services, each with its limits on sizes, and the reflection that lists them.

use crate::api::Api;
use crate::backend::{AdminBackend, Backend, DevBackend, SnapshotBackend, SnapshotLimits};
use crate::services::{
    AccountApi, AdminApi, DevApi, EpochApi, GovernanceApi, LedgerApi, NodeApi, OperatorApi, PriceApi,
    RegistryApi, RewardApi, SlashingApi, SnapshotApi, SubscriptionApi, TransactionApi, ValidatorApi,
    VaultApi,
};
use proto::account::v1::account_service_server::AccountServiceServer;
use proto::admin::v1::admin_service_server::AdminServiceServer;
use proto::admin::v1::key_service_server::KeyServiceServer;
use proto::dev::v1alpha1::dev_service_server::DevServiceServer;
use proto::epoch::v1::epoch_service_server::EpochServiceServer;
use proto::governance::v1::governance_service_server::GovernanceServiceServer;
use proto::ledger::v1::ledger_service_server::LedgerServiceServer;
use proto::node::v1::node_service_server::NodeServiceServer;
use proto::operator::v1::operator_service_server::OperatorServiceServer;
use proto::oracle::v1::price_service_server::PriceServiceServer;
use proto::reward::v1::reward_service_server::RewardServiceServer;
use proto::service::v1::service_registry_service_server::ServiceRegistryServiceServer;
use proto::slash::v1::slashing_service_server::SlashingServiceServer;
use proto::snapshot::v1::snapshot_service_server::SnapshotServiceServer;
use proto::staking::v1::validator_service_server::ValidatorServiceServer;
use proto::subscription::v1::subscription_service_server::SubscriptionServiceServer;
use proto::tx::v1::transaction_service_server::TransactionServiceServer;
use proto::vault::v1::vault_service_server::VaultServiceServer;
use std::convert::Infallible;
use std::sync::Arc;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::codegen::http::{Request, Response};
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic_reflection::server::{Builder, Error};

/// The services so far. Sizes are set on each: nothing sets them for all.
pub(crate) struct Mounted {
    routes: Routes,
    names: Vec<&'static str>,
    receive: usize,
    send: usize,
}

impl Mounted {
    pub(crate) fn new(receive: usize, send: usize) -> Self {
        Self {
            routes: Routes::default(),
            names: Vec::new(),
            receive,
            send,
        }
    }

    /// The record, transactions, and what follows them.
    pub(crate) fn chain(&mut self, api: &Api) {
        let ledger = LedgerServiceServer::new(LedgerApi(api.clone()));
        self.add(
            ledger
                .max_decoding_message_size(self.receive)
                .max_encoding_message_size(self.send),
        );
        let transaction = TransactionServiceServer::new(TransactionApi(api.clone()));
        self.add(
            transaction
                .max_decoding_message_size(self.receive)
                .max_encoding_message_size(self.send),
        );
        let subscription = SubscriptionServiceServer::new(SubscriptionApi(api.clone()));
        self.add(
            subscription
                .max_decoding_message_size(self.receive)
                .max_encoding_message_size(self.send),
        );
    }

    /// The state, and the node itself.
    pub(crate) fn state(&mut self, api: &Api) {
        let node = NodeServiceServer::new(NodeApi(api.clone()));
        self.add(
            node.max_decoding_message_size(self.receive)
                .max_encoding_message_size(self.send),
        );
        let account = AccountServiceServer::new(AccountApi(api.clone()));
        self.add(
            account
                .max_decoding_message_size(self.receive)
                .max_encoding_message_size(self.send),
        );
        let validator = ValidatorServiceServer::new(ValidatorApi(api.clone()));
        self.add(
            validator
                .max_decoding_message_size(self.receive)
                .max_encoding_message_size(self.send),
        );
    }

    /// What is restaked, by whom, for what, and what became of it.
    pub(crate) fn restaking(&mut self, api: &Api) {
        let vault = VaultServiceServer::new(VaultApi(api.clone()));
        self.add(
            vault
                .max_decoding_message_size(self.receive)
                .max_encoding_message_size(self.send),
        );
        let operator = OperatorServiceServer::new(OperatorApi(api.clone()));
        self.add(
            operator
                .max_decoding_message_size(self.receive)
                .max_encoding_message_size(self.send),
        );
        let registry = ServiceRegistryServiceServer::new(RegistryApi(api.clone()));
        self.add(
            registry
                .max_decoding_message_size(self.receive)
                .max_encoding_message_size(self.send),
        );
        let slashing = SlashingServiceServer::new(SlashingApi(api.clone()));
        self.add(
            slashing
                .max_decoding_message_size(self.receive)
                .max_encoding_message_size(self.send),
        );
        let reward = RewardServiceServer::new(RewardApi(api.clone()));
        self.add(
            reward
                .max_decoding_message_size(self.receive)
                .max_encoding_message_size(self.send),
        );
        let price = PriceServiceServer::new(PriceApi(api.clone()));
        self.add(
            price
                .max_decoding_message_size(self.receive)
                .max_encoding_message_size(self.send),
        );
        let epoch = EpochServiceServer::new(EpochApi(api.clone()));
        self.add(
            epoch
                .max_decoding_message_size(self.receive)
                .max_encoding_message_size(self.send),
        );
    }

    /// What the validators decide.
    pub(crate) fn decisions(&mut self, api: &Api) {
        let governance = GovernanceServiceServer::new(GovernanceApi(api.clone()));
        self.add(
            governance
                .max_decoding_message_size(self.receive)
                .max_encoding_message_size(self.send),
        );
    }

    /// Snapshots for nodes that join.
    pub(crate) fn snapshots(&mut self, api: &Api, from: &Arc<dyn SnapshotBackend>, limits: SnapshotLimits) {
        let snapshots = SnapshotServiceServer::new(SnapshotApi::new(api.clone(), from.clone(), limits));
        self.add(
            snapshots
                .max_decoding_message_size(self.receive)
                .max_encoding_message_size(self.send),
        );
    }

    /// What is for the node's owner alone.
    pub(crate) fn owner(&mut self, from: &Arc<dyn AdminBackend>) {
        let api = AdminApi(from.clone());
        self.add(
            AdminServiceServer::new(api.clone())
                .max_decoding_message_size(self.receive)
                .max_encoding_message_size(self.send),
        );
        self.add(
            KeyServiceServer::new(api)
                .max_decoding_message_size(self.receive)
                .max_encoding_message_size(self.send),
        );
    }

    /// What only a development chain offers.
    pub(crate) fn dev(&mut self, backend: &Arc<dyn Backend>, dev: &Arc<dyn DevBackend>) {
        let dev = DevServiceServer::new(DevApi {
            backend: backend.clone(),
            dev: dev.clone(),
        });
        self.add(
            dev.max_decoding_message_size(self.receive)
                .max_encoding_message_size(self.send),
        );
    }

    fn add<S>(&mut self, service: S)
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.names.push(S::NAME);
        self.routes = std::mem::take(&mut self.routes).add_service(service);
    }

    fn reflection(&self) -> Builder<'_> {
        let builder = Builder::configure()
            .register_encoded_file_descriptor_set(proto::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            // Both versions in both, so that each can describe whatever it lists.
            .include_reflection_service(false)
            .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET)
            .with_service_name("grpc.health.v1.Health")
            .with_service_name("grpc.reflection.v1.ServerReflection")
            .with_service_name("grpc.reflection.v1alpha.ServerReflection");
        // Only what is mounted is listed, whatever the descriptors hold.
        self.names
            .iter()
            .fold(builder, |builder, name| builder.with_service_name(*name))
    }

    /// All of it with reflection, and the names of the services.
    pub(crate) fn finish(self) -> Result<(Routes, Vec<&'static str>), Error> {
        let (new, old) = (self.reflection().build_v1()?, self.reflection().build_v1alpha()?);
        Ok((self.routes.add_service(new).add_service(old), self.names))
    }
}
