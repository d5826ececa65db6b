//! An end from the letter that tells of it to what became of it.

use super::*;
use crate::book::entitlement::Entitlement;
use crate::dunning::PlanState;
use crate::id::AccountId;
use serde_json::{Value, from_value, json};

fn hour(hour: i64) -> Timestamp {
    "2026-03-01T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hour)
}

/// Written to and warned on the first day, told of the end after ten hours more, held for 72.
fn plan() -> Plan {
    let step = |number: u32, after: i64, kind: &Value| {
        let mut step =
            json!({"number": number, "due_at": hour(after), "state": "waiting", "done_at": null, "doubt_at": null});
        step.as_object_mut().unwrap().extend(kind.as_object().unwrap().clone());
        step
    };
    let steps = [
        step(1, 1, &json!({"kind": "mail", "template": "reminder_1"})),
        step(2, 2, &json!({"kind": "access", "access": "warned"})),
        step(3, 12, &json!({"kind": "mail", "template": "final_notice"})),
        step(4, 84, &json!({"kind": "end", "ends": "subscription", "hold_hours": 72})),
        step(5, 84, &json!({"kind": "access", "access": "ended"})),
    ];
    from_value(json!({
        "account": AccountId::of("stripe", "default", "cus_1"), "invoice": "in_1", "segment": "standard",
        "policy_version": 3, "started_at": hour(0), "state": "running", "reason": null, "steps": steps, "trace": "t",
    }))
    .unwrap()
}

/// A letter of it leaves.
fn writes(plan: &mut Plan, at: i64) {
    let step = plan.begin(hour(at), hour(at + 1)).expect("a letter is due");
    plan.sent(step.number);
    plan.take_access(hour(at));
}

/// Its customer has been told of the end in time.
fn told() -> Plan {
    let mut plan = plan();
    writes(&mut plan, 1);
    plan.take_access(hour(2));
    writes(&mut plan, 12);
    plan
}

fn asked() -> Plan {
    let mut plan = told();
    assert!(plan.has_to_end(hour(84)));
    plan.asks_end(hour(84), hour(85));
    plan
}

fn ended(plan: &Plan) -> (StepState, Entitlement) {
    (plan.steps[3].state, plan.access().state)
}

#[test]
fn an_end_comes_once_its_hold_is_over() {
    let mut plan = told();
    for (at, comes) in [(12, false), (83, false), (84, true)] {
        plan.take_access(hour(at));
        assert_eq!((plan.has_to_end(hour(at)), plan.access().state), (comes, Entitlement::Warned), "after {at} hours");
    }
    assert_eq!(plan.next().map(|step| step.number), Some(4), "access waits for the end");
    assert_eq!(plan.next_wake(), Some(hour(84)));
    assert_eq!(plan.access().next_at, Some(hour(84)));
    assert_eq!(plan.begin(hour(90), hour(91)), None, "it is no message");
}

#[test]
fn whoever_is_told_late_or_is_let_wait_has_as_long() {
    let mut late = plan();
    writes(&mut late, 1);
    late.take_access(hour(2));
    writes(&mut late, 30);
    assert!(!late.has_to_end(hour(101)) && late.has_to_end(hour(102)), "{:?}", late.steps);
    assert_eq!(late.expected_at(&late.steps[4]), hour(102));

    let mut warned_late = plan();
    writes(&mut warned_late, 1);
    warned_late.take_access(hour(7));
    assert_eq!(warned_late.steps[2].due_at, hour(17), "the letter moves with what stands before it");

    let mut held = told();
    held.hold(hour(20), hour(21));
    assert!(!held.has_to_end(hour(90)), "nothing ends while it waits");
    held.wait_for(None, hour(90), hour(91));
    assert!(!held.has_to_end(hour(153)) && held.has_to_end(hour(154)));

    let mut unwritten = plan();
    writes(&mut unwritten, 1);
    unwritten.take_access(hour(2));
    assert!(!unwritten.has_to_end(hour(200)), "nobody was told of it");
    unwritten.begin(hour(12), hour(13)).unwrap();
    assert!(!unwritten.has_to_end(hour(200)), "it may be on its way");
    unwritten.handed_over(3);
    assert!(unwritten.has_to_end(hour(84)) && !unwritten.told_of_end(), "a person has it");
}

#[test]
fn nobody_is_asked_for_what_is_not_ours_to_end() {
    for (why, access) in [
        (NoEnd::ByProvider, Entitlement::Ended),
        (NoEnd::Nothing, Entitlement::Ended),
        (NoEnd::Impossible("subscription sub_1 has ended".to_owned()), Entitlement::Ended),
        (NoEnd::Untold, Entitlement::Warned),
    ] {
        let mut plan = told();
        plan.skip_end(&why, hour(84));
        plan.take_access(hour(84));
        assert_eq!(ended(&plan), (StepState::Skipped, access), "{why}");
        assert_eq!((plan.state, plan.why(&plan.steps[3])), (PlanState::Finished, Some(why.to_string())));
    }
}

#[test]
fn access_ends_when_what_was_asked_for_is_done() {
    use StepState::{Asked, Sent, Skipped, Waiting};
    for (name, end, state, access, over) in [
        ("nobody knows yet", None, Asked, Entitlement::Warned, false),
        ("it is done", Some(EndOf::Done), Sent, Entitlement::Ended, true),
        ("the account has changed", Some(EndOf::Overtaken), Waiting, Entitlement::Warned, false),
        ("it was denied", Some(EndOf::NotDone("it was denied")), Skipped, Entitlement::Warned, true),
    ] {
        let mut plan = asked();
        assert_eq!(plan.next_wake(), Some(hour(85)), "{name}: it is looked at again");
        plan.take_access(hour(85));
        assert_eq!(ended(&plan), (Asked, Entitlement::Warned), "{name}: nothing ends before");
        plan.learn_end(end, hour(90), hour(91));
        plan.take_access(hour(90));
        assert_eq!((ended(&plan), plan.state == PlanState::Finished), ((state, access), over), "{name}");
    }
}

#[test]
fn each_request_is_another_and_they_come_to_an_end() {
    let mut plan = told();
    let mut seen = std::collections::BTreeSet::new();
    while plan.has_to_end(hour(84)) {
        let next = plan.next_end();
        plan.asks_end(hour(84), hour(85));
        assert_eq!(plan.asked_end(), Some(next.clone()));
        assert!(seen.insert(next), "no two have one id");
        plan.learn_end(Some(EndOf::Overtaken), hour(84), hour(85));
    }
    assert_eq!((seen.len(), plan.state), (5, PlanState::Finished));
    assert_eq!(plan.access().state, Entitlement::Warned);
}

#[test]
fn what_stops_or_pauses_the_recovery_lets_nothing_end() {
    let (plan, mut paid, mut paused) = (asked(), asked(), asked());
    let request = plan.asked_end().unwrap();
    assert!(plan.lets_end(&request) && !plan.lets_end(&plan.next_end()));
    paid.stop("paid", hour(86));
    assert!(!paid.lets_end(&request));
    assert_eq!((ended(&paid).0, paid.why(&paid.steps[3])), (StepState::Skipped, Some("paid".to_owned())));
    paused.hold(hour(86), hour(90));
    assert!(!paused.lets_end(&request), "it is asked for anew when it goes on");
    let mut earlier = told();
    earlier.stop("paid", hour(50));
    assert!(!earlier.has_to_end(hour(84)) && earlier.next_wake().is_none());
}
