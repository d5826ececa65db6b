//! An account beside a ticket, in the frame of a help desk: to look at, 320 px wide, and with nothing to press.

use super::facts::{contact, plan_and_payment};
use super::moved::{how, marked};
use super::work::open_cases;
use crate::frame::{head, known, state, time, words};
use crate::names::Names;
use domain::sidebar::{Sidebar, Told};
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};

/// How many payments, and how much of what happened, there is room for.
const SHOWN_MAX: usize = 8;

/// Why there is no account to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotEmbedded {
    /// The address is too old, or is none that we gave.
    Expired,
    /// Nobody has said which pages may show it.
    NoOrigin,
}

pub fn embedded(sidebar: &Sidebar, names: &Names, told: &[Told], until: Timestamp) -> String {
    page(
        sidebar.title(),
        html! {
            h1 {
                a href={ "/accounts/" (sidebar.account.id) } target="_blank" rel="noopener" { (sidebar.title()) } " "
                @if let Some(entitlement) = sidebar.status.entitlement { (state(entitlement.name())) }
            }
            (open_cases(sidebar, true))
            (at_once(sidebar))
            (payments(sidebar))
            (plan_and_payment(sidebar))
            (contact(sidebar, names))
            @if !told.is_empty() { section {
                h2 { "What happened" }
                ul { @for line in told.iter().take(SHOWN_MAX) { li { (time(line.at)) ": " (line.says) "." } } }
            } }
            p .soft { "As it stood when this was opened, and to be seen until " (time(until)) ": then reload the sidebar." }
        },
    )
}

/// A page in the frame's place that says what to do.
pub fn not_embedded(why: NotEmbedded) -> String {
    let (title, message) = match why {
        NotEmbedded::Expired => (
            "Reload the sidebar",
            "What stood here could be seen for five minutes. Reload the sidebar to see it again.",
        ),
        NotEmbedded::NoOrigin => (
            "Not allowed yet",
            "No page may show Recoup yet. A manager or a VP allows one by POST /api/embeds/origins, with the origins of \
             the help desk and of its app.",
        ),
    };
    page(title, html! { h1 { (title) } section .notice { p { (message) } } })
}

/// The figures and the next step, in one column.
fn at_once(sidebar: &Sidebar) -> Markup {
    let (lifetime, status) = (&sidebar.lifetime, &sidebar.status);
    html! {
        section {
            dl {
                dt { "Outstanding" } dd { (known(status.outstanding)) }
                @if let Some(dunning) = &sidebar.dunning {
                    dt { "Recovery" } dd {
                        "of invoice " (dunning.invoice)
                        @if let (Some(next), Some(at)) = (&dunning.next, dunning.next_at) {
                            ": next is " (words(next)) ", " (time(at))
                        }
                    }
                }
                @for dispute in &status.disputes {
                    dt { "Dispute" } dd {
                        (known(dispute.amount)) ", " (words(dispute.status))
                        @if let Some(at) = dispute.evidence_due_at { ", evidence due " (time(at)) }
                    }
                }
                dt { "MRR, ARR" } dd { (known(lifetime.mrr)) ", " (known(lifetime.arr)) }
                dt { "Revenue" } dd {
                    (known(lifetime.revenue))
                    @if let Some(covers) = &lifetime.revenue_covers { div .soft { (covers) } }
                }
                dt { "Churn risk" } dd {
                    @match lifetime.churn_risk { Some(risk) => (state(risk)), None => span .soft { "not known" } }
                    @for reason in &lifetime.churn_reasons { div .soft { (reason) } }
                }
            }
        }
    }
}

fn payments(sidebar: &Sidebar) -> Markup {
    html! {
        section {
            h2 { "Payments" }
            @if sidebar.payments.is_empty() { p .soft { "None that its provider told." } } @else {
                ul { @for line in sidebar.payments.iter().take(SHOWN_MAX) { li {
                    b { (known(line.amount)) } ", " (time(line.at)) " " (how(line))
                    @if let Some(method) = &line.method { span .soft { " " (method) } }
                    @for mark in &line.marks { div .warn { (marked(mark, true)) } }
                } } }
            }
        }
    }
}

fn page(title: &str, body: Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, html! {}))
            body .embedded { main { (body) } }
        }
    };
    page.into_string()
}
