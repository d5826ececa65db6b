//! The overview: what waits for whom.

use crate::frame::{Viewer, frame, state, time, words};
use domain::action::Action;
use domain::case::Case;
use domain::dunning::Plan;
use domain::incident::Incident;
use domain::report::{Month, Report};
use maud::{Markup, html};

/// What the overview shows.
pub struct Home<'a> {
    pub waiting: &'a [Action],
    pub cases: &'a [Case],
    pub plans: &'a [Plan],
    pub incidents: &'a [Incident],
    /// What waits for the viewer's word about the staff, in one line each.
    pub proposals: &'a [String],
    pub month: Month,
    /// None where the month has more rows than can be added up for a glance.
    pub report: Option<&'a Report>,
}

pub fn home(viewer: &Viewer, home: &Home<'_>) -> String {
    frame(
        "Overview",
        "/",
        Some(viewer),
        html! {
            h1 { "Overview" }
            @for incident in home.incidents { section .notice role="status" {
                p {
                    a href={ "/incidents/" (incident.id) } { "Incident: " (incident.title()) }
                    ", " (incident.accounts) " customers since " (time(incident.began_at))
                    ". Owner: " (incident.owner)
                }
            } }
            @for proposal in home.proposals { section .notice role="status" {
                p { a href="/staff" { (proposal) ": confirm or refuse" } }
            } }
            div .grid {
                div .card { "Waiting for approval" b { a href="/approvals" { (home.waiting.len()) } } }
                div .card {
                    "Open cases"
                    b { a href="/cases?state=open" { (home.cases.len()) @if home.cases.len() >= 100 { "+" } } }
                }
                div .card {
                    "Invoices in recovery"
                    b { a href="/dunning" { (home.plans.len()) @if home.plans.len() >= 100 { "+" } } }
                }
                @if let Some(report) = home.report {
                    (figures(report))
                } @else {
                    div .card {
                        "Figures of " (home.month)
                        b { a href={ "/reports/" (home.month) } { "Report" } }
                        span .soft { "too many to add up here" }
                    }
                }
            }
            div .two {
                section {
                    h2 { "Waiting for approval" }
                    @if home.waiting.is_empty() { p .soft { "Nothing waits for a decision." } }
                    @for action in home.waiting.iter().take(8) {
                        p {
                            a href={ "/actions/" (action.id) } { (action.preview.summary) } br;
                            span .soft { "since " (time(action.requested_at)) ", needs " (needs(action)) }
                        }
                    }
                }
                section {
                    h2 { "Recoveries that come next" }
                    @if home.plans.is_empty() { p .soft { "No invoice is being recovered." } }
                    @for plan in home.plans.iter().take(8) {
                        p {
                            a href={ "/accounts/" (plan.account) } { "Invoice " (plan.invoice) } br;
                            span .soft {
                                (words(&plan.segment))
                                @if let Some(at) = plan.next_wake() { " · " (time(at)) }
                            }
                        }
                    }
                }
                section {
                    h2 { "Newest cases" }
                    @if home.cases.is_empty() { p .soft { "No case is open." } }
                    @for case in home.cases.iter().take(8) {
                        p {
                            a href={ "/cases/" (case.id) } { (case.class.title()) " " (case.about) } " "
                            (state(case.state.name())) br;
                            span .soft { (time(case.opened_at)) " · " (case.advice) }
                        }
                    }
                }
            }
        },
    )
}

fn figures(report: &Report) -> Markup {
    html! {
        div .card {
            "Failed in " (report.period)
            b { a href={ "/reports/" (report.period) } { (report.failures.count) } }
            span .soft { (report.failures.recovered) " recovered" }
        }
        @for line in &report.collected {
            div .card {
                "Collected in " (report.period)
                b { (line.total) }
                span .soft { (line.count) " payments" }
            }
        }
    }
}

fn needs(action: &Action) -> String {
    action.required.iter().map(|role| words(role.name())).collect::<Vec<_>>().join(" and ")
}
