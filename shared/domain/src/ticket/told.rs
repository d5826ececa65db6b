//! What becomes of a ticket when its answer was taken or refused, and when what was asked for has ended.

use super::{Handling, Outcome, State};
use crate::action;
use crate::id::ActionId;
use crate::policy::forget_oldest;
use crate::staff::MACHINE;
use crate::telling;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many bytes are kept of what was heard: the newest.
const HEARD_BYTES_MAX: usize = 2_000;

/// That an action has ended which was asked for because of the ticket's case: the customer is to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    pub action: ActionId,
    pub end: End,
    pub at: Timestamp,
}

/// How that has ended of which the customer may have been told that it is being decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    Done,
    Denied,
    /// It was tried, and did not go through.
    Failed,
    /// A person has to do it.
    LeftToPerson,
    /// It was overtaken or withdrawn: as it was asked for it is never done.
    Dropped,
}

impl End {
    /// Of an action in this state; none as long as more happens by itself.
    pub fn of(state: action::State) -> Option<Self> {
        use action::State as Action;
        match state {
            Action::Executed => Some(Self::Done),
            Action::Denied | Action::Expired => Some(Self::Denied),
            Action::Failed => Some(Self::Failed),
            Action::NeedsPerson => Some(Self::LeftToPerson),
            Action::Stale | Action::Withdrawn => Some(Self::Dropped),
            Action::Previewed | Action::WaitingApproval | Action::Approved | Action::Executing | Action::InDoubt => {
                None
            }
        }
    }

    fn text(self) -> &'static str {
        match self {
            Self::Done => "what was asked for is done",
            Self::Denied => "what was asked for was denied",
            Self::Failed => "what was asked for did not go through",
            Self::LeftToPerson => "what was asked for is left to a person",
            Self::Dropped => "what was asked for was overtaken or withdrawn, and is not done",
        }
    }
}

impl Handling {
    /// An answer that was refused for a while leaves once more.
    pub fn leaves_again(&mut self, number: u32) {
        self.answers.iter_mut().filter(|answer| answer.number == number).for_each(super::Answer::leaves_again);
    }

    /// What came of an answer. One that was taken ends the ticket, where it solves it, and has it wait for the customer
    /// otherwise, unless something came in that it had not seen; one that was not goes back to whoever wrote it, by
    /// `due_at`.
    pub fn answer_ended(&mut self, number: u32, came: &telling::State, solves: bool, due_at: Timestamp, at: Timestamp) {
        let is_it = |answer: &&super::Answer| answer.number == number && answer.state == telling::State::Sending;
        let Some((outcome, turn)) = self.answers.iter().find(is_it).map(|answer| (answer.outcome, answer.turn)) else {
            return;
        };
        self.answer_came(number, came.clone(), at);
        match came {
            telling::State::Sent if (solves || outcome.answers()) && self.is_overtaken(turn) => {
                self.stays_open(at, "answered, but not what came in since: it stays open");
            }
            telling::State::Sent => self.was_told(outcome, solves, at),
            telling::State::Refused { reason, again_at: None } => {
                self.comes_back(due_at, at, &format!("the answer was not taken: {reason}"));
            }
            telling::State::InDoubt { reason } => {
                self.comes_back(due_at, at, &format!("the answer may have been taken, and is not repeated: {reason}"));
            }
            telling::State::Refused { .. } | telling::State::Sending => {}
        }
    }

    /// That somebody looks at it is no answer: it goes on as it stands.
    fn was_told(&mut self, outcome: Outcome, solves: bool, at: Timestamp) {
        if solves {
            self.go_on(State::Resolved, MACHINE, at, "solved with the answer");
        } else if outcome.answers() && self.state != State::AwaitingPayment {
            self.go_on(State::Waiting, MACHINE, at, "answered");
        }
    }

    /// All that was asked for is paid: it has ended, unless something came in that nobody has answered. Says whether it
    /// has.
    pub fn was_paid(&mut self, at: Timestamp) -> bool {
        if self.is_unanswered() && self.state != State::Resolved {
            let next = if self.assigned_to.is_some() { State::Investigating } else { State::Open };
            self.go_on(next, MACHINE, at, "paid, but not all that came in is answered: it stays open");
            self.due_at = self.due_at.or_else(|| self.open_turns.iter().filter_map(|open| open.due_at).min());
            return false;
        }
        self.go_on(State::Resolved, MACHINE, at, "paid");
        true
    }

    /// The customer was not asked to pay, or nobody knows whether they were: whoever has the ticket sees to it, by
    /// `due_at`.
    pub fn was_not_asked(&mut self, why: &str, due_at: Timestamp, at: Timestamp) {
        if self.state != State::Resolved {
            self.comes_back(due_at, at, &format!("the customer was not asked to pay for certain: {why}"));
        }
    }

    /// Something that was asked for has ended: whoever has the ticket tells the customer, by `due_at`. Says whether
    /// that was news to it.
    pub fn hear(&mut self, action: &ActionId, end: End, due_at: Timestamp, at: Timestamp) -> bool {
        let is_known = |heard: &Heard| heard.action == *action && heard.end == end;
        if self.state == State::Resolved || self.heard.iter().any(is_known) {
            return false;
        }
        self.begin_turn(at, Some(due_at));
        self.heard.push(Heard { action: action.clone(), end, at });
        forget_oldest(&mut self.heard, HEARD_BYTES_MAX);
        self.comes_back(due_at, at, end.text());
        true
    }

    /// It waits no longer for the customer: whoever has it sees to it by then. What has ended only notes it.
    fn comes_back(&mut self, due_at: Timestamp, at: Timestamp, why: &str) {
        if self.state != State::Resolved {
            self.due_at = Some(self.due_at.map_or(due_at, |standing| standing.min(due_at)));
        }
        self.stays_open(at, why);
    }

    /// It waits no longer for the customer.
    fn stays_open(&mut self, at: Timestamp, why: &str) {
        if self.state == State::Waiting {
            let next = if self.assigned_to.is_some() { State::Investigating } else { State::Open };
            self.go_on(next, MACHINE, at, why);
        } else {
            self.note(at, MACHINE, why);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::AccountId;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(60 * minute).unwrap()
    }

    fn refused(again: Option<i64>) -> telling::State {
        telling::State::Refused { reason: "closed".to_owned(), again_at: again.map(at) }
    }

    #[test]
    fn what_became_of_an_answer_says_where_the_ticket_stands() {
        let doubted = telling::State::InDoubt { reason: "no answer".to_owned() };
        for (what, outcome, came, solves, state, due, first) in [
            ("told that it is asked for", Outcome::Asked, telling::State::Sent, false, State::Waiting, None, true),
            ("told that it is done", Outcome::Done, telling::State::Sent, true, State::Resolved, None, true),
            ("told, and not solved yet", Outcome::Done, telling::State::Sent, false, State::Waiting, None, true),
            ("somebody looks", Outcome::Neutral, telling::State::Sent, false, State::Investigating, Some(60), false),
            (
                "a case is looked into",
                Outcome::Taken,
                telling::State::Sent,
                false,
                State::Investigating,
                Some(60),
                false,
            ),
            ("refused for now", Outcome::Done, refused(Some(5)), true, State::Investigating, Some(60), false),
            ("refused for good", Outcome::Done, refused(None), true, State::Investigating, Some(30), false),
            ("in doubt", Outcome::Done, doubted, true, State::Investigating, Some(30), false),
        ] {
            let mut handling = Handling { state: State::Investigating, due_at: Some(at(60)), ..Handling::default() };
            let number = handling.answer(("lena", "So it is.", true), outcome, at(1)).unwrap().number;
            handling.answer_ended(number, &came, solves, at(30), at(2));
            assert_eq!((handling.state, handling.due_at), (state, due.map(at)), "{what}");
            assert_eq!(handling.first_answer_at.is_some(), first, "{what}");
            assert_eq!(handling.resolved_at.is_some(), state == State::Resolved, "{what}");
            assert_eq!(handling.at_work.secs, 0, "{what}: whoever sends it is no person at work");
        }
    }

    #[test]
    fn what_came_in_since_an_answer_was_written_keeps_the_ticket_open() {
        for (what, state, outcome, solves, expected) in [
            ("somebody has it", State::Investigating, Outcome::Done, false, State::Investigating),
            ("it was to solve it", State::Investigating, Outcome::Done, true, State::Investigating),
            ("nobody has it", State::Open, Outcome::Free, false, State::Open),
            ("it waits for money", State::AwaitingPayment, Outcome::Free, false, State::AwaitingPayment),
            (
                "somebody looks, and it was to solve it",
                State::Investigating,
                Outcome::Neutral,
                true,
                State::Investigating,
            ),
        ] {
            let mut handling = Handling { state, ..Handling::default() };
            handling.begin_turn(at(0), Some(at(60)));
            let number = handling.answer(("lena", "So it is.", true), outcome, at(1)).unwrap().number;
            handling.begin_turn(at(2), Some(at(90)));
            handling.due_at = Some(at(60));
            handling.answer_ended(number, &telling::State::Sent, solves, at(30), at(3));
            let due = if outcome == Outcome::Neutral { 60 } else { 90 };
            assert_eq!((handling.state, handling.due_at), (expected, Some(at(due))), "{what}");
            let number = handling.answer(("lena", "And that.", false), Outcome::Free, at(4)).unwrap().number;
            handling.answer_ended(number, &telling::State::Sent, true, at(30), at(5));
            assert_eq!((handling.state, handling.due_at), (State::Resolved, None), "{what}: all is answered");
        }
    }

    #[test]
    fn what_is_paid_ends_a_ticket_once_all_that_came_in_is_answered() {
        for (what, letters, seen, expected) in [
            ("nothing came in since", 1, 1, (true, State::Resolved, None)),
            ("a letter came in since", 2, 1, (false, State::Investigating, Some(20))),
        ] {
            let assigned_to = Some("lena".to_owned());
            let mut handling = Handling { state: State::AwaitingPayment, assigned_to, ..Handling::default() };
            (1..=letters).for_each(|minute| handling.begin_turn(at(minute), Some(at(10 * minute))));
            handling.answered_up_to(seen);
            let ended = handling.was_paid(at(3));
            assert_eq!(
                (ended, handling.state, handling.due_at),
                (expected.0, expected.1, expected.2.map(at)),
                "{what}"
            );
        }
    }

    #[test]
    fn whom_a_letter_about_their_debt_did_not_reach_is_seen_to_in_time() {
        let mut handling = Handling { state: State::AwaitingPayment, ..Handling::default() };
        handling.was_not_asked("the account has no address", at(30), at(1));
        assert_eq!((handling.state, handling.due_at), (State::AwaitingPayment, Some(at(30))));
        assert!(handling.history[0].what.ends_with("the account has no address"));
        let mut over = Handling { state: State::Resolved, ..Handling::default() };
        over.was_not_asked("the account has no address", at(30), at(1));
        assert!(over.due_at.is_none() && over.history.is_empty());
    }

    #[test]
    fn what_was_not_taken_comes_back_from_waiting() {
        for came in [refused(None), telling::State::InDoubt { reason: "no answer".to_owned() }] {
            let mut handling = Handling { state: State::Waiting, ..Handling::default() };
            let number = handling.answer(("lena", "One thing more.", false), Outcome::Free, at(1)).unwrap().number;
            handling.answer_ended(number, &came, false, at(30), at(2));
            assert_eq!((handling.state, handling.due_at), (State::Open, Some(at(30))), "{came:?}");
        }
    }

    #[test]
    fn what_is_refused_for_a_while_leaves_once_more_and_nothing_beside_it() {
        let mut handling = Handling::default();
        let number = handling.answer(("lena", "Done.", true), Outcome::Done, at(1)).unwrap().number;
        handling.answer_ended(number, &refused(Some(3)), false, at(30), at(2));
        assert!(handling.answer(("mara", "Something else.", false), Outcome::Free, at(2)).is_none());
        handling.leaves_again(number);
        handling.answer_ended(number, &telling::State::Sent, false, at(30), at(3));
        assert_eq!(handling.first_answer_at, Some(at(3)));
        handling.leaves_again(number);
        assert_eq!(handling.answers[0].state, telling::State::Sent, "what was taken does not leave again");
    }

    #[test]
    fn a_ticket_hears_of_each_end_once_and_comes_back_to_whoever_has_it() {
        let action = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "recoup", "k");
        for (what, state, has, expected) in [
            ("it waits", State::Waiting, Some("lena"), State::Investigating),
            ("it waits, and nobody has it", State::Waiting, None, State::Open),
            ("it waits for money", State::AwaitingPayment, Some("lena"), State::AwaitingPayment),
        ] {
            let assigned_to = has.map(str::to_owned);
            let mut handling = Handling { state, assigned_to, ..Handling::default() };
            assert!(handling.hear(&action, End::Done, at(90), at(1)), "{what}");
            assert_eq!((handling.state, handling.due_at), (expected, Some(at(90))), "{what}");
            handling.due_at = None;
            assert!(!handling.hear(&action, End::Done, at(95), at(2)), "{what}: once");
            assert_eq!(handling.due_at, None, "{what}");
            assert!(handling.hear(&action, End::Failed, at(95), at(3)), "{what}: it ended otherwise after all");
        }
        let mut over = Handling { state: State::Resolved, ..Handling::default() };
        assert!(!over.hear(&action, End::Done, at(90), at(1)));
        assert_eq!(over.due_at, None);
    }

    #[test]
    fn whatever_came_to_an_end_is_heard_and_what_may_still_come_of_itself_is_not() {
        for state in action::State::ALL {
            let is_heard = End::of(state).is_some();
            let expected = state.is_final();
            assert_eq!(is_heard, expected, "{state:?}");
        }
    }
}
