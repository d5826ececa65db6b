//! Does an event prove that one of our actions was carried out, or that it failed after all?

use crate::action::{Action, FOUND, Kind, Manners, Outcome, SETTLED, Shown, State, Target, When};
use crate::book::{Due, Head, Invoice, ResourceId, Subscription, Touched, touches};
use crate::case::{self, DONE, REFUNDED, Recommendation};
use crate::classify::desk::Desk;
use crate::event::{Event, InvoiceStatus, Origin, RefundSeen, RefundStatus, Seen, Stated, SubscriptionStatus};
use crate::id::ActionId;
use crate::ledger::{Note, Step};
use crate::money::Money;
use jiff::{SignedDuration, Timestamp};

/// Names the actions that an event speaks of by our own id.
pub fn named(event: &Event) -> Vec<ActionId> {
    refunds(event).map(|(_, action)| action).collect()
}

/// The actions that are under way on what the event shows, where it names none itself.
pub fn expected(event: &Event, head: &Head) -> Vec<ActionId> {
    if head.under_way.is_empty() {
        return Vec::new();
    }
    let shows_balance = event.seen.iter().any(|seen| matches!(seen, Seen::Balance(_)));
    let touched: Vec<_> = touches(event).into_iter().filter_map(ResourceId::name).collect();
    let named = named(event);
    let changes = head.under_way.iter().filter(|(_, line)| match &line.target {
        Some(id) => touched.contains(id),
        None => shows_balance,
    });
    changes.map(|(id, _)| id.clone()).filter(|id| !named.contains(id)).collect()
}

fn refunds(event: &Event) -> impl Iterator<Item = (&RefundSeen, ActionId)> {
    event.seen.iter().filter_map(|seen| match seen {
        Seen::Refund(refund) => Some((refund, ActionId::parse(refund.action.as_deref()?)?)),
        _ => None,
    })
}

/// The refunds of an event that are ours: they say so, or our own call told their ids.
fn ours<'a>(event: &'a Event, desk: &Desk) -> Vec<(&'a RefundSeen, ActionId)> {
    let known = |refund: &RefundSeen| {
        let payment = desk.touched.payments.get(&refund.payment)?;
        let own = payment.refunds.get(&refund.id)?.action.value().cloned();
        let by_hand = || payment.by_hand.iter().find(|(_, made)| **made == refund.id);
        own.or_else(|| by_hand().map(|(action, _)| action.to_string()))
    };
    let all = event.seen.iter().filter_map(|seen| match seen {
        Seen::Refund(refund) => Some((refund, ActionId::parse(&refund.action.clone().or_else(|| known(refund))?)?)),
        _ => None,
    });
    all.collect()
}

/// Releases what was reserved, records the proof, and ends the case that the action was for.
pub fn confirm(event: &Event, desk: &mut Desk, manners: &Manners, now: Timestamp) -> Vec<Note> {
    let mut notes = Vec::new();
    for (refund, id) in ours(event, desk) {
        // The sighting counts from here on, so the reservation must not count as well.
        if let Some(payment) = desk.touched.payments.get_mut(&refund.payment) {
            payment.reserved.remove(&id);
        }
        if let Some(action) = desk.actions.get_mut(&id) {
            let note = |step, outcome: &str| {
                let body =
                    [("event", event.id.clone()), ("reference", refund.id.clone()), ("outcome", outcome.to_owned())];
                Note::new(now, step, &id, &event.provider, body)
            };
            match refund.status {
                Some(RefundStatus::Failed | RefundStatus::Canceled) if failed(action, refund, now) => {
                    notes.push(note(Step::Outcome, "failed"));
                    desk.head.under_way.remove(&id);
                    reopen(desk, &id);
                }
                Some(RefundStatus::Succeeded) if event.origin == Origin::Webhook && succeeded(action, refund, now) => {
                    notes.push(note(Step::Confirmed, SETTLED));
                    desk.head.under_way.remove(&id);
                    resolve(desk, &id, now);
                }
                _ => {}
            }
        }
    }
    notes.extend(confirm_by_hand(event, desk, now));
    notes.extend(confirm_shown(event, desk, manners, now));
    notes
}

/// Releases what was reserved for money that somebody says they gave back by hand, once it is in the book.
fn confirm_by_hand(event: &Event, desk: &mut Desk, now: Timestamp) -> Vec<Note> {
    let mut notes = Vec::new();
    let unseen: Vec<_> = desk.actions.values().filter(|action| action.is_unseen()).map(|it| it.id.clone()).collect();
    for id in unseen {
        let Some(action) = desk.actions.get_mut(&id) else { continue };
        let Target::Payment(payment) = action.kind.target() else { continue };
        let Some(payment) = desk.touched.payments.get_mut(payment) else { continue };
        let Some(seen) = action.seen_by_hand(payment).filter(|_| payment.reserved.contains_key(&id)) else { continue };
        payment.reserved.remove(&id);
        payment.by_hand.insert(id.clone(), seen.refund.clone());
        // What only a person tells of is their word, and no provider's: it stands until the provider tells of it.
        let is_theirs = event.origin == Origin::Answer && action.found().is_some_and(|found| found.id == seen.refund);
        if let Some(refund) = payment.refunds.get_mut(&seen.refund).filter(|_| is_theirs) {
            refund.said = true;
        }
        action.is_looked_for(None);
        // What is only on its way may still fail.
        if seen.settled && action.confirmed(now).is_ok() {
            let by = action.found_by().filter(|_| is_theirs).unwrap_or(&event.provider).to_owned();
            let outcome = if is_theirs { FOUND } else { SETTLED };
            let body = [("event", event.id.clone()), ("reference", seen.refund), ("outcome", outcome.to_owned())];
            notes.push(Note::new(now, Step::Confirmed, &id, &by, body));
            desk.head.under_way.remove(&id);
            resolve(desk, &id, now);
        }
    }
    notes
}

/// Confirms what was done and is shown now, where the provider repeats no id of ours.
fn confirm_shown(event: &Event, desk: &mut Desk, manners: &Manners, now: Timestamp) -> Vec<Note> {
    let mut notes = Vec::new();
    let proven = |action: &&Action| proves(event, action, &desk.touched, manners);
    let shown: Vec<_> = desk.actions.values().filter(proven).map(|it| it.id.clone()).collect();
    for id in shown {
        let Some(action) = desk.actions.get_mut(&id) else { continue };
        // Another's credit may be what is shown: people look.
        let is_credit = matches!(action.kind, Kind::Credit { .. });
        match (action.state(), action.attempt().is_some()) {
            (State::Executed, _) if action.confirmed_at().is_none() && action.confirmed(now).is_ok() => {
                let body = [("event", event.id.clone()), ("outcome", "shown".to_owned())];
                notes.push(Note::new(now, Step::Confirmed, &id, &event.provider, body));
                desk.head.under_way.remove(&id);
                resolve(desk, &id, now);
            }
            // Quicker than the answer, which is the outcome.
            (State::Executing | State::InDoubt, true) => action.told_early(),
            // It was left to a person because nobody knew; now it is known.
            (State::NeedsPerson, true) if !is_credit => {
                let status = "shown".to_owned();
                let reference = action.kind.target().id().unwrap_or_default();
                let outcome = Outcome::Done { reference, status: status.clone(), made_at: Some(event.at), link: None };
                if action.proved(outcome, now).is_err() {
                    continue;
                }
                let body = [("event", event.id.clone()), ("outcome", status)];
                notes.push(Note::new(now, Step::Confirmed, &id, &event.provider, body));
                desk.head.under_way.remove(&id);
                resolve(desk, &id, now);
            }
            _ => {}
        }
    }
    notes
}

/// Whether an event proves an action: by what the book shows with it, or by what it tells itself.
///
/// An event that comes late may tell of what has changed again since; it happened all the same.
fn proves(event: &Event, action: &Action, book: &Touched, manners: &Manners) -> bool {
    // Our own answer proves nothing; but the provider's total may have been quicker than it.
    if event.origin == Origin::Answer && !matches!(action.kind, Kind::Refund { .. }) {
        return false;
    }
    if shows(action, manners, book) {
        return true;
    }
    // Providers stamp whole seconds.
    let is_since = action.attempt().is_some_and(|attempt| event.at.as_second() >= attempt.first_at.as_second());
    is_since && tells(event, action, manners)
}

fn tells(event: &Event, action: &Action, manners: &Manners) -> bool {
    if let Kind::Credit { amount } = &action.kind {
        return event.seen.iter().any(|seen| match seen {
            Seen::Balance(balance) => {
                balance.available.currency() == amount.currency() && balance.available >= at_hand(action, *amount)
            }
            _ => false,
        });
    }
    let mut alone = Touched::default();
    alone.fold(&mut Head::new(&event.provider, &event.source, ""), event, SignedDuration::ZERO);
    shows(action, manners, &alone)
}

/// What there is after a credit, as it was shown; at least the credit itself.
fn at_hand(action: &Action, amount: Money) -> Money {
    let after = action.preview.lines.iter().filter(|line| line.before.is_some()).find_map(|line| match line.after {
        Some(Shown::Money(after)) => Some(after),
        _ => None,
    });
    after.filter(|after| after.currency() == amount.currency()).unwrap_or(amount)
}

/// Whether the book shows what an action was to bring about. It keeps no history of a balance.
pub fn shows(action: &Action, manners: &Manners, book: &Touched) -> bool {
    let kind = &action.kind;
    match kind.target() {
        Target::Subscription(id) => {
            book.subscriptions.get(id).is_some_and(|subscription| subscription_is(kind, &action.id, subscription))
        }
        Target::Invoice(id) => book.invoices.get(id).is_some_and(|invoice| invoice_is(kind, manners, invoice)),
        Target::Payment(id) => book.payments.get(id).is_some_and(|payment| payment.has_given_back_for(&action.id)),
        Target::Account | Target::Several => false,
    }
}

fn subscription_is(kind: &Kind, action: &ActionId, it: &Subscription) -> bool {
    let status = it.status.copied();
    let ended = status == Some(SubscriptionStatus::Ended);
    match kind {
        Kind::ExtendTrial { until, .. } => it.trial_ends_at.copied() == Some(*until),
        Kind::Pause { .. } => status == Some(SubscriptionStatus::Paused),
        Kind::Resume { .. } => status.is_some() && status != Some(SubscriptionStatus::Paused) && !ended,
        Kind::Upgrade { plan, .. } | Kind::Downgrade { plan, .. } => it.plan().is_some_and(|item| item.price == *plan),
        Kind::AdjustSeats { seats, .. } => it.plan().is_some_and(|item| item.quantity == *seats),
        Kind::ChangeAddons { addons, .. } => {
            let bought = |price: &str| it.addons().find(|item| item.price == price).map_or(0, |item| item.quantity);
            it.plan().is_some() && addons.iter().all(|addon| bought(&addon.price) == addon.quantity)
        }
        Kind::Discount { percent, .. } => {
            let discount = it.discount.value().and_then(Stated::value);
            // A coupon of ours is called like the action.
            discount.is_some_and(|told| told.percent == Some(*percent) || told.code.as_deref() == Some(action.as_str()))
        }
        Kind::Cancel { when: When::PeriodEnd, .. } => ended || it.ends_at.value().and_then(Stated::value).is_some(),
        Kind::Cancel { .. } | Kind::ForceCancel { .. } => ended,
        _ => false,
    }
}

fn invoice_is(kind: &Kind, manners: &Manners, it: &Invoice) -> bool {
    match kind {
        Kind::RetryPayment { .. } | Kind::MarkPaid { .. } => it.due() == Due::Paid,
        Kind::WriteOff { .. } => it.status.copied() == Some(manners.written_off),
        Kind::VoidInvoice { .. } => it.status.copied() == Some(InvoiceStatus::Void),
        _ => false,
    }
}

/// Whether the refund of an action failed after all. Proof of what was never approved is no outcome of ours: the book
/// shows the refund, the action stays as it is.
fn failed(action: &mut Action, refund: &RefundSeen, now: Timestamp) -> bool {
    let message = format!("the provider reports that {} failed", refund.id);
    action.failed_later(Outcome::Refused { code: "failed_later".to_owned(), message }, now).is_ok()
}

/// A webhook may be quicker than the answer to our own call: then it is the outcome as well.
fn succeeded(action: &mut Action, refund: &RefundSeen, now: Timestamp) -> bool {
    let outcome = Outcome::Done {
        reference: refund.id.clone(),
        status: SETTLED.to_owned(),
        made_at: refund.created_at,
        link: None,
    };
    action.confirmed_at().is_none() && action.proved(outcome, now).is_ok()
}

/// Ends the case whose own recommendation was done, to its last part, and the one about a payment of which nothing is
/// left; what else was done because of a case leaves it open.
fn resolve(desk: &mut Desk, action: &ActionId, now: Timestamp) {
    let Desk { head, touched, cases, actions, .. } = desk;
    let Some(done) = actions.get(action) else { return };
    let refund = matches!(done.kind, Kind::Refund { .. });
    for case in cases.values_mut().filter(|case| case.state == case::State::Open) {
        let is_all = case.recommended.as_ref().map_or(refund, |it| is_all_done(it, done, head));
        if (is_about(case, done) && is_all) || is_given_back(case, done, touched) {
            case.resolve(now, if refund { REFUNDED } else { DONE });
            head.forgets(&case.id, true);
        }
    }
}

/// Whether a recommendation is done, to its last part; of several refunds each settles when its bank likes.
fn is_all_done(recommended: &Recommendation, done: &Action, head: &Head) -> bool {
    let members = recommended.kind.members();
    let Some(last) = members.last() else { return false };
    // It is sent once all before it was done, and no book shows what it was for; a refund that fails later opens the
    // case again.
    if last.refunded().is_none() {
        return *last == done.kind;
    }
    let is_awaited = |bundle: &ActionId| {
        let mut money = members.iter().enumerate().filter(|(_, member)| member.gives().is_some());
        money.any(|(place, _)| head.under_way.contains_key(&ActionId::member(bundle, place + 1)))
    };
    if done.bundle.as_ref().is_some_and(is_awaited) {
        return false;
    }
    *last == done.kind || (members.contains(&done.kind) && is_shown_back(last, recommended, head))
}

/// Whether the head shows a refund of a recommendation, beside what had gone back before.
fn is_shown_back(member: &Kind, recommended: &Recommendation, head: &Head) -> bool {
    let Some((payment, amount)) = member.refunded() else { return false };
    let line = head.book.payments.iter().find(|line| line.payment == payment);
    let alike = |money: &Money| money.currency() == amount.currency();
    let before = recommended.gone.get(payment).copied().filter(alike).unwrap_or(Money::zero(amount.currency()));
    line.and_then(|line| line.given_back).filter(alike).is_some_and(|back| back >= before.plus(amount))
}

fn is_about(case: &case::Case, action: &Action) -> bool {
    case.actions.contains(&action.id) || action.bundle.as_ref().is_some_and(|bundle| case.actions.contains(bundle))
}

/// Whether a refund has left nothing of the payment that a case is about, whichever case it was asked for.
fn is_given_back(case: &case::Case, action: &Action, touched: &Touched) -> bool {
    let payment = touched.payments.get(&case.about).filter(|_| is_of(case, action));
    payment.is_some_and(|payment| payment.taken().is_some() && payment.taken() == payment.given_back())
}

fn is_of(case: &case::Case, action: &Action) -> bool {
    matches!(&action.kind, Kind::Refund { payment, .. } if *payment == case.about)
}

fn reopen(desk: &mut Desk, action: &ActionId) {
    let Desk { head, cases, actions, .. } = desk;
    let Some(failed) = actions.get(action) else { return };
    let by_it = |case: &case::Case| {
        is_about(case, failed) || (is_of(case, failed) && case.resolution.as_deref() == Some(REFUNDED))
    };
    let is_over = |case: &case::Case| case.state == case::State::Resolved && case.went_on_in.is_none();
    for case in cases.values_mut().filter(|case| is_over(case) && by_it(case)) {
        case.state = case::State::Open;
        case.resolved_at = None;
        case.resolution = None;
        head.names(&case.id, case.line(), false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Attempt, Clause, Preview, Reason};
    use crate::id::{AccountId, CaseId};
    use crate::money::{Currency, Money};
    use serde_json::{Value, from_value, json};

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn told(at: &str, origin: &str, seen: &Value) -> Event {
        let event = json!({"id": format!("evt_{at}"), "provider": "stripe", "source": "default", "origin": origin, "kind": "invoice_changed",
            "at": at, "customer": "cus_1", "seen": [seen]});
        from_value(event).unwrap()
    }

    fn invoice(status: &str) -> Value {
        json!({"resource": "invoice", "id": "in_1", "status": status, "by_period": false})
    }

    fn balance(available: &str) -> Value {
        json!({"resource": "balance", "available": {"amount": available, "currency": "USD"}})
    }

    fn desk(kind: Kind, state: State) -> Desk {
        let id = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "mara", "k");
        let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
        let preview = Preview {
            summary: String::new(),
            about: String::new(),
            lines: vec![],
            clause,
            notices: vec![],
            digest: "d".into(),
        };
        let action = Action::new(id.clone(), kind, Reason::Other, preview, "mara", time("2026-03-03T05:00:00Z"));
        let attempt = Attempt::next(&action, time("2026-03-03T05:00:00.4Z"), SignedDuration::ZERO);
        let mut action = action.in_state(State::Approved);
        action.sent(attempt, time("2026-03-03T05:00:00Z")).unwrap();
        let action = action.in_state(state);
        let mut desk = Desk::of(Head::new("stripe", "default", "cus_1"), Touched::default());
        desk.head.expects(&id, &action.kind, time("2026-03-03T05:00:00Z"));
        desk.actions.insert(id, action);
        desk
    }

    /// What is told in order: folded, and then asked whether it proves anything.
    fn after(mut desk: Desk, events: &[Event]) -> Desk {
        for event in events {
            desk.touched.fold(&mut desk.head, event, SignedDuration::ZERO);
            confirm(event, &mut desk, &Manners::PLAIN, event.at);
        }
        desk
    }

    #[test]
    fn what_was_told_late_or_early_proves_all_the_same() {
        let usd = |text: &str| Money::parse(text, Currency::USD).unwrap();
        let write_off = Kind::WriteOff { invoice: "in_1".into(), amount: usd("10.00") };
        let credit = Kind::Credit { amount: usd("10.00") };
        let closed = |at| told(at, "webhook", &invoice("uncollectible"));
        let newer = told("2026-03-04T09:57:00Z", "webhook", &invoice("open"));
        let cases: [(&str, &Kind, Vec<Event>, bool); 8] = [
            ("in order", &write_off, vec![closed("2026-03-03T05:00:00Z"), newer.clone()], true),
            ("after a newer one", &write_off, vec![newer.clone(), closed("2026-03-03T05:00:00Z")], true),
            ("older than what was sent", &write_off, vec![newer.clone(), closed("2026-03-03T04:59:59Z")], false),
            ("something else", &write_off, vec![newer], false),
            (
                "our own answer",
                &write_off,
                vec![told("2026-03-03T05:00:00Z", "answer", &invoice("uncollectible"))],
                false,
            ),
            ("all of it", &credit, vec![told("2026-03-03T05:00:00Z", "webhook", &balance("10.00"))], true),
            ("too little", &credit, vec![told("2026-03-03T05:00:00Z", "webhook", &balance("9.99"))], false),
            ("before", &credit, vec![told("2026-03-03T04:00:00Z", "webhook", &balance("10.00"))], false),
        ];
        for (what, kind, events, proven) in cases {
            let done = after(desk(kind.clone(), State::Executed), &events);
            let action = done.actions.values().next().unwrap();
            assert_eq!((action.confirmed_at().is_some(), done.head.under_way.is_empty()), (proven, proven), "{what}");
            for state in [State::Executing, State::InDoubt] {
                let early = after(desk(kind.clone(), state), &events);
                let action = early.actions.values().next().unwrap();
                let shown = action.attempt().as_ref().unwrap().shown;
                assert_eq!(
                    (shown, action.confirmed_at(), action.state()),
                    (proven, None, state),
                    "{what}: the answer decides"
                );
                assert!(!early.head.under_way.is_empty());
            }
        }
    }

    #[test]
    fn a_write_off_shows_in_the_way_of_its_provider() {
        let amount = Money::parse("10.00", Currency::USD).unwrap();
        for (status, written_off, proven) in [
            ("uncollectible", InvoiceStatus::Uncollectible, true),
            ("void", InvoiceStatus::Uncollectible, false),
            ("void", InvoiceStatus::Void, true),
            ("uncollectible", InvoiceStatus::Void, false),
        ] {
            let manners = Manners { written_off, ..Manners::PLAIN };
            let mut desk = desk(Kind::WriteOff { invoice: "in_1".into(), amount }, State::Executed);
            let event = told("2026-03-03T05:00:00Z", "webhook", &invoice(status));
            desk.touched.fold(&mut desk.head, &event, SignedDuration::ZERO);
            let action = desk.actions.values().next().unwrap();
            assert_eq!(shows(action, &manners, &desk.touched), proven, "{status} where it is {}", written_off.name());
        }
    }

    #[test]
    fn a_case_ends_once_each_of_its_refunds_has_settled() {
        let usd = |text: &str| Money::parse(text, Currency::USD).unwrap();
        let account = AccountId::of("stripe", "default", "cus_1");
        let refund = |payment: &str, amount: &str| Kind::Refund { payment: payment.into(), amount: usd(amount) };
        let credit = Kind::Credit { amount: usd("10.00") };
        let rows = [
            ("in their order", refund("ch_1", "10.00"), vec![1, 2], true),
            ("the last one first", refund("ch_1", "10.00"), vec![2, 1], true),
            ("the last one alone", refund("ch_1", "10.00"), vec![2], false),
            ("the first one alone", refund("ch_1", "10.00"), vec![1], false),
            ("a refund and a credit", credit.clone(), vec![1, 2], true),
            ("a credit, which was not sent before the refund", credit.clone(), vec![2], true),
            ("the refund before the credit", credit, vec![1], false),
        ];
        let payment = |id: &str, amount: &str| {
            json!({"resource": "payment", "id": id, "status": "succeeded", "amount": usd(amount), "captured": usd(amount),
                "refunded": usd("0.00"), "at": "2026-03-01T09:00:00Z"})
        };
        let bundle = ActionId::of(&account, "recoup", "k");
        let of = |place: usize| ActionId::member(&bundle, place);
        for (what, last, events, ends) in rows {
            let kinds = [refund("ch_2", "40.00"), last];
            let settled = |place: usize| {
                let at = format!("2026-03-03T06:0{place}:00Z");
                let Some((payment, amount)) = kinds[place - 1].refunded() else {
                    return told(&at, "webhook", &balance("10.00"));
                };
                let seen = json!({"resource": "refund", "id": format!("re_{place}"), "payment": payment,
                    "amount": amount, "status": "succeeded", "created_at": at, "action": of(place)});
                told(&at, "webhook", &seen)
            };
            let mut desk = Desk::of(Head::new("stripe", "default", "cus_1"), Touched::default());
            for seen in [payment("ch_1", "60.00"), payment("ch_2", "40.00")] {
                desk.touched.fold(
                    &mut desk.head,
                    &told("2026-03-01T09:00:00Z", "webhook", &seen),
                    SignedDuration::ZERO,
                );
            }
            let case: case::Case = from_value(json!({
                "id": CaseId::of(&account, "overcharge", "in_1"), "account": account, "class": "overcharge",
                "about": "in_1", "confidence": "0.9", "state": "open", "rule": "r", "policy_version": 1, "advice": "",
                "why": "", "recommended": {"kind": Kind::Bundle { actions: kinds.to_vec() }, "reason": "billing_error",
                "note": ""}, "evidence": [], "missing": [], "actions": [bundle], "events": [], "opened_at": "2026-03-02T00:00:00Z",
            }))
            .unwrap();
            let id = case.id.clone();
            desk.cases.insert(id.clone(), case);
            for (place, kind) in (1..).zip(&kinds) {
                let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
                let preview = Preview {
                    summary: String::new(),
                    about: String::new(),
                    lines: vec![],
                    clause,
                    notices: vec![],
                    digest: "d".into(),
                };
                let now = time("2026-03-03T05:00:00Z");
                let mut action = Action::new(of(place), kind.clone(), Reason::BillingError, preview, "recoup", now);
                action.bundle = Some(bundle.clone());
                let attempt = Attempt::next(&action, now, SignedDuration::ZERO);
                let mut action = action.in_state(State::Approved);
                action.sent(attempt, now).unwrap();
                desk.head.expects(&action.id, kind, now);
                desk.actions.insert(action.id.clone(), action.in_state(State::Executed));
            }
            let events: Vec<_> = events.into_iter().map(settled).collect();
            let done = after(desk, &events);
            assert_eq!(done.cases[&id].state == case::State::Resolved, ends, "{what}");
        }
    }
}
