//! Palisade's own finality as pure functions: headers, validator sets, votes, certificates, hand-overs and state proofs.
