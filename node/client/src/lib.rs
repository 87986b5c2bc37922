//! Build, sign, broadcast, wait, verify: what every program of ours that talks to a node uses.
