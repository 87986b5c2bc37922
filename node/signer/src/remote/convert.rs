//! Statements, keys and refusals between protobuf and what they mean.

use crate::guard::Refusal;
use crypto::bls::{KeyBytes, SignatureBytes};
use light_palisade::Statement;
use primitives::{BlockHash, ChainHash, Epoch, View};
use proto::signer::v1::{VoteAnswer, VoteKind, VoteRefusal, VoteStatement};

pub(super) fn key(bytes: &[u8]) -> Option<KeyBytes> {
    bytes.try_into().ok().map(KeyBytes)
}

pub(super) fn signature(bytes: &[u8]) -> Option<SignatureBytes> {
    bytes.try_into().ok().map(SignatureBytes)
}

pub(super) fn chain(bytes: &[u8]) -> Option<ChainHash> {
    bytes.try_into().ok().map(ChainHash::new)
}

pub(super) fn to_statement(wire: &VoteStatement) -> Option<Statement> {
    let (epoch, view) = (Epoch::new(wire.epoch), View::new(wire.view));
    let parent_view = View::new(wire.parent_view);
    let block = || {
        let hash: [u8; 32] = wire.block_hash.as_ref().try_into().ok()?;
        Some(BlockHash::new(hash))
    };
    match VoteKind::try_from(wire.kind).ok()? {
        VoteKind::Unspecified => None,
        VoteKind::Notarize => Some(Statement::Notarize {
            epoch,
            view,
            parent_view,
            block: block()?,
        }),
        VoteKind::Nullify => {
            let bare = wire.parent_view == 0 && wire.block_hash.is_empty();
            bare.then_some(Statement::Nullify { epoch, view })
        }
        VoteKind::Finalize => Some(Statement::Finalize {
            epoch,
            view,
            parent_view,
            block: block()?,
        }),
    }
}

pub(super) fn from_statement(statement: &Statement) -> VoteStatement {
    let kind = match statement {
        Statement::Notarize { .. } => VoteKind::Notarize,
        Statement::Nullify { .. } => VoteKind::Nullify,
        Statement::Finalize { .. } => VoteKind::Finalize,
    };
    let (parent_view, block_hash) = statement.block().map_or((0, Vec::new()), |(view, block)| {
        (view.get(), block.as_bytes().to_vec())
    });
    VoteStatement {
        kind: kind.into(),
        epoch: statement.epoch().get(),
        view: statement.view().get(),
        parent_view,
        block_hash: block_hash.into(),
    }
}

/// Refusals of the guard by their names on the wire.
const REFUSALS: [(Refusal, VoteRefusal); 8] = [
    (Refusal::BelowWatermark, VoteRefusal::BelowWatermark),
    (Refusal::AnotherNotarized, VoteRefusal::AnotherNotarized),
    (Refusal::AnotherFinalized, VoteRefusal::AnotherFinalized),
    (Refusal::NullifyAfterFinalize, VoteRefusal::NullifyAfterFinalize),
    (Refusal::FinalizeAfterNullify, VoteRefusal::FinalizeAfterNullify),
    (Refusal::FinalizeNotNotarized, VoteRefusal::FinalizeNotNotarized),
    (Refusal::NotarizeNotFinalized, VoteRefusal::NotarizeNotFinalized),
    (Refusal::NotarizeAfterNullify, VoteRefusal::NotarizeAfterNullify),
];

pub(super) fn from_answer(answer: &Result<SignatureBytes, Refusal>) -> VoteAnswer {
    match answer {
        Ok(signature) => VoteAnswer {
            signature: signature.0.to_vec().into(),
            refusal: VoteRefusal::Unspecified.into(),
        },
        Err(refusal) => {
            let named = REFUSALS.iter().find(|(ours, _)| ours == refusal);
            let wire = named.map_or(VoteRefusal::BelowWatermark, |(_, wire)| *wire);
            VoteAnswer {
                signature: Vec::new().into(),
                refusal: wire.into(),
            }
        }
    }
}

/// `None` for an answer that is neither.
pub(super) fn to_answer(wire: &VoteAnswer) -> Option<Result<SignatureBytes, Refusal>> {
    if let Some(signature) = signature(&wire.signature) {
        return Some(Ok(signature));
    }
    let refusal = VoteRefusal::try_from(wire.refusal).ok()?;
    let named = REFUSALS.iter().find(|(_, theirs)| *theirs == refusal);
    named.map(|(ours, _)| Err(*ours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_and_answers_survive_the_way() {
        let (epoch, view, parent_view) = (Epoch::new(3), View::new(9), View::new(7));
        let block = BlockHash::new([4; 32]);
        for statement in [
            Statement::Notarize {
                epoch,
                view,
                parent_view,
                block,
            },
            Statement::Nullify { epoch, view },
            Statement::Finalize {
                epoch,
                view,
                parent_view,
                block,
            },
        ] {
            let wire = from_statement(&statement);
            assert_eq!(to_statement(&wire), Some(statement));
            let cut = VoteStatement {
                block_hash: vec![1; 31].into(),
                ..wire
            };
            assert_eq!(to_statement(&cut), None);
        }
        assert_eq!(to_statement(&VoteStatement::default()), None);
        let signed = Ok(SignatureBytes([5; 48]));
        assert_eq!(to_answer(&from_answer(&signed)), Some(signed));
        for (refusal, _) in REFUSALS {
            assert_eq!(to_answer(&from_answer(&Err(refusal))), Some(Err(refusal)));
        }
        assert_eq!(to_answer(&VoteAnswer::default()), None);
    }
}
