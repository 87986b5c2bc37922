//! Catching up: the tip by one certificate, headers backwards by hash, bodies in parallel.
