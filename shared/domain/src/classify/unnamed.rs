//! Which cases may an event be about that the head has no room to name?

use super::desk::Desk;
use crate::book::{ResourceId, touches};
use crate::case::Class;
use crate::event::Event;
use crate::id::CaseId;
use std::collections::BTreeSet;

/// The cases of an invoice that are looked up by the head.
const OF_INVOICE: [Class; 4] =
    [Class::PaymentFailed, Class::Overcharge, Class::InvoiceDiscrepancy, Class::PlanMismatch];

/// Names them, of all that the event touches and of all that the head shows. Whoever folds the event reads them first and
/// lets the head name those that are open, so that everything is judged as if it had room. Most accounts have none.
pub fn unnamed(event: &Event, desk: &Desk) -> Vec<CaseId> {
    let (head, touched) = (&desk.head, &desk.touched);
    if head.more_cases == 0 {
        return Vec::new();
    }
    let book = &head.book;
    let mut invoices: BTreeSet<String> = touched.invoices.keys().cloned().collect();
    invoices.extend(book.invoices.iter().map(|line| line.invoice.clone()));
    invoices.extend(book.payments.iter().filter_map(|line| book.invoice_of(line)).map(str::to_owned));
    let mut payments: BTreeSet<String> = touched.payments.keys().cloned().collect();
    payments.extend(book.payments.iter().map(|line| line.payment.clone()));
    let mut subscriptions: BTreeSet<String> = touched.subscriptions.keys().cloned().collect();
    subscriptions.extend(book.subscriptions.keys().cloned());
    for resource in touches(event) {
        match resource {
            ResourceId::Invoice(id) => invoices.insert(id),
            ResourceId::Payment(id) => payments.insert(id),
            ResourceId::Subscription(id) => subscriptions.insert(id),
            ResourceId::Person | ResourceId::Card(_) => false,
        };
    }
    let of = |class: Class, about: &str| CaseId::of(&head.account, class.name(), about);
    let mut all = Vec::new();
    for invoice in &invoices {
        all.extend(OF_INVOICE.map(|class| of(class, invoice)));
    }
    all.extend(payments.iter().map(|payment| of(Class::DuplicateCharge, payment)));
    all.extend(subscriptions.iter().map(|subscription| of(Class::DuplicateSubscription, subscription)));
    all.retain(|case| !head.cases.contains_key(case));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{CaseLine, Head, Touched};
    use jiff::{SignedDuration, Timestamp};
    use serde_json::{from_value, json};

    fn id(class: Class, about: &str) -> CaseId {
        CaseId::of(&Head::new("stripe", "default", "cus_1").account, class.name(), about)
    }

    fn line(hour: i64) -> CaseLine {
        let opened_at = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour);
        CaseLine { class: Class::PaymentFailed.name().to_owned(), opened_at, by_ticket: false }
    }

    /// Five payments failed, one an hour, and the head names two of them.
    fn head() -> Head {
        let mut head = Head::new("stripe", "default", "cus_1");
        for number in 0..5 {
            head.names(&id(Class::PaymentFailed, &format!("in_{number}")), line(number), false);
        }
        head.names_at_most(2);
        head
    }

    fn named(head: &Head) -> BTreeSet<CaseId> {
        head.cases.keys().cloned().collect()
    }

    fn failed(numbers: &[u8]) -> BTreeSet<CaseId> {
        numbers.iter().map(|number| id(Class::PaymentFailed, &format!("in_{number}"))).collect()
    }

    #[test]
    fn those_that_were_opened_last_are_named_and_the_others_are_counted() {
        let case = |number: u8| id(Class::PaymentFailed, &format!("in_{number}"));
        let mut head = head();
        assert_eq!((named(&head), head.more_cases), (failed(&[3, 4]), 3));
        head.forgets(&case(0), true);
        assert_eq!((named(&head), head.more_cases), (failed(&[3, 4]), 2), "one that was not named is over");
        head.forgets(&case(0), false);
        assert_eq!((named(&head), head.more_cases), (failed(&[3, 4]), 2), "it was over already");
        head.forgets(&case(4), true);
        assert_eq!((named(&head), head.more_cases), (failed(&[3]), 2), "one that was named is over");
        head.names(&case(1), line(1), true);
        assert_eq!((named(&head), head.more_cases), (failed(&[1, 3]), 1), "one of them was read");
        head.names(&case(1), line(1), true);
        assert_eq!((named(&head), head.more_cases), (failed(&[1, 3]), 1), "once more");
        head.names(&case(4), line(4), false);
        assert_eq!((named(&head), head.more_cases), (failed(&[1, 3, 4]), 1), "one opens again");
        head.names_at_most(2);
        assert_eq!((named(&head), head.more_cases), (failed(&[3, 4]), 2));
        head.names_at_most(2);
        assert_eq!((named(&head), head.more_cases), (failed(&[3, 4]), 2), "there is room");
    }

    #[test]
    fn what_an_event_touches_is_looked_up_where_not_all_are_named() {
        let event: Event =
            from_value(json!({"id": "e", "provider": "stripe", "source": "default", "origin": "webhook",
            "kind": "invoice_changed", "at": "2026-03-01T09:00:00Z", "customer": "cus_1", "seen": [
                {"resource": "invoice", "id": "in_0", "status": "paid"},
                {"resource": "invoice", "id": "in_4", "status": "paid"},
            ]}))
            .unwrap();
        let found: BTreeSet<CaseId> = unnamed(&event, &Desk::of(head(), Touched::default())).into_iter().collect();
        assert!(found.is_superset(&failed(&[0])), "{found:?}");
        assert!(found.contains(&id(Class::Overcharge, "in_4")), "another case of the same invoice: {found:?}");
        assert!(found.is_disjoint(&failed(&[1, 2, 3, 4])), "not touched, or named: {found:?}");
        let mut all_named = head();
        all_named.more_cases = 0;
        assert_eq!(unnamed(&event, &Desk::of(all_named, Touched::default())), Vec::<CaseId>::new());
    }
}
