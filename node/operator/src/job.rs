//! What is to be sent for one round or one task, and when. Pure.

use primitives::ChainClock;
use proto::tx::v1::message::Message as Kind;

/// How many blocks are waited before something is sent again.
pub(crate) const AGAIN_AFTER: u64 = 4;

/// How far a job has come, as the chain says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The answer is to be committed to.
    Committing,
    /// It is to be shown.
    Showing,
    /// It was shown.
    Done,
}

/// One answer on its way into the chain.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// Commits to it; none where nothing needs hiding.
    pub(crate) commit: Option<Kind>,
    /// Shows it.
    pub(crate) show: Kind,
    /// Until before then it is committed to, and from then on shown.
    pub(crate) commit_until: ChainClock,
    /// Until before then it is shown.
    pub(crate) show_until: ChainClock,
    /// How far it has come.
    pub(crate) stage: Stage,
    /// The height at which the last message was sent.
    pub(crate) sent_at: Option<u64>,
}

/// What is to be done about a job.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Turn {
    /// Send this.
    Send(Box<Kind>),
    /// Wait for another block.
    Wait,
    /// Nothing any more: it is over, shown or not.
    Over,
}

impl Job {
    /// A job that has sent nothing yet.
    pub(crate) fn new(
        commit: Option<Kind>,
        show: Kind,
        commit_until: ChainClock,
        show_until: ChainClock,
    ) -> Self {
        let stage = if commit.is_some() {
            Stage::Committing
        } else {
            Stage::Showing
        };
        Self {
            commit,
            show,
            commit_until,
            show_until,
            stage,
            sent_at: None,
        }
    }

    /// What to do after the block at `height`, whose chain time is `now`. The next block's is not earlier.
    pub(crate) fn turn(&mut self, height: u64, now: ChainClock) -> Turn {
        if self.stage == Stage::Done || now >= self.show_until {
            return Turn::Over;
        }
        if self.stage == Stage::Committing && now >= self.commit_until {
            // Whether the commitment is in is the chain's to say when it is shown.
            self.stage = Stage::Showing;
            self.sent_at = None;
        }
        let waited = self.sent_at.is_none_or(|sent| height >= sent + AGAIN_AFTER);
        match (self.stage, &self.commit) {
            (Stage::Committing, Some(commit)) if waited => {
                self.sent_at = Some(height);
                Turn::Send(Box::new(commit.clone()))
            }
            (Stage::Showing, _) if waited && now >= self.commit_until => {
                self.sent_at = Some(height);
                Turn::Send(Box::new(self.show.clone()))
            }
            _ => Turn::Wait,
        }
    }

    /// The chain has what was sent last.
    pub(crate) fn settled(&mut self) {
        self.stage = match self.stage {
            Stage::Committing => Stage::Showing,
            Stage::Showing | Stage::Done => Stage::Done,
        };
        self.sent_at = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: u64) -> Kind {
        Kind::EndFeed(proto::oracle::v1::EndFeed { feed_id: name })
    }

    fn at(millis: u64) -> ChainClock {
        ChainClock::new(millis)
    }

    #[test]
    fn it_commits_first_and_shows_when_the_window_opens() {
        let mut job = Job::new(Some(kind(1)), kind(2), at(10), at(20));
        assert_eq!(job.turn(1, at(1)), Turn::Send(Box::new(kind(1))));
        assert_eq!(job.turn(2, at(2)), Turn::Wait);
        // Nothing came of it: again.
        assert_eq!(job.turn(5, at(5)), Turn::Send(Box::new(kind(1))));
        job.settled();
        assert_eq!(job.turn(6, at(9)), Turn::Wait);
        assert_eq!(job.turn(7, at(10)), Turn::Send(Box::new(kind(2))));
        assert_eq!(job.turn(8, at(11)), Turn::Wait);
        job.settled();
        assert_eq!(job.turn(9, at(12)), Turn::Over);
    }

    #[test]
    fn it_ends_with_its_window_and_without_one_shows_at_once() {
        let mut job = Job::new(Some(kind(1)), kind(2), at(10), at(20));
        assert_eq!(job.turn(1, at(12)), Turn::Send(Box::new(kind(2))));
        assert_eq!(job.turn(2, at(20)), Turn::Over);
        let mut open = Job::new(None, kind(2), at(0), at(20));
        assert_eq!(open.turn(1, at(0)), Turn::Send(Box::new(kind(2))));
    }
}
