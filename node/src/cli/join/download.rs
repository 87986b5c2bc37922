//! Downloading a snapshot: chunk by chunk, each checked before it is kept, going on where an attempt ended.

use super::sources::{Offer, Source};
use crate::cli::context::Context;
use crate::cli::snapshot::failure;
use crate::output::{Exit, Failure};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use primitives::Height;
use proto::snapshot::v1::{DownloadSnapshotRequest, GetSnapshotRequest};
use std::time::Duration;
use store::snapshot::{Draft, Folder, Listed, Manifest, Signed, SnapshotError};

/// How long a node may take for one chunk.
const CHUNK_WITHIN: Duration = Duration::from_secs(60);

/// Why a download ended.
pub(super) struct Ended {
    pub(super) failure: Failure,
    /// Whether another node may do better.
    pub(super) other_source_may_do: bool,
}

impl From<SnapshotError> for Ended {
    fn from(error: SnapshotError) -> Self {
        Self {
            failure: failure(&error),
            other_source_may_do: error.is_fault_of_source(),
        }
    }
}

impl From<client::Error> for Ended {
    fn from(error: client::Error) -> Self {
        Self {
            failure: error.into(),
            other_source_may_do: true,
        }
    }
}

/// Downloads what is missing of an offered snapshot, and gives it whole. The chunks of a broken attempt are used.
pub(super) async fn fetch(
    context: &Context,
    sources: &[Source],
    offer: &Offer,
    folder: &Folder,
) -> Result<Listed, Ended> {
    let height = Height::new(offer.height);
    let source = sources
        .iter()
        .find(|source| source.url == offer.url)
        .ok_or_else(|| Ended {
            failure: Failure::unexpected("an offer without its node"),
            other_source_may_do: true,
        })?;
    let mut service = source.client.snapshots();
    let request = GetSnapshotRequest { height: height.get() };
    let answer = source.client.unary(service.get_snapshot(request)).await?;
    let signed = Signed::parse(&answer.manifest)?;
    if signed.manifest.height() != height {
        let text = format!("the manifest is of height {}", signed.manifest.height());
        return Err(SnapshotError::Manifest(text).into());
    }
    // The same from an earlier attempt, whole.
    if let Ok(listed) = folder.open(height)
        && listed.signed.manifest == signed.manifest
    {
        return Ok(listed);
    }
    let draft = folder.draft(height)?;
    let bar = progress(context, &signed.manifest);
    let missing = missing(&draft, &signed.manifest, &bar);
    if missing.len() < signed.manifest.chunks.len() {
        let here = signed.manifest.chunks.len() - missing.len();
        context
            .output
            .note(&format!("{here} chunks are here from an earlier attempt"));
    }
    for run in runs(&missing) {
        let outcome = chunks(source, &signed.manifest, run, &draft, &bar).await;
        if outcome.is_err() {
            bar.abandon();
        }
        outcome?;
    }
    bar.finish_and_clear();
    Ok(draft.publish(&signed)?)
}

/// The chunks that are not here, or damaged.
fn missing(draft: &Draft, manifest: &Manifest, bar: &ProgressBar) -> Vec<usize> {
    let chunks = manifest.chunks.iter().enumerate();
    chunks
        .filter(|(_, info)| {
            let here = draft.has_chunk(info);
            if here {
                bar.inc(u64::from(info.bytes));
            }
            !here
        })
        .map(|(index, _)| index)
        .collect()
}

/// Neighbours, as first and count.
fn runs(missing: &[usize]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for index in missing {
        match runs.last_mut() {
            Some((first, count)) if *first + *count == *index => *count += 1,
            Some(_) | None => runs.push((*index, 1)),
        }
    }
    runs
}

async fn chunks(
    source: &Source,
    manifest: &Manifest,
    (first, count): (usize, usize),
    draft: &Draft,
    bar: &ProgressBar,
) -> Result<(), Ended> {
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let mut service = source.client.snapshots();
    let request = DownloadSnapshotRequest {
        height: manifest.height().get(),
        first_chunk: narrow(first),
        count: narrow(count),
    };
    let mut stream = source.client.stream(service.download_snapshot(request)).await?;
    for (index, info) in manifest.chunks.iter().enumerate().skip(first).take(count) {
        let frame = tokio::time::timeout(CHUNK_WITHIN, stream.message()).await;
        let frame = match frame {
            Ok(Ok(Some(frame))) => frame,
            Ok(Ok(None)) => return Err(silent(source, index, "the stream ended")),
            Ok(Err(status)) => return Err(silent(source, index, status.message())),
            Err(_) => return Err(silent(source, index, "nothing came for a minute")),
        };
        if frame.index != narrow(index) || !info.is(&frame.data) {
            return Err(SnapshotError::Chunk {
                index,
                what: format!("{} sent something else than its manifest lists", source.url),
            }
            .into());
        }
        draft.put_chunk(info, &frame.data)?;
        bar.inc(u64::from(info.bytes));
    }
    Ok(())
}

fn silent(source: &Source, index: usize, why: &str) -> Ended {
    let text = format!(
        "{}: chunk {index} did not come: {why}; what is here is kept, the same command goes on from there",
        source.url
    );
    Ended {
        failure: Failure::new(Exit::Unreachable, "DOWNLOAD_BROKEN", text),
        other_source_may_do: true,
    }
}

fn progress(context: &Context, manifest: &Manifest) -> ProgressBar {
    let bar = ProgressBar::new(manifest.bytes());
    if !context.output.is_watched() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) =
        ProgressStyle::with_template("snapshot {wide_bar} {bytes}/{total_bytes}, {bytes_per_sec}, {eta}")
    {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_asked_for_in_runs() {
        assert_eq!(runs(&[]), []);
        assert_eq!(runs(&[0, 1, 2, 5, 7, 8]), [(0, 3), (5, 1), (7, 2)]);
    }
}
