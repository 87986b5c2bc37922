//! Frames on a stream: four bytes of length, big-endian, then that many bytes.

use bytes::{Bytes, BytesMut};
use futures::io::{AsyncRead, AsyncReadExt};
use std::io;
use std::time::Duration;
use tokio::time::timeout;

/// Why there is no frame.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("a frame of {length} bytes was announced, at most {limit} are allowed")]
    TooLong { length: u32, limit: u32 },
    #[error("the stream ended")]
    Ended,
    #[error("the peer stopped in the middle of a frame")]
    Stalled,
    #[error("the stream failed: {0}")]
    Io(#[from] io::Error),
}

/// How long a peer may pause in the middle of a frame.
const STALL: Duration = Duration::from_secs(20);
/// Memory is taken in steps as bytes arrive: an announced length alone costs nothing.
const STEP: usize = 64 << 10;

/// The header of a frame: its length, four bytes big-endian.
pub(crate) fn header(frame: &Bytes) -> [u8; 4] {
    // Frames are far below 4 GiB: their limit is a u32.
    u32::try_from(frame.len()).unwrap_or(u32::MAX).to_be_bytes()
}

/// Reads one frame of at most `limit` bytes. Between frames it waits as long as it takes.
pub(crate) async fn read<R: AsyncRead + Unpin>(stream: &mut R, limit: u32) -> Result<Bytes, FrameError> {
    let mut header = [0; 4];
    let first = stream.read(&mut header).await?;
    if first == 0 {
        return Err(FrameError::Ended);
    }
    // `first` is at most 4, so the rest always exists.
    let rest = header.get_mut(first..).unwrap_or_default();
    timeout(STALL, stream.read_exact(rest))
        .await
        .map_err(|_| FrameError::Stalled)??;
    let length = u32::from_be_bytes(header);
    if length > limit {
        return Err(FrameError::TooLong { length, limit });
    }
    let length = length as usize;
    let mut body = BytesMut::new();
    let mut filled = 0;
    while filled < length {
        if filled == body.len() {
            // Doubling keeps the copying linear.
            let target = (filled * 2).clamp(STEP, length.max(STEP)).min(length);
            body.resize(target, 0);
        }
        let space = body.get_mut(filled..).unwrap_or_default();
        let read = timeout(STALL, stream.read(space))
            .await
            .map_err(|_| FrameError::Stalled)??;
        if read == 0 {
            return Err(FrameError::Io(io::ErrorKind::UnexpectedEof.into()));
        }
        filled += read;
    }
    Ok(body.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::io::Cursor;

    fn encoded(frame: &[u8]) -> Vec<u8> {
        let frame = Bytes::copy_from_slice(frame);
        [&header(&frame)[..], &frame[..]].concat()
    }

    #[tokio::test]
    async fn frames_come_back_one_after_the_other() {
        let long = vec![7; 300_000];
        let mut stream = Cursor::new([encoded(b"ab"), encoded(b""), encoded(&long)].concat());
        assert_eq!(read(&mut stream, 400_000).await.unwrap(), "ab");
        assert_eq!(read(&mut stream, 400_000).await.unwrap(), "");
        assert_eq!(read(&mut stream, 400_000).await.unwrap(), long);
        assert!(matches!(read(&mut stream, 400_000).await, Err(FrameError::Ended)));
    }

    #[tokio::test]
    async fn a_length_over_the_limit_is_refused_before_anything_is_read() {
        let mut stream = Cursor::new(u32::MAX.to_be_bytes().to_vec());
        let error = read(&mut stream, 1_024).await.unwrap_err();
        assert!(matches!(
            error,
            FrameError::TooLong {
                length: u32::MAX,
                limit: 1_024
            }
        ));
    }

    #[tokio::test]
    async fn a_frame_that_ends_early_is_an_error() {
        let mut bytes = encoded(b"abcdef");
        bytes.truncate(7);
        assert!(matches!(
            read(&mut Cursor::new(bytes), 10).await,
            Err(FrameError::Io(_))
        ));
        assert!(matches!(
            read(&mut Cursor::new(vec![0, 0]), 10).await,
            Err(FrameError::Io(_))
        ));
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_stops_within_a_frame_is_given_up() {
        let (mut ours, mut theirs) = futures_pipe();
        futures::io::AsyncWriteExt::write_all(&mut theirs, &[0, 0, 0, 9, 1])
            .await
            .unwrap();
        assert!(matches!(read(&mut ours, 10).await, Err(FrameError::Stalled)));
    }

    fn futures_pipe() -> (impl AsyncRead + Unpin, impl futures::io::AsyncWrite + Unpin) {
        use tokio_util::compat::{TokioAsyncReadCompatExt, TokioAsyncWriteCompatExt};
        let (a, b) = tokio::io::duplex(64);
        (a.compat(), b.compat_write())
    }
}
