//! What is done for an account: its cases, tickets, tasks and actions.

use super::moved::recommended;
use crate::frame::{state, time, words};
use crate::names::Names;
use domain::sidebar::Sidebar;
use maud::{Markup, html};

/// What is the matter now, with what is recommended. Within a frame of somebody else's it opens beside that.
pub(super) fn open_cases(sidebar: &Sidebar, apart: bool) -> Markup {
    let (target, rel) = (apart.then_some("_blank"), apart.then_some("noopener"));
    html! {
        @if !sidebar.cases.is_empty() {
            section .notice {
                h2 { "Open cases" }
                @for case in &sidebar.cases {
                    p {
                        a href={ "/cases/" (case.id) } target=[target] rel=[rel] { (words(&case.class)) }
                        " since " (time(case.opened_at)) "."
                        @if let Some(advice) = &case.recommended { " " (recommended(advice, apart)) "." }
                    }
                }
                @if sidebar.more_cases > 0 {
                    p .soft {
                        "and " (sidebar.more_cases) " that were opened before, on "
                        a href={ "/cases?state=open&account=" (sidebar.account.id) } target=[target] rel=[rel] {
                            "the list of cases"
                        }
                        "."
                    }
                }
            }
        }
    }
}

pub(super) fn past_cases(sidebar: &Sidebar) -> Markup {
    html! {
        @if !sidebar.past_cases.is_empty() {
            section {
                h2 { "Past cases" }
                ul { @for case in &sidebar.past_cases { li {
                    a href={ "/cases/" (case.id) } { (words(&case.class)) } ", " (time(case.opened_at)) " to "
                    (time(case.resolved_at)) ": " (words(&case.resolution))
                } } }
                p { a href={ "/cases?state=resolved&account=" (sidebar.account.id) } { "All that have ended" } }
            }
        }
    }
}

/// Those that are open first.
pub(super) fn tickets(sidebar: &Sidebar, names: &Names) -> Markup {
    html! {
        @if !sidebar.tickets.is_empty() {
            section {
                h2 { "Tickets" }
                div .scroll tabindex="0" { table aria-label="Tickets" {
                    thead { tr {
                        th scope="col" { "Ticket" } th scope="col" { "State" } th scope="col" { "Class" }
                        th scope="col" { "Opened" } th scope="col" { "Who has it" }
                    } }
                    tbody { @for ticket in &sidebar.tickets { tr {
                        td { a href={ "/tickets/" (ticket.id) } { (ticket.subject.as_deref().unwrap_or("No subject")) } }
                        td { (state(ticket.state)) }
                        td { @match ticket.class { Some(class) => (words(class)), None => span .soft { "–" } } }
                        td { @if let Some(at) = ticket.opened_at { (time(at)) } }
                        td { @match &ticket.assignee { Some(to) => (names.who(to)), None => span .soft { "nobody" } } }
                    } } }
                } }
            }
        }
    }
}

/// Those that are open first.
pub(super) fn tasks(sidebar: &Sidebar, names: &Names) -> Markup {
    html! {
        @if !sidebar.tasks.is_empty() {
            section {
                h2 { "Tasks" }
                ul { @for task in &sidebar.tasks { li {
                    a href={ "/tasks/" (task.id) } { (task.what) } " " (state(task.state)) ", due " (time(task.due_at))
                    ", " @match &task.assigned_to {
                        Some(to) => (names.who(to)),
                        None => span .soft { "nobody has it" },
                    }
                } } }
            }
        }
    }
}

pub(super) fn actions(sidebar: &Sidebar, names: &Names) -> Markup {
    let all = html! { a href={ "/actions?account=" (sidebar.account.id) } { "All its actions" } };
    html! {
        @match &sidebar.latest_actions {
            Some(actions) if actions.is_empty() => {},
            Some(actions) => section {
                h2 { "Actions" }
                ul { @for action in actions { li {
                    a href={ "/actions/" (action.id) } { (action.summary) } " " (state(action.state)) ", asked for by "
                    (names.who(&action.requested_by)) ", " (time(action.requested_at))
                } } }
                p { (all) }
            },
            None => section { h2 { "Actions" } p { "There are very many. " (all) } },
        }
    }
}
