//! Typed tables over a versioned, ordered key-value store with an authenticated root and proofs.
