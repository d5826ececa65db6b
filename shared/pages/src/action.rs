//! An action: the exact preview, the decision, and the receipt.

use crate::frame::{Viewer, frame, known, state, time, words};
use domain::action::{Action, Outcome, State};
use domain::approval::missing;
use domain::ledger::Entry;
use maud::{Markup, html};

pub fn action(viewer: &Viewer, action: &Action, receipt: &[Entry], notice: Option<&str>) -> String {
    frame(
        "Action",
        "/actions",
        Some(viewer),
        html! {
            h1 { (action.preview.summary) " " (state(action.state.name())) }
            @if let Some(notice) = notice { section .notice role="alert" { p { (notice) } } }
            div .two { (preview(action)) (facts(action)) }
            @if action.state == State::WaitingApproval { (decision(viewer, action)) }
            section {
                h2 { "Receipt" }
                @if receipt.is_empty() { p .soft { "Nothing has been entered yet." } } @else {
                    div .scroll { table {
                        thead { tr { th { "No." } th { "When" } th { "What" } th { "Who" } th { "Details" } th { "Hash" } } }
                        tbody { @for entry in receipt { tr {
                            td { (entry.number) }
                            td { (time(entry.at)) }
                            td { (words(&format!("{:?}", entry.step).to_lowercase())) }
                            td { (entry.by) }
                            td { @for (name, value) in &entry.body { @if name != "preview" { (words(name)) ": " (value) br; } } }
                            td .soft { code { (entry.hash[..12]) "…" } }
                        } } }
                    } }
                }
            }
        },
    )
}

pub(crate) fn preview(action: &Action) -> Markup {
    html! {
        section {
            h2 { "Preview" }
            div .scroll { table {
                thead { tr { th { "" } th .number { "Before" } th .number { "After" } } }
                tbody { @for line in &action.preview.lines { tr { td { (line.label) } td .number { (known(line.before.as_ref())) } td .number { (known(line.after.as_ref())) } } } }
            } }
            p .soft { "Rule " (action.preview.clause.rule) ", approval v" (action.preview.clause.policy_version) ": " (action.preview.clause.why) }
        }
    }
}

fn facts(action: &Action) -> Markup {
    html! {
        section {
            h2 { "Request" }
            dl {
                dt { "Reason" } dd { (words(action.reason_code.name())) }
                dt { "Note" } dd { (action.note) }
                dt { "Asked by" } dd { (action.requested_by) ", " (time(action.requested_at)) }
                dt { "Account" } dd { a href={ "/accounts/" (action.account) } { (action.account) } }
                @if let Some(case) = &action.case { dt { "Case" } dd { a href={ "/cases/" (case) } { "Look at the evidence" } } }
                @for vote in &action.votes { dt { (words(&format!("{:?}", vote.decision).to_lowercase())) } dd { (vote.by) " (" (words(vote.role.name())) "), " (time(vote.at)) @if vote.within_limit { ", within their own limit" } @if !vote.note.is_empty() { ": " (vote.note) } } }
                @match &action.outcome {
                    Some(Outcome::Done { reference, status, .. }) => { dt { "Provider" } dd { (reference) ", " (status) } },
                    Some(Outcome::Refused { code, message }) => { dt { "Refused" } dd { (code) ": " (message) } },
                    Some(Outcome::NeedsPerson { instead }) => { dt { "By hand" } dd { (instead) } },
                    None => {},
                }
                dt { "Confirmed" } dd { @match action.confirmed_at { Some(at) => (time(at)), None => span .soft { "not yet" } } }
            }
        }
    }
}

fn decision(viewer: &Viewer, action: &Action) -> Markup {
    let open = missing(&action.required, &action.votes);
    let may = open.iter().any(|needed| viewer.role.stands_for(*needed));
    let needs = open.iter().map(|role| words(role.name())).collect::<Vec<_>>().join(" and ");
    html! {
        section .notice {
            h2 { "Decision" }
            @match (&viewer.csrf, may) {
                (Some(csrf), true) => form method="post" action={ "/actions/" (action.id) "/decision" } {
                    input type="hidden" name="csrf" value=(csrf);
                    input type="hidden" name="preview_digest" value=(action.preview.digest);
                    label for="note" { "Note (optional)" }
                    input id="note" name="note" maxlength="500";
                    button type="submit" name="decision" value="approve" { "Approve: " (action.preview.summary) }
                    button .plain type="submit" name="decision" value="deny" { "Deny" }
                },
                _ => p { "This needs the approval of " (needs) "." },
            }
            p .soft { "Open until " (time(action.expires_at)) "." }
        }
    }
}
