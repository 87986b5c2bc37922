//! What a transaction needs from the chain before it can be signed: which chain, which sequence, until when, what price.

use crate::connection::Client;
use crate::error::Error;
use crate::transaction::{Fee, Signing};
use primitives::address::{self, Network};
use primitives::{AccountId, Amount, ChainHash, Height};
use proto::tx::v1 as wire;

/// What a node says of its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainInfo {
    /// The chain's name.
    pub id: String,
    /// The hash that signatures bind.
    pub hash: ChainHash,
    /// How addresses start.
    pub network: Network,
}

/// An account as a node sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountState {
    /// The account.
    pub id: AccountId,
    /// The sequence of its next transaction, after those that wait in the node's mempool.
    pub next_sequence: u64,
    /// How many transactions of it are in the chain.
    pub sequence: u64,
    /// What it holds of PAL.
    pub balance: Amount,
}

/// What gas costs now. Prices are npal per unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
    /// What every unit costs in the next block.
    pub base: Amount,
    /// The most to offer, tip included, with room for the base price to rise.
    pub max: Amount,
    /// The tip.
    pub tip: Amount,
}

fn decimal(field: &str, text: &str) -> Result<Amount, Error> {
    text.parse()
        .map_err(|error| Error::Malformed(format!("{field} `{text}`: {error}")))
}

impl Client {
    /// Which chain the node follows.
    ///
    /// # Errors
    /// [`Error`] when the node does not say, or says nonsense.
    pub async fn chain(&self) -> Result<ChainInfo, Error> {
        let mut node = self.node();
        let info = self
            .unary(node.get_node_info(proto::node::v1::GetNodeInfoRequest {}))
            .await?;
        Ok(ChainInfo {
            id: info.chain_id,
            hash: ChainHash::from_slice(&info.chain_hash)
                .ok_or_else(|| Error::Malformed("the chain hash has not 32 bytes".into()))?,
            network: if info.development {
                Network::Development
            } else {
                Network::Live
            },
        })
    }

    /// How far the node has come.
    ///
    /// # Errors
    /// [`Error`] when the node does not say.
    pub async fn sync_status(&self) -> Result<proto::node::v1::GetSyncStatusResponse, Error> {
        let mut node = self.node();
        self.unary(node.get_sync_status(proto::node::v1::GetSyncStatusRequest {}))
            .await
    }

    /// An account's sequence and balance. One that nobody has used yet is an empty one.
    ///
    /// # Errors
    /// [`Error`] when the node does not say, or says nonsense.
    pub async fn account(&self, network: Network, id: &AccountId) -> Result<AccountState, Error> {
        let mut accounts = self.accounts();
        let request = proto::account::v1::GetAccountRequest {
            address: address::format_account(network, id),
            height: 0,
            prove: false,
        };
        let account = self
            .unary(accounts.get_account(request))
            .await?
            .account
            .ok_or_else(|| Error::Malformed("no account in the answer".into()))?;
        Ok(AccountState {
            id: *id,
            next_sequence: account.pending_sequence.max(account.sequence),
            sequence: account.sequence,
            balance: decimal("balance", &account.balance)?,
        })
    }

    /// What gas costs for a transaction that should be in one of the next blocks.
    ///
    /// # Errors
    /// [`Error`] when the node does not say, or says nonsense.
    pub async fn prices(&self) -> Result<Prices, Error> {
        let mut service = self.transactions();
        let answer = self
            .unary(service.estimate_fee(wire::EstimateFeeRequest { gas_limit: 0 }))
            .await?;
        let fee = answer
            .options
            .iter()
            .find(|option| option.priority() == wire::Priority::Normal)
            .or_else(|| answer.options.first())
            .and_then(|option| option.fee.as_ref())
            .ok_or_else(|| Error::Malformed("no fee in the estimate".into()))?;
        Ok(Prices {
            base: decimal("base price", &answer.base_price)?,
            max: decimal("price", &fee.max_price)?,
            tip: decimal("tip", &fee.tip)?,
        })
    }

    /// What a transaction would do now; its signatures are not needed for it.
    ///
    /// # Errors
    /// [`Error::Rejected`] when it would not even get into a block.
    pub async fn simulate(&self, signing: &Signing) -> Result<wire::SimulateTransactionResponse, Error> {
        let mut service = self.transactions();
        let request = wire::SimulateTransactionRequest {
            tx: signing.dummy().bytes.into(),
        };
        self.unary(service.simulate_transaction(request)).await
    }

    /// The height of the highest final block.
    ///
    /// # Errors
    /// [`Error`] when the node does not say.
    pub async fn height(&self) -> Result<Height, Error> {
        Ok(Height::new(self.sync_status().await?.height))
    }
}

impl Prices {
    /// A fee at these prices.
    #[must_use]
    pub const fn fee(&self, gas_limit: u64) -> Fee {
        Fee {
            gas_limit,
            max_price: self.max,
            tip: self.tip,
        }
    }
}
