//! What a service, a membership and a task are.

use crate::error::Error;
use crate::params::Params;
use crate::seats::Seats;
use borsh::{BorshDeserialize, BorshSerialize};
use primitives::{
    AccountId, Amount, AssetId, Bps, ChainClock, Coin, Digest, Epoch, Height, Millis, ServiceId,
};

/// The most assets that a service accepts.
pub(crate) const MAX_ACCEPTED: usize = 16;
/// The most fault classes of a service.
pub(crate) const MAX_CLASSES: usize = 8;
/// The most seats of a veto committee.
pub(crate) const MAX_VETOERS: usize = 8;
/// The most bytes of a service's metadata.
pub(crate) const MAX_METADATA_BYTES: usize = 512;

/// Which of the compiled services a service is an instance of. New kinds go to the end: the position is the encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Kind {
    /// Work of any kind off the chain: certificates, and a fault program or the subjective class.
    Attested,
    /// Prices: salted commitments, signed values, a median by stake.
    Oracle,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Attested, Self::Oracle];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Attested => "attested",
            Self::Oracle => "oracle",
        }
    }
}

/// Where a service stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Phase {
    /// Operators may join; nothing is asked of them yet.
    Draft,
    /// Tasks are posted.
    Active,
    /// No new tasks; liability runs out at the moment stated.
    WindingDown {
        /// When it may be closed.
        until: ChainClock,
    },
    /// Over.
    Closed,
}

impl Phase {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::WindingDown { .. } => "winding_down",
            Self::Closed => "closed",
        }
    }
}

/// An asset that counts for a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Accepted {
    /// Which.
    pub asset: AssetId,
    /// What of its value does not count.
    pub haircut: Bps,
}

/// How a fault of a class is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Nature {
    /// By a proof that the chain verifies: executed at once.
    Objective,
    /// By the service's slasher's word: bonded, delayed, open to a veto.
    Subjective,
}

/// A higher cap that takes effect later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Rise {
    /// The cap.
    pub most: Bps,
    /// From when on: for slots whose snapshot is taken then or later.
    pub from: ChainClock,
}

/// A class of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Class {
    /// How it is shown.
    pub nature: Nature,
    /// What is taken when one operator is guilty alone, of what was slashable.
    pub least: Bps,
    /// The most that is taken.
    pub most: Bps,
    /// How long after a slash of this class the operator is safe from another.
    pub cooldown: Millis,
    /// A rise of the cap that waits.
    pub rise: Option<Rise>,
}

impl Class {
    /// The class as it is at `now`: a rise whose time has come is in force.
    #[must_use]
    pub fn at(self, now: ChainClock) -> Self {
        match self.rise {
            Some(rise) if rise.from <= now => Self {
                most: rise.most,
                rise: None,
                ..self
            },
            Some(_) | None => self,
        }
    }
}

/// Where slashed stake goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Destination {
    /// It is destroyed.
    Burn,
    /// To an account that is fixed at registration. Such a service accepts no vault that pledges a unit twice.
    Recipient(AccountId),
}

/// A service's name, and its slashing conditions in words: at most 512 bytes.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Metadata(Vec<u8>);

impl Metadata {
    /// The metadata that `text` is; `None` when it is empty, too long or has control characters.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = !text.is_empty() && text.len() <= MAX_METADATA_BYTES;
        (fits && !text.chars().any(char::is_control)).then(|| Self(text.as_bytes().to_vec()))
    }

    /// The text.
    #[must_use]
    pub fn to_text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

/// What a service's owner sets when it is registered.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Terms {
    /// Which compiled service it is an instance of.
    pub kind: Kind,
    /// What counts as stake, ascending by asset.
    pub accepted: Vec<Accepted>,
    /// Seats that a snapshot must have.
    pub min_operators: u16,
    /// Seats that a snapshot may have, at most 128.
    pub max_operators: u16,
    /// The least value of stake for a seat.
    pub min_stake: Amount,
    /// The least value of the operator's own stake for a seat.
    pub min_self_stake: Amount,
    /// The least part of its tasks that an operator with a record must have answered rightly for a seat.
    pub min_reputation: Bps,
    /// The part of a snapshot's value that a certificate needs.
    pub quorum: Bps,
    /// Fault classes; a class is known by its position.
    pub classes: Vec<Class>,
    /// The class of signing two answers for one slot; without one that is no fault.
    pub equivocation: Option<u8>,
    /// Where slashed stake goes.
    pub destination: Destination,
    /// Who may ask for a subjective slash: an account, which may be one of several keys.
    pub slasher: Option<AccountId>,
    /// Who may veto one, beside the chain's governance; ascending.
    pub vetoers: Vec<AccountId>,
    /// What its owner says that corrupting it would yield at most, in value.
    pub profit_cap: Amount,
    /// Name and slashing conditions in words.
    pub metadata: Metadata,
}

impl Terms {
    /// Checks all that needs no state.
    ///
    /// # Errors
    /// [`Error::BadTerms`].
    pub fn validate(&self) -> Result<(), Error> {
        let bad = |what| Err(Error::BadTerms(what));
        let assets = &self.accepted;
        if !(1..=MAX_ACCEPTED).contains(&assets.len()) || !assets.is_sorted_by(|a, b| a.asset < b.asset) {
            return bad("1 to 16 accepted assets, ascending");
        }
        if assets.iter().any(|accepted| accepted.haircut == Bps::ONE) {
            return bad("a haircut of all leaves nothing");
        }
        let seats = 1..=u16::from(Seats::MOST);
        if !seats.contains(&self.max_operators) || !(1..=self.max_operators).contains(&self.min_operators) {
            return bad("1 to 128 operators, and the least at most the most");
        }
        if self.quorum == Bps::ZERO {
            return bad("a quorum of nothing would let nobody certify anything");
        }
        if self.classes.len() > MAX_CLASSES {
            return bad("at most 8 fault classes");
        }
        let orderly =
            |class: &Class| class.least <= class.most && class.most > Bps::ZERO && class.rise.is_none();
        if !self.classes.iter().all(orderly) {
            return bad("a class takes at least its least, more than nothing at most, and no rise yet");
        }
        let objective = |class: u8| {
            let class = self.classes.get(usize::from(class));
            class.is_some_and(|class| class.nature == Nature::Objective)
        };
        if self.equivocation.is_some_and(|class| !objective(class)) {
            return bad("the class of equivocation is one of its objective classes");
        }
        let subjective = self
            .classes
            .iter()
            .any(|class| class.nature == Nature::Subjective);
        if subjective != self.slasher.is_some() {
            return bad("a slasher exactly when there is a subjective class");
        }
        if self.vetoers.len() > MAX_VETOERS || !self.vetoers.is_sorted_by(|a, b| a < b) {
            return bad("at most 8 vetoers, ascending");
        }
        match self.destination {
            Destination::Recipient(account) if bank::is_module_account(&account) || account.is_zero() => {
                bad("slashed stake goes to no module's account")
            }
            Destination::Burn | Destination::Recipient(_) => Ok(()),
        }
    }

    /// Checks what the module's parameters ask of the terms.
    ///
    /// # Errors
    /// [`Error::BadTerms`]: a cooldown of more than half of the evidence window would let offences expire under it.
    pub fn validate_under(&self, params: &Params) -> Result<(), Error> {
        let half = params.evidence_window.get() >> 1u32;
        if self.classes.iter().any(|class| class.cooldown.get() > half) {
            return Err(Error::BadTerms(
                "a cooldown is at most half of the evidence window",
            ));
        }
        Ok(())
    }
}

/// A service.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Record {
    /// Whose it is.
    pub owner: AccountId,
    /// What was set at registration; class caps alone change.
    pub terms: Terms,
    /// Where it stands.
    pub phase: Phase,
    /// What its owner put down, in npal.
    pub bond: Amount,
    /// How many operators ever joined.
    pub joined: u64,
    /// Tasks that are not settled.
    pub open_tasks: u64,
}

/// Who is to answer a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Committee {
    /// Everybody with a seat.
    All,
    /// So many, drawn by the block's seed in proportion to stake, without replacement.
    Drawn(u16),
}

/// When what may be done for a task. Each window ends where the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Windows {
    /// Until then salted answers are committed to; at once over when nobody commits.
    pub commit_until: ChainClock,
    /// Until then answers are shown and certified.
    pub respond_until: ChainClock,
    /// Until then late answers are counted and faults shown that cost the fee; then the task is settled.
    pub settle_at: ChainClock,
}

/// An answer that a quorum signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Certificate {
    /// The answer's hash.
    pub answer: Digest,
    /// Who signed it.
    pub signers: Seats,
    /// What their seats are worth.
    pub value: Amount,
    /// In which block.
    pub height: Height,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Task {
    /// Whose it is.
    pub service: ServiceId,
    /// Who posted it and pays.
    pub poster: AccountId,
    /// Hash of what is to be done.
    pub payload: Digest,
    /// What is paid for it.
    pub fee: Coin,
    /// The epoch whose snapshot it is judged by.
    pub epoch: Epoch,
    /// When it was posted, in chain time.
    pub posted_at: ChainClock,
    /// In which block.
    pub height: Height,
    /// That block's seed.
    pub seed: Digest,
    /// When what may be done.
    pub windows: Windows,
    /// Who is to answer.
    pub assigned: Seats,
    /// Who said that it does not.
    pub abstained: Seats,
    /// Who answered in time.
    pub answered: Seats,
    /// Who answered late.
    pub late: Seats,
    /// What a quorum signed.
    pub certificate: Option<Certificate>,
    /// Whether its fee is paid or refunded.
    pub settled: bool,
}

/// An offence that an operator was convicted of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Conviction {
    /// The task.
    pub task: u64,
    /// Its slot.
    pub slot: u64,
    /// In which block it was shown.
    pub height: Height,
    /// What the operator's seat was worth.
    pub value: Amount,
    /// What is taken of what was slashable.
    pub fraction: Bps,
    /// When the epoch's stake was read: what was slashable then is what is liable.
    pub liable_since: ChainClock,
}
