//! What a letter about one invoice says of others, whoever asks for them: each has a line of its own, and there is
//! what all come to.

use domain::ageing::Listed;
use domain::book::Invoice;
use domain::debt::{Debt, Standing};
use domain::money::{Currency, Money};
use domain::policy::{Reader, phrase};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// One invoice as a letter lists it.
struct Line<'a> {
    number: &'a str,
    /// How much of it is open, where the provider says so.
    open: Option<Money>,
    due_on: Option<Date>,
}

impl<'a> Line<'a> {
    fn of(invoice: &'a Invoice) -> Self {
        let number = invoice.number.value().unwrap_or(&invoice.id);
        Self { number, open: invoice.remaining.copied(), due_on: invoice.due_on.copied() }
    }

    fn owed(debt: &'a Debt) -> Self {
        let open = match debt.standing {
            Standing::Open(open) => open,
            _ => None,
        };
        Self { number: &debt.number, open, due_on: debt.due_on }
    }

    fn said(&self, reader: Reader<'_>) -> String {
        let amount = self.open.map(|amount| format!(": {}", reader.amount(amount))).unwrap_or_default();
        let due = self.due_on.map(|on| format!(", {} {}", reader.words(phrase::DUE_ON), reader.day(on)));
        format!("\n- {}{amount}{}", self.number, due.unwrap_or_default())
    }
}

/// What a letter of a recovery says.
pub(super) fn recovered(reader: Reader<'_>, own: &Invoice, also: &[Debt]) -> String {
    let lines: Vec<Line> = also.iter().map(Line::owed).collect();
    said(reader, own, &lines)
}

/// What a letter of the ladder says: what is due with it, and what else is asked for.
pub(super) fn overdue(reader: Reader<'_>, own: &Invoice, listed: &Listed<'_>, also: &[Debt]) -> String {
    let due = listed.invoices.iter().map(|&invoice| Line::of(invoice));
    let lines: Vec<Line> = due.chain(also.iter().map(Line::owed)).collect();
    let mut said = said(reader, own, &lines);
    if listed.has_more && !said.is_empty() {
        said += &format!("\n\n{}", reader.words(phrase::MORE_FOLLOWS));
    }
    said
}

/// Each of them, and what they come to with the letter's own invoice: each currency apart.
fn said(reader: Reader<'_>, own: &Invoice, lines: &[Line<'_>]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let listed: String = lines.iter().map(|line| line.said(reader)).collect();
    let mut said = format!("\n{}:{listed}", reader.words(phrase::OPEN_BESIDE));
    if let Some(sums) = sums(own, lines) {
        let sums: Vec<String> = sums.into_values().map(|sum| reader.amount(sum)).collect();
        said += &format!("\n\n{}: {}", reader.words(phrase::WITH_THIS), sums.join(", "));
    }
    said
}

/// Nothing, where the provider does not say how much is left of one of them: no sum is said that is too small.
fn sums(own: &Invoice, lines: &[Line<'_>]) -> Option<BTreeMap<Currency, Money>> {
    let mut sums = BTreeMap::new();
    for open in [own.remaining.copied()].into_iter().chain(lines.iter().map(|line| line.open)) {
        let open = open?;
        let sum = sums.entry(open.currency()).or_insert_with(|| Money::zero(open.currency()));
        *sum = sum.plus(open);
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
            assert_eq!(overdue(reader, &own, &listed, &[]), expected, "{locale}");
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
            assert_eq!(overdue(reader, &own, &listed, &[]), expected, "{name}");
        }
    }

    /// What is recovered, or on the ladder, beside the letter's own invoice.
    fn debt(number: u32, amount: Option<&str>, due_on: Option<&str>) -> Debt {
        let open = amount.map(|amount| from_value(json!({"amount": amount, "currency": "EUR"})).unwrap());
        Debt {
            invoice: format!("in_{number}"),
            number: format!("IN-{number}"),
            due_on: due_on.map(|on| on.parse().unwrap()),
            purpose: None,
            standing: Standing::Open(open),
        }
    }

    #[test]
    fn a_letter_lists_what_others_ask_for_and_adds_it_up() {
        let policies = Policies::shipped().unwrap();
        let reader = policies.texts.current().reader(None, None);
        let (own, due) = (invoice(1, Some("10.00"), "EUR"), [invoice(2, Some("5.00"), "EUR")]);
        let (recovered_one, climbs) = (debt(3, Some("49.00"), None), debt(4, Some("1.00"), Some("2026-02-01")));
        let unknown = debt(5, None, None);
        for (name, also, expected) in [
            ("nothing", vec![], ""),
            (
                "a recovery and a rung",
                vec![recovered_one.clone(), climbs],
                "\nAlso open:\n- IN-3: 49.00 EUR\n- IN-4: 1.00 EUR, due on 2026-02-01\n\n\
                 Together with this invoice: 60.00 EUR",
            ),
            ("nobody says how much", vec![unknown], "\nAlso open:\n- IN-5"),
        ] {
            assert_eq!(recovered(reader, &own, &also), expected, "{name}");
            let alone = overdue(reader, &own, &Listed::default(), &also);
            assert_eq!(alone, expected, "{name}: the ladder says the same");
        }
        let listed = Listed { invoices: due.iter().collect(), has_more: true };
        let expected = "\nAlso open:\n- IN-2: 5.00 EUR, due on 2026-03-15\n- IN-3: 49.00 EUR\n\n\
             Together with this invoice: 64.00 EUR\n\nFurther invoices follow in a letter of their own.";
        assert_eq!(overdue(reader, &own, &listed, &[recovered_one]), expected);
    }
}
