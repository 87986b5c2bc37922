//! What a decision of the validators stops for a time: asked before every message.
//!
//! Only what would begin something new can be stopped: whoever leaves, withdraws or unbonds, whoever answers what was asked,
//! and whoever shows a fault is never held up, so that no halt lets stake escape and none holds it back.

use crate::action::service_subject;
use crate::modules::Message;
use governance::{Error, refuse_if_halted};
use kernel::Ctx;
use primitives::ServiceId;

/// The service of which the message begins something new.
const fn begins_for(message: &Message) -> Option<ServiceId> {
    match message {
        Message::Dss(dss::Msg::PostTask(message)) => Some(message.service),
        Message::Dss(dss::Msg::Join(message)) => Some(message.service),
        Message::Dss(dss::Msg::Activate { service }) => Some(*service),
        Message::Rewards(rewards::Msg::Fund(message)) => Some(message.service),
        Message::Dss(
            dss::Msg::Register(_)
            | dss::Msg::ChangeClass(_)
            | dss::Msg::Unwind { .. }
            | dss::Msg::Close { .. }
            | dss::Msg::Leave { .. }
            | dss::Msg::Eject { .. }
            | dss::Msg::Commit { .. }
            | dss::Msg::Respond(_)
            | dss::Msg::Abstain { .. }
            | dss::Msg::SubmitCertificate(_),
        )
        | Message::Rewards(rewards::Msg::Claim { .. })
        | Message::Assets(_)
        | Message::Bank(_)
        | Message::Vaults(_)
        | Message::Staking(_)
        | Message::Delegation(_)
        | Message::Slashing(_)
        | Message::Governance(_)
        | Message::Attested(_)
        | Message::Oracle(_)
        | Message::Consensus(_) => None,
    }
}

/// Refuses what begins something new for a service that is suspended.
///
/// # Errors
/// [`Error::Halted`], with when it goes on.
pub(crate) fn admit(ctx: &Ctx<'_>, message: &Message) -> Result<(), Error> {
    match begins_for(message).and_then(service_subject) {
        Some(subject) => refuse_if_halted(ctx, subject),
        None => Ok(()),
    }
}
