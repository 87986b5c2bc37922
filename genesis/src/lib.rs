//! The genesis document: build, validate, presets.
