//! Is a case that an event opens the trouble that a ticket has told of before? Then the ticket's case goes on in it, so
//! that one trouble is one case, whichever came first.

use super::Concern;
use super::desk::Desk;
use crate::book::{CaseLine, Head};
use crate::case::{Case, Class, State};
use crate::id::CaseId;
use crate::ticket::{Moving, Ticket, TicketPolicy, same_trouble};
use jiff::Timestamp;
use std::cmp::Reverse;

/// How many cases of tickets are looked at with one event: the newest.
const TOLD_MAX: usize = 2;

/// The open cases that tickets have opened and that may be about what this event shows, by the head alone: none where
/// no case of that account is open that a ticket has opened, and none where the event opens nothing.
pub fn told_before(concerns: &[Concern], head: &Head, policy: &TicketPolicy) -> Vec<CaseId> {
    let opens = concerns.iter().filter(|concern| !head.cases.contains_key(&concern.case));
    let classes: Vec<Class> = opens.map(|concern| concern.about.class()).collect();
    let is_same = |line: &CaseLine| {
        let same = Class::named(&line.class).map(|class| &policy.class(class).same);
        same.is_some_and(|same| classes.iter().any(|class| same.contains(class)))
    };
    let mut told: Vec<_> = head.cases.iter().filter(|(_, line)| line.by_ticket && is_same(line)).collect();
    told.sort_by_key(|(id, line)| (Reverse(line.opened_at), *id));
    told.into_iter().take(TOLD_MAX).map(|(id, _)| id.clone()).collect()
}

/// Lets each of these cases go on in the one of the same trouble that has just opened, where one has. What moves with
/// them and is an action is laid on both desks; these are the tickets.
///
/// A case that was open before is left alone: the ticket did not join it when it came. So is one that a person has
/// ended.
pub fn adopt(before: &mut Desk, after: &mut Desk, laid: &Moving, policy: &TicketPolicy, now: Timestamp) -> Vec<Ticket> {
    if laid.is_empty() {
        return Vec::new();
    }
    let mut moving = laid.clone();
    let told = after.cases.values().filter(|case| case.state == State::Open && moving.has(&case.id));
    let told: Vec<CaseId> = told.map(|case| case.id.clone()).collect();
    for id in told {
        let Some(opened) = opened(&after.cases[&id], before, after, &moving, policy) else { continue };
        let Some(mut own) = after.cases.remove(&id) else { continue };
        if let Some(into) = after.cases.get_mut(&opened) {
            moving.join(&mut own, into, &mut after.head, now);
        }
        after.cases.insert(id, own);
    }
    for (was, is) in moving.actions_since(laid) {
        before.actions.entry(was.id.clone()).or_insert_with(|| was.clone());
        after.actions.entry(was.id.clone()).or_insert_with(|| was.clone()).case.clone_from(&is.case);
    }
    moving.tickets_since(laid).cloned().collect()
}

/// The case that has just opened, or opened again, and is the same trouble.
fn opened(own: &Case, before: &Desk, after: &Desk, moving: &Moving, policy: &TicketPolicy) -> Option<CaseId> {
    let was_open = |id: &CaseId| before.cases.get(id).is_some_and(|case| case.state == State::Open);
    let fresh = after.cases.values().filter(|case| !case.is_of_ticket() && !was_open(&case.id));
    let mentioned = moving.named_by(own);
    same_trouble(own.class, &mentioned, &after.head, fresh, policy).map(|case| case.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Action, Clause, Kind, Preview, Reason};
    use crate::book::{Touched, Watched};
    use crate::classify::{Scene, concerns, decide};
    use crate::event::{Event, Kind as Told, Origin, PaymentSeen, PaymentStatus, Seen, TicketSeen};
    use crate::id::ActionId;
    use crate::money::{Currency, Money};
    use crate::policies::Policies;
    use jiff::SignedDuration;
    use serde_json::{from_value, json};

    const TICKET: &str = "desk/default/t1";

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn event(id: &str, kind: Told, at: &str, seen: Seen) -> Event {
        Event {
            id: format!("evt_{id}"),
            provider: "stripe".into(),
            source: "default".into(),
            origin: Origin::Webhook,
            kind,
            at: time(at),
            customer: Some("cus_1".into()),
            seen: vec![seen],
        }
    }

    fn charge(id: &str, minor: i64, at: &str) -> Event {
        let seen = PaymentSeen {
            id: id.into(),
            status: Some(PaymentStatus::Succeeded),
            amount: Some(Money::from_minor(minor, Currency::USD)),
            at: Some(time(at)),
            ..PaymentSeen::default()
        };
        event(id, Told::PaymentSucceeded, at, Seen::Payment(seen))
    }

    /// The case that a ticket has opened two hours after the first charge.
    fn told(class: &str) -> Case {
        let account = Head::new("stripe", "default", "cus_1").account;
        let about = format!("ticket:{TICKET}");
        from_value(
            json!({"id": CaseId::of(&account, class, &about), "account": account, "class": class, "about": about,
            "confidence": "1", "state": "open", "rule": "ticket", "policy_version": 1, "evidence": [], "missing": [],
            "advice": "", "why": "", "recommended": null, "draft_reply": null, "actions": [], "events": [],
            "tickets": [TICKET], "opened_at": "2026-03-01T11:00:00Z", "resolved_at": null, "resolution": null}),
        )
        .unwrap()
    }

    fn written(words: &str, case: &Case) -> Ticket {
        let mut ticket = Ticket::new("desk", "default", "t1");
        let seen = TicketSeen { id: "t1".into(), body: Some(words.into()), ..TicketSeen::default() };
        let told = event("t", Told::TicketChanged, "2026-03-01T11:00:00Z", Seen::Ticket(seen.clone()));
        ticket.fold(&seen, &told);
        ticket.handling.case = Some(case.id.clone());
        ticket
    }

    fn asked(case: &Case) -> Action {
        let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
        let preview = Preview {
            summary: String::new(),
            about: String::new(),
            lines: vec![],
            clause,
            notices: vec![],
            digest: "d".into(),
        };
        let kind = Kind::Refund { payment: "charge_1".into(), amount: Money::from_minor(2400, Currency::USD) };
        let id = ActionId::of(&case.account, "lena", "k");
        let mut action = Action::new(id, kind, Reason::Other, preview, "lena", time("2026-03-01T11:05:00Z"));
        action.case = Some(case.id.clone());
        action
    }

    /// The account once it was charged twice, before and after the second charge is folded in.
    fn desks(cases: &[Case]) -> (Desk, Desk, Event) {
        let mut before = Desk::of(Head::new("stripe", "default", "cus_1"), Touched::default());
        let apart = SignedDuration::from_mins(10);
        for event in [charge("charge_0", 900, "2026-02-01T09:00:00Z"), charge("charge_1", 2400, "2026-03-01T09:00:00Z")]
        {
            before.touched.fold(&mut before.head, &event, apart);
        }
        for case in cases {
            if case.state == State::Open {
                before.head.names(&case.id, case.line(), false);
            }
            before.cases.insert(case.id.clone(), case.clone());
        }
        let second = charge("charge_2", 2400, "2026-03-01T12:00:00Z");
        let mut after = before.clone();
        after.touched.fold(&mut after.head, &second, apart);
        (before, after, second)
    }

    /// Folds the second charge, and lets what it opens take over. Says which cases were looked at.
    fn fold(cases: &[Case], laid: &Moving) -> (Desk, Desk, Vec<CaseId>, Vec<Ticket>) {
        let policies = Policies::shipped().unwrap();
        let (mut before, mut after, second) = desks(cases);
        let scene = Scene {
            event: &second,
            policy: policies.classify.current(),
            declines: policies.declines.current(),
            now: second.at,
        };
        let concerns = concerns(&after, scene.policy);
        let looked = told_before(&concerns, &after.head, policies.tickets.current());
        decide(scene, &concerns, &mut after);
        let tickets = adopt(&mut before, &mut after, laid, policies.tickets.current(), second.at);
        (before, after, looked, tickets)
    }

    fn twice() -> CaseId {
        CaseId::of(&Head::new("stripe", "default", "cus_1").account, "duplicate_charge", "charge_2")
    }

    #[test]
    fn what_is_found_later_takes_over_what_a_ticket_told_of_where_it_is_the_same_trouble() {
        let ended = |mut case: Case| {
            case.end_by_hand(time("2026-03-01T11:30:00Z"));
            case
        };
        for (what, class, words, by_hand, is_looked_at, is_taken_over) in [
            ("the same class", "duplicate_charge", "charged twice", false, true, true),
            ("a class that is like it", "refund_request", "give it back", false, true, true),
            ("another class", "tax_question", "which tax", false, false, false),
            ("it names one of both payments", "duplicate_charge", "charge_1 is mine", false, true, true),
            ("it names another payment", "duplicate_charge", "charge_0 came twice", false, true, false),
            ("it names none that anybody knows", "duplicate_charge", "invoice 4711 twice", false, true, true),
            ("a person has ended it", "duplicate_charge", "charged twice", true, false, false),
        ] {
            let case = if by_hand { ended(told(class)) } else { told(class) };
            let mut laid = Moving::default();
            laid.lay(&case.id, vec![written(words, &case)], Vec::new());
            let (_, after, looked, tickets) = fold(std::slice::from_ref(&case), &laid);
            assert_eq!(looked, if is_looked_at { vec![case.id.clone()] } else { vec![] }, "{what}");
            let (own, found) = (&after.cases[&case.id], &after.cases[&twice()]);
            assert_eq!(own.went_on_in.as_ref(), is_taken_over.then_some(&found.id), "{what}");
            assert_eq!((found.state, found.recommended.is_some()), (State::Open, true), "{what}");
            let open = 1 + usize::from(!is_taken_over && !by_hand);
            assert_eq!((after.head.cases.len(), after.head.more_cases), (open, 0), "{what}: as many are open");
            let of: Vec<_> = tickets.iter().map(|ticket| ticket.handling.case.clone()).collect();
            assert_eq!(of, if is_taken_over { vec![Some(twice())] } else { vec![] }, "{what}");
            assert_eq!(found.tickets.len(), usize::from(is_taken_over), "{what}");
            assert_eq!(own.was_ended_by_hand(), by_hand, "{what}");
        }
    }

    #[test]
    fn what_a_person_has_ended_takes_nothing_over() {
        let case = told("duplicate_charge");
        let mut over = told("duplicate_charge");
        (over.id, over.about, over.tickets) = (twice(), "charge_2".to_owned(), Vec::new());
        over.end_by_hand(time("2026-03-01T11:30:00Z"));
        let mut laid = Moving::default();
        laid.lay(&case.id, vec![written("charged twice", &case)], Vec::new());
        let (_, after, _, tickets) = fold(&[case.clone(), over], &laid);
        assert_eq!((after.cases[&twice()].state, after.cases[&case.id].state), (State::Resolved, State::Open));
        assert_eq!((tickets, after.cases[&case.id].went_on_in.as_ref()), (Vec::new(), None));
    }

    #[test]
    fn what_was_asked_for_goes_with_it_once() {
        let mut case = told("duplicate_charge");
        let action = asked(&case);
        case.actions.push(action.id.clone());
        let mut laid = Moving::default();
        laid.lay(&case.id, vec![written("charged twice", &case)], vec![action.clone()]);
        let (before, after, ..) = fold(std::slice::from_ref(&case), &laid);
        let found = &after.cases[&twice()];
        assert_eq!((&found.actions, &after.cases[&case.id].actions), (&vec![action.id.clone()], &Vec::new()));
        assert_eq!(before.actions[&action.id], action, "it is written over what was read");
        let mut moved = action.clone();
        moved.case = Some(twice());
        assert_eq!(after.actions[&action.id], moved);
        assert!(found.waits_for_staff(&[after.actions[&action.id].clone()]), "one payment goes back, and not both");

        let policies = Policies::shipped().unwrap();
        let counted =
            |desk: &Desk| desk.facts(&policies.declines).keys().filter(|key| key.starts_with("case_")).count();
        assert_eq!((counted(&before), counted(&after)), (1, 1), "one trouble is one case");
        assert_ne!(found.opened_at, case.opened_at, "what it recommends is as of when it was found");
    }

    #[test]
    fn who_watches_because_of_it_goes_on_watching() {
        let case = told("duplicate_charge");
        let mut laid = Moving::default();
        laid.lay(&case.id, vec![written("charged twice", &case)], Vec::new());
        let policies = Policies::shipped().unwrap();
        let (mut before, mut after, second) = desks(std::slice::from_ref(&case));
        let (since, until) = (time("2026-03-01T13:00:00Z"), time("2026-04-01T00:00:00Z"));
        after.head.watch(Watched { since, until, case: Some(case.id.clone()), by: "lena".to_owned() });
        let (policy, declines) = (policies.classify.current(), policies.declines.current());
        let scene = Scene { event: &second, policy, declines, now: second.at };
        decide(scene, &concerns(&after, policy), &mut after);
        adopt(&mut before, &mut after, &laid, policies.tickets.current(), second.at);
        assert_eq!(after.head.watched.and_then(|watched| watched.case), Some(twice()));
    }
}
