//! Drives consensus: turns its effects into disk, network, timers and execution, in the only order that is safe.
