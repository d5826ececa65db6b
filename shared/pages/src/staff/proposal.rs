//! What waits for a second person: each difference in full, for their yes changes who may approve.

use super::named;
use crate::frame::{Viewer, no_default, only, state, time, words};
use domain::staff::{Change, Proposal, Staff, State};
use jiff::Timestamp;
use maud::{Markup, html};

/// Those that wait, and none that have ended: what came of those stands among the changes, or in JSON.
pub(super) fn waiting(viewer: &Viewer, all: &[Staff], proposals: &[Proposal], now: Timestamp) -> Markup {
    let waiting: Vec<_> = proposals.iter().filter(|proposal| proposal.state(now) == State::Waiting).collect();
    html! { @if !waiting.is_empty() { section {
        h2 { "Waits for a second person" }
        p .soft { "Whoever may approve is made, promoted or reached elsewhere only by a VP, or by two people." }
        @for proposal in waiting {
            h3 { "Proposal " (proposal.number) " " (state(State::Waiting.name())) }
            p { "By " (named(all, &proposal.by)) ", " (time(proposal.at)) "; until " (time(proposal.expires_at)) "." }
            ul { @for change in &proposal.changes { li { (difference(change)) } } }
            (buttons(viewer, proposal))
        }
    } } }
}

fn difference(change: &Change) -> String {
    let (before, after) = (change.before.as_ref(), &change.after);
    let part = |name: &str, of: &dyn Fn(&Staff) -> String| {
        let after = of(after);
        match before.map(of) {
            None => Some(format!("{name} {after}")),
            Some(before) if before == after => None,
            Some(before) => Some(format!("{name} {after}, was {before}")),
        }
    };
    let slack = |staff: &Staff| {
        staff.slack.as_ref().map_or_else(|| "not known".to_owned(), |slack| format!("{} {}", slack.team, slack.user))
    };
    let parts = [
        part("role", &|staff| words(staff.role.name())),
        part("name", &|staff| staff.name.clone()),
        part("e-mail", &|staff| staff.email.clone()),
        part("Slack", &slack),
    ];
    let kind = if before.is_none() { "new, " } else { "" };
    format!("{}: {kind}{}", after.id, parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
}

fn buttons(viewer: &Viewer, proposal: &Proposal) -> Markup {
    let is_own = viewer.id == proposal.by || proposal.changes.iter().any(|change| change.after.id == viewer.id);
    html! { @if !viewer.role.may_import() { (only("A manager or a VP confirms or refuses it.")) }
    @else if let Some(csrf) = &viewer.csrf {
        form .inline method="post" action={ "/staff/proposals/" (proposal.number) } {
            (no_default())
            input type="hidden" name="csrf" value=(csrf);
            @if !is_own { button type="submit" name="decision" value="confirm" { "Confirm" } }
            button .plain type="submit" name="decision" value="refuse" { "Refuse" }
        }
    } }
}
