//! Who works here and as what, who stands in for whom, and who changed that.

mod proposal;

use crate::frame::{Viewer, frame, no_default, only, time, words};
use domain::approval::delegation::Delegation;
use domain::staff::{Change, Proposal, Role, Staff, called};
use jiff::Timestamp;
use maud::{Markup, html};
use std::borrow::Cow;

pub fn staff(
    viewer: &Viewer,
    all: &[Staff],
    delegations: &[Delegation],
    changes: &[Change],
    proposals: &[Proposal],
    now: Timestamp,
    notice: Option<&str>,
) -> String {
    let standing: Vec<_> = delegations.iter().filter(|it| it.holds(now)).collect();
    frame(
        "Staff",
        "/staff",
        Some(viewer),
        html! {
            h1 { "Staff" }
            @if let Some(notice) = notice { p .notice role="status" { (notice) } }
            section {
                div .scroll tabindex="0" { table aria-label="Staff" {
                    thead { tr {
                        th scope="col" { "Who" } th scope="col" { "Role" } th scope="col" { "E-mail" }
                        th scope="col" { "Slack" }
                    } }
                    tbody { @for one in all { tr {
                        td { (one.name) " " span .soft { (one.id) } }
                        td { (words(one.role.name())) }
                        td { (one.email) }
                        td { @match &one.slack { Some(slack) => (slack.user), None => span .soft { "not known" } } }
                    } } }
                } }
                p .soft {
                    "The role is read when a decision is made. A manager or a VP changes the table with a file: "
                    code { "recoup import staff FILE" } ". What a manager changes of whoever may approve waits here \
                     for somebody else."
                }
            }
            (proposal::waiting(viewer, all, proposals, now))
            section {
                h2 { "Standing in" }
                @if standing.is_empty() { p .soft { "Nobody stands in for anybody." } }
                @for it in &standing { p {
                    (named(all, &it.to)) " decides in the place of " (named(all, &it.from)) " until " (time(it.until))
                    @if !it.note.is_empty() { ": " (it.note) }
                    ". "
                    (end(viewer, it))
                } }
                (form(viewer, all))
            }
            @if !changes.is_empty() { section {
                h2 { "Lately" }
                ul { @for change in changes { li { (time(change.at)) ": " (who(all, change)) " " (told(change)) } } }
            } }
        },
    )
}

/// Somebody by their name; by their id, where they are here no more.
fn named<'a>(all: &'a [Staff], id: &'a str) -> Cow<'a, str> {
    called(id, all.iter().find(|one| one.id == id).map(|one| one.name.as_str()))
}

fn who(all: &[Staff], change: &Change) -> String {
    match &change.confirmed_by {
        Some(other) => format!("{} and {}", named(all, &change.by), named(all, other)),
        None => named(all, &change.by).into_owned(),
    }
}

fn told(change: &Change) -> String {
    let after = &change.after;
    match &change.before {
        None => format!("added {} as {}", after.name, words(after.role.name())),
        Some(before) if before.role != after.role => {
            format!("made {} {}, who was {}", after.name, words(after.role.name()), words(before.role.name()))
        }
        Some(_) => format!("changed how {} is reached", after.name),
    }
}

fn may_name(viewer: &Viewer, away: &str) -> bool {
    viewer.id == away || matches!(viewer.role, Role::Manager | Role::Vp)
}

fn end(viewer: &Viewer, it: &Delegation) -> Markup {
    html! { @if let (Some(csrf), true) = (&viewer.csrf, may_name(viewer, &it.from)) {
        form .inline method="post" action="/staff" {
            input type="hidden" name="csrf" value=(csrf);
            input type="hidden" name="from" value=(it.from);
            input type="hidden" name="to" value=(it.to);
            button .plain type="submit" { "End it" }
        }
    } }
}

fn form(viewer: &Viewer, all: &[Staff]) -> Markup {
    let away = all.iter().filter(|one| may_name(viewer, &one.id));
    html! { @if viewer.role == Role::Analyst {
        (only("Whoever may decide says here who stands in for them; a manager or a VP says it for others."))
    } @else if let Some(csrf) = &viewer.csrf {
        form method="post" action="/staff" {
            (no_default())
            input type="hidden" name="csrf" value=(csrf);
            label for="from" { "Who is away" }
            select id="from" name="from" {
                @for one in away { option value=(one.id) selected[one.id == viewer.id] { (one.name) } }
            }
            label for="to" { "Who decides in their place, with their role" }
            select id="to" name="to" {
                @for one in all {
                    @if one.role != Role::Analyst { option value=(one.id) { (one.name) } }
                }
            }
            label for="days" { "For how many days" }
            input id="days" name="days" type="number" min="1" max="30" value="7" required;
            label for="note" { "Note (optional)" }
            input id="note" name="note" maxlength="500";
            button type="submit" { "Say so" }
        }
    } }
}
