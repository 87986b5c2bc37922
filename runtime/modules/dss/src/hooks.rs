//! What a concrete service supplies, and what the module asks of those above it.

use crate::msg::Said;
use crate::types::{Kind, Terms};
use bank::InTransit;
use kernel::{Code, Ctx, Fault, StateError, View};
use primitives::{AccountId, Amount, Epoch, ServiceId};

/// What stands behind an operator for a service, in value after haircuts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stake {
    /// All of it.
    pub total: Amount,
    /// The part that is the operator's own.
    pub own: Amount,
}

/// What changes about a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// It wants to join. The service may refuse.
    Joins,
    /// It leaves, or is made to. Nobody may refuse.
    Leaves,
}

/// Why a service refuses something, or could not be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// With a code of its own.
    Code(Code),
    /// The store is broken, or out of gas.
    State(StateError),
}

impl Refusal {
    /// The refusal that an error with a code is; `or` tells what an error without one means.
    pub fn of(error: &impl Fault, or: StateError) -> Self {
        error.code().map_or(Self::State(or), Self::Code)
    }
}

impl From<StateError> for Refusal {
    fn from(error: StateError) -> Self {
        Self::State(error)
    }
}

/// What the service judges. The frame has checked that the accused signed every answer for this slot, that the slot is of
/// `epoch`, and that it is not too old.
#[derive(Clone, Copy, Debug)]
pub struct Accusation<'a> {
    /// The service.
    pub service: ServiceId,
    /// The accused.
    pub operator: &'a AccountId,
    /// The task.
    pub task: u64,
    /// The slot.
    pub slot: u64,
    /// The epoch that the slot began in.
    pub epoch: Epoch,
    /// What the accused signed.
    pub said: &'a [Said],
    /// What the accuser adds.
    pub extra: &'a [u8],
}

/// A compiled service: what is special about it. The frame does the rest.
pub trait Service: 'static {
    /// The kind that names it.
    const KIND: Kind;

    /// Asked when an operator joins or leaves, with gas of its own. A refusal stops a joining and nothing else.
    ///
    /// # Errors
    /// [`Refusal`].
    fn member_changed(_: &mut Ctx<'_>, _: ServiceId, _: &AccountId, _: MemberChange) -> Result<(), Refusal> {
        Ok(())
    }

    /// The epoch that a slot of a task began in; `None` for one that has not begun, or is not of this service.
    ///
    /// # Errors
    /// [`StateError`]: the store is broken, or out of gas.
    fn slot(view: &View<'_>, service: ServiceId, task: u64, slot: u64) -> Result<Option<Epoch>, StateError>;

    /// The class of fault that the answers are; a refusal when they are none. It changes nothing: `ctx` is for gas.
    ///
    /// # Errors
    /// [`Refusal`].
    fn verify(ctx: &mut Ctx<'_>, accusation: &Accusation<'_>) -> Result<u8, Refusal>;
}

/// Implemented once, by the runtime, which knows every service and what collateral is worth.
pub trait Wiring: delegation::Wiring {
    /// What stands behind `operator` for a service with these terms: backing, at its valuation, after haircuts.
    ///
    /// # Errors
    /// [`StateError`]: the store is broken, or out of gas.
    fn stake(
        view: &View<'_>,
        service: ServiceId,
        terms: &Terms,
        operator: &AccountId,
    ) -> Result<Stake, StateError>;

    /// [`Service::member_changed`] of the service of this kind.
    ///
    /// # Errors
    /// [`Refusal`].
    fn member_changed(
        ctx: &mut Ctx<'_>,
        kind: Kind,
        service: ServiceId,
        operator: &AccountId,
        change: MemberChange,
    ) -> Result<(), Refusal>;

    /// [`Service::slot`] of the service of this kind.
    ///
    /// # Errors
    /// [`StateError`]: the store is broken, or out of gas.
    fn slot(
        view: &View<'_>,
        kind: Kind,
        service: ServiceId,
        task: u64,
        slot: u64,
    ) -> Result<Option<Epoch>, StateError>;

    /// [`Service::verify`] of the service of this kind.
    ///
    /// # Errors
    /// [`Refusal`].
    fn verify(ctx: &mut Ctx<'_>, kind: Kind, accusation: &Accusation<'_>) -> Result<u8, Refusal>;

    /// Gives an operator, and those who stand behind it, their part of a task's fee.
    ///
    /// # Errors
    /// [`StateError`]: the store is broken.
    fn pay(
        ctx: &mut Ctx<'_>,
        service: ServiceId,
        operator: &AccountId,
        fee: InTransit,
    ) -> Result<(), StateError>;
}
