//! What happened.

use crate::ID;
use kernel::{Attribute, EventType, ModuleId, Value};
use primitives::{Digest, ServiceId};

/// A service's fault program was registered.
#[derive(Clone, Copy, Debug)]
pub struct ProgramSet {
    /// Whose.
    pub service: ServiceId,
    /// Its SHA-256.
    pub hash: Digest,
}

impl EventType for ProgramSet {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "ProgramSet";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("service", Value::Id(u64::from(self.service.get()))),
            Attribute::new("hash", self.hash),
        ]
    }
}
