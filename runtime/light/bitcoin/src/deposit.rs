//! Deposits: what a transaction pays to the bridge, and for whom.
//!
//! Two ways to say for whom:
//!
//! - **in a memo**: the transaction pays the lane's script, and has exactly one output `OP_RETURN` with
//!   `"PLSD" ‖ version 1 ‖ tag (4) ‖ recipient (32)`, 41 bytes in one push. It holds for every output of the
//!   transaction that pays the lane's script.
//! - **in the address**: the transaction pays the P2WSH of `push(those 41 bytes) OP_DROP ‖ the lane's witness
//!   script`, one address for each recipient, which any wallet or exchange can pay ([`address_of`], [`deposits_to`]).
//!
//! Each output that pays is one deposit, named by its outpoint: that, with the block, is what a deposit is known by.
//! What pays the lane and says nothing of use is a deposit too, with the reason why nobody is credited: it is paid
//! back, or waits, and is not lost.

use crate::hash::BlockId;
use crate::script::{Script, memo};
use crate::transaction::{Outpoint, Transaction};
use borsh::{BorshDeserialize, BorshSerialize};
use crypto::hash::sha256;
use primitives::AccountId;

/// The first bytes of a memo.
pub const MAGIC: [u8; 4] = *b"PLSD";
/// Version of the memo.
pub const VERSION: u8 = 1;
/// Bytes of a memo.
pub const MEMO_BYTES: usize = 41;
const DROP: u8 = 0x75;

/// Where a chain's bridge is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Lane {
    /// The script that is paid, byte for byte.
    pub script: Script,
    /// Which Palisade chain: keeps chains that share a script apart.
    pub tag: [u8; 4],
    /// The least that is credited, in satoshis.
    pub least: u64,
}

/// Why nobody is credited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, BorshSerialize, BorshDeserialize)]
pub enum Unclaimed {
    /// No output says for whom.
    #[error("no output says for whom the deposit is")]
    NoRecipient,
    /// More than one output does.
    #[error("several outputs say for whom the deposit is")]
    SeveralRecipients,
    /// The memo is of another version or length, or names nobody.
    #[error("the memo is of another version or length, or names nobody")]
    Malformed,
    /// The memo is for another chain.
    #[error("the memo is for another chain")]
    OtherChain,
    /// Too little was paid.
    #[error("less than the least deposit was paid")]
    TooLittle,
}

/// One output that pays the bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// What it is known by, together with its block.
    pub outpoint: Outpoint,
    /// How much, in satoshis.
    pub sats: u64,
    /// For whom.
    pub recipient: Result<AccountId, Unclaimed>,
}

/// What keeps a deposit from being credited twice: ids of transactions have repeated, in different blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct DepositKey {
    /// The output.
    pub outpoint: Outpoint,
    /// The block that it is in.
    pub block: BlockId,
}

/// What a deposit's memo says.
#[must_use]
pub fn memo_of(tag: [u8; 4], recipient: &AccountId) -> [u8; MEMO_BYTES] {
    let mut bytes = [0; MEMO_BYTES];
    let parts: [&[u8]; 4] = [&MAGIC, &[VERSION], &tag, recipient.as_bytes()];
    for (place, byte) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
        *place = *byte;
    }
    bytes
}

/// The witness script that pays the lane on behalf of `recipient`: what the signers need to spend it.
#[must_use]
pub fn witness_script(policy: &[u8], tag: [u8; 4], recipient: &AccountId) -> Vec<u8> {
    let memo = memo_of(tag, recipient);
    let length = u8::try_from(memo.len()).unwrap_or(u8::MAX);
    [&[length], memo.as_slice(), &[DROP], policy].concat()
}

/// The script that a deposit for `recipient` pays, where `policy` is the lane's witness script.
#[must_use]
pub fn address_of(policy: &[u8], tag: [u8; 4], recipient: &AccountId) -> Script {
    Script::P2wsh(sha256(&[&witness_script(policy, tag, recipient)]))
}

/// The outputs that pay the lane's script, with the recipient that the transaction's memo names. None of a coinbase.
#[must_use]
pub fn deposits(transaction: &Transaction, lane: &Lane) -> Vec<Deposit> {
    if transaction.is_coinbase() {
        return Vec::new();
    }
    let named = recipient(transaction, lane.tag);
    paying(transaction, &lane.script, lane.least, named)
}

/// The outputs that pay the address of `recipient`. None of a coinbase.
#[must_use]
pub fn deposits_to(
    transaction: &Transaction,
    policy: &[u8],
    lane: &Lane,
    recipient: &AccountId,
) -> Vec<Deposit> {
    if transaction.is_coinbase() {
        return Vec::new();
    }
    let named = Some(*recipient)
        .filter(|id| !id.is_zero())
        .ok_or(Unclaimed::Malformed);
    let script = address_of(policy, lane.tag, recipient);
    paying(transaction, &script, lane.least, named)
}

fn paying(
    transaction: &Transaction,
    script: &Script,
    least: u64,
    named: Result<AccountId, Unclaimed>,
) -> Vec<Deposit> {
    let script = script.to_bytes();
    transaction
        .outpoints()
        .filter(|(_, output)| output.script == script && output.sats > 0)
        .map(|(outpoint, output)| Deposit {
            outpoint,
            sats: output.sats,
            recipient: if output.sats < least {
                Err(Unclaimed::TooLittle)
            } else {
                named
            },
        })
        .collect()
}

/// The one recipient that the transaction's memos name.
fn recipient(transaction: &Transaction, tag: [u8; 4]) -> Result<AccountId, Unclaimed> {
    let mut memos = transaction
        .outputs
        .iter()
        .filter_map(|output| memo(&output.script))
        .filter(|data| data.starts_with(&MAGIC));
    let data = memos.next().ok_or(Unclaimed::NoRecipient)?;
    if memos.next().is_some() {
        return Err(Unclaimed::SeveralRecipients);
    }
    read_memo(data, tag)
}

fn read_memo(data: &[u8], tag: [u8; 4]) -> Result<AccountId, Unclaimed> {
    let rest = data.strip_prefix(&MAGIC).ok_or(Unclaimed::Malformed)?;
    let rest = rest.strip_prefix(&[VERSION]).ok_or(Unclaimed::Malformed)?;
    let (found, id) = rest.split_first_chunk::<4>().ok_or(Unclaimed::Malformed)?;
    let id = AccountId::from_slice(id)
        .filter(|id| !id.is_zero())
        .ok_or(Unclaimed::Malformed)?;
    if *found != tag {
        return Err(Unclaimed::OtherChain);
    }
    Ok(id)
}
