//! Accounts, balances, assets and parameters.

use crate::backend::{Account, Asset, Parameter};
use crate::convert::{address, hash};
use primitives::address::Network;
use primitives::{AccountId, Coin};
use proto::{account::v1 as wire, node::v1 as node};

pub(crate) fn account(
    network: Network,
    id: &AccountId,
    account: &Account,
    pending: Option<u64>,
) -> wire::Account {
    wire::Account {
        id: hash(id),
        address: address::account_text(network, id),
        sequence: account.sequence,
        // What was pending may be in the chain by now, and an old state may have been asked for.
        pending_sequence: pending.unwrap_or_default().max(account.sequence),
        balance: account.balance.to_string(),
    }
}

pub(crate) fn balance(coin: &Coin) -> wire::Balance {
    wire::Balance {
        asset_id: coin.asset.get(),
        amount: coin.amount.to_string(),
    }
}

pub(crate) fn asset(asset: &Asset) -> wire::Asset {
    wire::Asset {
        asset_id: asset.id.get(),
        symbol: asset.symbol.clone(),
        decimals: u32::from(asset.decimals),
        name: asset.name.clone(),
    }
}

pub(crate) fn parameter(parameter: &Parameter) -> node::Parameter {
    node::Parameter {
        module: parameter.module.into(),
        name: parameter.name.into(),
        value: parameter.value.clone(),
        unit: parameter.unit.into(),
    }
}
