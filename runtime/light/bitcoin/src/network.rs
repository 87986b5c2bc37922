//! Bitcoin's networks, kept apart by their rules.

use crate::hash::BlockId;
use crate::header::Header;
use crate::target::Bits;
use borsh::{BorshDeserialize, BorshSerialize};
use primitives::Digest;

/// Blocks between two changes of difficulty.
pub const PERIOD: u32 = 2_016;

/// Which Bitcoin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum Network {
    /// The one with value.
    Mainnet,
    /// The fourth test network (BIP94): blocks of least work after twenty quiet minutes.
    Testnet4,
    /// Blocks are signed by a known key (BIP325), **which headers do not carry**: here anyone with little work can
    /// extend it. For trials only.
    Signet,
    /// A network of one's own: two hashes a block, no changes of difficulty.
    Regtest,
}

/// What a version must be from a height on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeastVersion {
    /// From this height on.
    pub height: u32,
    /// At least this version.
    pub version: i32,
}

/// The rules of one network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Whose rules they are.
    pub network: Network,
    /// The easiest target.
    pub limit: Bits,
    /// Whether the difficulty changes every [`PERIOD`].
    pub retargets: bool,
    /// Whether a block more than twenty minutes after its parent may have the easiest target.
    pub easy_when_quiet: bool,
    /// BIP94: the next difficulty starts from the period's first block, and a period's first block is at most 600
    /// seconds before its parent.
    pub bip94: bool,
    /// Least versions, by height.
    pub versions: [LeastVersion; 3],
}

const fn least(height: u32, version: i32) -> LeastVersion {
    LeastVersion { height, version }
}

/// BIP34, BIP66 and BIP65 from the first block on.
const FROM_THE_START: [LeastVersion; 3] = [least(1, 2), least(1, 3), least(1, 4)];

impl Network {
    /// Its rules.
    ///
    /// # Source
    /// Bitcoin Core, `kernel/chainparams.cpp`; bridge.md, section 5.
    #[must_use]
    pub const fn rules(self) -> Rules {
        let plain = Rules {
            network: self,
            limit: Bits::new(0x1d00_ffff),
            retargets: true,
            easy_when_quiet: false,
            bip94: false,
            versions: FROM_THE_START,
        };
        match self {
            Self::Mainnet => Rules {
                versions: [least(227_931, 2), least(363_725, 3), least(388_381, 4)],
                ..plain
            },
            Self::Testnet4 => Rules {
                easy_when_quiet: true,
                bip94: true,
                ..plain
            },
            Self::Signet => Rules {
                limit: Bits::new(0x1e03_77ae),
                ..plain
            },
            Self::Regtest => Rules {
                limit: Bits::new(0x207f_ffff),
                retargets: false,
                ..plain
            },
        }
    }

    /// Whether work alone makes its best chain one that is costly to replace.
    #[must_use]
    pub const fn is_secured_by_work(self) -> bool {
        matches!(self, Self::Mainnet)
    }

    /// Its first block.
    #[must_use]
    pub const fn genesis(self) -> Header {
        let (time, bits, nonce) = match self {
            Self::Mainnet => (1_231_006_505, 0x1d00_ffff, 2_083_236_893),
            Self::Testnet4 => (1_714_777_860, 0x1d00_ffff, 393_743_547),
            Self::Signet => (1_598_918_400, 0x1e03_77ae, 52_613_770),
            Self::Regtest => (1_296_688_602, 0x207f_ffff, 2),
        };
        let merkle_root = match self {
            Self::Testnet4 => TESTNET4_ROOT,
            Self::Mainnet | Self::Signet | Self::Regtest => SATOSHIS_ROOT,
        };
        Header {
            version: 1,
            parent: BlockId::ZERO,
            merkle_root: Digest::new(merkle_root),
            time,
            bits: Bits::new(bits),
            nonce,
        }
    }
}

/// Root of the block that says "Chancellor on brink of second bailout for banks".
const SATOSHIS_ROOT: [u8; 32] = [
    0x3b, 0xa3, 0xed, 0xfd, 0x7a, 0x7b, 0x12, 0xb2, 0x7a, 0xc7, 0x2c, 0x3e, 0x67, 0x76, 0x8f, 0x61, 0x7f,
    0xc8, 0x1b, 0xc3, 0x88, 0x8a, 0x51, 0x32, 0x3a, 0x9f, 0xb8, 0xaa, 0x4b, 0x1e, 0x5e, 0x4a,
];

/// Root of testnet4's first block, 7aa0a7ae…0a4e reversed.
const TESTNET4_ROOT: [u8; 32] = [
    0x4e, 0x7b, 0x2b, 0x91, 0x28, 0xfe, 0x02, 0x91, 0xdb, 0x06, 0x93, 0xaf, 0x2a, 0xe4, 0x18, 0xb7, 0x67,
    0xe6, 0x57, 0xcd, 0x40, 0x7e, 0x80, 0xcb, 0x14, 0x34, 0x22, 0x1e, 0xae, 0xa7, 0xa0, 0x7a,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::shown;

    #[test]
    fn the_first_blocks_have_their_names() {
        for (network, id) in [
            (
                Network::Mainnet,
                "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f",
            ),
            (
                Network::Testnet4,
                "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043",
            ),
            (
                Network::Signet,
                "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6",
            ),
            (
                Network::Regtest,
                "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
            ),
        ] {
            assert_eq!(shown(&network.genesis().id()).to_string(), id);
        }
    }
}
