//! A plan from its beginning to its end, step by step.

use super::*;
use crate::book::Stamp;
use crate::event::{Event, Seen};
use crate::money::{Currency, Money};
use crate::policies::Policies;

fn day(day: i64) -> Timestamp {
    "2026-03-01T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * day)
}

fn open(minor: i64) -> Invoice {
    let mut invoice = Invoice::new("in_1");
    let event: Event = serde_json::from_value(serde_json::json!({
        "id": "e", "provider": "stripe", "source": "default", "origin": "webhook", "kind": "invoice_changed", "at": "2026-03-01T00:00:00Z", "customer": null,
        "seen": [{"resource": "invoice", "id": "in_1", "status": "open", "remaining": Money::from_minor(minor, Currency::USD)}],
    }))
    .unwrap();
    let Seen::Invoice(seen) = &event.seen[0] else { unreachable!() };
    invoice.status.see(&Stamp::of(&event, None, 0), seen.status);
    invoice.remaining.see(&Stamp::of(&event, None, 0), seen.remaining);
    invoice
}

fn planned(minor: i64, since: Option<Timestamp>) -> Plan {
    let policies = Policies::shipped().unwrap();
    let account = AccountId::of("stripe", "default", "cus_1");
    plan(
        &account,
        &open(minor),
        (since, "declined", Whose::default()),
        policies.dunning.version(1).unwrap(),
        day(0),
        "t",
    )
    .unwrap()
}

#[test]
fn the_segment_depends_on_amount_and_tenure() {
    let rows = [
        ("just below high value", 99_999, Some(day(-400)), "standard"),
        ("high value", 100_000, Some(day(-400)), "high_value"),
        ("89 days", 4900, Some(day(-89)), "new_tenure"),
        ("90 days", 4900, Some(day(-90)), "standard"),
        ("unknown tenure", 4900, None, "standard"),
    ];
    for (name, minor, since, segment) in rows {
        assert_eq!(planned(minor, since).segment, segment, "{name}");
    }
}

#[test]
fn a_late_start_skips_what_has_passed() {
    let mut plan = planned(4900, None);
    assert_eq!(plan.begin(day(0), day(1)), None);
    assert_eq!(plan.begin(day(6), day(7)).unwrap().number, 2);
    assert_eq!(plan.steps[0].state, StepState::Skipped);
    assert_eq!(plan.next().unwrap().number, 2, "a step that is being sent is not behind us");
    assert_eq!(plan.next_wake(), Some(day(7)));
    plan.sent(2);
    assert_eq!(plan.next_wake(), Some(day(10)));
}

#[test]
fn what_is_being_sent_keeps_its_place_until_it_is_known_what_became_of_it() {
    let mut plan = planned(4900, None);
    assert_eq!(plan.turn_at(), Some(day(1)));
    plan.begin(day(1), day(2));
    assert_eq!((plan.next_wake(), plan.turn_at()), (Some(day(2)), Some(day(1))), "its alarm is not its place");
    plan.sent(1);
    assert_eq!((plan.next_wake(), plan.turn_at()), (Some(day(5)), Some(day(5))));
    plan.hold(day(5), day(6));
    assert_eq!(plan.turn_at(), Some(day(6)), "what waits stands where it is looked at");
    plan.stop("paid", day(6));
    assert_eq!(plan.turn_at(), None);
}

#[test]
fn what_was_being_sent_for_too_long_is_in_doubt_and_not_repeated() {
    let mut plan = planned(4900, None);
    plan.begin(day(1), day(2));
    plan.doubt(Some(day(1)));
    assert_eq!(plan.steps[0].state, StepState::Sending);
    plan.doubt(Some(day(2)));
    assert_eq!(plan.steps[0].state, StepState::InDoubt);
    assert_eq!(plan.begin(day(2), day(3)), None);
    plan.sent(1);
    assert_eq!(plan.steps[0].state, StepState::Sent, "a late answer settles the doubt");
}

#[test]
fn what_was_refused_is_tried_again_in_a_while_and_not_for_ever() {
    let patience = Patience { first_secs: 60, factor: 2, secs_max: 3600, tries_max: 3 };
    let secs = |secs| day(1) + SignedDuration::from_secs(secs);
    let mut plan = planned(4900, None);
    let (mut now, waits) = (0, [(None, 60), (Some(900), 900)]);
    for (asked_secs, wait) in waits {
        assert_eq!(plan.begin(secs(now), day(2)).map(|step| step.number), Some(1));
        assert!(!plan.unsent(1, asked_secs, &patience, secs(now)), "it is tried again");
        assert_eq!(plan.next_wake(), Some(secs(now + wait)));
        assert_eq!(plan.begin(secs(now + wait - 1), day(2)), None, "and not before");
        now += wait;
    }
    plan.begin(secs(now), day(2));
    assert!(plan.unsent(1, None, &patience, secs(now)), "somebody has to look");
    assert_eq!((plan.steps[0].state, plan.next_wake()), (StepState::Skipped, Some(day(5))), "the others go on");
}

#[test]
fn what_was_refused_when_the_plan_has_ended_is_nobodys_to_send() {
    let patience = Patience { first_secs: 60, factor: 2, secs_max: 3600, tries_max: 3 };
    let mut plan = planned(4900, None);
    plan.begin(day(1), day(2));
    plan.stop("paid", day(1));
    assert!(!plan.unsent(1, None, &patience, day(1)));
    assert_eq!((plan.steps[0].state, plan.next_wake()), (StepState::Skipped, None));
}

#[test]
fn a_plan_waits_while_its_incident_lasts_and_goes_on_with_the_step_that_is_due() {
    let mut plan = planned(4900, None);
    let incident = IncidentId::of("stripe", "default", "failure", "source", "now");
    plan.wait_for(Some((&incident, true)), day(1), day(2));
    assert_eq!((plan.next_wake(), plan.begin(day(1), day(2))), (Some(day(2)), None));
    plan.wait_for(Some((&incident, true)), day(6), day(7));
    plan.wait_for(Some((&incident, false)), day(7), day(8));
    assert_eq!(
        (plan.begin(day(7), day(8)).unwrap().number, plan.incident.clone()),
        (1, Some(incident)),
        "the first stays the first"
    );
    plan.sent(1);
    assert_eq!((plan.begin(day(7), day(8)), plan.next_wake()), (None, Some(day(11))), "the second keeps its distance");
}

#[test]
fn who_was_reminded_before_is_reminded_of_the_rest() {
    let policies = Policies::shipped().unwrap();
    let stopped = |minor: i64, states: &[StepState]| {
        let mut earlier = planned(minor, None);
        earlier.steps.iter_mut().zip(states).for_each(|(step, state)| step.state = *state);
        earlier.stop("it was lowered", day(2));
        earlier
    };
    let (sent, skipped) = (StepState::Sent, StepState::Skipped);
    for (name, earlier, left) in [
        ("nothing was sent", stopped(4900, &[]), vec![1, 2, 3, 4]),
        ("the first was", stopped(4900, &[sent]), vec![2, 3, 4]),
        ("the first may have been", stopped(4900, &[StepState::InDoubt]), vec![2, 3, 4]),
        ("the first is on its way", stopped(4900, &[StepState::Sending]), vec![2, 3, 4]),
        ("the first was passed over", stopped(4900, &[skipped, sent]), vec![3, 4]),
        ("by a plan for another amount", stopped(100_000, &[sent, skipped, sent]), vec![4]),
        ("nothing is left", stopped(4900, &[sent; 4]), vec![]),
    ] {
        let anew = plan(
            &earlier.account,
            &open(4900),
            (None, "declined", Whose::default()),
            policies.dunning.version(1).unwrap(),
            day(9),
            "t",
        )
        .unwrap();
        let waiting = |plan: &Option<Plan>| {
            let steps = plan.iter().flat_map(|plan| &plan.steps);
            steps.filter(|step| step.state == StepState::Waiting).map(|step| step.number).collect::<Vec<_>>()
        };
        let goes_on = anew.clone().going_on(&earlier);
        assert_eq!((waiting(&goes_on), goes_on.is_some()), (left.clone(), !left.is_empty()), "{name}");
        // It may be stopped once more before anything else was sent.
        if let Some(mut again) = goes_on {
            again.stop("it was lowered again", day(10));
            assert_eq!(waiting(&anew.going_on(&again)), left, "{name}, and again");
        }
    }
}

#[test]
fn a_stopped_plan_has_no_next_step() {
    let mut plan = planned(4900, None);
    plan.stop("paid", day(1));
    assert_eq!(plan.next_wake(), None);
    assert_eq!(plan.begin(day(30), day(31)), None);
}

/// By the rules that have an end and text messages.
fn third() -> Plan {
    let policies = Policies::shipped().unwrap();
    let account = AccountId::of("stripe", "default", "cus_1");
    let whose = (None, "declined", Whose::default());
    plan(&account, &open(4900), whose, policies.dunning.version(3).unwrap(), day(0), "t").unwrap()
}

#[test]
fn an_end_is_a_letter_then_the_end_and_then_access() {
    let found: Vec<_> = third().steps.iter().map(|step| (step.kind.name().to_owned(), step.due_at)).collect();
    let expected = [
        ("reminder_1", 1),
        ("reminder_2", 5),
        ("warned", 7),
        ("text_message", 8),
        ("reminder_3", 10),
        ("restricted", 10),
        ("suspended", 14),
        ("ask_a_person", 14),
        ("final_notice", 30),
        ("end_subscription", 33),
        ("ended", 33),
    ];
    assert_eq!(found, expected.map(|(name, on)| (name.to_owned(), day(on))));
}

#[test]
fn a_text_message_passes_over_no_letter_and_is_left_out_without_a_phone() {
    let mut late = third();
    assert_eq!(late.begin(day(9), day(10)).map(|step| step.number), Some(2), "the letter goes first");
    late.sent(2);
    assert_eq!(late.begin(day(9), day(10)).map(|step| step.number), Some(4));
    late.sent(4);
    assert_eq!(late.begin(day(9), day(10)), None, "once");
    let mut later = third();
    assert_eq!(later.begin(day(5), day(6)).map(|step| step.number), Some(2));
    later.sent(2);
    later.take_access(day(7));
    assert_eq!(later.begin(day(11), day(12)).map(|step| step.number), Some(5));
    assert_eq!(later.steps[3].state, StepState::Skipped, "a later letter passes over it");

    let mut without = third();
    without.leave_out_texts("there is no phone", day(7));
    assert_eq!(without.steps[3].state, StepState::Waiting, "not before its time");
    without.leave_out_texts("there is no phone", day(8));
    assert_eq!(without.steps[3].state, StepState::Skipped);
    assert_eq!(without.why(&without.steps[3]).as_deref(), Some("there is no phone"));
    let mut held = third();
    held.hold(day(7), day(9));
    held.leave_out_texts("there is no phone", day(8));
    assert_eq!(held.steps[3].state, StepState::Waiting, "what waits is not looked at");
}

#[test]
fn nobody_is_handed_over_in_the_place_of_a_letter() {
    let mut late = third();
    let mut taken = Vec::new();
    for hour in 0..24 * 20 {
        let now = day(20) + SignedDuration::from_hours(hour);
        while let Some(step) = late.begin(now, now) {
            taken.push((step.kind.name().to_owned(), hour / 24));
            late.sent(step.number);
            late.take_access(now);
        }
        late.take_access(now);
    }
    // Whoever is told of it only on day 20 has as long between: the warning was due on day 7, the next letter on day
    // 10.
    let expected = [("reminder_2", 0), ("ask_a_person", 0), ("reminder_3", 3)];
    assert_eq!(taken, expected.map(|(name, on)| (name.to_owned(), on)));
    assert_eq!(late.access().state, Entitlement::Suspended);
}

#[test]
fn what_was_held_for_days_goes_on_as_far_apart_as_before() {
    let mut held = third();
    held.begin(day(1), day(1)).unwrap();
    held.sent(1);
    held.hold(day(5), day(6));
    held.hold(day(19), day(20));
    held.wait_for(None, day(20), day(20));
    let mut taken = Vec::new();
    for on in 20..31 {
        if let Some(step) = held.begin(day(on), day(on)) {
            taken.push((step.number, on));
            held.sent(step.number);
        }
        held.take_access(day(on));
        let access = (held.access().state, on);
        assert!(on >= 22 || access.0 == Entitlement::Grace, "{access:?}");
    }
    assert_eq!(taken, [(2, 20), (4, 23), (5, 25), (8, 29)]);
    assert_eq!(held.access().since, day(29), "{:?}", held.access());
}
