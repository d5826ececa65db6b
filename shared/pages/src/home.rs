//! The overview: what waits for whoever looks and since when, what went wrong, and the month so far.

mod lines;
mod month;
#[cfg(test)]
mod tests;

use crate::frame::{Viewer, frame, known, state, time, words};
use crate::names::Names;
use domain::action::Action;
use domain::book::Called;
use domain::case::{Case, Disputed};
use domain::cash::Received;
use domain::dunning::Recovering;
use domain::id::{AccountId, TaskId};
use domain::incident::Incident;
use domain::money::Money;
use domain::report::{Month, Report};
use domain::source::InUse;
use domain::staff::Role;
use domain::task::Task;
use domain::ticket::Ticket;
use jiff::Timestamp;
use lines::{asked, case, decided, dispute, task, ticket};
use maud::{Markup, html};
use month::month;
use std::collections::BTreeMap;

/// How many of each the overview shows; the others are one press away.
pub const FEW: usize = 8;

/// The first of many, how many were counted, and whether there are more than that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Few<T> {
    pub first: Vec<T>,
    pub count: usize,
    pub is_more: bool,
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self { first: Vec::new(), count: 0, is_more: false }
    }
}

impl<T> Few<T> {
    pub fn of(mut all: Vec<T>, is_more: bool) -> Self {
        let count = all.len();
        all.truncate(FEW);
        Self { first: all, count, is_more }
    }

    fn total(&self) -> String {
        format!("{}{}", self.count, if self.is_more { "+" } else { "" })
    }

    fn is_empty(&self) -> bool {
        self.first.is_empty()
    }
}

/// What the overview shows. `names` are those of its customers and of the staff, `amounts` what is open of what tasks are about.
pub struct Home<'a> {
    pub now: Timestamp,
    pub names: &'a Names,
    pub amounts: &'a BTreeMap<TaskId, Money>,
    /// The viewer's own, and those that nobody has.
    pub tickets: &'a Few<Ticket>,
    pub nobodys: &'a Few<Ticket>,
    pub tasks: &'a Few<Task>,
    pub untaken: &'a Few<Task>,
    /// What waits for the viewer's word, what they asked for, and what went wrong of what anybody did.
    pub word: &'a Few<Action>,
    pub asked: &'a Few<Action>,
    pub failed: &'a Few<Action>,
    pub disputes: &'a Few<Disputed>,
    pub incidents: &'a [Incident],
    /// Those whose API key does not work.
    pub locked: &'a [InUse],
    pub unmatched: &'a Few<Received>,
    /// What waits for the viewer's word about the staff, in one line each.
    pub proposals: &'a [String],
    pub cases: &'a Few<Case>,
    pub plans: &'a Few<Recovering>,
    pub month: Month,
    /// None where the month has more rows than can be added up for a glance.
    pub report: Option<&'a Report>,
    pub before: Option<&'a Report>,
}

impl Home<'_> {
    fn name(&self, account: &AccountId) -> &Called {
        self.names.of(account)
    }
}

pub fn home(viewer: &Viewer, home: &Home<'_>) -> String {
    let handles = viewer.role.may_request();
    frame(
        "Overview",
        "/",
        Some(viewer),
        html! {
            h1 { "Overview" }
            @for incident in home.incidents { section .notice role="status" {
                p {
                    a href={ "/incidents/" (incident.id) } { "Incident: " (incident.title()) }
                    ", " (incident.accounts) " customers since " (time(incident.began_at))
                    ". Owner: " (incident.owner)
                }
            } }
            @for proposal in home.proposals { section .notice role="status" {
                p { a href="/staff" { (proposal) ": confirm or refuse" } }
            } }
            div .grid { (counts(viewer, home)) }
            div .two {
                @if decides(viewer, home) { (waits_for_word(home)) }
                @if handles { (own_tickets(viewer, home)) (own_tasks(viewer, home)) }
                @if handles && !home.asked.is_empty() { (own_wishes(viewer, home)) }
                @if money(viewer) { (disputed(home)) }
                (went_wrong(viewer, home))
            }
            h2 { (home.month.name()) " so far" }
            div .grid { (month(home)) }
            div .two { (next_recoveries(home)) (newest_cases(home)) }
        },
    )
}

/// Whether somebody decides about others' requests, by their role or by what waits for them.
fn decides(viewer: &Viewer, home: &Home<'_>) -> bool {
    money(viewer) || !home.word.is_empty()
}

/// Whether money that is owed or taken back is somebody's to look after.
fn money(viewer: &Viewer) -> bool {
    matches!(viewer.role, Role::BillingSpecialist | Role::Manager | Role::Vp | Role::Legal)
}

fn counts(viewer: &Viewer, home: &Home<'_>) -> Markup {
    let card = |title: &str, place: &str, total: &str| html! { div .card { (title) b { a href=(place) { (total) } } } };
    html! {
        @if decides(viewer, home) { (card("Wait for your word", "/approvals", &home.word.total())) }
        @if viewer.role.may_request() {
            (card("Your tickets", &format!("/tickets?assignee={}", viewer.id), &home.tickets.total()))
            (card("Your tasks", &format!("/tasks?assigned_to={}", viewer.id), &home.tasks.total()))
            (card("Tickets nobody has", "/tickets?assignee=none", &home.nobodys.total()))
        }
        (card("Open cases", "/cases?state=open", &home.cases.total()))
        (card("Invoices in recovery", "/dunning", &home.plans.total()))
    }
}

/// A part of the overview: its lines, and the way to all of them.
fn part<T>(title: &str, few: &Few<T>, (place, empty): (&str, &str), line: impl Fn(&T) -> Markup) -> Markup {
    html! {
        section {
            h2 { (title) }
            @if few.is_empty() { p .soft {
                @if few.is_more { "None among those that were looked at." } @else { (empty) }
            } }
            @for one in &few.first { p { (line(one)) } }
            @if few.is_more || few.count > few.first.len() { p { a href=(place) { "All of them (" (few.total()) ")" } } }
        }
    }
}

fn waits_for_word(home: &Home<'_>) -> Markup {
    let empty = "Nothing waits for your decision.";
    part("Waits for your word", home.word, ("/approvals", empty), |action| decided(home, action))
}

fn own_tickets(viewer: &Viewer, home: &Home<'_>) -> Markup {
    let own = format!("/tickets?assignee={}", viewer.id);
    html! {
        (part("Your tickets", home.tickets, (own.as_str(), "You have no open ticket."), |it| ticket(home, it)))
        @if !home.nobodys.is_empty() {
            (part("Tickets nobody has", home.nobodys, ("/tickets?assignee=none", ""), |it| ticket(home, it)))
        }
    }
}

fn own_tasks(viewer: &Viewer, home: &Home<'_>) -> Markup {
    let own = format!("/tasks?assigned_to={}", viewer.id);
    html! {
        (part("Your tasks", home.tasks, (own.as_str(), "You have no task today."), |it| task(home, it)))
        @if viewer.role.may_settle() && !home.untaken.is_empty() {
            (part("Needs a person, and nobody has it", home.untaken, ("/tasks", ""), |it| task(home, it)))
        }
    }
}

fn own_wishes(viewer: &Viewer, home: &Home<'_>) -> Markup {
    let own = format!("/actions?requested_by={}", viewer.id);
    part("What you asked for", home.asked, (own.as_str(), ""), |action| asked(home, action))
}

fn disputed(home: &Home<'_>) -> Markup {
    let empty = "No bank asks for evidence.";
    part("Disputes that wait for evidence", home.disputes, ("/disputes?state=open", empty), |it| dispute(home, it))
}

/// What did not go as it should, as far as somebody can do something about it.
fn went_wrong(viewer: &Viewer, home: &Home<'_>) -> Markup {
    let unsent: Vec<_> =
        home.tickets.first.iter().chain(&home.nobodys.first).filter_map(|it| lines::unsent(home, it)).collect();
    let is_quiet = home.failed.is_empty() && home.locked.is_empty() && home.unmatched.is_empty() && unsent.is_empty();
    html! {
        section {
            h2 { "What went wrong" }
            @if is_quiet { p .soft { "Nothing that is known of." } }
            @for InUse { source, locked, .. } in home.locked { @if let Some(locked) = locked { p {
                a href="/sources" { "The API key of " (source.provider) "/" (source.source) } " does not work: "
                (locked.why) br;
                span .soft { "since " (time(locked.since)) ". What is approved waits for a key that works." }
            } } }
            @for line in &unsent { p { (line) } }
            @for action in &home.failed.first { p { (asked(home, action)) } }
            @if home.failed.is_more || home.failed.count > home.failed.first.len() {
                p {
                    "All that " a href="/actions?state=failed" { "failed" } ", "
                    a href="/actions?state=in_doubt" { "is in doubt" } " or "
                    a href="/actions?state=needs_person" { "needs a person" }
                }
            }
            @for received in &home.unmatched.first { p {
                a href="/payments/unmatched" { (received.amount) " from " (home.name(&received.account)) }
                " has no place: " (received.why.words()) br;
                span .soft { "came in " (time(received.at)) ". Say what it is for." }
            } }
            @if viewer.role.may_request() { p .soft {
                "What Recoup could not do alone is among the " a href="/tasks" { "tasks" } "."
            } }
        }
    }
}

fn next_recoveries(home: &Home<'_>) -> Markup {
    part("Recoveries that come next", home.plans, ("/dunning", "No invoice is being recovered."), |row| {
        let plan = &row.plan;
        html! {
            a href={ "/accounts/" (plan.account) "/dunning" } {
                (row.name.as_deref().unwrap_or(plan.account.as_str())) ": " (known(row.amount)) " of invoice "
                (row.number.as_deref().unwrap_or(&plan.invoice))
            }
            br;
            span .soft {
                (row.why) " · " (words(&plan.segment))
                @if let Some(next) = &row.next { " · next: " (words(next)) }
                @if let Some(at) = row.next_at { ", " (time(at)) }
            }
        }
    })
}

fn newest_cases(home: &Home<'_>) -> Markup {
    part("Newest cases", home.cases, ("/cases?state=open", "No case is open."), |it| {
        html! { (case(home, it)) " " (state(it.state.name())) }
    })
}
