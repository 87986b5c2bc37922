//! What a module works on while it executes.

use crate::gas::price;
use crate::{Block, Event, EventType, GasMeter, Name, View};
use primitives::codec::encode;
use primitives::{AccountId, ChainClock, Epoch, Gas, Height};
use state::{Entry, Overlay, RawKey, RawRange, Read, StateError, Write};

/// The state as a module may change it, the block that it runs in, the gas that it may use, and the events that it
/// emits. Tables read and write through it and are charged for what they do.
#[derive(Debug)]
pub struct Ctx<'a> {
    overlay: &'a mut Overlay,
    block: &'a Block,
    meter: GasMeter,
    events: Vec<Event>,
}

impl<'a> Ctx<'a> {
    /// For one transaction, which may use `limit`.
    pub const fn transaction(overlay: &'a mut Overlay, block: &'a Block, limit: Gas) -> Self {
        Self {
            overlay,
            block,
            meter: GasMeter::new(limit),
            events: Vec::new(),
        }
    }

    /// For a block hook or genesis: unmetered.
    pub const fn hook(overlay: &'a mut Overlay, block: &'a Block) -> Self {
        Self {
            overlay,
            block,
            meter: GasMeter::unmetered(),
            events: Vec::new(),
        }
    }

    /// What happened, in order, and how much gas was used.
    #[must_use]
    pub fn finish(self) -> (Vec<Event>, Gas) {
        (self.events, self.meter.used())
    }

    /// The block that is being executed.
    #[must_use]
    pub const fn block(&self) -> &'a Block {
        self.block
    }

    /// Its position.
    #[must_use]
    pub const fn height(&self) -> Height {
        self.block.height
    }

    /// Its epoch.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.block.epoch
    }

    /// Chain time: what delays count.
    #[must_use]
    pub const fn chain_clock(&self) -> ChainClock {
        self.block.chain_clock
    }

    /// The operator who proposed the block.
    #[must_use]
    pub const fn proposer(&self) -> AccountId {
        self.block.proposer
    }

    /// The state as it is now, for reading, unmetered: for checks that a module makes on the runtime's behalf.
    #[must_use]
    pub fn view(&self) -> View<'_> {
        View::new(self.overlay, self.block)
    }

    /// How much gas there is and was used.
    #[must_use]
    pub const fn meter(&self) -> &GasMeter {
        &self.meter
    }

    /// Uses `gas` for work that the kernel does not see, such as checking a signature.
    ///
    /// # Errors
    /// [`StateError::OutOfGas`] when less is left.
    pub fn charge(&self, gas: Gas) -> Result<(), StateError> {
        Ok(self.meter.charge(gas)?)
    }

    /// Says that `event` happened. Called after the write that it reports.
    ///
    /// # Errors
    /// [`StateError::OutOfGas`], or [`StateError::Broken`] when the event breaks the rules for names and counts, which
    /// any test that emits it shows.
    pub fn emit<E: EventType>(&mut self, event: &E) -> Result<(), StateError> {
        const {
            assert!(
                Name::is_valid(E::NAME),
                "an event's name is letters, digits and underscores"
            )
        };
        let broken = || E::MODULE.broken("an event has too many attributes, or one with a bad name");
        let event = Event::new(event).ok_or_else(broken)?;
        self.meter
            .charge_sized(price::EVENT, price::EVENT_BYTE, encode(&event).len())?;
        self.events.push(event);
        Ok(())
    }

    /// Runs `body`, and takes back the writes and events that it made when it fails. Gas stays used. Nests.
    ///
    /// # Errors
    /// As `body`. A caller that goes on after an error lets one through whose code is `None`, and
    /// [`StateError::OutOfGas`].
    pub fn atomically<T, E>(&mut self, body: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        let events = self.events.len();
        let outcome = Overlay::atomically(self, |ctx| &mut *ctx.overlay, body);
        if outcome.is_err() {
            self.events.truncate(events);
        }
        outcome
    }
}

impl Ctx<'_> {
    /// Runs `body` with `limit` gas of its own, all or nothing, so that what a service does can neither eat what its caller
    /// needs nor undo it. Fails only when less than `limit` is left: a caller with too little gas cannot make `body` fail
    /// quietly.
    ///
    /// # Errors
    /// [`StateError::OutOfGas`] as said. What `body` gave is inside; a caller that goes on after an error of it lets one
    /// through whose code is `None`.
    pub fn metered<T, E>(
        &mut self,
        limit: Gas,
        body: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<Result<T, E>, StateError> {
        self.meter.require(limit)?;
        let outer = core::mem::replace(&mut self.meter, GasMeter::new(limit));
        let outcome = self.atomically(body);
        let inner = core::mem::replace(&mut self.meter, outer);
        self.meter.charge(inner.used())?;
        Ok(outcome)
    }
}

impl Read for Ctx<'_> {
    fn read(&self, key: RawKey<'_>) -> Result<Option<&[u8]>, StateError> {
        self.meter.charge(price::READ)?;
        let value = self.overlay.read(key)?;
        self.meter
            .charge_sized(Gas::ZERO, price::READ_BYTE, value.map_or(0, <[u8]>::len))?;
        Ok(value)
    }

    fn scan(&self, range: &RawRange) -> Result<Vec<Entry<'_>>, StateError> {
        self.meter.charge(price::READ)?;
        let entries = self.overlay.scan(range)?;
        for (_, value) in &entries {
            self.meter
                .charge_sized(price::READ, price::READ_BYTE, value.len())?;
        }
        Ok(entries)
    }
}

impl Write for Ctx<'_> {
    fn write(&mut self, key: RawKey<'_>, value: Option<Vec<u8>>) -> Result<(), StateError> {
        let bytes = key
            .as_bytes()
            .len()
            .saturating_add(value.as_ref().map_or(0, Vec::len));
        self.meter.charge_sized(price::WRITE, price::WRITE_BYTE, bytes)?;
        self.overlay.write(key, value)
    }
}

#[cfg(test)]
mod tests;
