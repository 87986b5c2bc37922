//! Admission, order and eviction of transactions that wait for a block.
