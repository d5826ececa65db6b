//! What is owed, by the days that it is overdue: how much, whose, why, and what comes next.

use crate::frame::{Viewer, frame, known, time, words};
use domain::ageing::{CURRENT, Line, OfCurrency};
use jiff::Timestamp;
use jiff::civil::Date;
use maud::{Markup, html};

/// The sums at a time, and a page of the invoices behind them.
pub struct Owing<'a> {
    pub at: Timestamp,
    pub on: Date,
    pub timezone: &'a str,
    pub complete: bool,
    pub unpriced: u64,
    pub currencies: &'a [OfCurrency],
    pub lines: &'a [Line],
    /// The bucket whose invoices are shown; all, without one.
    pub bucket: Option<&'a str>,
}

/// `base` ends so that a name can follow.
pub fn ageing(viewer: &Viewer, owing: &Owing<'_>, base: &str, next: Option<&str>) -> String {
    frame(
        "Ageing",
        "/ageing",
        Some(viewer),
        html! {
            h1 { "Ageing" }
            p .soft {
                "What was open at " (time(owing.at)) ", by the days that it was overdue on " (owing.on) " (" (owing.timezone) "). "
                "Currencies are never added."
            }
            form .row method="get" action="/ageing" {
                label { "On the day " input type="date" name="at" value=(owing.on) required; }
                button type="submit" { "Show" }
            }
            @if !owing.complete { p .notice role="status" {
                "So much is open that the sums leave out the youngest invoices."
            } }
            @if owing.unpriced > 0 { p .soft {
                (owing.unpriced) " more are open whose amount the provider does not say."
            } }
            @if owing.currencies.is_empty() { section { p .soft { "Nothing was open." } } }
            @for of in owing.currencies { (sums(of, base)) }
            section {
                h2 { "Invoices" @if let Some(bucket) = owing.bucket { ": " (named(bucket)) } }
                @if owing.bucket.is_some() { p { a href=(base) { "All of them" } } }
                @if owing.lines.is_empty() { p .soft { "There is no such invoice here." } } @else {
                    div .scroll tabindex="0" { (lines(owing.lines)) }
                }
            }
            @if let Some(next) = next { p { a href=(next) { "More" } } }
        },
    )
}

fn sums(of: &OfCurrency, base: &str) -> Markup {
    html! {
        section {
            h2 { (of.currency.code()) }
            div .scroll tabindex="0" { table aria-label="Sums by days overdue" {
                thead { tr {
                    th scope="col" { "Days overdue" } th .number scope="col" { "Invoices" }
                    th .number scope="col" { "Amount" } th scope="col" { "Whose it is" }
                    th scope="col" { "What they do" } th scope="col" { "Giving up is approved over" }
                } }
                tbody {
                    @for line in &of.buckets { tr {
                        td { a href={ (base) "bucket=" (line.bucket.replace('+', "%2B")) } { (named(&line.bucket)) } }
                        td .number { (line.sum.count) }
                        td .number { (line.sum.amount) }
                        td { @match line.owner { Some(role) => (words(role.name())), None => span .soft { "–" } } }
                        td {
                            @if line.steps.is_empty() { span .soft { "–" } }
                            @for step in &line.steps { (step) " " }
                            @if let Some(template) = &line.template { "The customer is sent " (words(template)) "." }
                        }
                        td { @match (line.owner, line.approval_threshold) {
                            (None, _) => span .soft { "–" },
                            (_, Some(over)) => (over),
                            (_, None) => "nothing: always",
                        } }
                    } }
                    tr {
                        th scope="row" { "All" }
                        td .number { b { (of.total.count) } } td .number { b { (of.total.amount) } }
                        td {} td {} td {}
                    }
                }
            } }
        }
    }
}

fn lines(lines: &[Line]) -> Markup {
    html! {
        table aria-label="Open invoices" {
            thead { tr {
                th scope="col" { "Customer" } th scope="col" { "Invoice" } th .number scope="col" { "Amount" }
                th scope="col" { "Due" } th .number scope="col" { "Days overdue" }
                th scope="col" { "Whose it is" } th scope="col" { "What comes next" } th scope="col" { "When" }
            } }
            tbody { @for line in lines { tr {
                td { a href={ "/accounts/" (line.account) } { (line.name.as_deref().unwrap_or(line.account.as_str())) } }
                td { (line.number.as_deref().unwrap_or(&line.invoice)) }
                td .number { (known(line.amount)) }
                td { (line.due_on) " (" (words(line.counted_from.name())) ")" }
                td .number { @if line.days < 0 { "not due" } @else { (line.days) } }
                td { @match line.owner { Some(role) => (words(role.name())), None => span .soft { "–" } } }
                td { (line.next.what) }
                td { @match line.next.at { Some(at) => (time(at)), None => span .soft { "–" } } }
            } } }
        }
    }
}

fn named(bucket: &str) -> &str {
    if bucket == CURRENT { "not due" } else { bucket }
}
