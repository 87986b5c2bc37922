//! A seeded network in virtual time: faults, named Byzantine actors, and an oracle that restates the rules. A dev-dependency only.
