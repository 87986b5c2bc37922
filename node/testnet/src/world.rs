//! Who and what there is on a testnet: keys, accounts and the genesis, all from the seed.

pub mod restaking;

use crate::error::Error;
use crate::name;
use crate::spec::Spec;
use genesis::{Address, Document, Hex, Kind, Parameters, Preset, Text, Validator};
use primitives::{Amount, AssetId, Bps, ChainHash, Coin, Digest, Millis, Timestamp};
use signer::{Ed25519Key, NodeKeys};

/// One PAL in npal.
pub const PAL: u128 = 1_000_000_000;

/// What the well-known accounts are called, and what they are for. The first is the faucet.
const PEOPLE: [(&str, &str, u128); 6] = [
    ("alice", "faucet", 100_000_000),
    ("bob", "user", 1_000_000),
    ("carol", "user", 1_000_000),
    ("dave", "user", 1_000_000),
    ("erin", "user", 1_000_000),
    ("frank", "user", 1_000_000),
];

/// For how many epochs unbonding takes at least.
const UNBONDING_EPOCHS: u64 = 6;
/// What each validator's operator bonds at genesis, in PAL.
pub const BOND: u128 = 1_000_000;
/// What each operator holds besides, in PAL.
pub const OPERATOR_BALANCE: u128 = 10_000;

/// A well-known account. Everyone has its key.
#[derive(Debug)]
pub struct Person {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub role: &'static str,
    /// Its key.
    pub key: Ed25519Key,
    /// What it has at genesis.
    pub balance: Amount,
}

/// The well-known accounts of a testnet.
#[must_use]
pub fn people(spec: &Spec) -> Vec<Person> {
    (0u32..)
        .zip(PEOPLE)
        .map(|(index, (name, role, pal))| Person {
            name,
            role,
            key: Ed25519Key::development(&spec.key_seed(), "user", index),
            balance: Amount::new(pal.saturating_mul(PAL)),
        })
        .collect()
}

/// The keys of every node, in order.
#[must_use]
pub fn node_keys(spec: &Spec) -> Vec<NodeKeys> {
    (0..u32::from(spec.validators))
        .map(|index| NodeKeys::development(&spec.key_seed(), index))
        .collect()
}

/// By what part of all power one validator's may rise, or fall for prices, per epoch.
const POWER_CHANGE: Bps = match Bps::new(1_000) {
    Some(tenth) => tenth,
    None => Bps::ONE,
};
/// For how long a validator may be idle before it is jailed, in milliseconds of chain time, at least.
const IDLE_MS: u64 = 120_000;

/// A testnet's genesis.
#[derive(Debug)]
pub(crate) struct Genesis {
    /// The document.
    pub(crate) document: Document,
    /// It, as JSON.
    pub(crate) text: String,
    /// What signatures bind.
    pub(crate) chain_hash: ChainHash,
    /// The vaults, in the document's order.
    pub(crate) vaults: Vec<Digest>,
}

/// Makes the genesis: the same for the same spec, whenever and wherever.
pub(crate) fn genesis(spec: &Spec) -> Result<Genesis, Error> {
    let wrong = |error: &dyn std::fmt::Display| Error::Genesis(error.to_string());
    let people = people(spec);
    let faucet = people
        .first()
        .map(|person| person.key.account())
        .unwrap_or_default();
    let kind = Kind::Development;
    let time = Timestamp::new(spec.genesis_time_ms);
    let mut document = Document::new(&spec.name.chain_id(), kind, Preset::Localnet, time, faucet);
    document.dev_mode = true;
    document.faucet = Some(Address::new(kind, faucet));
    let epoch = spec.epoch.chain_time(spec.block_time).millis();
    stretch(&mut document.parameters, epoch);
    let staking = &mut document.parameters.staking;
    staking.epoch_length = Millis::new(epoch);
    // What is on its way out can be slashed for some epochs more.
    staking.unbonding_delay = staking
        .unbonding_delay
        .max(Millis::new(epoch.saturating_mul(UNBONDING_EPOCHS)));
    // As much as on a live chain, so that what bounds power there can be seen here.
    staking.power_change = POWER_CHANGE;
    // A node that somebody stops for a while to try something is not jailed for it.
    let patience = IDLE_MS.div_ceil(epoch.max(1));
    staking.idle_epochs = staking
        .idle_epochs
        .max(u16::try_from(patience).unwrap_or(u16::MAX));
    let fund = |document: &mut Document, account, amount| {
        let coin = Coin {
            asset: AssetId::PAL,
            amount,
        };
        document.fund(account, coin).map_err(|error| wrong(&error))
    };
    for person in &people {
        fund(&mut document, person.key.account(), person.balance)?;
    }
    for funding in &spec.fund {
        fund(&mut document, funding.account, funding.amount)?;
    }
    for (index, keys) in node_keys(spec).iter().enumerate() {
        let public = keys.public();
        fund(
            &mut document,
            public.account,
            Amount::new((BOND + OPERATOR_BALANCE).saturating_mul(PAL)),
        )?;
        document.add_validator(Validator {
            operator: Address::new(kind, public.account),
            moniker: Text::from(name::node(index).as_str()),
            consensus_key: Hex(public.consensus.0),
            proof_of_possession: Hex(public.possession.0),
            p2p_key: Hex(public.p2p),
            bond: Amount::new(BOND.saturating_mul(PAL)),
        });
    }
    restaking::add(&mut document, spec, &node_keys(spec))?;
    let start = document.start().map_err(|error| wrong(&error))?;
    Ok(Genesis {
        chain_hash: start.chain_hash,
        text: document.to_json().map_err(|error| wrong(&error))?,
        vaults: start.vaults,
        document,
    })
}

/// The longest epoch that the preset's delays are made for, in milliseconds.
const PRESET_EPOCH_MS: u64 = 20_000;

/// Lengthens every delay that must outlast an epoch by as much as the epoch is longer than the preset's.
fn stretch(parameters: &mut Parameters, epoch_ms: u64) {
    let more = Millis::new(epoch_ms.saturating_sub(PRESET_EPOCH_MS));
    let vaults = &mut parameters.vaults;
    let delegation = &mut parameters.delegation;
    let services = &mut parameters.services;
    for delay in [
        &mut vaults.withdrawal_delay,
        &mut delegation.deallocation_delay,
        &mut delegation.leave_delay,
        &mut delegation.commission_delay,
        &mut services.rise_delay,
    ] {
        *delay = delay.saturating_add(more);
    }
    vaults.charter_delay = vaults.charter_delay.saturating_add(more).saturating_add(more);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;
    use crate::spec::Flags;

    fn spec(seed: u64) -> Spec {
        let flags = Flags {
            seed: Some(seed),
            ..Flags::default()
        };
        Spec::new(&Name::default(), &flags, 26_600).unwrap()
    }

    #[test]
    fn a_seed_is_a_chain() {
        let first = genesis(&spec(1)).unwrap();
        let again = genesis(&spec(1)).unwrap();
        assert_eq!(first.chain_hash, again.chain_hash);
        assert_eq!(first.text, again.text);
        assert_ne!(genesis(&spec(2)).unwrap().chain_hash, first.chain_hash);
    }

    #[test]
    fn any_number_of_validators_from_one_on_makes_a_chain() {
        for validators in [1, 3, 7] {
            let flags = Flags {
                validators: Some(validators),
                epoch: if validators == 7 { "90s" } else { "2s" }.parse().ok(),
                ..Flags::default()
            };
            let spec = Spec::new(&Name::default(), &flags, 26_600).unwrap();
            assert!(genesis(&spec).is_ok(), "{validators}");
        }
    }
}
