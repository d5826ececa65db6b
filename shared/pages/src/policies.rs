//! The rules as people read them: who may decide what, and every file as it stands.

mod budgets;
mod files;

pub use files::policy;

use crate::frame::{Viewer, frame, words};
use budgets::budgets;
use domain::action::Reason;
use domain::approval::{ApprovalPolicy, Rule};
use domain::decline::Limit;
use domain::import::NetworkRule;
use domain::money::Currency;
use domain::policy::SetupPolicy;
use domain::source::InUse;
use domain::staff::Role;
use maud::{Markup, html};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The roles of the matrix, in its order.
const ROLES: [Role; 5] = [Role::L1, Role::L2, Role::BillingSpecialist, Role::Manager, Role::Vp];

/// The band of what has no edges.
const ANY: &str = "any";

/// `limits` are those of the networks, and `imported` is what the company says of them.
pub fn policies(
    viewer: &Viewer,
    approval: &ApprovalPolicy,
    setup: &SetupPolicy,
    (limits, imported): (&[Limit], &[NetworkRule]),
    sources: &[InUse],
    files: &[(&str, &str)],
) -> String {
    let scales = scales(approval);
    frame(
        "Policies",
        "/policies",
        Some(viewer),
        html! {
            h1 { "Policies" }
            p .soft { "Rules are data. A released version is never edited; a new version stands beside it." }
            section {
                h2 { "Who may decide what" }
                p {
                    (approval.alone.why) " " (approval.alone.daily_why) " "
                    "These are " (daily_totals(approval, &scales)) ", in whatever currencies; other currencies count by "
                    "imported rates of the last " (approval.rate_days) " days, and without one the strictest rule decides."
                }
                div .scroll tabindex="0" { table aria-label="Who approves what" {
                    thead { tr {
                        th scope="col" { "Action" }
                        th scope="col" { "Size" }
                        @for role in ROLES { th scope="col" { (words(role.name())) } }
                        th scope="col" { "Why" }
                    } }
                    tbody { @for rule in &approval.rule { tr {
                        td {
                            (rule.kinds.iter().map(|kind| words(kind)).collect::<Vec<_>>().join(", "))
                            @if let Some(reasons) = &rule.reasons { br; span .soft { "for " (reasons_of(reasons)) } }
                        }
                        td { (bands(rule, &scales)) }
                        @for role in ROLES { td { (cell(rule, role)) } }
                        td .soft { (rule.why) }
                    } } }
                } }
            }
            section {
                h2 { "How long a refund may be asked for" }
                div .scroll tabindex="0" { table aria-label="How long a refund may be asked for" {
                    thead { tr {
                        th scope="col" { "Reason" } th .number scope="col" { "Days" } th scope="col" { "Why" }
                        th scope="col" { "Instead" }
                    } }
                    tbody { @for window in approval.windows() { tr {
                        td { (words(window.reason.name())) }
                        td .number { (window.days) }
                        td { (window.why) }
                        td .soft { (window.alternative) }
                    } } }
                } }
            }
            section {
                h2 { "How a change of who decides, or of what leaves, takes effect" }
                p { "It waits " (setup.proposal.hours) " hours for a second person. " span .soft { (setup.proposal.why) } }
                p {
                    "The recovery of what failed before a source was raised begins up to " (setup.recovery.days_max)
                    " days after. " span .soft { (setup.recovery.why) }
                }
                p {
                    "A source that is raised asks for " (setup.cohort.cases_max) " cases each "
                    (setup.cohort.minutes) " minutes. " span .soft { (setup.cohort.why) }
                }
            }
            (unkept(sources))
            (budgets(limits, imported))
            (files::list(files))
        },
    )
}

/// What the rules of recoveries promise, and a source may not do.
fn unkept(sources: &[InUse]) -> Markup {
    let lacking: Vec<&InUse> = sources.iter().filter(|it| !it.unkept.is_empty()).collect();
    html! { @if !lacking.is_empty() { section {
        h2 { "What recoveries promise in vain" }
        @for InUse { source, unkept, .. } in lacking {
            p { a href="/sources" { (source.provider) "/" (source.source) } }
            ul { @for it in unkept { li { (it) } } }
        }
    } } }
}

fn reasons_of(reasons: &[Reason]) -> String {
    reasons.iter().map(|reason| words(reason.name())).collect::<Vec<_>>().join(", ")
}

/// A currency of the matrix, and what one of it counts for.
type Scale = (Currency, Decimal);

/// The currencies in which the matrix has numbers, by their codes; those with the same numbers stand together.
fn scales(approval: &ApprovalPolicy) -> Vec<(String, Scale)> {
    let mut alike: BTreeMap<Decimal, Vec<Currency>> = BTreeMap::new();
    for (currency, counts_for) in approval.currencies() {
        alike.entry(counts_for).or_default().push(currency);
    }
    let codes = |all: &[Currency]| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    alike.into_iter().map(|(counts_for, all)| (codes(&all), (all[0], counts_for))).collect()
}

fn daily_totals(approval: &ApprovalPolicy, scales: &[(String, Scale)]) -> String {
    let total = |scale: &Scale| ApprovalPolicy::edge_in(approval.alone.daily_total, *scale).amount();
    scales.iter().map(|(codes, scale)| format!("{} {codes}", total(scale))).collect::<Vec<_>>().join(" or ")
}

/// A band in each currency, if it is one of amounts.
fn bands(rule: &Rule, scales: &[(String, Scale)]) -> Markup {
    let told = band(rule);
    html! {
        @if told == ANY || !rule.is_in_money() { (told) } @else {
            @for (codes, scale) in scales { div { span .soft { (codes) } " " (band(&rule.told_in(*scale))) } }
        }
    }
}

fn band(rule: &Rule) -> String {
    let unit = match rule.kinds.first().map(String::as_str) {
        Some("extend_trial" | "extend_grace") => " days",
        Some("discount") => " per cent",
        _ => "",
    };
    let low = rule.over.map(|over| format!("over {over}")).or(rule.from.map(|from| format!("from {from}")));
    let high = rule.up_to.map(|up_to| format!("up to {up_to}")).or(rule.below.map(|below| format!("under {below}")));
    match (low, high) {
        (None, None) => ANY.to_owned(),
        (low, high) => format!("{}{unit}", [low, high].into_iter().flatten().collect::<Vec<_>>().join(", ")),
    }
}

/// Alone, or with whom; readable without the sign.
fn cell(rule: &Rule, role: Role) -> Markup {
    let needed = rule.needed_by(role);
    html! {
        @if needed.is_empty() { span .good { "✓ alone" } } @else {
            "+ " (needed.iter().map(|role| words(role.name())).collect::<Vec<_>>().join(" and "))
        }
    }
}
