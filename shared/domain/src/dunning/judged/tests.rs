//! Whose failure counts for which card, and that what is barred stays so.

use super::*;
use crate::policies::Policies;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, from_value, json};
use std::sync::LazyLock;

static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::shipped().unwrap());

const AT: &str = "2026-03-02T09:00:00Z";
const A: &str = "visa 4242";
const B: &str = "visa 1881";

fn day(day: usize) -> Timestamp {
    AT.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * i64::try_from(day).unwrap())
}

/// Failed tries, one a day: with which card, why, and by whom.
fn tried(lines: &[(&str, &str, By)]) -> Vec<Tried> {
    let line = |(number, (card, code, by)): (usize, &(&str, &str, By))| Tried {
        payment: Some(format!("ch_{card}_{number}")),
        network: Some("visa".to_owned()),
        card: Some((*card).to_owned()),
        code: Some((*code).to_owned()),
        ..Tried::failed(day(number), *by)
    };
    lines.iter().enumerate().map(line).collect()
}

/// A customer who has both cards; which is charged for what comes, and which for the subscription.
fn head(chosen: Option<&str>, own: Option<&str>) -> Head {
    let mut head = Head::new("stripe", "default", "cus_1");
    for (id, last4) in [("pm_a", "4242"), ("pm_b", "1881")] {
        let card = json!({"brand": "Visa", "last4": last4, "exp_month": 4, "exp_year": 2032});
        head.book.cards.push(from_value(json!({"seen_at": AT, "id": id, "card": card, "state": "kept"})).unwrap());
    }
    head.book.chosen = from_value(chosen.map_or(Value::Null, |id| json!([[AT, 0, "evt_1"], id]))).unwrap();
    head.book.subscriptions.insert("sub_1".to_owned(), from_value(json!({"card": own})).unwrap());
    head
}

/// An invoice of the subscription, of which this was told last.
fn invoice(tried: &[Tried]) -> Invoice {
    let decline = tried.last().map(|last| json!({"provider": "stripe", "code": last.code}));
    let seen = |value: Value| json!([[AT, 0, "evt_1"], value]);
    from_value(json!({"id": "in_1", "subscription": seen(json!("sub_1")),
        "decline": decline.map_or(Value::Null, seen)}))
    .unwrap()
}

fn judged(head: &Head, own: &[Tried], beside: &[Vec<Tried>]) -> Judged {
    Judged::of(POLICIES.declines.current(), head, &invoice(own), own, beside)
}

#[test]
fn the_card_that_is_charged_is_judged_by_what_was_tried_with_it() {
    use By::{Customer, Provider, Recoup};
    let (a, b) = (Some("pm_a"), Some("pm_b"));
    let (funds, stolen, cvc) = ("insufficient_funds", "stolen_card", "incorrect_cvc");
    let two = |one: (&str, &str, By), other: (&str, &str, By)| tried(&[one, other]);
    let (first, second) = ((A, stolen, Provider), (B, funds, Provider));
    let rows = [
        ("one that is barred stays so", (a, None), two(first, second), (A, stolen, true)),
        ("until another is chosen", (b, None), two(first, second), (B, funds, false)),
        ("and is again, chosen again", (a, None), tried(&[first, (A, funds, Provider), second]), (A, funds, true)),
        ("a slip with another one", (a, None), two((A, funds, Provider), (B, cvc, Provider)), (A, funds, false)),
        ("a slip with the same", (a, None), two((A, funds, Provider), (A, cvc, Recoup)), (A, cvc, false)),
        ("nobody says which is charged", (None, None), two(first, (B, funds, Customer)), (A, stolen, true)),
        ("and it may be either", (None, None), two(first, second), (B, funds, true)),
        ("its customer's alone", (None, None), two((A, funds, Provider), (B, stolen, Customer)), (A, funds, false)),
        ("the subscription has its own", (b, a), two(first, second), (A, stolen, true)),
        ("its own is the other", (a, b), two(first, second), (B, funds, false)),
        ("the chosen one was not tried yet", (b, None), tried(&[(A, funds, Provider)]), (B, funds, false)),
    ];
    for (name, (chosen, own), lines, (card, code, is_never)) in rows {
        let judged = judged(&head(chosen, own), &lines, &[]);
        let found = judged.decline.as_ref().map(|decline| decline.code.as_str());
        assert_eq!((judged.card.as_deref(), found), (Some(card), Some(code)), "{name}");
        assert_eq!(judged.never.is_some(), is_never, "{name}: {judged:?}");
        let budget = judged.budget(POLICIES.declines.current(), &[], &lines, &[]);
        assert_eq!(budget.earliest(&[], day(9)).is_none(), is_never, "{name}: whoever asks is told the same");
    }
}

#[test]
fn what_another_invoice_says_of_a_card_holds_for_all() {
    let own = tried(&[(A, "insufficient_funds", By::Provider)]);
    let of = |card: &str, code: &str| tried(&[(card, code, By::Provider)]);
    let debit = vec![Tried {
        network: Some("sepa_debit".to_owned()),
        code: Some("debit_not_authorized".to_owned()),
        ..Tried::failed(day(1), By::Provider)
    }];
    for (name, beside, is_never) in [
        ("nothing else was tried", vec![], false),
        ("it failed for another reason", of(A, "expired_card"), false),
        ("it was stolen", of(A, "stolen_card"), true),
        ("by its number alone", of("card 4242", "stolen_card"), true),
        ("another card was", of(B, "stolen_card"), false),
        ("a debit is forbidden", debit, false),
    ] {
        let judged = judged(&head(Some("pm_a"), None), &own, &[beside]);
        assert_eq!(judged.never.is_some(), is_never, "{name}: {judged:?}");
    }
}

#[test]
fn what_the_head_remembers_says_more_than_a_code() {
    let mut head = head(Some("pm_a"), None);
    let own = tried(&[(A, "card_declined", By::Provider), (B, "insufficient_funds", By::Provider)]);
    assert_eq!(judged(&head, &own, &[]).never, None, "no reason is told");
    let decline = json!({"provider": "stripe", "code": "card_declined", "network_code": "43", "network": "visa"});
    let line = |payment: &str| json!({"at": day(0), "event": "evt_1", "invoice": "in_1", "payment": payment, "decline": decline, "card": A});
    head.book.tries.push(from_value(line("ch_visa 4242_0")).unwrap());
    let found = judged(&head, &own, &[]);
    let code = found.decline.as_ref().and_then(|decline| decline.network_code.as_deref());
    assert_eq!((code, found.never.is_some()), (Some("43"), true), "{found:?}");
    // Of another invoice that nobody has read.
    head.book.tries[0] = from_value(line("ch_9")).unwrap();
    assert!(judged(&head, &own, &[]).never.is_some());
}

#[test]
fn what_was_only_answered_counts_before_the_invoice_tells_it() {
    let (told, head) = (tried(&[(A, "insufficient_funds", By::Provider)]), head(Some("pm_a"), None));
    let answered = Tried { payment: None, code: Some("expired_card".to_owned()), at: day(3), ..told[0].clone() };
    let all = [told.clone(), vec![answered]].concat();
    let found = Judged::of(POLICIES.declines.current(), &head, &invoice(&told), &all, &[]);
    assert_eq!(found.decline.map(|decline| decline.code).as_deref(), Some("expired_card"));
}
