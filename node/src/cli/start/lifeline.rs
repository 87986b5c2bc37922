//! Ending with the supervisor: no node outlives the testnet that it belongs to.

use crate::output::Failure;
use nix::sys::prctl;
use nix::sys::signal::Signal;
use std::io::Read;

/// The exit code of a node whose supervisor has gone.
const ORPHANED: i32 = 1;

/// Asks the kernel to kill this process when its parent dies, and ends it when standard input does. Both, because
/// each alone has a hole: the parent may be gone before the kernel is asked, and a frozen process reads nothing.
pub(super) fn attach() -> Result<(), Failure> {
    prctl::set_pdeathsig(Signal::SIGKILL)
        .map_err(|error| Failure::unexpected(format!("cannot set the parent-death signal: {error}")))?;
    std::thread::Builder::new()
        .name("lifeline".to_owned())
        .spawn(|| {
            let mut buffer = [0; 64];
            let mut input = std::io::stdin().lock();
            // Nothing is ever written; an error is an end too.
            while matches!(input.read(&mut buffer), Ok(count) if count > 0) {}
            std::process::exit(ORPHANED);
        })
        .map(drop)
        .map_err(|error| Failure::unexpected(format!("cannot start a thread: {error}")))
}
