//! Our own tax documents: all of them, and one with whose it is, how much, which tax, and what corrects what.

use crate::filters::Filters;
use crate::frame::{Viewer, frame, known, no_default, said, time};
use domain::action::Line;
use domain::document::{Filed, Party, Sound};
use domain::money::Money;
use maud::{Markup, html};

/// A line of the list.
pub struct PaperRow {
    pub filed: Filed,
    /// With its tax; nothing, where it cannot be added up any more.
    pub total: Option<Money>,
}

/// One of them.
pub struct PaperShown<'a> {
    pub filed: &'a Filed,
    pub sound: &'a Sound<'a>,
    pub credit: Credit,
    pub notice: Option<&'a str>,
}

/// How it stands with what takes an invoice back.
pub enum Credit {
    /// There is one.
    Made(String),
    /// What one would say.
    Would(Vec<Line>),
    /// Why there can be none.
    Not(String),
}

pub fn papers(viewer: &Viewer, rows: &[PaperRow], filters: &Filters, next: Option<&str>) -> String {
    let empty = html! {
        "Recoup has made no tax document yet. It makes those of a " a href="/entities" { "legal entity" }
        " of yours that says so; for everybody else the provider's own is sent."
    };
    frame(
        "Tax documents",
        "/documents",
        Some(viewer),
        html! {
            h1 { "Tax documents" }
            (filters.form(viewer))
            section {
                @if rows.is_empty() { (filters.empty(&empty)) } @else { div .scroll tabindex="0" { (table(rows)) } }
            }
            @if let Some(next) = next { p { a href=(next) { "More" } } }
        },
    )
}

fn table(rows: &[PaperRow]) -> Markup {
    html! {
        table aria-label="Tax documents" {
            thead { tr {
                th scope="col" { "Number" } th scope="col" { "Customer" } th .number scope="col" { "In all" }
                th scope="col" { "Of" } th scope="col" { "What it is" }
            } }
            tbody { @for PaperRow { filed, total } in rows { tr {
                td { a href={ "/documents/" (filed.document.number) } { (filed.document.number) } }
                td { a href={ "/accounts/" (filed.account) } { (filed.document.customer.name) } }
                td .number { (known(*total)) }
                td { (filed.document.issued_on) }
                td { (what(filed)) }
            } } }
        }
    }
}

fn what(filed: &Filed) -> Markup {
    html! {
        @match &filed.document.corrects {
            Some(original) => { "credit note: takes " (to(&original.number)) " back" }
            None => "invoice",
        }
    }
}

fn to(number: &str) -> Markup {
    html! { a href={ "/documents/" (number) } { (number) } }
}

pub fn paper(viewer: &Viewer, shown: &PaperShown<'_>) -> String {
    let (filed, document) = (shown.filed, &shown.filed.document);
    let totals = shown.sound.totals();
    let title = if document.corrects.is_some() { "Credit note" } else { "Tax invoice" };
    frame(
        &format!("{title} {}", document.number),
        "/documents",
        Some(viewer),
        html! {
            h1 { (title) " " (document.number) }
            @if let Some(notice) = shown.notice { p .notice role="status" { (notice) } }
            p {
                (totals.gross) " for " a href={ "/accounts/" (filed.account) } { (document.customer.name) }
                ", of " (document.issued_on) "."
            }
            div .two {
                section { h2 { "What it says" } (sums(shown)) }
                section {
                    h2 { "Where it comes from" }
                    dl {
                        dt { "Made by" } dd { (party(&document.issuer)) }
                        dt { "Made out to" } dd { (party(&document.customer)) }
                        dt { "Invoice" } dd { code { (filed.invoice) } " at the provider" }
                        dt { "Made" } dd { (time(filed.at)) " by " (filed.by) }
                    }
                    (related(shown))
                }
            }
            section {
                h2 { "As a file" }
                ul {
                    li { a href={ "/documents/" (document.number) "/pdf" } { "The page, with the e-invoice inside (PDF)" } }
                    li { a href={ "/documents/" (document.number) "/ubl" } { "The e-invoice as UBL 2.1" } }
                    li { a href={ "/documents/" (document.number) "/cii" } { "The e-invoice as CII D16B" } }
                }
            }
            (credit(viewer, shown))
        },
    )
}

fn sums(shown: &PaperShown<'_>) -> Markup {
    let (document, totals) = (&shown.filed.document, shown.sound.totals());
    html! {
        div .scroll tabindex="0" { table aria-label="Lines" {
            thead { tr { th scope="col" { "For" } th .number scope="col" { "Quantity" } th .number scope="col" { "Net" } } }
            tbody { @for (line, net) in document.lines.iter().zip(&totals.nets) { tr {
                td { (line.name) } td .number { (line.quantity.normalize()) } td .number { (net) }
            } } }
        } }
        dl {
            dt { "Without tax" } dd { (totals.net) }
            @for group in &totals.groups { dt { (shown.sound.taxed(&group.tax)) } dd { (group.amount) } }
            dt { "In all" } dd { (totals.gross) }
            @if document.corrects.is_none() { dt { "Left to pay" } dd { (totals.due) } }
        }
    }
}

fn party(party: &Party) -> Markup {
    html! { (party.written()) }
}

fn related(shown: &PaperShown<'_>) -> Markup {
    html! {
        @if let Some(original) = &shown.filed.document.corrects {
            p { "It takes " (to(&original.number)) " back: " (original.reason) }
        }
        @if let Credit::Made(number) = &shown.credit { p { "It was taken back by " (to(number)) "." } }
    }
}

/// What would take the invoice back, and the button for whoever may.
fn credit(viewer: &Viewer, shown: &PaperShown<'_>) -> Markup {
    let number = &shown.filed.document.number;
    html! {
        @match &shown.credit {
            Credit::Made(_) => {}
            Credit::Not(_) if shown.filed.document.corrects.is_some() => {}
            Credit::Not(why) => section { h2 { "Take it back" } p .soft { (said(why)) } },
            Credit::Would(lines) => section {
                h2 { "Take it back" }
                p { "A credit note over all of it would say:" }
                dl { @for line in lines { dt { (line.label) } dd { (known(line.after.as_ref())) } } }
                @if let Some(csrf) = &viewer.csrf {
                    form method="post" action={ "/documents/" (number) "/credit" } {
                        (no_default())
                        input type="hidden" name="csrf" value=(csrf);
                        label for="reason" { "Why, as the customer will read it" }
                        input id="reason" name="reason" maxlength="500" required;
                        button type="submit" { "Make the credit note" }
                        p .soft { "Its number is given for good, and nothing is mailed by this." }
                    }
                }
            },
        }
    }
}
