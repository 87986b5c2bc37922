//! Reading what nodes have said, and what they go on saying.

use crate::error::Error;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The most of a log's end that is looked at for its last lines.
const MAX_TAIL: u64 = 1 << 20;

/// The last `count` lines of a file; none when there is no file yet.
///
/// # Errors
/// [`Error::Io`].
pub fn tail(path: &Path, count: usize) -> Result<Vec<String>, Error> {
    let mut follower = Follower::at_end(path, MAX_TAIL)?;
    let mut lines = follower.next_lines()?;
    // What has no newline yet is a line too.
    if !follower.partial.is_empty() {
        lines.push(String::from_utf8_lossy(&follower.partial).into_owned());
    }
    Ok(lines.split_off(lines.len().saturating_sub(count)))
}

/// Follows a growing file, line by line.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    position: u64,
    partial: Vec<u8>,
}

impl Follower {
    /// Starts `back` bytes before the end, at the next line's start.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn at_end(path: &Path, back: u64) -> Result<Self, Error> {
        let length = match path.metadata() {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(Error::io(path, "read", error)),
        };
        let mut follower = Self {
            path: path.to_owned(),
            position: length.saturating_sub(back),
            partial: Vec::new(),
        };
        if follower.position > 0 {
            // From the byte before, so that a line that starts right here is not lost.
            follower.position -= 1;
            let bytes = follower.read()?;
            let start = bytes
                .iter()
                .position(|byte| *byte == b'\n')
                .map_or(bytes.len(), |at| at + 1);
            follower.partial = bytes[start..].to_vec();
        }
        Ok(follower)
    }

    /// The lines that have been completed since the last call. A file that was cut is read from its start.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn next_lines(&mut self) -> Result<Vec<String>, Error> {
        let bytes = self.read()?;
        self.partial.extend_from_slice(&bytes);
        let mut lines = Vec::new();
        while let Some(end) = self.partial.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.partial.drain(..=end).collect();
            lines.push(String::from_utf8_lossy(&line[..end]).into_owned());
        }
        Ok(lines)
    }

    fn read(&mut self) -> Result<Vec<u8>, Error> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::io(&self.path, "read", error)),
        };
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        if length < self.position {
            self.position = 0;
            self.partial.clear();
        }
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(self.position))
            .and_then(|_| file.take(MAX_TAIL).read_to_end(&mut bytes))
            .map_err(|error| Error::io(&self.path, "read", error))?;
        self.position = self
            .position
            .saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_growing_file_gives_each_line_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        assert!(tail(&path, 5).unwrap().is_empty());
        let mut follower = Follower::at_end(&path, 0).unwrap();
        let mut file = File::create(&path).unwrap();
        file.write_all(b"one\ntwo\nthr").unwrap();
        assert_eq!(follower.next_lines().unwrap(), ["one", "two"]);
        assert!(follower.next_lines().unwrap().is_empty());
        file.write_all(b"ee\n").unwrap();
        assert_eq!(follower.next_lines().unwrap(), ["three"]);
        assert_eq!(tail(&path, 2).unwrap(), ["two", "three"]);
        file.write_all(b"no newline").unwrap();
        assert_eq!(tail(&path, 1).unwrap(), ["no newline"]);
    }

    #[test]
    fn following_starts_at_a_whole_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "first\nsecond\n").unwrap();
        for (back, expected) in [
            (0, &[][..]),
            (3, &[]),
            (7, &["second"]),
            (10, &["second"]),
            (13, &["first", "second"]),
        ] {
            let lines = Follower::at_end(&path, back).unwrap().next_lines().unwrap();
            assert_eq!(lines, expected, "{back}");
        }
    }

    #[test]
    fn a_file_that_was_cut_is_read_from_its_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "a long first line\n").unwrap();
        let mut follower = Follower::at_end(&path, 0).unwrap();
        std::fs::write(&path, "new\n").unwrap();
        assert_eq!(follower.next_lines().unwrap(), ["new"]);
    }
}
