//! Protobuf to domain types and back, one file per area. Protobuf types go no further than this folder.

mod assets;
mod bank;
mod canonical;
mod delegation;
mod fields;
pub mod govern;
mod govern_params;
mod oracle;
mod reward;
mod schema;
mod service;
mod slash;
mod staking;
pub mod transaction;
mod vaults;

pub use canonical::CanonicalError;
pub use fields::FieldError;
