//! Figures as people write them: groups of three, a point, and the currency's code, which every currency has.

use domain::money::Money;
use rust_decimal::Decimal;

/// `1,234.50 EUR`
pub(super) fn amount(money: Money) -> String {
    format!("{} {}", figure(money.amount()), money.currency())
}

/// `1,234.50`
pub(super) fn figure(number: Decimal) -> String {
    let text = number.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{rest}")
}

/// `5.5 %`
pub(super) fn per_cent(rate: Decimal) -> String {
    format!("{} %", rate.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::money::Currency;

    #[test]
    fn a_currency_without_a_symbol_has_its_code_like_every_other() {
        for (figure, code, expected) in
            [("1234567", "XAF", "1,234,567 XAF"), ("1234.50", "CHF", "1,234.50 CHF"), ("0.05", "EUR", "0.05 EUR")]
        {
            let money = Money::parse(figure, Currency::parse(code).unwrap()).unwrap();
            assert_eq!(super::amount(money), expected);
        }
    }

    #[test]
    fn figures_are_in_groups_of_three() {
        for (number, expected) in
            [("0", "0"), ("999.10", "999.10"), ("-1234.5", "-1,234.5"), ("1234567", "1,234,567"), ("0.0033", "0.0033")]
        {
            assert_eq!(figure(number.parse().unwrap()), expected);
        }
    }
}
