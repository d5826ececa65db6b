//! A month's report.

use crate::frame::{Viewer, frame, known, words};
use domain::money::Money;
use domain::report::{Actions, Approval, Cases, Cash, Collected, Decisions, Failures, Month, Refunds, Report, Tickets};
use maud::{Markup, html};

pub fn report(viewer: &Viewer, month: Month, report: &Report) -> String {
    frame(
        &format!("Report {month}"),
        "/reports",
        Some(viewer),
        html! {
            h1 { "Report " (month) }
            p {
                a href={ "/reports/" (month.before()) } { "← " (month.before()) } " · "
                a href={ "/reports/" (month.after()) } { (month.after()) " →" } " · "
                a href={ "/api/reports/" (month) } { "JSON" } " · "
                a href=(report.rows) { "rows behind it" }
            }
            div .two {
                (failures(&report.failures))
                section {
                    (refunds(&report.refunds))
                    (collected(&report.collected))
                }
                (actions(&report.actions))
                (cases(&report.cases))
                (tickets(&report.tickets))
                (cash(&report.cash))
            }
            (decisions(&report.decisions))
            (checks(report))
        },
    )
}

fn failures(failures: &Failures) -> Markup {
    let mean = failures.avg_recovery_hours.as_ref().map(|hours| format!("{hours} h mean"));
    let median = failures.median_recovery_hours.as_ref().map(|hours| format!("{hours} h median"));
    html! {
        section {
            h2 { "Failed payments" }
            (bar(failures.recovered, failures.count, "recovered"))
            dl {
                dt { "Failed" } dd { (failures.count) }
                dt { "Recovered" } dd { (failures.recovered) " (" (percent(failures.recovery_rate.as_deref())) ")" }
                dt { "Withdrawn" } dd { (failures.withdrawn) }
                dt { "Open" } dd { (failures.open) }
                dt { "Recovery time" } dd { (known(mean)) ", " (known(median)) }
            }
            @if !failures.reasons.is_empty() { div .scroll tabindex="0" {
                table aria-label="Reasons of failed payments" {
                    thead { tr {
                        th scope="col" { "Reason" } th .number scope="col" { "Count" }
                        th .number scope="col" { "Share" }
                    } }
                    tbody { @for line in &failures.reasons { tr {
                        td { (name(&line.family)) }
                        td .number { (line.count) }
                        td .number { (percent(line.share.as_deref())) }
                    } } }
                }
            } }
        }
    }
}

fn refunds(refunds: &[Refunds]) -> Markup {
    html! {
        h2 { "Refunds" }
        @if refunds.is_empty() { p .soft { "None was asked for." } }
        @for line in refunds {
            p { b { (line.total) } " in " (line.count) " refunds" }
            table aria-label="Refunds by reason" { tbody { @for by in &line.by_reason { tr {
                td { (name(&by.reason)) }
                td .number { (by.count) }
                td .number { (by.total) }
            } } } }
            (approval(&line.approval))
        }
    }
}

/// Who decided.
fn approval(approval: &Approval) -> Markup {
    html! {
        p .soft {
            "Decided within limit " (approval.within_limit)
            ", by billing specialists " (approval.billing_specialist)
            ", managers " (approval.manager)
            ", VPs " (approval.vp)
            ", denied " (approval.denied) "."
        }
    }
}

fn collected(collected: &[Collected]) -> Markup {
    html! {
        h2 { "Collected" }
        @if collected.is_empty() { p .soft { "No payment came in." } }
        @for line in collected {
            p { b { (line.total) } " in " (line.count) " payments, " (line.given_back) " given back" }
        }
    }
}

fn actions(actions: &Actions) -> Markup {
    let minutes = actions.avg_approval_minutes.as_ref().map(|minutes| format!("{minutes} min"));
    html! {
        section {
            h2 { "Actions" }
            p {
                (actions.total) " asked for, "
                (percent(actions.requiring_approval.as_deref())) " needed an approval, which took "
                (known(minutes)) " on average."
            }
            @if !actions.kinds.is_empty() { div .scroll tabindex="0" { table aria-label="Actions by kind" {
                thead { tr {
                    th scope="col" { "Kind" } th .number scope="col" { "Count" }
                    th .number scope="col" { "Succeeded" } th .number scope="col" { "Rate" }
                } }
                tbody { @for line in &actions.kinds { tr {
                    td { (words(&line.kind)) }
                    td .number { (line.count) }
                    td .number { (line.succeeded) }
                    td .number { (percent(line.success_rate.as_deref())) }
                } } }
            } } }
        }
    }
}

fn cases(cases: &Cases) -> Markup {
    html! {
        section {
            h2 { "Cases" }
            p { (cases.total) " opened, " (cases.resolved) " of them resolved." }
            @if !cases.categories.is_empty() { div .scroll tabindex="0" { table aria-label="Cases by class" {
                thead { tr {
                    th scope="col" { "Class" } th .number scope="col" { "Count" }
                    th .number scope="col" { "Share" } th .number scope="col" { "Hours to resolution" }
                    th .number scope="col" { "Minutes at work" } th .number scope="col" { "Target" }
                    th .number scope="col" { "Within it" }
                } }
                tbody { @for line in &cases.categories { tr {
                    td { (line.class.title()) }
                    td .number { (line.count) }
                    td .number { (percent(line.share.as_deref())) }
                    td .number { (known(line.avg_hours_to_resolution.as_ref())) }
                    td .number { (known(line.avg_handling_minutes.as_ref())) }
                    td .number { @if let Some([least, most]) = line.handling_target { (least) "–" (most) } }
                    td .number { @if line.handling_target.is_some() { (percent(line.within_target.as_deref())) } }
                } } }
            } } }
        }
    }
}

fn tickets(tickets: &Tickets) -> Markup {
    let answered = tickets.avg_first_answer_minutes.as_ref().map(|minutes| format!("{minutes} min"));
    let handled = tickets.avg_resolution_minutes.as_ref().map(|minutes| format!("{minutes} min"));
    html! {
        section {
            h2 { "Tickets" }
            (bar(tickets.resolved_without_escalation, tickets.billing, "resolved without escalation"))
            dl {
                dt { "Opened" }
                dd { (tickets.total) ", " (tickets.billing) " about billing (" (percent(tickets.share.as_deref())) ")" }
                dt { "Escalated" } dd { (tickets.escalated) }
                dt { "Open" } dd { (tickets.open) }
                dt { "First answer" } dd { (known(answered)) " on average" }
                dt { "Time at work" } dd { (known(handled)) " on average" }
                dt { "Satisfaction" } dd { (known(tickets.csat.as_ref())) }
            }
            div .scroll tabindex="0" { table aria-label="Tickets by class" {
                thead { tr {
                    th scope="col" { "Class" } th .number scope="col" { "Count" } th .number scope="col" { "Share" }
                    th .number scope="col" { "Minutes at work" } th .number scope="col" { "By itself" }
                } }
                tbody { @for line in &tickets.categories { tr {
                    td { (line.class.title()) }
                    td .number { (line.count) }
                    td .number { (percent(line.share.as_deref())) }
                    td .number { (known(line.avg_resolution_minutes.as_ref())) }
                    td .number { (percent(line.auto_resolved_share.as_deref())) }
                } } }
            } }
        }
    }
}

fn cash(cash: &Cash) -> Markup {
    let sums = |sums: &[Money]| match sums {
        [] => "–".to_owned(),
        all => all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    html! {
        section {
            h2 { "From tickets to the money" }
            p { (cash.payment_requests) " payment requests; " (cash.resolved_tickets) " tickets ended with the money." }
            dl {
                dt { "Asked for" } dd { (sums(&cash.asked)) }
                dt { "Came in" } dd { (sums(&cash.recovered)) }
                dt { "Too much" } dd { (sums(&cash.over)) }
                dt { "Unmatched" }
                dd {
                    (cash.unmatched.count) " payments, " (cash.unmatched.waiting) " still to be placed: "
                    (sums(&cash.unmatched.waiting_amount))
                }
            }
        }
    }
}

fn decisions(decisions: &Decisions) -> Markup {
    html! {
        section {
            h2 { "Decisions" }
            p { (decisions.unsafe_actions_blocked) " unsafe actions were tried and refused." }
            @if !decisions.blocked.is_empty() {
                ul { @for line in &decisions.blocked { li { (words(&line.why)) ": " (line.count) } } }
            }
        }
    }
}

/// What the report says of itself: whether it adds up, and what it was made of.
fn checks(report: &Report) -> Markup {
    html! {
        section {
            h2 { "Checks" }
            ul { @for check in &report.checks { li {
                span class=(if check.ok { "good" } else { "bad" }) { (if check.ok { "✓ " } else { "✗ " }) }
                (check.name)
            } } }
            p .soft {
                "From " (report.rows_read) " rows, report policy v" (report.policy_version)
                ", months in " (report.timezone) "."
            }
        }
    }
}

/// The part of a whole as a bar, with the numbers in words.
fn bar(part: usize, whole: usize, what: &str) -> Markup {
    let width = (part * 400).checked_div(whole).unwrap_or(0);
    let label = format!("{part} of {whole} {what}");
    html! {
        svg viewBox="0 0 400 40" role="img" aria-label=(label) {
            rect .rest x="0" y="0" width="400" height="16" rx="4" {}
            rect .bar x="0" y="0" width=(width) height="16" rx="4" {}
            text x="0" y="34" { (label) }
        }
    }
}

fn name(value: &impl std::fmt::Debug) -> String {
    let camel = format!("{value:?}");
    let spaced: String = camel
        .chars()
        .flat_map(|c| if c.is_uppercase() { vec![' ', c.to_ascii_lowercase()] } else { vec![c] })
        .collect();
    spaced.trim().to_owned()
}

/// A share such as `0.7800` as people read it.
fn percent(share: Option<&str>) -> String {
    let share: Option<rust_decimal::Decimal> = share.and_then(|share| share.parse().ok());
    share.map_or_else(
        || "–".to_owned(),
        |share| format!("{} %", (share * rust_decimal::Decimal::ONE_HUNDRED).normalize()),
    )
}
