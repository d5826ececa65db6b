//! A month's report.

use crate::frame::{Viewer, frame, known, words};
use domain::money::Money;
use domain::report::{Actions, Approval, Cases, Cash, Collected, Decisions, Failures, Month, Refunds, Report, Tickets};
use maud::{Markup, html};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

pub fn report(viewer: &Viewer, month: Month, report: &Report) -> String {
    frame(
        &format!("Report, {}", month.title()),
        "/reports",
        Some(viewer),
        html! {
            h1 { "Report, " (month.title()) }
            nav aria-label="Months" {
                a href={ "/reports/" (month.before()) } { "← " (month.before().title()) }
                a href={ "/reports/" (month.after()) } { (month.after().title()) " →" }
                a href={ "/api/reports/" (month) } { "JSON" }
                a href=(report.rows) { "Rows behind it" }
            }
            div .two {
                (block("Failed payments", month, &failures(&report.failures)))
                (block("Refunds", month, &refunds(&report.refunds)))
                (block("Collected", month, &collected(&report.collected)))
                (block("Actions", month, &actions(&report.actions)))
                (block("Cases", month, &cases(&report.cases)))
                (block("Tickets", month, &tickets(&report.tickets)))
                (block("From tickets to the money", month, &cash(&report.cash)))
            }
            (block("Decisions", month, &decisions(&report.decisions)))
            (block("Checks", month, &checks(report)))
        },
    )
}

/// A part of the report under its heading, which says the month again for whoever reads it on paper.
fn block(name: &str, month: Month, inside: &Markup) -> Markup {
    html! { section { h2 { (name) ", " (month.title()) } (inside) } }
}

fn failures(failures: &Failures) -> Markup {
    let mean = took(failures.avg_recovery_hours.as_deref(), HOUR);
    let median = took(failures.median_recovery_hours.as_deref(), HOUR);
    html! {
        (bar(failures.recovered, failures.count, "recovered"))
        dl {
            dt { "Failed" } dd { (failures.count) }
            dt { "Recovered" } dd { (failures.recovered) " (" (percent(failures.recovery_rate.as_deref())) ")" }
            dt { "Withdrawn" } dd { (failures.withdrawn) }
            dt { "Open" } dd { (failures.open) }
            dt { "Recovery time" } dd { @match (mean, median) {
                (Some(mean), Some(median)) => { (mean) " on average, half of them within " (median) }
                (mean, _) => (known(mean)),
            } }
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

fn refunds(refunds: &[Refunds]) -> Markup {
    html! {
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
        @if collected.is_empty() { p .soft { "No payment came in." } }
        @for line in collected {
            p { b { (line.total) } " in " (line.count) " payments, " (line.given_back) " given back" }
        }
    }
}

fn actions(actions: &Actions) -> Markup {
    let minutes = took(actions.avg_approval_minutes.as_deref(), 1);
    html! {
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

fn cases(cases: &Cases) -> Markup {
    html! {
        p { (cases.total) " opened, " (cases.resolved) " of them resolved." }
        @if !cases.categories.is_empty() { div .scroll tabindex="0" { table aria-label="Cases by class" {
            thead { tr {
                th scope="col" { "Class" } th .number scope="col" { "Count" }
                th .number scope="col" { "Share" } th .number scope="col" { "To resolution" }
                th .number scope="col" { "Minutes at work" } th .number scope="col" { "Target" }
                th .number scope="col" { "Within it" }
            } }
            tbody { @for line in &cases.categories { tr {
                td { (line.class.title()) }
                td .number { (line.count) }
                td .number { (percent(line.share.as_deref())) }
                td .number { (known(took(line.avg_hours_to_resolution.as_deref(), HOUR))) }
                td .number { (known(line.avg_handling_minutes.as_ref())) }
                td .number { @if let Some([least, most]) = line.handling_target { (least) "–" (most) } }
                td .number { @if line.handling_target.is_some() { (percent(line.within_target.as_deref())) } }
            } } }
        } } }
    }
}

fn tickets(tickets: &Tickets) -> Markup {
    let answered = took(tickets.avg_first_answer_minutes.as_deref(), 1);
    let handled = took(tickets.avg_resolution_minutes.as_deref(), 1);
    html! {
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

fn cash(cash: &Cash) -> Markup {
    let sums = |sums: &[Money]| match sums {
        [] => "–".to_owned(),
        all => all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    html! {
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

fn decisions(decisions: &Decisions) -> Markup {
    html! {
        p { (decisions.unsafe_actions_blocked) " unsafe actions were tried and refused." }
        @if !decisions.blocked.is_empty() {
            ul { @for line in &decisions.blocked { li { (words(&line.why)) ": " (line.count) } } }
        }
    }
}

/// What the report says of itself: whether it adds up, and what it was made of.
fn checks(report: &Report) -> Markup {
    html! {
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

/// How many minutes an hour has.
const HOUR: u32 = 60;

/// How long something took, as people say it: figures are told in minutes, or in units of so many of them.
fn took(figure: Option<&str>, unit: u32) -> Option<String> {
    let minutes = figure?.parse::<Decimal>().ok()? * Decimal::from(unit);
    let of = |unit: u32| (minutes / Decimal::from(unit)).round_dp(1).normalize();
    Some(match minutes.trunc().to_i64()? {
        ..120 => format!("{} min", of(1)),
        120..2_880 => format!("{} h", of(HOUR)),
        _ => format!("{} days", of(24 * HOUR)),
    })
}

/// A share such as `0.7800` as people read it.
fn percent(share: Option<&str>) -> String {
    let share: Option<Decimal> = share.and_then(|share| share.parse().ok());
    share.map_or_else(|| "–".to_owned(), |share| format!("{} %", (share * Decimal::ONE_HUNDRED).normalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_something_took_is_said_in_one_unit() {
        for (figure, unit, expected) in [
            (None, 1, None),
            (Some("0.0"), 1, Some("0 min")),
            (Some("12.5"), 1, Some("12.5 min")),
            (Some("119.9"), 1, Some("119.9 min")),
            (Some("120.0"), 1, Some("2 h")),
            (Some("1.5"), HOUR, Some("90 min")),
            (Some("47.9"), HOUR, Some("47.9 h")),
            (Some("48.0"), HOUR, Some("2 days")),
            (Some("100.0"), HOUR, Some("4.2 days")),
        ] {
            assert_eq!(took(figure, unit).as_deref(), expected, "{figure:?}");
        }
    }

    #[test]
    fn a_block_has_its_heading_with_the_month() {
        let shown = block("Refunds", Month::parse("2026-03").unwrap(), &html! { p { "x" } }).into_string();
        assert_eq!(shown, "<section><h2>Refunds, March 2026</h2><p>x</p></section>");
    }
}
