//! Proposes blocks that break one rule each.

use super::{Actor, Parcel, Voice, proposal, transactions_root};
use consensus::{Content, Message};
use light_palisade::Header;
use primitives::{ChainClock, Digest, Height, Millis};

pub(super) struct Liar;

fn break_header(voice: &mut Voice<'_>, header: &mut Header) {
    let wrong = Digest::new([3; 32]);
    match voice.dice.below(9) {
        0 => header.state_root = wrong,
        1 => header.receipts_root = wrong,
        2 => header.time = header.time.after(Millis::new(60_000)),
        3 => header.height = header.height.saturating_add(Height::new(1)),
        4 => header.seed = wrong,
        5 => header.chain_clock = header.chain_clock.saturating_add(ChainClock::new(9_000)),
        6 => header.validators_root = wrong,
        7 if header.is_boundary() => header.next_validators_root = Digest::ZERO,
        7 => header.next_validators_root = wrong,
        _ => header.justification_root = wrong,
    }
}

impl Actor for Liar {
    fn outgoing(&mut self, voice: &mut Voice<'_>, parcel: Parcel) -> Vec<Parcel> {
        let Message::Proposal(honest) = &parcel.message else {
            return vec![parcel];
        };
        let Content::Fresh(block) = &honest.content else {
            return vec![parcel];
        };
        let mut block = block.as_ref().clone();
        if voice.dice.percent(20) {
            // The header is right, the body is not.
            let vote = honest.vote;
            block.transactions.push(vec![1, 2, 3]);
            let content = Content::Fresh(std::sync::Arc::new(block));
            let message = Message::Proposal(Box::new(consensus::Proposal { vote, content }));
            return vec![Parcel { message, ..parcel }];
        }
        break_header(voice, &mut block.header);
        block.header.transactions_root = transactions_root(&block);
        proposal(voice, &honest.vote.statement, block)
            .map(|message| Parcel { message, ..parcel })
            .into_iter()
            .collect()
    }
}
