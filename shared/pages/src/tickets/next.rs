//! What comes next for a ticket: who waits for how long, and each step that is a person's as a button.

use super::TicketPage;
use crate::case::steps;
use crate::frame::{Viewer, no_default, state, time};
use domain::ticket::{State, Ticket, TicketName};
use jiff::Timestamp;
use maud::{Markup, html};

/// For how long the customer has waited for an answer.
pub(super) fn waits(ticket: &Ticket, now: Timestamp) -> Markup {
    html! { @match (ticket.handling.open_turns.first(), ticket.handling.state) {
        (_, State::Resolved) => span .soft { "–" },
        (Some(turn), _) => (age(turn.at, now)),
        (None, _) => span .soft { "answered" },
    } }
}

/// How long ago something was, in the largest unit that says enough.
pub(crate) fn age(at: Timestamp, now: Timestamp) -> String {
    let minutes = now.duration_since(at).as_secs().max(0) / 60;
    match minutes {
        0..=119 => format!("{minutes} min"),
        120..=2_879 => format!("{} h", minutes / 60),
        _ => format!("{} days", minutes / 1_440),
    }
}

/// For how long somebody waits, and what is done now: each step that is a person's is a button.
pub(super) fn next(viewer: &Viewer, page: &TicketPage<'_>, now: Timestamp) -> Markup {
    let (ticket, handling) = (page.ticket, &page.ticket.handling);
    let resolved_at = handling.resolved_at.filter(|_| handling.state == State::Resolved);
    let csrf = viewer.csrf.as_ref().filter(|_| viewer.role.may_request() && handling.state != State::Resolved);
    html! {
        section {
            h2 { "What comes next" }
            p { @match (resolved_at, handling.open_turns.first()) {
                (Some(at), _) => { "Nothing: it was resolved " (time(at)) "." }
                (None, Some(turn)) => {
                    strong { "They wait for an answer since " (age(turn.at, now)) }
                    @if let Some(due) = handling.due_at {
                        ", due " (time(due)) @if due < now { " " strong { "overdue" } }
                    }
                    "."
                }
                (None, None) => "They were answered. It goes on when they write, or when what was asked for has ended.",
            } }
            @for action in page.actions { p {
                a href={ "/actions/" (action.id) } { (action.preview.summary) } " " (state(action.state().name()))
            } }
            @if let (Some(case), Some(play)) = (page.case, page.play) { (steps(viewer, (case, play), page.names)) }
            @if let (Some(csrf), true) = (csrf, handling.assigned_to.as_ref() != Some(&viewer.id)) {
                form .row method="post" action={ "/tickets/" (TicketName::of(ticket).address()) } {
                    (no_default())
                    input type="hidden" name="csrf" value=(csrf);
                    input type="hidden" name="to" value=(viewer.id);
                    button type="submit" name="say" value="assign" { "Assign to me" }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Names;
    use domain::case::Case;
    use domain::cash::Flow;
    use domain::staff::Role;
    use domain::ticket::{Offered, Turn, Way};

    fn shown(ticket: &Ticket, role: Role) -> String {
        let viewer = Viewer { id: "lena".into(), name: "Lena".into(), role, csrf: Some("c".into()), local: false };
        let (names, case): (Names, Option<&Case>) = (Names::default(), None);
        let (drafts, not_offered) = (Vec::new(), Vec::new());
        let offered = Offered { drafts, not_offered, way: Way::Nowhere, known_contact: false, answered: 0, turns: 1 };
        let actions = [crate::example::waiting()];
        let flow = Flow::of(ticket, None, None);
        let (play, staff, notices) = (None, &[], &[]);
        let page = TicketPage {
            ticket,
            names: &names,
            case,
            play,
            actions: &actions,
            staff,
            flow: &flow,
            notices,
            offered: &offered,
        };
        next(&viewer, &page, "2026-03-01T12:30:00Z".parse().unwrap()).into_string()
    }

    #[test]
    fn it_says_who_waits_for_how_long_and_offers_what_is_theirs_to_do() {
        let mut ticket = Ticket::new("ticket", "default", "t_1");
        assert!(shown(&ticket, Role::L1).contains("They were answered."));
        let at = "2026-03-01T10:00:00Z".parse().unwrap();
        ticket.handling.open_turns = vec![Turn { number: 1, at, due_at: None }];
        ticket.handling.due_at = Some("2026-03-01T12:00:00Z".parse().unwrap());
        let page = shown(&ticket, Role::L1);
        for part in [
            "They wait for an answer since 2 h",
            "<strong>overdue</strong>",
            "Refund 24.00 USD of payment ch_1</a>",
            "waiting approval",
            "Assign to me",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(!shown(&ticket, Role::Analyst).contains("Assign to me"), "whoever reads has nothing to press");
        ticket.handling.assigned_to = Some("lena".to_owned());
        assert!(!shown(&ticket, Role::L1).contains("Assign to me"), "it is hers already");
        ticket.handling.state = State::Resolved;
        ticket.handling.resolved_at = Some(at);
        let page = shown(&ticket, Role::L1);
        assert!(page.contains("it was resolved <time datetime=\"2026-03-01T10:00:00Z\">"), "{page}");
        assert!(!page.contains("They wait"), "{page}");
    }
}
