//! Errors with stable codes.

use crate::ModuleId;
use primitives::MathError;
use state::{OutOfGas, StateError};

/// A stable error code: the module's number and the module's own. Receipts hold these three bytes and no text.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, borsh::BorshSerialize, borsh::BorshDeserialize,
)]
pub struct Code {
    /// The module's number.
    pub module: u8,
    /// The error's number within the module; never reused.
    pub number: u16,
}

impl Code {
    /// The text form, `bank/3`, where `modules` gives the names; a module that is not among them is shown by number.
    #[must_use]
    pub fn text(self, modules: &[ModuleId]) -> String {
        match modules.iter().find(|id| id.number() == self.module) {
            Some(id) => format!("{id}/{}", self.number),
            None => self.to_string(),
        }
    }
}

impl core::fmt::Display for Code {
    /// Both numbers: `2/3`.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}/{}", self.module, self.number)
    }
}

/// An error of a module.
pub trait Fault: core::error::Error {
    /// `Some`: the transaction is rejected, its writes and events are dropped, its fee is kept. `None`: the store or
    /// the code is broken, and the node halts. An error that wraps another one forwards the inner code.
    fn code(&self) -> Option<Code>;

    /// The error's name for programs: upper-case words joined by underscores, at most 63 characters.
    fn reason(&self) -> &'static str;

    /// The numbers behind the message, for programs; keys in lower-case words joined by underscores. Never hashed.
    fn metadata(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// What a code says to people and programs. Receipts hold the number alone; the words are found again by it, and may
/// be bettered without changing what is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The error's number within its module.
    pub number: u16,
    /// As [`Fault::reason`].
    pub reason: &'static str,
    /// What is wrong, in words that hold whatever the figures were.
    pub words: &'static str,
}

impl Meaning {
    /// The meaning of `number`.
    #[must_use]
    pub const fn new(number: u16, reason: &'static str, words: &'static str) -> Self {
        Self {
            number,
            reason,
            words,
        }
    }
}

/// The kernel's own codes.
pub mod kernel_code {
    use super::{Code, Meaning, ModuleId};

    /// What they say.
    pub const MEANINGS: &[Meaning] = &[
        Meaning::new(1, "OUT_OF_GAS", "it would use more gas than its gas limit allows"),
        Meaning::new(2, "OVERFLOW", "a sum exceeds what can be counted"),
        Meaning::new(3, "UNDERFLOW", "more is taken away than there is"),
        Meaning::new(4, "DIVISION_BY_ZERO", "a share of nothing was asked for"),
    ];

    /// [`OutOfGas`](crate::OutOfGas).
    pub const OUT_OF_GAS: Code = ModuleId::KERNEL.code(1);
    /// [`MathError::Overflow`](primitives::MathError::Overflow).
    pub const OVERFLOW: Code = ModuleId::KERNEL.code(2);
    /// [`MathError::Underflow`](primitives::MathError::Underflow).
    pub const UNDERFLOW: Code = ModuleId::KERNEL.code(3);
    /// [`MathError::DivisionByZero`](primitives::MathError::DivisionByZero).
    pub const DIVISION_BY_ZERO: Code = ModuleId::KERNEL.code(4);
}

impl Fault for OutOfGas {
    fn code(&self) -> Option<Code> {
        Some(kernel_code::OUT_OF_GAS)
    }
    fn reason(&self) -> &'static str {
        "OUT_OF_GAS"
    }
    fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![
            ("limit", self.limit.to_string()),
            ("needed", self.needed.to_string()),
        ]
    }
}

impl Fault for StateError {
    fn code(&self) -> Option<Code> {
        match self {
            Self::OutOfGas(inner) => inner.code(),
            Self::Corrupt { .. } | Self::WrongBase { .. } | Self::Broken { .. } | Self::Math { .. } => None,
        }
    }
    fn reason(&self) -> &'static str {
        match self {
            Self::OutOfGas(inner) => inner.reason(),
            Self::Corrupt { .. } => "STATE_CORRUPT",
            Self::WrongBase { .. } => "STATE_WRONG_BASE",
            Self::Broken { .. } | Self::Math { .. } => "STATE_BROKEN",
        }
    }
    fn metadata(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::OutOfGas(inner) => inner.metadata(),
            Self::Corrupt { .. } | Self::WrongBase { .. } | Self::Broken { .. } | Self::Math { .. } => {
                Vec::new()
            }
        }
    }
}

/// Arithmetic on what a user sent. A hook that computes on stored values alone turns it into a
/// [`StateError::Math`] instead.
impl Fault for MathError {
    fn code(&self) -> Option<Code> {
        Some(match self {
            Self::Overflow => kernel_code::OVERFLOW,
            Self::Underflow => kernel_code::UNDERFLOW,
            Self::DivisionByZero => kernel_code::DIVISION_BY_ZERO,
        })
    }
    fn reason(&self) -> &'static str {
        match self {
            Self::Overflow => "OVERFLOW",
            Self::Underflow => "UNDERFLOW",
            Self::DivisionByZero => "DIVISION_BY_ZERO",
        }
    }
}

/// For modules that nothing can go wrong in.
impl Fault for core::convert::Infallible {
    fn code(&self) -> Option<Code> {
        match *self {}
    }
    fn reason(&self) -> &'static str {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use primitives::Gas;
    use primitives::codec::encode;

    #[test]
    fn only_running_out_of_gas_is_the_users_fault() {
        let out = OutOfGas {
            limit: Gas::new(1),
            needed: Gas::new(2),
        };
        assert_eq!(StateError::from(out).code(), Some(kernel_code::OUT_OF_GAS));
        assert_eq!(StateError::from(out).metadata(), out.metadata());
        assert_eq!(ModuleId::KERNEL.broken("a sum").code(), None);
        let corrupt = StateError::Corrupt {
            module: 1,
            table: 2,
            what: String::new(),
        };
        assert_eq!((corrupt.code(), corrupt.reason()), (None, "STATE_CORRUPT"));
    }

    #[test]
    fn a_code_is_three_bytes_and_one_text() {
        const BANK: ModuleId = ModuleId::new(2, "bank");
        let code = BANK.code(0x0103);
        assert_eq!(encode(&code), [2, 3, 1]);
        assert_eq!(code.text(&[ModuleId::KERNEL, BANK]), "bank/259");
        assert_eq!(code.text(&[]), "2/259");
    }
}
