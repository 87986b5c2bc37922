//! Validators and how well they do their work.

use crate::backend::{Bond, LocalValidator, SigningInfo, Validator, ValidatorStatus};
use crate::convert::{address, bytes, hash};
use crate::refusal::Refusal;
use primitives::address::Network;
use primitives::{AccountId, Epoch, Height};
use proto::staking::v1 as wire;
use runtime::staking::{Jail, Rotation};

/// The status that is asked for; `None` is any.
pub(crate) fn parse_status(status: i32) -> Result<Option<ValidatorStatus>, Refusal> {
    let known = wire::ValidatorStatus::try_from(status)
        .map_err(|_| Refusal::field("status", format!("{status} is no status")))?;
    Ok(match known {
        wire::ValidatorStatus::Unspecified => None,
        wire::ValidatorStatus::Waiting => Some(ValidatorStatus::Waiting),
        wire::ValidatorStatus::Active => Some(ValidatorStatus::Active),
        wire::ValidatorStatus::Jailed => Some(ValidatorStatus::Jailed),
        wire::ValidatorStatus::Leaving => Some(ValidatorStatus::Leaving),
    })
}

const fn status(status: ValidatorStatus) -> wire::ValidatorStatus {
    match status {
        ValidatorStatus::Waiting => wire::ValidatorStatus::Waiting,
        ValidatorStatus::Active => wire::ValidatorStatus::Active,
        ValidatorStatus::Jailed => wire::ValidatorStatus::Jailed,
        ValidatorStatus::Leaving => wire::ValidatorStatus::Leaving,
    }
}

pub(crate) fn validator(network: Network, validator: &Validator) -> wire::Validator {
    let record = &validator.record;
    wire::Validator {
        operator: hash(&validator.operator),
        address: address::operator_text(network, &validator.operator),
        moniker: record.moniker.to_text(),
        status: status(validator.status).into(),
        consensus_key: bytes(record.consensus_key.0),
        p2p_key: bytes(record.p2p_key),
        bonded: record.bonded.assets.to_string(),
        unbonding: record.unbonding.assets.to_string(),
        power: validator.power.get(),
        index: validator.index.map(|index| u32::from(index.get())),
        rewards: validator.rewards.to_string(),
        jailed: record.is_jailed(),
        tombstoned: record.jail == Some(Jail::Forever),
        jailed_until_ms: match record.jail {
            Some(Jail::Until(until)) => until.get(),
            Some(Jail::Forever) | None => 0,
        },
        led_views: validator.duty.led,
        missed_views: validator.duty.missed,
        idle_epochs: u32::from(validator.duty.idle),
    }
}

pub(crate) fn rotation((epoch, rotation): &(Epoch, Rotation)) -> wire::KeyRotation {
    wire::KeyRotation {
        epoch: epoch.get(),
        height: rotation.height.get(),
        old_key: bytes(rotation.old.0),
        new_key: bytes(rotation.new.0),
    }
}

pub(crate) fn bond(operator: &AccountId, account: &AccountId, bond: &Bond) -> wire::BondPosition {
    wire::BondPosition {
        validator: hash(operator),
        account: hash(account),
        bonded: bond.bonded.to_string(),
        rewards: bond.rewards.to_string(),
        unbondings: bond.unbondings,
    }
}

pub(crate) fn signing_info(network: Network, info: &SigningInfo) -> wire::SigningInfo {
    wire::SigningInfo {
        operator: hash(&info.operator),
        address: address::operator_text(network, &info.operator),
        from_height: info.from.get(),
        to_height: info.to.get(),
        proposed: info.proposed,
        missed: info.missed,
        last_signed_height: info.last_signed.map_or(0, Height::get),
    }
}

pub(crate) fn local(local: LocalValidator) -> wire::LocalValidator {
    let (epoch, view) = local
        .last_vote
        .map_or((0, 0), |(epoch, view)| (epoch.get(), view.get()));
    wire::LocalValidator {
        consensus_key: bytes(local.key.0),
        operator: local.operator.as_ref().map(hash).unwrap_or_default(),
        index: local.index.map(|index| u32::from(index.get())),
        signing: local.silent.is_none(),
        reason: local.silent.unwrap_or_default(),
        last_vote_epoch: epoch,
        last_vote_view: view,
        other_keys: local.others.iter().map(|key| bytes(key.0)).collect(),
    }
}
