//! For modules' own tests: a chain of one module in memory, without a runtime. Not for anything else.

use crate::{Block, Ctx, Event, Invariant, View, Violation};
use primitives::{Blocks, Gas, Height, Millis};
use state::{Overlay, State, StateError};

/// State, a block and the events so far.
///
/// ```text
/// let mut sandbox = Sandbox::new();
/// sandbox.run(|ctx| Bank::init_genesis(ctx, genesis))?;
/// let refused = sandbox.run(|ctx| Bank::execute(ctx, alice, transfer)).unwrap_err();
/// assert_eq!(balance(&sandbox.view(), &alice)?, before);
/// ```
#[derive(Clone, Debug)]
pub struct Sandbox {
    overlay: Overlay,
    events: Vec<Event>,
    /// The block that everything runs in; set its fields as a test needs them.
    pub block: Block,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    /// Empty state, at height 1.
    #[must_use]
    pub fn new() -> Self {
        Self::over(State::new())
    }

    /// As [`Sandbox::new`], over `state`.
    #[must_use]
    pub fn over(state: State) -> Self {
        let block = Block {
            height: Height::new(1),
            ..Block::default()
        };
        Self {
            overlay: Overlay::new(state),
            events: Vec::new(),
            block,
        }
    }

    /// Runs `body` as a transaction with all the gas there is: when it fails, nothing of it stays.
    ///
    /// # Errors
    /// As `body`.
    pub fn run<T, E>(&mut self, body: impl FnOnce(&mut Ctx<'_>) -> Result<T, E>) -> Result<T, E> {
        self.run_metered(Gas::MAX, body).0
    }

    /// As [`Sandbox::run`], with `limit` gas; gives what was used too.
    pub fn run_metered<T, E>(
        &mut self,
        limit: Gas,
        body: impl FnOnce(&mut Ctx<'_>) -> Result<T, E>,
    ) -> (Result<T, E>, Gas) {
        let mut ctx = Ctx::transaction(&mut self.overlay, &self.block, limit);
        let outcome = ctx.atomically(body);
        let (events, used) = ctx.finish();
        self.events.extend(events);
        (outcome, used)
    }

    /// Runs `body` as a block hook.
    ///
    /// # Errors
    /// As `body`.
    pub fn hook<T>(
        &mut self,
        body: impl FnOnce(&mut Ctx<'_>) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        let mut ctx = Ctx::hook(&mut self.overlay, &self.block);
        let outcome = body(&mut ctx);
        self.events.extend(ctx.finish().0);
        outcome
    }

    /// Goes `blocks` on, and `time` in all, by stamp and chain clock. Runs no hook.
    pub const fn advance(&mut self, blocks: Blocks, time: Millis) {
        self.block.height = self.block.height.saturating_add(Height::new(blocks.get()));
        self.block.time = self.block.time.after(time);
        self.block.chain_clock = self.block.chain_clock.after(time);
    }

    /// The state as it is now.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View::new(&self.overlay, &self.block)
    }

    /// What happened since this was last asked.
    pub fn take_events(&mut self) -> Vec<Event> {
        core::mem::take(&mut self.events)
    }

    /// A version with all that was written.
    ///
    /// # Errors
    /// Never: the changes start from the version that they are applied to.
    pub fn state(&self) -> Result<State, StateError> {
        self.overlay.base().apply(&self.overlay.clone().into_changes())
    }

    /// Checks `invariants`; gives the name of the first that does not hold.
    ///
    /// # Errors
    /// The name and the violation.
    pub fn check(&self, invariants: &[Invariant]) -> Result<(), (&'static str, Violation)> {
        let view = self.view();
        invariants.iter().try_for_each(|invariant| {
            (invariant.check)(&view).map_err(|violation| (invariant.name, violation))
        })
    }
}
