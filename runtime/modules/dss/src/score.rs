//! What the chain has seen of an operator's work.

use crate::state::{self, SCORES};
use borsh::{BorshDeserialize, BorshSerialize};
use kernel::{Ctx, StateError};
use primitives::{AccountId, Bps, Epoch, ServiceId};

/// Units per task, so that old work fades in steps smaller than a task.
pub(crate) const UNIT: u64 = 1_000_000;
/// Beyond so many epochs nothing is left.
const FORGOTTEN: u64 = 512;

/// An operator's work for a service, in millionths of a task. A sixteenth fades with each epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Score {
    /// Up to which epoch it has faded.
    pub epoch: Epoch,
    /// Tasks that it was to answer.
    pub assigned: u64,
    /// Those that it answered, rightly or not.
    pub answered: u64,
    /// Those that it answered as the certificate says.
    pub correct: u64,
    /// Those that it neither answered nor said so.
    pub missed: u64,
    /// Those that it answered too late.
    pub late: u64,
    /// Convictions; they do not fade.
    pub convictions: u32,
}

impl Score {
    /// The score as it stands in `epoch`.
    #[must_use]
    pub fn faded(self, epoch: Epoch) -> Self {
        let epochs = epoch.saturating_sub(self.epoch).get();
        let fade = |mut value: u64| {
            if epochs > FORGOTTEN {
                return 0;
            }
            for _ in 0..epochs {
                // Rounding: up is what fades, so that everything fades to nothing in the end.
                value = value.saturating_sub(value.div_ceil(16));
            }
            value
        };
        Self {
            epoch: self.epoch.max(epoch),
            assigned: fade(self.assigned),
            answered: fade(self.answered),
            correct: fade(self.correct),
            missed: fade(self.missed),
            late: fade(self.late),
            convictions: self.convictions,
        }
    }

    /// The part of its tasks that it answered rightly; whoever has done nothing has done nothing wrong.
    #[must_use]
    pub fn reputation(&self) -> Bps {
        // Less than a task's worth says nothing.
        if self.assigned < UNIT {
            return Bps::ONE;
        }
        let whole = u128::from(Bps::ONE.get());
        let part = u128::from(self.correct)
            .saturating_mul(whole)
            .checked_div(u128::from(self.assigned));
        let part = part.and_then(|part| u16::try_from(part).ok());
        part.and_then(Bps::new).unwrap_or(Bps::ONE)
    }
}

/// What came of a piece of work that a service gave out by itself, without a task of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// It was done, and done rightly as far as anybody knows.
    Correct,
    /// It was done, and not rightly.
    Wrong,
    /// It was not done.
    Missed,
}

/// Counts a piece of work that an operator was to do for a service. For the services' own modules: what tasks of the frame
/// come to is counted by the frame.
///
/// # Errors
/// [`StateError`]: the store is broken, or out of gas.
pub fn note_work(
    ctx: &mut Ctx<'_>,
    service: ServiceId,
    operator: &AccountId,
    work: Work,
) -> Result<(), StateError> {
    let mut score = state::score(ctx, service, operator, ctx.epoch())?;
    let add = |counter: &mut u64| *counter = counter.saturating_add(UNIT);
    add(&mut score.assigned);
    match work {
        Work::Correct => {
            add(&mut score.answered);
            add(&mut score.correct);
        }
        Work::Wrong => add(&mut score.answered),
        Work::Missed => add(&mut score.missed),
    }
    SCORES.put(ctx, &(service, *operator), &score)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_fades_to_nothing_and_convictions_stay() {
        let score = Score {
            assigned: 10 * UNIT,
            correct: 5 * UNIT,
            convictions: 2,
            ..Score::default()
        };
        assert_eq!(score.reputation().get(), 5_000);
        let next = score.faded(Epoch::new(1));
        assert_eq!(next.assigned, 9_375_000);
        assert_eq!(next.faded(Epoch::new(1)), next);
        let late = score.faded(Epoch::new(400));
        assert_eq!((late.assigned, late.correct, late.convictions), (0, 0, 2));
        assert_eq!(late.reputation(), Bps::ONE);
        assert_eq!(score.faded(Epoch::new(u64::MAX)).assigned, 0);
    }
}
