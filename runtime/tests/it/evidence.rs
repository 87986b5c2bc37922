//! Whoever contradicts itself is slashed and jailed; nobody else is. Signatures are real.

use light_palisade::{Bitmap, Certificate, Evidence, Offence, Statement, ValidatorIndex, ValidatorSet};
use palisade_runtime::{BlockContext, BlockInvalid, ExecuteError, Verified, execute, query};
use primitives::{AccountId, Amount, BlockHash, Epoch, Height, Millis, View};
use proptest::prelude::*;
use staking::{Jail, ValidatorRecord};
use testing::{Account, Chain};

const BOND: u128 = 10_000_000_000_000;
const OFFENCES: [Offence; 4] = [
    Offence::DoubleNotarize,
    Offence::DoubleFinalize,
    Offence::NullifyFinalize,
    Offence::NotarizeFinalize,
];

fn seat(index: u16) -> ValidatorIndex {
    ValidatorIndex::new(index)
}

fn record(chain: &Chain, operator: &AccountId) -> ValidatorRecord {
    chain
        .view(|view| staking::query::validator(view, operator))
        .unwrap()
        .unwrap()
}

fn jailed(chain: &Chain, set: &ValidatorSet) -> Vec<u16> {
    (0..)
        .zip(&set.validators)
        .filter(|(_, member)| record(chain, &member.operator).is_jailed())
        .map(|(index, _)| index)
        .collect()
}

/// Executes the last block of `chain` again, with this evidence instead of its own.
fn with_evidence(chain: &Chain, evidence: Vec<Evidence>) -> Result<(), String> {
    let mut parent = chain.clone();
    let context: BlockContext = parent.next_block().context.clone().with_evidence(evidence);
    let lookback = &chain.start.state;
    match execute(chain.state(), &context, &[] as &[Verified], lookback) {
        Ok(_) => Ok(()),
        Err(ExecuteError::Invalid(why)) => match *why {
            BlockInvalid::Evidence { error, .. } => Err(kernel::Fault::reason(&error).to_owned()),
            other @ (BlockInvalid::Transaction { .. } | BlockInvalid::OutOfGas { .. }) => panic!("{other}"),
        },
        Err(ExecuteError::Halt(halt)) => panic!("{halt}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn every_offence_is_slashed_within_one_epoch_and_nobody_else_is(
        offence in 0usize..4, index in 0u16..4, view in 1u64..1 << 40, blocks in 0usize..6, late in any::<bool>(),
    ) {
        let mut chain = Chain::new();
        chain.step = Millis::new(4_000);
        for _ in 0..blocks {
            chain.next_block();
        }
        let set = chain.next_set();
        let evidence = chain.offend(&set, seat(index), View::new(view), OFFENCES[offence]);
        if late {
            chain.end_epoch();
        }
        chain.accuse(evidence);
        chain.next_block();
        let culprit = set.get(seat(index)).unwrap().operator;
        let after = record(&chain, &culprit);
        prop_assert_eq!(after.jail, Some(Jail::Forever));
        prop_assert_eq!(after.bonded.assets, Amount::new(BOND / 20 * 19));
        prop_assert_eq!(jailed(&chain, &set), [index]);
        let conviction = chain.view(|v| staking::query::conviction(v, set.epoch, &culprit)).unwrap().unwrap();
        prop_assert_eq!((conviction.offence, conviction.slashed), (OFFENCES[offence], Amount::new(BOND / 20)));
        for other in set.validators.iter().filter(|member| member.operator != culprit) {
            prop_assert_eq!(record(&chain, &other.operator).bonded.assets, Amount::new(BOND));
        }
        // A quarter of the weight is jailed, so the epoch is cut: the culprit votes for a few blocks more at most.
        for _ in 0..20 {
            chain.next_block();
        }
        let next = chain.next_set();
        prop_assert!(next.validators.iter().all(|member| member.operator != culprit));
        prop_assert_eq!(next.validators.len(), 3);
    }
}

#[test]
fn an_offence_counts_once_per_validator_and_epoch() {
    let mut chain = Chain::new();
    let set = chain.next_set();
    let first = chain.offend(&set, seat(1), View::new(5), Offence::DoubleNotarize);
    let second = chain.offend(&set, seat(1), View::new(9), Offence::DoubleFinalize);
    assert_eq!(with_evidence(&chain, vec![first.clone()]), Ok(()));
    assert_eq!(
        with_evidence(&chain, vec![first.clone(), first.clone()]),
        Err("ALREADY_CONVICTED".into())
    );
    chain.accuse(first.clone());
    chain.accuse(second.clone());
    let sealed = chain.next_block();
    assert_eq!(sealed.block.evidence, [first]);
    assert_eq!(
        sealed
            .executed
            .events
            .iter()
            .filter(|e| e.is::<staking::Slashed>())
            .count(),
        1
    );
    assert_eq!(
        with_evidence(&chain, vec![second]),
        Err("ALREADY_CONVICTED".into())
    );
}

#[test]
fn those_who_do_it_together_lose_all_and_the_first_pays_the_difference() {
    let mut chain = Chain::new();
    let set = chain.next_set();
    chain.accuse(chain.offend(&set, seat(0), View::new(5), Offence::DoubleNotarize));
    chain.next_block();
    let first = set.get(seat(0)).unwrap().operator;
    assert_eq!(record(&chain, &first).bonded.assets, Amount::new(BOND / 20 * 19));
    chain.accuse(chain.offend(&set, seat(2), View::new(5), Offence::DoubleNotarize));
    chain.next_block();
    let second = set.get(seat(2)).unwrap().operator;
    assert!(record(&chain, &first).bonded.assets.is_zero());
    assert!(record(&chain, &second).bonded.assets.is_zero());
}

#[test]
fn two_certificates_convict_everybody_who_signed_both() {
    let mut chain = Chain::new();
    let set = chain.next_set();
    let (epoch, view) = (set.epoch, View::new(7));
    let finalize = Statement::Finalize {
        epoch,
        view,
        parent_view: View::new(6),
        block: BlockHash::new([1; 32]),
    };
    let nullify = Statement::Nullify { epoch, view };
    let of = |statement: Statement, seats: [u16; 3]| {
        let votes = seats.map(|index| chain.vote(&set, seat(index), statement).signature);
        let sum = votes.map(|one| crypto::bls::Signature::new(&one).unwrap());
        Certificate {
            statement,
            signers: Bitmap::new(4, seats.map(seat)),
            signature: crypto::bls::Signature::aggregate(&sum).unwrap().to_bytes(),
        }
    };
    let evidence = Evidence::Certificates(of(finalize, [0, 1, 2]), of(nullify, [1, 2, 3]));
    chain.accuse(evidence);
    chain.next_block();
    assert_eq!(jailed(&chain, &set), [1, 2]);
}

#[test]
fn nobody_is_convicted_by_what_it_did_not_sign_or_may_say() {
    let mut chain = Chain::new();
    let set = chain.next_set();
    let one = chain.offend(&set, seat(1), View::new(5), Offence::DoubleNotarize);
    let Evidence::Votes(a, b) = one else {
        panic!("a pair of votes shows it")
    };
    let mut forged = b;
    forged.signature = chain.vote(&set, seat(2), b.statement).signature;
    let nullify = Statement::Nullify {
        epoch: set.epoch,
        view: View::new(5),
    };
    let honest = Evidence::Votes(a, chain.vote(&set, seat(1), nullify));
    let mut strangers = b;
    strangers.signer = seat(9);
    for wrong in [
        Evidence::Votes(a, forged),
        Evidence::Votes(a, a),
        Evidence::Votes(a, strangers),
        Evidence::Votes(strangers, strangers),
        honest,
    ] {
        assert_eq!(
            with_evidence(&chain, vec![wrong.clone()]),
            Err("EVIDENCE_SHOWS_NOTHING".into()),
            "{wrong:?}"
        );
        chain.accuse(wrong);
    }
    let sealed = chain.next_block();
    assert!(sealed.block.evidence.is_empty() && sealed.executed.events.is_empty());
    assert!(jailed(&chain, &set).is_empty());
}

#[test]
fn evidence_counts_from_the_epochs_begin_until_its_window_is_over() {
    let mut chain = Chain::new();
    let set = chain.next_set();
    let evidence = chain.offend(&set, seat(3), View::new(2), Offence::NullifyFinalize);
    let early = {
        let future = ValidatorSet {
            epoch: Epoch::new(1),
            ..set
        };
        chain.offend(&future, seat(3), View::new(2), Offence::NullifyFinalize)
    };
    assert_eq!(
        with_evidence(&chain, vec![early]),
        Err("EVIDENCE_TOO_EARLY".into())
    );
    // The epoch ends at 20 s, and its evidence counts for 60 s more.
    chain.advance(Millis::new(79_000));
    assert_eq!(with_evidence(&chain, vec![evidence.clone()]), Ok(()));
    chain.advance(Millis::new(2_000));
    assert_eq!(
        with_evidence(&chain, vec![evidence.clone()]),
        Err("EVIDENCE_EXPIRED".into())
    );
    let block = chain.last().context.block.clone();
    assert!(query::admits(chain.state(), &block, &evidence).is_err());
}

#[test]
fn a_leaving_validator_is_still_slashed() {
    let mut chain = Chain::new();
    let set = chain.next_set();
    let keys = chain.validators()[0].clone();
    let index = set.index_of(&keys.consensus_key()).unwrap();
    let evidence = chain.offend(&set, index, View::new(3), Offence::DoubleFinalize);
    let operator: Account = keys.operator;
    let all = staking::Msg::Unbond(staking::Unbond {
        validator: operator.id(),
        amount: Amount::new(BOND),
    });
    let receipt = chain.send(&operator, vec![palisade_runtime::Message::Staking(all)]);
    assert!(receipt.succeeded(), "{receipt:?}");
    chain.advance(Millis::new(60_000));
    let before = chain.balance(&operator, primitives::AssetId::PAL);
    chain.accuse(evidence);
    chain.advance(Millis::new(60_000));
    let paid = chain
        .balance(&operator, primitives::AssetId::PAL)
        .checked_sub(before)
        .unwrap();
    assert_eq!(paid, Amount::new(BOND / 20 * 19));
}

#[test]
fn too_much_jailed_weight_cuts_the_epoch_at_a_checkpoint() {
    let mut chain = Chain::new();
    chain.step = Millis::new(100);
    chain.next_block();
    let set = chain.next_set();
    chain.accuse(chain.offend(&set, seat(1), View::new(3), Offence::DoubleNotarize));
    while !chain.next_block().block.header.is_boundary() {}
    assert_eq!(chain.height(), Height::new(16));
    assert!(chain.tip().chain_clock < set.ends_at);
    assert_eq!(chain.next_set().validators.len(), 3);
    // The next epoch has its full length.
    for _ in 0..20 {
        assert!(!chain.next_block().block.header.is_boundary());
    }
}

#[test]
fn evidence_of_either_key_convicts_the_one_operator() {
    let mut chain = Chain::new();
    let before = chain.next_set();
    let keys = chain.validators()[0].clone();
    let operator = keys.operator.clone();
    let old = before.index_of(&keys.consensus_key()).unwrap();
    let with_old = chain.offend(&before, old, View::new(3), Offence::DoubleNotarize);
    let next = keys.rotated("another");
    chain.enlist(next.clone());
    let rotate = staking::Msg::RotateConsensusKey(staking::RotateConsensusKey {
        consensus_key: next.consensus_key(),
        proof_of_possession: next.possession(),
    });
    let receipt = chain.send(&operator, vec![palisade_runtime::Message::Staking(rotate)]);
    assert!(receipt.succeeded(), "{receipt:?}");
    assert!(before.index_of(&next.consensus_key()).is_none());
    chain.end_epoch();
    let after = chain.next_set();
    let new = after.index_of(&next.consensus_key()).unwrap();
    assert_eq!(after.get(new).unwrap().operator, operator.id());
    assert!(after.index_of(&keys.consensus_key()).is_none());
    chain.next_block();
    let with_new = chain.offend(&after, new, View::new(1), Offence::DoubleFinalize);
    for evidence in [with_old, with_new] {
        let epoch = evidence.epoch();
        chain.accuse(evidence);
        chain.next_block();
        let conviction = chain.view(|view| staking::query::conviction(view, epoch, &operator.id()));
        assert!(conviction.unwrap().is_some(), "epoch {epoch}");
    }
    assert_eq!(record(&chain, &operator.id()).jail, Some(Jail::Forever));
}
