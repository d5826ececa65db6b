//! What is it about, as people know it? A payment by its day and its card, an invoice by its number, and no program's
//! ids.

use crate::action::{Kind, Known, Target};
use crate::book::{Payment, one_line};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// How a payment begins here; what was charged twice was so on its day.
pub(in crate::action) const PAYMENT: &str = "payment of ";
/// How much is said of what a provider calls something.
const CHARS_MAX: usize = 40;

/// Nothing, where it is about the account, about several, or about what has only an id.
pub(super) fn about(kind: &Kind, known: Known<'_>) -> String {
    let named = |what: &str, name: &String| format!("{what} {}", one_line(name, CHARS_MAX));
    let found = match kind.target() {
        Target::Payment(id) => known.records.payments.get(id).and_then(|payment| by_day(payment, known.now)),
        Target::Invoice(id) => known
            .records
            .invoices
            .get(id)
            .and_then(|invoice| invoice.number.value())
            .map(|number| named("invoice", number)),
        Target::Subscription(id) => {
            let plan = known.head.book.subscriptions.get(id).and_then(|line| line.plan.as_ref());
            // Where a plan has no name, what stands there is its price's id.
            plan.filter(|plan| !plan.contains('_')).map(|plan| named("plan", plan))
        }
        Target::Account | Target::Several => None,
    };
    found.unwrap_or_default()
}

fn by_day(payment: &Payment, now: Timestamp) -> Option<String> {
    let day = short_day(payment.at?, now);
    let card = payment.card.value().map(|card| format!(", {} {}", brand(&card.brand), card.last4)).unwrap_or_default();
    Some(format!("{PAYMENT}{day}{card}"))
}

/// The year is said where it is another one.
fn short_day(at: Timestamp, now: Timestamp) -> String {
    let year = |at: Timestamp| at.to_zoned(TimeZone::UTC).year();
    let form = if year(at) == year(now) { "%-d %b" } else { "%-d %b %Y" };
    at.strftime(form).to_string()
}

fn brand(name: &str) -> String {
    let words = one_line(&name.replace('_', " "), CHARS_MAX);
    if words.eq_ignore_ascii_case("american express") {
        return "Amex".to_owned();
    }
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Manners;
    use crate::book::{Head, Touched};
    use crate::money::{Currency, Money};
    use serde_json::{Value, json};

    fn seen(value: Value) -> Value {
        json!([["2026-03-02T10:00:00Z", 0, "evt_1"], value])
    }

    fn said(kind: &Kind, payment: Value, number: Option<&str>, plan: Option<&str>) -> String {
        let mut records = Touched::default();
        records.payments.insert("ch_1".to_owned(), serde_json::from_value(payment).unwrap());
        let invoice =
            number.map_or_else(|| json!({"id": "in_1"}), |it| json!({"id": "in_1", "number": seen(json!(it))}));
        records.invoices.insert("in_1".to_owned(), serde_json::from_value(invoice).unwrap());
        let mut head = Head::new("stripe", "default", "cus_1");
        let line = crate::book::SubscriptionLine { plan: plan.map(str::to_owned), ..Default::default() };
        head.book.subscriptions.insert("sub_1".to_owned(), line);
        let now = "2026-12-01T09:00:00Z".parse().unwrap();
        about(
            kind,
            Known {
                head: &head,
                manners: &Manners::PLAIN,
                records: &records,
                prices: &[],
                papers: &crate::action::NO_PAPERS,
                now,
            },
        )
    }

    #[test]
    fn a_payment_is_known_by_its_day_and_card_and_nothing_by_an_id() {
        let amount = Money::parse("38.00", Currency::USD).unwrap();
        let refund = Kind::Refund { payment: "ch_1".to_owned(), amount };
        let card = |brand: &str| {
            let card = json!({"brand": brand, "last4": "0049", "exp_month": 4, "exp_year": 2030});
            json!({"id": "ch_1", "at": "2026-11-27T14:00:00Z", "card": seen(card)})
        };
        let invoice = Kind::ResendInvoice { invoice: "in_1".to_owned() };
        let subscription = Kind::Pause { subscription: "sub_1".to_owned() };
        let bare = json!({"id": "ch_1"});
        for (name, kind, payment, number, plan, expected) in [
            ("a card", &refund, card("amex"), None, None, "payment of 27 Nov, Amex 0049"),
            ("a long name", &refund, card("american_express"), None, None, "payment of 27 Nov, Amex 0049"),
            ("two words", &refund, card("diners_club"), None, None, "payment of 27 Nov, Diners club 0049"),
            (
                "an earlier year and no card",
                &refund,
                json!({"id": "ch_1", "at": "2025-11-27T14:00:00Z"}),
                None,
                None,
                "payment of 27 Nov 2025",
            ),
            ("no day", &refund, bare.clone(), None, None, ""),
            ("an invoice's number", &invoice, bare.clone(), Some("R-17"), None, "invoice R-17"),
            ("an invoice without one", &invoice, bare.clone(), None, None, ""),
            ("a plan", &subscription, bare.clone(), None, Some("Pro"), "plan Pro"),
            ("a plan without a name", &subscription, bare.clone(), None, Some("price_pro"), ""),
            ("no plan", &subscription, bare.clone(), None, None, ""),
            ("the account", &Kind::Credit { amount }, bare.clone(), None, None, ""),
        ] {
            assert_eq!(said(kind, payment, number, plan), expected, "{name}");
        }
    }
}
