//! The billing sidebar of an account: whose it is, what they pay, what is the matter, and what is done about it.

mod alike;
mod embedded;
mod facts;
mod moved;
mod second;
mod work;

pub use alike::{Alike, AlikeRow};
pub use embedded::{NotEmbedded, embedded, not_embedded};

use crate::dunning::recoveries;
use crate::frame::{Viewer, frame, known, state, time, words};
use crate::names::Names;
use alike::same_customer;
use domain::dunning::Recovering;
use domain::sidebar::{Dispute, Granted, Sidebar, Told};
use facts::{contact, plan_and_payment};
use maud::{Markup, html};
use moved::{invoices, payments};
use second::second_card;
use work::{actions, open_cases, past_cases, tasks, tickets};

/// An account with all that its page shows beside it.
pub struct AccountShown<'a> {
    pub sidebar: &'a Sidebar,
    /// What happened, the newest first.
    pub told: &'a [Told],
    /// Where what happened before stands.
    pub before: Option<&'a str>,
    pub alike: &'a Alike,
    pub recovering: &'a [Recovering],
    /// Of the staff.
    pub names: &'a Names,
    pub notice: Option<&'a str>,
}

pub fn account(viewer: &Viewer, shown: &AccountShown<'_>) -> String {
    let AccountShown { sidebar, told, before, alike, recovering, names, notice } = shown;
    let title = sidebar.title();
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
            (open_cases(sidebar, false))
            (disputes(sidebar))
            (cards(sidebar))
            (payments(sidebar))
            div .two {
                (plan_and_payment(sidebar))
                (contact(sidebar, names))
            }
            (second_card(viewer, sidebar, names))
            (recoveries(viewer, recovering, names, None))
            (tickets(sidebar, names))
            (tasks(sidebar, names))
            (actions(sidebar, names))
            (past_cases(sidebar))
            (invoices(&sidebar.history))
            (exceptions(&sidebar.exceptions, names))
            (same_customer(viewer, sidebar, alike))
            (timeline(told, *before))
        },
    )
}

/// The figures that are looked at first.
fn cards(sidebar: &Sidebar) -> Markup {
    let lifetime = &sidebar.lifetime;
    html! {
        div .grid {
            div .card { "Outstanding" b { (known(sidebar.status.outstanding)) } }
            div .card {
                "MRR" b { (known(lifetime.mrr)) }
                @if let Some(arr) = lifetime.arr { span .soft { (arr) " a year (ARR)" } }
            }
            div .card {
                "Revenue" b { (known(lifetime.revenue)) }
                @if let Some(covers) = &lifetime.revenue_covers { span .soft { (covers) } }
            }
            div .card {
                "Churn risk"
                b {
                    @match lifetime.churn_risk {
                        Some(risk) => (state(risk)),
                        None => span .soft { "not known" },
                    }
                }
                span .soft { (lifetime.churn_reasons.join("; ")) }
            }
        }
    }
}

fn disputes(sidebar: &Sidebar) -> Markup {
    let status = &sidebar.status;
    html! {
        @if !status.disputes.is_empty() {
            section .notice {
                h2 { "Disputes" }
                @for dispute in &status.disputes {
                    p {
                        @if dispute.formal == Some(false) { "Inquiry or warning" } @else { "Dispute" }
                        " over " (known(dispute.amount)) (about(sidebar, dispute)) ": " (words(dispute.status))
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

/// The payment by its day and its card; by its id where it is not among the latest.
fn about(sidebar: &Sidebar, dispute: &Dispute) -> Markup {
    let paid = sidebar.payments.iter().find(|line| line.payment.as_ref() == Some(&dispute.payment));
    html! {
        " about the payment "
        @match paid {
            Some(paid) => {
                "of " (time(paid.at))
                @if let Some(method) = &paid.method { " (" (method) ")" }
            },
            None => (dispute.payment),
        }
    }
}

fn exceptions(exceptions: &[Granted], names: &Names) -> Markup {
    html! {
        @if !exceptions.is_empty() {
            section {
                h2 { "Exceptions granted before" }
                @for granted in exceptions {
                    p {
                        (granted.granted_on) ": " (words(granted.kind))
                        @if let Some(amount) = granted.amount { " of " (amount) }
                        @if let Some(percent) = granted.percent { " of " (percent) " %" }
                        " by " (names.perhaps(&granted.granted_by)) ", " (granted.reason)
                        @if let Some(reference) = &granted.reference { span .soft { " (" (reference) ")" } }
                        @if !granted.holds { span .soft { " (over)" } }
                    }
                }
            }
        }
    }
}

fn timeline(told: &[Told], before: Option<&str>) -> Markup {
    html! {
        section {
            h2 { "What happened" }
            @if told.is_empty() { p .soft { "Nothing that its provider told." } } @else {
                ul { @for line in told { li { (time(line.at)) ": " (line.says) "." } } }
            }
            @if let Some(before) = before { p { a href=(before) { "What happened before" } } }
        }
    }
}

#[cfg(test)]
mod tests;
