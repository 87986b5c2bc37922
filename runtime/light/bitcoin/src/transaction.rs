//! Transactions, read strictly.

use crate::hash::{TxId, sha256d};
use crate::limits::{MAX_MONEY, MAX_TRANSACTION_BYTES};
use crate::reader::Reader;
use borsh::{BorshDeserialize, BorshSerialize};

/// One output of one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Outpoint {
    /// The transaction.
    pub txid: TxId,
    /// Which of its outputs, from 0.
    pub vout: u32,
}

/// What a transaction spends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The output that is spent.
    pub previous: Outpoint,
    /// Its signature script.
    pub script: Vec<u8>,
    /// Its sequence number.
    pub sequence: u32,
}

/// What a transaction pays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// How much, in satoshis.
    pub sats: u64,
    /// To whom: the script as it stands.
    pub script: Vec<u8>,
}

/// Why bytes are not a transaction that can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// More bytes than one may have here.
    #[error("{length} bytes where at most {limit} are allowed: leave out the witness")]
    TooLong {
        /// How many there are.
        length: usize,
        /// How many may be.
        limit: usize,
    },
    /// They end early, or a count is not written in the fewest bytes.
    #[error("malformed: it ends early, or a count is not in its shortest form")]
    Malformed,
    /// Bytes follow the transaction.
    #[error("bytes follow the transaction")]
    Trailing,
    /// It spends nothing or pays nobody.
    #[error("it has no input, or no output")]
    Empty,
    /// It says that it has a witness, and has none.
    #[error("it is marked as having a witness and has none")]
    NoWitness,
    /// It pays more than there is.
    #[error("it pays more than there is")]
    Money,
    /// Without its witness it is 64 bytes long, as two hashes of a tree are (CVE-2017-12842).
    #[error("without its witness it is 64 bytes long, which cannot be told from a node of the tree")]
    SixtyFour,
}

/// A transaction without its witness, and its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// SHA-256 twice of its bytes without the witness.
    pub id: TxId,
    /// Version.
    pub version: i32,
    /// What it spends: at least one.
    pub inputs: Vec<Input>,
    /// What it pays: at least one.
    pub outputs: Vec<Output>,
    /// Lock time.
    pub lock_time: u32,
}

impl Transaction {
    /// The transaction in these bytes, with or without its witness. Time and memory are linear in their number.
    ///
    /// # Errors
    /// [`TransactionError`] where they are not exactly one, or one of 64 bytes.
    ///
    /// # Source
    /// Bitcoin Core, `UnserializeTransaction` and `CheckTransaction`; BIP144; BIP54 for the 64 bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, TransactionError> {
        if bytes.len() > MAX_TRANSACTION_BYTES {
            return Err(TransactionError::TooLong {
                length: bytes.len(),
                limit: MAX_TRANSACTION_BYTES,
            });
        }
        let mut reader = Reader::new(bytes);
        let version: [u8; 4] = reader.array().ok_or(TransactionError::Malformed)?;
        let witnessed = matches!(reader.rest(), [0, 1, ..]);
        if witnessed {
            reader.bytes(2).ok_or(TransactionError::Malformed)?;
        }
        let start = reader.rest();
        let inputs = inputs(&mut reader).ok_or(TransactionError::Malformed)?;
        if inputs.is_empty() {
            return Err(TransactionError::Empty);
        }
        let outputs = outputs(&mut reader).ok_or(TransactionError::Malformed)?;
        if outputs.is_empty() {
            return Err(TransactionError::Empty);
        }
        let length = start.len().saturating_sub(reader.rest().len());
        let body = start.get(..length).ok_or(TransactionError::Malformed)?;
        if witnessed && !skip_witness(&mut reader, inputs.len()).ok_or(TransactionError::Malformed)? {
            return Err(TransactionError::NoWitness);
        }
        let lock_time: [u8; 4] = reader.array().ok_or(TransactionError::Malformed)?;
        if !reader.is_empty() {
            return Err(TransactionError::Trailing);
        }
        if !money(&outputs) {
            return Err(TransactionError::Money);
        }
        if body.len() == 64 - 8 {
            return Err(TransactionError::SixtyFour);
        }
        Ok(Self {
            id: TxId::new(sha256d(&[&version, body, &lock_time])),
            version: i32::from_le_bytes(version),
            inputs,
            outputs,
            lock_time: u32::from_le_bytes(lock_time),
        })
    }

    /// Whether it is a block's first, which pays the miner.
    #[must_use]
    pub fn is_coinbase(&self) -> bool {
        matches!(self.inputs.as_slice(), [input] if input.previous.is_none())
    }

    /// Whether it spends this output.
    #[must_use]
    pub fn spends(&self, outpoint: &Outpoint) -> bool {
        self.inputs.iter().any(|input| input.previous == *outpoint)
    }

    /// Its outputs and their names.
    pub fn outpoints(&self) -> impl Iterator<Item = (Outpoint, &Output)> {
        let txid = self.id;
        (0u32..)
            .zip(&self.outputs)
            .map(move |(vout, output)| (Outpoint { txid, vout }, output))
    }
}

impl Outpoint {
    /// Whether it names nothing, as a coinbase's does.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.txid.is_zero() && self.vout == u32::MAX
    }
}

fn outpoint(reader: &mut Reader<'_>) -> Option<Outpoint> {
    Some(Outpoint {
        txid: TxId::new(reader.array()?),
        vout: u32::from_le_bytes(reader.array()?),
    })
}

// A count promises; nothing is allocated for what is not there.
fn inputs(reader: &mut Reader<'_>) -> Option<Vec<Input>> {
    (0..reader.count()?)
        .map(|_| {
            Some(Input {
                previous: outpoint(reader)?,
                script: reader.counted()?.to_vec(),
                sequence: u32::from_le_bytes(reader.array()?),
            })
        })
        .collect()
}

fn outputs(reader: &mut Reader<'_>) -> Option<Vec<Output>> {
    (0..reader.count()?)
        .map(|_| {
            Some(Output {
                sats: u64::from_le_bytes(reader.array()?),
                script: reader.counted()?.to_vec(),
            })
        })
        .collect()
}

/// Passes over the witness of each input; whether there is any.
fn skip_witness(reader: &mut Reader<'_>, inputs: usize) -> Option<bool> {
    let mut any = false;
    for _ in 0..inputs {
        let items = reader.count()?;
        any |= items > 0;
        for _ in 0..items {
            reader.counted()?;
        }
    }
    Some(any)
}

fn money(outputs: &[Output]) -> bool {
    outputs
        .iter()
        .try_fold(0u64, |sum, output| sum.checked_add(output.sats))
        .is_some_and(|sum| sum <= MAX_MONEY)
}
