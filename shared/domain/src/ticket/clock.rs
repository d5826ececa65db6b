//! By when does something happen to a ticket? No open one is without such a time.

use super::policy::TicketPolicy;
use super::{Handling, State};
use crate::policy::Working;
use crate::staff::{MACHINE, Role};
use jiff::{SignedDuration, Timestamp};

/// What came of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rang {
    /// Nothing is due.
    Nothing,
    /// Nobody answered in time: it stands in the queue of the role above, or with the highest, which is told once of
    /// what came.
    Overdue,
    /// The customer did not answer in weeks: it has ended.
    GivenUp,
    /// It is to be gone on with.
    LookedAt,
}

impl Handling {
    /// When somebody looks at it. One that is open and has no time yet is looked at at once, and has one from then on.
    pub fn wake_at(&self) -> Option<Timestamp> {
        if self.state == State::Resolved {
            return None;
        }
        let last = || self.history.last().map(|happened| happened.at);
        let due_at = self.due_at.filter(|_| !self.is_told_above());
        [due_at, self.look_at].into_iter().flatten().min().or_else(last)
    }

    /// Whether the top of the ladder knows already that nobody answered, and nothing has come since: it is overdue, and
    /// nobody is told once more.
    pub(super) fn is_told_above(&self) -> bool {
        self.due_at.is_some() && self.told_above == Some(self.turns)
    }

    /// Gives it the time by which something happens, as it stands now: whoever changes a ticket calls this last.
    pub fn rest(&mut self, policy: &TicketPolicy, working: &Working, now: Timestamp) {
        self.look_at = match self.state {
            State::Resolved => None,
            State::Waiting | State::AwaitingPayment => Some(now + policy.waits()),
            State::Open | State::Investigating if self.due_at.is_some() && !self.is_told_above() => None,
            State::Open | State::Investigating => Some(working.after(now, minutes(policy.quiet.minutes))),
        };
        if matches!(self.state, State::Resolved | State::Waiting) {
            self.due_at = None;
        }
    }

    /// Whether its alarm would end it by now, since the customer did not answer.
    pub fn is_given_up(&self, now: Timestamp) -> bool {
        self.state == State::Waiting && self.look_at.is_some_and(|at| at <= now)
    }

    /// It would be given up, and yet it is we of whom something is waited for: it waits on.
    pub fn waits_on(&mut self, policy: &TicketPolicy, working: &Working, now: Timestamp) {
        self.note(now, MACHINE, "what was asked for is not decided or not done yet: it waits on");
        self.rest(policy, working, now);
    }

    /// Its alarm rings. What is overdue goes to the role above, once to each; the caller finds somebody of it.
    pub fn ring(&mut self, policy: &TicketPolicy, working: &Working, now: Timestamp) -> Rang {
        let is_due = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        if self.state == State::Resolved {
            return Rang::Nothing;
        }
        let again = working.after(now, minutes(policy.overdue.minutes));
        if is_due(self.due_at) && !self.is_told_above() {
            self.climb(again, now);
            return Rang::Overdue;
        }
        if self.is_given_up(now) {
            let days = policy.waiting.days;
            self.go_on(State::Resolved, MACHINE, now, &format!("the customer was waited for, {days} days"));
            self.draft = Some(policy.waiting.text.clone());
            self.rest(policy, working, now);
            return Rang::GivenUp;
        }
        if is_due(self.look_at) && self.is_told_above() {
            self.rest(policy, working, now);
            return Rang::Nothing;
        }
        if is_due(self.look_at) {
            self.told_above = None;
            self.go_on(State::Investigating, MACHINE, now, "nothing has come: somebody looks at it again");
            self.note(now, MACHINE, "it has rested for long");
            self.due_at = Some(again);
            self.rest(policy, working, now);
            return Rang::LookedAt;
        }
        if self.due_at.is_none() && self.look_at.is_none() {
            self.rest(policy, working, now);
            return Rang::LookedAt;
        }
        Rang::Nothing
    }

    /// It goes to the role above, which has until then. Above the highest is nobody: they keep it, and are told once of
    /// what has come so far.
    fn climb(&mut self, again: Timestamp, now: Timestamp) {
        let before = self.role.unwrap_or(Role::L1);
        let role = before.above();
        if role != before {
            (self.assigned_to, self.given) = (None, false);
        }
        (self.escalated, self.role, self.due_at) = (true, Some(role), Some(again));
        let late = self.open_turns.iter_mut().filter(|open| open.due_at.is_some_and(|due| due < again));
        late.for_each(|open| open.due_at = Some(again));
        self.told_above = Some(self.turns).filter(|_| role.above() == role);
        let what = if role == before { "it stays with" } else { "it goes to" };
        self.note(now, MACHINE, format!("nobody answered in time: {what} {}", role.name().replace('_', " ")));
    }
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

/// By when it is to be answered that was written at a time.
pub(super) fn answered_by(at: Timestamp, in_minutes: i64, working: &Working) -> Timestamp {
    working.after(at, minutes(in_minutes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;
    use crate::staff::Staff;
    use jiff::tz::TimeZone;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn working() -> Working {
        Working { opens: 8, closes: 18, zone: TimeZone::UTC }
    }

    #[test]
    fn what_is_due_is_answered_within_working_hours() {
        for (what, from, minutes, expected) in [
            ("in the morning", "2026-03-04T09:00:00Z", 240, "2026-03-04T13:00:00Z"),
            ("late in the day", "2026-03-04T17:30:00Z", 60, "2026-03-05T08:30:00Z"),
            ("on a Friday evening", "2026-03-06T20:00:00Z", 240, "2026-03-09T12:00:00Z"),
            ("on a Sunday", "2026-03-08T12:00:00Z", 1, "2026-03-09T08:01:00Z"),
        ] {
            assert_eq!(answered_by(at(from), minutes, &working()), at(expected), "{what}");
        }
    }

    #[test]
    fn whatever_is_open_has_a_time_by_which_something_happens() {
        let policies = Policies::shipped().unwrap();
        let (policy, now) = (policies.tickets.current(), at("2026-03-04T09:00:00Z"));
        let due = Some(at("2026-03-04T13:00:00Z"));
        for (state, due_at, expected) in [
            (State::Open, due, due),
            (State::Open, None, Some(at("2026-03-06T09:00:00Z"))),
            (State::Investigating, due, due),
            (State::Investigating, None, Some(at("2026-03-06T09:00:00Z"))),
            (State::Waiting, due, Some(at("2026-03-18T09:00:00Z"))),
            (State::AwaitingPayment, None, Some(at("2026-03-18T09:00:00Z"))),
            (State::AwaitingPayment, due, due),
            (State::Resolved, due, None),
        ] {
            let mut handling = Handling { state, due_at, ..Handling::default() };
            handling.rest(policy, &working(), now);
            assert_eq!(handling.wake_at(), expected, "{state:?}, due {due_at:?}");
        }
        let mut nobody_said = Handling::default();
        nobody_said.note(now, MACHINE, "came");
        assert_eq!(nobody_said.wake_at(), Some(now), "it is looked at at once");
        assert_eq!(nobody_said.ring(policy, &working(), now), Rang::LookedAt);
        assert!(nobody_said.wake_at() > Some(now));
    }

    #[test]
    fn the_top_of_the_ladder_is_told_once_and_once_more_of_what_came_since() {
        let policies = Policies::shipped().unwrap();
        let (policy, working) = (policies.tickets.current(), working());
        let mut late = Handling { role: Some(Role::Manager), ..Handling::default() };
        late.begin_turn(at("2026-03-04T08:00:00Z"), Some(at("2026-03-04T09:00:00Z")));
        late.due_at = Some(at("2026-03-04T09:00:00Z"));
        assert_eq!(late.ring(policy, &working, at("2026-03-04T09:00:00Z")), Rang::Overdue);
        late.assign(Some("vera"), MACHINE, at("2026-03-04T09:00:00Z"));
        late.rest(policy, &working, at("2026-03-04T09:00:00Z"));
        let mut told = 0;
        for _ in 0..30 {
            let now = late.wake_at().unwrap();
            told += usize::from(late.ring(policy, &working, now) == Rang::Overdue);
            assert!(late.wake_at() > Some(now), "it does not ring without end");
        }
        assert_eq!((told, late.role, late.assigned_to.as_deref()), (0, Some(Role::Vp), Some("vera")));
        assert!(late.due_at.is_some() && late.history.len() < 5, "it is overdue, and no more is said of that");

        let now = late.wake_at().unwrap();
        late.begin_turn(now, Some(now));
        late.due_at = Some(now);
        late.rest(policy, &working, now);
        assert_eq!(late.ring(policy, &working, now), Rang::Overdue, "a letter came since");
        assert_eq!(late.assigned_to.as_deref(), Some("vera"), "above her is nobody");
        late.rest(policy, &working, now);
        let later = late.wake_at().unwrap();
        assert_eq!(late.ring(policy, &working, later), Rang::Nothing);

        let lena = Staff {
            id: "lena".into(),
            name: "Lena".into(),
            role: Role::L1,
            email: String::new(),
            slack: None,
            languages: Vec::new(),
        };
        late.give(&lena, "vera", later);
        late.rest(policy, &working, later);
        let next = late.wake_at().unwrap();
        assert_eq!(late.ring(policy, &working, next), Rang::LookedAt, "whoever gets it has a time again");
        let due = late.wake_at().unwrap();
        assert_eq!((late.ring(policy, &working, due), late.role), (Rang::Overdue, Some(Role::L2)));
    }

    #[test]
    fn what_nobody_answers_climbs_and_whom_nobody_answers_is_given_up() {
        let policies = Policies::shipped().unwrap();
        let (policy, now) = (policies.tickets.current(), at("2026-03-04T09:00:00Z"));
        let mut late = Handling { due_at: Some(now), role: Some(Role::L1), ..Handling::default() };
        late.assign(Some("lena"), MACHINE, at("2026-03-04T08:00:00Z"));
        for (role, due) in [
            (Role::L2, "2026-03-04T13:00:00Z"),
            (Role::BillingSpecialist, "2026-03-04T17:00:00Z"),
            (Role::Manager, "2026-03-05T11:00:00Z"),
            (Role::Vp, "2026-03-05T15:00:00Z"),
        ] {
            let now = late.due_at.unwrap();
            assert_eq!(late.ring(policy, &working(), now - SignedDuration::from_secs(1)), Rang::Nothing);
            assert_eq!(late.ring(policy, &working(), now), Rang::Overdue);
            assert_eq!((late.role, late.assigned_to.as_deref(), late.due_at), (Some(role), None, Some(at(due))));
        }
        assert!(late.escalated);

        let mut waiting = Handling { state: State::Waiting, look_at: Some(now), ..Handling::default() };
        assert_eq!(waiting.ring(policy, &working(), now), Rang::GivenUp);
        assert_eq!((waiting.state, waiting.draft.as_deref()), (State::Resolved, Some("ticket_waited")));
        assert_eq!(waiting.ring(policy, &working(), now), Rang::Nothing);

        let mut undecided = Handling { state: State::Waiting, look_at: Some(now), ..Handling::default() };
        assert!(undecided.is_given_up(now) && !undecided.is_given_up(now - SignedDuration::from_secs(1)));
        undecided.waits_on(policy, &working(), now);
        assert_eq!((undecided.state, undecided.wake_at()), (State::Waiting, Some(now + policy.waits())));
        assert!(!undecided.is_given_up(now));

        let mut unpaid = Handling { state: State::AwaitingPayment, look_at: Some(now), ..Handling::default() };
        assert_eq!(unpaid.ring(policy, &working(), now), Rang::LookedAt);
        assert_eq!((unpaid.state, unpaid.due_at), (State::Investigating, Some(at("2026-03-04T13:00:00Z"))));
    }
}
