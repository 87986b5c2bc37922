//! What happened.

use crate::ID;
use crate::halt::Subject;
use crate::types::{Choice, Ending, Tally};
use kernel::{Attribute, EventType, ModuleId, Name, ShortBytes, Value};
use primitives::{AccountId, Amount, ChainClock, Millis, Power};

/// A name that is one of a few.
fn label(name: &'static str) -> Value {
    Name::new(name).map_or(Value::Flag(false), Value::Label)
}

fn named(subject: Subject) -> Value {
    Value::Bytes(ShortBytes::truncated(subject.name().as_bytes()))
}

fn sides(tally: Tally) -> [Attribute; 3] {
    [
        Attribute::new("yes", tally.yes),
        Attribute::new("no", tally.no),
        Attribute::new("abstain", tally.abstain),
    ]
}

/// A proposal was made.
#[derive(Clone, Copy, Debug)]
pub struct Proposed {
    /// Its number.
    pub proposal: u64,
    /// By whom.
    pub proposer: AccountId,
    /// What was put down, in npal.
    pub deposit: Amount,
    /// When it is decided.
    pub until: ChainClock,
    /// How long it waits then, by today's parameters.
    pub wait: Millis,
}

impl EventType for Proposed {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Proposed";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("proposal", Value::Id(self.proposal)),
            Attribute::new("proposer", self.proposer),
            Attribute::new("deposit", self.deposit),
            Attribute::new("until", self.until),
            Attribute::new("wait", self.wait),
        ]
    }
}

/// An operator voted.
#[derive(Clone, Copy, Debug)]
pub struct Voted {
    /// On which proposal.
    pub proposal: u64,
    /// Who.
    pub voter: AccountId,
    /// How.
    pub choice: Choice,
    /// With which power.
    pub power: Power,
}

impl EventType for Voted {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Voted";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("proposal", Value::Id(self.proposal)),
            Attribute::new("voter", Value::Operator(self.voter)),
            Attribute::new("choice", label(self.choice.name())),
            Attribute::new("power", self.power),
        ]
    }
}

/// A proposal was accepted and waits.
#[derive(Clone, Copy, Debug)]
pub struct Accepted {
    /// Which.
    pub proposal: u64,
    /// What the votes came to.
    pub tally: Tally,
    /// When it is carried out.
    pub until: ChainClock,
}

impl EventType for Accepted {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Accepted";

    fn attributes(&self) -> Vec<Attribute> {
        let mut all = vec![Attribute::new("proposal", Value::Id(self.proposal))];
        all.extend(sides(self.tally));
        all.push(Attribute::new("until", self.until));
        all
    }
}

/// A proposal is over.
#[derive(Clone, Copy, Debug)]
pub struct Ended {
    /// Which.
    pub proposal: u64,
    /// Why.
    pub ending: Ending,
    /// What the votes came to.
    pub tally: Tally,
    /// What lay for it, in npal: back with its maker, or destroyed where it was ignored.
    pub deposit: Amount,
}

impl EventType for Ended {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Ended";

    fn attributes(&self) -> Vec<Attribute> {
        let mut all = vec![
            Attribute::new("proposal", Value::Id(self.proposal)),
            Attribute::new("ending", label(self.ending.name())),
        ];
        if let Ending::Failed(code) = self.ending {
            all.push(Attribute::new("code", code));
        }
        all.extend(sides(self.tally));
        all.push(Attribute::new("deposit", self.deposit));
        all
    }
}

/// Something was halted.
#[derive(Clone, Copy, Debug)]
pub struct Halted {
    /// What.
    pub subject: Subject,
    /// Until when.
    pub until: ChainClock,
}

impl EventType for Halted {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Halted";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("subject", named(self.subject)),
            Attribute::new("until", self.until),
        ]
    }
}

/// A halt was ended by a decision.
#[derive(Clone, Copy, Debug)]
pub struct Lifted {
    /// Of what.
    pub subject: Subject,
}

impl EventType for Lifted {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Lifted";

    fn attributes(&self) -> Vec<Attribute> {
        vec![Attribute::new("subject", named(self.subject))]
    }
}

/// A halt ended by itself.
#[derive(Clone, Copy, Debug)]
pub struct HaltEnded {
    /// Of what.
    pub subject: Subject,
}

impl EventType for HaltEnded {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "HaltEnded";

    fn attributes(&self) -> Vec<Attribute> {
        vec![Attribute::new("subject", named(self.subject))]
    }
}
