//! What an event changes of the tries that recoveries have planned: a try failed, whoever made it, or another card was given.

use super::desk::Desk;
use crate::book::{CardGiven, KeptCard};
use crate::dunning::{PlanState, card_named};
use crate::event::{Card, CardState, Event, Origin, Seen};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// How far a provider's clock may be from ours.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(10);

/// The card that an event shows to be another than before, with the provider's id of it: the one that is charged for a
/// subscription, or for all that the customer pays. Lists tell of old ones, and of one that is only kept beside the one
/// that is charged nothing is tried.
fn given<'a>(event: &Event, before: &Desk, after: &'a Desk, subscription: Option<&str>) -> Option<(&'a str, &'a Card)> {
    let (was, is) = (&before.head.book, &after.head.book);
    let charged = [None, subscription].map(|of| is.charged_id(of));
    let is_new = |kept: &&KeptCard| {
        let known = before.touched.cards.get(&kept.id).and_then(|card| card.card.value());
        let is_charged = charged.iter().flatten().any(|id| *id == kept.id) || charged == [None, None];
        kept.state.copied() == Some(CardState::Kept) && known != kept.card.value() && is_charged
    };
    let new = after.touched.cards.values().filter(is_new).find_map(|kept| Some((kept.id.as_str(), kept.card.value()?)));
    // When it is first told which one is charged, it may be the one that failed.
    let other = |of| {
        let (was, now) = (was.charged_id(of)?, is.charged_id(of)?);
        is.kept_card(now).filter(|_| was != now).map(|card| (now, card))
    };
    let known = subscription.filter(|id| was.subscriptions.contains_key(*id));
    // What is charged for the subscription is nearer than what is charged for all.
    let found = new.or_else(|| known.and_then(|id| other(Some(id)))).or_else(|| other(None));
    found.filter(|_| event.origin != Origin::Listed)
}

/// The subscription that an invoice bills.
fn billed<'a>(desk: &'a Desk, invoice: &str) -> Option<&'a str> {
    let touched = desk.touched.invoices.get(invoice).and_then(|it| it.subscription.value());
    let line = desk.head.book.invoices.iter().find(|line| line.invoice == invoice);
    touched.or(line.and_then(|line| line.subscription.as_ref())).map(String::as_str)
}

/// The invoices whose recoveries another card concerns: all of them, unless they are more than are written at once.
pub fn renewed(event: &Event, before: &Desk, after: &Desk, most: usize) -> Vec<String> {
    let shown = event.seen.iter().filter_map(|seen| match seen {
        Seen::Subscription(seen) => Some(seen.id.as_str()),
        _ => None,
    });
    let mut subscriptions = shown.map(Some).chain([None]);
    let is_given = subscriptions.any(|subscription| given(event, before, after, subscription).is_some());
    let all = after.head.dunning.keys().cloned();
    if is_given && all.len() <= most { all.collect() } else { Vec::new() }
}

/// Says on the head which card was given, where a recovery that it concerns is not on the desk, or has not yet taken in the
/// card that was given before. These are the invoices of those that are not there.
fn told_of((id, card): (&str, &str), event: &Event, after: &mut Desk, now: Timestamp) -> Vec<String> {
    let (plans, head) = (&after.plans, &mut after.head);
    let others: Vec<_> = head.dunning.keys().filter(|invoice| !plans.contains_key(*invoice)).cloned().collect();
    if !others.is_empty() || head.card_given.is_some() {
        let begun_by = now.min(event.at + CLOCKS_APART);
        head.card_given = Some(CardGiven { id: id.to_owned(), card: card.to_owned(), at: now, begun_by });
    }
    others
}

/// Lets recoveries choose their next try anew whose invoice shows another try, and those that begin; with another card each
/// tries at once. Answers the invoices whose recoveries take that in by themselves.
pub fn look_again(event: &Event, before: &Desk, after: &mut Desk, now: Timestamp) -> Vec<String> {
    let named = |(id, card): (&str, &Card)| (id.to_owned(), card_named(card));
    let cards: BTreeMap<String, (String, String)> = after
        .plans
        .keys()
        .filter_map(|invoice| Some((invoice.clone(), named(given(event, before, after, billed(after, invoice))?))))
        .collect();
    // A card that is charged for one subscription concerns the recoveries of no other.
    let of_all = given(event, before, after, None).map(named);
    let others = of_all.map_or(Vec::new(), |(id, card)| told_of((&id, &card), event, after, now));
    let heeded_at = after.head.card_given.as_ref().map(|given| given.at);
    let invoices = &after.touched.invoices;
    for plan in after.plans.values_mut().filter(|plan| plan.state == PlanState::Running) {
        let begins = before.plans.get(&plan.invoice).is_none_or(|other| other.started_at != plan.started_at);
        let [was, is] = [&before.touched.invoices, invoices].map(|all| all.get(&plan.invoice));
        let told = is.is_some_and(|is| was.is_none_or(|was| was.tries != is.tries || was.decline() != is.decline()));
        if begins || told {
            plan.look_again(now);
        }
        let card = cards.get(&plan.invoice).filter(|_| event.at >= plan.started_at - CLOCKS_APART);
        if let Some((id, card)) = card {
            plan.card_given(card, now);
            plan.names_card(id);
            plan.tries.heeded_at = heeded_at;
        }
    }
    others
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
            let read = renewed(&event, &before, &after, 1);
            assert!(card.is_none() || read == ["in_1"], "{name}: {read:?}");
            assert_eq!(renewed(&event, &before, &after, 0), Vec::<String>::new(), "{name}: that is too many");
            assert_eq!(after.head.card_given, None, "{name}: each of them was told");
        }
        let before = Desk { plans: std::collections::BTreeMap::new(), ..desk(&old) };
        let mut after = desk(&old);
        look_again(&event("webhook", BEGAN, &old), &before, &mut after, now);
        assert_eq!(after.plans["in_1"].tries.look_at, Some(now), "one that begins");
    }

    #[test]
    fn the_head_tells_those_of_a_card_that_are_not_on_the_desk() {
        let (now, later) = (time("2026-03-03T10:00:05Z"), "2026-03-03T10:00:00Z");
        let event = event("webhook", later, &card("1881", "kept"));
        let before = desk(&card("4242", "kept"));
        let mut after = before.clone();
        after.touched.fold(&mut after.head, &event, SignedDuration::ZERO);
        let mut crowded = Desk { plans: std::collections::BTreeMap::new(), ..after.clone() };
        assert_eq!(look_again(&event, &before, &mut crowded, now), ["in_1"]);
        let given = crowded.head.card_given.clone().unwrap();
        assert_eq!((given.card.as_str(), given.at, given.begun_by), ("visa 1881", now, now));
        let mut plan = after.plans["in_1"].clone();
        plan.heed(&crowded.head);
        assert_eq!((plan.tries.card.as_deref(), plan.tries.look_at), (Some("visa 1881"), Some(now)));

        let older = CardGiven {
            id: "pm_1".to_owned(),
            card: "visa 0005".to_owned(),
            at: time("2026-03-03T09:00:00Z"),
            begun_by: now,
        };
        after.head.card_given = Some(older);
        assert_eq!(look_again(&event, &before, &mut after, now), Vec::<String>::new());
        let mut plan = after.plans["in_1"].clone();
        plan.heed(&after.head);
        assert_eq!(plan.tries.card.as_deref(), Some("visa 1881"), "the older one is not given after it");
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

    #[test]
    fn a_card_is_given_for_a_subscription_or_for_all_and_is_named() {
        let (now, later, old) = (time("2026-03-03T10:00:05Z"), "2026-03-03T10:00:00Z", card("4242", "kept"));
        let chosen = |id: &str| json!({"resource": "chosen", "as_of": null, "card": id});
        let bought = |own: Value| json!({"resource": "subscription", "id": "sub_1", "card": own});
        let billed = json!({"resource": "invoice", "id": "in_1", "subscription": "sub_1", "created_at": BEGAN});
        let second = json!({"resource": "card", "id": "pm_2", "as_of": null, "state": "kept",
            "card": {"brand": "Visa", "last4": "1881", "exp_month": 4, "exp_year": 2030}});
        let (its, all) = (|id: &str| bought(json!({"is": id})), bought(json!("nothing")));
        for (name, known, told, card) in [
            ("its own is another", vec![chosen("pm_1"), its("pm_1")], its("pm_2"), Some("pm_2")),
            ("it gets one of its own", vec![chosen("pm_1"), all.clone()], its("pm_2"), Some("pm_2")),
            (
                "its own goes, and the chosen one is another",
                vec![chosen("pm_2"), its("pm_1")],
                all.clone(),
                Some("pm_2"),
            ),
            ("its own is what was charged before", vec![chosen("pm_1"), all.clone()], its("pm_1"), None),
            ("it is told first which one is its own", vec![chosen("pm_1")], its("pm_2"), None),
            (
                "another is chosen for all, beside its own",
                vec![chosen("pm_1"), its("pm_1")],
                chosen("pm_2"),
                Some("pm_2"),
            ),
            ("another is only kept, beside its own", vec![its("pm_1")], second.clone(), None),
        ] {
            let mut before = desk(&old);
            let kept = if told == second { vec![] } else { vec![second.clone()] };
            for seen in kept.iter().chain([&billed]).chain(&known) {
                let event = event("webhook", "2026-01-02T00:00:00Z", seen);
                before.touched.fold(&mut before.head, &event, SignedDuration::ZERO);
            }
            let event = event("webhook", later, &told);
            let mut after = before.clone();
            after.touched.fold(&mut after.head, &event, SignedDuration::ZERO);
            assert!(card.is_none() || renewed(&event, &before, &after) == ["in_1"], "{name}");
            look_again(&event, &before, &mut after, now);
            assert_eq!(after.plans["in_1"].tries.card_id.as_deref(), card, "{name}");
        }
    }
}
