//! What an account paid, what went back and what failed, with what is the matter with it; and its invoices.

use super::facts::day;
use crate::frame::{known, state, time, words};
use domain::sidebar::{Bill, Mark, Moved, Recommended, Sidebar};
use maud::{Markup, html};

pub(super) fn payments(sidebar: &Sidebar) -> Markup {
    html! {
        section {
            h2 { "Payments, refunds and failed tries" }
            @if sidebar.payments.is_empty() { p .soft { "None that its provider told." } } @else {
                div .scroll tabindex="0" { table aria-label="Payments" {
                    thead { tr {
                        th scope="col" { "Date" } th .number scope="col" { "Amount" } th scope="col" { "How it went" }
                        th scope="col" { "With" } th scope="col" { "Invoice" } th scope="col" { "What is the matter" }
                    } }
                    tbody { @for line in &sidebar.payments { tr {
                        td { (time(line.at)) }
                        td .number { (known(line.amount)) }
                        td { (how(line)) }
                        td { (known(line.method.as_ref())) }
                        td { (known(line.invoice.as_ref().or(line.invoice_id.as_ref()))) }
                        td { @for mark in &line.marks { div .warn { (marked(mark, false)) } } }
                    } } }
                } }
            }
        }
    }
}

/// How a payment ended, why, and what went back of it.
pub(super) fn how(line: &Moved) -> Markup {
    html! {
        @match line.status { Some(status) => (state(status)), None => span .soft { "not known" } }
        @if let Some(why) = &line.why { ": " (why) }
        @if let Some(gone) = line.given_back { div { (gone) " went back" } }
    }
}

/// What is the matter, with its case, and what is recommended. Within a frame of somebody else's it opens beside that.
pub(super) fn marked(mark: &Mark, apart: bool) -> Markup {
    html! {
        @match &mark.case {
            Some(case) => a href={ "/cases/" (case) } target=[apart.then_some("_blank")] rel=[apart.then_some("noopener")] {
                (mark.says)
            },
            None => (mark.says),
        }
        @if let Some(advice) = &mark.recommended { ". " (recommended(advice, apart)) }
    }
}

/// What is recommended, and how far that has come.
pub(super) fn recommended(advice: &Recommended, apart: bool) -> Markup {
    html! {
        "Recommended: " (advice.says)
        @if let (Some(action), Some(stands)) = (&advice.action, advice.state) {
            ", "
            a href={ "/actions/" (action) } target=[apart.then_some("_blank")] rel=[apart.then_some("noopener")] {
                (words(stands))
            }
        }
    }
}

pub(super) fn invoices(history: &[Bill]) -> Markup {
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
                        td { (day(bill.date)) }
                        td .number { (known(bill.amount)) }
                        td { @if let Some(status) = bill.status { (state(status)) } }
                        td { (known(bill.method.as_ref())) }
                        td { (bill.name()) }
                    } } }
                } }
            }
        }
    }
}
