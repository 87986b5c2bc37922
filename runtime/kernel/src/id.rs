//! Who a module is.

use crate::Code;
use state::StateError;

/// A module's number and name. The number is the first byte of its tables' keys, and the first part of its error
/// codes and events; neither is ever given to another module. 0 is the kernel's own.
///
/// The runtime's `compose!` list refuses two modules with one number when it is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModuleId {
    number: u8,
    name: &'static str,
}

impl ModuleId {
    /// The kernel itself: errors that any module may forward.
    pub const KERNEL: Self = Self::new(0, "kernel");

    /// The module with this number and name; the name is lower-case, as the crate's.
    #[must_use]
    pub const fn new(number: u8, name: &'static str) -> Self {
        Self { number, name }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.number
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// The prefix of its table `number`, for [`Map::new`](crate::Map::new) and [`Item::new`](crate::Item::new).
    #[must_use]
    pub const fn table(self, number: u8) -> [u8; 2] {
        [self.number, number]
    }

    /// Its error code `number`.
    #[must_use]
    pub const fn code(self, number: u16) -> Code {
        Code {
            module: self.number,
            number,
        }
    }

    /// The error that halts the node because `what` should have held in this module and does not.
    #[must_use]
    pub const fn broken(self, what: &'static str) -> StateError {
        StateError::Broken {
            module: self.number,
            what,
        }
    }
}

impl core::fmt::Display for ModuleId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.name)
    }
}
