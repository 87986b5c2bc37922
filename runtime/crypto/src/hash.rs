//! SHA-256 throughout, so that Ethereum contracts can check what we hash; Keccak-256 only where Ethereum's own
//! proofs want it.

use crate::domain::Domain;
use primitives::{Bytes32, ChainHash, Digest, kind};
use sha2::{Digest as _, Sha256};
use sha3::Keccak256;

/// SHA-256 of the concatenation of `parts`.
///
/// # Source
/// FIPS 180-4, by the `sha2` crate.
#[must_use]
pub fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Keccak-256 of `bytes`, as Ethereum's execution layer hashes: not the SHA-3 of FIPS 202. Nothing of ours is
/// hashed with it.
///
/// # Source
/// The Ethereum yellow paper, by the `sha3` crate.
#[must_use]
pub fn keccak256(bytes: &[u8]) -> [u8; 32] {
    Keccak256::digest(bytes).into()
}

/// SHA-256 of a domain's tag and `parts`, as an identifier of the kind that the caller names.
#[must_use]
pub fn tagged<K>(domain: Domain, parts: &[&[u8]]) -> Bytes32<K> {
    let mut hasher = Sha256::new();
    hasher.update(domain.tag());
    for part in parts {
        hasher.update(part);
    }
    Bytes32::new(hasher.finalize().into())
}

/// The hash that keeps chains apart: of the canonical genesis and the generation, which is raised when a
/// checkpoint is restored.
#[must_use]
pub fn chain_hash(canonical_genesis: &[u8], generation: u64) -> ChainHash {
    tagged::<kind::Chain>(Domain::Chain, &[canonical_genesis, &generation.to_be_bytes()])
}

/// A block's seed: nobody chooses it, since the proposer's signature over (epoch, view) is unique.
#[must_use]
pub fn seed(parent_seed: &Digest, seed_signature: &[u8]) -> Digest {
    tagged(Domain::Seed, &[parent_seed.as_bytes(), seed_signature])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_vector() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hex::encode(sha256(&[b"a", b"bc"])), expected);
    }

    #[test]
    fn keccak_of_nothing_is_ethereums() {
        let expected = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";
        assert_eq!(hex::encode(keccak256(&[])), expected);
    }

    #[test]
    fn generations_of_one_genesis_are_different_chains() {
        assert_ne!(chain_hash(b"genesis", 0), chain_hash(b"genesis", 1));
    }
}
