//! What an event changes of the tries that recoveries have planned: a try failed, whoever made it, or another card was given.

use super::desk::Desk;
use crate::book::KeptCard;
use crate::dunning::PlanState;
use crate::event::{CardState, Event, Origin};
use jiff::{SignedDuration, Timestamp};

/// How far a provider's clock may be from ours.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(10);

/// The card that an event shows to be another than before, as tries are told apart by it: its brand and the end of its
/// number. Lists tell of old ones, and of one that is only kept beside the one that is charged nothing is tried.
fn given(event: &Event, before: &Desk, after: &Desk) -> Option<String> {
    let (was, is) = (before.head.book.chosen.value(), after.head.book.chosen.value());
    let is_new = |kept: &&KeptCard| {
        let known = before.touched.cards.get(&kept.id).and_then(|card| card.card.value());
        let is_charged = is.is_none_or(|chosen| *chosen == kept.id);
        kept.state.copied() == Some(CardState::Kept) && known != kept.card.value() && is_charged
    };
    let new = after.touched.cards.values().filter(is_new).find_map(|kept| kept.card.value());
    // When it is first told which one is charged, it may be the one that failed.
    let other = || after.head.book.kept_card(is.filter(|_| was.is_some() && was != is)?);
    let card = new.or_else(other).filter(|_| event.origin != Origin::Listed)?;
    Some(format!("{} {}", card.brand.to_lowercase(), card.last4))
}

/// The invoices whose recoveries another card concerns: all of them.
pub fn renewed(event: &Event, before: &Desk, after: &Desk) -> Vec<String> {
    let all = after.head.dunning.keys().cloned();
    given(event, before, after).map_or(Vec::new(), |_| all.collect())
}

/// Lets recoveries choose their next try anew whose invoice shows another try, and those that begin; with another card each
/// tries at once.
pub fn look_again(event: &Event, before: &Desk, after: &mut Desk, now: Timestamp) {
    let card = given(event, before, after);
    let invoices = &after.touched.invoices;
    for plan in after.plans.values_mut().filter(|plan| plan.state == PlanState::Running) {
        let begins = before.plans.get(&plan.invoice).is_none_or(|other| other.started_at != plan.started_at);
        let [was, is] = [&before.touched.invoices, invoices].map(|all| all.get(&plan.invoice));
        let told = is.is_some_and(|is| was.is_none_or(|was| was.tries != is.tries || was.decline() != is.decline()));
        if begins || told {
            plan.look_again(now);
        }
        if let Some(card) = card.as_ref().filter(|_| event.at >= plan.started_at - CLOCKS_APART) {
            plan.card_given(card, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{Head, Touched};
    use crate::dunning::Plan;
    use serde_json::{Value, from_value, json};

    const BEGAN: &str = "2026-03-02T10:00:00Z";

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn event(origin: &str, at: &str, seen: &Value) -> Event {
        let kind = if seen["resource"] == "payment" { "payment_failed" } else { "card_added" };
        let invoice = json!({"resource": "invoice", "id": "in_1", "status": "open"});
        from_value(json!({"id": format!("evt_{at}"), "provider": "stripe", "source": "default", "origin": origin,
            "kind": kind, "at": at, "customer": "cus_1", "seen": [seen, invoice]}))
        .unwrap()
    }

    fn card(last4: &str, state: &str) -> Value {
        let card = json!({"brand": "Visa", "last4": last4, "exp_month": 4, "exp_year": 2030});
        json!({"resource": "card", "id": "pm_1", "as_of": null, "card": card, "state": state})
    }

    fn failed() -> Value {
        json!({"resource": "payment", "id": "ch_2", "invoice": "in_1", "status": "failed",
            "decline": {"provider": "stripe", "code": "generic_decline"}})
    }

    /// A recovery that runs since a moment, of an account that has kept this card.
    fn desk(kept: &Value) -> Desk {
        let (mut head, mut touched) = (Head::new("stripe", "default", "cus_1"), Touched::default());
        touched.fold(&mut head, &event("webhook", "2026-01-01T00:00:00Z", kept), SignedDuration::ZERO);
        let plan: Plan = from_value(json!({
            "account": head.account, "invoice": "in_1", "segment": "standard", "policy_version": 2,
            "started_at": BEGAN, "state": "running", "reason": null, "trace": "t",
            "steps": [{"number": 1, "kind": "person", "due_at": "2026-03-09T10:00:00Z", "state": "waiting",
                "done_at": null, "doubt_at": null}],
        }))
        .unwrap();
        plan.show_on(&mut head);
        let mut desk = Desk::of(head, touched);
        desk.plans.insert(plan.invoice.clone(), plan);
        desk
    }

    #[test]
    fn another_card_and_another_try_are_looked_at_and_nothing_else_is() {
        let (now, later) = (time("2026-03-03T10:00:05Z"), "2026-03-03T10:00:00Z");
        let old = card("4242", "kept");
        for (name, origin, at, seen, card, looked) in [
            ("another card", "webhook", later, card("1881", "kept"), Some("visa 1881"), true),
            ("the same one once more", "webhook", later, old.clone(), None, false),
            ("one that is listed", "listed", later, card("1881", "kept"), None, false),
            ("one that was removed", "webhook", later, card("1881", "removed"), None, false),
            ("one that came before it failed", "webhook", "2026-03-02T09:00:00Z", card("1881", "kept"), None, false),
            ("another try", "webhook", later, failed(), None, true),
        ] {
            let event = event(origin, at, &seen);
            let before = desk(&old);
            let mut after = before.clone();
            after.touched.fold(&mut after.head, &event, SignedDuration::ZERO);
            look_again(&event, &before, &mut after, now);
            let tries = &after.plans["in_1"].tries;
            assert_eq!((tries.card.as_deref(), tries.look_at.is_some()), (card, looked), "{name}");
            let read = renewed(&event, &before, &after);
            assert!(card.is_none() || read == ["in_1"], "{name}: {read:?}");
        }
        let before = Desk { plans: std::collections::BTreeMap::new(), ..desk(&old) };
        let mut after = desk(&old);
        look_again(&event("webhook", BEGAN, &old), &before, &mut after, now);
        assert_eq!(after.plans["in_1"].tries.look_at, Some(now), "one that begins");
    }

    #[test]
    fn a_card_is_tried_once_it_is_the_one_that_is_charged() {
        let (now, later, old) = (time("2026-03-03T10:00:05Z"), "2026-03-03T10:00:00Z", card("4242", "kept"));
        let chosen = |id: &str| json!({"resource": "chosen", "as_of": null, "card": id});
        let second = json!({"resource": "card", "id": "pm_2", "as_of": null, "state": "kept",
            "card": {"brand": "Visa", "last4": "1881", "exp_month": 4, "exp_year": 2030}});
        for (name, known, told, card) in [
            (
                "the other one is charged from now on",
                vec![second.clone(), chosen("pm_1")],
                chosen("pm_2"),
                Some("visa 1881"),
            ),
            ("it is told first which one is charged", vec![second.clone()], chosen("pm_2"), None),
            ("the same is charged", vec![second.clone(), chosen("pm_1")], chosen("pm_1"), None),
            ("one that nobody knows is charged", vec![chosen("pm_1")], chosen("pm_2"), None),
            ("another one beside the one that is charged", vec![chosen("pm_1")], second.clone(), None),
            ("the one that is charged, which was not known", vec![chosen("pm_2")], second.clone(), Some("visa 1881")),
        ] {
            let mut before = desk(&old);
            for seen in &known {
                before.touched.fold(
                    &mut before.head,
                    &event("webhook", "2026-01-02T00:00:00Z", seen),
                    SignedDuration::ZERO,
                );
            }
            let event = event("webhook", later, &told);
            let mut after = before.clone();
            after.touched.fold(&mut after.head, &event, SignedDuration::ZERO);
            look_again(&event, &before, &mut after, now);
            assert_eq!(after.plans["in_1"].tries.card.as_deref(), card, "{name}");
        }
    }
}
