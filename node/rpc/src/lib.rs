//! The gRPC services: one file each, protobuf to domain and back.
//!
//! [`Server`] offers the public services on one port, as gRPC, as gRPC-web and beside pages, over whatever implements
//! [`Backend`]; [`Local`] offers those for the node's owner on a socket of their own. What a call passes before it reaches a service is in `gate`; why it may be refused, and how that is
//! said, in `refusal`.
//!
//! May name: proto, primitives, crypto, light/palisade, runtime; declares [`Backend`].
//!
//! # Invariants
//!
//! - Protobuf types go no further than here, and nothing of the node is reached but through [`Backend`].
//! - Every refusal is a status with a `google.rpc.ErrorInfo`; whatever varies in its message is in its metadata.
//! - Everything a stranger sends, asks for or leaves unread is bounded: requests, answers, pages, scans, calls,
//!   streams, connections and the time each takes.
//! - A stream skips nothing: every frame has a cursor, and an end that the client did not ask for has a reason.
//!
//! # Source
//! interfaces.md, section 2.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::float_arithmetic,
    reason = "node code is not consensus-critical: counts and lengths are bounded by the limits checked beforehand"
)]

mod api;
pub mod backend;
mod config;
mod convert;
mod cursor;
mod drain;
mod front;
mod gate;
mod health;
mod holder;
mod listen;
mod local;
mod metrics;
mod mount;
mod page;
mod reading;
mod recent;
mod refusal;
mod server;
mod services;
mod stream;
mod tls;

pub use backend::{AdminBackend, Backend, DevBackend};
pub use config::{BLOCK_OVERHEAD, Config, ConfigError};
pub use drain::Drain;
pub use listen::BindError;
pub use local::{Local, LocalListening};
pub use metrics::Metrics;
pub use refusal::DOMAIN;
pub use server::{Listening, ServeError, Server};
pub use tls::TlsError;
