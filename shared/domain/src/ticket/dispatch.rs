//! An answer on its way: what has to be known of it until it is certain what came of it.

use super::TicketName;
use crate::book::{Head, LetterLine};
use crate::id::digest;
use crate::policy::Patience;
use crate::telling::State;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// There is one a ticket, and one answer at a time; its text stands in the ticket. It is its own alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    pub provider: String,
    pub source: String,
    /// The ticket's.
    pub id: String,
    /// The answer's.
    pub number: u32,
    /// Whether the ticket is solved with it.
    pub solves: bool,
    /// How often it left.
    pub tries: u32,
    /// When it left last, as long as nobody knows what came of that.
    pub left_at: Option<Timestamp>,
    /// Whether it may have been taken.
    pub doubted: bool,
    /// How often somebody looked whether it was taken.
    pub looks: u32,
    /// When somebody sees to it next; never, once it has ended.
    pub again_at: Option<Timestamp>,
    pub trace: String,
}

/// What is done about an answer that somebody takes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It is not due, or has ended.
    Nothing,
    Send,
    /// It may have been taken: first somebody looks.
    Look,
    /// It may have been taken, and nobody can say so.
    Doubt,
}

/// How sending an answer, or looking for it, went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    Taken,
    /// Never, as it is: a person sees to it.
    Refused {
        reason: String,
    },
    /// It was not taken, and may be later: not before so many seconds. `certain`, where nothing can have been done.
    NotNow {
        reason: String,
        after_secs: Option<i64>,
        certain: bool,
    },
    /// It may have been taken. Where somebody can be asked, they are before anything leaves again.
    Unknown {
        reason: String,
        can_ask: bool,
    },
    /// It is not there yet, and what left may still come: it is looked for again then.
    NotYet {
        look_at: Timestamp,
    },
}

impl Dispatch {
    /// An answer that leaves as soon as somebody takes it up.
    pub fn new(ticket: &TicketName, number: u32, solves: bool, at: Timestamp) -> Self {
        let TicketName { provider, source, id } = ticket.clone();
        let trace = format!("answer_{}", digest(&[&provider, &source, &id, &number.to_string()], 16));
        let (tries, looks, left_at, doubted, again_at) = (0, 0, None, false, Some(at));
        Self { provider, source, id, number, solves, tries, left_at, doubted, looks, again_at, trace }
    }

    /// By what the help desk, or whoever carries mail, knows this answer from every other.
    pub fn mark(&self) -> String {
        format!("ans_{}", digest(&[&self.provider, &self.source, &self.id, &self.number.to_string()], 20))
    }

    /// Somebody takes it up, who is given until `lease`: nobody else does meanwhile. `can_ask`, where whoever takes it can say
    /// whether they have it.
    pub fn take_up(&mut self, can_ask: bool, patience: &Patience, now: Timestamp, lease: Timestamp) -> Next {
        if self.again_at.is_none_or(|at| at > now) {
            return Next::Nothing;
        }
        self.again_at = Some(lease);
        if !self.may_have_left() {
            self.leaves(now);
            return Next::Send;
        }
        self.doubted = true;
        self.looks += 1;
        if can_ask && patience.wait(self.looks).is_some() { Next::Look } else { Next::Doubt }
    }

    /// Whether it may be there already.
    pub fn may_have_left(&self) -> bool {
        self.left_at.is_some() || self.doubted
    }

    /// It leaves now.
    pub fn leaves(&mut self, now: Timestamp) {
        self.tries += 1;
        self.left_at = Some(now);
    }

    /// Until when what left may still be done there, where that is not over.
    pub fn may_come_until(&self, settling: SignedDuration, now: Timestamp) -> Option<Timestamp> {
        self.left_at.map(|at| at + settling).filter(|until| *until > now)
    }

    /// What came of it, and how the answer stands after that; nothing, where it stands as before.
    pub fn came(&mut self, came: Came, patience: &Patience, now: Timestamp) -> Option<State> {
        match came {
            Came::Taken => Some(self.ended(State::Sent)),
            Came::Refused { reason } => Some(self.ended(State::Refused { reason, again_at: None })),
            Came::NotNow { reason, after_secs, certain } => {
                self.left_at = None;
                self.doubted |= !certain;
                match patience.again_at(self.tries.max(1), after_secs, now) {
                    Some(at) => {
                        self.again_at = Some(at);
                        Some(State::Refused { reason, again_at: Some(at) })
                    }
                    None if self.doubted => Some(self.ended(State::InDoubt { reason })),
                    None => Some(self.ended(State::Refused { reason, again_at: None })),
                }
            }
            Came::Unknown { reason, can_ask } => {
                self.doubted = true;
                match patience.wait(self.looks.max(1)).filter(|_| can_ask) {
                    Some(wait) => {
                        self.again_at = Some(now + wait);
                        None
                    }
                    None => Some(self.ended(State::InDoubt { reason })),
                }
            }
            Came::NotYet { look_at } => {
                self.again_at = Some(look_at);
                None
            }
        }
    }

    /// It must not leave any more; whether it has left already may not be known.
    pub fn withheld(&mut self, why: &str) -> State {
        if !self.may_have_left() {
            return self.ended(State::Refused { reason: why.to_owned(), again_at: None });
        }
        self.ended(State::InDoubt { reason: format!("{why}, and it may have left before") })
    }

    /// What others who write to the account see of an answer that asks for money, as it leaves. `doubt_at` is by when
    /// it is known whether it has.
    pub fn letter_line(&self, now: Timestamp, doubt_at: Timestamp) -> LetterLine {
        LetterLine::answer(&self.mark(), "answer", now, Some(doubt_at))
    }

    /// Shows them what became of it.
    pub fn show_letter_on(&self, state: &State, head: &mut Head) {
        head.learns_of_answer(&self.mark(), |line| match state {
            State::Sending => Some(line),
            State::Sent => Some(line.left()),
            State::InDoubt { .. } => Some(line.lost()),
            State::Refused { .. } => None,
        });
    }

    /// Nothing is on its way any more.
    pub fn ended(&mut self, state: State) -> State {
        (self.left_at, self.again_at) = (None, None);
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn patience() -> Patience {
        Patience { first_secs: 60, factor: 2, secs_max: 3600, tries_max: 3 }
    }

    fn secs(secs: i64) -> Timestamp {
        NOW + SignedDuration::from_secs(secs)
    }

    fn fresh() -> Dispatch {
        Dispatch::new(&TicketName::new("desk", "default", "t1"), 1, false, NOW)
    }

    fn taken_up(dispatch: &mut Dispatch, can_ask: bool, at: i64) -> Next {
        dispatch.take_up(can_ask, &patience(), secs(at), secs(at + 300))
    }

    fn not_now(certain: bool, after_secs: Option<i64>) -> Came {
        Came::NotNow { reason: "busy".to_owned(), after_secs, certain }
    }

    fn unknown(can_ask: bool) -> Came {
        Came::Unknown { reason: "silent".to_owned(), can_ask }
    }

    #[test]
    fn others_see_an_answer_that_asks_for_money_until_it_did_not_leave() {
        let dispatch = fresh();
        let line = dispatch.letter_line(NOW, secs(900));
        let reason = String::new;
        for (what, state, expected) in [
            ("it is leaving", State::Sending, Some(line.clone())),
            ("it has left", State::Sent, Some(line.clone().left())),
            ("nobody knows", State::InDoubt { reason: reason() }, Some(line.clone().lost())),
            ("it was refused", State::Refused { reason: reason(), again_at: None }, None),
        ] {
            let mut head = Head::new("stripe", "default", "cus_1");
            head.shows_letter(line.clone());
            dispatch.show_letter_on(&state, &mut head);
            assert_eq!((head.answered.clone(), head.written.clone()), (expected, None), "{what}");
            let others = Dispatch { number: 2, ..fresh() }.letter_line(NOW, secs(900));
            head.shows_letter(others.clone());
            dispatch.show_letter_on(&state, &mut head);
            assert_eq!(head.answered, Some(others), "{what}: another one's");
        }
    }

    #[test]
    fn one_at_a_time_takes_it_up_and_whoever_finds_that_it_left_looks_first() {
        let mut dispatch = fresh();
        assert_eq!(taken_up(&mut dispatch, true, 0), Next::Send);
        assert_eq!(taken_up(&mut dispatch, true, 299), Next::Nothing, "somebody is at it");
        let mut mailed = dispatch.clone();
        assert_eq!(taken_up(&mut dispatch, true, 300), Next::Look, "they were never heard of again");
        assert_eq!(taken_up(&mut mailed, false, 300), Next::Doubt, "of a mail nobody can say");
        dispatch.came(Came::Taken, &patience(), secs(301));
        assert_eq!(taken_up(&mut dispatch, true, 9_999), Next::Nothing, "it has ended");
    }

    #[test]
    fn what_must_not_leave_any_more_is_in_doubt_where_it_may_have_left() {
        let failed = |certain| {
            let mut dispatch = fresh();
            taken_up(&mut dispatch, true, 0);
            dispatch.came(not_now(certain, None), &patience(), secs(1));
            dispatch
        };
        let mut unheard = fresh();
        taken_up(&mut unheard, true, 0);
        for (what, mut dispatch, is_certain) in [
            ("it never left", fresh(), true),
            ("a limit", failed(true), true),
            ("a failure of theirs", failed(false), false),
            ("nobody was heard of who sent it", unheard, false),
        ] {
            let state = dispatch.withheld("another address");
            assert_eq!(matches!(state, State::Refused { again_at: None, .. }), is_certain, "{what}: {state:?}");
            assert_eq!(matches!(state, State::InDoubt { .. }), !is_certain, "{what}: {state:?}");
            assert_eq!(taken_up(&mut dispatch, true, 9_999), Next::Nothing, "{what}");
        }
    }

    #[test]
    fn what_was_certainly_not_taken_leaves_again_without_a_look() {
        for (what, came, next, at) in [
            ("a limit", not_now(true, None), Next::Send, 60),
            ("as long as they ask for", not_now(true, Some(900)), Next::Send, 900),
            ("a failure of theirs", not_now(false, None), Next::Look, 60),
            ("no answer", unknown(true), Next::Look, 60),
        ] {
            let mut dispatch = fresh();
            taken_up(&mut dispatch, true, 0);
            dispatch.came(came, &patience(), NOW);
            assert_eq!(taken_up(&mut dispatch, true, at - 1), Next::Nothing, "{what}");
            assert_eq!(taken_up(&mut dispatch, true, at), next, "{what}");
        }
    }

    #[test]
    fn patience_ends_with_a_refusal_or_a_doubt() {
        let refused = |again: Option<i64>| State::Refused { reason: "busy".to_owned(), again_at: again.map(secs) };
        let mut dispatch = fresh();
        for (at, expected) in [(0, refused(Some(60))), (60, refused(Some(180))), (180, refused(None))] {
            assert_eq!(taken_up(&mut dispatch, true, at), Next::Send);
            assert_eq!(dispatch.came(not_now(true, None), &patience(), secs(at)), Some(expected));
        }
        assert_eq!(dispatch.again_at, None);

        let mut dispatch = fresh();
        taken_up(&mut dispatch, true, 0);
        assert_eq!(dispatch.came(unknown(true), &patience(), NOW), None, "it stands as being sent");
        for (at, next) in [(60, Next::Look), (120, Next::Look), (240, Next::Doubt)] {
            assert_eq!(taken_up(&mut dispatch, true, at), next, "{at}");
            dispatch.came(unknown(true), &patience(), secs(at));
        }
        let doubted = Some(State::InDoubt { reason: "silent".to_owned() });
        let mut mailed = fresh();
        taken_up(&mut mailed, false, 0);
        assert_eq!(mailed.came(unknown(false), &patience(), NOW), doubted, "a mail is not asked for");
    }

    #[test]
    fn what_left_may_come_late() {
        let (mut dispatch, settling) = (fresh(), SignedDuration::from_secs(900));
        taken_up(&mut dispatch, true, 0);
        assert_eq!(dispatch.may_come_until(settling, secs(899)), Some(secs(900)));
        assert_eq!(dispatch.may_come_until(settling, secs(900)), None);
        assert_ne!(dispatch.mark(), Dispatch { number: 2, ..dispatch.clone() }.mark());
    }
}
