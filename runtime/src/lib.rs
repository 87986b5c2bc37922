//! The state machine: decode, authorize, charge, dispatch, commit, query.
