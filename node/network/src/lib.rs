//! libp2p: direct streams between validators, gossip to everyone else, every queue bounded.
