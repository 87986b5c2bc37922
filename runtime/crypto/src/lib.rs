//! Hashes, domain tags, Merkle trees and signature verification, by libraries alone. It never signs.
