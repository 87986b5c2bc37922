//! The registry of assets: what each one is, its decimals and its limits.
