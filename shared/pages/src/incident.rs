//! Incidents: what many have in common; and the disputes that banks opened.

use crate::filters::Filters;
use crate::frame::{Viewer, frame, known, state, time, words};
use crate::names::{Names, customer};
use domain::case::Disputed;
use domain::incident::{Incident, Pulse, State};
use maud::{Markup, html};

/// How many members a page shows; the API lists them all, page by page.
pub const MEMBERS: usize = 200;

fn amounts(incident: &Incident) -> String {
    incident.amounts.iter().map(|(currency, amount)| format!("{amount} {currency}")).collect::<Vec<_>>().join(", ")
}

pub fn incidents(viewer: &Viewer, rows: &[Incident], filters: &Filters, next: Option<&str>) -> String {
    frame(
        "Incidents",
        "/incidents",
        Some(viewer),
        html! {
            h1 { "Incidents" }
            p .soft { "One trouble that many customers have. While it lasts nobody is told that their card failed." }
            (filters.form(viewer))
            @if rows.is_empty() {
                section { (filters.empty(&html! { "Nothing unusual has been found. Whoever it concerns is told when something is." })) }
            }
            @for incident in rows { section {
                h2 { a href={ "/incidents/" (incident.id) } { (incident.title()) } " " (state(incident.state.name())) }
                p {
                    (incident.accounts) " customers, " (amounts(incident)) ", since " (time(incident.began_at))
                    @if let Some(at) = incident.ended_at { " until " (time(at)) }
                }
                p .soft { "Likely cause: " (words(&incident.cause)) " · Owner: " (incident.owner) }
                p { (what_next(incident)) }
            } }
            @if let Some(next) = next { p { a href=(next) { "More" } } }
        },
    )
}

/// What is done about it, and by whom.
fn what_next(incident: &Incident) -> Markup {
    html! {
        @match incident.state {
            State::Open => {
                "Next: " (incident.owner) " finds the cause. Recoveries of its customers wait until it is over."
                @if let Some(task) = &incident.task { " " a href={ "/tasks/" (task) } { "The task" } }
            }
            State::Over => span .soft { "It is over: recoveries of its customers go on." },
        }
    }
}

/// `names` are those of the customers of the members that are shown.
pub fn incident(viewer: &Viewer, incident: &Incident, members: &[Pulse], names: &Names) -> String {
    frame(
        &incident.title(),
        "/incidents",
        Some(viewer),
        html! {
            h1 { (incident.title()) " " (state(incident.state.name())) }
            div .two {
                section {
                    h2 { "What was found" }
                    dl {
                        dt { "Since" } dd { (time(incident.began_at)) ", found " (time(incident.found_at)) }
                        @if let Some(at) = incident.ended_at {
                            dt { "Over" } dd {
                                (time(at))
                                @if incident.became_usual { ": not mended, and usual by now" }
                            }
                        }
                        dt { "Members" } dd {
                            (incident.members) " of " (incident.accounts) " customers, " (amounts(incident))
                        }
                        dt { "When it was found" } dd {
                            (incident.seen.troubles)
                            @if let Some(tries) = incident.seen.tries { " of " (tries) " tries" }
                            " within " (incident.seen.window_minutes) " minutes; "
                            (incident.seen.expected) " were to be expected"
                        }
                        dt { "By chance" } dd { (incident.chance()) }
                    }
                }
                section {
                    h2 { "Likely cause" }
                    p { (words(&incident.cause)) ": " (incident.why) }
                    dl {
                        dt { "Owner" } dd { (incident.owner) }
                        @if let Some(release) = &incident.release { dt { "Went live before" } dd { (release) } }
                        dt { "Rule" } dd { (incident.rule) ", incidents v" (incident.policy_version) }
                    }
                    p { (what_next(incident)) }
                    @if incident.state == State::Open {
                        p .soft { "Drafts to its customers say that it is not about their card." }
                    }
                }
            }
            section { h2 { "Members" } (table(members, names)) }
        },
    )
}

fn table(members: &[Pulse], names: &Names) -> Markup {
    html! {
        div .scroll tabindex="0" { table aria-label="Members" {
            thead { tr {
                th scope="col" { "Customer" } th .number scope="col" { "Amount" } th scope="col" { "Reason" }
                th scope="col" { "When" } th scope="col" { "About" }
            } }
            tbody { @for member in members.iter().take(MEMBERS) { tr {
                td { (customer(names, &member.account)) }
                td .number { (known(member.amount)) }
                td { (known(member.signs.family.as_deref().map(words))) }
                td { (time(member.at)) }
                td .soft { (member.about) }
            } } }
        } }
        @if members.len() > MEMBERS { p .soft { "And " (members.len() - MEMBERS) " more." } }
    }
}

/// `names` are those of the customers whose payments they are about.
pub fn disputes(viewer: &Viewer, rows: &[Disputed], names: &Names, filters: &Filters, next: Option<&str>) -> String {
    let table = html! {
        div .scroll tabindex="0" { table aria-label="Disputes" {
            thead { tr {
                th scope="col" { "Customer" } th .number scope="col" { "Amount" } th scope="col" { "Reason" }
                th scope="col" { "State" } th scope="col" { "What comes next" } th scope="col" { "Opened" }
                th scope="col" { "Dispute" }
            } }
            tbody { @for row in rows { tr {
                td { (customer(names, &row.account)) }
                td .number { (known(row.amount)) }
                td { (known(row.reason.as_deref().map(words))) @if row.formal == Some(false) { " (inquiry)" } }
                td { @match row.state { Some(name) => (state(name)), None => (known(None::<&str>)) } }
                td { (answer_to(row)) }
                td { @match row.opened_at { Some(at) => (time(at)), None => (known(None::<&str>)) } }
                td { a href={ "/cases/" (row.case) } { "The case" } " " span .soft { (row.id) } }
            } } }
        } }
    };
    frame(
        "Disputes",
        "/disputes",
        Some(viewer),
        html! {
            h1 { "Disputes" }
            (filters.form(viewer))
            section {
                @if !rows.is_empty() {
                    (table)
                } @else if next.is_some() {
                    p .soft { "None among those that were looked at. " a href=[next] { "Look further" } }
                } @else {
                    (filters.empty(&html! { "No bank has disputed a payment." }))
                }
            }
            @if let Some(next) = next { p { a href=(next) { "More" } } }
        },
    )
}

/// What a bank waits for, or how it has decided.
fn answer_to(row: &Disputed) -> Markup {
    html! {
        @match (row.resolved_at, row.evidence_due_at) {
            (Some(at), _) => {
                "decided " (time(at)) @if let Some(days) = row.days_to_resolution { ", after " (days) " days" }
            }
            (None, Some(at)) => { "evidence by " (time(at)) }
            (None, None) => "the bank decides",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::{AccountId, CaseId};
    use domain::money::{Currency, Money};
    use domain::staff::Role;

    #[test]
    fn a_dispute_says_whose_it_is_how_much_why_and_what_comes_next() {
        let account = AccountId::of("stripe", "default", "cus_1");
        let claim = Disputed {
            id: "dp_1".to_owned(),
            case: CaseId::of(&account, "chargeback", "dp_1"),
            payment: "ch_1".to_owned(),
            amount: Some(Money::from_minor(3_800, Currency::USD)),
            reason: Some("product_not_received".to_owned()),
            state: Some("needs_response"),
            formal: Some(true),
            opened_at: None,
            evidence_due_at: Some("2026-03-08T09:00:00Z".parse().unwrap()),
            resolved_at: None,
            days_to_resolution: None,
            account: account.clone(),
        };
        let decided = Disputed {
            resolved_at: Some("2026-03-06T09:00:00Z".parse().unwrap()),
            days_to_resolution: Some(4),
            ..claim.clone()
        };
        let viewer = Viewer { id: "bea".into(), name: "Bea".into(), role: Role::Manager, csrf: None, local: false };
        let name = domain::book::Called::Name("Ada & <Co>".to_owned());
        let names: Names = [(account, name)].into_iter().collect();
        let page = disputes(&viewer, &[claim, decided], &names, &Filters::default(), None);
        for part in [
            ">Ada &amp; &lt;Co&gt;</a>",
            "38.00 USD",
            "product not received",
            "evidence by <time datetime=\"2026-03-08T09:00:00Z\">",
            "decided <time datetime=\"2026-03-06T09:00:00Z\">",
            "after 4 days",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
    }
}
