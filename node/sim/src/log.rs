//! A simulated log file: frames with a checksum, a synced part that survives everything, and an unsynced part of
//! which a crash leaves any prefix, the last frame of it possibly torn.

use consensus::{Floor, Record};
use crypto::hash::sha256;
use primitives::codec::{decode, encode};

/// What a crash leaves of the unsynced part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tail {
    /// Nothing.
    Lost,
    /// The first frames, and part of the next.
    Torn {
        /// Whole frames.
        frames: usize,
        /// Bytes of the next, at most all but one.
        bytes: usize,
    },
    /// Everything.
    Kept,
}

/// The log of one node.
#[derive(Debug, Default)]
pub struct Log {
    frames: Vec<(u64, Vec<u8>)>,
    appended: u64,
    durable: u64,
}

fn checksum(body: &[u8]) -> [u8; 4] {
    let hash = sha256(&[body]);
    hash.first_chunk().copied().unwrap_or_default()
}

impl Log {
    /// Appends a record, unsynced.
    pub fn append(&mut self, record: &Record) {
        let body = encode(record);
        let mut frame = checksum(&body).to_vec();
        frame.extend_from_slice(&body);
        self.appended += 1;
        self.frames.push((self.appended, frame));
    }

    /// How many records were ever appended.
    #[must_use]
    pub const fn appended(&self) -> u64 {
        self.appended
    }

    /// How many of them are synced.
    #[must_use]
    pub const fn durable(&self) -> u64 {
        self.durable
    }

    /// Everything appended up to `count` is synced.
    pub fn synced(&mut self, count: u64) {
        self.durable = self.durable.max(count);
    }

    /// A crash: of the unsynced part, `tail` is left.
    pub fn crash(&mut self, tail: Tail) {
        let synced = self.frames.iter().filter(|(at, _)| *at <= self.durable).count();
        match tail {
            Tail::Kept => {}
            Tail::Lost => self.frames.truncate(synced),
            Tail::Torn { frames, bytes } => {
                self.frames.truncate(synced + frames + 1);
                if self.frames.len() == synced + frames + 1
                    && let Some((_, torn)) = self.frames.last_mut()
                {
                    torn.truncate(bytes.min(torn.len().saturating_sub(1)));
                }
            }
        }
        // A restart syncs what it found before it says anything.
        self.durable = self.appended;
    }

    /// What is on the disk, up to the first frame that is torn; that one is cut off.
    pub fn replay(&mut self) -> Vec<Record> {
        let mut records = Vec::new();
        for (_, frame) in &self.frames {
            match read(frame) {
                Some(record) => records.push(record),
                None => break,
            }
        }
        self.frames.truncate(records.len());
        records
    }

    /// Forgets what is not needed above the floor. The file is written anew and renamed: all of it is synced.
    pub fn prune(&mut self, floor: &Floor) {
        self.frames
            .retain(|(_, frame)| read(frame).is_some_and(|record| record.is_needed(floor)));
    }

    /// Loses everything.
    pub fn clear(&mut self) {
        self.frames.clear();
        self.durable = self.appended;
    }

    /// Bytes on the disk.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.frames.iter().map(|(_, frame)| frame.len()).sum()
    }
}

fn read(frame: &[u8]) -> Option<Record> {
    let (sum, body) = frame.split_first_chunk::<4>()?;
    if *sum != checksum(body) {
        return None;
    }
    decode(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use primitives::Epoch;

    fn log(records: u64) -> Log {
        let mut log = Log::default();
        for epoch in 0..records {
            log.append(&Record::Epoch(Epoch::new(epoch)));
        }
        log
    }

    #[test]
    fn a_crash_keeps_the_synced_part_and_a_prefix_of_the_rest() {
        for (tail, left) in [
            (Tail::Lost, 2),
            (Tail::Torn { frames: 0, bytes: 3 }, 2),
            (Tail::Torn { frames: 1, bytes: 9 }, 3),
            (Tail::Torn { frames: 9, bytes: 9 }, 5),
            (Tail::Kept, 5),
        ] {
            let mut log = log(5);
            log.synced(2);
            log.crash(tail);
            assert_eq!(log.replay().len(), left, "{tail:?}");
        }
    }

    #[test]
    fn a_torn_frame_is_cut_off_before_anything_follows_it() {
        let mut log = log(3);
        log.crash(Tail::Torn { frames: 1, bytes: 5 });
        assert_eq!(log.replay().len(), 1);
        log.append(&Record::Epoch(Epoch::new(9)));
        assert_eq!(log.replay().len(), 2);
    }
}
