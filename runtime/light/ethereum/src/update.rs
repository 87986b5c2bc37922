//! What a light client is sent: a bootstrap, and updates of three kinds in one shape. Read from SSZ with exact bounds.
//!
//! A container's fork is the version that the beacon API states beside the data. Headers and branches inside may be of
//! older forks, with zeros where the older fork has nothing: they are brought to their own fork's shape here, so that
//! the rules see one form only.

use crate::committee::SyncCommittee;
use crate::header::{BeaconHeader, LightHeader};
use crate::merkle::GeneralizedIndex;
use crate::spec::{Fork, Layout, Root, Slot, Spec};
use crate::ssz::{Reader, SszError, parts};

/// The longest SSZ of an update on any network: checked before anything is read.
pub const MAX_UPDATE_BYTES: usize = 32 * 1024;

/// A header that is trusted by its root, and the committee of its period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    /// The header.
    pub header: LightHeader,
    /// The committee of its slot's period.
    pub committee: SyncCommittee,
    /// Siblings from the committee to the header's state root.
    pub branch: Vec<Root>,
}

/// The committee of the period after the attested header's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NextCommittee {
    /// The committee.
    pub committee: SyncCommittee,
    /// Siblings from it to the attested header's state root.
    pub branch: Vec<Root>,
}

/// What the attested header's state calls finalized.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finality {
    /// The header; all zeros while genesis is the finalized block.
    pub header: LightHeader,
    /// Siblings from its root to the attested header's state root.
    pub branch: Vec<Root>,
}

/// Who signed, and their summed signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncAggregate {
    /// A bit for each member, from the low end of each byte.
    pub bits: Vec<u8>,
    /// The signature, compressed.
    pub signature: [u8; 96],
}

/// A signed header with what it proves: finality, the next committee, both or (for followers of the head) neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The header that was signed.
    pub attested: LightHeader,
    /// The next committee, where the update brings it.
    pub next: Option<NextCommittee>,
    /// What is finalized, where the update says so.
    pub finality: Option<Finality>,
    /// The signature.
    pub aggregate: SyncAggregate,
    /// The slot of the block that carries the signature: after the attested one's.
    pub signature_slot: Slot,
}

/// Which container an update is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateKind {
    /// `LightClientUpdate`: may hold everything.
    Full,
    /// `LightClientFinalityUpdate`: no committee.
    Finality,
    /// `LightClientOptimisticUpdate`: the signed header alone.
    Optimistic,
}

impl Bootstrap {
    /// Reads the whole of `bytes`, a `LightClientBootstrap` of `container`'s fork.
    ///
    /// # Errors
    /// [`SszError`].
    pub fn decode(spec: &Spec, container: Fork, bytes: &[u8]) -> Result<Self, SszError> {
        if bytes.len() > MAX_UPDATE_BYTES {
            return Err(SszError::Limit);
        }
        let layout = container.layout().ok_or(SszError::Fork)?;
        let mut reader = Reader::new(bytes);
        let head = Head::read(&mut reader, &layout)?;
        let committee = SyncCommittee::read(&mut reader, &spec.preset)?;
        let branch = reader.roots(layout.current_committee.depth())?;
        let [header] = heads(spec, container, bytes, reader, [head])?;
        let branch = own_branch(spec, &header, branch, |own| own.current_committee)?;
        Ok(Self {
            header,
            committee,
            branch,
        })
    }
}

impl Update {
    /// Reads the whole of `bytes`, an update of the given kind and container fork.
    ///
    /// # Errors
    /// [`SszError`].
    pub fn decode(spec: &Spec, container: Fork, kind: UpdateKind, bytes: &[u8]) -> Result<Self, SszError> {
        if bytes.len() > MAX_UPDATE_BYTES {
            return Err(SszError::Limit);
        }
        let layout = container.layout().ok_or(SszError::Fork)?;
        match kind {
            UpdateKind::Full => Self::full(spec, container, &layout, bytes),
            UpdateKind::Finality => Self::finality(spec, container, &layout, bytes),
            UpdateKind::Optimistic => Self::optimistic(spec, container, &layout, bytes),
        }
    }

    fn full(spec: &Spec, container: Fork, layout: &Layout, bytes: &[u8]) -> Result<Self, SszError> {
        let mut reader = Reader::new(bytes);
        let attested = Head::read(&mut reader, layout)?;
        let committee = SyncCommittee::read(&mut reader, &spec.preset)?;
        let next_branch = reader.roots(layout.next_committee.depth())?;
        let finalized = Head::read(&mut reader, layout)?;
        let branch = reader.roots(layout.finalized_root.depth())?;
        let aggregate = SyncAggregate::read(&mut reader, spec)?;
        let signature_slot = reader.u64()?;
        let [attested, finalized] = heads(spec, container, bytes, reader, [attested, finalized])?;
        let next = next_of(spec, &attested, committee, next_branch)?;
        let finality = finality_of(spec, &attested, finalized, branch)?;
        Ok(Self {
            attested,
            next,
            finality,
            aggregate,
            signature_slot,
        })
    }

    fn finality(spec: &Spec, container: Fork, layout: &Layout, bytes: &[u8]) -> Result<Self, SszError> {
        let mut reader = Reader::new(bytes);
        let attested = Head::read(&mut reader, layout)?;
        let finalized = Head::read(&mut reader, layout)?;
        let branch = reader.roots(layout.finalized_root.depth())?;
        let aggregate = SyncAggregate::read(&mut reader, spec)?;
        let signature_slot = reader.u64()?;
        let [attested, finalized] = heads(spec, container, bytes, reader, [attested, finalized])?;
        let finality = finality_of(spec, &attested, finalized, branch)?;
        let next = None;
        Ok(Self {
            attested,
            next,
            finality,
            aggregate,
            signature_slot,
        })
    }

    fn optimistic(spec: &Spec, container: Fork, layout: &Layout, bytes: &[u8]) -> Result<Self, SszError> {
        let mut reader = Reader::new(bytes);
        let attested = Head::read(&mut reader, layout)?;
        let aggregate = SyncAggregate::read(&mut reader, spec)?;
        let signature_slot = reader.u64()?;
        let [attested] = heads(spec, container, bytes, reader, [attested])?;
        let (next, finality) = (None, None);
        Ok(Self {
            attested,
            next,
            finality,
            aggregate,
            signature_slot,
        })
    }
}

/// A header's place in a container: before Capella it has a fixed size and stands there itself.
enum Head {
    Here(BeaconHeader),
    At(usize),
}

impl Head {
    fn read(reader: &mut Reader<'_>, layout: &Layout) -> Result<Self, SszError> {
        if layout.execution.is_none() {
            BeaconHeader::read(reader).map(Self::Here)
        } else {
            reader.offset().map(Self::At)
        }
    }
}

/// The headers of a container whose fixed part was read to its end.
fn heads<const N: usize>(
    spec: &Spec,
    container: Fork,
    bytes: &[u8],
    reader: Reader<'_>,
    found: [Head; N],
) -> Result<[LightHeader; N], SszError> {
    let mut offsets = [0; N];
    let mut headers: [LightHeader; N] = core::array::from_fn(|_| LightHeader::default());
    let mut here = false;
    for ((head, offset), header) in found.iter().zip(&mut offsets).zip(&mut headers) {
        match head {
            Head::Here(beacon) => (here, header.beacon) = (true, *beacon),
            Head::At(at) => *offset = *at,
        }
    }
    if here {
        reader.end()?;
        return Ok(headers);
    }
    let fixed = bytes.len().saturating_sub(reader.left());
    for (header, part) in headers.iter_mut().zip(parts(bytes, fixed, offsets)?) {
        *header = LightHeader::decode(spec, container, part)?;
    }
    Ok(headers)
}

/// The fork whose container `bytes` are: the beacon API writes each answer in that of its first header's slot. The first
/// four bytes say where that header stands; before Capella it stands there itself.
///
/// # Errors
/// [`SszError::Short`], or [`SszError::Fork`] where no known fork is in force.
pub fn container_fork(spec: &Spec, bytes: &[u8]) -> Result<Fork, SszError> {
    let known = |slot| spec.fork_at(slot).filter(|entry| entry.fork.layout().is_some());
    let first = Reader::new(bytes).u64()?;
    if let Some(entry) = known(first)
        && entry.fork < Fork::Capella
    {
        return Ok(entry.fork);
    }
    let offset = Reader::new(bytes).offset()?;
    let header = bytes.get(offset..).ok_or(SszError::Offset)?;
    let slot = Reader::new(header).u64()?;
    known(slot).map(|entry| entry.fork).ok_or(SszError::Fork)
}

/// The most updates that the beacon API gives at once.
pub const MAX_CHUNKS: usize = 128;

/// The updates in an octet stream of the beacon API: each a length of eight bytes, the fork's digest, and SSZ. The
/// digest is not needed, see [`container_fork`].
///
/// # Errors
/// [`SszError`].
pub fn decode_stream(spec: &Spec, bytes: &[u8]) -> Result<Vec<Update>, SszError> {
    let mut rest = bytes;
    let mut updates = Vec::new();
    while !rest.is_empty() {
        if updates.len() >= MAX_CHUNKS {
            return Err(SszError::Limit);
        }
        let mut reader = Reader::new(rest);
        let length = usize::try_from(reader.u64()?).map_err(|_| SszError::Limit)?;
        let chunk = reader.bytes(length)?;
        let ssz = chunk.get(4..).ok_or(SszError::Short)?;
        let fork = container_fork(spec, ssz)?;
        updates.push(Update::decode(spec, fork, UpdateKind::Full, ssz)?);
        rest = rest.get(length.saturating_add(8)..).unwrap_or(&[]);
    }
    Ok(updates)
}

impl SyncAggregate {
    fn read(reader: &mut Reader<'_>, spec: &Spec) -> Result<Self, SszError> {
        // Sizes are powers of two from 8 on: no bits are left over in the last byte.
        let bits = reader.bytes(spec.preset.members() >> 3)?.to_vec();
        let signature = reader.array()?;
        Ok(Self { bits, signature })
    }
}

/// The next committee, or none where its branch is all zeros: then it must be too.
pub(crate) fn next_of(
    spec: &Spec,
    attested: &LightHeader,
    committee: SyncCommittee,
    branch: Vec<Root>,
) -> Result<Option<NextCommittee>, SszError> {
    if is_zero(&branch) {
        return if committee.is_empty() {
            Ok(None)
        } else {
            Err(SszError::NotEmpty)
        };
    }
    let branch = own_branch(spec, attested, branch, |own| own.next_committee)?;
    Ok(Some(NextCommittee { committee, branch }))
}

/// What is finalized, or nothing where the branch is all zeros: then the header must be too.
pub(crate) fn finality_of(
    spec: &Spec,
    attested: &LightHeader,
    header: LightHeader,
    branch: Vec<Root>,
) -> Result<Option<Finality>, SszError> {
    if is_zero(&branch) {
        let empty = header == LightHeader::default();
        return if empty { Ok(None) } else { Err(SszError::NotEmpty) };
    }
    let branch = own_branch(spec, attested, branch, |own| own.finalized_root)?;
    Ok(Some(Finality { header, branch }))
}

fn is_zero(branch: &[Root]) -> bool {
    branch.iter().flatten().all(|byte| *byte == 0)
}

/// A branch into `header`'s state, cut to its own fork's length. What is cut stands in front and must be zero.
pub(crate) fn own_branch(
    spec: &Spec,
    header: &LightHeader,
    mut branch: Vec<Root>,
    index: impl Fn(&Layout) -> GeneralizedIndex,
) -> Result<Vec<Root>, SszError> {
    let own = spec.layout_at(header.beacon.slot).ok_or(SszError::Fork)?;
    let depth = index(&own).depth();
    let extra = branch.len().checked_sub(depth).ok_or(SszError::Branch)?;
    let kept = branch.split_off(extra);
    if is_zero(&branch) {
        Ok(kept)
    } else {
        Err(SszError::Branch)
    }
}
