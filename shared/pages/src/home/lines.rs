//! One line of the overview: whose, how much, why, since when, and what comes next.

use super::Home;
use crate::frame::{known, state, time, words};
use crate::tickets::{age, subject};
use domain::action::{Action, Outcome, State};
use domain::approval::missing;
use domain::case::{Case, Disputed};
use domain::staff::Role;
use domain::task::{About, Task};
use domain::telling;
use domain::ticket::{Ticket, TicketName};
use maud::{Markup, html};

/// A request that the viewer may decide.
pub(super) fn decided(home: &Home<'_>, action: &Action) -> Markup {
    html! {
        (title(home, action)) br;
        span .soft {
            (words(action.reason_code.name()))
            @if !action.note.is_empty() { ": " q { (action.note) } }
            ". Asked by " (home.names.who(&action.requested_by)) " " (age(action.requested_at, home.now)) " ago ("
            (time(action.requested_at)) "), needs " (needs(action)) ". Decide by " (time(action.expires_at)) "."
        }
    }
}

/// What somebody asked for: how it stands, why, and what they do now.
pub(super) fn asked(home: &Home<'_>, action: &Action) -> Markup {
    html! {
        (title(home, action)) " " (state(action.state().name())) br;
        span .soft {
            "asked by " (home.names.who(&action.requested_by)) " " (time(action.requested_at)) ". "
            @match action.state() {
                State::WaitingApproval => { "It waits for " (needs(action)) " since " (age(action.requested_at, home.now)) "." }
                State::Denied => { (denial(home, action)) }
                State::Expired => "Nobody decided in time: ask again if it is still needed.",
                State::Stale => "The account has changed since, so nothing was done: look, and ask again.",
                State::Failed => { "It was not done: " (reason(action)) ". Put that right and ask again." }
                State::InDoubt => "Nobody knows yet whether the provider did it: Recoup looks there before anything is sent again.",
                State::NeedsPerson => { "A person does it at the provider: " (reason(action)) }
                State::Executed => { "It is done" @if let Some(at) = action.ended_at() { ", " (time(at)) } "." }
                State::Previewed | State::Approved | State::Executing | State::Withdrawn => {}
            }
        }
    }
}

fn title(home: &Home<'_>, action: &Action) -> Markup {
    html! {
        a href={ "/actions/" (action.id) } { (action.sentence(home.name(&action.account))) }
    }
}

fn denial(home: &Home<'_>, action: &Action) -> Markup {
    let last = action.votes().last();
    html! {
        @match last {
            Some(vote) => {
                (home.names.who(&vote.by)) " said no" @if !vote.note.is_empty() { ": " q { (vote.note) } } ". Nothing was done."
            }
            None => "It was denied: nothing was done.",
        }
    }
}

fn reason(action: &Action) -> String {
    match action.outcome() {
        Some(Outcome::Refused { code, message }) if message.is_empty() => words(code),
        Some(Outcome::Refused { message, .. }) => message.clone(),
        Some(Outcome::NeedsPerson { instead }) => instead.clone(),
        _ => "nothing more is known".to_owned(),
    }
}

fn needs(action: &Action) -> String {
    let open: Vec<Role> = missing(&action.required, action.votes());
    open.into_iter().map(|role| words(role.name())).collect::<Vec<_>>().join(" and ")
}

/// What a customer wrote: who, about what, for how long they wait, and by when they are answered.
pub(super) fn ticket(home: &Home<'_>, ticket: &Ticket) -> Markup {
    let handling = &ticket.handling;
    let since = handling.open_turns.first().map(|turn| turn.at);
    html! {
        a href={ "/tickets/" (TicketName::of(ticket).address()) } { (whose(home, ticket)) ": " (subject(ticket)) } br;
        span .soft {
            @if let Some(taken) = handling.taken_for.as_ref().filter(|taken| !taken.abstained) {
                (taken.class.title()) ". "
            }
            @match since {
                Some(at) => { "They wait for an answer since " (age(at, home.now)) " (" (time(at)) ")" }
                None => "They were answered",
            }
            @if let Some(due) = handling.due_at { ", due " (time(due)) }
            "."
        }
        @if handling.due_at.is_some_and(|due| due < home.now) { " " strong { "overdue" } }
    }
}

fn whose(home: &Home<'_>, ticket: &Ticket) -> String {
    let from = || ticket.requester_name.value().or(ticket.requester_email.value()).cloned();
    let account = ticket.handling.account.as_ref().map(|account| home.name(account).to_string());
    account.or_else(from).unwrap_or_else(|| "Somebody".to_owned())
}

/// An answer that did not reach its customer for certain.
pub(super) fn unsent(home: &Home<'_>, ticket: &Ticket) -> Option<Markup> {
    let answer = ticket.handling.answers.last()?;
    let why = match &answer.state {
        telling::State::Refused { reason, again_at: None } | telling::State::InDoubt { reason } => reason,
        _ => return None,
    };
    Some(html! {
        a href={ "/tickets/" (TicketName::of(ticket).address()) } { "An answer to " (subject(ticket)) }
        " may not have arrived: " (why) br;
        span .soft { "by " (home.names.who(&answer.by)) ", " (time(answer.at)) ". Look whether it did, and answer again." }
    })
}

/// What only a person can do, of whose invoice, and by when.
pub(super) fn task(home: &Home<'_>, task: &Task) -> Markup {
    html! {
        a href={ "/tasks/" (task.id) } {
            @if !matches!(task.about, About::Verify { .. }) { (home.name(&task.account)) ": " }
            (task.what)
            @if let Some(amount) = home.amounts.get(&task.id) { ", " (amount) " open" }
        }
        @if task.due_at < home.now { " " strong { "overdue" } }
        br;
        span .soft { "since " (age(task.opened_at, home.now)) ", due " (time(task.due_at)) ". " (task.steps) }
    }
}

/// A payment that a bank took back or asks about, and until when evidence counts.
pub(super) fn dispute(home: &Home<'_>, dispute: &Disputed) -> Markup {
    html! {
        a href={ "/cases/" (dispute.case) } { (home.name(&dispute.account)) ": " (known(dispute.amount)) }
        @if let Some(name) = dispute.state { " " (state(name)) }
        br;
        span .soft {
            @if let Some(reason) = &dispute.reason { (words(reason)) ". " }
            @match dispute.evidence_due_at {
                Some(at) => { "Evidence is due " (time(at)) }
                None => "It is not known by when evidence is due",
            }
            @if let Some(at) = dispute.opened_at { ", opened " (time(at)) }
            "."
        }
    }
}

/// A trouble, whose it is, and what is advised.
pub(super) fn case(home: &Home<'_>, case: &Case) -> Markup {
    html! {
        a href={ "/cases/" (case.id) } { (home.name(&case.account)) ": " (case.class.title()) } br;
        span .soft { "since " (age(case.opened_at, home.now)) " (" (time(case.opened_at)) "). " (case.advice) }
    }
}
