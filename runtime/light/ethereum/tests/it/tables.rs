//! The networks' tables against the published ones.

use crate::fixtures::{self, hex, root_of};
use palisade_light_ethereum::spec::{ForkEpoch, SpecError};
use palisade_light_ethereum::{Fork, Network, Preset, Spec};
use primitives::codec::{decode, encode};
use primitives::{Millis, Timestamp};

#[test]
fn networks_are_as_published() {
    let Some(published) = fixtures::json("ethereum/networks.json") else {
        return;
    };
    let published = published.as_object().unwrap();
    assert_eq!(published.len(), Network::ALL.len());
    for (name, found) in published {
        let spec = Network::by_name(name).unwrap().spec();
        spec.validate().unwrap();
        assert_eq!(
            spec.genesis_validators_root,
            root_of(&found["genesis_validators_root"])
        );
        assert_eq!(Some(spec.genesis_time), found["genesis_time"].as_u64());
        assert_eq!(Some(spec.seconds_per_slot), found["seconds_per_slot"].as_u64());
        let preset = spec.preset;
        assert_eq!(Some(preset.slots_per_epoch), found["slots_per_epoch"].as_u64());
        let periods = &found["epochs_per_sync_committee_period"];
        assert_eq!(Some(preset.epochs_per_period), periods.as_u64());
        let size = found["sync_committee_size"].as_u64();
        assert_eq!(Some(u64::from(preset.committee_size)), size);
        let forks = found["forks"].as_array().unwrap();
        assert_eq!(forks.len(), spec.forks.len() + 1, "phase 0 has no light clients");
        for (mine, theirs) in spec.forks.iter().zip(&forks[1..]) {
            assert_eq!(
                format!("{:?}", mine.fork).to_lowercase(),
                theirs["name"].as_str().unwrap()
            );
            assert_eq!(Some(mine.epoch), theirs["epoch"].as_u64());
            assert_eq!(mine.version.to_vec(), hex(theirs["version"].as_str().unwrap()));
        }
    }
}

#[test]
fn a_fork_without_rules_refuses_everything_from_its_first_slot_on() {
    let mut spec = Network::Mainnet.spec();
    let version = [7, 0, 0, 0];
    spec.forks.push(ForkEpoch {
        fork: Fork::Unsupported,
        epoch: 500_000,
        version,
    });
    spec.validate().unwrap();
    let first = 500_000 * 32;
    assert!(spec.layout_at(first - 1).is_some());
    assert!(spec.layout_at(first).is_none());
    // A signature at the fork's first slot is still made under the old version.
    assert_eq!(spec.signing_version(first), Some([6, 0, 0, 0]));
    assert_eq!(spec.signing_version(first + 1), None);
    // Before Altair nothing is known either.
    assert!(spec.layout_at(0).is_none());
}

#[test]
fn sizes_that_no_chain_has_are_refused() {
    let good = Network::Hoodi.spec();
    let with = |change: fn(&mut Spec)| {
        let mut spec = good.clone();
        change(&mut spec);
        spec.validate()
    };
    assert_eq!(good.validate(), Ok(()));
    assert_eq!(
        with(|spec| spec.preset.committee_size = 500),
        Err(SpecError::Preset)
    );
    assert_eq!(
        with(|spec| spec.preset.committee_size = 1_024),
        Err(SpecError::Preset)
    );
    assert_eq!(
        with(|spec| spec.preset.slots_per_epoch = 0),
        Err(SpecError::Preset)
    );
    assert_eq!(with(|spec| spec.seconds_per_slot = 0), Err(SpecError::Preset));
    assert_eq!(
        with(|spec| spec.preset.block_roots_depth = 64),
        Err(SpecError::Preset)
    );
    assert_eq!(with(|spec| spec.forks.clear()), Err(SpecError::Forks));
    assert_eq!(with(|spec| spec.forks.swap(1, 2)), Err(SpecError::Forks));
    assert_eq!(with(|spec| spec.forks[5].epoch = 1), Err(SpecError::Forks));
}

#[test]
fn time_and_slots_agree() {
    let spec = Network::Mainnet.spec();
    let at = |ms| spec.slot_at(Timestamp::new(ms), Millis::new(0));
    assert_eq!(at(1_606_824_022_999), None);
    assert_eq!(at(1_606_824_023_000), Some(0));
    assert_eq!(at(1_606_824_034_999), Some(0));
    assert_eq!(at(1_606_824_035_000), Some(1));
    let tolerant = spec.slot_at(Timestamp::new(1_606_824_034_500), Millis::new(500));
    assert_eq!(tolerant, Some(1));
    assert_eq!(spec.time_of(1), Timestamp::new(1_606_824_035_000));
    assert_eq!(spec.time_of(u64::MAX), Timestamp::new(u64::MAX));
}

#[test]
fn a_table_comes_back_from_its_encoding() {
    for network in Network::ALL {
        let spec = network.spec();
        assert_eq!(decode::<Spec>(&encode(&spec)), Ok(spec));
        assert_eq!(Network::by_name(network.name()), Some(network));
    }
    assert_eq!(Network::by_name("goerli"), None);
    assert_eq!(Preset::MAINNET.block_roots(), 8_192);
    assert_eq!(Preset::MINIMAL.block_roots(), 64);
}
