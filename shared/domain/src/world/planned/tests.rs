//! A plan is gone through as the service does it: step by step and by the customer's clock, with tries beside it, until it ends.

use super::*;
use crate::dunning::{Ends, StepRule, Then, Window};
use crate::money::{Currency, Money};
use crate::policies::Policies;
use crate::world::play;
use crate::world::tests::example;
use std::sync::LazyLock;
use toml::Spanned;

static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::shipped().unwrap());

/// A Monday's noon in London.
fn failed_at() -> Timestamp {
    "2026-03-02T12:00:00Z".parse().unwrap()
}

fn shown(decline: &Decline) -> Shown<'_> {
    Shown {
        decline,
        network: "visa",
        funding: "debit",
        issuer: "bank",
        country: "GB",
        strategic: false,
        tenure_days: None,
        amount: Money::from_minor(4_900, Currency::GBP),
        failed_at: failed_at(),
        tries: &[],
        messages: &[],
        cluster: 0,
        number: 1,
    }
}

fn planned(policy: &DunningPolicy) -> Planned<'_> {
    Planned::new(policy, POLICIES.advice.current(), POLICIES.hours.current(), POLICIES.declines.current())
}

/// When an invoice is tried that nothing brings back, and when its customer is written to, in hours.
fn all(policy: &DunningPolicy, shown: Shown<'_>) -> (Vec<i64>, Vec<i64>) {
    let mut planned = planned(policy);
    let (mut tries, mut messages) = (Vec::new(), Vec::new());
    loop {
        let so_far = Shown { tries: &tries, messages: &messages, ..shown };
        match planned.next(&so_far) {
            None => break,
            Some(Next::Message(at)) => messages.push(at),
            Some(Next::Try(at)) => {
                planned.tried(&so_far, at, false);
                tries.push(at);
            }
        }
    }
    let hours = |all: Vec<Timestamp>| all.into_iter().map(|at| at.duration_since(failed_at()).as_hours()).collect();
    (hours(tries), hours(messages))
}

#[test]
fn letters_and_text_messages_leave_as_the_plan_says_and_by_day() {
    let (expired, lost) = (Decline::new("stripe", "expired_card"), Decline::new("stripe", "lost_card"));
    let much = Money::from_minor(80_000, Currency::GBP);
    for (name, shown, expected) in [
        // What falls on the first Saturday leaves on Monday at eight, 164 hours after the failure.
        ("everybody", shown(&expired), vec![24, 164, 192, 240, 720]),
        ("who is new", Shown { tenure_days: Some(10), ..shown(&expired) }, vec![24, 96, 192, 720]),
        ("who is not", Shown { tenure_days: Some(90), ..shown(&expired) }, vec![24, 164, 192, 240, 720]),
        ("whom somebody looks after", Shown { strategic: true, ..shown(&expired) }, vec![96, 336]),
        ("who owes much", Shown { amount: much, ..shown(&expired) }, vec![24, 164, 168]),
        ("whose card is lost", shown(&lost), vec![24, 164, 720]),
    ] {
        assert_eq!(all(POLICIES.dunning.current(), shown), (vec![], expected), "{name}");
    }
}

#[test]
fn the_third_failure_brings_the_letter_before_the_warning() {
    let mut policy = POLICIES.dunning.current().clone();
    for rule in &mut policy.tries {
        rule.windows = Spanned::new(0..0, vec![Window { from_day: 0, to_day: 3 }]);
    }
    let funds = Decline::new("stripe", "insufficient_funds");
    let (tries, messages) = all(&policy, shown(&funds));
    assert!(tries.len() > 1 && tries.iter().all(|hour| *hour <= 72), "{tries:?}");
    let third = failed_at() + SignedDuration::from_hours(tries[1]);
    let by_day = POLICIES.hours.current().first_from(third, None, Some("GB"));
    let expected = by_day.duration_since(failed_at()).as_hours();
    assert!(messages.contains(&expected), "{tries:?} {messages:?}, and not at {expected}");
    assert!(!messages.contains(&164), "it does not come once more: {messages:?}");
}

#[test]
fn what_has_ended_is_tried_no_more() {
    let funds = Decline::new("stripe", "insufficient_funds");
    let mut policy = POLICIES.dunning.current().clone();
    let (tries, _) = all(&policy, shown(&funds));
    assert!(tries.iter().any(|hour| *hour > 48), "{tries:?}");
    let end = StepRule {
        after_days: Spanned::new(0..0, 1),
        then: Then::End(Ends::Subscription),
        prompt: Some("final_notice".to_owned()),
        hold_hours: Some(Spanned::new(0..0, 24)),
    };
    policy.segment.last_mut().unwrap().steps = vec![end];
    let (tries, messages) = all(&policy, shown(&funds));
    assert!(tries.iter().all(|hour| *hour <= 48), "{tries:?}");
    assert_eq!(messages, [24]);
}

#[test]
fn the_moment_is_what_the_service_would_choose_and_it_is_kept() {
    let policy = POLICIES.dunning.current();
    for code in ["insufficient_funds", "generic_decline", "issuer_not_available"] {
        let decline = Decline::new("stripe", code);
        for number in 0..5 {
            let shown = Shown { number, ..shown(&decline) };
            let mut planned = planned(policy);
            let known = planned.known(&shown);
            let recovery = planned.begins(&shown, &known).unwrap();
            let tried = shown.tried();
            let moment = next_moment(&recovery.plan, &planned.ground(&shown, &known, &tried, failed_at())).unwrap();
            let (tries, _) = all(policy, shown);
            assert_eq!(tries[0], moment.duration_since(failed_at()).as_hours(), "{code} {number}");
        }
    }
}

#[test]
fn what_is_over_is_forgotten() {
    let mut planned = planned(POLICIES.dunning.current());
    let report = play(&example(), &mut planned, POLICIES.declines.current(), 150);
    assert!(report.recovered.by_try > 0 && report.recovered.by_customer > 0, "{report:?}");
    assert!(planned.open.is_empty(), "{:?}", planned.open.keys());
}
