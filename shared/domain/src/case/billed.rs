//! Evidence of one line of a bill: what was billed, what was agreed, and how that was computed.

use super::Evidence;
use crate::money::{Currency, Money};

const BILLED: &str = "billed ";
const AGREED: &str = ", agreed ";

impl Evidence {
    /// A line that bills another amount than was agreed; `line` is its id.
    pub fn of_line(text: &str, (billed, agreed): (Money, Money), how: &str, line: &str) -> Self {
        Self::new(text, format!("{BILLED}{billed}{AGREED}{agreed}: {how}"), line)
    }

    /// What was agreed, where it is evidence of such a line.
    pub fn agreed(&self) -> Option<Money> {
        let (_, behind) = self.value.strip_prefix(BILLED)?.split_once(AGREED)?;
        let (amount, currency) = behind.split_once(": ")?.0.split_once(' ')?;
        Money::parse(amount, Currency::parse(currency).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_agreed_is_read_as_it_was_told() {
        let usd = |minor| Money::from_minor(minor, Currency::USD);
        let told = Evidence::of_line("Pro", (usd(14_700), usd(13_500)), "45.00 USD × 3: by contract C-7", "il_1");
        assert_eq!(told.agreed(), Some(usd(13_500)), "{}", told.value);
        let credit = Evidence::of_line("Pro", (usd(-100), usd(-2_529)), "as billed", "il_1");
        assert_eq!(credit.agreed(), Some(usd(-2_529)), "{}", credit.value);
        for other in ["147.00 USD", "billed 147.00 USD, agreed", "billed 147.00 USD, agreed much: so", "0 of 1"] {
            assert_eq!(Evidence::new("Total", other, "in_1").agreed(), None, "{other}");
        }
    }
}
