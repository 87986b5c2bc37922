//! The services: one file each. They check, ask the backend, page, and convert.

mod account;
mod admin;
mod dev;
mod epoch;
mod filter;
mod flow;
mod follow;
mod ledger;
mod node;
mod operator;
mod power;
mod registry;
mod reward;
mod scan;
mod slashing;
mod snapshot;
mod subscription;
mod transaction;
mod validator;
mod vault;

pub(crate) use account::AccountApi;
pub(crate) use admin::AdminApi;
pub(crate) use dev::DevApi;
pub(crate) use epoch::EpochApi;
pub(crate) use ledger::LedgerApi;
pub(crate) use node::NodeApi;
pub(crate) use operator::OperatorApi;
pub(crate) use registry::RegistryApi;
pub(crate) use reward::RewardApi;
pub(crate) use slashing::SlashingApi;
pub(crate) use snapshot::SnapshotApi;
pub(crate) use subscription::SubscriptionApi;
pub(crate) use transaction::TransactionApi;
pub(crate) use validator::ValidatorApi;
pub(crate) use vault::VaultApi;
