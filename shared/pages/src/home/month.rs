//! The month so far, beside the whole of the one before.

use super::Home;
use domain::report::Report;
use maud::{Markup, html};
use std::fmt::Display;

pub(super) fn month(home: &Home<'_>) -> Markup {
    html! {
        @match home.report {
            Some(report) => (figures(home, report)),
            None => div .card {
                "Figures of " (home.month.name())
                b { a href={ "/reports/" (home.month) } { "Report" } }
                span .soft { "too many to add up here" }
            },
        }
    }
}

fn figures(home: &Home<'_>, report: &Report) -> Markup {
    let (month, before) = (home.month.name(), home.before);
    let failures =
        |report: &Report| format!("{} failed, {} recovered", report.failures.count, report.failures.recovered);
    let tickets = |report: &Report| format!("{} tickets, {} escalated", report.tickets.total, report.tickets.escalated);
    html! {
        div .card {
            "Failed in " (month)
            b { a href={ "/reports/" (report.period) } { (report.failures.count) } }
            span .soft { (report.failures.recovered) " recovered" (whole(before.map(failures))) }
        }
        @for line in &report.collected {
            @let earlier = before.and_then(|it| it.collected.iter().find(|other| other.currency == line.currency));
            div .card {
                "Collected in " (month)
                b { (line.total) }
                span .soft { (line.count) " payments" (whole(earlier.map(|it| it.total))) }
            }
        }
        @for line in &report.refunds {
            @let earlier = before.and_then(|it| it.refunds.iter().find(|other| other.currency == line.currency));
            div .card {
                "Refunded in " (month)
                b { (line.total) }
                span .soft { (line.count) " refunds" (whole(earlier.map(|it| it.total))) }
            }
        }
        @if report.tickets.total > 0 { div .card {
            "Tickets in " (month)
            b { a href={ "/reports/" (report.period) } { (report.tickets.total) } }
            span .soft { (report.tickets.escalated) " escalated" (whole(before.map(tickets))) }
        } }
    }
}

/// What it came to in the whole of the month before.
fn whole(before: Option<impl Display>) -> String {
    before.map(|it| format!("; all of the month before: {it}")).unwrap_or_default()
}
