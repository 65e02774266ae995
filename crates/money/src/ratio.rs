//! How is a product divided exactly when it does not fit in 128 bits?

/// `numerator / divisor` rounded half away from zero; `divisor` is above zero.
pub(crate) fn divide_half_away(numerator: i128, divisor: i128) -> i128 {
    let quotient = numerator / divisor;
    let remainder = (numerator % divisor).unsigned_abs();
    // remainder ≥ divisor/2 without doubling, which could overflow
    if remainder >= divisor.unsigned_abs() - remainder { quotient + numerator.signum() } else { quotient }
}

/// `a · b / divisor` of whole numbers from zero up: (quotient, remainder); `None` when the quotient passes 128 bits
/// or `divisor` is zero.
pub(crate) fn multiply_divide(a: u128, b: u128, divisor: u128) -> Option<(u128, u128)> {
    if let Some(product) = a.checked_mul(b) {
        return Some((product.checked_div(divisor)?, product.checked_rem(divisor)?));
    }
    let (high, low) = widening_multiply(a, b);
    if high >= divisor {
        return None;
    }
    // Long division, bit by bit: only percentages and rates with more than about 20 digits come here
    let mut remainder = high;
    let mut quotient = 0_u128;
    for bit in (0..u128::BITS).rev() {
        let carry = remainder >> (u128::BITS - 1);
        remainder = (remainder << 1) | ((low >> bit) & 1);
        quotient <<= 1;
        if carry == 1 || remainder >= divisor {
            remainder = remainder.wrapping_sub(divisor);
            quotient |= 1;
        }
    }
    Some((quotient, remainder))
}

/// The 256-bit product as (high, low).
fn widening_multiply(a: u128, b: u128) -> (u128, u128) {
    const HALF: u32 = 64;
    const MASK: u128 = (1 << HALF) - 1;
    let (a_high, a_low) = (a >> HALF, a & MASK);
    let (b_high, b_low) = (b >> HALF, b & MASK);
    let low = a_low * b_low;
    let middle = a_high * b_low + (low >> HALF);
    let cross = a_low * b_high + (middle & MASK);
    let high = a_high * b_high + (middle >> HALF) + (cross >> HALF);
    (high, (cross << HALF) | (low & MASK))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn divides_what_does_not_fit() {
        let large = 10_u128.pow(30);
        assert_eq!(multiply_divide(large, large, large), Some((large, 0)));
        assert_eq!(multiply_divide(u128::MAX, u128::MAX, u128::MAX), Some((u128::MAX, 0)));
        assert_eq!(multiply_divide(large, large + 7, large), Some((large + 7, 0)));
        assert_eq!(multiply_divide(large + 1, large, large * 10), Some((large / 10, large)));
        assert_eq!(multiply_divide(u128::MAX, 2, 1), None);
        assert_eq!(multiply_divide(1, 1, 0), None);
    }

    #[test]
    fn halves_go_away_from_zero() {
        for (numerator, divisor, expected) in
            [(5, 10, 1), (4, 10, 0), (-5, 10, -1), (-4, 10, 0), (15, 10, 2), (1, 3, 0), (2, 3, 1), (0, 7, 0)]
        {
            assert_eq!(divide_half_away(numerator, divisor), expected, "{numerator}/{divisor}");
        }
    }

    proptest! {
        #![proptest_config(crate::cases())]

        #[test]
        fn quotient_and_remainder_give_the_product_back(
            a in any::<u128>(), b in any::<u128>(), divisor in 1..=u128::MAX,
        ) {
            if let Some((quotient, remainder)) = multiply_divide(a, b, divisor) {
                prop_assert!(remainder < divisor);
                let (high, low) = widening_multiply(quotient, divisor);
                let (low, carried) = low.overflowing_add(remainder);
                prop_assert_eq!((high + u128::from(carried), low), widening_multiply(a, b));
            }
        }
    }
}
