//! Users who send transfers one after the other and remember which they saw final.

use crate::world::{NODES, Testnet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::Scope;

/// Who sends, each to the next.
const USERS: [&str; 3] = ["bob", "carol", "dave"];

/// The transfers that somebody was told are final.
#[derive(Default)]
pub(crate) struct Waiters {
    seen: Mutex<Vec<String>>,
    stop: AtomicBool,
}

/// Ends the sending when it goes, also by a panic.
pub(crate) struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Waiters {
    /// Sends until the answer is dropped.
    pub(crate) fn start<'scope, 'env: 'scope>(
        &'env self,
        scope: &'scope Scope<'scope, 'env>,
        testnet: &'env Testnet,
    ) -> Stop<'env> {
        for (index, sender) in USERS.into_iter().enumerate() {
            let receiver = USERS[(index + 1) % USERS.len()];
            scope.spawn(move || {
                for node in NODES.iter().cycle().skip(index) {
                    if self.stop.load(Ordering::Relaxed) {
                        return;
                    }
                    self.send(testnet, sender, receiver, node);
                }
            });
        }
        Stop(&self.stop)
    }

    fn send(&self, testnet: &Testnet, sender: &str, receiver: &str, node: &str) {
        let url = testnet.grpc(node);
        let arguments = [
            "tx",
            "send",
            sender,
            receiver,
            "1pal",
            "--wait=finalized",
            "--yes",
            "-q",
            "--node",
            &url,
        ];
        let output = testnet.command(&arguments).output().unwrap();
        if output.status.success() {
            let id = String::from_utf8(output.stdout).unwrap().trim().to_owned();
            assert_eq!(id.len(), 64, "no id in {id:?}");
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(id);
        } else {
            // The node is dead: nobody was told that it is final.
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }

    /// How many were seen final.
    pub(crate) fn seen(&self) -> usize {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Their ids.
    pub(crate) fn ids(self) -> Vec<String> {
        self.seen.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}
