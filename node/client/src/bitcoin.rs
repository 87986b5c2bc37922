//! Bitcoin's headers and proofs of transactions from files, checked without any node.
//!
//! | file | forms |
//! |---|---|
//! | headers | bytes, 80 each; hex; JSON: a list of hex, of objects with `hex`, `raw` or `header`, or an object with `headers` and, where they are known, `network`, `start_height` and `epoch_start_time` |
//! | proofs | JSON, one or a list: `index`, `branch` (hex, in the order of hashing), `transaction` or `raw_tx_stripped` (hex), `block` (id as explorers show it) or `header` (hex), and `coinbase` with `coinbase_branch`; `txid_le` is compared where it is given |
//!
//! A proof is as strong as what it brings ([`Strength`]): the bridge takes whole ones only.
//!
//! # Source
//! bridge.md, sections 1 and 5; `light-bitcoin` holds the rules themselves.

use light_bitcoin::inclusion::InclusionError;
use light_bitcoin::merkle::{MerkleError, fold};
use light_bitcoin::offline::{OfflineError, Start, follow};
use light_bitcoin::transaction::TransactionError;
use light_bitcoin::{BlockId, Header, InclusionProof, Invalid, Network, Record, Transaction, TxId};
use primitives::Digest;
use serde::Deserialize;

/// Why a file cannot be read as what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// It is JSON of another shape.
    #[error("the JSON has another shape than is read here: {0}")]
    Shape(String),
    /// It is neither JSON nor hex, and not a whole number of headers.
    #[error("{0} bytes are no whole number of headers of 80 bytes, and neither hex nor JSON")]
    Length(usize),
    /// A header is not 80 bytes of hex.
    #[error("header {0} is not 80 bytes in hex")]
    Header(usize),
    /// A field is not hex, or of another length than it has.
    #[error("field `{0}` is not hex, or of another length than it has")]
    Field(&'static str),
    /// The network has no name that is known.
    #[error("no network is called {0:?}: mainnet, testnet4, signet or regtest")]
    Network(String),
}

/// A file of headers, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderFile {
    /// The headers.
    pub headers: Vec<Header>,
    /// The network, where the file says it.
    pub network: Option<Network>,
    /// Height of the first, where the file says it.
    pub start_height: Option<u32>,
    /// When the first one's period began, in seconds, where the file says it.
    pub period_start: Option<u32>,
}

/// What a proof in a file brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Its name in the file.
    pub name: Option<String>,
    /// The block, by id or by header.
    pub block: Block,
    /// Position of the transaction.
    pub index: u32,
    /// Siblings from the transaction up.
    pub branch: Vec<Digest>,
    /// The transaction.
    pub transaction: Option<Vec<u8>>,
    /// The id that is claimed for it.
    pub txid: Option<TxId>,
    /// The block's first transaction and its branch.
    pub coinbase: Option<(Vec<u8>, Vec<Digest>)>,
}

/// Which block a proof is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// One of the headers that are checked with it.
    Id(BlockId),
    /// The one with this header.
    Header(Header),
}

/// What is shown by a proof that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// That an id leads to the root. It may be a node of the tree: it proves nothing of a payment.
    IdAlone,
    /// That a transaction leads to the root. The height of the tree is taken on trust.
    NoCoinbase,
    /// What the bridge asks for.
    Whole,
}

/// A proof that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proven {
    /// The block.
    pub block: BlockId,
    /// Its height and its confirmations, where its headers were checked too.
    pub place: Option<(u32, u32)>,
    /// The transaction.
    pub txid: TxId,
    /// How much is shown.
    pub strength: Strength,
}

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The block is not among the headers.
    #[error("the block is not among the headers: give the headers that it stands in")]
    OtherChain,
    /// The header that the proof brings has no work.
    #[error("the proof's header: {0}")]
    Header(#[from] Invalid),
    /// There is neither a transaction nor an id.
    #[error("the proof has neither a transaction nor an id")]
    Nothing,
    /// The transaction cannot be believed.
    #[error("the transaction: {0}")]
    Transaction(#[from] TransactionError),
    /// The transaction has another id than is claimed.
    #[error("the transaction has another id than the proof claims")]
    OtherId,
    /// The branch leads nowhere.
    #[error("the branch: {0}")]
    Branch(#[from] MerkleError),
    /// The branch leads to another root.
    #[error("the branch does not lead to the block's root")]
    Root,
    /// The whole proof does not hold.
    #[error(transparent)]
    Inclusion(#[from] InclusionError),
}

/// The network of this name.
///
/// # Errors
/// [`FileError::Network`].
pub fn network(name: &str) -> Result<Network, FileError> {
    match name {
        "mainnet" => Ok(Network::Mainnet),
        "testnet4" => Ok(Network::Testnet4),
        "signet" => Ok(Network::Signet),
        "regtest" => Ok(Network::Regtest),
        other => Err(FileError::Network(other.to_owned())),
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum HeaderJson {
    Hex(String),
    Fields {
        #[serde(alias = "raw", alias = "header")]
        hex: String,
    },
}

#[derive(Deserialize)]
#[serde(untagged)]
enum HeadersJson {
    List(Vec<HeaderJson>),
    Case {
        headers: Vec<HeaderJson>,
        network: Option<String>,
        start_height: Option<u32>,
        epoch_start_time: Option<u32>,
    },
}

#[derive(Deserialize)]
struct ProofJson {
    id: Option<String>,
    block: Option<String>,
    header: Option<String>,
    index: u32,
    branch: Vec<String>,
    #[serde(alias = "raw_tx_stripped", alias = "tx")]
    transaction: Option<String>,
    txid_le: Option<String>,
    coinbase: Option<String>,
    coinbase_branch: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ProofsJson {
    List(Vec<ProofJson>),
    One(Box<ProofJson>),
}

fn unhex(field: &'static str, text: &str) -> Result<Vec<u8>, FileError> {
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).map_err(|_| FileError::Field(field))
}

fn digest(field: &'static str, text: &str) -> Result<Digest, FileError> {
    Digest::from_slice(&unhex(field, text)?).ok_or(FileError::Field(field))
}

fn digests(field: &'static str, texts: &[String]) -> Result<Vec<Digest>, FileError> {
    texts.iter().map(|text| digest(field, text)).collect()
}

/// The headers in a file's bytes.
///
/// # Errors
/// [`FileError`] says what the bytes are not.
pub fn read_headers(bytes: &[u8]) -> Result<HeaderFile, FileError> {
    let plain = |headers| HeaderFile {
        headers,
        network: None,
        start_height: None,
        period_start: None,
    };
    let text = core::str::from_utf8(bytes).ok().map(str::trim);
    if let Some(text) = text.filter(|text| text.starts_with(['{', '['])) {
        return read_json(text);
    }
    let digits: Option<String> = text.map(|text| text.split_whitespace().collect());
    let decoded = digits.and_then(|digits| hex::decode(digits.trim_start_matches("0x")).ok());
    Header::all_from_slice(decoded.as_deref().unwrap_or(bytes))
        .map(plain)
        .ok_or(FileError::Length(bytes.len()))
}

fn read_json(text: &str) -> Result<HeaderFile, FileError> {
    let json: HeadersJson =
        serde_json::from_str(text).map_err(|error| FileError::Shape(error.to_string()))?;
    let read = |list: Vec<HeaderJson>| {
        let one = |(index, header): (usize, HeaderJson)| {
            let (HeaderJson::Hex(hex) | HeaderJson::Fields { hex }) = header;
            let bytes = unhex("headers", &hex).map_err(|_| FileError::Header(index))?;
            Header::from_slice(&bytes).ok_or(FileError::Header(index))
        };
        list.into_iter()
            .enumerate()
            .map(one)
            .collect::<Result<Vec<Header>, FileError>>()
    };
    Ok(match json {
        HeadersJson::List(list) => HeaderFile {
            headers: read(list)?,
            network: None,
            start_height: None,
            period_start: None,
        },
        HeadersJson::Case {
            headers,
            network: name,
            start_height,
            epoch_start_time,
        } => HeaderFile {
            headers: read(headers)?,
            network: name.as_deref().map(network).transpose()?,
            start_height,
            period_start: epoch_start_time,
        },
    })
}

/// The proofs in a file's bytes.
///
/// # Errors
/// [`FileError`] says what the bytes are not.
pub fn read_proofs(bytes: &[u8]) -> Result<Vec<Proof>, FileError> {
    let json: ProofsJson =
        serde_json::from_slice(bytes).map_err(|error| FileError::Shape(error.to_string()))?;
    match json {
        ProofsJson::List(list) => list.into_iter().map(proof).collect(),
        ProofsJson::One(one) => Ok(vec![proof(*one)?]),
    }
}

fn proof(json: ProofJson) -> Result<Proof, FileError> {
    let block = match (&json.header, &json.block) {
        (Some(header), _) => {
            let header = Header::from_slice(&unhex("header", header)?);
            Block::Header(header.ok_or(FileError::Field("header"))?)
        }
        (None, Some(id)) => {
            let shown = BlockId::new(*digest("block", id)?.as_bytes());
            Block::Id(light_bitcoin::hash::shown(&shown))
        }
        (None, None) => return Err(FileError::Shape("a proof needs `block` or `header`".to_owned())),
    };
    let coinbase = match (json.coinbase, json.coinbase_branch) {
        (Some(bytes), Some(branch)) => {
            Some((unhex("coinbase", &bytes)?, digests("coinbase_branch", &branch)?))
        }
        (None, None) => None,
        _ => {
            return Err(FileError::Shape(
                "`coinbase` and `coinbase_branch` go together".to_owned(),
            ));
        }
    };
    let txid = json.txid_le.map(|id| digest("txid_le", &id)).transpose()?;
    Ok(Proof {
        name: json.id,
        block,
        index: json.index,
        branch: digests("branch", &json.branch)?,
        transaction: json
            .transaction
            .map(|bytes| unhex("transaction", &bytes))
            .transpose()?,
        txid: txid.map(|id| TxId::new(*id.as_bytes())),
        coinbase,
    })
}

/// The headers as a chain, each checked against the one before at the moment `now` in seconds.
///
/// # Errors
/// [`OfflineError`] with the first header that breaks a rule.
pub fn verify_headers(
    network: Network,
    start: Start,
    headers: &[Header],
    now: u64,
) -> Result<Vec<(BlockId, Record)>, OfflineError> {
    follow(&network.rules(), start, headers, now)
}

/// Whether a proof holds: in one of the blocks of `chain` where there is one, else in the header that it brings, for
/// that header's own work.
///
/// # Errors
/// [`Fault`] with the rule that it breaks.
pub fn verify_proof(network: Network, chain: &[(BlockId, Record)], proof: &Proof) -> Result<Proven, Fault> {
    let found = place(network, chain, proof)?;
    let (txid, strength) = match (&proof.transaction, &proof.coinbase) {
        (Some(bytes), Some((coinbase, coinbase_branch))) => {
            let whole = InclusionProof {
                index: proof.index,
                branch: proof.branch.clone(),
                coinbase: coinbase.clone(),
                coinbase_branch: coinbase_branch.clone(),
            };
            (whole.verify(&found.root, bytes)?.id, Strength::Whole)
        }
        (Some(bytes), None) => (Transaction::decode(bytes)?.id, Strength::NoCoinbase),
        (None, _) => (proof.txid.ok_or(Fault::Nothing)?, Strength::IdAlone),
    };
    if proof.txid.is_some_and(|claimed| claimed != txid) {
        return Err(Fault::OtherId);
    }
    if fold(&Digest::new(*txid.as_bytes()), proof.index, &proof.branch)? != found.root {
        return Err(Fault::Root);
    }
    Ok(Proven {
        block: found.block,
        place: found.place,
        txid,
        strength,
    })
}

/// The block that a proof is for.
struct Found {
    block: BlockId,
    root: Digest,
    place: Option<(u32, u32)>,
}

fn place(network: Network, chain: &[(BlockId, Record)], proof: &Proof) -> Result<Found, Fault> {
    let id = match &proof.block {
        Block::Id(id) => *id,
        Block::Header(header) => header.id(),
    };
    if let Some((_, record)) = chain.iter().find(|(known, _)| *known == id) {
        let tip = chain.last().map_or(record.height, |(_, last)| last.height);
        return Ok(Found {
            block: id,
            root: record.merkle_root,
            place: Some((record.height, tip - record.height + 1)),
        });
    }
    match &proof.block {
        Block::Header(header) if chain.is_empty() => {
            let start = Start {
                height: 0,
                period_start: None,
            };
            follow(&network.rules(), start, &[*header], u64::MAX).map_err(|error| match error {
                OfflineError::Invalid { invalid, .. } => Fault::Header(invalid),
                OfflineError::Empty | OfflineError::MidPeriod => Fault::OtherChain,
            })?;
            Ok(Found {
                block: id,
                root: header.merkle_root,
                place: None,
            })
        }
        Block::Header(_) | Block::Id(_) => Err(Fault::OtherChain),
    }
}

#[cfg(test)]
mod tests;
