//! Off-chain work, quorum certificates, and fault programs that anyone may bring.
//!
//! May name: kernel, primitives, crypto, dss.
//!
//! # Invariants
//!
//! - A fault program sees its inputs and nothing else: no clock, no state, no chance, no floats.
//! - Every program ends: fuel, memory, tables and call depth are bounded, and a program that exceeds one has shown nothing.

pub mod program;
