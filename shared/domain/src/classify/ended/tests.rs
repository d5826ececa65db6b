//! Who ended what, what is silenced by it, and which tasks begin.

use super::*;
use crate::action::{Clause, Preview, Reason};
use crate::book::{Head, Touched};
use crate::dunning::{Plan, PlanState};
use crate::id::ActionId;
use serde_json::{Value, from_value, json};

const TOLD: &str = "2026-03-05T09:00:00Z";

fn now() -> Timestamp {
    TOLD.parse().unwrap()
}

fn event(at: &str, origin: &str, seen: &[Value]) -> Event {
    from_value(json!({"id": format!("evt {at} {origin}"), "provider": "stripe", "source": "default", "origin": origin,
        "kind": "subscription_changed", "at": at, "customer": "cus_1", "seen": seen}))
    .unwrap()
}

fn subscription(status: &str, wished: Option<bool>) -> Value {
    json!({"resource": "subscription", "id": "sub_1", "status": status, "wished": wished})
}

fn invoice(id: &str, of: &str, failed_at: Option<&str>) -> Value {
    let usd = json!({"amount": "49.00", "currency": "USD"});
    json!({"resource": "invoice", "id": id, "subscription": of, "status": "open", "total": usd, "remaining": usd,
        "created_at": "2026-03-01T09:00:00Z", "failed_at": failed_at})
}

fn fold(desk: &Desk, event: &Event) -> Desk {
    let mut after = desk.clone();
    after.touched.fold(&mut after.head, event, SignedDuration::ZERO);
    after
}

/// Somebody with a subscription that runs, a bill of it that is recovered, one that is only open, and one of another.
fn desk() -> Desk {
    let told = [
        subscription("active", Some(false)),
        invoice("in_1", "sub_1", Some("2026-03-01T10:00:00Z")),
        invoice("in_2", "sub_1", None),
        invoice("in_3", "sub_2", None),
    ];
    let none = Desk::of(Head::new("stripe", "default", "cus_1"), Touched::default());
    let mut desk = fold(&none, &event("2026-03-01T10:00:00Z", "webhook", &told));
    let plan: Plan = from_value(json!({
        "account": desk.head.account, "invoice": "in_1", "segment": "standard", "policy_version": 2,
        "started_at": "2026-03-01T10:00:00Z", "state": "running", "reason": null, "trace": "t",
        "steps": [{"number": 1, "kind": "person", "due_at": "2026-03-09T10:00:00Z", "state": "waiting",
            "done_at": null, "doubt_at": null}],
    }))
    .unwrap();
    plan.show_on(&mut desk.head);
    desk.plans.insert("in_1".to_owned(), plan);
    desk
}

/// The same while an action of ours is at it.
fn with_action(kind: Kind, state: State) -> Desk {
    let mut desk = desk();
    let id = ActionId::of(&desk.head.account, "mara", "k");
    let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
    let preview = Preview {
        summary: String::new(),
        about: String::new(),
        lines: vec![],
        clause,
        notices: vec![],
        digest: "d".into(),
    };
    let action = Action::new(id.clone(), kind, Reason::Other, preview, "mara", now()).in_state(state);
    desk.actions.insert(id, action);
    desk
}

fn tasks(event: &Event, before: &Desk, after: &Desk) -> Vec<String> {
    let begun = begin(event, &[], before, after, SignedDuration::ZERO, now());
    for task in &begun {
        let mut read = owed(event, before, after).into_iter().map(|invoice| task_of(&after.head.account, &invoice));
        assert!(read.any(|id| id == task.id), "{}: it is read before", task.what);
        assert_eq!(
            begin(event, std::slice::from_ref(task), before, after, SignedDuration::ZERO, now()).len(),
            begun.len() - 1
        );
    }
    begun.into_iter().map(|task| task.what).collect()
}

#[test]
fn what_the_customer_ended_is_asked_for_no_more_and_what_is_open_becomes_a_task() {
    let cancel = Kind::ForceCancel { subscription: "sub_1".to_owned() };
    let pause = Kind::Pause { subscription: "sub_1".to_owned() };
    let other = Kind::ForceCancel { subscription: "sub_2".to_owned() };
    let (both, one, none): (&[&str], &[&str], &[&str]) = (&["in_1", "in_2"], &["in_1"], &[]);
    for (name, before, origin, told, owing, left) in [
        ("the customer ended it", desk(), "webhook", subscription("ended", Some(true)), both, true),
        ("it ends with its period", desk(), "webhook", subscription("active", Some(true)), both, true),
        ("it ended because nobody paid", desk(), "webhook", subscription("ended", None), none, false),
        ("it goes on", desk(), "webhook", subscription("past_due", Some(false)), none, false),
        ("it is listed as ended so", desk(), "listed", subscription("ended", Some(true)), one, true),
        (
            "we ended it",
            with_action(cancel.clone(), State::NeedsPerson),
            "webhook",
            subscription("ended", Some(true)),
            none,
            false,
        ),
        (
            "nothing was done about it yet",
            with_action(cancel, State::WaitingApproval),
            "webhook",
            subscription("ended", Some(true)),
            both,
            true,
        ),
        (
            "we paused it",
            with_action(pause, State::NeedsPerson),
            "webhook",
            subscription("ended", Some(true)),
            both,
            true,
        ),
        (
            "we ended another",
            with_action(other, State::NeedsPerson),
            "webhook",
            subscription("ended", Some(true)),
            both,
            true,
        ),
    ] {
        let event = event(TOLD, origin, &[told]);
        let mut after = fold(&before, &event);
        leave(&event, &before, &mut after, now());
        let expected: Vec<String> =
            owing.iter().map(|id| format!("Settle 49.00 USD of invoice {id}: the customer has ended sub_1")).collect();
        assert_eq!(tasks(&event, &before, &after), expected, "{name}");
        assert_eq!(after.head.left.contains_key("sub_1"), left, "{name}");
        let (plan, runs) = (&after.plans["in_1"], !left);
        assert_eq!((plan.state == PlanState::Running, after.head.dunning.contains_key("in_1")), (runs, runs), "{name}");
        assert_eq!(plan.reason.as_deref(), left.then_some(LEFT), "{name}");
        let silent = silenced(&event, &before, &after);
        assert_eq!(silent, if left { vec!["in_1".to_owned()] } else { vec![] }, "{name}");
    }
}

#[test]
fn it_is_told_once_and_what_fails_later_becomes_a_task_too() {
    let first = event(TOLD, "webhook", &[subscription("active", Some(true))]);
    let before = desk();
    let mut left = fold(&before, &first);
    leave(&first, &before, &mut left, now());
    let again = event("2026-03-06T09:00:00Z", "webhook", &[subscription("ended", Some(true))]);
    let mut twice = fold(&left, &again);
    leave(&again, &left, &mut twice, now());
    assert_eq!((tasks(&again, &left, &twice), twice.head.left["sub_1"].len()), (vec![], 1), "it is known");

    let failed = |origin: &str, of: &str| {
        event("2026-03-07T09:00:00Z", origin, &[invoice("in_4", of, Some("2026-03-07T09:00:00Z"))])
    };
    let task = vec!["Settle 49.00 USD of invoice in_4: the customer has ended sub_1".to_owned()];
    for (name, event, expected) in [
        ("of the same", failed("webhook", "sub_1"), task),
        ("of another", failed("webhook", "sub_2"), vec![]),
        ("one that is only listed", failed("listed", "sub_1"), vec![]),
    ] {
        let after = fold(&twice, &event);
        assert_eq!(tasks(&event, &twice, &after), expected, "{name}");
        let once_more = fold(&after, &self::event("2026-03-08T09:00:00Z", "webhook", &[]));
        assert_eq!(tasks(&event, &after, &once_more), Vec::<String>::new(), "{name}: it has failed before");
    }
}

#[test]
fn what_the_head_does_not_show_any_more_is_forgotten_unless_it_is_an_action_of_ours() {
    let mut before = desk();
    let left = |action: Option<ActionId>| vec![Left { action, at: now() }];
    let action = ActionId::of(&before.head.account, "mara", "k");
    before.head.left.insert("sub_8".to_owned(), left(Some(action)));
    before.head.left.insert("sub_9".to_owned(), left(None));
    let event = event(TOLD, "webhook", &[subscription("ended", Some(true))]);
    let mut after = fold(&before, &event);
    leave(&event, &before, &mut after, now());
    assert_eq!(after.head.left.keys().collect::<Vec<_>>(), ["sub_1", "sub_8"]);
}

#[test]
fn what_we_ended_ourselves_is_ours_also_once_the_action_is_settled() {
    let before = desk();
    let cancelled = event("2026-03-05T09:00:00Z", "listed", &[subscription("ended", Some(true))]);
    let after = fold(&before, &cancelled);
    assert_eq!(ended(&before, &after), ["sub_1"]);
    let action = |subscription: &str| {
        let kind = Kind::ForceCancel { subscription: subscription.to_owned() };
        with_action(kind, State::Executed).actions.into_values().next().unwrap()
    };
    for (what, actions, expected) in [
        ("no action of ours", vec![], vec!["sub_1"]),
        ("another subscription's", vec![action("sub_2")], vec!["sub_1"]),
        ("its own", vec![action("sub_2"), action("sub_1")], vec![]),
    ] {
        let ended_by_us = by_us(ended(&before, &after), &actions);
        assert_eq!(ended(&Desk { ended_by_us, ..before.clone() }, &after), expected, "{what}");
    }
}
