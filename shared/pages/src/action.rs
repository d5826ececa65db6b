//! An action: the exact preview, the decision, and the receipt.

mod next;

pub(crate) use next::{ballot, weighed, what_was_done};

use crate::ask::offer;
use crate::decision::{Beside, rests_on};
use crate::frame::{Viewer, frame, known, spoken, state, time, words};
use crate::names::small;
use domain::action::{Action, Outcome, State};
use domain::approval::Deciding;
use domain::ledger::Entry;
use jiff::Timestamp;
use maud::{Markup, html};

/// Everything that the page of an action shows.
pub struct ActionShown<'a> {
    pub action: &'a Action,
    pub beside: &'a Beside,
    /// Those of a bundle, once it is approved.
    pub members: &'a [Action],
    pub deciding: &'a Deciding,
    /// What was entered of it, and whether there may be more.
    pub receipt: (&'a [Entry], bool),
    /// Why it cannot be done any more as it was shown, though nobody has decided yet.
    pub overtaken: Option<&'a str>,
    /// The page is looked at again by itself.
    pub looks_again: bool,
    /// What came of a button.
    pub notice: Option<&'a str>,
}

pub fn action(viewer: &Viewer, shown: &ActionShown<'_>) -> String {
    let ActionShown { action, beside, members, receipt: (receipt, has_more), .. } = *shown;
    let sentence = beside.sentence(action);
    frame(
        "Action",
        "/actions",
        Some(viewer),
        html! {
            h1 { (sentence) " " (state(action.state().name())) }
            @if let Some(notice) = shown.notice { section .notice role="alert" { p { (notice) } } }
            div #now tabindex="-1" {
                (next::next(viewer, shown, &sentence))
                @if shown.looks_again { p .soft role="status" { "This page looks again by itself, for a minute." } }
            }
            @if action.state() == State::WaitingApproval { (rests_on(action, beside)) }
            @if matches!(action.state(), State::Previewed | State::WaitingApproval | State::Approved) {
                (offer(action))
            }
            div .two { (preview(action)) (facts(action, beside)) }
            @if !members.is_empty() { section {
                h2 { "Its parts, in their order" }
                ol { @for member in members { li {
                    a href={ "/actions/" (member.id) } { (beside.sentence(member)) } " "
                    (state(member.state().name()))
                } } }
            } }
            section {
                h2 { "Receipt" }
                @if receipt.is_empty() { p .soft { "Nothing has been entered yet." } } @else {
                    div .scroll tabindex="0" { table aria-label="Receipt" {
                        thead { tr {
                            th scope="col" { "No." } th scope="col" { "When" } th scope="col" { "What" }
                            th scope="col" { "Who" } th scope="col" { "Details" } th scope="col" { "Hash" }
                        } }
                        tbody { @for entry in receipt { tr {
                            td { (entry.number) }
                            td { (time(entry.at)) }
                            td { (words(&format!("{:?}", entry.step).to_lowercase())) }
                            td { (beside.names.who(&entry.by)) }
                            td { @for (name, value) in &entry.body {
                                @if name != "preview" && !value.is_empty() { (words(name)) ": " (value_of(value)) br; }
                            } }
                            td .soft { code { (entry.hash[..12]) "…" } }
                        } } }
                    } }
                }
                @if has_more {
                    p .soft { "Very much happened on this account since; later entries stand in its ledger." }
                }
            }
        },
    )
}

/// What an entry says of something: a moment as all moments are shown.
fn value_of(value: &str) -> Markup {
    html! { @match value.parse::<Timestamp>() { Ok(at) => (time(at)), Err(_) => (spoken(value)) } }
}

pub(crate) fn preview(action: &Action) -> Markup {
    html! {
        section {
            h2 { "Preview" }
            @for notice in &action.preview.notices { p .notice { (notice) } }
            div .scroll tabindex="0" { table aria-label="What it would change" {
                thead { tr {
                    th scope="col" { "What" } th .number scope="col" { "Before" }
                    th .number scope="col" { "After" }
                } }
                tbody { @for line in &action.preview.lines { tr {
                    td { (line.label) }
                    td .number { (known(line.before.as_ref())) }
                    td .number { (known(line.after.as_ref())) }
                } } }
            } }
            p .soft {
                "Rule " (action.preview.clause.rule) ", approval v" (action.preview.clause.policy_version) ": "
                (action.preview.clause.why)
            }
        }
    }
}

fn facts(action: &Action, beside: &Beside) -> Markup {
    html! {
        section {
            h2 { "Request" }
            dl {
                dt { "Customer" } dd { a href={ "/accounts/" (action.account) } { (beside.called) } }
                dt { "Reason" } dd { (words(action.reason_code.name())) }
                dt { "Note" } dd { (action.note) }
                dt { "Asked by" } dd { (beside.asker(action)) ", " (time(action.requested_at)) }
                @if !action.preview.about.is_empty() { dt { "About" } dd { (action.preview.about) } }
                @if let Some(bundle) = &action.bundle {
                    dt { "Part of" } dd { a href={ "/actions/" (bundle) } { "a bundle" } }
                }
                @if let Some(case) = &action.case {
                    dt { "Case" } dd { a href={ "/cases/" (case) } { "Look at the evidence" } }
                }
                @if let Some(invoice) = &action.recovery {
                    dt { "Recovery" } dd {
                        a href={ "/accounts/" (action.account) } { "Look at what was done to collect invoice " (invoice) }
                    }
                }
                @if let Some(rule) = action.by_rule() {
                    dt { "Approved" } dd { "by the rule " (words(&rule.rule)) " of dunning v" (rule.policy_version) }
                }
                @for vote in action.votes() {
                    dt { (words(&format!("{:?}", vote.decision).to_lowercase())) }
                    dd {
                        (beside.names.who(&vote.by)) " (" (words(vote.role.name()))
                        @if let Some(away) = &vote.in_place_of { ", in the place of " (beside.names.who(away)) }
                        "), " (time(vote.at))
                        @if vote.within_limit { ", within their own limit" }
                        @if !vote.note.is_empty() { ": " (vote.note) }
                    }
                }
                @match &action.outcome() {
                    Some(Outcome::Done { reference, status, .. }) => {
                        dt { "Provider" } dd { (reference) ", " (status) }
                    },
                    Some(Outcome::Refused { code, message }) => { dt { "Refused" } dd { (code) ": " (message) } },
                    Some(Outcome::NeedsPerson { instead }) => { dt { "By hand" } dd { (instead) } },
                    None => {},
                }
                dt { "Confirmed" } dd {
                    @match action.confirmed_at() {
                        Some(at) => {
                            (time(at))
                            @if let Some(by) = action.found_by() { ", as " (beside.names.who(by)) " found it at the provider" }
                        }
                        None => span .soft { "not yet" },
                    }
                }
                @if let Some(id) = action.kind.target().id() { dt { "Its id" } dd { (small("target-id", id)) } }
                dt { "Account's id" } dd { (small("account-id", &action.account)) }
                dt { "Action's id" } dd { (small("action-id", &action.id)) }
            }
        }
    }
}
