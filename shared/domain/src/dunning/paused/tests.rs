//! Who may say what, and what comes of it.

use super::*;
use crate::book::{Head, Stamp};
use crate::dunning::{Whose, plan};
use crate::event::{Event, Seen};
use crate::id::{AccountId, IncidentId};
use crate::money::Currency;
use crate::policies::Policies;
use crate::staff::Role;
use serde_json::{from_value, json};

/// So many days after the recovery began; its first steps are due on days 1, 5, 10 and 14.
fn day(day: i64) -> Timestamp {
    "2026-03-01T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * day)
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

fn invoice(status: &str, minor: i64) -> Invoice {
    let event: Event = from_value(json!({"id": "e", "provider": "stripe", "source": "default", "origin": "webhook",
        "kind": "invoice_changed", "at": "2026-03-01T00:00:00Z", "customer": null,
        "seen": [{"resource": "invoice", "id": "in_1", "status": status, "remaining": usd(minor)}]}))
    .unwrap();
    let Seen::Invoice(seen) = &event.seen[0] else { unreachable!() };
    let (mut invoice, stamp) = (Invoice::new("in_1"), Stamp::of(&event, None, 0));
    invoice.status.see(&stamp, seen.status);
    invoice.remaining.see(&stamp, seen.remaining);
    invoice
}

fn planned() -> Plan {
    let policies = Policies::shipped().unwrap();
    let account = AccountId::of("stripe", "default", "cus_1");
    let policy = policies.dunning.version(1).unwrap();
    plan(&account, &invoice("open", 4900), (None, "declined", Whose::default()), policy, day(0), "t").unwrap()
}

fn staff(role: Role) -> Staff {
    Staff {
        id: "lena".into(),
        name: "Lena".into(),
        role,
        email: "l@ours.example".into(),
        slack: None,
        languages: Vec::new(),
    }
}

fn said(plan: &mut Plan, wish: Wish, now: Timestamp) -> Result<bool, Refused> {
    let limits = Policies::shipped().unwrap().limits;
    plan.take(wish, "they wrote", &staff(Role::L1), &invoice("open", 4900), limits.current(), now)
}

fn promise(date: &str, until: Timestamp, minor: i64) -> Wish {
    Wish::Promise { date: date.parse().unwrap(), until, amount: usd(minor) }
}

/// The days on which the steps are due that wait.
fn due(plan: &Plan) -> Vec<i64> {
    let waiting = plan.steps.iter().filter(|step| step.state == StepState::Waiting);
    waiting.map(|step| step.due_at.duration_since(day(0)).as_hours() / 24).collect()
}

#[test]
fn who_may_says_what_can_be_and_the_same_twice_is_nothing_new() {
    let limits = Policies::shipped().unwrap().limits;
    let limits = limits.current();
    let (open, now) = (invoice("open", 4900), day(2));
    let pause = |days: i64| Wish::Pause { until: now + SignedDuration::from_hours(24 * days) };
    let till = |days: i64| promise("2026-03-08", now + SignedDuration::from_hours(24 * days), 4900);
    let long = "x".repeat(NOTE_CHARS_MAX + 1);
    let mut paused = planned();
    said(&mut paused, pause(3), now).unwrap();
    let mut promised = planned();
    said(&mut promised, till(5), now).unwrap();
    let mut stopped = planned();
    said(&mut stopped, Wish::Stop, now).unwrap();
    let mut paid = planned();
    paid.stop("paid", now);
    let mut broke = planned();
    broke.control.broken = limits.promises_broken_max + 1;
    let mut forgiven = planned();
    forgiven.control.broken = limits.promises_broken_max;
    let when = |what| Err(Refused::When(what, if what == "`until`" { 60 } else { 30 }));
    let euro = Wish::Promise {
        date: "2026-03-08".parse().unwrap(),
        until: day(7),
        amount: Money::from_minor(100, Currency::EUR),
    };
    let already = || Err(Refused::Promised(usd(4900), "2026-03-08".parse().unwrap()));
    for (name, plan, wish, role, note, expected) in [
        ("an analyst", &planned(), pause(1), Role::Analyst, "", Err(Refused::NotTheirs)),
        ("legal", &planned(), Wish::Stop, Role::Legal, "why", Err(Refused::NotTheirs)),
        ("a manager", &planned(), pause(1), Role::Manager, "", Ok(true)),
        ("too much to read", &planned(), pause(1), Role::L2, &long[..], Err(Refused::Note(NOTE_CHARS_MAX))),
        ("a pause until now", &planned(), pause(0), Role::L1, "", when("`until`")),
        ("for as long as may be", &planned(), pause(60), Role::L1, "", Ok(true)),
        ("for longer", &planned(), pause(61), Role::L1, "", when("`until`")),
        ("paused again", &paused, pause(3), Role::L2, "", Ok(false)),
        ("paused for longer", &paused, pause(4), Role::L2, "", Ok(true)),
        ("resumed", &paused, Wish::Resume, Role::L1, "", Ok(true)),
        ("resumed without a pause", &planned(), Wish::Resume, Role::L1, "", Ok(false)),
        ("stopped", &planned(), Wish::Stop, Role::L1, "they will move out", Ok(true)),
        ("stopped without a reason", &planned(), Wish::Stop, Role::Vp, " ", Err(Refused::NoReason)),
        ("stopped again", &stopped, Wish::Stop, Role::L1, "why", Ok(false)),
        ("paused when it is over", &stopped, pause(1), Role::L1, "", Err(Refused::Over("stopped by Lena".into()))),
        ("stopped when it is paid", &paid, Wish::Stop, Role::L1, "why", Err(Refused::Over("paid".into()))),
        ("a promise", &planned(), till(5), Role::L1, "", Ok(true)),
        ("the same promise", &promised, till(5), Role::L1, "", Ok(false)),
        ("another one", &promised, promise("2026-03-09", day(8), 4900), Role::L1, "", already()),
        ("a promise for today's past", &planned(), till(0), Role::L1, "", when("the end of `date`")),
        ("a promise for a far day", &planned(), till(31), Role::L1, "", when("the end of `date`")),
        (
            "more than is open",
            &planned(),
            promise("2026-03-08", day(7), 4901),
            Role::L1,
            "",
            Err(Refused::Amount(usd(4900))),
        ),
        ("nothing", &planned(), promise("2026-03-08", day(7), 0), Role::L1, "", Err(Refused::Amount(usd(4900)))),
        ("another currency", &planned(), euro, Role::L1, "", Err(Refused::Amount(usd(4900)))),
        ("after as many broken ones as may be", &forgiven, till(5), Role::L1, "", Ok(true)),
        ("after one more", &broke, till(5), Role::L1, "", Err(Refused::Broken(2))),
    ] {
        let mut after = plan.clone();
        let taken = after.take(wish, note, &staff(role), &open, limits, now);
        assert_eq!(taken, expected, "{name}");
        let last = after.control.said.last().map(|said| (said.word.clone(), said.note.as_str(), said.at));
        if taken == Ok(true) {
            assert_eq!(last, Some((wish.word(), note, now)), "{name}");
        } else {
            assert_eq!(&after, plan, "{name}: nothing changes");
        }
    }
}

#[test]
fn what_waits_moves_by_as_long_as_it_was_paused() {
    let mut plan = planned();
    said(&mut plan, Wish::Pause { until: day(8) }, day(2)).unwrap();
    assert_eq!((plan.next_wake(), plan.expected_at(&plan.steps[0])), (Some(day(8)), day(7)));
    let mut head = Head::new("stripe", "default", "cus_1");
    plan.show_on(&mut head);
    assert_eq!(head.dunning["in_1"].next_at, Some(day(7)), "an account's page says when it is to be expected");
    plan.awake(&invoice("open", 4900), false, day(7));
    assert_eq!((due(&plan), plan.begin(day(7), day(8))), (vec![1, 5, 10, 14], None), "not before");
    plan.awake(&invoice("open", 4900), false, day(9));
    assert_eq!(due(&plan), [7, 11, 16, 20], "though it was looked at a day late");
    assert_eq!(plan.begin(day(9), day(10)).map(|step| step.number), Some(1));

    let mut resumed = planned();
    said(&mut resumed, Wish::Pause { until: day(8) }, day(0)).unwrap();
    said(&mut resumed, Wish::Resume, day(3)).unwrap();
    assert_eq!((due(&resumed), resumed.paused_until()), (vec![4, 8, 13, 17], None));
}

#[test]
fn of_a_pause_and_an_incident_the_longer_counts() {
    let incident = IncidentId::of("stripe", "default", "failure", "source", "now");
    let open = invoice("open", 4900);
    // Each looks at it as the handler does: whether the incident lasts, and the pause, on that day.
    let look = |plan: &mut Plan, lasts: bool, now: Timestamp| {
        plan.awake(&open, lasts, now);
        plan.wait_for(Some((&incident, lasts)), now, now + SignedDuration::from_hours(1));
    };
    for (name, pause, looks, moved) in [
        ("the pause ends last", (0, 5), &[(3, true), (4, false), (5, false)][..], 5),
        ("the incident ends last", (0, 3), &[(2, true), (3, true), (6, false)][..], 6),
        ("nobody looked at the incident before", (0, 3), &[(3, true), (4, false)][..], 4),
        ("the incident is over with the pause", (0, 3), &[(2, true), (3, false)][..], 3),
        ("paused while it lasts already", (2, 4), &[(1, true), (3, true), (4, false)][..], 3),
    ] {
        let (mut plan, (from, until)) = (planned(), pause);
        let mut is_paused = false;
        for (at, lasts) in looks {
            if !is_paused && from <= *at {
                said(&mut plan, Wish::Pause { until: day(until) }, day(from)).unwrap();
                is_paused = true;
            }
            look(&mut plan, *lasts, day(*at));
            let begun = plan.begin(day(*at), day(20));
            assert!(begun.is_none() || !lasts, "{name}: it is held on day {at}");
        }
        let waits = plan.steps.iter().filter(|step| step.state == StepState::Waiting);
        let days = waits.map(|step| step.due_at.duration_since(day(0)).as_hours() / 24).next_back();
        assert_eq!(days, Some(14 + moved), "{name}");
    }
}

#[test]
fn a_promise_is_kept_or_the_next_step_comes_at_once() {
    for (name, promised, left, expected) in [
        ("all of it came", 4900, invoice("paid", 0), (1, 0)),
        ("what was promised came", 2000, invoice("open", 2900), (1, 0)),
        ("more than that", 2000, invoice("open", 1000), (1, 0)),
        ("a cent is missing", 2000, invoice("open", 2901), (0, 1)),
        ("nothing came", 4900, invoice("open", 4900), (0, 1)),
        ("nothing is owed any more", 4900, invoice("void", 4900), (0, 0)),
    ] {
        let mut plan = planned();
        plan.begin(day(1), day(2));
        plan.sent(1);
        said(&mut plan, promise("2026-03-04", day(4), promised), day(2)).unwrap();
        assert_eq!(plan.next_wake(), Some(day(4)), "{name}: not when its step is due");
        assert_eq!(plan.due(day(2)).count(), 3, "{name}: any of them may come at once");
        plan.awake(&left, false, day(4));
        assert_eq!((plan.control.kept, plan.control.broken), expected, "{name}");
        let at_once = expected.1 > 0;
        assert_eq!(
            due(&plan),
            if at_once { [4, 12, 16] } else { [7, 12, 16] },
            "{name}: the others keep their distance"
        );
        assert_eq!(plan.begin(day(4), day(5)).is_some(), at_once, "{name}");
    }
}

#[test]
fn a_promise_ends_with_its_recovery_and_is_nobodys_fault_in_an_incident() {
    let whole = promise("2026-03-04", day(4), 4900);
    for (reason, kept) in [("paid", 1), ("withdrawn", 0), ("disputed", 0)] {
        let mut plan = planned();
        said(&mut plan, whole, day(2)).unwrap();
        plan.stop(reason, day(3));
        let control = &plan.control;
        assert_eq!(
            (control.kept, control.broken, &control.promise, plan.next_wake()),
            (kept, 0, &None, None),
            "{reason}"
        );
    }
    let mut plan = planned();
    said(&mut plan, whole, day(2)).unwrap();
    plan.awake(&invoice("open", 4900), true, day(4));
    assert!(plan.control.promise.is_some(), "who cannot pay has broken nothing");
    said(&mut plan, Wish::Resume, day(4)).unwrap();
    assert_eq!((plan.control.kept, plan.control.broken, &plan.control.promise), (0, 0, &None), "it was taken back");
}

#[test]
fn a_plan_remembers_the_latest_words_and_each_step_says_why_it_waits() {
    let mut plan = planned();
    for round in 0..20 {
        said(&mut plan, Wish::Pause { until: day(10 + round) }, day(2)).unwrap();
    }
    assert_eq!((plan.control.said.len(), plan.control.said[0].word.clone()), (12, Word::Pause { until: day(18) }));
    assert_eq!(plan.why(&plan.steps[0]).as_deref(), Some("paused until 2026-03-30 09:00 UTC"));
    let stored = serde_json::to_value(&plan).unwrap();
    assert_eq!(from_value::<Plan>(stored).unwrap(), plan);

    let mut plan = planned();
    assert_eq!((plan.why(&plan.steps[0]), serde_json::to_value(&plan).unwrap().get("control")), (None, None));
    plan.begin(day(6), day(7));
    plan.sent(2);
    said(&mut plan, promise("2026-03-12", day(12), 2000), day(7)).unwrap();
    let why = |plan: &Plan| plan.steps.iter().map(|step| plan.why(step).unwrap_or_default()).collect::<Vec<_>>();
    let promised = "20.00 USD are promised until the end of 2026-03-12";
    assert_eq!(why(&plan), ["a later step was due already", "", promised, promised]);
    said(&mut plan, Wish::Stop, day(8)).unwrap();
    assert_eq!(why(&plan), ["a later step was due already", "", "stopped by Lena", "stopped by Lena"]);
    assert!(plan.was_stopped_by_hand());
}
