//! Tables: programs and their hashes.

use crate::ID;
use kernel::Map;
use primitives::{Digest, ServiceId};

/// Service → the SHA-256 of its program; never changed or removed.
pub(crate) const HASHES: Map<ServiceId, Digest> = Map::new(ID.table(0));
/// Service → its program, as it was checked.
pub(crate) const PROGRAMS: Map<ServiceId, Vec<u8>> = Map::new(ID.table(1));
