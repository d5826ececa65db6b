//! How a ticket is handled: whose it is, who has it, what was answered, and how it ended.

use super::{Answer, AtWork, Heard, Outcome, TakenFor, Turn};
use crate::case::Class;
use crate::id::{AccountId, CaseId};
use crate::policy::{forget_oldest, shorten};
use crate::staff::{Role, Staff};
use crate::telling;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// How many bytes of answers are kept, and how many of what happened: the newest.
const ANSWERS_BYTES_MAX: usize = 30_000;
const HISTORY_BYTES_MAX: usize = 8_000;

/// How much of what somebody says besides is kept.
const SAID_BYTES_MAX: usize = 600;

/// What we do about a ticket, whatever its help desk says of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Handling {
    pub state: State,
    pub taken_for: Option<TakenFor>,
    /// Whose it is, once that is certain.
    pub account: Option<AccountId>,
    /// The colleague who said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vouched_by: Option<String>,
    /// The colleague who said that whoever wrote is no customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stranger_by: Option<String>,
    /// The trouble that it is about.
    pub case: Option<CaseId>,
    pub assigned_to: Option<String>,
    /// Whether a person said who has it, or that nobody does: then no rule moves it.
    pub given: bool,
    /// In whose queue it stands, as long as nobody has it; else the role of whoever got it.
    pub role: Option<Role>,
    /// In which language the customer writes.
    pub language: Option<String>,
    pub answers: Vec<Answer>,
    /// How many answers there were, those included that are not kept.
    pub answered: u32,
    /// How often it was our turn: letters of the customer, and ends of what was asked for, as we took them in.
    pub turns: u32,
    /// Those of which the customer was answered nothing yet, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open_turns: Vec<Turn>,
    /// What happened to it, oldest first.
    pub history: Vec<Happened>,
    pub first_answer_at: Option<Timestamp>,
    pub resolved_at: Option<Timestamp>,
    /// Whether the help desk ended it, which had read what was written there before; we had read what had come.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ended_there: bool,
    /// How often it was opened again.
    pub reopened: u32,
    pub at_work: AtWork,
    /// By when it is to be answered.
    pub due_at: Option<Timestamp>,
    /// When somebody looks at it, where nobody waits for an answer.
    pub look_at: Option<Timestamp>,
    /// When it began anew: a customer wrote long after its end.
    pub began_at: Option<Timestamp>,
    /// The text that is prepared for the customer and that nobody has sent, by its id in the texts.
    pub draft: Option<String>,
    /// The ticket that it was a repeat of, as `provider/source/id`.
    pub merged_into: Option<String>,
    /// The payment that it waits for.
    pub payment_request: Option<String>,
    /// How what was asked for because of its case has ended, as far as it has heard of it: of each end once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub heard: Vec<Heard>,
    /// Whether a person did anything but send what was prepared or decide what was asked.
    pub by_hand: bool,
    /// Whether it moved to a higher role, or another person's approval was needed.
    pub escalated: bool,
    /// Up to which turn the top of the ladder was told that nobody had answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told_above: Option<u32>,
}

/// Where it stands. A customer who writes again after the end opens it again, and so may a colleague.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    #[default]
    Open,
    /// Somebody has it, or its case is looked into.
    Investigating,
    /// It ends when money comes.
    AwaitingPayment,
    /// It waits for the customer, or for a decision.
    Waiting,
    Resolved,
}

impl State {
    /// In the order of a ticket's life.
    pub const ALL: [Self; 5] = [Self::Open, Self::Investigating, Self::AwaitingPayment, Self::Waiting, Self::Resolved];

    /// As it stands in JSON, and in the keys of the lists, so that it never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Investigating => "investigating",
            Self::AwaitingPayment => "awaiting_payment",
            Self::Waiting => "waiting",
            Self::Resolved => "resolved",
        }
    }
}

/// One thing that happened to a ticket, in words of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happened {
    pub at: Timestamp,
    /// Somebody of the staff, or Recoup.
    pub by: String,
    pub what: String,
    /// Who has it now, where that is what happened: `what` has their id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

impl Happened {
    /// What happened, with whoever got it as they are called.
    pub fn shown<'a>(&'a self, called: impl Fn(&'a str) -> Cow<'a, str>) -> Cow<'a, str> {
        match &self.to {
            Some(to) => Cow::Owned(format!("gave it to {}", called(to))),
            None => Cow::Borrowed(&self.what),
        }
    }
}

impl Handling {
    /// Notes what happened; what a person did counts as time at work.
    pub fn note(&mut self, at: Timestamp, by: &str, what: impl Into<String>) {
        self.noted(Happened { at, by: by.to_owned(), what: what.into(), to: None });
    }

    fn noted(&mut self, happened: Happened) {
        self.at_work.act(&happened.by, happened.at);
        self.history.push(happened);
        forget_oldest(&mut self.history, HISTORY_BYTES_MAX);
    }

    /// It is read anew, unless somebody has said what it is; says whether anything changed. Its language goes by the
    /// newest letter that tells one, whichever of them says what it is.
    pub fn take_for(&mut self, mut taken: TakenFor) -> bool {
        let before = self.taken_for.clone();
        let tongue = before.as_ref().and_then(|standing| standing.language.clone()).max(taken.language.take());
        if before.as_ref().is_none_or(|standing| standing.gives_way(&taken)) {
            self.taken_for = Some(taken);
        }
        if let Some(standing) = &mut self.taken_for {
            standing.language = tongue;
        }
        self.taken_for != before
    }

    /// Somebody says what it is.
    pub fn correct(&mut self, class: Class, by: &str, at: Timestamp) {
        self.take_for(TakenFor::by_hand(class, by, at));
        self.by_hand = true;
        self.note(at, by, format!("says that it is: {}", class.title().to_lowercase()));
    }

    /// What somebody says besides, in their own words: as much of it as a line holds.
    pub fn say(&mut self, at: Timestamp, by: &str, what: &str, words: &str) {
        let mut said = format!("{what}: {}", words.trim());
        shorten(&mut said, SAID_BYTES_MAX);
        self.note(at, by, if words.trim().is_empty() { what.to_owned() } else { said });
    }

    /// Somebody has it now, or nobody.
    pub fn assign(&mut self, to: Option<&str>, by: &str, at: Timestamp) {
        self.assigned_to = to.map(str::to_owned);
        let by_hand = by != crate::staff::MACHINE;
        self.by_hand |= by_hand;
        self.given = by_hand;
        let what = to.map_or_else(|| "put it back".to_owned(), |to| format!("gave it to {to}"));
        self.noted(Happened { at, by: by.to_owned(), what, to: to.map(str::to_owned) });
        if to.is_some() && self.state == State::Open {
            self.state = State::Investigating;
        }
    }

    /// A person gives it to somebody, who may be of a higher role than it was for.
    pub fn give(&mut self, to: &Staff, by: &str, at: Timestamp) {
        self.escalated |= self.role.is_some_and(|role| to.role != role && to.role.stands_for(role));
        if self.is_told_above() {
            // Whoever gets it has a time of their own, and it climbs from them.
            self.due_at = None;
        }
        self.told_above = None;
        self.role = Some(to.role);
        self.assign(Some(&to.id), by, at);
    }

    /// An answer to all that has come is about to leave.
    pub fn answer(&mut self, written: (&str, &str, bool), outcome: Outcome, at: Timestamp) -> Option<&Answer> {
        self.answer_to(self.turns, written, outcome, at).map(|answer| &*answer)
    }

    /// An answer to what had come up to a turn is about to leave. None while another is on its way that says the same
    /// to the same, or whose end is not known.
    pub fn answer_to(
        &mut self,
        turn: u32,
        (by, text, unchanged): (&str, &str, bool),
        outcome: Outcome,
        at: Timestamp,
    ) -> Option<&mut Answer> {
        if self.answers.iter().any(|answer| answer.is_under_way() || answer.says(text, turn)) {
            return None;
        }
        self.answered += 1;
        self.answers.push(Answer {
            number: self.answered,
            by: by.to_owned(),
            text: text.to_owned(),
            unchanged,
            outcome,
            at,
            turn,
            step: None,
            asks_for: None,
            opens: None,
            state: telling::State::Sending,
        });
        forget_oldest(&mut self.answers, ANSWERS_BYTES_MAX);
        self.by_hand |= !unchanged;
        self.note(at, by, "answered");
        self.answers.last_mut()
    }

    /// What came of an answer; only one that was taken counts as the first, and stops the clock for what it had seen.
    pub fn answer_came(&mut self, number: u32, came: telling::State, at: Timestamp) {
        let Some(answer) = self.answers.iter_mut().find(|answer| answer.number == number) else { return };
        answer.came(came);
        if answer.state == telling::State::Sent && answer.outcome.answers() {
            self.first_answer_at = Some(self.first_answer_at.map_or(at, |first| first.min(at)));
            let turn = answer.turn;
            self.answered_up_to(turn);
        }
    }

    /// It goes on to another state; what was resolved is opened again only by `reopen`.
    pub fn go_on(&mut self, state: State, by: &str, at: Timestamp, why: &str) {
        if self.state == State::Resolved || self.state == state {
            return;
        }
        self.state = state;
        if state == State::Resolved {
            self.resolved_at = Some(at);
            (self.due_at, self.told_above, self.ended_there) = (None, None, false);
            self.open_turns.clear();
        }
        self.note(at, by, why);
    }

    /// It goes on after the end: the customer wrote again, or somebody says that it is not over.
    pub fn reopen(&mut self, by: &str, at: Timestamp, why: &str) {
        if self.state == State::Resolved {
            self.state = State::Open;
            (self.resolved_at, self.ended_there) = (None, false);
            self.reopened += 1;
            if self.merged_into.is_some() {
                // It is no repeat after all: the case of the other ticket may be another trouble, and another one's.
                self.case = None;
            }
            (self.merged_into, self.draft, self.payment_request) = (None, None, None);
            self.note(at, by, why);
        }
    }

    /// The customer wrote so long after the end that it is another matter: all of it begins anew, under the same name.
    /// Answers and turns are counted on, so that none is taken for a repeat.
    pub(super) fn begin_anew(&mut self, at: Timestamp, why: &str) {
        let Self { account, language, answers, answered, turns, history, .. } = std::mem::take(self);
        *self = Self { account, language, answers, answered, turns, history, began_at: Some(at), ..Self::default() };
        self.note(at, crate::staff::MACHINE, why);
    }

    /// Keeps how it went, and nothing that anybody wrote.
    pub(super) fn erase(&mut self) {
        self.answers.iter_mut().for_each(|answer| answer.text.clear());
        // What somebody says besides stands behind a colon.
        for happened in self.history.iter_mut().filter(|happened| happened.by != crate::staff::MACHINE) {
            happened.what.truncate(happened.what.find(':').unwrap_or(happened.what.len()));
        }
        (self.account, self.vouched_by, self.stranger_by, self.draft) = (None, None, None, None);
        if let Some(taken) = &mut self.taken_for {
            taken.reasons.clear();
            taken.language.iter_mut().for_each(|tongue| tongue.words.clear());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::Tongue;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(60 * minute).unwrap()
    }

    #[test]
    fn time_at_work_is_from_act_to_act_and_a_long_pause_ends_a_sitting() {
        for (what, acts, expected) in [
            ("one act", vec![("lena", 0)], 0),
            ("two in a sitting", vec![("lena", 0), ("lena", 4)], 4),
            ("exactly ten minutes", vec![("lena", 0), ("lena", 10)], 10),
            ("two sittings", vec![("lena", 0), ("lena", 3), ("lena", 14), ("mara", 16)], 3),
            ("the machine does not work", vec![("lena", 0), ("recoup", 5), ("lena", 11)], 0),
            ("an act that came late", vec![("lena", 5), ("lena", 3), ("lena", 6)], 3),
        ] {
            let mut handling = Handling::default();
            for (by, minute) in acts {
                handling.note(at(minute), by, "did something");
            }
            assert_eq!(handling.at_work.secs, 60 * expected, "{what}");
        }
    }

    #[test]
    fn the_same_answer_leaves_once_and_one_at_a_time() {
        let mut handling = Handling { due_at: Some(at(60)), ..Handling::default() };
        let send = |handling: &mut Handling, text: &str, minute| {
            handling.answer(("lena", text, true), Outcome::Done, at(minute)).map(|answer| answer.number)
        };
        assert_eq!(send(&mut handling, "Done.", 1), Some(1));
        assert_eq!(send(&mut handling, "And more.", 1), None, "it is not known yet what came of the first");
        handling.answer_came(1, telling::State::Sent, at(2));
        assert_eq!((handling.first_answer_at, handling.due_at), (Some(at(2)), None));
        assert_eq!(send(&mut handling, "Done.", 3), None, "pressed twice");
        assert_eq!(send(&mut handling, "And more.", 3), Some(2));
        handling.answer_came(2, telling::State::Refused { reason: "closed".to_owned(), again_at: None }, at(3));
        assert_eq!(send(&mut handling, "And more.", 4), Some(3), "it was not taken, so it may be written again");
        assert!(!handling.by_hand, "all was sent as it was prepared");
    }

    #[test]
    fn the_same_words_to_another_letter_are_another_answer() {
        let mut handling = Handling::default();
        let send = |handling: &mut Handling, turn, minute| {
            let number = handling.answer_to(turn, ("lena", "We look.", true), Outcome::Free, at(minute))?.number;
            handling.answer_came(number, telling::State::Sent, at(minute));
            Some(number)
        };
        handling.begin_turn(at(0), Some(at(60)));
        assert_eq!(send(&mut handling, 1, 1), Some(1));
        assert_eq!(send(&mut handling, 1, 2), None, "pressed twice");
        handling.begin_turn(at(3), Some(at(90)));
        assert_eq!(send(&mut handling, 1, 4), None, "what was pressed before the second letter came late");
        assert_eq!(send(&mut handling, 2, 5), Some(2), "the second letter is answered as well");
        assert_eq!(send(&mut handling, 2, 6), None);
    }

    #[test]
    fn an_answer_stops_no_clock_of_a_letter_that_came_while_it_left() {
        let mut handling = Handling { due_at: Some(at(60)), ..Handling::default() };
        handling.begin_turn(at(0), Some(at(60)));
        let number = handling.answer(("lena", "Done.", true), Outcome::Done, at(1)).unwrap().number;
        handling.begin_turn(at(2), Some(at(120)));
        handling.answer_came(number, telling::State::Sent, at(3));
        assert_eq!((handling.first_answer_at, handling.due_at), (Some(at(3)), Some(at(120))));
        let number = handling.answer(("lena", "And that.", false), Outcome::Free, at(4)).unwrap().number;
        handling.answer_came(number, telling::State::Sent, at(5));
        assert_eq!(handling.due_at, None);
    }

    #[test]
    fn the_first_answer_is_one_that_says_something() {
        for outcome in [Outcome::Neutral, Outcome::Taken] {
            let mut handling = Handling::default();
            let number = handling.answer(("recoup", "We look at it.", true), outcome, at(1)).unwrap().number;
            handling.answer_came(number, telling::State::Sent, at(1));
            assert_eq!(handling.first_answer_at, None);
            assert_eq!(handling.at_work, AtWork::default());
        }
    }

    #[test]
    fn what_has_ended_goes_on_only_where_it_is_opened_again() {
        let mut handling = Handling::default();
        handling.assign(Some("lena"), "mara", at(1));
        assert_eq!(handling.state, State::Investigating);
        handling.go_on(State::AwaitingPayment, "lena", at(2), "asked for the payment");
        handling.go_on(State::Resolved, "recoup", at(3), "paid");
        assert_eq!(handling.resolved_at, Some(at(3)));
        handling.go_on(State::Waiting, "lena", at(4), "no");
        assert_eq!(handling.state, State::Resolved);
        handling.reopen("recoup", at(5), "the customer wrote again");
        assert_eq!((handling.state, handling.resolved_at, handling.reopened), (State::Open, None, 1));
        handling.reopen("recoup", at(6), "the customer wrote again");
        assert_eq!(handling.reopened, 1, "it is open");
    }

    #[test]
    fn the_language_is_that_of_the_newest_letter_that_tells_one_in_whatever_order_they_came() {
        let read = |minute: i64, abstained: bool, language: Option<&str>| {
            let tongue = |language: &str| Tongue {
                by_letter: true,
                at: at(minute),
                chosen: false,
                language: language.to_owned(),
                words: vec!["no".to_owned()],
            };
            let (at, language) = (at(minute), language.map(tongue));
            TakenFor { by: None, abstained, language, ..TakenFor::by_hand(Class::TaxQuestion, "", at) }
        };
        let letters = [read(1, false, Some("de")), read(2, true, Some("fr")), read(3, true, None)];
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]] {
            let mut handling = Handling::default();
            for place in order {
                handling.take_for(letters[place].clone());
            }
            assert!(!handling.take_for(letters[1].clone()), "{order:?}: nothing is new in it");
            let told = |handling: &Handling| {
                let taken = handling.taken_for.clone().unwrap();
                (taken.class, taken.language.map(|tongue| (tongue.language, tongue.words.len())))
            };
            let french = |words: usize| Some(("fr".to_owned(), words));
            assert_eq!(told(&handling), (Class::TaxQuestion, french(1)), "{order:?}");
            handling.correct(Class::Chargeback, "lena", at(4));
            assert_eq!(told(&handling), (Class::Chargeback, french(1)), "{order:?}: what a person says is no letter");
            handling.erase();
            assert_eq!(told(&handling), (Class::Chargeback, french(0)), "{order:?}: nothing of what was written stays");
        }
    }
}
