//! What does a commit change that the product has to hear of? It is told of nothing else.

use super::event::{Event, Kind};
use crate::action::{Action, Outcome, State as ActionState, Target};
use crate::book::entitlement::entitlement;
use crate::book::{Due, Head, Invoice};
use crate::case::{Case, State as CaseState};
use crate::classify::desk::Desk;
use jiff::Timestamp;
use serde_json::{Value, json};

/// Everything that an event of a provider brought about.
pub fn happened(before: &Desk, after: &Desk, now: Timestamp) -> Vec<Event> {
    let head = &after.head;
    let mut told = changes(&before.head, head, now);
    for (id, case) in after.cases.iter().filter(|(_, case)| is_open(case)) {
        let before = before.cases.get(id);
        if !before.is_some_and(is_open) {
            told.push(of_case(head, before, case, now));
        }
    }
    let actions = after.actions.iter();
    told.extend(actions.filter_map(|(id, action)| executed(head, before.actions.get(id), action, now)));
    let recovered = after.touched.invoices.iter().filter(|(id, invoice)| {
        // One that is seen for the first time, paid long ago, has not come back now.
        is_recovered(invoice) && before.touched.invoices.get(*id).is_some_and(|before| !is_recovered(before))
    });
    told.extend(recovered.map(|(_, invoice)| of_invoice(head, invoice, now)));
    told
}

/// What follows for what a customer may use, wherever the head of an account is written.
pub fn changes(before: &Head, after: &Head, now: Timestamp) -> Vec<Event> {
    // An end of grace that nothing tells has passed since: as it was told last, it was still as of the last event.
    let told_at = before.book.last_event_at.map_or(now, |at| at.min(now));
    let (was, is) = (entitlement(before, told_at), entitlement(after, now));
    let Some(state) = is.filter(|_| was != is) else { return Vec::new() };
    // Until the next event each commit finds that time has passed: all of them say it under one id.
    let since = if entitlement(before, now) == is { told_at } else { now };
    let since = since.to_string();
    let about = [was.map_or("", |was| was.name()), state.name(), since.as_str()];
    let data = [("state", json!(state)), ("before", json!(was))];
    vec![Event::of(after, Kind::EntitlementChanged, &about, now, &data)]
}

/// That an action was carried out, where it is now and was not before. A bundle is told by its members, so that nobody
/// counts its money twice.
pub fn executed(head: &Head, before: Option<&Action>, after: &Action, now: Timestamp) -> Option<Event> {
    let is_done = |action: &Action| action.state() == ActionState::Executed && action.members.is_empty();
    if !is_done(after) || before.is_some_and(is_done) {
        return None;
    }
    let reference = match after.outcome() {
        Some(Outcome::Done { reference, .. }) if !reference.is_empty() => Some(reference.as_str()),
        _ => None,
    };
    let target = match after.kind.target() {
        Target::Payment(id) | Target::Invoice(id) | Target::Subscription(id) => Some(id),
        Target::Account | Target::Several => None,
    };
    let data = [
        ("action", json!(after.id)),
        ("kind", json!(after.kind.name())),
        ("target", json!(target)),
        ("amount", json!(after.kind.amount())),
        ("reason", json!(after.reason_code)),
        ("case", json!(after.case)),
        ("reference", json!(reference)),
    ];
    Some(Event::of(head, Kind::ActionExecuted, &[after.id.as_str()], now, &data))
}

fn is_open(case: &Case) -> bool {
    case.state == CaseState::Open
}

fn of_case(head: &Head, before: Option<&Case>, case: &Case, now: Timestamp) -> Event {
    let data = [
        ("case", json!(case.id)),
        ("class", json!(case.class)),
        ("about", json!(case.about)),
        ("rule", json!(case.rule)),
        ("recommended", case.recommended.as_ref().map_or(Value::Null, |it| json!(it.kind.name()))),
    ];
    // One that is opened again was over in between.
    let was_over = before.and_then(|before| before.resolved_at).map(|at| at.to_string()).unwrap_or_default();
    Event::of(head, Kind::CaseOpened, &[case.id.as_str(), was_over.as_str()], now, &data)
}

fn is_recovered(invoice: &Invoice) -> bool {
    invoice.first_failed_at.is_some() && invoice.due() == Due::Paid
}

fn of_invoice(head: &Head, invoice: &Invoice, now: Timestamp) -> Event {
    let data = [
        ("invoice", json!(invoice.id)),
        ("number", json!(invoice.number.value())),
        ("amount", json!(invoice.total.copied())),
        ("failed_at", json!(invoice.first_failed_at)),
        ("paid_at", json!(invoice.paid_at())),
        ("reason", json!(invoice.decline().map(|decline| &decline.code))),
    ];
    Event::of(head, Kind::PaymentRecovered, &[&invoice.id], now, &data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Kind as ActionKind, Preview, Reason};
    use crate::book::{SubscriptionLine, Touched};
    use crate::event::{Event as Told, Seen, SubscriptionStatus};
    use serde_json::from_value;

    fn at(hour: i64) -> Timestamp {
        "2026-03-01T00:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(hour)
    }

    fn head(status: Option<SubscriptionStatus>, grace_until: Option<Timestamp>) -> Head {
        let mut head = Head::new("shop", "default", "cus_1");
        head.book.last_event_at = Some(at(0));
        if status.is_some() {
            let line = SubscriptionLine { status, grace_until, ..SubscriptionLine::default() };
            head.book.subscriptions.insert("sub_1".to_owned(), line);
        }
        head
    }

    #[test]
    fn what_a_customer_may_use_is_told_when_it_changes_and_never_else() {
        use SubscriptionStatus::{Active, Ended, Incomplete, PastDue};
        let rows = [
            ("nothing is known", head(None, None), head(None, None), None),
            ("not begun", head(None, None), head(Some(Incomplete), None), None),
            ("the first", head(None, None), head(Some(Active), None), Some((None, "active"))),
            ("as before", head(Some(Active), None), head(Some(Active), None), None),
            ("less", head(Some(Active), None), head(Some(PastDue), Some(at(9))), Some((Some("active"), "grace"))),
            ("more", head(Some(PastDue), Some(at(9))), head(Some(Active), None), Some((Some("grace"), "active"))),
            ("nothing", head(Some(Active), None), head(Some(Ended), None), Some((Some("active"), "ended"))),
            (
                "grace has ended, and nothing told of it",
                head(Some(PastDue), Some(at(1))),
                head(Some(PastDue), Some(at(1))),
                Some((Some("grace"), "suspended")),
            ),
        ];
        for (name, before, after, expected) in rows {
            let told = changes(&before, &after, at(2));
            let said = told.first().map(|event| {
                assert_eq!(event.kind, Kind::EntitlementChanged, "{name}");
                (event.data["before"].as_str(), event.data["state"].as_str().unwrap())
            });
            assert_eq!(said, expected, "{name}");
        }
    }

    #[test]
    fn an_end_of_grace_is_one_event_however_many_commits_find_it() {
        use SubscriptionStatus::{Active, PastDue};
        let late = head(Some(PastDue), Some(at(1)));
        let (one, other) = (changes(&late, &late, at(2)), changes(&late, &late, at(5)));
        assert_eq!((one[0].id.as_str(), one.len()), (other[0].id.as_str(), 1));
        // The same change on another day is another event.
        let (active, grace) = (head(Some(Active), None), head(Some(PastDue), None));
        assert_ne!(changes(&active, &grace, at(2))[0].id, changes(&active, &grace, at(3))[0].id);
    }

    fn invoice(failed: bool, status: &str) -> Touched {
        let mut head = head(None, None);
        let mut touched = Touched::default();
        let event: Told =
            from_value(json!({"id": status, "provider": "shop", "source": "default", "origin": "webhook",
            "kind": "invoice_changed", "at": at(1), "customer": "cus_1", "seen": [{"resource": "invoice", "id": "in_1",
            "status": status, "total": {"amount": "49.00", "currency": "EUR"}, "failed_at": failed.then_some(at(0)),
            "paid_at": (status == "paid").then_some(at(1))}]}))
            .unwrap();
        assert!(matches!(event.seen[0], Seen::Invoice(_)));
        touched.fold(&mut head, &event, jiff::SignedDuration::from_mins(10));
        touched
    }

    #[test]
    fn a_payment_is_recovered_where_it_had_failed_and_is_paid() {
        let rows = [
            ("failed, and paid", Some((true, "open")), (true, "paid"), true),
            ("paid, and the failure is told late", Some((false, "paid")), (true, "paid"), true),
            ("paid at once", Some((false, "open")), (false, "paid"), false),
            ("recovered before", Some((true, "paid")), (true, "paid"), false),
            ("still open", Some((true, "open")), (true, "open"), false),
            ("given up", Some((true, "open")), (true, "void"), false),
            ("paid long before it was seen", None, (true, "paid"), false),
        ];
        for (name, before, (failed, status), expected) in rows {
            let before = before.map_or_else(Touched::default, |(failed, status)| invoice(failed, status));
            let (before, after) =
                (Desk::of(head(None, None), before), Desk::of(head(None, None), invoice(failed, status)));
            let told = happened(&before, &after, at(2));
            assert_eq!(told.len(), usize::from(expected), "{name}: {told:?}");
            if let Some(event) = told.first() {
                assert_eq!(event.kind, Kind::PaymentRecovered, "{name}");
                let amount = json!({"amount": "49.00", "currency": "EUR"});
                assert_eq!((&event.data["invoice"], &event.data["amount"]), (&json!("in_1"), &amount), "{name}");
            }
        }
    }

    fn case(state: &str, resolved_at: Option<Timestamp>) -> Case {
        let account = head(None, None).account;
        let id = crate::id::CaseId::of(&account, "payment_failed", "in_1");
        from_value(json!({"id": id, "account": account, "class": "payment_failed", "about": "in_1", "confidence": "1",
            "state": state, "rule": "card-expired", "policy_version": 1, "evidence": [], "missing": [], "advice": "",
            "why": "", "recommended": null, "draft_reply": null, "actions": [], "events": [], "opened_at": at(0),
            "resolved_at": resolved_at, "resolution": null}))
        .unwrap()
    }

    #[test]
    fn a_case_is_told_when_it_opens_and_when_it_opens_again() {
        let desk = |case: Option<Case>| {
            let cases = case.into_iter().map(|case| (case.id.clone(), case)).collect();
            Desk { cases, ..Desk::of(head(None, None), Touched::default()) }
        };
        let (none, open) = (desk(None), desk(Some(case("open", None))));
        let over = desk(Some(case("resolved", Some(at(1)))));
        for (before, after) in [(&open, &open), (&open, &over), (&none, &over)] {
            assert!(happened(before, after, at(2)).is_empty());
        }
        let (first, again) = (happened(&none, &open, at(2)), happened(&over, &open, at(2)));
        assert_eq!((first.len(), again.len(), first[0].kind), (1, 1, Kind::CaseOpened));
        assert_ne!(first[0].id, again[0].id, "it was over in between");
        assert_eq!(first[0].data["rule"], "card-expired");
    }

    #[test]
    fn an_action_is_told_once_it_is_carried_out_and_a_bundle_by_its_members() {
        let head = head(None, None);
        let id = crate::id::ActionId::of(&head.account, "mara", "key");
        let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
        let preview = Preview {
            summary: "Mara's words".into(),
            about: String::new(),
            lines: vec![],
            clause,
            notices: vec![],
            digest: "d".into(),
        };
        let amount = from_value(json!({"amount": "10.00", "currency": "USD"})).unwrap();
        let kind = ActionKind::Refund { payment: "ch_1".to_owned(), amount };
        let action = Action::new(id.clone(), kind, Reason::BillingError, preview, "mara", at(1));
        let state = |state| action.clone().in_state(state);
        let (approved, done) = (state(ActionState::Approved), state(ActionState::Executed));
        let mut bundle = done.clone();
        bundle.members.push(id.clone());
        let rows = [
            ("done", Some(&approved), &done, true),
            ("proved, and never seen before", None, &done, true),
            ("done before", Some(&done), &done, false),
            ("not done", None, &approved, false),
            ("a bundle", Some(&approved), &bundle, false),
        ];
        for (name, before, after, expected) in rows {
            let told = executed(&head, before, after, at(2));
            assert_eq!(told.is_some(), expected, "{name}");
            if let Some(event) = told {
                let said = ["kind", "target", "reason"].map(|field| event.data[field].as_str().unwrap().to_owned());
                assert_eq!(said, ["refund", "ch_1", "billing_error"], "{name}");
                assert!(!event.body().contains("Mara"), "{name}: nothing that people wrote");
            }
        }
    }
}
