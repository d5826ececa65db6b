//! A ticket as the outside sees it.

use domain::case::Case;
use domain::id::CaseId;
use domain::sidebar::TicketLine;
use domain::ticket::{Ticket, TicketName};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// As it stands in a list, without the times of its fields. How long people were at it its case says, where it is among
/// these.
pub fn ticket_json(ticket: &Ticket, cases: &BTreeMap<CaseId, Case>) -> Value {
    let handling = &ticket.handling;
    let case = handling.case.as_ref().and_then(|id| cases.get(id));
    let taken = handling.taken_for.as_ref();
    json!({
        "id": TicketName::of(ticket).address(),
        "provider": ticket.provider,
        "source": ticket.source,
        "subject": ticket.subject.value(),
        "body": ticket.body.as_ref().map(|(_, body)| body),
        "latest": ticket.latest.value(),
        "status": ticket.status.value(),
        "csat": ticket.csat.value(),
        "requester": {"name": ticket.requester_name.value(), "email": ticket.requester_email.value()},
        "opened_at": ticket.began_at(),
        "changed_at": ticket.changed_at,
        "accounts": ticket.accounts,
        "state": handling.state.name(),
        "class": taken.map(|taken| taken.class),
        "confidence": taken.map(|taken| &taken.confidence),
        "abstained": taken.map(|taken| taken.abstained),
        "reasons": taken.map(|taken| taken.reasons.as_slice()).unwrap_or_default(),
        "also": taken.map(|taken| taken.also.as_slice()).unwrap_or_default(),
        "classed_by": taken.and_then(|taken| taken.by.as_ref()),
        "account": handling.account,
        "known_contact": ticket.is_from_a_contact(),
        "vouched_by": handling.vouched_by,
        "stranger_by": handling.stranger_by,
        "verified": ticket.verified,
        "unverified": ticket.is_unverified(),
        "case": handling.case,
        "assignee": handling.assigned_to,
        "role": handling.role,
        "language": handling.language,
        "due_at": handling.due_at,
        "first_answer_at": handling.first_answer_at,
        "resolved_at": handling.resolved_at,
        "reopened": handling.reopened,
        "escalated": handling.escalated,
        "merged_into": handling.merged_into.as_deref().and_then(TicketName::parse).map(|name| name.address()),
        "handling_minutes": case.map_or(&handling.at_work, |case| &case.at_work).minutes(),
        "turns": handling.turns,
    })
}

/// By itself, also with what happened to it and what was answered.
pub fn ticket_shown(ticket: &Ticket, cases: &BTreeMap<CaseId, Case>) -> Value {
    let mut value = ticket_json(ticket, cases);
    value["history"] = json!(ticket.handling.history);
    value["answers"] = json!(ticket.handling.answers);
    value["draft"] = json!(ticket.handling.draft);
    value["payment_request"] = json!(ticket.handling.payment_request);
    value
}

/// In short, for an account's page and sidebar.
pub fn line(ticket: &Ticket) -> TicketLine {
    let handling = &ticket.handling;
    TicketLine {
        id: TicketName::of(ticket).address(),
        subject: ticket.subject.value().cloned(),
        state: handling.state.name(),
        class: handling.taken_for.as_ref().map(|taken| taken.class.name()),
        assignee: handling.assigned_to.clone(),
        opened_at: ticket.began_at(),
        due_at: handling.due_at,
    }
}
