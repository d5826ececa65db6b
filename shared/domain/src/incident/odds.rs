//! How unlikely is it, that so many come together by chance?

use rust_decimal::{Decimal, MathematicalOps};

/// By chance, `seen` or more of what happens `expected` times comes at most once in ten to this power.
///
/// It is Chernoff's bound for a Poisson count, which also holds for tries that fail independently of each other: never
/// more certain than the truth. <https://en.wikipedia.org/wiki/Poisson_distribution#Concentration_inequality>
pub fn odds(seen: u64, expected: Decimal) -> Decimal {
    let seen = Decimal::from(seen);
    if seen <= expected || expected <= Decimal::ZERO {
        return Decimal::ZERO;
    }
    let exponent = seen * (seen / expected).ln() - seen + expected;
    (exponent / Decimal::TEN.ln()).round_dp(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exact tail of a Poisson distribution, computed term by term, is never more likely than the bound says.
    #[test]
    fn the_bound_is_on_the_careful_side_and_not_far_off() {
        for (seen, expected) in [(5_u64, "0.1"), (5, "0.5"), (8, "2"), (12, "4"), (20, "3"), (30, "10")] {
            let expected: Decimal = expected.parse().unwrap();
            let mut term = (-expected).exp();
            let mut tail = Decimal::ONE;
            for n in 0..seen {
                tail -= term;
                term = term * expected / Decimal::from(n + 1);
            }
            let exact = -(tail.ln() / Decimal::TEN.ln());
            let bound = odds(seen, expected);
            assert!(
                bound <= exact && exact - bound < Decimal::from(2),
                "{seen} for {expected}: {bound}, exactly {exact}"
            );
        }
    }

    #[test]
    fn what_was_to_be_expected_is_no_news() {
        for (seen, expected) in [(0, "0.1"), (3, "3"), (3, "9"), (3, "0")] {
            assert_eq!(odds(seen, expected.parse().unwrap()), Decimal::ZERO, "{seen} {expected}");
        }
    }
}
