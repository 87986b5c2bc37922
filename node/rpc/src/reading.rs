//! One read of the state: where, what of it, and what shows it.

use crate::api::Api;
use crate::backend::{At, Version};
use crate::convert::proof;
use crate::refusal::Refusal;
use primitives::address::{AddressKind, Network, format};
use primitives::{AccountId, Bytes32, ChainClock, Height};
use proto::ledger::v1 as wire;
use runtime::{State, StateError, View};

/// A version of the state that a request asked for.
pub(crate) struct Reading {
    version: Version,
    prove: bool,
    pub(crate) network: Network,
}

impl Api {
    /// The state at a height, 0 for the latest.
    pub(crate) async fn reading(&self, height: u64, prove: bool) -> Result<Reading, Refusal> {
        self.reading_at(proof::at(height, prove)).await
    }

    /// The state for a page: at the height of the first page, where there was one before.
    pub(crate) async fn reading_page(
        &self,
        height: u64,
        prove: bool,
        first: Option<Height>,
    ) -> Result<Reading, Refusal> {
        let at = proof::at(height, prove);
        self.reading_at(At {
            height: first.or(at.height),
            ..at
        })
        .await
    }

    async fn reading_at(&self, at: At) -> Result<Reading, Refusal> {
        Ok(Reading {
            version: self.backend.version(at).await?,
            prove: at.prove,
            network: self.network(),
        })
    }
}

impl Reading {
    pub(crate) const fn state(&self) -> &State {
        &self.version.state
    }

    pub(crate) fn view(&self) -> View<'_> {
        self.version.view()
    }

    /// The chain clock after the block.
    pub(crate) const fn now(&self) -> ChainClock {
        self.version.block.chain_clock
    }

    pub(crate) const fn height(&self) -> Height {
        self.version.context.height
    }

    pub(crate) const fn epoch(&self) -> primitives::Epoch {
        self.version.block.epoch
    }

    pub(crate) fn context(&self) -> Option<wire::ReadContext> {
        Some(proof::context(&self.version.context))
    }

    /// The entries with these keys, when they were asked for.
    pub(crate) fn proofs(
        &self,
        keys: impl IntoIterator<Item = Vec<u8>>,
    ) -> Result<Vec<wire::ProvenEntry>, Refusal> {
        if !self.prove {
            return Ok(Vec::new());
        }
        let entries = keys.into_iter().map(|key| self.version.prove(key));
        Ok(proof::entries(&entries.collect::<Result<Vec<_>, _>>()?))
    }

    pub(crate) fn account(&self, id: &AccountId) -> String {
        format(AddressKind::Account, self.network, id.as_bytes())
    }

    pub(crate) fn operator(&self, id: &AccountId) -> String {
        format(AddressKind::Operator, self.network, id.as_bytes())
    }

    pub(crate) fn vault<K>(&self, id: &Bytes32<K>) -> String {
        format(AddressKind::Vault, self.network, id.as_bytes())
    }
}

impl From<StateError> for Refusal {
    fn from(error: StateError) -> Self {
        Self::internal(&error.to_string())
    }
}

impl From<primitives::MathError> for Refusal {
    fn from(error: primitives::MathError) -> Self {
        Self::internal(&error.to_string())
    }
}
