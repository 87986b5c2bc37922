//! A log's file as a whole: how it is read, checked and put in place.

use crate::error::LogError;
use crate::frame::{self, FRAME_HEADER, HEADER, HeaderFault, Identity, MAX_PAYLOAD, RECORD_HEADER, wide};
use crate::log::{MAX_RECORD, Recovered, Spec};
use crate::medium::{LockError, LockGuard, LogFile, Medium};
use std::io;

pub(crate) fn lock(medium: &dyn Medium, name: &str) -> Result<LockGuard, LogError> {
    medium.lock(&format!("{name}.lock")).map_err(|error| match error {
        LockError::Held { holder } => LogError::Locked {
            path: medium.path(name),
            holder,
        },
        LockError::Io(source) => io_error(medium, name, "lock", source),
    })
}

pub(crate) fn identity(spec: &Spec) -> Identity {
    let mut purpose = [0; 16];
    for (place, byte) in purpose.iter_mut().zip(spec.purpose.bytes()) {
        *place = byte;
    }
    Identity {
        purpose,
        binding: spec.binding,
    }
}

pub(crate) fn read(
    medium: &dyn Medium,
    spec: &Spec,
    identity: &Identity,
    file: &mut dyn LogFile,
) -> Result<Recovered, LogError> {
    let path = medium.path(spec.name);
    let failed = |source| io_error(medium, spec.name, "read", source);
    let length = file.size().map_err(failed)?;
    let limit = spec.limits.total;
    if length > limit {
        return Err(LogError::TooLarge { path, length, limit });
    }
    let bytes = file.read(limit).map_err(failed)?;
    let corrupt = |offset, what| LogError::Corrupt {
        path: path.clone(),
        offset,
        what,
        hint: spec.hint,
    };
    let sealed = frame::check_header(&bytes, identity).map_err(|fault| match fault {
        HeaderFault::Damaged(what) => corrupt(0, what),
        HeaderFault::Version(found) => LogError::UnknownVersion {
            path: path.clone(),
            found,
            known: frame::VERSION,
        },
        HeaderFault::Purpose(found) => LogError::WrongPurpose {
            path: path.clone(),
            found: String::from_utf8_lossy(&found).trim_end_matches('\0').to_owned(),
            expected: spec.purpose,
        },
        HeaderFault::Binding(found) => LogError::WrongBinding {
            path: path.clone(),
            found: primitives::Digest::new(found).to_string(),
            expected: primitives::Digest::new(spec.binding).to_string(),
        },
    })?;
    let scanned = frame::scan(&bytes, sealed).map_err(|damage| corrupt(damage.offset, damage.what))?;
    Ok(Recovered {
        records: scanned.records,
        torn_bytes: scanned.torn,
    })
}

/// A file that was just put in place.
pub(crate) struct Fresh {
    pub(crate) file: Box<dyn LogFile>,
    pub(crate) bytes: u64,
    pub(crate) sequence: u64,
    /// What its frames' checksums start from.
    pub(crate) salt: u32,
}

/// Writes `records` to a new file and puts it in the place of the old one.
pub(crate) fn write_new(
    medium: &dyn Medium,
    spec: &Spec,
    identity: &Identity,
    records: &[impl AsRef<[u8]>],
) -> Result<Fresh, LogError> {
    let payloads = payloads(medium, spec, records)?;
    let size = |payload: &Vec<u8>| FRAME_HEADER + payload.len();
    let bytes = wide(HEADER + payloads.iter().map(size).sum::<usize>());
    if bytes > spec.limits.total {
        return Err(full(medium, spec));
    }
    let failed = |action| move |source| io_error(medium, spec.name, action, source);
    let name = format!("{}.new", spec.name);
    let mut file = medium.create(&name).map_err(failed("create"))?;
    // All of it is durable before it gets its name: from then on, damage to it is never what a crash leaves.
    let header = identity.header(bytes);
    let salt = frame::salt(&header);
    file.append(&header).map_err(failed("write"))?;
    let mut sequence = 0;
    for payload in &payloads {
        file.append(&frame::frame(salt, sequence, payload))
            .map_err(failed("write"))?;
        sequence += 1;
    }
    // Order: the content is durable before it gets the name, and the name before anything relies on it.
    file.sync().map_err(failed("sync"))?;
    medium.rename(&name, spec.name).map_err(failed("replace"))?;
    medium.sync_folder().map_err(failed("sync the folder of"))?;
    Ok(Fresh {
        file,
        bytes,
        sequence,
        salt,
    })
}

/// The records, as the payloads of as few frames as hold them.
fn payloads(
    medium: &dyn Medium,
    spec: &Spec,
    records: &[impl AsRef<[u8]>],
) -> Result<Vec<Vec<u8>>, LogError> {
    let (mut payloads, mut payload) = (Vec::new(), Vec::new());
    for record in records {
        let record = record.as_ref();
        if record.len() > MAX_RECORD {
            return Err(LogError::RecordTooLarge {
                path: medium.path(spec.name),
                length: record.len(),
                limit: MAX_RECORD,
            });
        }
        if payload.len() + RECORD_HEADER + record.len() > MAX_PAYLOAD {
            payloads.push(core::mem::take(&mut payload));
        }
        frame::push_record(&mut payload, record);
    }
    if !payload.is_empty() {
        payloads.push(payload);
    }
    Ok(payloads)
}

pub(crate) fn full(medium: &dyn Medium, spec: &Spec) -> LogError {
    LogError::Full {
        path: medium.path(spec.name),
        limit: spec.limits.total,
    }
}

pub(crate) fn io_error(medium: &dyn Medium, name: &str, action: &'static str, source: io::Error) -> LogError {
    LogError::Io {
        path: medium.path(name),
        action,
        source,
    }
}
