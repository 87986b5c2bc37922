//! The bytes of a log: header, frames, and what a file's bytes say. Pure.

use crc32fast::Hasher;

pub(crate) const MAGIC: [u8; 8] = *b"PALISLOG";
pub(crate) const VERSION: u32 = 2;
pub(crate) const HEADER: usize = 72;
pub(crate) const FRAME_HEADER: usize = 16;
/// Bytes of the length before each record.
pub(crate) const RECORD_HEADER: usize = 4;
/// The most that one frame's payload holds.
pub(crate) const MAX_PAYLOAD: usize = 4 << 20;

/// What a log is for, and whose.
#[derive(Clone, Copy)]
pub(crate) struct Identity {
    pub(crate) purpose: [u8; 16],
    pub(crate) binding: [u8; 32],
}

impl Identity {
    /// The header of a file whose first `sealed` bytes were durable before it got its name. The last four bytes are its
    /// checksum.
    pub(crate) fn header(&self, sealed: u64) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(&MAGIC);
        header[8..12].copy_from_slice(&VERSION.to_le_bytes());
        header[12..28].copy_from_slice(&self.purpose);
        header[28..60].copy_from_slice(&self.binding);
        header[60..68].copy_from_slice(&sealed.to_le_bytes());
        let checksum = crc32fast::hash(&header[..68]);
        header[68..].copy_from_slice(&checksum.to_le_bytes());
        header
    }
}

/// What every frame's checksum starts from.
pub(crate) fn salt(header: &[u8]) -> u32 {
    crc32fast::hash(header)
}

/// Why a header is not the one expected.
#[derive(Debug)]
pub(crate) enum HeaderFault {
    Damaged(&'static str),
    Version(u32),
    Purpose([u8; 16]),
    Binding([u8; 32]),
}

/// Checks the start of a file, and returns how much of it was durable before it got its name.
pub(crate) fn check_header(bytes: &[u8], expected: &Identity) -> Result<u64, HeaderFault> {
    let header = bytes
        .get(..HEADER)
        .ok_or(HeaderFault::Damaged("the file is shorter than its header"))?;
    if header[..8] != MAGIC {
        return Err(HeaderFault::Damaged("this is not a log"));
    }
    let version = u32_at(header, 8);
    if version != VERSION {
        return Err(HeaderFault::Version(version));
    }
    if crc32fast::hash(&header[..68]) != u32_at(header, 68) {
        return Err(HeaderFault::Damaged("the header's checksum does not hold"));
    }
    let (mut purpose, mut binding) = ([0; 16], [0; 32]);
    purpose.copy_from_slice(&header[12..28]);
    binding.copy_from_slice(&header[28..60]);
    if purpose != expected.purpose {
        return Err(HeaderFault::Purpose(purpose));
    }
    if binding != expected.binding {
        return Err(HeaderFault::Binding(binding));
    }
    Ok(u64_at(header, 60))
}

/// The frame that holds `payload` at place `sequence`.
pub(crate) fn frame(salt: u32, sequence: u64, payload: &[u8]) -> Vec<u8> {
    // The payload is bounded by `MAX_PAYLOAD` where it is collected.
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(FRAME_HEADER + payload.len());
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&checksum(salt, length, sequence, payload).to_le_bytes());
    bytes.extend_from_slice(&sequence.to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// Adds a record to a frame's payload.
pub(crate) fn push_record(payload: &mut Vec<u8>, record: &[u8]) {
    let length = u32::try_from(record.len()).unwrap_or(u32::MAX);
    payload.extend_from_slice(&length.to_le_bytes());
    payload.extend_from_slice(record);
}

/// What the bytes after the header hold.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Scanned {
    pub(crate) records: Vec<Vec<u8>>,
    /// How many bytes at the end are a frame that was never completely written.
    pub(crate) torn: u64,
}

/// Damage that is not a torn tail.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    pub(crate) offset: u64,
    pub(crate) what: &'static str,
}

/// Reads a whole file whose header was checked. Its first `sealed` bytes were never torn.
pub(crate) fn scan(bytes: &[u8], sealed: u64) -> Result<Scanned, Damage> {
    if wide(bytes.len()) < sealed {
        return Err(damage(bytes.len(), "the file was cut short"));
    }
    let salt = salt(&bytes[..HEADER]);
    let mut scanned = Scanned::default();
    let (mut at, mut sequence) = (HEADER, 0);
    while at < bytes.len() {
        let Some((found, payload)) = frame_at(bytes, at, salt) else {
            if wide(at) < sealed {
                return Err(damage(
                    at,
                    "the checksum does not hold, and a crash cannot have done that",
                ));
            }
            if let Some(what) = more_than_a_torn_tail(bytes, at, salt, sequence) {
                return Err(damage(at, what));
            }
            scanned.torn = wide(bytes.len() - at);
            break;
        };
        if found != sequence {
            return Err(damage(at, "a frame is missing or stands twice"));
        }
        split_records(payload, &mut scanned.records)
            .ok_or_else(|| damage(at, "a frame's records do not fill it"))?;
        at += FRAME_HEADER + payload.len();
        sequence += 1;
    }
    Ok(scanned)
}

/// The complete and undamaged frame at `at`: its sequence and payload.
fn frame_at(bytes: &[u8], at: usize, salt: u32) -> Option<(u64, &[u8])> {
    let header = bytes.get(at..at.checked_add(FRAME_HEADER)?)?;
    let length = u32_at(header, 0);
    let size = usize::try_from(length).ok().filter(|l| *l <= MAX_PAYLOAD)?;
    let sequence = u64_at(header, 8);
    let start = at + FRAME_HEADER;
    let payload = bytes.get(start..start.checked_add(size)?)?;
    (checksum(salt, length, sequence, payload) == u32_at(header, 4)).then_some((sequence, payload))
}

/// Why the damage at `at` cannot be a frame that a crash interrupted; `None` when it can.
///
/// Only one frame is ever unsynced, so a torn tail is at most one frame long and no frame follows it. Candidates
/// are told by their sequence first, so that checksums are computed for next to none of the offsets.
fn more_than_a_torn_tail(bytes: &[u8], at: usize, salt: u32, sequence: u64) -> Option<&'static str> {
    if bytes.len() - at > FRAME_HEADER + MAX_PAYLOAD {
        return Some("more is damaged than one interrupted write can explain");
    }
    let most = wide((bytes.len() - at) / FRAME_HEADER);
    for start in at + 1..bytes.len().saturating_sub(FRAME_HEADER - 1) {
        let found = u64_at(bytes, start + 8);
        if found > sequence && found - sequence <= most && frame_at(bytes, start, salt).is_some() {
            return Some("the checksum does not hold, and undamaged data follows");
        }
    }
    None
}

fn split_records(mut payload: &[u8], records: &mut Vec<Vec<u8>>) -> Option<()> {
    while !payload.is_empty() {
        let (header, rest) = payload.split_at_checked(RECORD_HEADER)?;
        let length = usize::try_from(u32_at(header, 0)).ok()?;
        let (record, rest) = rest.split_at_checked(length)?;
        records.push(record.to_vec());
        payload = rest;
    }
    Some(())
}

fn checksum(salt: u32, length: u32, sequence: u64, payload: &[u8]) -> u32 {
    let mut hasher = Hasher::new_with_initial(salt);
    hasher.update(&length.to_le_bytes());
    hasher.update(&sequence.to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

fn damage(at: usize, what: &'static str) -> Damage {
    Damage {
        offset: wide(at),
        what,
    }
}

/// A length as it is reported.
pub(crate) fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// The caller has checked that four bytes are there.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}

/// The caller has checked that eight bytes are there.
fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}
