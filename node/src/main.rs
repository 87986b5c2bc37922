//! The binary `palisade`: command line, configuration and composition.
fn main() {}
