//! Validators bonded in PAL, their consensus keys, the validator set of each epoch, fees and issuance.
