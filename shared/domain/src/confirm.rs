//! Does an event prove that one of our actions was carried out, or that it failed after all?

use crate::action::{Action, Outcome, State};
use crate::book::CaseLine;
use crate::case;
use crate::desk::Desk;
use crate::event::{Event, Origin, RefundSeen, RefundStatus, Seen};
use crate::id::ActionId;
use crate::ledger::{Note, Step};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Names the actions that an event speaks of.
pub fn named(event: &Event) -> Vec<ActionId> {
    refunds(event).map(|(_, action)| action).collect()
}

fn refunds(event: &Event) -> impl Iterator<Item = (&RefundSeen, ActionId)> {
    event.seen.iter().filter_map(|seen| match seen {
        Seen::Refund(refund) => Some((refund, ActionId::parse(refund.action.as_deref()?)?)),
        _ => None,
    })
}

/// Releases what was reserved, records the proof, and ends the case that the action was for.
pub fn confirm(event: &Event, desk: &mut Desk, now: Timestamp) -> Vec<Note> {
    let mut notes = Vec::new();
    for (refund, id) in refunds(event) {
        // The sighting counts from here on, so the reservation must not count as well.
        if let Some(payment) = desk.touched.payments.get_mut(&refund.payment) {
            payment.reserved.remove(&id);
        }
        if let Some(action) = desk.actions.get_mut(&id) {
            let note = |step, outcome: &str| Note {
                at: now,
                step,
                action: id.clone(),
                by: event.provider.clone(),
                body: BTreeMap::from([
                    ("event".to_owned(), event.id.clone()),
                    ("reference".to_owned(), refund.id.clone()),
                    ("outcome".to_owned(), outcome.to_owned()),
                ]),
            };
            match refund.status {
                Some(RefundStatus::Failed | RefundStatus::Canceled) if failed(action, refund, now) => {
                    notes.push(note(Step::Outcome, "failed"));
                    reopen(desk, &id);
                }
                Some(RefundStatus::Succeeded) if event.origin == Origin::Webhook && succeeded(action, refund, now) => {
                    notes.push(note(Step::Confirmed, "succeeded"));
                    resolve(desk, &id, now);
                }
                _ => {}
            }
        }
    }
    notes
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
        action.outcome = Some(Outcome::Done { reference: refund.id.clone(), status: "succeeded".to_owned(), made_at: refund.created_at });
    }
    true
}

fn resolve(desk: &mut Desk, action: &ActionId, now: Timestamp) {
    for case in desk.cases.values_mut().filter(|case| case.actions.contains(action) && case.state == case::State::Open) {
        case.resolve(now, "refunded");
        desk.head.cases.remove(&case.id);
    }
}

fn reopen(desk: &mut Desk, action: &ActionId) {
    for case in desk.cases.values_mut().filter(|case| case.actions.contains(action) && case.state == case::State::Resolved) {
        case.state = case::State::Open;
        case.resolved_at = None;
        case.resolution = None;
        desk.head.cases.insert(case.id.clone(), CaseLine { class: case.class.name().to_owned(), opened_at: case.opened_at });
    }
}
