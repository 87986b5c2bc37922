//! Checked arithmetic with a 256-bit middle.

use ruint::aliases::U256;

/// Which way a quotient that is not whole goes. The protocol pays `Down` and charges `Up`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Towards zero: what the protocol pays out.
    Down,
    /// Away from zero: what the protocol charges.
    Up,
}

/// Why a computation has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MathError {
    /// The result is larger than its type can hold.
    #[error("the result is too large")]
    Overflow,
    /// The result would be below zero.
    #[error("the result would be negative")]
    Underflow,
    /// The divisor is zero.
    #[error("division by zero")]
    DivisionByZero,
}

/// `value · numerator / denominator`, computed in 256 bits, so that only the result has to fit.
///
/// # Errors
/// [`MathError::DivisionByZero`] when `denominator` is 0, [`MathError::Overflow`] when the result exceeds 128 bits.
pub fn mul_div(
    value: u128,
    numerator: u128,
    denominator: u128,
    rounding: Rounding,
) -> Result<u128, MathError> {
    let divisor = U256::from(denominator);
    // 128 bits by 128 bits fit in 256.
    let product = U256::from(value)
        .checked_mul(U256::from(numerator))
        .ok_or(MathError::Overflow)?;
    let quotient = product.checked_div(divisor).ok_or(MathError::DivisionByZero)?;
    let remainder = product.checked_rem(divisor).ok_or(MathError::DivisionByZero)?;
    let rounded = match rounding {
        Rounding::Up if !remainder.is_zero() => {
            quotient.checked_add(U256::from(1u8)).ok_or(MathError::Overflow)?
        }
        Rounding::Up | Rounding::Down => quotient,
    };
    u128::try_from(rounded).map_err(|_| MathError::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_middle_may_exceed_128_bits() {
        assert_eq!(
            mul_div(u128::MAX, u128::MAX, u128::MAX, Rounding::Down),
            Ok(u128::MAX)
        );
        assert_eq!(mul_div(u128::MAX, 2, 1, Rounding::Down), Err(MathError::Overflow));
        assert_eq!(mul_div(1, 1, 0, Rounding::Up), Err(MathError::DivisionByZero));
    }

    #[test]
    fn rounding_is_the_callers() {
        assert_eq!(mul_div(7, 1, 2, Rounding::Down), Ok(3));
        assert_eq!(mul_div(7, 1, 2, Rounding::Up), Ok(4));
        assert_eq!(mul_div(8, 1, 2, Rounding::Up), Ok(4));
    }

    proptest! {
        #[test]
        fn agrees_with_plain_arithmetic_where_that_fits(a in any::<u64>(), b in any::<u64>(), d in 1..=u64::MAX) {
            let (a, b, d) = (u128::from(a), u128::from(b), u128::from(d));
            let product = a.checked_mul(b).unwrap();
            prop_assert_eq!(mul_div(a, b, d, Rounding::Down).ok(), product.checked_div(d));
            let up = mul_div(a, b, d, Rounding::Up).unwrap();
            let down = mul_div(a, b, d, Rounding::Down).unwrap();
            let whole = product.checked_rem(d) == Some(0);
            prop_assert_eq!(up.checked_sub(down), Some(u128::from(!whole)));
        }
    }
}
