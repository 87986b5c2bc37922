//! Parameters, as proposals of `palisade.governance.v1` state them.

use crate::wire::fields::{FieldError, account, amount, bps, invalid};
use primitives::{AccountId, Bps, Gas, Millis};
use proto::governance::v1 as pb;

/// A number that fits 16 bits.
fn few(field: &'static str, number: u32) -> Result<u16, FieldError> {
    u16::try_from(number).map_err(|_| invalid(field, "at most 65535"))
}

/// An account, or none where there are no bytes.
fn seat(field: &'static str, bytes: &[u8]) -> Result<Option<AccountId>, FieldError> {
    if bytes.is_empty() {
        return Ok(None);
    }
    account(field, bytes).map(Some)
}

fn of(bps: Bps) -> u32 {
    u32::from(bps.get())
}

/// Reads what blocks and fees go by.
pub(super) fn chain(message: &pb::ChainParameters) -> Result<crate::chain::Params, FieldError> {
    Ok(crate::chain::Params {
        block_gas_limit: Gas::new(message.block_gas_limit),
        transaction_gas_limit: Gas::new(message.transaction_gas_limit),
        gas_per_transaction: Gas::new(message.gas_per_transaction),
        gas_per_byte: Gas::new(message.gas_per_byte),
        gas_per_signature: Gas::new(message.gas_per_signature),
        gas_per_message: Gas::new(message.gas_per_message),
        lowest_price: amount("set_chain.lowest_price", &message.lowest_price)?,
        burned: bps("set_chain.burned_bps", message.burned_bps)?,
    })
}

/// Writes what blocks and fees go by.
pub(super) fn write_chain(params: &crate::chain::Params) -> pb::ChainParameters {
    pb::ChainParameters {
        block_gas_limit: params.block_gas_limit.get(),
        transaction_gas_limit: params.transaction_gas_limit.get(),
        gas_per_transaction: params.gas_per_transaction.get(),
        gas_per_byte: params.gas_per_byte.get(),
        gas_per_signature: params.gas_per_signature.get(),
        gas_per_message: params.gas_per_message.get(),
        lowest_price: params.lowest_price.to_string(),
        burned_bps: of(params.burned),
    }
}

/// Reads what validators go by.
pub(super) fn staking(message: &pb::StakingParameters) -> Result<staking::Params, FieldError> {
    Ok(staking::Params {
        epoch_length: Millis::new(message.epoch_length_ms),
        unbonding_delay: Millis::new(message.unbonding_delay_ms),
        max_validators: few("set_staking.max_validators", message.max_validators)?,
        min_bond: amount("set_staking.min_bond", &message.min_bond)?,
        validator_cap: bps("set_staking.validator_cap_bps", message.validator_cap_bps)?,
        issuance: bps("set_staking.issuance_bps", message.issuance_bps)?,
        max_unbondings: message.max_unbondings,
        payouts_per_block: few("set_staking.payouts_per_block", message.payouts_per_block)?,
        evidence_window: Millis::new(message.evidence_window_ms),
        equivocation_least: bps(
            "set_staking.equivocation_least_bps",
            message.equivocation_least_bps,
        )?,
        equivocation_most: bps("set_staking.equivocation_most_bps", message.equivocation_most_bps)?,
        missed_views: bps("set_staking.missed_views_bps", message.missed_views_bps)?,
        idle_epochs: few("set_staking.idle_epochs", message.idle_epochs)?,
        downtime_slash: bps("set_staking.downtime_slash_bps", message.downtime_slash_bps)?,
        jail_time: Millis::new(message.jail_time_ms),
        power_change: bps("set_staking.power_change_bps", message.power_change_bps)?,
    })
}

/// Writes what validators go by.
pub(super) fn write_staking(params: &staking::Params) -> pb::StakingParameters {
    pb::StakingParameters {
        epoch_length_ms: params.epoch_length.get(),
        unbonding_delay_ms: params.unbonding_delay.get(),
        max_validators: u32::from(params.max_validators),
        min_bond: params.min_bond.to_string(),
        validator_cap_bps: of(params.validator_cap),
        issuance_bps: of(params.issuance),
        max_unbondings: params.max_unbondings,
        payouts_per_block: u32::from(params.payouts_per_block),
        evidence_window_ms: params.evidence_window.get(),
        equivocation_least_bps: of(params.equivocation_least),
        equivocation_most_bps: of(params.equivocation_most),
        missed_views_bps: of(params.missed_views),
        idle_epochs: u32::from(params.idle_epochs),
        downtime_slash_bps: of(params.downtime_slash),
        jail_time_ms: params.jail_time.get(),
        power_change_bps: of(params.power_change),
    }
}

/// Reads what vaults go by.
pub(super) fn vaults(message: &pb::VaultParameters) -> Result<vaults::Params, FieldError> {
    Ok(vaults::Params {
        withdrawal_delay: Millis::new(message.withdrawal_delay_ms),
        charter_delay: Millis::new(message.charter_delay_ms),
        max_withdrawals: message.max_withdrawals,
        payouts_per_block: few("set_vaults.payouts_per_block", message.payouts_per_block)?,
        buffer_fee_least: bps("set_vaults.buffer_fee_least_bps", message.buffer_fee_least_bps)?,
        buffer_fee_most: bps("set_vaults.buffer_fee_most_bps", message.buffer_fee_most_bps)?,
        buffer_retained: bps("set_vaults.buffer_retained_bps", message.buffer_retained_bps)?,
    })
}

/// Writes what vaults go by.
pub(super) fn write_vaults(params: &vaults::Params) -> pb::VaultParameters {
    pb::VaultParameters {
        withdrawal_delay_ms: params.withdrawal_delay.get(),
        charter_delay_ms: params.charter_delay.get(),
        max_withdrawals: params.max_withdrawals,
        payouts_per_block: u32::from(params.payouts_per_block),
        buffer_fee_least_bps: of(params.buffer_fee_least),
        buffer_fee_most_bps: of(params.buffer_fee_most),
        buffer_retained_bps: of(params.buffer_retained),
    }
}

/// Reads what operators and their pledges go by.
pub(super) fn pledges(message: &pb::PledgeParameters) -> Result<delegation::Params, FieldError> {
    Ok(delegation::Params {
        allocation_delay: Millis::new(message.allocation_delay_ms),
        deallocation_delay: Millis::new(message.deallocation_delay_ms),
        leave_delay: Millis::new(message.leave_delay_ms),
        commission_delay: Millis::new(message.commission_delay_ms),
        slashing_window: Millis::new(message.slashing_window_ms),
        veto_window: Millis::new(message.veto_window_ms),
        effects_per_block: few("set_pledges.effects_per_block", message.effects_per_block)?,
    })
}

/// Writes what operators and their pledges go by.
pub(super) fn write_pledges(params: &delegation::Params) -> pb::PledgeParameters {
    pb::PledgeParameters {
        allocation_delay_ms: params.allocation_delay.get(),
        deallocation_delay_ms: params.deallocation_delay.get(),
        leave_delay_ms: params.leave_delay.get(),
        commission_delay_ms: params.commission_delay.get(),
        slashing_window_ms: params.slashing_window.get(),
        veto_window_ms: params.veto_window.get(),
        effects_per_block: u32::from(params.effects_per_block),
    }
}

/// Reads what services go by.
pub(super) fn services(message: &pb::ServiceParameters) -> Result<dss::Params, FieldError> {
    Ok(dss::Params {
        service_bond: amount("set_services.service_bond", &message.service_bond)?,
        evidence_window: Millis::new(message.evidence_window_ms),
        rise_delay: Millis::new(message.rise_delay_ms),
        longest_task: Millis::new(message.longest_task_ms),
        tasks_per_block: few("set_services.tasks_per_block", message.tasks_per_block)?,
        hook_gas: Gas::new(message.hook_gas),
    })
}

/// Writes what services go by.
pub(super) fn write_services(params: &dss::Params) -> pb::ServiceParameters {
    pb::ServiceParameters {
        service_bond: params.service_bond.to_string(),
        evidence_window_ms: params.evidence_window.get(),
        rise_delay_ms: params.rise_delay.get(),
        longest_task_ms: params.longest_task.get(),
        tasks_per_block: u32::from(params.tasks_per_block),
        hook_gas: params.hook_gas.get(),
    }
}

/// Reads what slashes go by.
pub(super) fn slashes(message: &pb::SlashParameters) -> Result<slashing::Params, FieldError> {
    Ok(slashing::Params {
        request_bond: amount("set_slashes.request_bond", &message.request_bond)?,
        governance: seat("set_slashes.seat", &message.seat)?,
        reporter_part: bps("set_slashes.reporter_part_bps", message.reporter_part_bps)?,
        reporter_most: amount("set_slashes.reporter_most", &message.reporter_most)?,
        reporter_delay: Millis::new(message.reporter_delay_ms),
        items_per_block: few("set_slashes.items_per_block", message.items_per_block)?,
    })
}

/// Writes what slashes go by.
pub(super) fn write_slashes(params: &slashing::Params) -> pb::SlashParameters {
    pb::SlashParameters {
        request_bond: params.request_bond.to_string(),
        seat: params
            .governance
            .map(|one| one.as_bytes().to_vec().into())
            .unwrap_or_default(),
        reporter_part_bps: of(params.reporter_part),
        reporter_most: params.reporter_most.to_string(),
        reporter_delay_ms: params.reporter_delay.get(),
        items_per_block: u32::from(params.items_per_block),
    }
}

/// Reads what services' pay goes by.
pub(super) fn rewards(message: &pb::RewardParameters) -> Result<rewards::Params, FieldError> {
    Ok(rewards::Params {
        pools_per_block: few("set_rewards.pools_per_block", message.pools_per_block)?,
        operators_per_block: few("set_rewards.operators_per_block", message.operators_per_block)?,
        assets_per_vault: few("set_rewards.assets_per_vault", message.assets_per_vault)?,
    })
}

/// Writes what services' pay goes by.
pub(super) fn write_rewards(params: &rewards::Params) -> pb::RewardParameters {
    pb::RewardParameters {
        pools_per_block: u32::from(params.pools_per_block),
        operators_per_block: u32::from(params.operators_per_block),
        assets_per_vault: u32::from(params.assets_per_vault),
    }
}

/// Reads what decisions go by.
pub(super) fn governance(message: &pb::GovernanceParameters) -> Result<governance::Params, FieldError> {
    Ok(governance::Params {
        deposit: amount("set_governance.deposit", &message.deposit)?,
        voting_period: Millis::new(message.voting_period_ms),
        timelock: Millis::new(message.timelock_ms),
        quorum: bps("set_governance.quorum_bps", message.quorum_bps)?,
        threshold: bps("set_governance.threshold_bps", message.threshold_bps)?,
        longest_halt: Millis::new(message.longest_halt_ms),
        max_open: few("set_governance.max_open", message.max_open)?,
        items_per_block: few("set_governance.items_per_block", message.items_per_block)?,
    })
}

/// Writes what decisions go by.
pub(super) fn write_governance(params: &governance::Params) -> pb::GovernanceParameters {
    pb::GovernanceParameters {
        deposit: params.deposit.to_string(),
        voting_period_ms: params.voting_period.get(),
        timelock_ms: params.timelock.get(),
        quorum_bps: of(params.quorum),
        threshold_bps: of(params.threshold),
        longest_halt_ms: params.longest_halt.get(),
        max_open: u32::from(params.max_open),
        items_per_block: u32::from(params.items_per_block),
    }
}

/// Reads what feeds go by.
pub(super) fn oracle(message: &pb::OracleParameters) -> Result<oracle::Params, FieldError> {
    Ok(oracle::Params {
        shortest_round: Millis::new(message.shortest_round_ms),
        low_window: Millis::new(message.low_window_ms),
        rounds_per_block: few("set_oracle.rounds_per_block", message.rounds_per_block)?,
        feeds_per_service: few("set_oracle.feeds_per_service", message.feeds_per_service)?,
        history: few("set_oracle.history", message.history)?,
    })
}

/// Writes what feeds go by.
pub(super) fn write_oracle(params: &oracle::Params) -> pb::OracleParameters {
    pb::OracleParameters {
        shortest_round_ms: params.shortest_round.get(),
        low_window_ms: params.low_window.get(),
        rounds_per_block: u32::from(params.rounds_per_block),
        feeds_per_service: u32::from(params.feeds_per_service),
        history: u32::from(params.history),
    }
}

/// Reads how valuations follow prices.
pub(super) fn valuation(message: &pb::ValuationParameters) -> Result<assets::Params, FieldError> {
    Ok(assets::Params {
        rise: bps("set_valuation.rise_bps", message.rise_bps)?,
        decay: bps("set_valuation.decay_bps", message.decay_bps)?,
        stale_after: Millis::new(message.stale_after_ms),
    })
}

/// Writes how valuations follow prices.
pub(super) fn write_valuation(params: &assets::Params) -> pb::ValuationParameters {
    pb::ValuationParameters {
        rise_bps: of(params.rise),
        decay_bps: of(params.decay),
        stale_after_ms: params.stale_after.get(),
    }
}
