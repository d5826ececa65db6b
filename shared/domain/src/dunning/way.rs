//! How is an invoice paid, as far as anybody told? By that, segments tell apart whose invoices are recovered how.

use crate::book::{Head, Invoice};
use crate::decline::{Declines, Way};

/// By what its latest failed try was paid through; where nobody told that, by the card that the customer has.
pub fn way_of(declines: &Declines, invoice: &Invoice, head: &Head) -> Option<Way> {
    let network = invoice.tries.network().or_else(|| invoice.decline()?.network.as_deref());
    let has_card = || invoice.tries.had_card() || head.book.card().is_some();
    match network {
        Some(network) => declines.way(network),
        None => has_card().then_some(Way::Card),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;
    use serde_json::{Value, from_value, json};

    #[test]
    fn the_latest_try_says_how_it_is_paid_and_else_the_card_that_is_there() {
        let policies = Policies::shipped().unwrap();
        let tried = |day: u32, more: Value| {
            let mut tried = json!({"t": format!("2026-03-{day:02}T09:00:00Z")});
            tried.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            tried
        };
        let card = json!({"seen_at": "2026-03-01T09:00:00Z", "id": "pm_1", "state": "kept",
            "card": {"brand": "visa", "last4": "4242", "exp_month": 4, "exp_year": 2030}});
        for (name, told, cards, expected) in [
            ("nothing is known", vec![], vec![], None),
            ("a card is kept", vec![], vec![card.clone()], Some(Way::Card)),
            ("by debit, whatever is kept", vec![tried(1, json!({"n": "sepa_debit"}))], vec![card], Some(Way::Debit)),
            (
                "the latest that was told",
                vec![tried(1, json!({"n": "sepa_debit"})), tried(2, json!({"n": "visa"})), tried(3, json!({}))],
                vec![],
                Some(Way::Card),
            ),
            ("a card of no brand", vec![tried(1, json!({"c": "card 4242"}))], vec![], Some(Way::Card)),
            ("what nobody lists", vec![tried(1, json!({"n": "barter"}))], vec![], None),
        ] {
            let invoice: Invoice = from_value(json!({"id": "in_1", "tries": {"told": told}})).unwrap();
            let mut head = Head::new("stripe", "default", "cus_1");
            head.book.cards = cards.into_iter().map(|card| from_value(card).unwrap()).collect();
            assert_eq!(way_of(policies.declines.current(), &invoice, &head), expected, "{name}");
        }
    }
}
