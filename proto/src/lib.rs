//! The public API: palisade/<area>/v1/*.proto, the generated types and the descriptor set. No logic.
