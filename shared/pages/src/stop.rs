//! The stop switch: what is stopped, what waits behind it, and the button.

use crate::frame::{Viewer, frame, time, words};
use crate::names::Names;
use domain::action::KINDS;
use domain::id::ActionId;
use domain::staff::Role;
use domain::stop::{Scope, Stops};
use maud::{Markup, html};

/// `waiting` are the approved actions that have not left: their ids, what they do, and whether a stop holds them.
pub fn stop(
    viewer: &Viewer,
    stops: &Stops,
    waiting: &[(ActionId, String, bool)],
    names: &Names,
    notice: Option<&str>,
) -> String {
    let manager = matches!(viewer.role, Role::Manager | Role::Vp);
    frame(
        "Stop",
        "/stop",
        Some(viewer),
        html! {
            h1 { "Stop switch" }
            @if let Some(notice) = notice { p .notice role="status" { (notice) } }
            p .soft {
                "What is stopped does not leave: no retry, no message, no approved action. \
                 It is looked at before each of them, so it holds at once."
            }
            @if stops.standing.is_empty() { section { p .soft { "Nothing is stopped." } } }
            @for stop in &stops.standing { section .notice {
                h2 { "Stopped: " (scope(&stop.scope)) }
                p { "By " (names.who(&stop.by)) ", since " (time(stop.at)) "." @if !stop.note.is_empty() { " " (stop.note) } }
                @if let (Some(csrf), true) = (&viewer.csrf, manager) {
                    form method="post" action="/stop" {
                        input type="hidden" name="csrf" value=(csrf);
                        (hidden("source", stop.scope.source.as_deref()))
                        (hidden("segment", stop.scope.segment.as_deref()))
                        (hidden("kind", stop.scope.kind.as_deref()))
                        button type="submit" name="release" value="yes" { "Release " (scope(&stop.scope)) }
                    }
                }
            } }
            section {
                h2 { "What a release sends on its way" }
                @if waiting.is_empty() { p .soft { "No approved action waits." } }
                @else {
                    ul { @for (id, summary, held) in waiting { li {
                        a href={ "/actions/" (id) } { (names.of(&id.account())) ": " (summary) }
                        @if *held { ", held" }
                    } } }
                }
                p .soft {
                    "Each is looked at once more: what can no longer be done as it was approved is not done, \
                     and its asker is told."
                }
            }
            @if let (Some(csrf), true) = (&viewer.csrf, manager) { (form(csrf)) }
            @else { section { p .soft { "A manager or a VP stops and releases." } } }
            @if !stops.changes.is_empty() { section {
                h2 { "Lately" }
                ul { @for change in stops.changes.iter().rev().take(20) {
                    li {
                        (time(change.at)) ": " (names.who(&change.by))
                        @if change.released { " released " } @else { " stopped " }
                        (scope(&change.scope))
                    }
                } }
            } }
        },
    )
}

/// What is to be stopped: the fewer gaps are filled, the more.
fn form(csrf: &str) -> Markup {
    html! {
        section {
            h2 { "Stop" }
            form method="post" action="/stop" {
                input type="hidden" name="csrf" value=(csrf);
                label for="source" { "Source (empty: every source)" }
                input id="source" name="source" placeholder="stripe/default" maxlength="100";
                label for="segment" { "Segment of recoveries (empty: every segment)" }
                input id="segment" name="segment" maxlength="100";
                label for="kind" { "Kind of action (empty: every kind)" }
                select id="kind" name="kind" {
                    option value="" { "every kind" }
                    @for kind in KINDS { option value=(kind) { (words(kind)) } }
                }
                label for="note" { "Why" }
                input id="note" name="note" maxlength="500";
                button type="submit" { "Stop" }
            }
        }
    }
}

fn hidden(name: &str, value: Option<&str>) -> Markup {
    html! { @if let Some(value) = value { input type="hidden" name=(name) value=(value); } }
}

fn scope(scope: &Scope) -> String {
    let parts = [
        scope.kind.as_ref().map(|kind| words(kind)),
        scope.segment.as_ref().map(|segment| format!("recoveries of {}", words(segment))),
        scope.source.as_ref().map(|source| format!("of {source}")),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "everything".to_owned() } else { parts.join(" ") }
}
