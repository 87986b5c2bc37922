//! Proposes blocks that break one rule each.

use super::{Actor, Parcel, Voice, fresh, proposal, transactions_root};
use consensus::{Content, Message};
use light_palisade::Header;
use primitives::{ChainClock, Digest, Height, Millis};

pub(crate) struct HeaderLiar;

fn break_header(voice: &mut Voice<'_>, header: &mut Header) {
    let wrong = Digest::new([3; 32]);
    match voice.dice.below(7) {
        0 => header.time = header.time.after(Millis::new(60_000)),
        1 => header.height = header.height.saturating_add(Height::new(1)),
        2 => header.seed = wrong,
        3 => header.chain_clock = header.chain_clock.saturating_add(ChainClock::new(9_000)),
        4 => header.validators_root = wrong,
        5 if header.is_boundary() => header.next_validators_root = Digest::ZERO,
        5 => header.next_validators_root = wrong,
        _ => header.justification_root = wrong,
    }
}

impl Actor for HeaderLiar {
    fn outgoing(&mut self, voice: &mut Voice<'_>, parcel: Parcel) -> Vec<Parcel> {
        let Some((vote, mut block)) = fresh(&parcel.message) else {
            return vec![parcel];
        };
        voice.strike();
        if voice.dice.percent(20) {
            // The header is right, the body is not.
            block.transactions.push(vec![1, 2, 3]);
            let content = Content::Fresh(std::sync::Arc::new(block));
            let message = Message::Proposal(Box::new(consensus::Proposal { vote, content }));
            return vec![Parcel { message, ..parcel }];
        }
        break_header(voice, &mut block.header);
        block.header.transactions_root = transactions_root(&block);
        proposal(voice, &vote.statement, block)
            .map(|message| Parcel { message, ..parcel })
            .into_iter()
            .collect()
    }
}
