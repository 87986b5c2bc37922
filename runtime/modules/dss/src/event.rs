//! What happened.

use crate::ID;
use crate::types::{Kind, Phase};
use kernel::{Attribute, Code, EventType, ModuleId, Name, Value};
use primitives::{AccountId, Amount, AssetId, Bps, ChainClock, Coin, Digest, Epoch, ServiceId};

/// A name that is one of a few.
fn label(name: &'static str) -> Value {
    Name::new(name).map_or(Value::Flag(false), Value::Label)
}

/// A service's number.
fn number(service: ServiceId) -> Value {
    Value::Id(u64::from(service.get()))
}

/// A service was registered, as a draft.
#[derive(Clone, Copy, Debug)]
pub struct Registered {
    /// Its number.
    pub service: ServiceId,
    /// Whose it is.
    pub owner: AccountId,
    /// Which compiled service it is an instance of.
    pub kind: Kind,
    /// What its owner put down, in npal.
    pub bond: Amount,
}

impl EventType for Registered {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Registered";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("service", number(self.service)),
            Attribute::new("owner", self.owner),
            Attribute::new("kind", label(self.kind.name())),
            Attribute::new("bond", self.bond),
        ]
    }
}

/// A service went from one phase to the next.
#[derive(Clone, Copy, Debug)]
pub struct Turned {
    /// Which.
    pub service: ServiceId,
    /// Where it stands now.
    pub phase: Phase,
}

impl EventType for Turned {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Turned";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("service", number(self.service)),
            Attribute::new("phase", label(self.phase.name())),
        ]
    }
}

/// The cap of a fault class was changed.
#[derive(Clone, Copy, Debug)]
pub struct ClassChanged {
    /// Whose.
    pub service: ServiceId,
    /// Which.
    pub class: u8,
    /// The new cap.
    pub most: Bps,
    /// From when on, in chain time.
    pub from: ChainClock,
}

impl EventType for ClassChanged {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "ClassChanged";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("service", number(self.service)),
            Attribute::new("class", u64::from(self.class)),
            Attribute::new("most", self.most),
            Attribute::new("from", self.from),
        ]
    }
}

/// A service's own hook failed, which stopped nothing.
#[derive(Clone, Copy, Debug)]
pub struct HookFailed {
    /// Which.
    pub service: ServiceId,
    /// Whom it was about.
    pub operator: AccountId,
    /// What it failed with.
    pub code: Code,
}

impl EventType for HookFailed {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "HookFailed";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("service", number(self.service)),
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("code", self.code),
        ]
    }
}

/// A task was posted.
#[derive(Clone, Copy, Debug)]
pub struct TaskPosted {
    /// Its number.
    pub task: u64,
    /// For which service.
    pub service: ServiceId,
    /// Who pays.
    pub poster: AccountId,
    /// Hash of what is to be done.
    pub payload: Digest,
    /// What is paid.
    pub fee: Coin,
    /// How many are to answer.
    pub assigned: u64,
    /// Whether answers are committed to first.
    pub salted: bool,
    /// Until before then they are, in chain time; from then on answers are shown.
    pub commit_until: ChainClock,
    /// Until before when, in chain time.
    pub respond_until: ChainClock,
}

impl EventType for TaskPosted {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "TaskPosted";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("task", Value::Id(self.task)),
            Attribute::new("service", number(self.service)),
            Attribute::new("poster", self.poster),
            Attribute::new("payload", self.payload),
            Attribute::new("asset", self.fee.asset),
            Attribute::new("fee", self.fee.amount),
            Attribute::new("assigned", self.assigned),
            Attribute::new("salted", self.salted),
            Attribute::new("commit_until", self.commit_until),
            Attribute::new("respond_until", self.respond_until),
        ]
    }
}

/// A quorum signed an answer.
#[derive(Clone, Copy, Debug)]
pub struct TaskCertified {
    /// To which task.
    pub task: u64,
    /// Of which service.
    pub service: ServiceId,
    /// Its hash.
    pub answer: Digest,
    /// What the signers' seats are worth.
    pub value: Amount,
    /// How many signed.
    pub signers: u64,
}

impl EventType for TaskCertified {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "TaskCertified";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("task", Value::Id(self.task)),
            Attribute::new("service", number(self.service)),
            Attribute::new("answer", self.answer),
            Attribute::new("value", self.value),
            Attribute::new("signers", self.signers),
        ]
    }
}

/// A task is over.
#[derive(Clone, Copy, Debug)]
pub struct TaskSettled {
    /// Which.
    pub task: u64,
    /// Of which service.
    pub service: ServiceId,
    /// Whether a quorum answered.
    pub certified: bool,
    /// What was paid of its fee.
    pub paid: Amount,
    /// In which asset.
    pub asset: AssetId,
}

impl EventType for TaskSettled {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "TaskSettled";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("task", Value::Id(self.task)),
            Attribute::new("service", number(self.service)),
            Attribute::new("certified", self.certified),
            Attribute::new("paid", self.paid),
            Attribute::new("asset", self.asset),
        ]
    }
}

/// A task's fee was paid and refunded.
#[derive(Clone, Copy, Debug)]
pub struct FeesSettled {
    /// For which service.
    pub service: ServiceId,
    /// Who paid it.
    pub poster: AccountId,
    /// What went to those who answered rightly.
    pub paid: Coin,
    /// What went back.
    pub refunded: Amount,
}

impl EventType for FeesSettled {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "FeesSettled";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("service", number(self.service)),
            Attribute::new("poster", self.poster),
            Attribute::new("asset", self.paid.asset),
            Attribute::new("paid", self.paid.amount),
            Attribute::new("refunded", self.refunded),
        ]
    }
}

/// An operator was convicted of a fault.
#[derive(Clone, Copy, Debug)]
pub struct Convicted {
    /// Of which service.
    pub service: ServiceId,
    /// Who.
    pub operator: AccountId,
    /// Of which class.
    pub class: u8,
    /// In which epoch.
    pub epoch: Epoch,
    /// For which task.
    pub task: u64,
    /// For which slot of it.
    pub slot: u64,
    /// What is taken of what was slashable.
    pub fraction: Bps,
}

impl EventType for Convicted {
    const MODULE: ModuleId = ID;
    const NAME: &'static str = "Convicted";

    fn attributes(&self) -> Vec<Attribute> {
        vec![
            Attribute::new("service", number(self.service)),
            Attribute::new("operator", Value::Operator(self.operator)),
            Attribute::new("class", u64::from(self.class)),
            Attribute::new("epoch", self.epoch),
            Attribute::new("task", Value::Id(self.task)),
            Attribute::new("slot", self.slot),
            Attribute::new("fraction", self.fraction),
        ]
    }
}
