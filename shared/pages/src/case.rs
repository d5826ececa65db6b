//! A case: evidence, preview, and what can be done.

use crate::frame::{Viewer, frame, state, time, words};
use domain::action::Action;
use domain::case::Case;
use maud::html;

/// `reply` is the draft with its gaps filled: subject and body.
pub fn case(viewer: &Viewer, case: &Case, actions: &[Action], reply: Option<(&str, &str)>) -> String {
    frame(
        case.class.title(),
        "/cases",
        Some(viewer),
        html! {
            h1 { (case.class.title()) " " (state(case.state.name())) }
            div .two {
                section {
                    h2 { "Evidence" }
                    dl { @for evidence in &case.evidence { dt { (evidence.label) } dd { (evidence.value) " " span .soft { (evidence.source) } } } }
                    @if !case.missing.is_empty() {
                        p { "Not known:" }
                        ul { @for missing in &case.missing { li { (missing) } } }
                    }
                }
                section {
                    h2 { "Recommendation" }
                    p { (case.advice) }
                    dl {
                        dt { "Rule" } dd { (case.rule) ", classify v" (case.policy_version) }
                        dt { "Why" } dd { (case.why) }
                        dt { "Confidence" } dd { (case.confidence) }
                        dt { "Account" } dd { a href={ "/accounts/" (case.account) } { (case.account) } }
                        dt { "Opened" } dd { (time(case.opened_at)) }
                        @if let (Some(at), Some(resolution)) = (case.resolved_at, &case.resolution) { dt { "Resolved" } dd { (time(at)) ": " (words(resolution)) } }
                    }
                }
            }
            section {
                h2 { "Actions" }
                @if actions.is_empty() { p .soft { "No action has been asked for." } }
                @for action in actions { p { a href={ "/actions/" (action.id) } { (action.preview.summary) } " " (state(action.state.name())) } }
            }
            @if let Some((subject, body)) = reply {
                section { h2 { "Draft reply" } p .soft { "A person sends this, or changes it first." } p { b { (subject) } } pre { (body) } }
            }
        },
    )
}
