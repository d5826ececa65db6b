//! What is shown of the account as a whole: how it pays, and who it is.

use crate::action::{Known, Line};
use crate::event::SubscriptionStatus;

pub(super) fn update_payment_method() -> (String, Vec<Line>) {
    let line = Line::text("Way to pay", Some("as it is"), "as the customer enters it");
    ("Link to change how to pay".to_owned(), vec![line])
}

pub(super) fn erase_person(known: Known<'_>) -> (String, Vec<Line>) {
    let subscriptions = known.head.book.subscriptions.values();
    let runs = subscriptions.filter(|line| line.status != Some(SubscriptionStatus::Ended)).count();
    let lines = vec![
        Line::text("Name, addresses, telephone", Some("kept"), "erased, and not taken in again"),
        Line::text("What imports say of the customer", Some("kept"), "erased"),
        Line::text("Tickets from their address", Some("kept"), "erased, but for their state and times"),
        Line::text("Invoices, payments, ledger", Some("kept"), "kept, under the provider's ids alone"),
        Line::text("Running subscriptions", Some(&runs.to_string()), "go on; no reminder can reach the customer"),
        Line::text("At the provider", None, "not erased: do it there as well"),
    ];
    ("Erase who the customer is".to_owned(), lines)
}
