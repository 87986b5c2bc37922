//! What survives a crash in the simulation is what the rules say, whatever is asked of it.

use light_palisade::Statement;
use palisade_sim::guard::Guard;
use palisade_sim::oracle::contradict;
use primitives::{BlockHash, Epoch, View};
use proptest::prelude::*;

fn statement() -> impl Strategy<Value = Statement> {
    (0u64..2, 0u64..2, 0u64..2, 0u8..2, 0u8..3).prop_map(|(epoch, view, parent, block, kind)| {
        let (epoch, view, parent_view) = (Epoch::new(epoch), View::new(view), View::new(parent));
        let block = BlockHash::new([block; 32]);
        match kind {
            0 => Statement::Nullify { epoch, view },
            1 => Statement::Notarize {
                epoch,
                view,
                parent_view,
                block,
            },
            _ => Statement::Finalize {
                epoch,
                view,
                parent_view,
                block,
            },
        }
    })
}

proptest! {
    /// The guard and the oracle were written apart: what one permits, the other finds no fault with, and the guard
    /// refuses nothing else.
    #[test]
    fn the_guard_permits_what_contradicts_nothing(asked in prop::collection::vec(statement(), 0..40)) {
        let mut guard = Guard::default();
        let mut signed: Vec<Statement> = Vec::new();
        for statement in asked {
            let clean = signed.iter().all(|said| !contradict(said, &statement));
            prop_assert_eq!(guard.permits(&statement), clean);
            if clean {
                guard.note(&statement);
                signed.push(statement);
            }
        }
    }
}
