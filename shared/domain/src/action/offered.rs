//! What can be asked for on an account as it stands, and why not the rest? A glance at its head: the preview looks
//! closely.

use crate::book::{Book, Head};
use crate::event::{InvoiceStatus, PaymentStatus, SubscriptionStatus};

/// Why something of this kind is not offered; nothing, where it may be asked for.
pub fn why_not(kind: &str, head: &Head) -> Option<&'static str> {
    let book = &head.book;
    let (possible, why) = match kind {
        "refund" => (took_money(book), "no payment of theirs has come in that is not given back or claimed by a bank"),
        "resend_invoice" | "tax_invoice" => (!book.invoices.is_empty(), "no invoice of theirs is known"),
        "payment_link" | "retry_payment" | "mark_paid" | "write_off" | "void_invoice" | "defer" => {
            (owes(book), "no invoice of theirs is open")
        }
        "extend_grace" => (
            !head.dunning.is_empty() || head.more_dunning > 0,
            "no invoice of theirs is being recovered, so that there is no grace to extend",
        ),
        "extend_trial" => {
            (runs(book, |status| status == Some(SubscriptionStatus::Trial)), "nothing of theirs is on trial")
        }
        "resume" => (runs(book, |status| status == Some(SubscriptionStatus::Paused)), "nothing of theirs is paused"),
        "pause" => (runs(book, |status| status != Some(SubscriptionStatus::Paused)), "nothing of theirs runs"),
        "upgrade" | "downgrade" | "change_addons" | "adjust_seats" | "discount" | "cancel" | "force_cancel" => {
            (runs(book, |_| true), "no subscription of theirs runs")
        }
        _ => (true, ""),
    };
    (!possible).then_some(why)
}

fn took_money(book: &Book) -> bool {
    book.payments.iter().any(|line| {
        let came_in = line.status.is_none_or(|status| status == PaymentStatus::Succeeded);
        let is_left = line
            .amount
            .zip(line.given_back)
            .is_none_or(|(amount, back)| amount.currency() != back.currency() || back.amount() < amount.amount());
        came_in && is_left && !line.claimed
    })
}

/// Of many invoices not all are shown: the sums know of the others.
fn owes(book: &Book) -> bool {
    let figures = &book.figures;
    let is_open = |status: Option<InvoiceStatus>| status.is_none_or(|status| status == InvoiceStatus::Open);
    figures.unpriced > 0
        || figures.outstanding.values().any(|amount| !amount.is_zero())
        || book.invoices.iter().any(|line| is_open(line.status))
}

fn runs(book: &Book, fits: impl Fn(Option<SubscriptionStatus>) -> bool) -> bool {
    let mut statuses = book.subscriptions.values().map(|line| line.status);
    book.more_run || statuses.any(|status| status != Some(SubscriptionStatus::Ended) && fits(status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::KINDS;
    use crate::book::SubscriptionLine;
    use serde_json::{from_value, json};

    fn refused(head: &Head) -> Vec<&'static str> {
        KINDS.into_iter().filter(|kind| why_not(kind, head).is_some()).collect()
    }

    fn head() -> Head {
        Head::new("stripe", "default", "cus_1")
    }

    #[test]
    fn on_an_account_without_anything_only_that_is_offered_which_needs_nothing() {
        let offered: Vec<_> = KINDS.into_iter().filter(|kind| why_not(kind, &head()).is_none()).collect();
        assert_eq!(offered, ["credit", "update_payment_method", "erase_person"]);
        for why in KINDS.into_iter().filter_map(|kind| why_not(kind, &head())) {
            assert!(!why.is_empty() && !why.contains('_'), "{why}");
        }
    }

    #[test]
    fn what_an_account_has_makes_possible_what_is_done_to_it() {
        let at = "2026-03-02T10:00:00Z";
        let money = |amount: &str| json!({"amount": amount, "currency": "USD"});
        let payment = |more: serde_json::Value| {
            let mut line = json!({"at": at, "payment": "ch_1", "amount": money("24.00"), "status": "succeeded"});
            line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let mut head = head();
            head.book.payments.push(from_value(line).unwrap());
            head
        };
        for (name, more, refundable) in [
            ("it came in", json!({}), true),
            ("some went back", json!({"given_back": money("10.00")}), true),
            ("all went back", json!({"given_back": money("24.00")}), false),
            ("a bank claims it", json!({"claimed": true}), false),
            ("it failed", json!({"status": "failed"}), false),
        ] {
            assert_eq!(why_not("refund", &payment(more)).is_none(), refundable, "{name}");
        }
        let of_status = |status| {
            let mut head = head();
            let line = SubscriptionLine { status: Some(status), ..SubscriptionLine::default() };
            head.book.subscriptions.insert("sub_1".to_owned(), line);
            head
        };
        let kinds = ["extend_trial", "pause", "resume", "cancel"];
        for (status, expected) in [
            (SubscriptionStatus::Active, [false, true, false, true]),
            (SubscriptionStatus::Trial, [true, true, false, true]),
            (SubscriptionStatus::Paused, [false, false, true, true]),
            (SubscriptionStatus::Ended, [false, false, false, false]),
        ] {
            assert_eq!(kinds.map(|kind| why_not(kind, &of_status(status)).is_none()), expected, "{}", status.name());
        }
        let mut owing = head();
        let line = json!({"created_at": at, "invoice": "in_1", "number": null, "total": money("9.00"), "remaining": money("9.00"),
            "status": "paid"});
        owing.book.invoices.push(from_value(line).unwrap());
        assert!(refused(&owing).contains(&"payment_link") && !refused(&owing).contains(&"resend_invoice"));
        owing.book.invoices[0].status = Some(InvoiceStatus::Open);
        assert!(!refused(&owing).contains(&"payment_link") && refused(&owing).contains(&"extend_grace"));
        owing.more_dunning = 1;
        assert!(!refused(&owing).contains(&"extend_grace"));
    }
}
