//! What the module asks of those above it.

use core::fmt::Debug;
use kernel::{Code, Ctx, Read, StateError, View};
use primitives::codec::{Decode, Encode};
use primitives::{AccountId, ChainClock, Epoch, Millis, Power};

/// What somebody may vote with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// Its own power in the set; zero for who is not in it.
    pub own: Power,
    /// That of the whole set.
    pub total: Power,
}

/// How long an accepted proposal waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Not at all: what protects, and ends by itself.
    Now,
    /// As long as the timelock says.
    Usual,
    /// As the timelock says, and at least so long: whoever does not like it is out before.
    AtLeast(Millis),
}

/// What holds between parameters of different modules, lest stake be gone before a slash for what it backed can reach it.
/// A window that was shortened counts here until everything that began under it is over.
///
/// # Source
/// restaking.md, "Inequalities".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inequality {
    /// Vaults' `withdrawal_delay` covers an epoch, twenty seconds by which it may end late, `slashing_window` and `veto_window`.
    Withdrawal,
    /// So does delegation's `deallocation_delay`.
    Deallocation,
    /// So does delegation's `leave_delay`; and it covers services' evidence window and longest task.
    Leave,
    /// Staking's `unbonding_delay` covers an epoch, ten seconds and its evidence window.
    Unbonding,
    /// Vaults' `charter_delay` is at least `withdrawal_delay` and an epoch.
    Charter,
    /// No evidence window is longer than delegation's `slashing_window`.
    Evidence,
    /// A reporter is paid when evidence of the same offence is too old.
    Reporter,
    /// The set that votes is kept as long as votes count: `voting_period` is at most `unbonding_delay`.
    Voting,
    /// Nobody is slashed by a higher cap who could not leave before: services' `rise_delay` is at least `leave_delay`.
    Rise,
    /// A price is not too old before the next one can come: the assets' `stale_after` is at least `shortest_round`.
    Stale,
}

impl Inequality {
    /// Its error's number, name and words.
    pub(crate) const fn meaning(self) -> &'static kernel::Meaning {
        let [
            withdrawal,
            deallocation,
            leave,
            unbonding,
            charter,
            evidence,
            reporter,
            voting,
            rise,
            stale,
        ] = &INEQUALITIES;
        match self {
            Self::Withdrawal => withdrawal,
            Self::Deallocation => deallocation,
            Self::Leave => leave,
            Self::Unbonding => unbonding,
            Self::Charter => charter,
            Self::Evidence => evidence,
            Self::Reporter => reporter,
            Self::Voting => voting,
            Self::Rise => rise,
            Self::Stale => stale,
        }
    }
}

/// What the number of each inequality says.
pub(crate) const INEQUALITIES: [kernel::Meaning; 10] = [
    kernel::Meaning::new(
        20,
        "WITHDRAWAL_TOO_SHORT",
        "withdrawal_delay must be at least epoch_length + 20 s + slashing_window + veto_window: shorten those first",
    ),
    kernel::Meaning::new(
        21,
        "DEALLOCATION_TOO_SHORT",
        "deallocation_delay must be at least epoch_length + 20 s + slashing_window + veto_window: shorten those first",
    ),
    kernel::Meaning::new(
        22,
        "LEAVE_TOO_SHORT",
        "leave_delay must be at least epoch_length + 20 s + slashing_window + veto_window, and cover the longest task",
    ),
    kernel::Meaning::new(
        23,
        "UNBONDING_TOO_SHORT",
        "unbonding_delay must be at least epoch_length + 10 s + evidence_window, and three epochs: shorten those first",
    ),
    kernel::Meaning::new(
        24,
        "CHARTER_TOO_SOON",
        "charter_delay must be at least withdrawal_delay + epoch_length: lengthen it first",
    ),
    kernel::Meaning::new(
        25,
        "EVIDENCE_TOO_OLD",
        "an evidence_window must be at most slashing_window: lengthen that first",
    ),
    kernel::Meaning::new(
        26,
        "REPORTER_TOO_SOON",
        "reporter_delay must be at least every evidence_window: lengthen it first",
    ),
    kernel::Meaning::new(
        27,
        "VOTING_TOO_LONG",
        "voting_period must be at most unbonding_delay, for which the set that votes is kept",
    ),
    kernel::Meaning::new(
        28,
        "RISE_TOO_SHORT",
        "rise_delay of services must be at least leave_delay: lengthen it first",
    ),
    kernel::Meaning::new(
        29,
        "PRICE_STALE_TOO_SOON",
        "stale_after of valuations must be at least shortest_round of the oracle: lengthen it first",
    ),
];

/// Why an action is not possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A value breaks a rule of the module that it is for.
    Rule(String),
    /// An inequality between modules would not hold any more.
    Inequality(Inequality),
    /// It is about something that there is not.
    Unknown(String),
    /// It would change nothing.
    NoChange,
    /// What another module says.
    Code(Code),
    /// The store is broken, or out of gas.
    State(StateError),
}

impl From<StateError> for Refusal {
    fn from(error: StateError) -> Self {
        Self::State(error)
    }
}

/// Implemented once, by the runtime, which knows every module.
pub trait Wiring: 'static {
    /// Everything that may be decided.
    type Action: Encode + Decode + Clone + Debug + PartialEq + Eq;

    /// What `operator` may vote with in the set of `epoch`; none when that set is forgotten.
    ///
    /// # Errors
    /// [`StateError`]: the store is broken.
    fn ballot(view: &View<'_>, epoch: Epoch, operator: &AccountId) -> Result<Option<Ballot>, StateError>;

    /// What the action starts from, encoded: parameters that it replaces as a whole. When that has changed by the time of
    /// execution, the action is not what was voted on.
    ///
    /// # Errors
    /// As above.
    fn basis(store: &dyn Read, action: &Self::Action) -> Result<Vec<u8>, StateError>;

    /// Whether the action is possible, as far as can be known now, when it is executed at `when`; and how long it has to
    /// wait.
    ///
    /// # Errors
    /// [`Refusal`].
    fn check(view: &View<'_>, action: &Self::Action, when: ChainClock) -> Result<Urgency, Refusal>;

    /// Carries the action out. What it has written is taken back when it fails.
    ///
    /// # Errors
    /// [`Refusal`].
    fn execute(ctx: &mut Ctx<'_>, action: Self::Action) -> Result<(), Refusal>;
}
