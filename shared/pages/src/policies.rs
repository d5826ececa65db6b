//! The rules as people read them: who may decide what, and every file as it stands.

use crate::frame::{Viewer, frame, words};
use domain::action::Reason;
use domain::approval::{ApprovalPolicy, Rule};
use domain::staff::Role;
use maud::{Markup, html};

/// The roles of the matrix, in its order.
const ROLES: [Role; 5] = [Role::L1, Role::L2, Role::BillingSpecialist, Role::Manager, Role::Vp];

pub fn policies(viewer: &Viewer, approval: &ApprovalPolicy, files: &[(&str, &str)]) -> String {
    frame(
        "Policies",
        "/policies",
        Some(viewer),
        html! {
            h1 { "Policies" }
            p .soft { "Rules are data. A released version is never edited; a new version stands beside it." }
            section {
                h2 { "Who may decide what" }
                p { "Amounts in " (approval.currency) ". " (approval.alone.why) " " (approval.alone.daily_why) }
                div .scroll { table {
                    thead { tr {
                        th { "Action" }
                        th { "Size" }
                        @for role in ROLES { th { (words(role.name())) } }
                        th { "Why" }
                    } }
                    tbody { @for rule in &approval.rule { tr {
                        td {
                            (rule.kinds.iter().map(|kind| words(kind)).collect::<Vec<_>>().join(", "))
                            @if let Some(reasons) = &rule.reasons { br; span .soft { "for " (reasons_of(reasons)) } }
                        }
                        td { (band(rule)) }
                        @for role in ROLES { td { (cell(rule, role)) } }
                        td .soft { (rule.why) }
                    } } }
                } }
            }
            section {
                h2 { "How long a refund may be asked for" }
                div .scroll { table {
                    thead { tr { th { "Reason" } th .number { "Days" } th { "Why" } th { "Instead" } } }
                    tbody { @for window in approval.windows() { tr {
                        td { (words(window.reason.name())) }
                        td .number { (window.days) }
                        td { (window.why) }
                        td .soft { (window.alternative) }
                    } } }
                } }
            }
            @for (name, text) in files { section { details { summary { (name) } pre { code { (text) } } } } }
        },
    )
}

fn reasons_of(reasons: &[Reason]) -> String {
    reasons.iter().map(|reason| words(reason.name())).collect::<Vec<_>>().join(", ")
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
        (None, None) => "any".to_owned(),
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
