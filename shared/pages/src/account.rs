//! The billing sidebar of an account.

mod alike;
mod facts;
mod second;

pub use alike::{Alike, AlikeRow};

use crate::dunning::recoveries;
use crate::frame::{Viewer, frame, known, state, time, words};
use alike::same_customer;
use domain::dunning::Recovering;
use domain::sidebar::{Bill, Granted, Sidebar, Status};
use facts::{contact, plan_and_payment};
use jiff::Timestamp;
use maud::{Markup, html};
use second::second_card;

/// `timeline` are the latest events: time, what happened, and the provider's id.
pub fn account(
    viewer: &Viewer,
    sidebar: &Sidebar,
    timeline: &[(Timestamp, &str, &str)],
    alike: &Alike,
    recovering: &[Recovering],
    notice: Option<&str>,
) -> String {
    let title = sidebar.account.name.as_deref().unwrap_or(&sidebar.account.customer);
    frame(
        title,
        "/accounts",
        Some(viewer),
        html! {
            h1 { (title) " " @if let Some(entitlement) = sidebar.status.entitlement { (state(entitlement.name())) } }
            @if let Some(notice) = notice { p .notice role="status" { (notice) } }
            @if viewer.role.may_request() {
                p { a href={ "/accounts/" (sidebar.account.id) "/ask" } { "Ask for an action" } }
            }
            (cards(sidebar))
            div .two {
                (plan_and_payment(sidebar))
                (contact(sidebar))
            }
            (second_card(viewer, sidebar))
            (recoveries(viewer, recovering, None))
            (disputes(&sidebar.status))
            (exceptions(&sidebar.exceptions))
            (same_customer(viewer, sidebar, alike))
            (open_cases(sidebar))
            (tickets(sidebar))
            (invoices(&sidebar.history))
            (events(timeline))
        },
    )
}

/// The figures that are looked at first.
fn cards(sidebar: &Sidebar) -> Markup {
    html! {
        div .grid {
            div .card { "Outstanding" b { (known(sidebar.status.outstanding)) } }
            div .card { "MRR" b { (known(sidebar.lifetime.mrr)) } }
            div .card { "Revenue" b { (known(sidebar.lifetime.revenue)) } }
            div .card {
                "Churn risk"
                b {
                    @match sidebar.lifetime.churn_risk {
                        Some(risk) => (state(risk)),
                        None => span .soft { "not known" },
                    }
                }
                span .soft { (sidebar.lifetime.churn_reasons.join("; ")) }
            }
        }
    }
}

fn disputes(status: &Status) -> Markup {
    html! {
        @if !status.disputes.is_empty() {
            section .notice {
                h2 { "Disputes" }
                @for dispute in &status.disputes {
                    p {
                        @if dispute.formal == Some(false) { "Inquiry or warning" } @else { "Dispute" }
                        " about payment " (dispute.payment) ", " (known(dispute.amount)) ": " (words(dispute.status))
                        @if let Some(at) = dispute.evidence_due_at { ", evidence due " (time(at)) }
                        "."
                    }
                }
                @if status.more_disputes > 0 {
                    p .soft {
                        "and " (status.more_disputes) " more, on "
                        a href="/disputes?state=open" { "the list of disputes" } "."
                    }
                }
            }
        }
    }
}

fn exceptions(exceptions: &[Granted]) -> Markup {
    html! {
        @if !exceptions.is_empty() {
            section {
                h2 { "Exceptions granted before" }
                @for granted in exceptions {
                    p {
                        (granted.granted_on) ": " (words(granted.kind))
                        @if let Some(amount) = granted.amount { " of " (amount) }
                        @if let Some(percent) = granted.percent { " of " (percent) " %" }
                        " by " (granted.granted_by) ", " (granted.reason)
                        @if let Some(reference) = &granted.reference { span .soft { " (" (reference) ")" } }
                        @if !granted.holds { span .soft { " (over)" } }
                    }
                }
            }
        }
    }
}

fn open_cases(sidebar: &Sidebar) -> Markup {
    html! {
        @if !sidebar.cases.is_empty() {
            section {
                h2 { "Open cases" }
                @for case in &sidebar.cases {
                    p { a href={ "/cases/" (case.id) } { (words(&case.class)) } " since " (time(case.opened_at)) }
                }
                @if sidebar.more_cases > 0 {
                    p .soft {
                        "and " (sidebar.more_cases) " that were opened before, on "
                        a href="/cases?state=open" { "the list of cases" } "."
                    }
                }
            }
        }
    }
}

/// Those that are open first.
fn tickets(sidebar: &Sidebar) -> Markup {
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
                        td { @match &ticket.assignee { Some(to) => (to), None => span .soft { "nobody" } } }
                    } } }
                } }
            }
        }
    }
}

fn invoices(history: &[Bill]) -> Markup {
    html! {
        section {
            h2 { "Invoices of the last six months" }
            @if history.is_empty() { p .soft { "None." } } @else {
                div .scroll tabindex="0" { table aria-label="Invoices" {
                    thead { tr {
                        th scope="col" { "Date" } th .number scope="col" { "Amount" }
                        th scope="col" { "Status" } th scope="col" { "Paid with" } th scope="col" { "Invoice" }
                    } }
                    tbody { @for bill in history { tr {
                        td { (bill.date.strftime("%Y-%m-%d")) }
                        td .number { (known(bill.amount)) }
                        td { @if let Some(status) = bill.status { (state(status)) } }
                        td { (known(bill.method.as_ref())) }
                        td { (bill.invoice.as_deref().unwrap_or(&bill.invoice_id)) }
                    } } }
                } }
            }
        }
    }
}

fn events(timeline: &[(Timestamp, &str, &str)]) -> Markup {
    html! {
        section {
            h2 { "Timeline" }
            div .scroll tabindex="0" { table aria-label="Timeline" { tbody {
                @for (at, what, id) in timeline {
                    tr { td { (time(*at)) } td { (words(what)) } td .soft { (id) } }
                }
            } } }
        }
    }
}
