//! Incidents: what many have in common; and the disputes that banks opened.

use crate::filters::Filters;
use crate::frame::{Viewer, frame, known, state, time, words};
use crate::names::{Names, customer};
use domain::case::Disputed;
use domain::incident::{Incident, Pulse, State};
use maud::{Markup, html};

/// How many members a page shows; the API lists them all, page by page.
const MEMBERS: usize = 200;

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
            } }
            @if let Some(next) = next { p { a href=(next) { "More" } } }
        },
    )
}

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
                    @if incident.state == State::Open {
                        p .soft {
                            "Recoveries of its members wait, and their drafts say that it is not about their card."
                        }
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
                th scope="col" { "When" } th scope="col" { "Customer" } th scope="col" { "About" }
                th .number scope="col" { "Amount" } th scope="col" { "Reason" }
            } }
            tbody { @for member in members.iter().take(MEMBERS) { tr {
                td { (time(member.at)) }
                td { (customer(names, &member.account)) }
                td .soft { (member.about) }
                td .number { (known(member.amount)) }
                td { (known(member.signs.family.as_deref().map(words))) }
            } } }
        } }
        @if members.len() > MEMBERS { p .soft { "And " (members.len() - MEMBERS) " more." } }
    }
}

pub fn disputes(viewer: &Viewer, rows: &[Disputed], names: &Names, filters: &Filters, next: Option<&str>) -> String {
    let table = html! {
        div .scroll tabindex="0" { table aria-label="Disputes" {
            thead { tr {
                th scope="col" { "Customer" } th .number scope="col" { "Amount" } th scope="col" { "Reason" }
                th scope="col" { "State" } th scope="col" { "Opened" } th scope="col" { "Evidence due" }
                th scope="col" { "Dispute" }
            } }
            tbody { @for row in rows { tr {
                td { (customer(names, &row.account)) }
                td .number { (known(row.amount)) }
                td { (known(row.reason.as_deref().map(words))) }
                td { @match row.state { Some(name) => (state(name)), None => (known(None::<&str>)) } }
                td { @match row.opened_at { Some(at) => (time(at)), None => (known(None::<&str>)) } }
                td { @match row.evidence_due_at { Some(at) => (time(at)), None => span .soft { "–" } } }
                td {
                    a href={ "/cases/" (row.case) } { @if row.formal == Some(false) { "Inquiry" } @else { "Dispute" } }
                    br; span .soft { (row.id) }
                }
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
