//! Building a trie from all that is in it: what a relayer does to prove one receipt out of a block's. Never on chain.

use crate::rlp::{encode_bytes, encode_list};
use crate::spec::Root;
use crypto::hash::keccak256;
use std::collections::BTreeMap;

/// Everything in a trie, by key.
#[derive(Clone, Debug, Default)]
pub struct Trie {
    entries: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// A node with what is above the looked-for key on the way down.
struct Built {
    encoded: Vec<u8>,
}

impl Built {
    /// How the node above holds it: itself when short, else its hash.
    fn reference(self) -> Vec<u8> {
        if self.encoded.len() < 32 {
            self.encoded
        } else {
            encode_bytes(&keccak256(&self.encoded))
        }
    }
}

impl Trie {
    /// The trie of a block's receipts or transactions: the key of each is the encoding of its index.
    #[must_use]
    pub fn of_list(values: &[Vec<u8>]) -> Self {
        let keys = (0u64..).map(crate::rlp::encode_number);
        let mut trie = Self::default();
        for (key, value) in keys.zip(values) {
            trie.insert(&key, value.clone());
        }
        trie
    }

    /// Sets a key's value; an empty value removes it.
    pub fn insert(&mut self, key: &[u8], value: Vec<u8>) {
        let path = nibbles(key);
        if value.is_empty() {
            self.entries.remove(&path);
        } else {
            self.entries.insert(path, value);
        }
    }

    /// Its root.
    #[must_use]
    pub fn root(&self) -> Root {
        self.build(None, &mut Vec::new())
    }

    /// The nodes from the root to `key`, or to where the way to it ends.
    #[must_use]
    pub fn prove(&self, key: &[u8]) -> Vec<Vec<u8>> {
        let mut nodes = Vec::new();
        let _root = self.build(Some(&nibbles(key)), &mut nodes);
        nodes.reverse();
        nodes
    }

    fn build(&self, target: Option<&[u8]>, nodes: &mut Vec<Vec<u8>>) -> Root {
        let entries: Vec<(&[u8], &[u8])> = self
            .entries
            .iter()
            .map(|(path, value)| (path.as_slice(), value.as_slice()))
            .collect();
        if entries.is_empty() {
            return super::EMPTY_ROOT;
        }
        let node = build(&entries, 0, target, nodes);
        let root = keccak256(&node.encoded);
        // The root is named whatever its length; longer ones were kept already.
        if target.is_some() && node.encoded.len() < 32 {
            nodes.push(node.encoded);
        }
        root
    }
}

/// The node of `entries`, which share their first `depth` nibbles. Where the target's way goes through it and it has a
/// name, it is kept: deeper nodes first.
fn build(entries: &[(&[u8], &[u8])], depth: usize, target: Option<&[u8]>, nodes: &mut Vec<Vec<u8>>) -> Built {
    let first = entries.first().map_or(&[][..], |entry| entry.0);
    let last = entries.last().map_or(&[][..], |entry| entry.0);
    let encoded = if entries.len() == 1 {
        let value = entries.first().map_or(&[][..], |entry| entry.1);
        let part = first.get(depth..).unwrap_or(&[]);
        encode_list(&[encode_bytes(&compact(part, true)), encode_bytes(value)])
    } else {
        let shared = shared_nibbles(first, last, depth);
        if shared > 0 {
            let below = depth.saturating_add(shared);
            let part = first.get(depth..below).unwrap_or(&[]);
            let on = target.filter(|path| path.get(depth..below) == Some(part));
            let child = build(entries, below, on, nodes).reference();
            encode_list(&[encode_bytes(&compact(part, false)), child])
        } else {
            branch(entries, depth, target, nodes)
        }
    };
    if target.is_some() && encoded.len() >= 32 {
        nodes.push(encoded.clone());
    }
    Built { encoded }
}

fn branch(
    entries: &[(&[u8], &[u8])],
    depth: usize,
    target: Option<&[u8]>,
    nodes: &mut Vec<Vec<u8>>,
) -> Vec<u8> {
    let below = depth.saturating_add(1);
    let mut items: Vec<Vec<u8>> = (0u8..16)
        .map(|nibble| {
            let group: Vec<_> = entries
                .iter()
                .filter(|entry| entry.0.get(depth) == Some(&nibble))
                .copied()
                .collect();
            if group.is_empty() {
                return encode_bytes(&[]);
            }
            let on = target.filter(|path| path.get(depth) == Some(&nibble));
            build(&group, below, on, nodes).reference()
        })
        .collect();
    let value = entries.iter().find(|entry| entry.0.len() == depth);
    items.push(encode_bytes(value.map_or(&[], |entry| entry.1)));
    encode_list(&items)
}

fn shared_nibbles(a: &[u8], b: &[u8], from: usize) -> usize {
    let pairs = a.iter().skip(from).zip(b.iter().skip(from));
    pairs.take_while(|(x, y)| x == y).count()
}

fn nibbles(key: &[u8]) -> Vec<u8> {
    key.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect()
}

/// Nibbles in compact form: flags, then pairs.
fn compact(part: &[u8], leaf: bool) -> Vec<u8> {
    let flag: u8 = if leaf { 0x20 } else { 0 };
    let pairs = |part: &[u8]| -> Vec<u8> {
        part.chunks(2)
            .map(|pair| match pair {
                [high, low] => (high << 4) | low,
                _ => 0,
            })
            .collect()
    };
    match part.split_first() {
        Some((first, rest)) if part.len() & 1 == 1 => {
            let mut out = vec![flag | 0x10 | first];
            out.extend(pairs(rest));
            out
        }
        _ => {
            let mut out = vec![flag];
            out.extend(pairs(part));
            out
        }
    }
}
