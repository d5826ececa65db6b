//! How failures of an account are counted, and what comes of a row of them.

use super::*;
use crate::policies::Policies;
use serde_json::{Value, from_value, json};

fn day(day: i64) -> Timestamp {
    "2026-03-01T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * day)
}

/// Two letters, a warning, another letter and a restriction.
fn plan() -> Plan {
    let step = |number: u32, kind: &str, what: &str, after: i64| {
        let field = if kind == "mail" { "template" } else { "access" };
        json!({"number": number, "kind": kind, field: what, "due_at": day(after), "state": "waiting",
            "done_at": null, "doubt_at": null})
    };
    let steps = [
        step(1, "mail", "reminder_1", 1),
        step(2, "mail", "reminder_2", 5),
        step(3, "access", "warned", 7),
        step(4, "mail", "reminder_3", 10),
        step(5, "access", "restricted", 10),
    ];
    let account = crate::id::AccountId::of("stripe", "default", "cus_1");
    from_value(json!({
        "account": account, "invoice": "in_1", "segment": "standard", "policy_version": 3, "started_at": day(0),
        "state": "running", "reason": null, "steps": steps, "trace": "t",
    }))
    .unwrap()
}

fn due(plan: &Plan) -> Vec<Timestamp> {
    plan.steps.iter().map(|step| step.due_at).collect()
}

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const SAME_TRY: SignedDuration = SignedDuration::from_mins(10);

/// A failed try of an invoice, so many hours from the beginning.
fn failed(hour: i64, invoice: &str) -> Value {
    json!({"at": day(0) + SignedDuration::from_hours(hour), "event": format!("evt_{hour}_{invoice}"),
        "invoice": invoice, "payment": format!("ch_{hour}_{invoice}")})
}

fn by_customer(hour: i64, invoice: &str) -> Value {
    let mut told = failed(hour, invoice);
    told["by_customer"] = json!(true);
    told
}

/// A payment that succeeded then, whatever it was for.
fn paid(hour: i64) -> Value {
    json!({"at": day(0) + SignedDuration::from_hours(hour), "payment": format!("py_{hour}"), "status": "succeeded"})
}

/// An invoice that was paid then, as far as anybody knows when.
fn settled(invoice: &str, hour: Option<i64>) -> Value {
    let paid_at = hour.map(|hour| day(0) + SignedDuration::from_hours(hour));
    json!({"created_at": day(-9), "invoice": invoice, "number": null, "total": null, "remaining": null,
        "status": "paid", "paid_at": paid_at})
}

/// The hours in which those failed that count, and of which invoices.
fn counts(tries: &[Value], payments: &[Value], invoices: &[Value]) -> (Vec<i64>, Vec<String>) {
    let book: Book = from_value(json!({"tries": tries, "payments": payments, "invoices": invoices})).unwrap();
    let Failures { at, invoices } = Failures::of_account(&book, SAME_TRY, HOUR);
    (at.iter().map(|at| at.duration_since(day(0)).as_hours()).collect(), invoices.into_iter().collect())
}

#[test]
fn tries_of_an_account_count_in_a_row_whatever_they_were_for() {
    let (one, two, three) = ("in_1", "in_2", "in_3");
    let twice = vec![failed(0, one), failed(24, two), failed(48, one)];
    let each = vec![failed(0, one), failed(1, two), failed(2, three)];
    let again = |at: i64| [twice.clone(), vec![failed(at, two)]].concat();
    for (name, tries, payments, invoices, hours, named) in [
        ("nothing", vec![], vec![], vec![], vec![], vec![]),
        ("tries of one invoice", vec![failed(0, one), failed(24, one)], vec![], vec![], vec![0, 24], vec![one]),
        ("two invoices by turns", twice.clone(), vec![], vec![], vec![0, 24, 48], vec![one, two]),
        ("three invoices once each", each, vec![], vec![], vec![0, 1, 2], vec![one, two, three]),
        ("another was paid between", twice.clone(), vec![paid(30)], vec![], vec![48], vec![one]),
        ("and it goes on from there", again(72), vec![paid(30)], vec![], vec![48, 72], vec![one, two]),
        ("paid before all", twice.clone(), vec![paid(-1)], vec![], vec![0, 24, 48], vec![one, two]),
        ("paid after all", twice.clone(), vec![paid(49)], vec![], vec![], vec![]),
        ("a try that is told late", again(23), vec![], vec![], vec![0, 23, 24, 48], vec![one, two]),
        (
            "an invoice was paid, and no payment told",
            twice.clone(),
            vec![],
            vec![settled(three, Some(30))],
            vec![48],
            vec![one],
        ),
        ("nobody knows when", twice.clone(), vec![], vec![settled(two, None)], vec![48], vec![one]),
        ("it had never failed", twice, vec![], vec![settled(three, None)], vec![0, 24, 48], vec![one, two]),
    ] {
        let mut backwards = tries.clone();
        backwards.reverse();
        for tries in [tries, backwards] {
            let (at, of) = counts(&tries, &payments, &invoices);
            let of: Vec<&str> = of.iter().map(String::as_str).collect();
            assert_eq!((&at, &of), (&hours, &named), "{name}");
        }
    }
}

#[test]
fn a_try_counts_once_whoever_made_it_and_a_sitting_is_one() {
    let (one, two) = ("in_1", "in_2");
    let without_id = |hour: i64| {
        let mut told = failed(hour, one);
        told["payment"] = Value::Null;
        told["event"] = json!("evt_again");
        told
    };
    let listed = |hour: i64| {
        let mut told = without_id(hour);
        (told["event"], told["undated"]) = (json!("evt_listed"), json!(true));
        told
    };
    for (name, tries, expected) in [
        ("a list shows it as well, a day later", vec![failed(0, one), listed(24)], vec![0]),
        ("a list alone shows it", vec![listed(24)], vec![]),
        ("the provider's own", vec![failed(0, one), failed(1, one), failed(2, one)], vec![0, 1, 2]),
        ("told twice", vec![failed(0, one), without_id(0), failed(24, one)], vec![0, 24]),
        ("mistyped, of two invoices", vec![by_customer(0, one), by_customer(1, two), by_customer(2, one)], vec![0]),
        ("somebody came back", vec![by_customer(0, one), by_customer(2, two)], vec![0, 2]),
        ("beside the provider", vec![by_customer(0, one), failed(1, two), by_customer(1, one)], vec![0, 1]),
    ] {
        assert_eq!(counts(&tries, &[], &[]).0, expected, "{name}");
    }
}

#[test]
fn what_a_customer_tries_in_one_sitting_counts_once() {
    let at = |minute: i64, by: By| (day(0) + SignedDuration::from_mins(minute), by);
    let (customer, provider) = (By::Customer, By::Provider);
    for (name, failed, expected) in [
        ("nothing", vec![], 0),
        ("mistyped three times", vec![at(0, customer), at(4, customer), at(9, customer)], 1),
        ("each soon after the one before", vec![at(0, customer), at(60, customer), at(120, customer)], 1),
        ("a minute too late", vec![at(0, customer), at(61, customer)], 2),
        ("the provider", vec![at(0, provider), at(1, provider), at(2, provider)], 3),
        ("both by turns", vec![at(0, customer), at(1, provider), at(2, customer)], 2),
    ] {
        assert_eq!(counted(failed, SignedDuration::from_mins(60)).len(), expected, "{name}");
    }
}

#[test]
fn one_row_of_failures_is_a_matter_once_and_the_next_one_is_another() {
    let policies = Policies::shipped().unwrap();
    let rule = policies.dunning.version(3).unwrap().escalation.as_ref().unwrap();
    for (name, escalated, failures, expected) in [
        ("two", None, vec![1, 2], None),
        ("three", None, vec![1, 2, 3], Some(1)),
        ("it is one already", Some(3), vec![1, 2, 3, 4], None),
        ("paid, and two since", Some(3), vec![5, 6], None),
        ("paid, and three since", Some(3), vec![5, 6, 7], Some(5)),
        // It was paid on the first day, and nobody knew.
        ("a success is told late, and two of the three stay", Some(3), vec![2, 3], None),
        ("and one more failure is of the row that they were warned in", Some(3), vec![2, 3, 4], None),
    ] {
        let head = Head { escalated_at: escalated.map(day), ..Head::new("stripe", "default", "cus_1") };
        let failures: Vec<Timestamp> = failures.into_iter().map(day).collect();
        assert_eq!(rule.since_of_account(&head, &failures), expected.map(day), "{name}");
    }
}

#[test]
fn the_third_failure_brings_the_warning_with_its_letter_once() {
    let mut plan = plan();
    plan.begin(day(1), day(2)).unwrap();
    plan.sent(1);
    assert!(!plan.escalate(None, false, day(2)), "two do not");
    assert_eq!(due(&plan), [1, 5, 7, 10, 10].map(day));
    let since = Some(day(0));
    let mut paused = plan.clone();
    paused.hold(day(2), day(4));
    assert!(!paused.escalate(since, false, day(3)), "what waits for an incident warns nobody");
    assert!(plan.escalate(since, false, day(3)), "three do");
    assert_eq!(due(&plan), [1, 3, 3, 10, 10].map(day), "and what comes after keeps its day");
    plan.take_access(day(3));
    assert_eq!(plan.access().state, Entitlement::Grace, "not before its letter");
    assert_eq!(plan.begin(day(3), day(4)).map(|step| step.number), Some(2));
    plan.sent(2);
    plan.take_access(day(3));
    assert_eq!(plan.access().state, Entitlement::Warned);
    let before = plan.clone();
    assert!(!plan.escalate(since, false, day(4)), "four do not again");
    assert_eq!(plan, before);
    assert!(plan.escalate(Some(day(5)), false, day(8)), "what fails after something was paid does");
    assert_eq!(due(&plan), due(&before), "and nobody is warned twice");
}

#[test]
fn who_was_warned_by_another_recovery_is_not_warned_again_at_once() {
    for (name, invoice, state, is_warned) in [
        ("another warned them", "in_2", "warned", true),
        ("another takes something", "in_2", "restricted", true),
        ("another runs", "in_2", "grace", false),
        ("itself", "in_1", "warned", false),
    ] {
        let mut head = Head::new("stripe", "default", "cus_1");
        let line = json!({"segment": "standard", "step": 3, "next": null, "next_at": null, "policy_version": 3,
            "access": {"state": state, "since": day(2)}});
        head.dunning.insert(invoice.to_owned(), from_value(line).unwrap());
        let mut plan = plan();
        assert_eq!(plan.is_warned_beside(&head), is_warned, "{name}");
        assert!(plan.escalate(Some(day(0)), is_warned, day(3)), "{name}: somebody has a task all the same");
        let expected = if is_warned { [1, 5, 7, 10, 10] } else { [1, 3, 3, 10, 10] };
        assert_eq!(due(&plan), expected.map(day), "{name}");
        plan.show_on(&mut head);
        assert_eq!(head.escalated_at, Some(day(3)), "{name}: the others see it");
    }
}
