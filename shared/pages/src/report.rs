//! A month's report.

use crate::frame::{Viewer, frame, known, words};
use domain::report::{Month, Report};
use maud::{Markup, html};

pub fn report(viewer: &Viewer, month: Month, report: &Report) -> String {
    let failures = &report.failures;
    frame(
        &format!("Report {month}"),
        "",
        Some(viewer),
        html! {
            h1 { "Report " (month) }
            p { a href={ "/reports/" (month.before()) } { "← " (month.before()) } " · " a href={ "/reports/" (month.after()) } { (month.after()) " →" } " · " a href={ "/api/reports/" (month) } { "JSON" } " · " a href=(report.rows) { "rows behind it" } }
            div .two {
                section {
                    h2 { "Failed payments" }
                    (bar(failures.recovered, failures.count, "recovered"))
                    dl {
                        dt { "Failed" } dd { (failures.count) }
                        dt { "Recovered" } dd { (failures.recovered) " (" (percent(failures.recovery_rate.as_deref())) ")" }
                        dt { "Withdrawn" } dd { (failures.withdrawn) }
                        dt { "Open" } dd { (failures.open) }
                        dt { "Recovery time" } dd { (known(failures.avg_recovery_hours.as_ref().map(|hours| format!("{hours} h mean")))) ", " (known(failures.median_recovery_hours.as_ref().map(|hours| format!("{hours} h median")))) }
                    }
                    @if !failures.reasons.is_empty() { div .scroll { table {
                        thead { tr { th { "Reason" } th .number { "Count" } th .number { "Share" } } }
                        tbody { @for line in &failures.reasons { tr { td { (name(&line.family)) } td .number { (line.count) } td .number { (percent(line.share.as_deref())) } } } }
                    } } }
                }
                section {
                    h2 { "Refunds" }
                    @if report.refunds.is_empty() { p .soft { "None was asked for." } }
                    @for line in &report.refunds {
                        p { b { (line.total) } " in " (line.count) " refunds" }
                        table { tbody { @for by in &line.by_reason { tr { td { (name(&by.reason)) } td .number { (by.count) } td .number { (by.total) } } } } }
                        p .soft { "Decided within limit " (line.approval.within_limit) ", by billing specialists " (line.approval.billing_specialist) ", managers " (line.approval.manager) ", VPs " (line.approval.vp) ", denied " (line.approval.denied) "." }
                    }
                    h2 { "Collected" }
                    @if report.collected.is_empty() { p .soft { "No payment came in." } }
                    @for line in &report.collected { p { b { (line.total) } " in " (line.count) " payments, " (line.given_back) " given back" } }
                }
                section {
                    h2 { "Actions" }
                    p { (report.actions.total) " asked for, " (percent(report.actions.requiring_approval.as_deref())) " needed an approval, which took " (known(report.actions.avg_approval_minutes.as_ref().map(|minutes| format!("{minutes} min")))) " on average." }
                    @if !report.actions.kinds.is_empty() { div .scroll { table {
                        thead { tr { th { "Kind" } th .number { "Count" } th .number { "Succeeded" } th .number { "Rate" } } }
                        tbody { @for line in &report.actions.kinds { tr { td { (words(&line.kind)) } td .number { (line.count) } td .number { (line.succeeded) } td .number { (percent(line.success_rate.as_deref())) } } } }
                    } } }
                }
                section {
                    h2 { "Cases" }
                    p { (report.cases.total) " opened, " (report.cases.resolved) " of them resolved." }
                    @if !report.cases.categories.is_empty() { div .scroll { table {
                        thead { tr { th { "Class" } th .number { "Count" } th .number { "Share" } th .number { "Hours to resolution" } } }
                        tbody { @for line in &report.cases.categories { tr { td { (line.class.title()) } td .number { (line.count) } td .number { (percent(line.share.as_deref())) } td .number { (known(line.avg_hours_to_resolution.as_ref())) } } } }
                    } } }
                }
            }
            section {
                h2 { "Decisions" }
                p { (report.decisions.unsafe_actions_blocked) " unsafe actions were tried and refused." }
                @if !report.decisions.blocked.is_empty() { ul { @for line in &report.decisions.blocked { li { (words(&line.why)) ": " (line.count) } } } }
            }
            section {
                h2 { "Checks" }
                ul { @for check in &report.checks { li { span class=(if check.ok { "good" } else { "bad" }) { (if check.ok { "✓ " } else { "✗ " }) } (check.name) } } }
                p .soft { "From " (report.rows_read) " rows, report policy v" (report.policy_version) ", months in " (report.timezone) "." }
            }
        },
    )
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
