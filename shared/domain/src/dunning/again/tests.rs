//! What is tried again and when, and that nothing else ever is.

use super::*;
use crate::book::{By, Invoice, Stamp};
use crate::dunning::{Whose, Window, adviser};
use crate::event::{Event, Seen};
use crate::id::AccountId;
use crate::policies::Policies;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use toml::Spanned;

static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::shipped().unwrap());
static ADVISER: LazyLock<Adviser> = LazyLock::new(|| {
    let rules = POLICIES.dunning.current().adviser.as_ref().unwrap();
    adviser(rules, POLICIES.advice.current())
});

const FIRST: &str = "visa 4242";

fn hour(hour: i64) -> Timestamp {
    "2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hour)
}

fn plan_of(id: &str) -> Plan {
    let event: Event = serde_json::from_value(serde_json::json!({
        "id": "e", "provider": "stripe", "source": "default", "origin": "webhook", "kind": "invoice_changed",
        "at": "2026-03-02T00:00:00Z", "customer": null,
        "seen": [{"resource": "invoice", "id": id, "status": "open", "remaining": {"amount": "49.00", "currency": "USD"}}],
    }))
    .unwrap();
    let Seen::Invoice(seen) = &event.seen[0] else { unreachable!() };
    let mut invoice = Invoice::new(id);
    invoice.status.see(&Stamp::of(&event, None, 0), seen.status);
    invoice.remaining.see(&Stamp::of(&event, None, 0), seen.remaining);
    let account = AccountId::of("stripe", "default", "cus_1");
    let whose = (None, "declined", Whose::default());
    crate::dunning::plan(&account, &invoice, whose, POLICIES.dunning.current(), hour(0), "t").unwrap()
}

fn meaning(family: &str) -> Meaning<'static> {
    let mut all = POLICIES.declines.current().family.iter();
    let family = all.find(|own| own.id.get_ref().as_str() == family).unwrap();
    Meaning { family, source: String::new(), category: None, known: true, why: None, wait: None }
}

/// A family that is never tried again.
fn never() -> &'static str {
    let mut all = POLICIES.declines.current().family.iter();
    all.find(|family| family.retry == Retry::Never).unwrap().id.get_ref()
}

fn failed(at: Timestamp, by: By) -> Tried {
    Tried { network: Some("visa".to_owned()), card: Some(FIRST.to_owned()), ..Tried::failed(at, by) }
}

/// What it is decided by, for as long as somebody asks.
fn with_ground<T>(
    policy: &DunningPolicy,
    (family, card): (&str, Option<&str>),
    tried: &[Tried],
    now: Timestamp,
    ask: impl FnOnce(&Ground<'_>) -> T,
) -> T {
    let (meaning, declines) = (meaning(family), POLICIES.declines.current());
    let calendar = Calendar::new(TimeZone::UTC);
    let budget = Budget::of(declines, &[], Some("visa"), &meaning).for_card(FIRST, &[]);
    let nothing = declines.meaning(None);
    let of_card = card.map(|card| Budget::of(declines, &[], Some("visa"), &nothing).for_card(card, &[]));
    let traits = Traits { family, code: family, network: "visa", funding: "", issuer: "US", country: "US" };
    ask(&Ground {
        policy,
        adviser: Some(&*ADVISER),
        advice_version: Some(POLICIES.advice.current().version),
        calendar: &calendar,
        meaning: &meaning,
        paid: Paid::through(declines, Some("visa")),
        budget: &budget,
        budget_of_card: of_card.as_ref(),
        traits,
        tried,
        failed_at: Some(hour(0)),
        now,
    })
}

fn next(plan: &Plan, family: &str, tried: &[Tried], now: Timestamp) -> Result<NextTry, NoTry> {
    let card = plan.tries.card.as_deref();
    with_ground(POLICIES.dunning.current(), (family, card), tried, now, |ground| next_try(plan, ground))
}

#[test]
fn every_family_is_tried_again_as_it_says_and_no_other() {
    let (plan, tried) = (plan_of("in_1"), [failed(hour(0), By::Provider)]);
    for family in &POLICIES.declines.current().family {
        let (name, found) = (family.id.get_ref(), next(&plan, family.id.get_ref(), &tried, hour(0)));
        let has_rule = POLICIES.dunning.current().tries(&plan.segment, name, Paid::default()).is_some();
        let fits = match family.retry {
            Retry::Soon | Retry::Later if has_rule => found.as_ref().is_ok_and(|next| next.at > hour(0)),
            Retry::Soon | Retry::Later => found == Err(NoTry::NoRule(name.clone())),
            Retry::AfterCustomer => found == Err(NoTry::AfterCustomer(name.clone())),
            Retry::InternalReview => found == Err(NoTry::ForPeople(name.clone())),
            Retry::Never => found == Err(NoTry::Never(name.clone())),
        };
        assert!(fits, "{name}: {found:?}");
    }
}

#[test]
fn a_choice_tells_what_else_it_could_have_been_and_is_made_alike_again() {
    let (plan, tried) = (plan_of("in_1"), [failed(hour(0), By::Provider)]);
    let chosen = next(&plan, "insufficient_funds", &tried, hour(0)).unwrap();
    assert_eq!(Ok(chosen.clone()), next(&plan, "insufficient_funds", &tried, hour(0)));
    assert_eq!((chosen.number, chosen.rule.as_str(), chosen.policy_version), (1, "funds", 3));
    assert!((1..=8).contains(&chosen.candidates.len()), "{chosen:?}");
    assert!(chosen.candidates.iter().any(|other| other.at == chosen.at && Some(other.chance) == chosen.chance));
    assert!(chosen.likely <= 1000 && chosen.chance.is_some_and(|chance| (27..=1000).contains(&chance)), "{chosen:?}");
    let about: Vec<_> = chosen.reasons.iter().filter_map(|reason| reason.about.split(' ').next()).collect();
    assert_eq!((about, chosen.chosen_at), (vec!["all", "hour", "weekday", "day", "age", "try"], Some(hour(0))));
}

#[test]
fn whoever_tries_very_many_chooses_the_same() {
    let (policy, tried) = (POLICIES.dunning.current(), [failed(hour(0), By::Provider)]);
    for number in 0..4 {
        let plan = plan_of(&format!("in_{number}"));
        for family in ["insufficient_funds", "declined", "temporary", "expired"] {
            let told = next(&plan, family, &tried, hour(0)).ok().map(|next| next.at);
            let moment = with_ground(policy, (family, None), &tried, hour(0), |ground| next_moment(&plan, ground));
            assert_eq!(moment, told, "{family} {number}");
        }
    }
}

#[test]
fn what_was_chosen_was_never_impossible_and_what_cannot_be_is() {
    let (plan, tried) = (plan_of("in_1"), [failed(hour(0), By::Provider)]);
    with_ground(POLICIES.dunning.current(), ("declined", None), &tried, hour(0), |ground| {
        let choice = Choice::of(&plan.segment, &plan.tries, ground).unwrap();
        for seed in [0, 7, u64::MAX] {
            let at = choice.moment(seed).unwrap();
            assert!((9..=1000).contains(&choice.likely(seed, Some(at))), "{seed}");
            assert_eq!(choice.likely(seed, Some(at + SignedDuration::from_mins(30))), 0, "no try is at half past");
            assert_eq!(choice.likely(seed, None), 0, "it is always tried");
        }
        let all: BTreeSet<_> = (0..101).map(|other| choice.moment(other)).collect();
        let sum: u32 = all.iter().map(|at| choice.likely(0, *at)).sum();
        // Each is rounded down.
        assert!(sum <= 1000 && sum + u32::try_from(all.len()).unwrap() >= 1000, "{sum} of {} moments", all.len());
    });
}

#[test]
fn there_are_as_many_as_the_rule_allows_whoever_makes_them() {
    let plan = plan_of("in_1");
    let rule = POLICIES.dunning.current().tries(&plan.segment, "declined", Paid::default()).unwrap();
    let most = i64::from(*rule.most.get_ref());
    let tries = |count: i64| (0..=count).map(|number| failed(hour(30 * number), By::Provider)).collect::<Vec<_>>();
    let last = next(&plan, "declined", &tries(most - 1), hour(30 * most));
    assert!(!matches!(last, Err(NoTry::AllMade(_))), "one is left: {last:?}");
    let all = next(&plan, "declined", &tries(most), hour(30 * most + 1));
    assert_eq!(all, Err(NoTry::AllMade(most as usize)));
    let late = next(&plan, "declined", &tries(1), hour(24 * 31));
    let Err(NoTry::Chosen { why, none }) = &late else { panic!("the last window is over: {late:?}") };
    assert_eq!((&**why, none.likely), (&NoTry::NotWorthIt, 1000), "and no other choice was left");
}

#[test]
fn a_retry_by_hand_uses_up_none_of_the_plans_and_is_counted_by_the_networks() {
    let rule = POLICIES.dunning.current().tries("standard", "declined", Paid::default()).unwrap();
    let most = i64::from(*rule.most.get_ref());
    let after = |by: By| -> Vec<Tried> {
        let again = (1..=most).map(|number| failed(hour(30 * number), by));
        [failed(hour(0), By::Provider)].into_iter().chain(again).collect()
    };
    let now = hour(30 * most + 1);
    let (plan, by_hand) = (plan_of("in_1"), after(By::Recoup));
    assert_eq!(next(&plan, "declined", &after(By::Provider), now), Err(NoTry::AllMade(most as usize)));
    let found = next(&plan, "declined", &by_hand, now);
    assert!(!matches!(found, Err(NoTry::AllMade(_))), "{found:?}");
    assert!(found.is_err() || found.is_ok_and(|next| next.at >= hour(30 * most + 20)), "its gap is kept");
    // As many as the plan has made are its own.
    let mut own = plan.clone();
    for number in 1..=most {
        own.choose(Ok(NextTry { at: hour(30 * number), ..next(&plan, "declined", &by_hand[..1], hour(0)).unwrap() }));
        own.begin_try(hour(30 * number), hour(30 * number)).unwrap();
        own.learn(Some(TryEnd::Declined { code: "generic_decline".to_owned() }), hour(30 * number));
    }
    assert_eq!(next(&own, "declined", &by_hand, now), Err(NoTry::AllMade(most as usize)));
    let budget = Budget::of(POLICIES.declines.current(), &[], Some("visa"), &meaning("declined"));
    assert_eq!(i64::from(budget.for_card(FIRST, &[]).left(&by_hand, now)[0].used), most);
}

#[test]
fn what_is_told_of_a_try_under_way_is_looked_at_though_its_plan_waits() {
    for (name, is_under_way, expected) in [("its own end may be told", true, hour(30)), ("nothing is", false, hour(48))]
    {
        let mut plan = plan_of("in_1");
        plan.choose(next(&plan, "declined", &[failed(hour(0), By::Provider)], hour(0)));
        if is_under_way {
            let at = plan.tries.next.as_ref().unwrap().at;
            plan.begin_try(at, at).unwrap();
        }
        plan.hold(hour(29), hour(48));
        plan.look_again(hour(30));
        assert_eq!((plan.next_wake(), plan.rests()), (Some(expected), true), "{name}");
    }
}

#[test]
fn what_may_pass_unheard_is_looked_at_again() {
    for (why, passes) in
        [(NoTry::InReview, true), (NoTry::Claimed, true), (NoTry::NoVersion(9), true), (NoTry::ByProvider, false)]
    {
        let mut plan = plan_of("in_1");
        plan.choose_or_look(Err(why.clone()), hour(6));
        assert_eq!(plan.tries.look_at, passes.then_some(hour(6)), "{why}");
        assert_eq!(plan.next_wake(), Some(if passes { hour(6) } else { hour(24) }), "{why}");
    }
}

#[test]
fn a_try_for_a_card_that_was_given_names_it() {
    let tried = [failed(hour(0), By::Provider)];
    let mut plan = plan_of("in_1");
    plan.names_card("pm_2");
    assert_eq!(plan.tries.card_id, None, "none was given");
    plan.card_given("visa 1881", hour(1));
    plan.names_card("pm_2");
    plan.choose(next(&plan, "expired", &tried, hour(1)));
    let made = plan.begin_try(hour(1), hour(2)).unwrap();
    assert_eq!((made.card.as_deref(), made.card_id.as_deref()), (Some("visa 1881"), Some("pm_2")));
    assert_eq!((&plan.tries.card, &plan.tries.card_id), (&None, &None), "once");
    plan.learn(Some(TryEnd::Declined { code: "generic_decline".to_owned() }), hour(2));
    plan.choose(next(&plan, "declined", &tried, hour(2)));
    let at = plan.tries.next.as_ref().unwrap().at;
    assert_eq!(plan.begin_try(at, at).unwrap().card_id, None, "by a rule it is with what the provider charges");
}

#[test]
fn another_card_is_tried_at_once_and_one_that_is_barred_never() {
    let tried = [failed(hour(0), By::Provider)];
    for (name, family, card, allowed) in [
        ("what the customer had to mend", "expired", "visa 1881", true),
        ("the same card renewed", "expired", FIRST, true),
        ("another card in place of a barred one", never(), "visa 1881", true),
        ("the barred one", never(), FIRST, false),
    ] {
        let mut plan = plan_of("in_1");
        plan.card_given(card, hour(5));
        assert_eq!(plan.next_wake(), Some(hour(5)), "{name}");
        let found = next(&plan, family, &tried, hour(5));
        assert_eq!(found.is_ok(), allowed, "{name}: {found:?}");
        plan.choose(found);
        let made = plan.begin_try(hour(5), hour(6));
        assert_eq!(made.is_some_and(|made| made.chosen.rule == CARD_GIVEN), allowed, "{name}");
        assert_eq!(plan.tries.card.is_none(), allowed, "{name}: once for each card");
    }
}

#[test]
fn one_try_is_under_way_at_a_time_until_it_is_known_how_it_ended() {
    let mut plan = plan_of("in_1");
    let mut tried = vec![failed(hour(0), By::Provider)];
    assert!(plan.chooses(hour(0)), "nothing was chosen yet");
    plan.choose(next(&plan, "declined", &tried, hour(0)));
    let at = plan.tries.next.as_ref().unwrap().at;
    assert_eq!((plan.next_wake(), plan.begin_try(hour(0), at)), (Some(at.min(hour(24))), None), "not yet");
    let later = at + SignedDuration::from_mins(5);
    let mut other = plan.clone();
    let made = plan.begin_try(at, later).unwrap();
    assert_eq!(other.begin_try(at, later).unwrap().action, made.action, "two who begin it begin one");
    assert_eq!((plan.begin_try(at, later), plan.chooses(later)), (None, false));
    assert!(plan.lets_leave(&made.action, false, made.begun_at));
    let too_late = made.begun_at + SignedDuration::from_mins(61);
    assert!(!plan.lets_leave(&made.action, false, too_late), "what was not sent in time is chosen anew");
    assert!(plan.lets_leave(&made.action, true, too_late), "what was sent is looked up and finished");
    plan.learn(None, later);
    assert_eq!((plan.tries.look_at, plan.chooses(later)), (Some(later), false), "nobody knows");
    plan.learn(Some(TryEnd::Declined { code: "generic_decline".to_owned() }), later);
    assert!(plan.chooses(later) && !plan.lets_leave(&made.action, true, later));
    plan.choose(next(&plan, "declined", &tried, later));
    let second = plan.tries.next.clone().unwrap();
    assert_eq!(second.number, 2);
    assert!(second.at.duration_since(at) >= SignedDuration::from_hours(20), "what is only answered counts: {second:?}");
    tried.push(failed(at, By::Recoup));
    plan.choose(next(&plan, "declined", &tried, later));
    assert_eq!(plan.tries.next, Some(second), "told as well it counts once");
}

#[test]
fn what_was_taken_back_has_no_other_on_that_day() {
    let tried = [failed(hour(0), By::Provider)];
    let next_day = hour(15);
    for (name, taken_back_at, now, earliest) in [
        ("nothing was", None, hour(1), hour(1)),
        ("an hour ago", Some(hour(1)), hour(2), next_day),
        ("just before midnight", Some(next_day - SignedDuration::from_secs(1)), next_day, next_day),
        ("at midnight", Some(next_day), next_day, next_day + SignedDuration::from_hours(24)),
        ("long ago", Some(hour(1)), hour(50), hour(50)),
    ] {
        let mut plan = plan_of("in_1");
        taken_back_at.into_iter().for_each(|at| plan.taken_back(at));
        plan.taken_back(hour(-99));
        let chosen = next(&plan, "declined", &tried, now).unwrap();
        let first = chosen.candidates.iter().map(|it| it.at).min().unwrap();
        assert!(chosen.at >= earliest && first >= earliest, "{name}: {chosen:?}");
        plan.card_given("visa 1881", now);
        assert_eq!(next(&plan, "declined", &tried, now).unwrap().at, now, "{name}: the customer has acted since");
    }
    let mut earlier = plan_of("in_1");
    earlier.taken_back(hour(1));
    let again = plan_of("in_1").going_on(&earlier).unwrap();
    assert_eq!(again.tries.taken_back_at, Some(hour(1)), "a plan that begins anew knows it as well");
}

#[test]
fn what_waits_or_is_over_tries_nothing() {
    let chosen = || {
        let mut plan = plan_of("in_1");
        plan.choose(next(&plan, "declined", &[failed(hour(0), By::Provider)], hour(0)));
        plan
    };
    let at = chosen().tries.next.unwrap().at;
    let later = at + SignedDuration::from_hours(30);
    let mut held = chosen();
    held.hold(at, later);
    let mut paused = chosen();
    paused.control.paused_until = Some(later);
    for (name, plan) in [("held", &mut held), ("paused", &mut paused)] {
        let is_due = plan.due_try(at).is_some();
        assert_eq!((is_due, plan.begin_try(at, at), plan.next_wake()), (false, None, Some(later)), "{name}");
    }
    paused.control.paused_until = None;
    assert!(paused.chooses(later), "its hour is over: it is chosen anew");
    for (reason, end) in [("paid", TryEnd::Paid), ("disputed", TryEnd::Over)] {
        let mut stopped = chosen();
        let made = stopped.begin_try(at, at).unwrap();
        stopped.stop(reason, at);
        assert_eq!(stopped.tries.made[0].ended, Some(end), "{reason}");
        let mut waited = chosen();
        let planned = waited.tries.next.clone();
        waited.stop(reason, at);
        assert_eq!((waited.tries.unmade, waited.tries.next), (planned, None), "{reason}: what was planned is kept");
        stopped.look_again(at);
        stopped.card_given("visa 1881", at);
        assert!(
            !stopped.lets_leave(&made.action, true, later) && !stopped.chooses(later) && stopped.next_wake().is_none()
        );
    }
}

#[test]
fn that_none_is_chosen_keeps_when_and_how_likely_until_it_is_tried_again() {
    let (mut plan, mut tried) = (plan_of("in_1"), vec![failed(hour(0), By::Provider), failed(hour(30), By::Provider)]);
    let advice_version = Some(POLICIES.advice.current().version);
    let kept = |now| Some(ChoseNone { chosen_at: now, likely: 1000, advice_version });
    let over = 24 * 31;
    for (name, now, tried_at, expected) in [
        ("it is chosen", hour(over), None, kept(hour(over))),
        ("it is looked at again", hour(over + 1), None, kept(hour(over))),
        ("somebody tried it since", hour(over + 3), Some(hour(over + 2)), kept(hour(over + 3))),
    ] {
        tried.extend(tried_at.map(|at| failed(at, By::Provider)));
        let found = next(&plan, "declined", &tried, now);
        plan.choose(found);
        assert_eq!(plan.tries.why_none.as_deref(), Some("no moment that is left is likely enough"), "{name}");
        assert_eq!(plan.tries.chose_none, expected, "{name}");
    }
    plan.choose(Err(NoTry::Claimed));
    assert_eq!(plan.tries.chose_none, None, "nobody has chosen that");
    let chosen = next(&plan_of("in_2"), "declined", &tried[..1], hour(0)).unwrap();
    assert_eq!(chosen.advice_version, advice_version);
}

#[test]
fn only_the_rules_under_which_a_plan_stands_let_a_try_be() {
    let (policy, mut plan) = (POLICIES.dunning.current(), plan_of("in_1"));
    let chosen = next(&plan, "declined", &[failed(hour(0), By::Provider)], hour(0)).unwrap();
    let another = |rule: &str, policy_version| NextTry { rule: rule.to_owned(), policy_version, ..chosen.clone() };
    for (name, next, lets) in [
        ("as it was chosen", chosen.clone(), true),
        ("for a card", another(CARD_GIVEN, policy.version), true),
        ("by a rule that there is not", another("whenever", policy.version), false),
        ("by other rules", another(&chosen.rule, 1), false),
    ] {
        assert_eq!(policy.lets(&plan, &next), lets, "{name}");
    }
    plan.policy_version = 1;
    assert!(!policy.lets(&plan, &chosen), "the plan stands under others");
}

#[test]
fn another_card_is_no_answer_to_what_people_have_to_look_at() {
    let mut plan = plan_of("in_1");
    plan.card_given("visa 1881", hour(1));
    let tried = [failed(hour(0), By::Provider)];
    for family in ["risk_block", "duplicate", "unclassified"] {
        assert_eq!(next(&plan, family, &tried, hour(1)), Err(NoTry::ForPeople(family.to_owned())));
    }
    assert_eq!(next(&plan, "expired", &tried, hour(1)).unwrap().rule, CARD_GIVEN);
}

#[test]
fn what_was_under_way_when_a_plan_stopped_is_under_way_when_it_goes_on() {
    let mut earlier = plan_of("in_1");
    earlier.choose(next(&earlier, "declined", &[failed(hour(0), By::Provider)], hour(0)));
    let at = earlier.tries.next.as_ref().unwrap().at;
    let made = earlier.begin_try(at, at).unwrap();
    earlier.stop("Recoup does not write there", at);
    let again = plan_of("in_1").going_on(&earlier).unwrap();
    assert_eq!(again.tries.under_way().map(|it| &it.action), Some(&made.action), "a debit may still be open");
    assert_eq!((again.chooses(at), again.tries.begun), (false, 1));
}

/// The same numbers each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

fn any_policy(dice: &mut Dice) -> DunningPolicy {
    let mut policy = POLICIES.dunning.current().clone();
    for rule in &mut policy.tries {
        let number = |dice: &mut Dice, below: u64| u32::try_from(dice.roll(below)).unwrap();
        rule.most = Spanned::new(0..0, 1 + number(dice, 8));
        rule.gap_hours = Spanned::new(0..0, vec![1 + number(dice, 30), 1 + number(dice, 50)]);
        let from_day = number(dice, 5);
        rule.windows = Spanned::new(0..0, vec![Window { from_day, to_day: from_day + 1 + number(dice, 25) }]);
    }
    policy
}

#[test]
fn whatever_happens_nothing_is_tried_that_may_not_be() {
    for seed in 0..60 {
        let dice = &mut Dice(seed);
        let policy = any_policy(dice);
        let mut plan = plan_of(&format!("in_{seed}"));
        let (mut family, mut now) = ("insufficient_funds", hour(0));
        let mut tried = vec![failed(now, By::Provider)];
        let (mut numbers, mut by_rule, mut cards) = (BTreeSet::new(), 0, 0);
        let most = *policy.tries(&plan.segment, family, Paid::default()).unwrap().most.get_ref();
        while now < hour(24 * 40) {
            now += SignedDuration::from_mins(1 + i64::try_from(dice.roll(900)).unwrap());
            match dice.roll(24) {
                0 => {
                    tried.push(failed(now, By::Provider));
                    plan.look_again(now);
                }
                1 if dice.roll(4) == 0 => family = never(),
                2 => {
                    cards += 1;
                    plan.card_given(if dice.roll(2) == 0 { FIRST } else { "visa 1881" }, now);
                }
                3 => plan.hold(now, now + SignedDuration::from_hours(9)),
                4 if dice.roll(9) == 0 => plan.stop("paid", now),
                _ => plan.held_until = None,
            }
            let card = plan.tries.card.clone();
            let begun = with_ground(&policy, (family, card.as_deref()), &tried, now, |ground| {
                if plan.chooses(now) || plan.due_try(now).is_some_and(|due| ground.forbids(due)) {
                    let next = next_try(&plan, ground);
                    plan.choose(next);
                }
                plan.begin_try(now, now)
            });
            let Some(made) = begun else { continue };
            assert_eq!(plan.state, PlanState::Running, "{seed}: over, and tried");
            assert!(plan.held_until.is_none(), "{seed}: held, and tried");
            assert!(numbers.insert(made.chosen.number), "{seed}: number {} twice", made.chosen.number);
            let budget = Budget::of(POLICIES.declines.current(), &[], Some("visa"), &meaning(family));
            let budget = budget.for_card(FIRST, &[]);
            let last = tried.iter().rev().find_map(|tried| tried.card.clone());
            if made.chosen.rule == CARD_GIVEN {
                assert!(family != never() || card != last, "{seed}: a barred card was tried");
            } else {
                by_rule += 1;
                assert_ne!(family, never(), "{seed}: tried after a hard decline");
                assert_eq!(budget.forbids(&tried, now), None, "{seed}: over the budget");
            }
            tried.push(Tried { card: card.or(Some(FIRST.to_owned())), ..failed(now, By::Recoup) });
            plan.learn(Some(TryEnd::Declined { code: family.to_owned() }), now);
        }
        assert!(by_rule <= most && numbers.len() <= (by_rule + cards) as usize, "{seed}: {by_rule} of {most}");
        let rule = policy.tries(&plan.segment, "insufficient_funds", Paid::default()).unwrap();
        let end = hour(24 * i64::from(rule.last_day())) + LATE;
        let late = plan.tries.made.iter().filter(|made| made.chosen.rule != CARD_GIVEN);
        assert!(late.map(|made| made.begun_at).max().is_none_or(|at| at <= end), "{seed}: tried for ever");
    }
}
