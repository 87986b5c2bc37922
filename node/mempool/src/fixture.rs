//! A chain of plain numbers for the tests.
