//! Values of any length, in chunks that the database keeps well, under one checksum.

use crate::StoreError;
use crate::engine::{Batch, Engine, Tree};

/// Bytes of a chunk: larger values make the database keep a file each (consensus.md, section 2.1).
pub(crate) const CHUNK: usize = 60 * 1024;
/// Length and checksum in front of the first chunk.
const FRAME: usize = 8;

/// How many chunks a value of `length` bytes has.
const fn chunks(length: usize) -> usize {
    let all = length + FRAME;
    all.div_ceil(CHUNK)
}

fn chunk_key(key: &[u8], number: usize) -> Vec<u8> {
    let number = u16::try_from(number).unwrap_or(u16::MAX);
    let mut key = key.to_vec();
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// Writes a value under `key`.
pub(crate) fn put(batch: &mut Batch, key: &[u8], value: &[u8]) {
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    let mut framed = Vec::with_capacity(value.len() + FRAME);
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(&crc32fast::hash(value).to_be_bytes());
    framed.extend_from_slice(value);
    for (number, chunk) in framed.chunks(CHUNK).enumerate() {
        batch.put(chunk_key(key, number), chunk.to_vec());
    }
}

/// Removes a value of `length` bytes.
pub(crate) fn remove(batch: &mut Batch, key: &[u8], length: usize) {
    for number in 0..chunks(length) {
        batch.remove(chunk_key(key, number));
    }
}

/// Reads a value; `None` when there is none. `what` names it in errors.
///
/// # Errors
/// [`StoreError::Corrupt`] when a chunk is missing or the checksum does not match.
pub(crate) fn read(
    engine: &dyn Engine,
    tree: Tree,
    key: &[u8],
    what: &dyn Fn() -> String,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(mut framed) = engine.get(tree, &chunk_key(key, 0))? else {
        return Ok(None);
    };
    let Some((length, checksum)) = frame(&framed) else {
        return Err(StoreError::corrupt(format!("{} is cut off", what())));
    };
    framed.reserve_exact((length + FRAME).saturating_sub(framed.len()).min(1 << 30));
    for number in 1..chunks(length) {
        let Some(chunk) = engine.get(tree, &chunk_key(key, number))? else {
            return Err(StoreError::corrupt(format!("{} lacks part {number}", what())));
        };
        framed.extend_from_slice(&chunk);
    }
    let value = framed.split_off(FRAME);
    if value.len() != length || crc32fast::hash(&value) != checksum {
        return Err(StoreError::corrupt(format!(
            "{} does not match its checksum",
            what()
        )));
    }
    Ok(Some(value))
}

fn frame(framed: &[u8]) -> Option<(usize, u32)> {
    let (length, rest) = framed.split_first_chunk()?;
    let (checksum, _) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    Some((length, u32::from_be_bytes(*checksum)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Memory;

    fn written(value: &[u8]) -> Memory {
        let (engine, mut batch) = (Memory::default(), Batch::default());
        put(&mut batch, b"key", value);
        engine.apply(Tree::Log, batch).unwrap();
        engine
    }

    fn read_back(engine: &Memory) -> Result<Option<Vec<u8>>, StoreError> {
        read(engine, Tree::Log, b"key", &|| "the value".to_owned())
    }

    #[test]
    fn values_of_any_length_come_back_and_go_away() {
        for length in [0, 1, CHUNK - FRAME, CHUNK - FRAME + 1, CHUNK, 3 * CHUNK + 7] {
            let value: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let engine = written(&value);
            assert_eq!(engine.keys(Tree::Log).len(), chunks(length));
            assert_eq!(read_back(&engine).unwrap(), Some(value));
            let mut batch = Batch::default();
            remove(&mut batch, b"key", length);
            engine.apply(Tree::Log, batch).unwrap();
            assert!(engine.keys(Tree::Log).is_empty());
            assert_eq!(read_back(&engine).unwrap(), None);
        }
    }

    #[test]
    fn a_flipped_bit_or_a_missing_chunk_is_damage() {
        let value = vec![7; 2 * CHUNK];
        let engine = written(&value);
        assert!(engine.damage(Tree::Log, &chunk_key(b"key", 1), 5));
        assert!(read_back(&engine).unwrap_err().to_string().contains("checksum"));
        let engine = written(&value);
        let mut batch = Batch::default();
        batch.remove(chunk_key(b"key", 2));
        engine.apply(Tree::Log, batch).unwrap();
        assert!(
            read_back(&engine)
                .unwrap_err()
                .to_string()
                .contains("lacks part 2")
        );
    }
}
