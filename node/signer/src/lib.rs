//! Keys, encrypted keystores, and the guard that signs each thing once.
