//! A version of the state, for everything that the runtime's queries answer.

use super::ReadError;
use super::state::{Context, Entry};
use light_palisade::StateProof;
use runtime::{Block, State, View};

/// The state after a block.
#[derive(Clone, Debug)]
pub struct Version {
    /// Where it is.
    pub context: Context,
    /// The state.
    pub state: State,
    /// What queries know of the block: height, epoch and chain clock.
    pub block: Block,
}

impl Version {
    /// The state with what queries know of the block.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View::new(&self.state, &self.block)
    }

    /// An entry, or that there is none, with what shows it.
    ///
    /// # Errors
    /// [`ReadError::Broken`].
    pub fn prove(&self, key: Vec<u8>) -> Result<Entry, ReadError> {
        let path = self.state.prove(&key);
        let path = path.ok_or_else(|| ReadError::Broken("an entry cannot be proven".into()))?;
        let value = self.state.get(&key).map(<[u8]>::to_vec);
        Ok(Entry {
            key,
            value,
            proof: StateProof { path },
        })
    }
}
