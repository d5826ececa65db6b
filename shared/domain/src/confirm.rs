//! Does an event prove that one of our actions was carried out, or that it failed after all?

use crate::action::{Action, Kind, Outcome, State, Target, When};
use crate::book::{CaseLine, Due, Head, Invoice, ResourceId, Subscription, Touched, touches};
use crate::case;
use crate::desk::Desk;
use crate::event::{Event, InvoiceStatus, Origin, RefundSeen, RefundStatus, Seen, Stated, SubscriptionStatus};
use crate::id::ActionId;
use crate::ledger::{Note, Step};
use jiff::Timestamp;

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
        let own = desk.touched.payments.get(&refund.payment)?.refunds.get(&refund.id)?;
        own.action.value().cloned()
    };
    let all = event.seen.iter().filter_map(|seen| match seen {
        Seen::Refund(refund) => Some((refund, ActionId::parse(&refund.action.clone().or_else(|| known(refund))?)?)),
        _ => None,
    });
    all.collect()
}

/// Releases what was reserved, records the proof, and ends the case that the action was for.
pub fn confirm(event: &Event, desk: &mut Desk, now: Timestamp) -> Vec<Note> {
    let mut notes = Vec::new();
    for (refund, id) in ours(event, desk) {
        // The sighting counts from here on, so the reservation must not count as well.
        if let Some(payment) = desk.touched.payments.get_mut(&refund.payment) {
            payment.reserved.remove(&id);
        }
        if let Some(action) = desk.actions.get_mut(&id) {
            let note = |step, outcome: &str| {
                let body = [("event", event.id.clone()), ("reference", refund.id.clone()), ("outcome", outcome.to_owned())];
                Note::new(now, step, &id, &event.provider, body)
            };
            match refund.status {
                Some(RefundStatus::Failed | RefundStatus::Canceled) if failed(action, refund, now) => {
                    notes.push(note(Step::Outcome, "failed"));
                    desk.head.under_way.remove(&id);
                    reopen(desk, &id);
                }
                Some(RefundStatus::Succeeded) if event.origin == Origin::Webhook && succeeded(action, refund, now) => {
                    notes.push(note(Step::Confirmed, "succeeded"));
                    desk.head.under_way.remove(&id);
                    resolve(desk, &id, now);
                }
                _ => {}
            }
        }
    }
    notes.extend(shown(event, desk, now));
    notes
}

/// Confirms what was done and is shown now, where the provider repeats no id of ours.
fn shown(event: &Event, desk: &mut Desk, now: Timestamp) -> Vec<Note> {
    let mut notes = Vec::new();
    let shows_balance = event.seen.iter().any(|seen| matches!(seen, Seen::Balance(_)));
    let done: Vec<_> = desk.actions.values().filter(|action| action.state == State::Executed && action.confirmed_at.is_none()).collect();
    // Our own answer proves nothing; but the provider's total may have been quicker than it.
    let proves = |action: &&Action| event.origin != Origin::Answer || matches!(action.kind, Kind::Refund { .. });
    let done = done.into_iter().filter(proves).filter(|action| shows(&action.kind, &action.id, &desk.touched, shows_balance));
    for id in done.map(|action| action.id.clone()).collect::<Vec<_>>() {
        if let Some(action) = desk.actions.get_mut(&id) {
            action.confirmed_at = Some(now);
            let body = [("event", event.id.clone()), ("outcome", "shown".to_owned())];
            notes.push(Note::new(now, Step::Confirmed, &id, &event.provider, body));
        }
        desk.head.under_way.remove(&id);
        resolve(desk, &id, now);
    }
    notes
}

/// Whether the provider told of a balance that holds an action's credit since it was first sent; it stamps whole seconds.
pub fn balance_told(action: &Action, head: &Head) -> bool {
    let (Kind::Credit { amount }, Some(attempt)) = (&action.kind, &action.attempt) else { return false };
    head.book.balance.get(&amount.currency()).is_some_and(|balance| {
        let is_since = balance.seen_at().is_some_and(|at| at.as_second() >= attempt.first_at.as_second());
        is_since && balance.copied().is_some_and(|balance| balance >= *amount)
    })
}

/// Whether the book shows what an action was to bring about.
pub fn shows(kind: &Kind, action: &ActionId, book: &Touched, shows_balance: bool) -> bool {
    match kind.target() {
        Target::Subscription(id) => book.subscriptions.get(id).is_some_and(|subscription| subscription_is(kind, subscription)),
        Target::Invoice(id) => book.invoices.get(id).is_some_and(|invoice| invoice_is(kind, invoice)),
        Target::Account => matches!(kind, Kind::Credit { .. }) && shows_balance,
        Target::Payment(id) => book.payments.get(id).is_some_and(|payment| payment.has_given_back_for(action)),
        Target::Several => false,
    }
}

fn subscription_is(kind: &Kind, it: &Subscription) -> bool {
    let status = it.status.copied();
    let ended = status == Some(SubscriptionStatus::Ended);
    match kind {
        Kind::ExtendTrial { until, .. } => it.trial_ends_at.copied() == Some(*until),
        Kind::Pause { .. } => status == Some(SubscriptionStatus::Paused),
        Kind::Resume { .. } => status.is_some() && status != Some(SubscriptionStatus::Paused),
        Kind::Upgrade { plan, .. } | Kind::Downgrade { plan, .. } => it.plan().is_some_and(|item| item.price == *plan),
        Kind::AdjustSeats { seats, .. } => it.plan().is_some_and(|item| item.quantity == *seats),
        Kind::ChangeAddons { addons, .. } => addons.iter().all(|addon| {
            let bought = it.addons().find(|item| item.price == addon.price).map_or(0, |item| item.quantity);
            bought == addon.quantity
        }),
        Kind::Discount { percent, .. } => {
            it.discount.value().and_then(Stated::value).is_some_and(|discount| discount.percent == Some(*percent))
        }
        Kind::Cancel { when: When::PeriodEnd, .. } => ended || it.ends_at.value().and_then(Stated::value).is_some(),
        Kind::Cancel { .. } | Kind::ForceCancel { .. } => ended,
        _ => false,
    }
}

fn invoice_is(kind: &Kind, it: &Invoice) -> bool {
    match kind {
        Kind::RetryPayment { .. } | Kind::MarkPaid { .. } => it.due() == Due::Paid,
        Kind::WriteOff { .. } => it.status.copied() == Some(InvoiceStatus::Uncollectible),
        Kind::VoidInvoice { .. } => it.status.copied() == Some(InvoiceStatus::Void),
        _ => false,
    }
}

/// Proof of what was never approved is no outcome of ours: the book shows the refund, the action stays as it is.
fn is_ours(state: State) -> bool {
    matches!(state, State::Approved | State::Executing | State::InDoubt | State::NeedsPerson | State::Executed)
}

fn failed(action: &mut Action, refund: &RefundSeen, now: Timestamp) -> bool {
    let fresh = is_ours(action.state);
    if fresh {
        action.state = State::Failed;
        action.ended_at = Some(now);
        action.confirmed_at = None;
        action.look_at = None;
        action.outcome =
            Some(Outcome::Refused { code: "failed_later".to_owned(), message: format!("the provider reports that {} failed", refund.id) });
    }
    fresh
}

/// A webhook may be quicker than the answer to our own call: then it is the outcome as well.
fn succeeded(action: &mut Action, refund: &RefundSeen, now: Timestamp) -> bool {
    if action.confirmed_at.is_some() || !is_ours(action.state) {
        return false;
    }
    action.confirmed_at = Some(now);
    if action.state != State::Executed {
        action.state = State::Executed;
        action.ended_at = Some(now);
        action.look_at = None;
        action.outcome =
            Some(Outcome::Done { reference: refund.id.clone(), status: "succeeded".to_owned(), made_at: refund.created_at, link: None });
    }
    true
}

/// Ends the case whose own recommendation was done; what else was done because of it leaves it open.
fn resolve(desk: &mut Desk, action: &ActionId, now: Timestamp) {
    let Some(done) = desk.actions.get(action).cloned() else { return };
    for case in desk.cases.values_mut().filter(|case| is_about(case, &done) && case.state == case::State::Open) {
        let recommended = case.recommended.as_ref().is_some_and(|recommended| recommended.kind.members().contains(&done.kind));
        let refund = matches!(done.kind, Kind::Refund { .. });
        if recommended || (refund && case.recommended.is_none()) {
            case.resolve(now, if refund { "refunded" } else { "done" });
            desk.head.cases.remove(&case.id);
        }
    }
}

fn is_about(case: &case::Case, action: &Action) -> bool {
    case.actions.contains(&action.id) || action.bundle.as_ref().is_some_and(|bundle| case.actions.contains(bundle))
}

fn reopen(desk: &mut Desk, action: &ActionId) {
    let Some(failed) = desk.actions.get(action).cloned() else { return };
    for case in desk.cases.values_mut().filter(|case| is_about(case, &failed) && case.state == case::State::Resolved) {
        case.state = case::State::Open;
        case.resolved_at = None;
        case.resolution = None;
        desk.head.cases.insert(case.id.clone(), CaseLine { class: case.class.name().to_owned(), opened_at: case.opened_at });
    }
}
