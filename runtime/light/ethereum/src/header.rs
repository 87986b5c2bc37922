//! Headers: a beacon block's, an execution payload's, and both with the branch that ties them together.

use crate::merkle::{self, chunk_of, chunked, merkleize, padded};
use crate::spec::{ExecutionFields, Fork, Root, Slot, Spec};
use crate::ssz::{Reader, SszError, parts};
use borsh::{BorshDeserialize, BorshSerialize};

/// A beacon block's header: 112 bytes of SSZ. Its root is the block's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BeaconHeader {
    /// Its slot.
    pub slot: Slot,
    /// Who proposed it.
    pub proposer_index: u64,
    /// Root of the block before it.
    pub parent_root: Root,
    /// Root of the state after it.
    pub state_root: Root,
    /// Root of its body.
    pub body_root: Root,
}

impl BeaconHeader {
    /// Bytes of its SSZ.
    pub const SIZE: usize = 112;

    /// The block's root.
    #[must_use]
    pub fn root(&self) -> Root {
        let leaves = vec![
            chunk_of(self.slot),
            chunk_of(self.proposer_index),
            self.parent_root,
            self.state_root,
            self.body_root,
        ];
        merkleize(leaves, 3)
    }

    /// Reads the next 112 bytes.
    ///
    /// # Errors
    /// [`SszError::Short`].
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, SszError> {
        Ok(Self {
            slot: reader.u64()?,
            proposer_index: reader.u64()?,
            parent_root: reader.array()?,
            state_root: reader.array()?,
            body_root: reader.array()?,
        })
    }
}

/// The blob gas of a payload, since Deneb.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlobGas {
    /// Used in the block.
    pub used: u64,
    /// Above target, so far.
    pub excess: u64,
}

/// An execution payload's header as the beacon chain commits to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionHeader {
    /// Hash of the block before it.
    pub parent_hash: Root,
    /// Who gets the fees.
    pub fee_recipient: [u8; 20],
    /// Root of the accounts after the block.
    pub state_root: Root,
    /// Root of the receipts.
    pub receipts_root: Root,
    /// Bloom filter over the logs.
    pub logs_bloom: [u8; 256],
    /// Randomness from the beacon chain.
    pub prev_randao: Root,
    /// Height on the execution layer.
    pub block_number: u64,
    /// Limit, in gas.
    pub gas_limit: u64,
    /// Used, in gas.
    pub gas_used: u64,
    /// Seconds since the Unix epoch.
    pub timestamp: u64,
    /// Up to 32 bytes of the builder's.
    pub extra_data: Vec<u8>,
    /// Wei per gas, 256 bits, little-endian as in SSZ.
    pub base_fee_per_gas: [u8; 32],
    /// Keccak of the execution block's own header: what receipts and accounts are proven under.
    pub block_hash: Root,
    /// Root of the transactions, in SSZ.
    pub transactions_root: Root,
    /// Root of the withdrawals, in SSZ.
    pub withdrawals_root: Root,
    /// Since Deneb.
    pub blob_gas: Option<BlobGas>,
}

/// Bytes of `extra_data` at most.
pub const MAX_EXTRA_DATA: usize = 32;

impl ExecutionHeader {
    /// How many fields it has.
    #[must_use]
    pub const fn fields(&self) -> ExecutionFields {
        if self.blob_gas.is_some() {
            ExecutionFields::Deneb
        } else {
            ExecutionFields::Capella
        }
    }

    /// Its root: what stands in the beacon block's body.
    #[must_use]
    pub fn root(&self) -> Root {
        let length = u64::try_from(self.extra_data.len()).unwrap_or(u64::MAX);
        let mut leaves = vec![
            self.parent_hash,
            padded(&self.fee_recipient),
            self.state_root,
            self.receipts_root,
            merkleize(chunked(&self.logs_bloom), 3),
            self.prev_randao,
            chunk_of(self.block_number),
            chunk_of(self.gas_limit),
            chunk_of(self.gas_used),
            chunk_of(self.timestamp),
            merkle::parent(&padded(&self.extra_data), &chunk_of(length)),
            self.base_fee_per_gas,
            self.block_hash,
            self.transactions_root,
            self.withdrawals_root,
        ];
        let Some(blob) = self.blob_gas else {
            return merkleize(leaves, 4);
        };
        leaves.extend([chunk_of(blob.used), chunk_of(blob.excess)]);
        merkleize(leaves, 5)
    }

    /// Reads the whole of `bytes`.
    ///
    /// # Errors
    /// [`SszError`].
    pub fn decode(bytes: &[u8], fields: ExecutionFields) -> Result<Self, SszError> {
        let mut reader = Reader::new(bytes);
        let mut header = Self {
            parent_hash: reader.array()?,
            fee_recipient: reader.array()?,
            state_root: reader.array()?,
            receipts_root: reader.array()?,
            logs_bloom: reader.array()?,
            prev_randao: reader.array()?,
            block_number: reader.u64()?,
            gas_limit: reader.u64()?,
            gas_used: reader.u64()?,
            timestamp: reader.u64()?,
            extra_data: Vec::new(),
            base_fee_per_gas: [0; 32],
            block_hash: [0; 32],
            transactions_root: [0; 32],
            withdrawals_root: [0; 32],
            blob_gas: None,
        };
        let offset = reader.offset()?;
        header.base_fee_per_gas = reader.array()?;
        header.block_hash = reader.array()?;
        header.transactions_root = reader.array()?;
        header.withdrawals_root = reader.array()?;
        let fixed = match fields {
            ExecutionFields::Capella => 568,
            ExecutionFields::Deneb => {
                let (used, excess) = (reader.u64()?, reader.u64()?);
                header.blob_gas = Some(BlobGas { used, excess });
                584
            }
        };
        let [extra] = parts(bytes, fixed, [offset])?;
        if extra.len() > MAX_EXTRA_DATA {
            return Err(SszError::Limit);
        }
        header.extra_data = extra.to_vec();
        Ok(header)
    }

    /// The header in which everything is zero: what stands where there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let hashes = [
            self.parent_hash,
            self.state_root,
            self.receipts_root,
            self.prev_randao,
            self.base_fee_per_gas,
            self.block_hash,
            self.transactions_root,
            self.withdrawals_root,
        ];
        let numbers = [self.block_number, self.gas_limit, self.gas_used, self.timestamp];
        hashes.iter().flatten().all(|byte| *byte == 0)
            && numbers.iter().all(|n| *n == 0)
            && self.fee_recipient == [0; 20]
            && self.logs_bloom == [0; 256]
            && self.extra_data.is_empty()
            && self.blob_gas.is_none_or(|blob| blob == BlobGas::default())
    }
}

/// An execution payload's header and its branch into the beacon block's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// The header.
    pub header: ExecutionHeader,
    /// Siblings from the payload to the body's root.
    pub branch: Vec<Root>,
}

/// A beacon header with what it says about the execution layer, since Capella.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LightHeader {
    /// The beacon block's header.
    pub beacon: BeaconHeader,
    /// The payload's; none before Capella.
    pub execution: Option<Execution>,
}

/// Why a header is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Its slot lies in a fork whose rules this code does not have.
    #[error("the fork at slot {slot} is unknown")]
    Fork {
        /// The slot.
        slot: Slot,
    },
    /// It has no execution payload, and its fork has.
    #[error("the header at slot {slot} lacks its execution payload's header")]
    Missing {
        /// The slot.
        slot: Slot,
    },
    /// It has an execution payload before Capella.
    #[error("the header at slot {slot} has an execution payload before Capella")]
    Early {
        /// The slot.
        slot: Slot,
    },
    /// The payload's header is not of its slot's fork or not in the block's body.
    #[error("the execution payload's header is not in the body of the block at slot {slot}")]
    Branch {
        /// The slot.
        slot: Slot,
    },
}

impl LightHeader {
    /// Checks the execution payload's header against the beacon block's body, by the fork of the header's own slot.
    ///
    /// # Errors
    /// [`HeaderError`].
    pub fn check(&self, spec: &Spec) -> Result<(), HeaderError> {
        let slot = self.beacon.slot;
        let layout = spec.layout_at(slot).ok_or(HeaderError::Fork { slot })?;
        match (layout.execution, &self.execution) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(HeaderError::Early { slot }),
            (Some(_), None) => Err(HeaderError::Missing { slot }),
            (Some((index, fields)), Some(execution)) => {
                let leaf = execution.header.root();
                let there = merkle::verify(&leaf, &execution.branch, index, &self.beacon.body_root);
                if there && execution.header.fields() == fields {
                    Ok(())
                } else {
                    Err(HeaderError::Branch { slot })
                }
            }
        }
    }

    /// Reads a header from a container of `container`'s fork. What an older header has not is zero there, and is dropped.
    ///
    /// # Errors
    /// [`SszError`].
    pub fn decode(spec: &Spec, container: Fork, bytes: &[u8]) -> Result<Self, SszError> {
        let layout = container.layout().ok_or(SszError::Fork)?;
        let mut reader = Reader::new(bytes);
        let beacon = BeaconHeader::read(&mut reader)?;
        let Some((index, fields)) = layout.execution else {
            reader.end()?;
            let execution = None;
            return Ok(Self { beacon, execution });
        };
        let offset = reader.offset()?;
        let branch = reader.roots(index.depth())?;
        let fixed = BeaconHeader::SIZE
            .saturating_add(4)
            .saturating_add(branch.len().saturating_mul(32));
        let [payload] = parts(bytes, fixed, [offset])?;
        let header = ExecutionHeader::decode(payload, fields)?;
        Self::of_own_fork(spec, beacon, Execution { header, branch })
    }

    /// A header of its own slot's fork, from what a container of a later fork says. All zeros is the empty header.
    ///
    /// # Errors
    /// [`SszError::Fork`] where the slot's rules are unknown, [`SszError::NotEmpty`] when what an older header has not
    /// is there nevertheless.
    pub fn of_own_fork(spec: &Spec, beacon: BeaconHeader, mut found: Execution) -> Result<Self, SszError> {
        let nothing = found.header.is_empty() && found.branch.iter().flatten().all(|byte| *byte == 0);
        let execution = None;
        if nothing && beacon == BeaconHeader::default() {
            return Ok(Self { beacon, execution });
        }
        let own = spec.layout_at(beacon.slot).ok_or(SszError::Fork)?;
        match own.execution {
            None => nothing
                .then_some(Self { beacon, execution })
                .ok_or(SszError::NotEmpty),
            Some((_, fields)) => {
                if fields == ExecutionFields::Capella
                    && let Some(blob) = found.header.blob_gas.take()
                    && blob != BlobGas::default()
                {
                    return Err(SszError::NotEmpty);
                }
                let execution = Some(found);
                Ok(Self { beacon, execution })
            }
        }
    }
}
