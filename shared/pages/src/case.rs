//! A case: evidence, preview, and what can be done.

mod path;
mod played;

use crate::ask::Choice;
use crate::decision::shown;
use crate::frame::{Viewer, frame, known, only, state, time, words};
use crate::names::{Names, small};
use domain::action::Action;
use domain::book::Called;
use domain::case::{Case, Class, Recommendation, State};
use domain::debt::{UNMADE_DOCUMENT, UNMADE_LINK};
use domain::id::CaseId;
use domain::playbook::advice::{PartOf, Preview, Proposed, Reply};
use domain::playbook::{Handling, OnPath, Play};
use domain::sidebar::Granted;
use domain::ticket::TicketName;
use maud::{Markup, html};
use path::path;
use played::playbook;
pub(crate) use played::steps;

/// Everything that the page of a case shows.
pub struct CaseShown<'a> {
    pub case: &'a Case,
    pub called: &'a Called,
    /// Of the staff.
    pub names: &'a Names,
    pub actions: &'a [Action],
    pub preview: &'a Preview,
    pub path: &'a [OnPath],
    pub play: Option<&'a Play>,
    pub handling: &'a Handling,
    /// What the customer could change to, where nobody has said it yet.
    pub plans: &'a [Choice],
    /// What came of a button.
    pub notice: Option<&'a str>,
}

pub fn case(viewer: &Viewer, shown: &CaseShown<'_>) -> String {
    let CaseShown { case, called, actions, preview, play, .. } = *shown;
    frame(
        case.class.title(),
        "/cases",
        Some(viewer),
        html! {
            h1 { (case.class.title()) ": " (called) (of_amount(case)) " " (state(case.state.name())) }
            (path(shown.path, shown.names))
            @if let Some(notice) = shown.notice { p .notice role="status" { (notice) } }
            @for notice in &preview.notices { p .notice role="status" { (notice) } }
            @if let Some(part) = &preview.incident { (part_of(part)) }
            div .two {
                (evidence(preview))
                (recommendation(shown))
            }
            @for action in &preview.recommended { (proposed(action, case.recommended.as_ref(), called)) }
            @if let Some(play) = play { (playbook(viewer, shown, play)) }
            @if !preview.exceptions.is_empty() { (granted_before(&preview.exceptions, shown.names)) }
            section {
                h2 { "Actions" }
                @if actions.is_empty() { p .soft { "No action has been asked for." } }
                @for action in actions {
                    p {
                        a href={ "/actions/" (action.id) } { (action.sentence(called)) } " "
                        (state(action.state().name()))
                    }
                }
                @if viewer.csrf.is_some() && viewer.role.may_request() && case.went_on_in.is_none() {
                    p { a href={ "/accounts/" (case.account) "/ask?case=" (case.id) } { "Ask for something else" } }
                }
            }
            (tickets(case))
            @if !case.handled.is_empty() { (handled(case, shown.names)) }
            @if !viewer.role.may_request() { (only("Colleagues in support and billing work on it.")) }
            @let may_say = viewer.role.may_request() && case.went_on_in.is_none();
            @if let Some(csrf) = viewer.csrf.as_ref().filter(|_| may_say) { (buttons(case, csrf)) }
            @if let Some(reply) = &preview.reply { (draft(reply)) }
        },
    )
}

fn part_of(part: &PartOf) -> Markup {
    html! {
        section .notice { p {
            "Part of an incident (" (part.state) "): "
            a href={ "/incidents/" (part.id) } { (part.title) }
            ", " (part.customers) " customers. Likely cause: " (words(&part.cause)) "."
        } }
    }
}

fn evidence(preview: &Preview) -> Markup {
    html! {
        section {
            h2 { "Evidence" }
            dl {
                @for evidence in &preview.evidence {
                    dt { (evidence.label) } dd { (shown(evidence)) " " span .soft { (evidence.source) } }
                }
            }
            @if !preview.around.is_empty() {
                p .soft { "As imports say it now:" }
                dl {
                    @for evidence in &preview.around {
                        dt { (evidence.label) } dd { (shown(evidence)) " " span .soft { (evidence.source) } }
                    }
                }
            }
            @if !preview.missing.is_empty() {
                p { "Not known:" }
                ul { @for missing in &preview.missing { li { (missing) } } }
            }
        }
    }
}

/// How much is at stake, where that is known.
fn of_amount(case: &Case) -> String {
    let amount = case.recommended.as_ref().and_then(|recommended| recommended.kind.amount());
    amount.map(|amount| format!(", {amount}")).unwrap_or_default()
}

fn recommendation(shown: &CaseShown<'_>) -> Markup {
    let CaseShown { case, called, preview, .. } = *shown;
    html! {
        section {
            h2 { "Recommendation" }
            p { (preview.advice) }
            dl {
                dt { "Rule" } dd { (case.rule) ", " (policy(case)) " v" (case.policy_version) }
                dt { "Why" } dd { (case.why) }
                @if let Some(cause) = &case.cause { dt { "Cause" } dd { (words(cause)) } }
                dt { "Confidence" } dd { (case.confidence) }
                dt { "Customer" } dd { a href={ "/accounts/" (case.account) } { (called) } }
                dt { "Opened" } dd { (time(case.opened_at)) }
                @if let (Some(at), Some(resolution)) = (case.resolved_at, &case.resolution) {
                    dt { "Resolved" } dd { (time(at)) ": " (words(resolution)) }
                }
                @if let Some(other) = &case.went_on_in { dt { "Goes on in" } dd { (other_case(other)) } }
                @if !case.took_over.is_empty() {
                    dt { "Told of before in" } dd { @for other in &case.took_over { (other_case(other)) " " } }
                }
                dt { "Its id" } dd { (small("about-id", &case.about)) }
            }
        }
    }
}

fn other_case(id: &CaseId) -> Markup {
    html! { a href={ "/cases/" (id) } { (id) } }
}

/// The policy whose rule it is: a case that a ticket opened is judged by the rules for tickets.
fn policy(case: &Case) -> &'static str {
    if case.is_of_ticket() { "tickets" } else { "classify" }
}

/// The tickets that are about it.
fn tickets(case: &Case) -> Markup {
    html! {
        @if !case.tickets.is_empty() {
            section {
                h2 { "Tickets" }
                @for name in case.tickets.iter().filter_map(|name| TicketName::parse(name)) {
                    p { a href={ "/tickets/" (name.address()) } { (name.address()) } }
                }
            }
        }
    }
}

/// What was recommended, to the cent, and whose approval it would need.
fn proposed(action: &Proposed, recommended: Option<&Recommendation>, called: &Called) -> Markup {
    let needed: Vec<_> = action.approvals_required.iter().map(|role| words(role.name())).collect();
    html! {
        section {
            h2 { "Proposed" }
            @match recommended {
                Some(recommended) => {
                    p { (recommended.kind.sentence(called)) ": " (recommended.reason.said()) }
                    p .soft { (action.summary) }
                }
                None => p { (action.summary) }
            }
            @if let Some(why) = &action.impossible { p .notice { "Not possible now: " (why) } }
            @if !action.lines.is_empty() {
                div .scroll tabindex="0" { table aria-label="What it would change" {
                    thead { tr {
                        th scope="col" { "What" } th .number scope="col" { "Before" }
                        th .number scope="col" { "After" }
                    } }
                    tbody { @for line in &action.lines { tr {
                        td { (line.label) }
                        td .number { (known(line.before.as_ref())) }
                        td .number { (known(line.after.as_ref())) }
                    } } }
                } }
            }
            p .soft { "Needs " (needed.join(" and ")) ", rule " (action.clause.rule) ": " (action.clause.why) }
        }
    }
}

fn granted_before(exceptions: &[Granted], names: &Names) -> Markup {
    html! {
        section {
            h2 { "Granted before beside the rules" }
            @for granted in exceptions {
                p {
                    (granted.granted_on) ": " (words(granted.kind))
                    @if let Some(amount) = granted.amount { " of " (amount) }
                    @if let Some(percent) = granted.percent { " of " (percent) " %" }
                    " by " (names.perhaps(&granted.granted_by)) ", " (granted.reason)
                    @if let Some(reference) = &granted.reference { span .soft { " (" (reference) ")" } }
                }
            }
        }
    }
}

fn handled(case: &Case, names: &Names) -> Markup {
    html! {
        section {
            h2 { "Handled" }
            @for line in &case.handled {
                p {
                    (time(line.at)) ": " (words(&line.what)) " by " (names.who(&line.by))
                    @if !line.note.is_empty() { ", " q { (line.note) } }
                }
            }
        }
    }
}

/// To end a case, or to say that it is of another class.
fn buttons(case: &Case, csrf: &str) -> Markup {
    let path = format!("/cases/{}", case.id);
    html! {
        section {
            h2 { "Is this right?" }
            form .row method="post" action=(path) {
                input type="hidden" name="csrf" value=(csrf);
                label {
                    "It is rather "
                    select name="class" {
                        @for class in Class::ALL {
                            option value=(class.name()) selected[class == case.class] { (class.title()) }
                        }
                    }
                }
                label { "because " input name="note" maxlength="2000" required; }
                button .plain type="submit" { "Correct" }
            }
            @if case.state == State::Open {
                form .row method="post" action=(path) {
                    input type="hidden" name="csrf" value=(csrf);
                    label { "It is over because " input name="note" maxlength="2000" required; }
                    button type="submit" { "Resolve" }
                }
                p .soft { "What was asked for because of it lapses with it." }
            }
        }
    }
}

fn draft(reply: &Reply) -> Markup {
    html! {
        section {
            h2 { "Draft reply" }
            p .soft { "A person sends this, or changes it first." }
            p { b { (reply.subject) } }
            pre { (reply.body) }
            (unmade(&reply.body))
        }
    }
}

/// Whether a text has a place for a link that is made when it is sent.
fn has_unmade(text: &str) -> bool {
    text.contains(UNMADE_LINK) || text.contains(UNMADE_DOCUMENT)
}

/// Nobody copies a link that is not there yet.
fn unmade(text: &str) -> Markup {
    html! {
        @if text.contains(UNMADE_LINK) {
            p .soft {
                "Where it says " code { (UNMADE_LINK) } ", the customer reads their own link: "
                "it is made as the ticket is answered. To send it any other way, ask for the payment link."
            }
        }
        @if text.contains(UNMADE_DOCUMENT) {
            p .soft {
                "Where it says " code { (UNMADE_DOCUMENT) } ", the customer reads their own link to the document: "
                "it is made as the ticket is answered, once the document was asked for."
            }
        }
    }
}
