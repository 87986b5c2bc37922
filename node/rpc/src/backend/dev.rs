//! What only a development chain offers.

use crate::backend::{ReadError, Refused};
use light_palisade::Offence;
use primitives::{AccountId, Amount, AssetId, ChainClock, Coin, Epoch, TxId, View};

/// A well-known account, whose key everyone has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevAccount {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: AccountId,
}

/// What is wrong with the link between this node and a peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkFault {
    /// The key of the peer's network identity; `None`: every peer without a fault of its own.
    pub peer: Option<[u8; 32]>,
    /// Whether nothing goes out.
    pub blocked_out: bool,
    /// Whether nothing comes in.
    pub blocked_in: bool,
    /// How much later what goes out arrives, in milliseconds.
    pub latency_ms: u32,
    /// By how much that varies either way, in milliseconds.
    pub jitter_ms: u32,
    /// Share of what goes out that is lost, 0 to 100.
    pub loss_percent: u8,
}

/// What is wrong with a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeFault {
    /// By how much its clock is ahead, or behind, in milliseconds.
    pub clock_skew_ms: i64,
    /// Whether its disk takes nothing more.
    pub disk_full: bool,
    /// How much longer than usual each write and sync takes, in milliseconds.
    pub disk_delay_ms: u32,
    /// Whether it leaves all transactions out of its blocks.
    pub censor: bool,
    /// Whether it proposes nothing.
    pub withhold: bool,
}

/// Where the chain clock stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DevClock {
    /// With the last final block.
    pub now: ChainClock,
    /// The epoch of the next block.
    pub epoch: Epoch,
    /// From when on that epoch ends.
    pub epoch_ends_at: ChainClock,
}

/// The node of a development chain, beyond [`Backend`](crate::Backend).
#[tonic::async_trait]
pub trait DevBackend: Send + Sync + 'static {
    /// Sends `amount` of `asset` (`None`: what the faucet gives by itself) to `to`, and says what was sent and by
    /// which transaction, which waits for a block.
    async fn fund(
        &self,
        to: AccountId,
        asset: AssetId,
        amount: Option<Amount>,
    ) -> Result<(TxId, Coin), Refused>;

    /// The chain's well-known accounts.
    fn accounts(&self) -> Vec<DevAccount>;

    /// The faults in force.
    fn link_faults(&self) -> Vec<LinkFault>;

    /// Sets a fault. The values were checked. The text of an error says what is wrong.
    async fn set_link_fault(&self, fault: LinkFault) -> Result<(), ReadError>;

    /// Makes this node's validator contradict itself once, and says in which view. The text of an error says why it
    /// cannot.
    async fn misbehave(&self, offence: Offence) -> Result<(Epoch, View), ReadError>;

    /// What is wrong with this node.
    fn node_fault(&self) -> NodeFault;

    /// Makes this node wrong, in place of what was wrong with it before. The values were checked.
    fn set_node_fault(&self, fault: NodeFault);

    /// Where the chain clock stands.
    ///
    /// # Errors
    /// What the store says.
    fn clock(&self) -> Result<DevClock, ReadError>;

    /// Has the next block that this node leads put the chain clock to `to`, when it does not stand there yet. The value
    /// was checked.
    fn advance_clock(&self, to: ChainClock);

    /// Makes all links whole and the node right.
    async fn clear_faults(&self);
}
