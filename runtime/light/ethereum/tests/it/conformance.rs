//! Digests of every encoding that a chain stores of this client. One that changes is a change of consensus: it needs
//! everyone's agreement, and then the new digest here.

use crypto::hash::sha256;
use palisade_light_ethereum::client::{Conflict, ExecutionSummary};
use palisade_light_ethereum::{BeaconHeader, ClientRecord, CommitteeRecord, FinalizedHeader, Network};
use primitives::codec::{Encode, encode};

const PINNED: [(&str, &str); 8] = [
    (
        "mainnet",
        "b2d58a406bf43947509e1e90d9432105c8b347536f3eb0282ef4cc683818e6f3",
    ),
    (
        "sepolia",
        "0ca5cdddd449845a49a5d452b185b655f78aea0a048b6db507c505594d50f73f",
    ),
    (
        "holesky",
        "0444938aa73d0307cb443931ac2918ef3c406c04d47ac6f5a835e0f22a71bb74",
    ),
    (
        "hoodi",
        "c21396e4318526a7e2a1b52155282a9e4a8a8b53ba438ffa999aed1427530319",
    ),
    (
        "client",
        "a9b31ab27ab9031bda1a0936716d68bb70cde27ed4da3c595cf4b68892cd294c",
    ),
    (
        "committee",
        "cd574c812dc80fae352dff98400575b4b0aa08f429c6d4a21a877eeef531d09f",
    ),
    (
        "conflict of committees",
        "9e9a7ebac1de2369e6dc5a01f71162ad7c181536a7dd7d00a9bdacccdab028a3",
    ),
    (
        "conflict of headers",
        "05c61acc11f64cec047e59aefe7820643e1e973ffc38f49770a3fdf94f34f641",
    ),
];

fn record() -> ClientRecord {
    let beacon = BeaconHeader {
        slot: 2,
        proposer_index: 3,
        parent_root: [4; 32],
        state_root: [5; 32],
        body_root: [6; 32],
    };
    let execution = ExecutionSummary {
        root: [7; 32],
        block_hash: [8; 32],
        block_number: 9,
        timestamp: 10,
        state_root: [11; 32],
        receipts_root: [12; 32],
    };
    ClientRecord {
        finalized: FinalizedHeader {
            root: [1; 32],
            beacon,
            execution: Some(execution),
        },
        current: [13; 32],
        next: Some([14; 32]),
    }
}

#[test]
fn no_encoding_that_a_chain_stores_has_changed() {
    fn of<T: Encode>(value: &T) -> String {
        hex::encode(sha256(&[&encode(value)]))
    }
    let committee = CommitteeRecord {
        root: [1; 32],
        keys: vec![[2; 96], [3; 96]],
    };
    let (known, other, attested) = ([1; 32], [2; 32], [3; 32]);
    let found = [
        ("mainnet", of(&Network::Mainnet.spec())),
        ("sepolia", of(&Network::Sepolia.spec())),
        ("holesky", of(&Network::Holesky.spec())),
        ("hoodi", of(&Network::Hoodi.spec())),
        ("client", of(&record())),
        ("committee", of(&committee)),
        (
            "conflict of committees",
            of(&Conflict::NextCommittee {
                known,
                other,
                attested,
            }),
        ),
        (
            "conflict of headers",
            of(&Conflict::Finalized {
                known,
                other,
                attested,
            }),
        ),
    ];
    for ((name, digest), (pinned, expected)) in found.iter().zip(PINNED) {
        assert_eq!((*name, digest.as_str()), (pinned, expected));
    }
}
