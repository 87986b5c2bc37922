//! Checking files without a chain: a bootstrap, updates, a receipt, each with its verdict. What `palisade bridge
//! ethereum verify` does.
//!
//! A file is the beacon API's JSON (the answer, its `data`, or a list of either), its SSZ, or its octet stream of
//! updates; which, shows in its bytes.

use crate::ancestry::{self, AncestryError, Hop, MAX_HOPS};
use crate::block::{BlockError, BlockHeader};
use crate::client::{BootstrapError, Client, Conflict, FinalizedHeader, Outcome};
use crate::header::HeaderError;
use crate::json::{self, JsonError};
use crate::receipt::{Receipt, ReceiptError};
use crate::spec::{Fork, Root, Slot, Spec};
use crate::ssz::SszError;
use crate::update::{
    Bootstrap, MAX_CHUNKS, MAX_UPDATE_BYTES, Update, UpdateKind, container_fork, decode_stream,
};
use crate::verify::{Policy, UpdateError};
use serde_json::Value;

/// Bytes of a file, at most.
pub const MAX_FILE_BYTES: usize = 16 << 20;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The client begins here.
    Begun(FinalizedHeader),
    /// An update moved it.
    Moved {
        /// What is finalized now.
        finalized: FinalizedHeader,
        /// Members that signed.
        signers: u64,
        /// Whether it is in the next period now.
        rotated: bool,
        /// Whether a committee was learned.
        learned: bool,
    },
    /// An update is valid and says nothing new.
    Unchanged,
    /// An update proves that the committee lies.
    Conflict(Conflict),
    /// A receipt is proven under a finalized header.
    Proven {
        /// The execution block.
        block: Root,
        /// The transaction's index in it.
        index: u64,
        /// Its receipt.
        receipt: Receipt,
    },
}

/// Why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OfflineError {
    /// Longer than is read.
    #[error("the file is longer than {MAX_FILE_BYTES} bytes")]
    TooLong,
    /// It begins like JSON and is none.
    #[error("the file is not JSON: {0}")]
    NotJson(String),
    /// It has nothing in it.
    #[error("the file holds no update")]
    Empty,
    /// Its JSON is not what it should be.
    #[error("{0}")]
    Json(#[from] JsonError),
    /// Its SSZ is not what it should be.
    #[error("ssz: {0}")]
    Ssz(#[from] SszError),
    /// The bootstrap is refused.
    #[error("bootstrap: {0}")]
    Bootstrap(#[from] BootstrapError),
    /// An update is refused.
    #[error("update: {0}")]
    Update(#[from] UpdateError),
    /// The finalized header is of before Capella: nothing is proven by it.
    #[error("the finalized header has no execution payload")]
    NoPayload,
    /// The blocks between are not proven.
    #[error("ancestry: {0}")]
    Ancestry(#[from] AncestryError),
    /// The execution block is not the payload of the beacon block.
    #[error("payload: {0}")]
    Payload(#[from] HeaderError),
    /// The execution block's header is refused.
    #[error("block: {0}")]
    Block(#[from] BlockError),
    /// The receipt is refused.
    #[error("{0}")]
    Receipt(#[from] ReceiptError),
}

fn value_of(bytes: &[u8]) -> Result<Option<Value>, OfflineError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(OfflineError::TooLong);
    }
    match bytes.trim_ascii_start().first() {
        // An octet stream or SSZ may begin with these bytes too: then it is no JSON to its end.
        Some(b'{' | b'[') => match serde_json::from_slice(bytes) {
            Ok(value) => Ok(Some(value)),
            Err(error) if core::str::from_utf8(bytes).is_ok() => {
                Err(OfflineError::NotJson(error.to_string()))
            }
            Err(_) => Ok(None),
        },
        _ => Ok(None),
    }
}

/// The API wraps what it answers in `data`.
fn unwrapped(value: &Value) -> &Value {
    value.get("data").unwrap_or(value)
}

/// Reads a bootstrap.
///
/// # Errors
/// [`OfflineError`].
pub fn bootstrap(spec: &Spec, bytes: &[u8]) -> Result<Bootstrap, OfflineError> {
    if let Some(value) = value_of(bytes)? {
        return Ok(json::bootstrap(spec, unwrapped(&value))?);
    }
    let fork = container_fork(spec, bytes)?;
    Ok(Bootstrap::decode(spec, fork, bytes)?)
}

/// Reads the updates of a file, in order.
///
/// # Errors
/// [`OfflineError`].
pub fn updates(spec: &Spec, bytes: &[u8]) -> Result<Vec<Update>, OfflineError> {
    let found = if let Some(value) = value_of(bytes)? {
        let inner = unwrapped(&value);
        let items = inner
            .as_array()
            .map_or_else(|| core::slice::from_ref(inner), Vec::as_slice);
        if items.len() > MAX_CHUNKS {
            return Err(SszError::Limit.into());
        }
        let read = items.iter().map(|item| json::update(spec, unwrapped(item)));
        read.collect::<Result<_, _>>()?
    } else if is_stream(bytes) {
        decode_stream(spec, bytes)?
    } else {
        let fork = container_fork(spec, bytes)?;
        vec![Update::decode(spec, fork, kind_of(spec, fork, bytes), bytes)?]
    };
    if found.is_empty() {
        return Err(OfflineError::Empty);
    }
    Ok(found)
}

/// An octet stream begins with a length of eight bytes that it has; SSZ begins with an offset or a slot, and something
/// else than zeros behind it.
fn is_stream(bytes: &[u8]) -> bool {
    let length = bytes.first_chunk::<8>().map(|first| u64::from_le_bytes(*first));
    let length = length.and_then(|length| usize::try_from(length).ok());
    length.is_some_and(|length| {
        (200..=MAX_UPDATE_BYTES).contains(&length) && bytes.len() >= length.saturating_add(8)
    })
}

/// Which container it is: its fixed part, where the first header begins, has another size in each.
fn kind_of(spec: &Spec, fork: Fork, bytes: &[u8]) -> UpdateKind {
    let signed = (spec.preset.members() >> 3).saturating_add(96);
    let finality = fork.layout().map_or(0, |layout| layout.finalized_root.depth());
    let finality = finality.saturating_mul(32);
    let start = if fork < Fork::Capella {
        // Headers stand in the container, which has a fixed size.
        let header = crate::header::BeaconHeader::SIZE;
        let optimistic = header.saturating_add(8).saturating_add(signed);
        return if bytes.len() == optimistic {
            UpdateKind::Optimistic
        } else if bytes.len() == optimistic.saturating_add(header).saturating_add(finality) {
            UpdateKind::Finality
        } else {
            UpdateKind::Full
        };
    } else {
        bytes
            .first_chunk::<4>()
            .map_or(0, |first| u32::from_le_bytes(*first))
    };
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    if start == signed.saturating_add(12) {
        UpdateKind::Optimistic
    } else if start == signed.saturating_add(16).saturating_add(finality) {
        UpdateKind::Finality
    } else {
        UpdateKind::Full
    }
}

/// A client that files move on, step by step. A step that is refused leaves it as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    spec: Spec,
    policy: Policy,
    client: Client,
}

impl Session {
    /// Begins with a bootstrap; `trusted` is the root it must have, or none to take the file's own word.
    ///
    /// # Errors
    /// [`OfflineError`].
    pub fn begin(
        spec: Spec,
        policy: Policy,
        trusted: Option<Root>,
        file: &[u8],
    ) -> Result<(Self, Verdict), OfflineError> {
        let start = bootstrap(&spec, file)?;
        let trusted = trusted.unwrap_or_else(|| start.header.beacon.root());
        let client = Client::bootstrap(&spec, &trusted, &start)?;
        let verdict = Verdict::Begun(*client.finalized());
        Ok((Self { spec, policy, client }, verdict))
    }

    /// Goes on from a client that is known otherwise.
    #[must_use]
    pub const fn of(spec: Spec, policy: Policy, client: Client) -> Self {
        Self { spec, policy, client }
    }

    /// Where it stands.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Takes one update in, at slot `now`.
    ///
    /// # Errors
    /// [`OfflineError::Update`] with the rule that failed.
    pub fn update(&mut self, update: &Update, now: Slot) -> Result<Verdict, OfflineError> {
        match self.client.advance(&self.spec, &self.policy, update, now) {
            Ok(Outcome::Advanced(moved)) => {
                self.client = moved.client;
                Ok(Verdict::Moved {
                    finalized: *self.client.finalized(),
                    signers: moved.signers,
                    rotated: moved.rotated,
                    learned: moved.learned,
                })
            }
            Ok(Outcome::Conflict(conflict)) => Ok(Verdict::Conflict(conflict)),
            Err(UpdateError::NothingNew) => Ok(Verdict::Unchanged),
            Err(error) => Err(error.into()),
        }
    }

    /// Checks a receipt's proof: JSON with `header_rlp`, `index` and `proof`, of the finalized execution block; or of
    /// an older one, with `hops` (each a `header` and its `branch`) and the last one's `block_hash_branch`.
    ///
    /// # Errors
    /// [`OfflineError`].
    pub fn receipt(&self, file: &[u8]) -> Result<Verdict, OfflineError> {
        let value = value_of(file)?.ok_or_else(|| OfflineError::NotJson("it begins otherwise".to_owned()))?;
        let header = json::bytes(&value, "header_rlp", crate::block::MAX_HEADER_BYTES)?;
        let block = crypto::hash::keccak256(&header);
        if value.get("hops").is_some() {
            let hops = json::items(&value, "hops", MAX_HOPS)?.iter().map(json::hop);
            let hops = hops.collect::<Result<Vec<Hop>, _>>()?;
            let at = ancestry::verify(&self.spec, &self.client.finalized().beacon, &hops)?;
            let branch = json::branch(&value, "block_hash_branch")?;
            ancestry::verify_block_hash(&self.spec, &at, &block, &branch)?;
        } else {
            let execution = self.client.finalized().execution.ok_or(OfflineError::NoPayload)?;
            if execution.block_hash != block {
                return Err(BlockError::Hash.into());
            }
        }
        let header = BlockHeader::decode(&header, &block)?;
        let index = json::integer(&value, "index")?;
        let proof = json::proof(&value, "proof")?;
        let receipt = Receipt::prove(&header.receipts_root, index, &proof)?;
        Ok(Verdict::Proven {
            block,
            index,
            receipt,
        })
    }
}
