//! What does a further message, or a word of the help desk, do to a ticket?

use super::{Answer, State, Ticket, TicketPolicy};
use crate::event::{Event, TicketSeen, TicketStatus};
use crate::staff::MACHINE;

/// What an event did to a ticket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Followed {
    /// The customer wrote something that had not been written before; or a person said what it is, which is as good.
    pub wrote: bool,
    /// It has ended by this.
    pub ended: bool,
    /// It had ended, and was opened again.
    pub reopened: bool,
}

/// Follows the ticket as it was folded: `before` is how it stood. A customer who writes after the end opens it again,
/// or, long after it, begins anew. What comes late and was written before the end opens it again where the end was
/// ours, since nobody had read it; the help desk had, where it ended it.
pub fn follow(
    before: &Ticket,
    ticket: &mut Ticket,
    seen: &TicketSeen,
    event: &Event,
    policy: &TicketPolicy,
) -> Followed {
    let (is_first, at) = (before.opened_at.is_none(), event.at);
    let wrote = is_unread(before, ticket, seen);
    let told = ticket.status.copied().filter(|status| before.status.copied() != Some(*status));
    let says_over = |status: Option<TicketStatus>| matches!(status, Some(TicketStatus::Solved | TicketStatus::Closed));
    let handling = &mut ticket.handling;
    let ended_at = handling.resolved_at.filter(|_| handling.state == State::Resolved);
    if let Some(ended_at) = ended_at {
        let is_later = at > ended_at;
        let is_unanswered = wrote && !is_first && (is_later || !handling.ended_there);
        let opens = !says_over(seen.status) && (is_unanswered || (is_later && told == Some(TicketStatus::Open)));
        if !opens {
            return Followed { wrote: false, ..Followed::default() };
        }
        if at.duration_since(ended_at) <= policy.reopens_within() {
            let why = match (wrote, is_later) {
                (true, true) => "the customer wrote again",
                (true, false) => "the customer had written before the end, and nobody had read it",
                (false, _) => "the help desk opened it again",
            };
            handling.reopen(MACHINE, at.max(ended_at), why);
        } else {
            handling.begin_anew(at, "the customer wrote long after the end: it begins anew");
        }
        if wrote {
            handling.begin_turn(at, None);
        }
        return Followed { wrote, reopened: true, ended: false };
    }
    match told {
        Some(TicketStatus::Solved | TicketStatus::Closed) => {
            let why =
                if told == Some(TicketStatus::Solved) { "the help desk solved it" } else { "the help desk closed it" };
            // It says so of an answer of ours as well, before we know what came of that.
            let is_ours = handling.answers.iter().any(Answer::is_under_way);
            handling.go_on(State::Resolved, MACHINE, at, why);
            handling.ended_there = !is_ours;
            return Followed { wrote, ended: true, reopened: false };
        }
        Some(TicketStatus::Waiting) => {
            handling.answered_there(at);
            if handling.state != State::AwaitingPayment && !handling.is_unanswered() {
                handling.go_on(State::Waiting, MACHINE, at, "the help desk waits for the customer");
            }
        }
        Some(TicketStatus::Open) if handling.state == State::Waiting => {
            handling.go_on(State::Open, MACHINE, at, "the help desk goes on with it");
        }
        _ => {}
    }
    if wrote && told != Some(TicketStatus::Waiting) {
        handling.begin_turn(at, None);
    }
    if wrote && !is_first && told != Some(TicketStatus::Waiting) {
        match handling.state {
            State::Waiting => handling.go_on(State::Open, MACHINE, at, "the customer answered"),
            _ => handling.note(at, MACHINE, "the customer wrote again"),
        }
    }
    Followed { wrote, ..Followed::default() }
}

/// Whether it brings words that we had not taken in, whenever they were written.
fn is_unread(before: &Ticket, ticket: &Ticket, seen: &TicketSeen) -> bool {
    let first = before.body.as_ref().map(|(_, body)| body);
    let is_new =
        |body: &&String| !body.trim().is_empty() && Some(*body) != first && Some(*body) != before.latest.value();
    let came_late = ticket.erased_at.is_none() && seen.body.as_ref().filter(is_new).is_some();
    came_late || ticket.latest.value() != before.latest.value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Kind, Origin, Seen};
    use crate::policies::Policies;
    use jiff::{SignedDuration, Timestamp};

    /// An event of a day, with what was written and what the help desk says.
    fn event(day: i64, body: &str, status: Option<TicketStatus>) -> Event {
        let body = Some(body.to_owned()).filter(|body| !body.is_empty());
        Event {
            id: format!("evt_{day}"),
            provider: "desk".into(),
            source: "default".into(),
            origin: Origin::Webhook,
            kind: Kind::TicketChanged,
            at: Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * day),
            customer: None,
            seen: vec![Seen::Ticket(TicketSeen { id: "t1".into(), body, status, ..TicketSeen::default() })],
        }
    }

    fn told(ticket: &mut Ticket, event: &Event) -> Followed {
        let policies = Policies::shipped().unwrap();
        let Seen::Ticket(seen) = &event.seen[0] else { unreachable!() };
        let before = ticket.clone();
        ticket.fold(seen, event);
        follow(&before, ticket, seen, event, policies.tickets.current())
    }

    #[test]
    fn what_happens_next_is_where_a_ticket_stands() {
        use TicketStatus::{Closed, Open, Solved, Waiting};
        type Told = (i64, &'static str, Option<TicketStatus>);
        let rows: [(&str, Vec<Told>, State, u32); 13] = [
            ("the first letter", vec![(1, "help", Some(Open))], State::Open, 0),
            ("it waits", vec![(1, "help", Some(Open)), (2, "", Some(Waiting))], State::Waiting, 0),
            (
                "the customer answers",
                vec![(1, "help", None), (2, "", Some(Waiting)), (3, "here", None)],
                State::Open,
                0,
            ),
            ("the desk goes on", vec![(1, "help", None), (2, "", Some(Waiting)), (3, "", Some(Open))], State::Open, 0),
            ("solved", vec![(1, "help", Some(Open)), (2, "", Some(Solved))], State::Resolved, 0),
            ("closed at once", vec![(1, "help", Some(Closed))], State::Resolved, 0),
            ("a reply after the end", vec![(1, "help", None), (2, "", Some(Closed)), (3, "no", None)], State::Open, 1),
            ("opened again there", vec![(1, "help", None), (2, "", Some(Solved)), (3, "", Some(Open))], State::Open, 1),
            (
                "thanks, and closed",
                vec![(1, "help", None), (2, "", Some(Solved)), (3, "ok", Some(Closed))],
                State::Resolved,
                0,
            ),
            ("a late letter", vec![(5, "", Some(Closed)), (1, "help", None)], State::Resolved, 0),
            ("a rating", vec![(1, "help", None), (2, "", Some(Solved)), (3, "", None)], State::Resolved, 0),
            (
                "the same words once more",
                vec![(1, "help", None), (2, "", Some(Solved)), (3, "help", None)],
                State::Resolved,
                0,
            ),
            ("after two weeks", vec![(1, "help", None), (2, "", Some(Solved)), (17, "new", None)], State::Open, 0),
        ];
        for (what, events, state, reopened) in rows {
            let mut ticket = Ticket::new("desk", "default", "t1");
            for (day, body, status) in events {
                told(&mut ticket, &event(day, body, status));
            }
            assert_eq!((ticket.handling.state, ticket.handling.reopened), (state, reopened), "{what}");
            assert_eq!(ticket.handling.resolved_at.is_some(), state == State::Resolved, "{what}");
        }
    }

    #[test]
    fn a_letter_from_before_the_end_opens_again_what_we_ended_and_not_what_the_help_desk_did() {
        let late = event(3, "one thing more", None);
        for (what, by_desk, under_way, erased, state, reopened) in [
            ("we ended it", false, false, false, State::Open, 1),
            ("the help desk did", true, false, false, State::Resolved, 0),
            ("it did so by an answer of ours", true, true, false, State::Open, 1),
            ("whoever wrote was erased", false, false, true, State::Resolved, 0),
        ] {
            let mut ticket = Ticket::new("desk", "default", "t1");
            told(&mut ticket, &event(1, "help", Some(TicketStatus::Open)));
            if under_way {
                ticket.handling.answer(("lena", "Done.", true), super::super::Outcome::Done, event(4, "", None).at);
            }
            if by_desk {
                told(&mut ticket, &event(5, "", Some(TicketStatus::Solved)));
            } else {
                ticket.handling.go_on(State::Resolved, "lena", event(5, "", None).at, "closed it");
            }
            if erased {
                ticket.erase(event(5, "", None).at);
            }
            let followed = told(&mut ticket, &late);
            assert_eq!((ticket.handling.state, ticket.handling.reopened), (state, reopened), "{what}");
            assert_eq!((followed.wrote, followed.reopened), (reopened == 1, reopened == 1), "{what}");
            assert_eq!(ticket.handling.is_unanswered(), reopened == 1, "{what}");
            let before = ticket.handling.clone();
            told(&mut ticket, &event(2, "help", None));
            assert_eq!(ticket.handling, before, "{what}: words that we had taken in are no news");
        }
    }

    #[test]
    fn turns_are_counted_as_letters_come_and_whoever_answers_at_the_help_desk_has_read_them() {
        let mut ticket = Ticket::new("desk", "default", "t1");
        told(&mut ticket, &event(2, "two", None));
        told(&mut ticket, &event(4, "four", None));
        told(&mut ticket, &event(1, "one, which came late", None));
        assert_eq!((ticket.handling.turns, ticket.handling.open_turns.len()), (3, 3));
        assert_eq!(ticket.latest.value().map(String::as_str), Some("four"));
        told(&mut ticket, &event(3, "", Some(TicketStatus::Waiting)));
        let open: Vec<u32> = ticket.handling.open_turns.iter().map(|open| open.number).collect();
        assert_eq!((open, ticket.handling.state), (vec![2], State::Open), "it had not read what came after that");
        told(&mut ticket, &event(5, "", Some(TicketStatus::Open)));
        told(&mut ticket, &event(6, "", Some(TicketStatus::Waiting)));
        assert_eq!((ticket.handling.open_turns.len(), ticket.handling.state), (0, State::Waiting));
    }

    #[test]
    fn what_begins_anew_keeps_the_number_of_its_answers_and_nothing_of_its_end() {
        let mut ticket = Ticket::new("desk", "default", "t1");
        told(&mut ticket, &event(1, "help", None));
        ticket.handling.assign(Some("lena"), "mara", event(1, "", None).at);
        ticket.handling.answer(("lena", "Done.", true), super::super::Outcome::Done, event(1, "", None).at);
        told(&mut ticket, &event(2, "", Some(TicketStatus::Solved)));
        let followed = told(&mut ticket, &event(30, "something else", None));
        assert!(followed.wrote && followed.reopened);
        let handling = &ticket.handling;
        assert_eq!((handling.answered, handling.assigned_to.as_deref(), handling.first_answer_at), (1, None, None));
        assert_eq!(ticket.began_at(), Some(event(30, "", None).at));
        assert!(handling.history.len() > 3, "what happened before stands");
    }
}
