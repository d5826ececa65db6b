//! Does the card end before the next invoice is charged to it?

use crate::book::{Book, CardLine, Head, PaymentLine, SubscriptionLine};
use crate::event::{Card, CardState, PaymentStatus, SubscriptionStatus};
use crate::id::digest;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// A card that will have ended when the next invoice is charged to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiring {
    pub card: Card,
    /// From then on it is not valid any more: its month is over, by UTC.
    pub ends_at: Timestamp,
}

impl Expiring {
    /// Nothing where the account pays by other means, has another card that goes on, or has nothing that renews once the card
    /// has ended.
    pub fn of(head: &Head) -> Option<Self> {
        let card = lasting(&head.book)?;
        let ends_at = ends_at(card)?;
        let renewed = head.book.subscriptions.iter().filter(|(id, line)| renews(head, id, line));
        let is_charged = renewed.filter_map(|(_, line)| line.renews_at).any(|at| at >= ends_at);
        is_charged.then(|| Self { card: card.clone(), ends_at })
    }

    /// The same for the same card, however it was shown; another one once it is valid for longer.
    pub fn id(&self) -> String {
        let until = self.ends_at.as_second().to_string();
        digest(&[&self.card.brand.to_lowercase(), &self.card.last4, &until], 16)
    }
}

/// Whether none of the cards of an account is valid any more.
pub fn has_expired(book: &Book, now: Timestamp) -> bool {
    let kept: Vec<_> = kept(book).collect();
    let is_told = !kept.is_empty() && kept.iter().all(|line| line.state == CardState::Expired);
    is_told || lasting(book).and_then(ends_at).is_some_and(|at| at <= now)
}

fn kept(book: &Book) -> impl Iterator<Item = &CardLine> {
    book.cards.iter().filter(|line| line.state != CardState::Removed)
}

/// Of the cards that are kept the one that is valid longest; of whom none is kept, the one that paid. None where nobody knows
/// until when one of them is valid: it may be the one that is charged.
fn lasting(book: &Book) -> Option<&Card> {
    let paid = book.payments.iter().rev().find(|line| line.status == Some(PaymentStatus::Succeeded));
    if paid.is_some_and(pays_otherwise) {
        return None;
    }
    if kept(book).next().is_none() {
        return book.card();
    }
    let known = |line: &CardLine| line.card.as_ref().and_then(ends_at);
    let all_known = kept(book).all(|line| known(line).is_some());
    kept(book).filter(|_| all_known).max_by_key(|line| known(line)).and_then(|line| line.card.as_ref())
}

fn pays_otherwise(paid: &PaymentLine) -> bool {
    let by_card = |method: &String| matches!(method.as_str(), "card" | "creditcard");
    paid.card.is_none() && paid.method.as_ref().is_some_and(|method| !by_card(method))
}

fn renews(head: &Head, id: &str, line: &SubscriptionLine) -> bool {
    let runs = matches!(line.status, Some(SubscriptionStatus::Active | SubscriptionStatus::Trial));
    runs && line.ends_at.is_none() && !head.left.contains_key(id)
}

fn ends_at(card: &Card) -> Option<Timestamp> {
    let (year, month) = (i16::try_from(card.exp_year?).ok()?, i8::try_from(card.exp_month?).ok()?);
    let next = Date::new(year, month, 1).ok()?.checked_add(1.month()).ok()?;
    Some(next.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::{Value, from_value, json};

    pub const CARD: &str = "2026-04";

    fn line(last4: &str, until: Option<&str>, state: &str) -> Value {
        let part = |place: usize| until.and_then(|until| until.split('-').nth(place)?.parse::<u16>().ok());
        json!({"seen_at": "2026-01-01T00:00:00Z", "id": format!("pm_{last4}"), "state": state,
            "card": {"brand": "visa", "last4": last4, "exp_month": part(1), "exp_year": part(0)}})
    }

    fn subscription(status: &str, renews_at: &str) -> Value {
        json!({"status": status, "renews_at": renews_at})
    }

    /// An account that has kept cards, each with the month until which it is valid, and buys something.
    pub fn head(cards: &[Value], subscription: &Value) -> Head {
        let mut head = Head::new("stripe", "default", "cus_1");
        head.book.cards = cards.iter().map(|line| from_value(line.clone()).unwrap()).collect();
        head.book.subscriptions.insert("sub_1".to_owned(), from_value(subscription.clone()).unwrap());
        head
    }

    /// One whose card ends with April, and whose next invoice is of May.
    pub fn expiring() -> Head {
        head(&[line("4242", Some(CARD), "kept")], &subscription("active", "2026-05-10T00:00:00Z"))
    }

    /// The same with another card besides.
    pub fn with_another(until: Option<&str>) -> Head {
        let mut head = expiring();
        head.book.cards.push(from_value(line("1881", until, "kept")).unwrap());
        head
    }

    #[test]
    fn a_card_is_announced_that_ends_before_the_next_invoice() {
        let april = || line("4242", Some(CARD), "kept");
        let may = subscription("active", "2026-05-10T00:00:00Z");
        let other = |until| line("1881", until, "kept");
        let removed = line("1881", Some("2030-01"), "removed");
        let mut left = expiring();
        left.left.insert("sub_1".to_owned(), Vec::new());
        let mut ends = may.clone();
        ends["ends_at"] = json!("2026-05-10T00:00:00Z");
        for (name, head, expected) in [
            ("it ends before", expiring(), Some("4242")),
            (
                "in the moment of its end",
                head(&[april()], &subscription("active", "2026-05-01T00:00:00Z")),
                Some("4242"),
            ),
            ("a second before its end", head(&[april()], &subscription("active", "2026-04-30T23:59:59Z")), None),
            ("on trial", head(&[april()], &subscription("trial", "2026-05-10T00:00:00Z")), Some("4242")),
            ("paused", head(&[april()], &subscription("paused", "2026-05-10T00:00:00Z")), None),
            ("past due", head(&[april()], &subscription("past_due", "2026-05-10T00:00:00Z")), None),
            ("it ends and does not renew", head(&[april()], &ends), None),
            ("the customer has left", left, None),
            ("another card goes on", head(&[april(), other(Some("2030-01"))], &may), None),
            ("another ends later, and before as well", head(&[other(Some("2026-03")), april()], &may), Some("4242")),
            ("nobody knows until when another is valid", head(&[april(), other(None)], &may), None),
            ("another was removed", head(&[april(), removed], &may), Some("4242")),
            ("no card", head(&[], &may), None),
        ] {
            let found = Expiring::of(&head);
            assert_eq!(found.as_ref().map(|it| it.card.last4.as_str()), expected, "{name}");
            assert!(found.is_none_or(|it| it.ends_at.to_string() == "2026-05-01T00:00:00Z"), "{name}");
        }
    }

    #[test]
    fn who_keeps_no_card_is_known_by_the_one_that_paid_and_not_by_one_that_does_not() {
        let paid = |method: &str, card: Value| {
            let mut head = head(&[], &subscription("active", "2026-05-10T00:00:00Z"));
            let line = json!({"at": "2026-03-10T00:00:00Z", "payment": "ch_1", "status": "succeeded", "method": method,
                "card": card, "claimed": false});
            head.book.payments.push(from_value(line).unwrap());
            Expiring::of(&head).map(|it| it.card.last4)
        };
        let card = json!({"brand": "visa", "last4": "4242", "exp_month": 4, "exp_year": 2026});
        assert_eq!(paid("card", card.clone()).as_deref(), Some("4242"));
        assert_eq!(paid("sepa_debit", Value::Null), None);
        let mut debited = expiring();
        let line = json!({"at": "2026-03-10T00:00:00Z", "payment": "py_1", "status": "succeeded", "method": "sepa_debit",
            "claimed": false});
        debited.book.payments.push(from_value(line).unwrap());
        assert_eq!(Expiring::of(&debited), None, "its card is kept, and not what pays");
    }

    #[test]
    fn a_card_is_the_same_however_it_is_shown_until_it_is_valid_for_longer() {
        let own = Expiring::of(&expiring()).unwrap();
        let shown = |brand: &str, ends_at: &str| Expiring {
            card: Card { brand: brand.to_owned(), exp_month: None, ..own.card.clone() },
            ends_at: ends_at.parse().unwrap(),
        };
        assert_eq!(shown("Visa", "2026-05-01T00:00:00Z").id(), own.id());
        assert_ne!(shown("visa", "2030-05-01T00:00:00Z").id(), own.id());
        assert_ne!(shown("mastercard", "2026-05-01T00:00:00Z").id(), own.id());
    }

    #[test]
    fn an_account_has_no_card_once_all_have_ended() {
        let of = |lines: &[Value]| head(lines, &subscription("active", "2026-05-10T00:00:00Z")).book;
        for (name, book, now, expected) in [
            ("its last second", of(&[line("4242", Some(CARD), "kept")]), "2026-04-30T23:59:59Z", false),
            ("its month is over", of(&[line("4242", Some(CARD), "kept")]), "2026-05-01T00:00:00Z", true),
            ("the provider says so", of(&[line("4242", None, "expired")]), "2026-01-01T00:00:00Z", true),
            (
                "another goes on",
                of(&[line("4242", Some(CARD), "expired"), line("1881", Some("2030-01"), "kept")]),
                "2026-05-01T00:00:00Z",
                false,
            ),
            ("nothing is known", of(&[]), "2026-05-01T00:00:00Z", false),
        ] {
            assert_eq!(has_expired(&book, now.parse().unwrap()), expected, "{name}");
        }
    }
}
