//! Taking a snapshot of a version of the state, while the node goes on.

use super::folder::Folder;
use super::{
    Anchor, CHUNK, ChunkInfo, FORMAT, History, Link, MAX_CHUNKS, MAX_DESCENDANTS, Manifest, Signed,
    SnapshotError,
};
use crate::{Store, StoreError};
use core::ops::Bound;
use light_palisade::{Certificate, VoteKind};
use primitives::codec::encode;
use primitives::{Epoch, Height, Timestamp};
use state::{Order, State};

/// Entries read from the state at once.
const PAGE: usize = 1_024;
/// Hand-overs read at once.
const LINKS: usize = 64;

/// How a snapshot is taken.
pub struct Take<'a> {
    /// The version: the state after the block at `height`.
    pub state: &'a State,
    /// Its height.
    pub height: Height,
    /// The time now.
    pub created: Timestamp,
    /// Who takes it.
    pub key: [u8; 32],
    /// Signs for it.
    pub sign: &'a dyn Fn(&[u8]) -> [u8; 64],
    /// Asked after every chunk whether to go on. It may wait, to leave the disk to others.
    pub go_on: &'a dyn Fn() -> bool,
}

fn finalizes(certificate: &Certificate) -> bool {
    certificate.statement.kind() == VoteKind::Finalize
}

impl Store {
    /// Whether a snapshot of the state at `height` can be shown to be right: the block has its own finalization, and
    /// its child is final.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub fn suits_snapshot(&self, height: Height) -> Result<bool, StoreError> {
        match self.anchor(height) {
            Ok(_) => Ok(true),
            Err(SnapshotError::Store(error)) => Err(error),
            Err(_) => Ok(false),
        }
    }

    fn anchor(&self, height: Height) -> Result<Anchor, SnapshotError> {
        let unsuitable = |what| SnapshotError::Unsuitable { height, what };
        if height.is_zero() {
            return Err(unsuitable("genesis needs none"));
        }
        let head = self
            .head(height)?
            .ok_or_else(|| unsuitable("the block is not here"))?;
        let certificate = head
            .certificate
            .clone()
            .filter(finalizes)
            .ok_or_else(|| unsuitable("the block was finalized by a descendant"))?;
        let mut above: Vec<_> = Vec::new();
        for number in height.get().saturating_add(1)..=height.get().saturating_add(MAX_DESCENDANTS as u64) {
            let Some(next) = self.head(Height::new(number))? else {
                break;
            };
            above.push(next.header.clone());
            if let Some(finality) = next.certificate.clone().filter(finalizes) {
                let child = above.remove(0);
                return Ok(Anchor {
                    header: head.header.clone(),
                    certificate,
                    child,
                    descendants: above,
                    finality,
                });
            }
        }
        Err(unsuitable("no block above it is finalized yet"))
    }

    /// Writes a snapshot into `folder`; it is there whole or not at all. Call it off the async threads.
    ///
    /// # Errors
    /// [`SnapshotError`]. What was begun is removed.
    pub fn take_snapshot(&self, folder: &Folder, take: &Take<'_>) -> Result<Signed, SnapshotError> {
        let anchor = self.anchor(take.height)?;
        if anchor.roots().state != take.state.root() {
            return Err(SnapshotError::Unsuitable {
                height: take.height,
                what: "the state at hand is of another block",
            });
        }
        let draft = folder.draft(take.height)?;
        let mut writer = Writer {
            buffer: Vec::with_capacity(CHUNK),
            chunks: Vec::new(),
            put: &|info, bytes| draft.put_chunk(info, bytes),
            go_on: take.go_on,
        };
        self.write_history(&mut writer, &anchor)?;
        writer.cut()?;
        let history = u32::try_from(writer.chunks.len()).unwrap_or(u32::MAX);
        write_entries(&mut writer, take.state)?;
        writer.cut()?;
        let manifest = Manifest {
            format: FORMAT,
            anchor,
            created: take.created,
            entries: take.state.len() as u64,
            history,
            chunks: writer.chunks,
        };
        manifest.check()?;
        let signature = (take.sign)(manifest.id().as_bytes());
        let signed = Signed {
            manifest,
            key: take.key,
            signature,
        };
        draft.publish(&signed)?;
        Ok(signed)
    }

    fn write_history(&self, writer: &mut Writer<'_>, anchor: &Anchor) -> Result<(), SnapshotError> {
        let missing = |what| SnapshotError::Unsuitable {
            height: anchor.header.height,
            what,
        };
        let mut epoch = Epoch::ZERO;
        while epoch < anchor.child.epoch {
            let ends = self.hand_overs(epoch, LINKS)?;
            if ends.is_empty() {
                return Err(missing("a hand-over on the way to it is not here"));
            }
            for end in ends
                .into_iter()
                .take_while(|end| end.header.epoch < anchor.child.epoch)
            {
                epoch = end
                    .header
                    .epoch
                    .next()
                    .map_err(|_| missing("the last epoch of all"))?;
                let next = self
                    .validator_set(epoch)?
                    .ok_or_else(|| missing("a validator set on the way to it is not here"))?;
                writer.record(&encode(&History::HandOver(Box::new(Link {
                    header: end.header,
                    certificate: end.certificate,
                    next,
                }))))?;
            }
        }
        let changes = self
            .changes(anchor.header.height)?
            .ok_or_else(|| missing("what its block changed is not here"))?;
        writer.record(&encode(&History::Changes(changes.as_ref().clone())))
    }
}

fn write_entries(writer: &mut Writer<'_>, state: &State) -> Result<(), SnapshotError> {
    let mut start: Bound<Vec<u8>> = Bound::Unbounded;
    loop {
        let from = start.as_ref().map(Vec::as_slice);
        let page = state.range(from, Bound::Unbounded, PAGE, Order::Ascending);
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        let next = Bound::Excluded(last.to_vec());
        for entry in page {
            writer.record(&encode(&entry))?;
        }
        start = next;
    }
}

/// Where a chunk goes.
type Put<'a> = dyn Fn(&ChunkInfo, &[u8]) -> Result<(), SnapshotError> + 'a;

/// Cuts records into chunks.
struct Writer<'a> {
    buffer: Vec<u8>,
    chunks: Vec<ChunkInfo>,
    put: &'a Put<'a>,
    go_on: &'a dyn Fn() -> bool,
}

impl Writer<'_> {
    fn record(&mut self, record: &[u8]) -> Result<(), SnapshotError> {
        let length = u32::try_from(record.len()).unwrap_or(u32::MAX);
        self.bytes(&length.to_le_bytes())?;
        self.bytes(record)
    }

    fn bytes(&mut self, mut bytes: &[u8]) -> Result<(), SnapshotError> {
        while !bytes.is_empty() {
            let room = CHUNK - self.buffer.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.buffer.extend_from_slice(now);
            bytes = later;
            if self.buffer.len() == CHUNK {
                self.cut()?;
            }
        }
        Ok(())
    }

    /// Ends the chunk.
    fn cut(&mut self) -> Result<(), SnapshotError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        if self.chunks.len() >= MAX_CHUNKS {
            return Err(SnapshotError::Manifest(format!(
                "the state has more than {MAX_CHUNKS} chunks"
            )));
        }
        let info = ChunkInfo::of(&self.buffer);
        (self.put)(&info, &self.buffer)?;
        self.buffer.clear();
        self.chunks.push(info);
        if (self.go_on)() {
            Ok(())
        } else {
            Err(SnapshotError::Stopped)
        }
    }
}
