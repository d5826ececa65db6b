//! Recoveries: the board of what comes next, and the way of each invoice, with what people may say of it.

mod says;

pub use says::Declined;

use crate::filters::Filters;
use crate::frame::{Viewer, frame, known, state, time, words};
use crate::names::Names;
use domain::dunning::{Expected, Forecast, NextTry, Recovering, Said, StepState, TryEnd, Word};
use domain::id::AccountId;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use maud::{Markup, html};
use says::says;

/// A page of recoveries, and what the list can be asked for. Those of one day stand together.
pub struct Board<'a> {
    pub rows: &'a [Recovering],
    /// What is expected of all that run, on the first page.
    pub forecast: Option<&'a Forecast>,
    pub filters: &'a Filters,
}

/// Whose invoice is asked for, how much, why, and what happens next.
pub fn dunning(viewer: &Viewer, board: &Board<'_>, next: Option<&str>) -> String {
    frame(
        "Dunning",
        "/dunning",
        Some(viewer),
        html! {
            h1 { "Dunning" }
            (board.filters.form(viewer))
            section {
                @if board.rows.is_empty() { (board.filters.empty(&html! {
                    "No invoice is being recovered. A recovery begins by itself when a payment fails; what is owed without \
                     one is on the page " a href="/ageing" { "Ageing" } "."
                })) } @else {
                    div .scroll tabindex="0" { (rows(board.rows)) }
                }
            }
            @if let Some(next) = next { p { a href=(next) { "More" } } }
            @if let Some(forecast) = board.forecast { (expected(forecast)) }
        },
    )
}

/// What is expected, with what it rests on.
fn expected(forecast: &Forecast) -> Markup {
    let Forecast { days, recoveries, by_segment, by_all, by_next_try, unknown, earlier, .. } = forecast;
    html! {
        section {
            h2 { "The next " (days) " days" }
            @if forecast.currencies.is_empty() {
                p .soft { "No invoice is being recovered whose amount is known." }
            } @else {
                div .scroll tabindex="0" { table aria-label="What is expected" {
                    thead { tr {
                        th scope="col" { "Currency" } th .number scope="col" { "Recoveries" }
                        th .number scope="col" { "Open" }
                        th .number scope="col" { "Expected" } th .number scope="col" { "At least" }
                        th .number scope="col" { "At most" }
                        th .number scope="col" { "Invoices paid" }
                    } }
                    tbody { @for own in &forecast.currencies { (expected_in(own)) } }
                } }
                p .soft {
                    "Of " (recoveries) " recoveries " (by_segment) " are told by how often earlier ones of their "
                    "segment and age were paid, " (by_all) " by earlier ones of any segment, and " (by_next_try)
                    " only by the chance of their next try, so that more may come. Of " (unknown)
                    " nothing is known: none of them is expected. Shares are counted by " (earlier)
                    " payments that failed 60 days ago or earlier. It lies between the two 19 times of 20."
                    @if !forecast.complete { " Only those are in it that go on first: more run than are read." }
                }
            }
        }
    }
}

fn expected_in(own: &Expected) -> Markup {
    html! { tr {
        td { (own.currency.code()) }
        td .number { (own.recoveries) }
        td .number { (own.open) }
        @match (own.amount, own.low, own.high, own.paid) {
            (Some(amount), Some(low), Some(high), Some(paid)) => {
                td .number { (amount) } td .number { (low) } td .number { (high) } td .number { (paid) }
            }
            _ => td .soft colspan="4" { "too few to say" },
        }
    } }
}

fn rows(rows: &[Recovering]) -> Markup {
    let day = |row: &Recovering| row.plan.next_wake().map(|at| at.to_zoned(TimeZone::UTC).date());
    let days: Vec<&[Recovering]> = rows.chunk_by(|one, other| day(one) == day(other)).collect();
    html! {
        table aria-label="Recoveries" {
            thead { tr {
                th scope="col" { "Customer" } th scope="col" { "Invoice" } th .number scope="col" { "Open" }
                th scope="col" { "Why" } th scope="col" { "Segment" } th scope="col" { "Next" }
                th scope="col" { "When" } th scope="col" { "Waits for" }
            } }
            @for of_day in days { tbody {
                tr { th colspan="8" scope="rowgroup" { (heading(of_day.first().and_then(day))) } }
                @for row in of_day { (line(row)) }
            } }
        }
    }
}

fn heading(day: Option<Date>) -> String {
    day.map_or_else(|| "no day".to_owned(), |day| day.strftime("%A, %-d %B").to_string())
}

fn line(row: &Recovering) -> Markup {
    let plan = &row.plan;
    html! { tr {
        td { a href={ "/accounts/" (plan.account) "/dunning" } { (row.name.as_deref().unwrap_or(plan.account.as_str())) } }
        td { (number(row)) }
        td .number { (known(row.amount)) }
        td { (row.why) }
        td { (words(&plan.segment)) @if row.is_first() { " " strong { "first" } } }
        td { (known(row.next.as_deref().map(words))) }
        td { @match row.next_at { Some(at) => (time(at)), None => span .soft { "–" } } }
        td { (waits(row)) }
    } }
}

fn number(row: &Recovering) -> &str {
    row.number.as_deref().unwrap_or(&row.plan.invoice)
}

/// What it waits for because somebody said so, and which promises were not kept.
fn waits(row: &Recovering) -> Markup {
    let control = &row.plan.control;
    let asked = row.plan.awaits_word().and_then(|place| row.plan.why(&row.plan.steps[place]));
    html! {
        @if let Some(why) = &asked { (why) " " }
        @if let Some(promise) = &control.promise {
            "promise of " (promise.amount) " until " (promise.date) " "
        }
        @if let Some(until) = control.paused_until { "paused until " (time(until)) " " }
        @if control.broken > 0 { span .state.bad { (control.broken) " broken" } }
        @if row.paused_until.is_none() && control.broken == 0 && asked.is_none() { span .soft { "–" } }
    }
}

/// The page of an account's recoveries. `declined` is what somebody has just said in vain.
pub fn recovery(
    viewer: &Viewer,
    (account, name): (&AccountId, &str),
    rows: &[Recovering],
    names: &Names,
    notice: Option<&str>,
    declined: Option<&Declined<'_>>,
) -> String {
    frame(
        "Recovery",
        "/dunning",
        Some(viewer),
        html! {
            h1 { "Recovery from " a href={ "/accounts/" (account) } { (name) } }
            @if let Some(notice) = notice { p .notice role="status" { (notice) } }
            @if rows.is_empty() { section { p .soft { "Nothing of this customer has ever been recovered." } } }
            (recoveries(viewer, rows, names, declined))
        },
    )
}

/// What an account's page shows of each of its recoveries: its way, what was said, and what may be said.
pub(crate) fn recoveries(
    viewer: &Viewer,
    rows: &[Recovering],
    names: &Names,
    declined: Option<&Declined<'_>>,
) -> Markup {
    html! { @for row in rows {
        section .notice[row.next.is_some()] {
            h2 { "Recovery of invoice " (number(row)) " " (state(standing(row))) }
            p {
                (known(row.amount)) " open, " (row.why) ", segment " (words(&row.plan.segment))
                @if let Some(reason) = &row.plan.reason { ". It ended: " (reason) }
                "."
            }
            @if let Some(next) = &row.next { p {
                strong { "Next: " (words(next)) @if let Some(at) = row.next_at { ", " (time(at)) } }
                @if row.plan.control.promise.is_some() || row.paused_until.is_some() { ". It waits: " (waits(row)) }
            } }
            (way(row))
            (tries(row))
            (said(&row.plan.control.said, names))
            @if row.next.is_some() { (says(viewer, row, declined)) }
        }
    } }
}

fn standing(row: &Recovering) -> &'static str {
    match (row.next.is_some(), row.paused_until.is_some()) {
        (true, true) => "paused",
        (true, false) => "running",
        (false, _) => "over",
    }
}

/// All steps, past and to come.
fn way(row: &Recovering) -> Markup {
    let plan = &row.plan;
    let name = |state: StepState| match state {
        StepState::Waiting => "waiting",
        StepState::Sending => "sending",
        StepState::Asked => "asked",
        StepState::Sent => "sent",
        StepState::InDoubt => "in_doubt",
        StepState::Skipped => "skipped",
    };
    let asked = |state: StepState| plan.asked_end().filter(|_| state == StepState::Asked);
    html! {
        div .scroll tabindex="0" { table aria-label="Steps of this recovery" {
            thead { tr { th scope="col" { "When" } th scope="col" { "Step" } th scope="col" { "State" } } }
            tbody {
                tr { td { (time(plan.started_at)) } td { "the payment failed" } td {} }
                @for step in &plan.steps { tr {
                    td { (time(step.done_at.unwrap_or_else(|| plan.expected_at(step)))) }
                    td { (words(step.kind.name())) }
                    td {
                        (state(name(step.state)))
                        @if let Some(why) = plan.why(step) { " " (why) }
                        @if let Some(action) = asked(step.state) { " " a href={ "/actions/" (action) } { "the request" } }
                    }
                } }
            }
        } }
    }
}

/// When it is tried again, what became of earlier tries, and what the networks leave.
fn tries(row: &Recovering) -> Markup {
    let tries = &row.plan.tries;
    let end = |end: &Option<TryEnd>| match end {
        None => "nobody knows yet how it ended".to_owned(),
        Some(TryEnd::Paid) => "paid".to_owned(),
        Some(TryEnd::Declined { code }) => format!("declined: {}", words(code)),
        Some(TryEnd::NotMade { why }) => format!("not made: {}", words(why)),
        Some(TryEnd::Over) => "the recovery was over before that was known".to_owned(),
    };
    let percent = |thousandths: u32| format!("{}.{} %", thousandths / 10, thousandths % 10);
    html! { @if !tries.is_nothing() {
        h2 { "Tries" }
        ul {
            @for made in &tries.made { li {
                a href={ "/actions/" (made.action) } { "Try " (made.chosen.number) } ", " (time(made.begun_at))
                (second_card(&made.chosen)) ": " (end(&made.ended))
            } }
            @if let Some(next) = &tries.next { li {
                "Try " (next.number) " comes " (time(next.at)) (second_card(next)) ", by the rule " (words(&next.rule))
                @if let Some(chance) = next.chance {
                    ": it succeeds with " (percent(chance)) ", and this moment was chosen with " (percent(next.likely))
                }
            } }
            @if let Some(why) = &tries.why_none { li { "It is not tried again: " (why) } }
            @for left in &row.tries_left { li { (left.used) " of " (left.of) " used. " (left.rule) } }
        }
        @if let Some(next) = tries.next.as_ref().filter(|next| !next.candidates.is_empty()) {
            p .soft {
                "It could have been "
                @for (place, other) in next.candidates.iter().enumerate() {
                    @if place > 0 { ", " } (time(other.at)) " (" (percent(other.chance)) ")"
                }
                "."
            }
        }
        @if let Some(next) = tries.next.as_ref().filter(|next| !next.reasons.is_empty()) {
            p .soft { "Why then:" }
            ul .soft { @for reason in &next.reasons { li { (reason.words()) } } }
        }
    } }
}

fn second_card(next: &NextTry) -> Markup {
    html! { @if let Some(second) = &next.second { " with the second card, " (second.card) } }
}

fn said(all: &[Said], names: &Names) -> Markup {
    html! { @if !all.is_empty() {
        h2 { "What was said" }
        ul { @for said in all { li {
            (time(said.at)) " " (names.who(&said.by)) ": " (what(&said.word))
            @if !said.note.is_empty() { " – " (said.note) }
        } } }
    } }
}

fn what(word: &Word) -> Markup {
    html! { @match word {
        Word::Pause { until } => { "pause until " (time(*until)) },
        Word::Resume => "go on",
        Word::Stop => "stop",
        Word::Promise { date, amount, .. } => { "the customer promises " (amount) " by " (date) },
        Word::Kept { date, amount } => { "the promise of " (amount) " by " (date) " was kept" },
        Word::Broken { date, amount } => { "the promise of " (amount) " by " (date) " was broken" },
    } }
}

#[cfg(test)]
mod tests;
