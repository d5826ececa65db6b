//! What long unpaid invoices leave the customer to use: of many those that take the most.

use super::{AccessLine, Head};
use crate::policy::stored_bytes;
use std::cmp::Reverse;

/// How many of them the head shows, and how long they may be together: one always fits.
const SHOWN_MAX: usize = 3;
const BYTES_MAX: usize = 480;

impl Head {
    /// Shows what an invoice on the ladder leaves, or that it takes nothing any more.
    pub fn shows_overdue(&mut self, invoice: &str, access: Option<AccessLine>) {
        if let Some(access) = access {
            self.overdue.insert(invoice.to_owned(), access);
        } else {
            self.overdue.remove(invoice);
        }
        while self.overdue.len() > 1 && (self.overdue.len() > SHOWN_MAX || stored_bytes(&self.overdue) > BYTES_MAX) {
            let all = self.overdue.iter().map(|(invoice, access)| ((access.state, Reverse(access.since)), invoice));
            let Some((_, least)) = all.min() else { return };
            let least = least.clone();
            self.overdue.remove(&least);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::SubscriptionLine;
    use crate::book::entitlement::{Entitlement, access};
    use crate::event::SubscriptionStatus;

    #[test]
    fn what_takes_the_most_counts_and_stays() {
        let now = "2026-06-14T09:00:00Z".parse().unwrap();
        let mut head = Head::new("stripe", "default", "cus_1");
        let line = SubscriptionLine { status: Some(SubscriptionStatus::Active), ..SubscriptionLine::default() };
        head.book.subscriptions.insert("sub_1".to_owned(), line);
        let of = |state| Some(AccessLine { state, since: now, next: None, next_at: None });
        for (invoice, state) in [
            ("in_1", Entitlement::Warned),
            ("in_2", Entitlement::Suspended),
            ("in_3", Entitlement::Restricted),
            ("in_4", Entitlement::Restricted),
        ] {
            head.shows_overdue(invoice, of(state));
        }
        assert_eq!(head.overdue.keys().map(String::as_str).collect::<Vec<_>>(), ["in_2", "in_3", "in_4"]);
        let found = access(&head, now).unwrap();
        assert_eq!((found.state, found.why.as_str()), (Entitlement::Suspended, "invoice in_2 is overdue"));
        for invoice in ["in_2", "in_3", "in_4"] {
            head.shows_overdue(invoice, None);
        }
        assert_eq!(access(&head, now).map(|access| access.state), Some(Entitlement::Active));
    }
}
