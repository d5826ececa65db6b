//! That a second card is tried with its holder's consent alone, once the first is used up, and on its own budget.

use super::*;
use crate::book::By;
use crate::decline::Meaning;
use crate::dunning::{Adviser, Calendar, DunningPolicy, Judged, MadeTry, Paid, adviser};
use crate::policies::Policies;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::{Value, from_value, json};
use std::sync::LazyLock;

static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::shipped().unwrap());
static ADVISER: LazyLock<Adviser> = LazyLock::new(|| {
    let rules = POLICIES.dunning.current().adviser.as_ref().unwrap();
    adviser(rules, POLICIES.advice.current())
});

const AT: &str = "2026-03-02T09:00:00Z";
const FIRST: &str = "visa 4242";
const SECOND: &str = "mastercard 1881";

fn hour(hour: i64) -> Timestamp {
    AT.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hour)
}

/// A failed try: with which card, at which hour, and why.
fn failed(card: &str, at: i64, code: &str) -> Tried {
    Tried {
        payment: Some(format!("ch_{card}_{at}")),
        network: brand_of(card).map(str::to_owned),
        card: Some(card.to_owned()),
        code: Some(code.to_owned()),
        ..Tried::failed(hour(at), By::Provider)
    }
}

fn seen(value: Value) -> Value {
    json!([[AT, 0, "evt_1"], value])
}

/// A customer with two cards, of which the first is charged, as far as anybody tells.
fn head(is_told: bool, agreed: Option<&str>) -> Head {
    let mut head = Head::new("stripe", "default", "cus_1");
    for (id, brand, last4) in [("pm_1", "Visa", "4242"), ("pm_2", "Mastercard", "1881")] {
        let card = json!({"brand": brand, "last4": last4, "exp_month": 4, "exp_year": 2032});
        head.book.cards.push(from_value(json!({"seen_at": AT, "id": id, "card": card, "state": "kept"})).unwrap());
    }
    if is_told {
        head.book.chosen = from_value(seen(json!("pm_1"))).unwrap();
    }
    head.consent = agreed.map(|last4| {
        let consent =
            json!({"card": "pm_2", "brand": "Mastercard", "last4": last4, "by": "lena", "at": AT, "note": "by phone"});
        from_value(consent).unwrap()
    });
    head
}

fn plan() -> Plan {
    let policy_version = POLICIES.dunning.current().version;
    let step = json!({"number": 1, "kind": "person", "due_at": "2026-04-01T09:00:00Z", "state": "waiting",
        "done_at": null, "doubt_at": null});
    from_value(json!({"account": Head::new("stripe", "default", "cus_1").account, "invoice": "in_1",
        "segment": "standard", "policy_version": policy_version, "started_at": AT, "state": "running",
        "reason": null, "trace": "t", "steps": [step]}))
    .unwrap()
}

fn invoice(tried: &[Tried]) -> Invoice {
    let decline = tried.last().map(|last| json!({"provider": "stripe", "code": last.code}));
    from_value(json!({"id": "in_1", "decline": decline.map_or(Value::Null, seen)})).unwrap()
}

/// What is chosen, and what is asked of it, as the service asks.
fn ask<T>(
    policy: &DunningPolicy,
    head: &Head,
    (tried, beside): (&[Tried], &[Vec<Tried>]),
    now: Timestamp,
    ask: impl FnOnce(&Ground<'_>, Option<&Result<Second<'_>, NoTry>>) -> T,
) -> T {
    let (declines, invoice) = (POLICIES.declines.current(), invoice(tried));
    let judged = Judged::of(declines, head, &invoice, tried, beside);
    let meaning: Meaning<'_> = declines.meaning(judged.decline.as_ref());
    let budget = judged.budget(declines, &[], tried, beside);
    let calendar = Calendar::new(TimeZone::UTC);
    let second = Second::of(declines, &[], (head, &invoice), tried, beside);
    let family = meaning.family.id.get_ref().as_str();
    let traits = Traits { family, code: family, network: "visa", funding: "", issuer: "US", country: "US" };
    let ground = Ground {
        policy,
        adviser: Some(&*ADVISER),
        advice_version: Some(POLICIES.advice.current().version),
        calendar: &calendar,
        meaning: &meaning,
        paid: Paid::through(declines, Some("visa")),
        budget: &budget,
        budget_of_card: None,
        traits,
        tried,
        failed_at: Some(hour(0)),
        now,
    };
    ask(&ground, second.as_ref())
}

fn next(head: &Head, tried: &[Tried], beside: &[Vec<Tried>], now: Timestamp) -> Result<NextTry, NoTry> {
    let plan = plan();
    ask(POLICIES.dunning.current(), head, (tried, beside), now, |ground, second| next_of_any(&plan, ground, second))
}

/// Six tries with the first card, a day apart: all that its rule has.
fn all_made() -> Vec<Tried> {
    (0..7).map(|day| failed(FIRST, 24 * day, "insufficient_funds")).collect()
}

/// Which card is charged next, or why none is.
fn named(next: &Result<NextTry, NoTry>) -> Result<Option<&str>, String> {
    match next {
        Ok(next) => Ok(next.second.as_ref().map(|second| second.id.as_str())),
        Err(why) => Err(why.to_string()),
    }
}

#[test]
fn it_is_tried_with_consent_alone_and_once_the_first_is_used_up() {
    let hard = vec![failed(FIRST, 0, "invalid_account")];
    let soft = vec![failed(FIRST, 0, "insufficient_funds")];
    let (used, over) = (all_made(), hour(24 * 6 + 1));
    let agreed = || head(true, Some("1881"));
    for (name, head, tried, now, expected) in [
        ("a hard decline", agreed(), &hard, hour(1), Ok(Some("pm_2"))),
        ("all is used", agreed(), &used, over, Ok(Some("pm_2"))),
        ("the first may still pay", agreed(), &soft, hour(1), Ok(None)),
        ("nobody agreed", head(true, None), &hard, hour(1), Err("is never tried again with the same card")),
        ("nobody agreed, and all is used", head(true, None), &used, over, Err("that is all there is")),
        ("to another number", head(true, Some("0005")), &hard, hour(1), Err("with the second card: it is not kept")),
        ("nobody tells which is charged", head(false, Some("1881")), &hard, hour(1), Err("nobody tells which card")),
    ] {
        let found = next(&head, tried, &[], now);
        match (named(&found), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{name}"),
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{name}: {found}"),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn what_waits_for_somebody_is_no_reason_to_charge_another_card() {
    let head = head(true, Some("1881"));
    for code in ["expired_card", "authentication_required", "fraudulent", "revocation_of_authorization"] {
        let found = next(&head, &[failed(FIRST, 0, code)], &[], hour(1));
        assert!(found.is_err(), "{code}: {found:?}");
    }
}

#[test]
fn rules_that_have_none_for_it_try_none() {
    let (head, tried, plan) = (head(true, Some("1881")), [failed(FIRST, 0, "invalid_account")], plan());
    let without = DunningPolicy { second_card: None, ..POLICIES.dunning.current().clone() };
    let found = ask(&without, &head, (&tried, &[]), hour(1), |ground, second| next_of_any(&plan, ground, second));
    assert_eq!(found, Err(NoTry::Never("invalid_account".to_owned())));
    for earlier in [1, 2] {
        assert!(POLICIES.dunning.version(earlier).is_some_and(|policy| policy.second_card.is_none()), "v{earlier}");
    }
}

#[test]
fn it_has_a_moment_of_its_own_with_what_else_it_could_have_been() {
    let head = head(true, Some("1881"));
    let found = next(&head, &[failed(FIRST, 0, "invalid_account")], &[], hour(2)).unwrap();
    let policy = POLICIES.dunning.current();
    assert_eq!(found.second, Some(NamedCard { id: "pm_2".to_owned(), card: SECOND.to_owned() }));
    assert!(found.at >= hour(2) && found.at <= hour(24 * 7), "{found:?}");
    assert!(found.candidates.iter().any(|it| it.at == found.at), "{found:?}");
    assert!(found.chance.is_some() && (1..=1000).contains(&found.likely), "{found:?}");
    assert!(policy.lets(&plan(), &found));
    for (name, next) in [
        ("by a rule for the first card", NextTry { rule: "funds".to_owned(), ..found.clone() }),
        ("as if it were given", NextTry { rule: crate::dunning::CARD_GIVEN.to_owned(), ..found.clone() }),
        ("the first card by the rule for the second", NextTry { second: None, ..found }),
    ] {
        assert!(!policy.lets(&plan(), &next), "{name}");
    }
}

#[test]
fn its_budget_is_its_own_and_its_own_failures_end_it() {
    let head = head(true, Some("1881"));
    let first = failed(FIRST, 0, "invalid_account");
    let of_first = next(&head, &all_made(), &[], hour(24 * 6 + 1)).unwrap();
    assert!(of_first.at <= hour(24 * 13), "what was tried with the first counts for nothing: {of_first:?}");
    for (name, code, expected) in [
        ("it may pay another day", "insufficient_funds", Ok(Some("pm_2"))),
        ("never", "stolen_card", Err("is never tried again with the same card")),
        ("its holder acts first", "expired_card", Err("once the customer has acted")),
    ] {
        let found = next(&head, &[first.clone(), failed(SECOND, 24, code)], &[], hour(25));
        match (named(&found), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{name}"),
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{name}: {found}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    let says = |next: &Result<NextTry, NoTry>, what: &str| named(next).is_err_and(|why| why.contains(what));
    let funds = |at| failed(SECOND, at, "insufficient_funds");
    let found = next(&head, &[first.clone(), funds(24), funds(97)], &[], hour(98));
    assert!(says(&found, "it was tried again 2 times"), "{found:?}");

    // Of another debt, and it says never there.
    let barred = vec![vec![failed(SECOND, -24, "stolen_card")]];
    let found = next(&head, std::slice::from_ref(&first), &barred, hour(1));
    assert!(says(&found, "with the second card: lost or stolen"), "{found:?}");
    // Of another debt, as often as its network lets it in 30 days.
    let often = vec![(0..40).map(|_| funds(0)).collect::<Vec<_>>()];
    let found = next(&head, &[first], &often, hour(1));
    assert!(found.is_err(), "35 of an amount in 30 days are used: {found:?}");
}

#[test]
fn what_was_chosen_is_forbidden_once_nobody_agrees_any_more() {
    let tried = [failed(FIRST, 0, "invalid_account")];
    let chosen = next(&head(true, Some("1881")), &tried, &[], hour(1)).unwrap();
    let policy = POLICIES.dunning.current();
    for (name, head, forbidden) in [
        ("as it was", head(true, Some("1881")), false),
        ("it was taken back", head(true, None), true),
        ("the card is another", head(true, Some("0005")), true),
    ] {
        let found =
            ask(policy, &head, (&tried, &[]), chosen.at, |ground, second| is_forbidden(&chosen, ground, second));
        assert_eq!(found, forbidden, "{name}");
    }
}

#[test]
fn its_try_names_it_and_is_no_card_that_was_given() {
    let mut plan = plan();
    let chosen = next(&head(true, Some("1881")), &[failed(FIRST, 0, "invalid_account")], &[], hour(1)).unwrap();
    let at = chosen.at;
    plan.choose(Ok(chosen));
    let MadeTry { action, card, card_id, .. } = plan.begin_try(at, at).unwrap();
    assert_eq!((card.as_deref(), card_id.as_deref()), (Some(SECOND), Some("pm_2")));
    plan.keeps_card(&action);
    assert_eq!((plan.tries.card, plan.tries.card_id), (None, None), "one that did not leave is not tried unasked");
}

#[test]
fn the_day_on_which_somebody_took_one_back_has_no_other() {
    let (policy, tried) = (POLICIES.dunning.current(), [failed(FIRST, 0, "invalid_account")]);
    let (head, mut plan) = (head(true, Some("1881")), plan());
    plan.taken_back(hour(1));
    let found = ask(policy, &head, (&tried, &[]), hour(1), |ground, second| next_of_any(&plan, ground, second));
    let midnight: Timestamp = "2026-03-03T00:00:00Z".parse().unwrap();
    assert!(found.as_ref().is_ok_and(|next| next.at >= midnight), "{found:?}");
}

#[test]
fn what_stripe_advises_counts_for_the_moment_inside_the_window() {
    // Mastercard's 28 asks to wait for six days; Stripe hands it on as `network_advice_code`.
    let head = head(true, None);
    let (declines, policy, plan) = (POLICIES.declines.current(), POLICIES.dunning.current(), plan());
    let tried = [failed(FIRST, 0, "insufficient_funds")];
    let chosen = |more: Value| {
        let mut told = json!({"provider": "stripe", "code": "insufficient_funds", "network": "mastercard"});
        told.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let decline: Decline = from_value(told).unwrap();
        let meaning = declines.meaning(Some(&decline));
        let budget = Budget::of(declines, &[], Some("mastercard"), &meaning).for_card(FIRST, &[]);
        ask(policy, &head, (&tried, &[]), hour(1), |ground, _| {
            let ground = Ground { meaning: &meaning, budget: &budget, ..*ground };
            next_try(&plan, &ground)
        })
    };
    let last = hour(24 * 30);
    let (plain, waits) = (chosen(json!({})).unwrap().at, chosen(json!({"network_advice": "28"})).unwrap().at);
    assert!(plain <= last && waits >= hour(24 * 6) && waits <= last, "{plain} and {waits}");
    for (name, more) in [
        ("Stripe", json!({"advice": "do_not_try_again"})),
        ("the network", json!({"network_advice": "03"})),
        ("both, and one asks to wait", json!({"advice": "try_again_later", "network_advice": "03"})),
    ] {
        let found = chosen(more);
        assert!(matches!(found, Err(NoTry::Never(_))), "{name} says no: {found:?}");
    }
}
