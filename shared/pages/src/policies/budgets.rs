//! How often may a payment be tried again? What the networks allow, and what the company itself says of them.

use crate::frame::words;
use domain::decline::{Limit, Of, Whose};
use domain::import::{NetworkRule, Says};
use jiff::civil::Date;
use maud::{Markup, html};

pub fn budgets(limits: &[Limit], imported: &[NetworkRule]) -> Markup {
    html! {
        section {
            h2 { "How often a payment may be tried again" }
            p {
                "The provider's own tries count. What was imported counts beside what is shipped, on its days, and the "
                "stricter of both decides. What is never tried again has no budget."
            }
            div .scroll tabindex="0" { table aria-label="How often a payment may be tried again" {
                thead { tr {
                    th scope="col" { "Network" }
                    th .number scope="col" { "Tries" }
                    th .number scope="col" { "Days" }
                    th scope="col" { "What counts" }
                    th scope="col" { "Holds" }
                    th scope="col" { "Why" }
                } }
                tbody {
                    @for limit in limits { tr {
                        td { (words(&limit.network)) @if let Some(category) = limit.category { ", category " (category) } }
                        td .number { (limit.tries_max) }
                        td .number { (limit.days) }
                        td { (counts(limit)) }
                        td { (holds(limit.from, limit.until)) }
                        td .soft { (limit.why.get_ref()) }
                    } }
                    @for rule in imported { (row(rule)) }
                }
            } }
        }
    }
}

fn row(rule: &NetworkRule) -> Markup {
    let category = html! { @if let Some(category) = rule.category { ", category " (category) } };
    html! {
        tr {
            @match &rule.says {
                Says::Limit { network, tries_max, days } => {
                    td { (words(network)) (category) }
                    td .number { (tries_max) }
                    td .number { (days) }
                    td { "as the network counts" }
                }
                Says::Meaning { table, code, family } => {
                    td { (table) " " (code) (category) }
                    td .number {}
                    td .number {}
                    td { "means " (family) }
                }
            }
            td { (holds(Some(rule.from), rule.until)) }
            td .soft { "Imported. " (rule.why) }
        }
    }
}

fn counts(limit: &Limit) -> String {
    let what = match (limit.of, limit.again) {
        (Of::Debit, _) => "of one debit again, after it was first presented",
        (Of::Card, true) => "of one card, but for the first of each debt",
        (Of::Card, false) => "of one card",
    };
    let whose = if limit.by == Whose::Merchant { ", without the customer" } else { "" };
    let gap = limit.gap_hours.map(|hours| format!(", {hours} hours apart")).unwrap_or_default();
    format!("{what}{whose}{gap}")
}

fn holds(from: Option<Date>, until: Option<Date>) -> String {
    match (from, until) {
        (None, None) => "always".to_owned(),
        (Some(from), None) => format!("from {from}"),
        (None, Some(until)) => format!("until {until}"),
        (Some(from), Some(until)) => format!("{from} to {until}"),
    }
}
