//! Domain tags: what a hash or a signature is about, so that one can never stand for another.

/// Everything that is hashed or signed, each with its own tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// Sign bytes of a transaction, which are its id.
    Transaction,
    /// An account from its threshold and keys.
    Account,
    /// A chain from its genesis and generation.
    Chain,
    /// A block from its header.
    Header,
    /// A validator's first vote for a block.
    Notarize,
    /// A validator's vote to leave a view without a block.
    Nullify,
    /// A validator's vote to finalize a block.
    Finalize,
    /// The proposer's contribution to the seed.
    SeedSignature,
    /// A block's seed from its parent's and the proposer's signature.
    Seed,
    /// A validator set.
    ValidatorSet,
    /// One validator within a set's tree.
    Validator,
    /// A consensus key's hash.
    ConsensusKey,
    /// A transaction within a block's tree.
    TransactionLeaf,
    /// A receipt within a block's tree.
    Receipt,
    /// What shows that a block may follow its parent.
    Justification,
    /// One piece of evidence within a block's tree.
    Evidence,
    /// Leader schedule of an epoch.
    LeaderSchedule,
    /// A leaf of the state tree.
    StateLeaf,
    /// An interior node of the state tree.
    StateNode,
    /// A leaf of any other tree.
    MerkleLeaf,
    /// An interior node of any other tree.
    MerkleNode,
    /// Keys and accounts that a development chain derives from its seed.
    Development,
    /// The manifest of a snapshot of the state.
    SnapshotManifest,
    /// What an operator's service key says about one slot of a service's task.
    ServiceStatement,
    /// A service key's hash.
    ServiceKey,
    /// A salted answer that is shown later.
    AnswerCommitment,
    /// The draw of a task's committee.
    TaskCommittee,
}

impl Domain {
    /// Every domain, for the tests that compare them.
    pub const ALL: [Self; 27] = [
        Self::Transaction,
        Self::Account,
        Self::Chain,
        Self::Header,
        Self::Notarize,
        Self::Nullify,
        Self::Finalize,
        Self::SeedSignature,
        Self::Seed,
        Self::ValidatorSet,
        Self::Validator,
        Self::ConsensusKey,
        Self::TransactionLeaf,
        Self::Receipt,
        Self::Justification,
        Self::Evidence,
        Self::LeaderSchedule,
        Self::StateLeaf,
        Self::StateNode,
        Self::MerkleLeaf,
        Self::MerkleNode,
        Self::Development,
        Self::SnapshotManifest,
        Self::ServiceStatement,
        Self::ServiceKey,
        Self::AnswerCommitment,
        Self::TaskCommittee,
    ];

    /// The tag's bytes. None is a prefix of another.
    #[must_use]
    pub const fn tag(self) -> &'static [u8] {
        match self {
            Self::Transaction => b"palisade/tx/v1",
            Self::Account => b"palisade/account/v1",
            Self::Chain => b"palisade/chain/v1",
            Self::Header => b"palisade/header/v1",
            Self::Notarize => b"palisade/notarize/v1",
            Self::Nullify => b"palisade/nullify/v1",
            Self::Finalize => b"palisade/finalize/v1",
            Self::SeedSignature => b"palisade/seed-signature/v1",
            Self::Seed => b"palisade/seed/v1",
            Self::ValidatorSet => b"palisade/validator-set/v1",
            Self::Validator => b"palisade/validator/v1",
            Self::ConsensusKey => b"palisade/consensus-key/v1",
            Self::TransactionLeaf => b"palisade/tx-leaf/v1",
            Self::Receipt => b"palisade/receipt/v1",
            Self::Justification => b"palisade/justification/v1",
            Self::Evidence => b"palisade/evidence/v1",
            Self::LeaderSchedule => b"palisade/leader-schedule/v1",
            // One byte each: they are hashed ten times per changed leaf, and fill one compression block less.
            Self::StateLeaf => &[0x00],
            Self::StateNode => &[0x01],
            // As RFC 6962, section 2.1, but distinct from the state tree's.
            Self::MerkleLeaf => &[0x02],
            Self::MerkleNode => &[0x03],
            Self::Development => b"palisade/development/v1",
            Self::SnapshotManifest => b"palisade/snapshot-manifest/v1",
            Self::ServiceStatement => b"palisade/service-statement/v1",
            Self::ServiceKey => b"palisade/service-key/v1",
            Self::AnswerCommitment => b"palisade/answer-commitment/v1",
            Self::TaskCommittee => b"palisade/task-committee/v1",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_tag_is_the_start_of_another() {
        for (i, a) in Domain::ALL.iter().enumerate() {
            for (j, b) in Domain::ALL.iter().enumerate() {
                assert!(i == j || !a.tag().starts_with(b.tag()), "{a:?} starts with {b:?}");
            }
        }
    }
}
