//! When is it our turn? When the customer wrote, and when what was asked for has ended. Turns are counted in the order
//! in which we took them in, and an answer says up to which of them it was written for: the clock stops for these and
//! for no other.

use super::{Handling, State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many that wait for an answer are kept: the oldest, by which the clock goes.
const OPEN_TURNS_MAX: usize = 20;

/// Something that the customer is to be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Counted from 1.
    pub number: u32,
    /// When the customer wrote, or when it ended.
    pub at: Timestamp,
    /// By when it is to be answered, once that is known.
    pub due_at: Option<Timestamp>,
}

impl Handling {
    /// It is our turn: something came that the customer is to be answered.
    pub(super) fn begin_turn(&mut self, at: Timestamp, due_at: Option<Timestamp>) {
        self.turns += 1;
        if self.open_turns.len() < OPEN_TURNS_MAX {
            self.open_turns.push(Turn { number: self.turns, at, due_at });
        }
    }

    /// The customer was answered up to this turn: the clock goes on for what came in after it.
    pub fn answered_up_to(&mut self, turn: u32) {
        self.open_turns.retain(|open| open.number > turn);
        self.due_at = self.open_turns.iter().filter_map(|open| open.due_at).min();
    }

    /// The help desk answered at this time, beside us: whoever did had read what was written before.
    pub(super) fn answered_there(&mut self, at: Timestamp) {
        self.open_turns.retain(|open| open.at > at);
    }

    /// Whether something came in after this turn.
    pub(super) fn is_overtaken(&self, turn: u32) -> bool {
        self.open_turns.iter().any(|open| open.number > turn)
    }

    /// Whether the customer wrote after this moment, and was not answered yet. That what was asked for has ended is a
    /// turn of ours as well, and no letter.
    pub(super) fn was_written_since(&self, at: Timestamp) -> bool {
        let is_end = |open: &Turn| self.heard.iter().any(|heard| heard.at == open.at);
        self.open_turns.iter().any(|open| open.at > at && !is_end(open))
    }

    /// Whether it stands in a queue, and no person has put it there.
    pub fn is_unowned(&self) -> bool {
        self.state != State::Resolved && self.role.is_some() && self.assigned_to.is_none() && !self.given
    }

    /// Whether the customer waits for an answer.
    pub fn is_unanswered(&self) -> bool {
        !self.open_turns.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(60 * minute).unwrap()
    }

    #[test]
    fn an_answer_stops_the_clock_for_what_it_had_seen_and_for_nothing_else() {
        for (what, turn, left, due) in [
            ("the first of three", 1, vec![2, 3], Some(20)),
            ("two of them", 2, vec![3], Some(30)),
            ("all", 3, vec![], None),
            ("none", 0, vec![1, 2, 3], Some(10)),
        ] {
            let mut handling = Handling { due_at: Some(at(10)), ..Handling::default() };
            for minute in 1..=3 {
                handling.begin_turn(at(minute), Some(at(10 * minute)));
            }
            handling.answered_up_to(turn);
            let numbers: Vec<u32> = handling.open_turns.iter().map(|open| open.number).collect();
            assert_eq!((numbers, handling.due_at), (left, due.map(at)), "{what}");
            assert_eq!(handling.is_unanswered(), due.is_some(), "{what}");
        }
    }

    #[test]
    fn of_many_the_oldest_are_kept_and_all_are_counted() {
        let mut handling = Handling::default();
        for minute in 0..30 {
            handling.begin_turn(at(minute), None);
        }
        assert_eq!((handling.turns, handling.open_turns.len(), handling.open_turns[0].number), (30, 20, 1));
        handling.answered_up_to(30);
        assert!(!handling.is_unanswered());
    }

    #[test]
    fn whoever_answered_at_the_help_desk_had_read_what_was_written_before() {
        let mut handling = Handling::default();
        for minute in [1, 2, 4] {
            handling.begin_turn(at(minute), None);
        }
        handling.answered_there(at(2));
        assert_eq!(handling.open_turns.iter().map(|open| open.number).collect::<Vec<_>>(), [3]);
    }
}
