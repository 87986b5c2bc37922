//! The chain's own service: validators, sets, power and convictions.

use super::{Real, Reply, account, asset, reason};
use crate::paper::power::{NODES, OWN_BOND};
use blst::min_sig::SecretKey;
use crypto::bls::{KeyBytes, POSSESSION_DST, SIGNATURE_DST, SignatureBytes, possession_message};
use kernel::Module;
use light_palisade::{Evidence, Statement, ValidatorIndex, Vote};
use palisade_runtime::Wire;
use primitives::{AccountId, Amount, BlockHash, Epoch, Millis, Ratio, View};
use std::cell::RefCell;
use std::collections::BTreeMap;
use testing::Account;

type Staking = staking::Staking<Wire>;
type Consensus = service_consensus::Consensus<Wire>;
type Assets = assets::Assets<Wire>;

/// The consensus key of an operator's validator.
fn secret(operator: u8) -> SecretKey {
    SecretKey::key_gen(&[operator ^ 0x80; 32], &[]).unwrap()
}

/// The account of a validator by its number on paper.
fn validator(number: u8) -> AccountId {
    let node = NODES.iter().position(|node| *node == number);
    node.map_or_else(|| account(number), |n| Account::named(&format!("node{n}")).id())
}

impl Real {
    pub(crate) fn register_validator(&mut self, operator: u8) {
        let key = KeyBytes(secret(operator).sk_to_pk().compress());
        let message = possession_message(&key, &account(operator));
        let possession = secret(operator).sign(&message, POSSESSION_DST, &[]).compress();
        let register = staking::RegisterValidator {
            moniker: staking::Moniker::new("validator").unwrap(),
            consensus_key: key,
            proof_of_possession: SignatureBytes(possession),
            p2p_key: testing::ValidatorKeys::named(&format!("operator {operator}")).p2p_key(),
            bond: Amount::new(OWN_BOND),
        };
        self.tell::<Staking>(operator, staking::Msg::RegisterValidator(register))
            .unwrap();
    }

    pub(crate) fn consensus(&mut self, sender: u8, msg: service_consensus::Msg) -> Reply {
        self.tell::<Consensus>(sender, msg)
    }

    /// States what a unit of an asset is worth from the epoch's end on; it follows as fast as it may.
    pub(crate) fn price(&mut self, of: usize, sixteenths: u128) {
        let price = Ratio::from_raw(crate::paper::WHOLE / 16 * sixteenths);
        let stated = self
            .chain
            .run(|ctx| assets::set_source::<Wire>(ctx, asset(of), Some(assets::Source::Stated(price))));
        drop(self.chain.take_events());
        stated.map_err(|error| reason(&error)).unwrap();
    }

    /// Decides the next epoch's set by what there is, and moves valuations.
    pub(super) fn decide(&mut self) {
        let epoch = self.chain.block.epoch.next().unwrap();
        let ends = self
            .chain
            .block
            .chain_clock
            .after(Millis::new(crate::paper::EPOCH));
        let next = {
            let view = self.chain.view();
            let current = staking::set_in_force(&view).unwrap();
            service_consensus::next::<Wire>(&view, &view, (epoch, ends), &current).unwrap()
        };
        self.chain
            .hook(|ctx| {
                staking::store_next_set(ctx, &next.set)?;
                service_consensus::store(ctx, &next)?;
                Assets::end_epoch(ctx)
            })
            .unwrap();
    }

    /// The weights of an epoch's set, and what power each validator has, by their numbers on paper.
    pub(crate) fn powers(&self, epoch: u64, all: &[u8]) -> Vec<(u8, u128, u128)> {
        let (view, epoch) = (self.chain.view(), Epoch::new(epoch));
        let set = staking::set_of(&view, epoch).unwrap().unwrap();
        let records = service_consensus::query::records(&view, epoch, None, 99).unwrap();
        let of = |number: &u8| {
            let id = validator(*number);
            let seat = set.validators.iter().find(|one| one.operator == id);
            let record = records.iter().find(|(operator, _)| *operator == id);
            (
                *number,
                seat.map_or(0, |one| u128::from(one.weight.get())),
                record.map_or(0, |(_, record)| record.power.get()),
            )
        };
        all.iter().map(of).collect()
    }

    /// Shows two votes of an operator's validator in one view of an epoch.
    pub(crate) fn convict(&mut self, operator: u8, epoch: u64) -> Reply {
        let set = staking::set_of(&self.chain.view(), Epoch::new(epoch)).unwrap();
        // A set that is forgotten was there longer ago than evidence counts.
        let seats = set.map_or_else(Vec::new, |set| set.validators);
        let seat = seats.iter().position(|one| one.operator == account(operator));
        let seat = ValidatorIndex::new(u16::try_from(seat.unwrap_or(0)).unwrap());
        let vote = |block: u8| {
            let statement = Statement::Notarize {
                epoch: Epoch::new(epoch),
                view: View::new(5),
                parent_view: View::new(4),
                block: BlockHash::new([block; 32]),
            };
            Vote {
                signature: voted(operator, epoch, block, &statement),
                statement,
                signer: seat,
            }
        };
        let evidence = Evidence::Votes(vote(1), vote(2));
        let done = self.chain.run(|ctx| staking::convict::<Wire>(ctx, &evidence));
        drop(self.chain.take_events());
        done.map_err(|error| reason(&error))
    }

    /// What is bonded behind a validator.
    pub(crate) fn bonded(&self, number: u8) -> u128 {
        let found = staking::query::validator(&self.chain.view(), &validator(number)).unwrap();
        found.unwrap().bonded.assets.get()
    }
}

/// Signatures are dear: each is made once.
fn voted(operator: u8, epoch: u64, block: u8, statement: &Statement) -> SignatureBytes {
    thread_local! {
        static KNOWN: RefCell<BTreeMap<(u8, u64, u8), SignatureBytes>> = const { RefCell::new(BTreeMap::new()) };
    }
    KNOWN.with_borrow_mut(|known| {
        *known.entry((operator, epoch, block)).or_insert_with(|| {
            let message = statement.sign_bytes(&primitives::ChainHash::default());
            SignatureBytes(secret(operator).sign(&message, SIGNATURE_DST, &[]).compress())
        })
    })
}
