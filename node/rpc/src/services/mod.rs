//! The services: one file each. They check, ask the backend, page, and convert.

mod account;
mod dev;
mod filter;
mod flow;
mod follow;
mod ledger;
mod node;
mod scan;
mod snapshot;
mod subscription;
mod transaction;
mod validator;

pub(crate) use account::AccountApi;
pub(crate) use dev::DevApi;
pub(crate) use ledger::LedgerApi;
pub(crate) use node::NodeApi;
pub(crate) use snapshot::SnapshotApi;
pub(crate) use subscription::SubscriptionApi;
pub(crate) use transaction::TransactionApi;
pub(crate) use validator::ValidatorApi;
