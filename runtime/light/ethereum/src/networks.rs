//! The public networks.
//!
//! # Source
//! bridge.md, section 4; the networks' published configurations.

use crate::spec::{BeaconEpoch, Fork, ForkEpoch, Preset, Root, Spec};

/// A public network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// Where the ether is.
    Mainnet,
    /// For applications.
    Sepolia,
    /// For stakers, until 2025.
    Holesky,
    /// For stakers, since 2025.
    Hoodi,
}

const FORKS: [Fork; 6] = [
    Fork::Altair,
    Fork::Bellatrix,
    Fork::Capella,
    Fork::Deneb,
    Fork::Electra,
    Fork::Fulu,
];

impl Network {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Mainnet, Self::Sepolia, Self::Holesky, Self::Hoodi];

    /// Its name, as it is written in flags and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mainnet => "mainnet",
            Self::Sepolia => "sepolia",
            Self::Holesky => "holesky",
            Self::Hoodi => "hoodi",
        }
    }

    /// The network of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|network| network.name() == name)
    }

    /// Its beacon chain.
    #[must_use]
    pub fn spec(self) -> Spec {
        let (root, genesis_time, epochs, versions) = match self {
            Self::Mainnet => (
                MAINNET_ROOT,
                1_606_824_023,
                [74_240, 144_896, 194_048, 269_568, 364_032, 411_392],
                [1, 2, 3, 4, 5, 6].map(|n| [n, 0, 0, 0]),
            ),
            Self::Sepolia => (
                SEPOLIA_ROOT,
                1_655_733_600,
                [50, 100, 56_832, 132_608, 222_464, 272_640],
                [0x70, 0x71, 0x72, 0x73, 0x74, 0x75].map(|n| [0x90, 0, 0, n]),
            ),
            Self::Holesky => (
                HOLESKY_ROOT,
                1_695_902_400,
                [0, 0, 256, 29_696, 115_968, 165_120],
                [2, 3, 4, 5, 6, 7].map(|n| [n, 1, 0x70, 0]),
            ),
            Self::Hoodi => (
                HOODI_ROOT,
                1_742_213_400,
                [0, 0, 0, 0, 2_048, 50_688],
                [0x20, 0x30, 0x40, 0x50, 0x60, 0x70].map(|n| [n, 0, 9, 0x10]),
            ),
        };
        spec(root, genesis_time, epochs, versions)
    }
}

fn spec(root: Root, genesis_time: u64, epochs: [BeaconEpoch; 6], versions: [[u8; 4]; 6]) -> Spec {
    let forks = FORKS
        .into_iter()
        .zip(epochs)
        .zip(versions)
        .map(|((fork, epoch), version)| ForkEpoch { fork, epoch, version });
    Spec {
        genesis_validators_root: root,
        genesis_time,
        seconds_per_slot: 12,
        preset: Preset::MAINNET,
        forks: forks.collect(),
    }
}

const MAINNET_ROOT: Root = [
    0x4b, 0x36, 0x3d, 0xb9, 0x4e, 0x28, 0x61, 0x20, 0xd7, 0x6e, 0xb9, 0x05, 0x34, 0x0f, 0xdd, 0x4e, 0x54,
    0xbf, 0xe9, 0xf0, 0x6b, 0xf3, 0x3f, 0xf6, 0xcf, 0x5a, 0xd2, 0x7f, 0x51, 0x1b, 0xfe, 0x95,
];
const SEPOLIA_ROOT: Root = [
    0xd8, 0xea, 0x17, 0x1f, 0x3c, 0x94, 0xae, 0xa2, 0x1e, 0xbc, 0x42, 0xa1, 0xed, 0x61, 0x05, 0x2a, 0xcf,
    0x3f, 0x92, 0x09, 0xc0, 0x0e, 0x4e, 0xfb, 0xaa, 0xdd, 0xac, 0x09, 0xed, 0x9b, 0x80, 0x78,
];
const HOLESKY_ROOT: Root = [
    0x91, 0x43, 0xaa, 0x7c, 0x61, 0x5a, 0x7f, 0x71, 0x15, 0xe2, 0xb6, 0xaa, 0xc3, 0x19, 0xc0, 0x35, 0x29,
    0xdf, 0x82, 0x42, 0xae, 0x70, 0x5f, 0xba, 0x9d, 0xf3, 0x9b, 0x79, 0xc5, 0x9f, 0xa8, 0xb1,
];
const HOODI_ROOT: Root = [
    0x21, 0x2f, 0x13, 0xfc, 0x4d, 0xf0, 0x78, 0xb6, 0xcb, 0x7d, 0xb2, 0x28, 0xf1, 0xc8, 0x30, 0x75, 0x66,
    0xdc, 0xec, 0xf9, 0x00, 0x86, 0x74, 0x01, 0xa9, 0x20, 0x23, 0xd7, 0xba, 0x99, 0xcb, 0x5f,
];
