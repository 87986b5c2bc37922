//! What the chain starts with: the state at height 0.

mod world;

pub use world::{FoundingFeed, FoundingMember, FoundingOperator, FoundingService, FoundingVault, World};

use crate::chain::{self, InitError};
use crate::modules::{ModuleError, ModulesGenesis};
use crate::rules::{RuleError, Rules, in_force};
use kernel::{Block, Ctx, Fault, StateError, View};
use state::{Changes, Overlay, State};

/// Everything that the state at height 0 is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// The runtime's own part.
    pub chain: chain::Genesis,
    /// Each module's part.
    pub modules: ModulesGenesis,
    /// What a new chain finds besides; empty for one that goes on.
    pub world: World,
}

/// Why a chain does not start.
#[derive(Debug, thiserror::Error)]
pub enum GenesisError {
    /// The chain's parameters are wrong.
    #[error("chain parameters: {0}")]
    Params(#[from] chain::ParamsError),
    /// A module's part is wrong.
    #[error("genesis of a module: {0}")]
    Module(Box<ModuleError>),
    /// The parameters of modules do not fit each other.
    #[error("parameters: {0}")]
    Rules(#[from] RuleError),
    /// The code is broken.
    #[error(transparent)]
    State(#[from] StateError),
}

impl GenesisError {
    /// The error's name for programs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Params(error) => error.reason(),
            Self::Module(error) => error.reason(),
            Self::Rules(_) => "BAD_PARAMS",
            Self::State(error) => error.reason(),
        }
    }
}

impl From<InitError> for GenesisError {
    fn from(error: InitError) -> Self {
        match error {
            InitError::Params(error) => Self::Params(error),
            InitError::State(error) => Self::State(error),
        }
    }
}

/// The block at height 0 that `genesis` stands for: its epoch and chain time.
#[must_use]
pub fn block(genesis: &Genesis) -> Block {
    Block {
        epoch: genesis.chain.epoch,
        chain_clock: genesis.chain.chain_clock,
        ..Block::default()
    }
}

/// The state at height 0.
#[derive(Clone, Debug)]
pub struct Initial {
    /// The state.
    pub state: State,
    /// What leads there from nothing.
    pub changes: Changes,
}

/// Makes the state at height 0.
///
/// # Errors
/// [`GenesisError`] says what is wrong with the genesis.
pub fn init(genesis: Genesis) -> Result<Initial, GenesisError> {
    let empty = State::new();
    let mut overlay = Overlay::new(empty.clone());
    chain::init(&mut overlay, &genesis.chain)?;
    let block = block(&genesis);
    let mut ctx = Ctx::hook(&mut overlay, &block);
    let modules = genesis.modules.init(&mut ctx);
    let written = modules.and_then(|()| world::found(&mut ctx, genesis.world));
    written.map_err(|error| GenesisError::Module(Box::new(error)))?;
    let now = block.chain_clock;
    Rules::read(&ctx)?.check(in_force(&ctx, now, now)?)?;
    let changes = overlay.into_changes();
    let state = empty.apply(&changes)?;
    Ok(Initial { state, changes })
}

/// What a chain would have to start with to go on where `view` is: [`init`] of it gives a state with the same root.
///
/// # Errors
/// [`StateError`]: the store is broken.
pub fn export(view: &View<'_>) -> Result<Genesis, StateError> {
    Ok(Genesis {
        chain: chain::as_genesis(view)?,
        modules: ModulesGenesis::as_genesis(view)?,
        world: World::default(),
    })
}
