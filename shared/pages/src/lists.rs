//! Lists: accounts, cases, actions, sent messages.

use crate::filters::Filters;
use crate::frame::{Viewer, frame, known, state, time, words};
use crate::names::{Names, customer};
use domain::action::Action;
use domain::case::Case;
use domain::money::Money;
use jiff::Timestamp;
use maud::{Markup, html};

/// One line of the account list.
pub struct AccountRow {
    pub id: String,
    pub name: Option<String>,
    pub plan: Option<String>,
    pub outstanding: Option<Money>,
    pub mrr: Option<Money>,
    pub cases: usize,
}

fn page(
    title: &str,
    viewer: &Viewer,
    filters: &Filters,
    next: Option<&str>,
    empty: &Markup,
    rows: usize,
    table: &Markup,
) -> String {
    frame(
        title,
        filters.path,
        Some(viewer),
        html! {
            h1 { (title) }
            (filters.form(viewer))
            section { @if rows == 0 { (filters.empty(empty)) } @else { div .scroll tabindex="0" { (table) } } }
            @if let Some(next) = next { p { a href=(next) { "More" } } }
        },
    )
}

pub fn accounts(viewer: &Viewer, rows: &[AccountRow], filters: &Filters, next: Option<&str>) -> String {
    let empty = html! {
        "No account has been seen yet. " a href="/sources" { "Set up a source" }
        ": its customers come with its webhooks, and with what is read in of the time before."
    };
    page("Accounts", viewer, filters, next, &empty, rows.len(), &account_table(rows))
}

fn account_table(rows: &[AccountRow]) -> Markup {
    html! {
        table aria-label="Accounts" {
            thead { tr {
                th scope="col" { "Account" } th scope="col" { "Plan" }
                th .number scope="col" { "Outstanding" } th .number scope="col" { "MRR" }
                th .number scope="col" { "Open cases" }
            } }
            tbody { @for row in rows { tr {
                td { a href={ "/accounts/" (row.id) } { (row.name.as_deref().unwrap_or(&row.id)) } }
                td { (known(row.plan.as_ref())) }
                td .number { (known(row.outstanding)) }
                td .number { (known(row.mrr)) }
                td .number { (row.cases) }
            } } }
        }
    }
}

pub fn cases(viewer: &Viewer, rows: &[Case], names: &Names, filters: &Filters, next: Option<&str>) -> String {
    let amount = |case: &Case| case.recommended.as_ref().and_then(|recommended| recommended.kind.amount());
    let table = html! {
        table aria-label="Cases" {
            thead { tr {
                th scope="col" { "Case" } th scope="col" { "Customer" } th .number scope="col" { "Amount" }
                th scope="col" { "State" } th scope="col" { "Opened" } th scope="col" { "Advice" }
            } }
            tbody { @for case in rows { tr {
                td { a href={ "/cases/" (case.id) } { (case.class.title()) } br; span .soft { (case.about) } }
                td { (customer(names, &case.account)) }
                td .number { @match amount(case) { Some(amount) => (amount), None => span .soft { "–" } } }
                td {
                    (state(case.state.name()))
                    @if let Some(resolution) = &case.resolution { " " (words(resolution)) }
                }
                td { (time(case.opened_at)) }
                td { div .brief { (case.advice) } }
            } } }
        }
    };
    let empty = html! {
        "There is no case. One opens by itself when a payment fails, a customer is charged twice or writes about a bill: "
        a href="/sources" { "see that the sources tell of it" } "."
    };
    page("Cases", viewer, filters, next, &empty, rows.len(), &table)
}

pub fn actions(viewer: &Viewer, rows: &[Action], names: &Names, filters: &Filters, next: Option<&str>) -> String {
    let table = html! {
        table aria-label="Actions" {
            thead { tr {
                th scope="col" { "Action" } th scope="col" { "State" } th scope="col" { "Asked by" }
                th scope="col" { "Asked" } th scope="col" { "Confirmed" }
            } }
            tbody { @for action in rows { tr {
                td { a href={ "/actions/" (action.id) } { (action.sentence(names.of(&action.account))) } }
                td { (state(action.state().name())) }
                td { (names.who(&action.requested_by)) }
                td { (time(action.requested_at)) }
                td { @match action.confirmed_at() { Some(at) => (time(at)), None => span .soft { "–" } } }
            } } }
        }
    };
    let empty = html! {
        "No action has been asked for. " a href="/accounts" { "Open an account" } " and choose what to ask for there."
    };
    page("Actions", viewer, filters, next, &empty, rows.len(), &table)
}

/// One sent message.
pub struct OutboxRow {
    pub at: Timestamp,
    pub channel: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    /// What it says above its text.
    pub headers: Vec<(&'static str, String)>,
    /// Where it is seen as whoever gets it sees it.
    pub page: Option<String>,
}

pub fn outbox(viewer: &Viewer, rows: &[OutboxRow], next: Option<&str>) -> String {
    frame(
        "Outbox",
        "/outbox",
        Some(viewer),
        html! {
            h1 { "Outbox" }
            p .soft { "What would have left this machine, newest first." }
            @if rows.is_empty() { section { p .soft { "Nothing has been sent." } } }
            @for row in rows { section {
                h2 { (row.subject) }
                p .soft {
                    (row.channel) " to " (row.to) " · " (time(row.at))
                    @if let Some(page) = &row.page { " · " a href=(page) { "as it is read" } }
                }
                @for (name, value) in &row.headers { p .soft { (name) ": " (value) } }
                pre { (row.text) }
            } }
            @if let Some(next) = next { p { a href=(next) { "More" } } }
        },
    )
}
