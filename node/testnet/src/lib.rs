//! The supervisor behind `palisade testnet`: real child processes, real ports, nothing left behind.
