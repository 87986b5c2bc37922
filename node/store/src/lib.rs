//! The block log, the state's leaves and the indexes on sled, behind one trait with a fault-injecting twin.
