//! The execution thread: builds and verifies blocks, one after the other, off the driver's task.

use crate::application::Application;
use crate::error::EngineError;
use consensus::{Build, Input, Verify};
use crypto::bls::SignatureBytes;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Jobs that may wait: the core asks for one verdict per block it tracks.
const QUEUE: usize = 256;

/// What to execute.
#[derive(Debug)]
pub(crate) enum Job {
    /// Build a block.
    Build(Box<Build>, SignatureBytes),
    /// Judge a block.
    Verify(Verify),
}

/// What the thread found: the core's next input.
pub(crate) type Answer = Result<Input, EngineError>;

/// Starts the thread.
pub(crate) fn start<A: Application>(
    application: Arc<A>,
) -> Result<(mpsc::Sender<Job>, mpsc::Receiver<Answer>), EngineError> {
    let (jobs, mut inbox) = mpsc::channel(QUEUE);
    let (answers, outbox) = mpsc::channel(QUEUE);
    std::thread::Builder::new()
        .name("execution".into())
        .spawn(move || {
            while let Some(job) = inbox.blocking_recv() {
                let answer = execute(application.as_ref(), job);
                let failed = answer.is_err();
                if answers.blocking_send(answer).is_err() || failed {
                    return;
                }
            }
        })
        .map_err(|_| EngineError::Thread("execution"))?;
    Ok((jobs, outbox))
}

fn execute<A: Application>(application: &A, job: Job) -> Result<Input, EngineError> {
    match job {
        Job::Build(build, seed_signature) => {
            let (epoch, view) = (build.header.epoch, build.header.view);
            let built = application
                .build(&build, seed_signature)
                .map_err(EngineError::Application)?;
            Ok(match built {
                Some(block) => Input::Built {
                    epoch,
                    view,
                    block: Arc::new(block),
                },
                None => Input::BuildFailed { epoch, view },
            })
        }
        Job::Verify(verify) => {
            let verdict = application.verify(&verify).map_err(EngineError::Application)?;
            Ok(Input::Verified {
                block: verify.hash,
                verdict,
            })
        }
    }
}
