//! One queue for everything that is offered, and one thread that verifies what has gathered there.

use crate::{Admission, Mempool, Origin, Outcome, Rejection};
use bytes::Bytes;
use std::io;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// How many offers wait at most, whatever their size.
const MAX_OFFERS: usize = 16_384;

/// Several transactions from one caller.
struct Offer {
    transactions: Vec<Bytes>,
    origin: Origin,
    answer: oneshot::Sender<Vec<Result<Outcome, Rejection>>>,
    /// Room in the queue, given back when the offer is answered.
    room: OwnedSemaphorePermit,
}

/// The answers to one offer, one per transaction, in order.
pub struct Receipt {
    receiver: oneshot::Receiver<Vec<Result<Outcome, Rejection>>>,
    count: usize,
}

impl Receipt {
    /// Waits for the answers.
    pub async fn answers(self) -> Vec<Result<Outcome, Rejection>> {
        let stopped = || vec![Err(Rejection::stopped()); self.count];
        self.receiver.await.unwrap_or_else(|_| stopped())
    }
}

/// Gathers what many callers offer into batches: while one batch is verified the next gathers, so that batches grow
/// with the load and a lone transaction waits for nothing. Bounded in bytes. Cheap to clone; the thread ends when
/// the last clone is gone.
#[derive(Clone)]
pub struct Intake {
    offers: mpsc::Sender<Offer>,
    room: Arc<Semaphore>,
}

impl Intake {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start<A: Admission>(mempool: Arc<Mempool<A>>) -> io::Result<Self> {
        let (offers, receiver) = mpsc::channel(MAX_OFFERS);
        let room = Arc::new(Semaphore::new(mempool.config().intake_bytes));
        std::thread::Builder::new()
            .name("mempool-intake".into())
            .spawn(move || work(&mempool, receiver))?;
        Ok(Self { offers, room })
    }

    /// Offers transactions. It does not wait: what finds no room is refused, and the caller says so.
    ///
    /// # Errors
    /// [`Rejection`] for the whole offer: `INTAKE_BUSY`, `SHUTTING_DOWN`.
    pub fn offer(&self, transactions: Vec<Bytes>, origin: Origin) -> Result<Receipt, Rejection> {
        let bytes = transactions.iter().map(Bytes::len).sum::<usize>().max(1);
        let count = transactions.len();
        let room = u32::try_from(bytes)
            .ok()
            .and_then(|bytes| Arc::clone(&self.room).try_acquire_many_owned(bytes).ok())
            .ok_or_else(Rejection::busy)?;
        let (answer, receiver) = oneshot::channel();
        let offer = Offer {
            transactions,
            origin,
            answer,
            room,
        };
        match self.offers.try_send(offer) {
            Ok(()) => Ok(Receipt { receiver, count }),
            Err(mpsc::error::TrySendError::Full(_)) => Err(Rejection::busy()),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(Rejection::stopped()),
        }
    }

    /// Offers one transaction and waits for the answer.
    ///
    /// # Errors
    /// The [`Rejection`] that the sender is to see.
    pub async fn submit(&self, transaction: Bytes, origin: Origin) -> Result<Outcome, Rejection> {
        let answers = self.offer(vec![transaction], origin)?.answers().await;
        answers
            .into_iter()
            .next()
            .unwrap_or_else(|| Err(Rejection::stopped()))
    }
}

fn work<A: Admission>(mempool: &Mempool<A>, mut offers: mpsc::Receiver<Offer>) {
    while let Some(first) = offers.blocking_recv() {
        let mut gathered = vec![first];
        let mut count = gathered[0].transactions.len();
        while count < mempool.config().verify_batch {
            let Ok(offer) = offers.try_recv() else { break };
            count += offer.transactions.len();
            gathered.push(offer);
        }
        let batch: Vec<(Bytes, Origin)> = gathered
            .iter()
            .flat_map(|offer| {
                offer
                    .transactions
                    .iter()
                    .map(|bytes| (bytes.clone(), offer.origin))
            })
            .collect();
        let mut answers = mempool.submit(&batch).into_iter();
        for offer in gathered {
            let own = answers.by_ref().take(offer.transactions.len()).collect();
            drop(offer.room);
            // A caller that has gone away needs no answer.
            drop(offer.answer.send(own));
        }
    }
}
