//! What a letter about one invoice says of others: each has a line of its own.

use domain::ageing::Listed;
use domain::book::Invoice;
use domain::debt::{Debt, Standing};
use domain::money::{Currency, Money};
use domain::policy::{Reader, phrase};
use std::collections::BTreeMap;

/// What else is recovered.
pub(super) fn recovered(reader: Reader<'_>, also: &[Debt]) -> String {
    let line = |debt: &Debt| match debt.standing {
        Standing::Open(Some(amount)) => format!("\n- {}: {}", debt.number, reader.amount(amount)),
        _ => format!("\n- {}", debt.number),
    };
    let lines: String = also.iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("\n{}:{lines}", reader.words(phrase::OPEN_BESIDE)) }
}

/// What else is overdue, since when, and what it comes to with the letter's own invoice: each currency apart.
pub(super) fn overdue(reader: Reader<'_>, own: &Invoice, listed: &Listed<'_>) -> String {
    let line = |invoice: &&Invoice| {
        let number = invoice.number.value().unwrap_or(&invoice.id);
        let amount = invoice.remaining.copied().map(|amount| format!(": {}", reader.amount(amount)));
        let due = invoice.due_on.copied().map(|on| format!(", {} {}", reader.words(phrase::DUE_ON), reader.day(on)));
        format!("\n- {number}{}{}", amount.unwrap_or_default(), due.unwrap_or_default())
    };
    let lines: String = listed.invoices.iter().map(line).collect();
    if lines.is_empty() {
        return lines;
    }
    let mut said = format!("\n{}:{lines}", reader.words(phrase::OPEN_BESIDE));
    if let Some(sums) = sums(own, listed) {
        let sums: Vec<String> = sums.into_values().map(|sum| reader.amount(sum)).collect();
        said += &format!("\n\n{}: {}", reader.words(phrase::WITH_THIS), sums.join(", "));
    }
    if listed.has_more {
        said += &format!("\n\n{}", reader.words(phrase::MORE_FOLLOWS));
    }
    said
}

/// Nothing, where the provider does not say how much is left of one of them: no sum is said that is too small.
fn sums(own: &Invoice, listed: &Listed<'_>) -> Option<BTreeMap<Currency, Money>> {
    let mut sums = BTreeMap::new();
    for invoice in [own].into_iter().chain(listed.invoices.iter().copied()) {
        let left = invoice.remaining.copied()?;
        let sum = sums.entry(left.currency()).or_insert_with(|| Money::zero(left.currency()));
        *sum = sum.plus(left);
    }
    Some(sums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::policies::Policies;
    use serde_json::{Value, from_value, json};

    fn seen(value: &Value) -> Value {
        json!([["2026-03-01T09:00:00Z", 0, "evt_1"], value])
    }

    fn invoice(number: u32, amount: Option<&str>, currency: &str) -> Invoice {
        let mut invoice = json!({"id": format!("in_{number}"), "number": seen(&json!(format!("IN-{number}"))),
            "due_on": seen(&json!("2026-03-15"))});
        if let Some(amount) = amount {
            invoice["remaining"] = seen(&json!({"amount": amount, "currency": currency}));
        }
        from_value(invoice).unwrap()
    }

    #[test]
    fn each_is_listed_with_its_amount_and_day_and_no_currency_is_added_to_another() {
        let policies = Policies::shipped().unwrap();
        let own = invoice(1, Some("1000.00"), "EUR");
        let others = [invoice(2, Some("234.50"), "EUR"), invoice(3, Some("49.00"), "USD")];
        for (locale, has_more, expected) in [
            (
                "en",
                false,
                "\nAlso open:\n- IN-2: 234.50 EUR, due on 2026-03-15\n- IN-3: 49.00 USD, due on 2026-03-15\n\n\
                 Together with this invoice: 1234.50 EUR, 49.00 USD",
            ),
            (
                "de",
                true,
                "\nEbenfalls offen:\n- IN-2: 234,50\u{a0}€, fällig am 15.03.2026\n\
                 - IN-3: 49,00\u{a0}USD, fällig am 15.03.2026\n\nZusammen mit dieser Rechnung: 1.234,50\u{a0}€, \
                 49,00\u{a0}USD\n\nWeitere Rechnungen folgen in einem eigenen Schreiben.",
            ),
        ] {
            let reader = policies.texts.current().reader(Some(locale), None);
            let listed = Listed { invoices: others.iter().collect(), has_more };
            assert_eq!(overdue(reader, &own, &listed), expected, "{locale}");
        }
    }

    #[test]
    fn a_letter_about_one_invoice_says_nothing_of_others_and_no_sum_is_too_small() {
        let policies = Policies::shipped().unwrap();
        let own = invoice(1, Some("10.00"), "EUR");
        let unknown = [invoice(2, None, "EUR")];
        for (name, listed, expected) in [
            ("alone", Listed::default(), ""),
            ("alone, and more is due", Listed { has_more: true, ..Listed::default() }, ""),
            (
                "nobody says how much",
                Listed { invoices: unknown.iter().collect(), has_more: false },
                "\nAlso open:\n- IN-2, due on 2026-03-15",
            ),
        ] {
            let reader = policies.texts.current().reader(None, None);
            assert_eq!(overdue(reader, &own, &listed), expected, "{name}");
        }
    }
}
