//! What only a person can do: what it is and how, by when, who has it, and how it ended.

use crate::id::{AccountId, ActionId, CaseId, IncidentId, RequestId, TaskId};
use crate::staff::{Role, Staff};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// In which queue stands what has no other: of two things of one day, what stands in the lower one is worked first.
pub const LAST_QUEUE: u32 = 9;

fn last_queue() -> u32 {
    LAST_QUEUE
}

/// Something for a person: somebody takes it or puts it off, and it is done or dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    pub id: TaskId,
    pub account: AccountId,
    pub about: About,
    /// In one line.
    pub what: String,
    /// How it is done.
    pub steps: String,
    pub opened_at: Timestamp,
    pub due_at: Timestamp,
    /// Of two tasks of one day, the one whose number is lower comes first: that of the recovery it comes from.
    #[serde(default = "last_queue")]
    pub queue: u32,
    pub state: State,
    pub assigned_to: Option<String>,
    pub snoozed_until: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// Who ended it: a staff id, or the provider that told of it.
    pub ended_by: Option<String>,
    /// The provider's id of what was done.
    #[serde(default)]
    pub reference: String,
    pub note: String,
}

/// Where a task comes from. One origin has one task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum About {
    /// An approved action that its provider cannot do. It ends with the action.
    Action { action: ActionId },
    /// What a customer who has left still owes.
    RestDue { action: ActionId, invoice: String },
    /// The same of one who ended their subscription at the provider.
    LeftOwing { invoice: String, subscription: String },
    /// What a customer was charged after they had left, where people could not be asked to give it back.
    ChargedSince { action: ActionId, payment: String },
    /// Money that somebody says they gave back by hand, and that the provider does not show.
    Unseen { action: ActionId },
    /// What is still owed when a bank has decided a claim during which nobody was asked for it.
    Claimed { invoice: String, dispute: String },
    /// An open invoice that no recovery asks for, in the highest bucket of days overdue that it came into.
    Overdue { invoice: String, bucket: String },
    /// A letter of the ladder about more than its owner decides: done, it is sent, and dropped, it is not. One of the
    /// role that it needs says so.
    Letter { invoice: String, bucket: String, needs: Role },
    /// An account whose tries fail again and again: one task, whichever invoice it is about.
    Failing { invoice: String },
    /// An invoice whose recovery ends with a person.
    Recovery { invoice: String },
    /// What the playbook of a case leaves to a person.
    Play { case: CaseId },
    /// A call to whoever has upgraded.
    Onboarding { action: ActionId },
    /// One trouble of many accounts; the task stands with the first of them.
    Incident { incident: IncidentId },
    /// What may be offered to a customer whose invoice stays open: an action of that kind, if they want it.
    Offered { invoice: String, subscription: String, asks: String },
    /// What an endpoint of the product was to be told of the account, and has not taken since then.
    Undelivered { endpoint: String, since: Timestamp },
    /// What the customer of a ticket was asked to pay: somebody in billing follows it until it is there.
    Collect { request: RequestId },
    /// More came in than a request asked for.
    Overpaid { request: RequestId },
    /// A payment names a request that was withdrawn.
    PaidAfterAll { request: RequestId, payment: String },
    /// The letter that asks for a payment was not sent, or nobody knows whether it arrived.
    Unasked { request: RequestId },
    /// A ticket that nobody has, because nobody is there; as `provider/source/id`.
    Unowned { ticket: String },
    /// A ticket of which somebody finds out whose it is; as `provider/source/id`. It stands with an id of the ticket's
    /// own in the place of an account's.
    Verify { ticket: String },
    /// Money that is for an invoice, as a person said, and that its provider does not show: somebody marks it as paid
    /// there.
    MarkPaid { invoice: String },
    /// An API key that opens nothing, or not this; the task stands with the account whose action was turned away first.
    Key { provider: String, source: String },
}

/// What is put off stays `Open`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Open,
    Done,
    /// It was not done, and will not be.
    Dropped,
}

impl State {
    /// All that the record says; that a task is put off, its date says.
    pub const ALL: [Self; 3] = [Self::Open, Self::Done, Self::Dropped];

    /// As it stands in JSON, and in the keys of the lists, so that it never changes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }
}

/// What somebody says of a task: one of it at a time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// A staff id; nobody, if it is empty.
    pub assign: Option<String>,
    pub snooze_until: Option<Timestamp>,
    pub done: Option<bool>,
    /// Of a letter of the ladder, the rung that whoever says it has read of: each takes the task over.
    pub bucket: Option<String>,
    /// The provider's id of what was done.
    #[serde(default)]
    pub reference: String,
    #[serde(default)]
    pub note: String,
}

/// Why nothing changes. The order is the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("say one of `assign`, `snooze_until` and `done`")]
    NotOne,
    #[error("analysts and legal have no tasks; ask a colleague in support or billing")]
    NotTheirs,
    #[error("a billing specialist, a manager or a VP says what was done by hand")]
    NotTheirsToEnd,
    #[error("it is more than you decide: a {0} says whether it is sent, or whoever stands above them")]
    NotTheirsToAgree(String),
    #[error("it is about another letter by now, of rung {0}: look at it again")]
    OtherLetter(String),
    #[error("the task is {0} already")]
    Ended(&'static str),
    #[error("`snooze_until` must lie ahead, and within {0} days")]
    Snooze(i64),
}

impl Task {
    /// A task that begins now.
    pub fn new(
        account: &AccountId,
        about: About,
        what: String,
        steps: String,
        now: Timestamp,
        due_in: SignedDuration,
    ) -> Self {
        Self {
            id: about.task(account),
            account: account.clone(),
            about,
            what,
            steps,
            opened_at: now,
            due_at: now + due_in,
            queue: LAST_QUEUE,
            state: State::Open,
            assigned_to: None,
            snoozed_until: None,
            ended_at: None,
            ended_by: None,
            reference: String::new(),
            note: String::new(),
        }
    }

    /// From when on it is wanted: when it is due, or when it is put off until.
    pub fn wanted_at(&self) -> Timestamp {
        self.snoozed_until.map_or(self.due_at, |until| until.max(self.due_at))
    }

    /// Whether nobody wants to see it before a later day.
    pub fn sleeps(&self, now: Timestamp) -> bool {
        self.snoozed_until.is_some_and(|until| until > now)
    }

    /// Takes what somebody says, who may.
    pub fn take(&mut self, word: &Change, by: &Staff, days_max: i64, now: Timestamp) -> Result<(), Refused> {
        word.is_one()?;
        if !by.role.may_request() {
            return Err(Refused::NotTheirs);
        }
        if word.done.is_some() && !by.role.may_settle() {
            return Err(Refused::NotTheirsToEnd);
        }
        if let (Some(_), About::Letter { needs, .. }) = (word.done, &self.about)
            && !by.role.stands_for(*needs)
        {
            return Err(Refused::NotTheirsToAgree(needs.name().replace('_', " ")));
        }
        if let (Some(read), About::Letter { bucket, .. }) = (&word.bucket, &self.about)
            && read != bucket
        {
            return Err(Refused::OtherLetter(bucket.clone()));
        }
        if self.state != State::Open {
            return Err(Refused::Ended(self.state.name()));
        }
        if let Some(to) = &word.assign {
            self.assigned_to = Some(to.clone()).filter(|to| !to.is_empty());
        }
        if let Some(until) = word.snooze_until {
            if until <= now || until > now + SignedDuration::from_hours(24 * days_max) {
                return Err(Refused::Snooze(days_max));
            }
            self.snoozed_until = Some(until);
        }
        if let Some(done) = word.done {
            self.end(done, &by.id, &word.note, now);
            self.reference.clone_from(&word.reference);
        }
        Ok(())
    }

    /// Ends it, for a person who did it or for the provider that told of it.
    pub fn end(&mut self, done: bool, by: &str, note: &str, now: Timestamp) {
        self.state = if done { State::Done } else { State::Dropped };
        self.ended_at = Some(now);
        self.ended_by = Some(by.to_owned());
        self.note = note.to_owned();
    }

    /// The task as it ends, if it is still open.
    pub fn ended(mut self, done: bool, by: &str, note: &str, now: Timestamp) -> Option<Self> {
        if self.state != State::Open {
            return None;
        }
        self.end(done, by, note, now);
        Some(self)
    }
}

impl Change {
    /// Refuses a word that says several things, or none.
    pub fn is_one(&self) -> Result<(), Refused> {
        let said = [self.assign.is_some(), self.snooze_until.is_some(), self.done.is_some()];
        if said.into_iter().filter(|said| *said).count() == 1 { Ok(()) } else { Err(Refused::NotOne) }
    }
}

impl About {
    /// The id of the one task that this origin has on an account.
    pub fn task(&self, account: &AccountId) -> TaskId {
        match self {
            Self::Action { action } => TaskId::of(account, "action", action.as_str()),
            Self::RestDue { action, invoice } => TaskId::of(account, "rest_due", &format!("{action} {invoice}")),
            Self::LeftOwing { invoice, .. } => TaskId::of(account, "left_owing", invoice),
            Self::ChargedSince { action, payment } => {
                TaskId::of(account, "charged_since", &format!("{action} {payment}"))
            }
            Self::Unseen { action } => TaskId::of(account, "unseen", action.as_str()),
            Self::Claimed { invoice, .. } => TaskId::of(account, "claimed", invoice),
            Self::Overdue { invoice, .. } => TaskId::of(account, "overdue", invoice),
            Self::Letter { invoice, .. } => TaskId::of(account, "letter", invoice),
            Self::Failing { .. } => TaskId::of(account, "failing", ""),
            Self::Recovery { invoice } => TaskId::of(account, "recovery", invoice),
            Self::Play { case } => TaskId::of(account, "play", case.as_str()),
            Self::Onboarding { action } => TaskId::of(account, "onboarding", action.as_str()),
            Self::Incident { incident } => TaskId::of(account, "incident", incident.as_str()),
            Self::Offered { invoice, .. } => TaskId::of(account, "offered", invoice),
            Self::Undelivered { endpoint, since } => TaskId::of(account, "undelivered", &format!("{endpoint} {since}")),
            Self::Collect { request } => TaskId::of(account, "collect", request.as_str()),
            Self::Overpaid { request } => TaskId::of(account, "overpaid", request.as_str()),
            Self::PaidAfterAll { request, payment } => {
                TaskId::of(account, "paid_after_all", &format!("{request} {payment}"))
            }
            Self::Unasked { request } => TaskId::of(account, "unasked", request.as_str()),
            Self::Unowned { ticket } => TaskId::of(account, "unowned", ticket),
            Self::Verify { ticket } => TaskId::of(account, "verify", ticket),
            Self::MarkPaid { invoice } => TaskId::of(account, "mark_paid", invoice),
            Self::Key { provider, source } => TaskId::of(account, "key", &format!("{provider}/{source}")),
        }
    }

    /// The invoice that it is about, where it is about one.
    pub fn invoice(&self) -> Option<&str> {
        match self {
            Self::RestDue { invoice, .. }
            | Self::LeftOwing { invoice, .. }
            | Self::Claimed { invoice, .. }
            | Self::Overdue { invoice, .. }
            | Self::Letter { invoice, .. }
            | Self::Failing { invoice }
            | Self::Recovery { invoice }
            | Self::Offered { invoice, .. }
            | Self::MarkPaid { invoice } => Some(invoice),
            Self::Action { .. }
            | Self::ChargedSince { .. }
            | Self::Unseen { .. }
            | Self::Play { .. }
            | Self::Onboarding { .. }
            | Self::Incident { .. }
            | Self::Undelivered { .. }
            | Self::Collect { .. }
            | Self::Overpaid { .. }
            | Self::PaidAfterAll { .. }
            | Self::Unasked { .. }
            | Self::Unowned { .. }
            | Self::Verify { .. }
            | Self::Key { .. } => None,
        }
    }

    /// The invoice that a person settles because nothing asks for it any more.
    pub fn settles(&self) -> Option<&str> {
        match self {
            Self::RestDue { invoice, .. } | Self::LeftOwing { invoice, .. } | Self::Claimed { invoice, .. } => {
                Some(invoice)
            }
            Self::Action { .. }
            | Self::ChargedSince { .. }
            | Self::Unseen { .. }
            | Self::Overdue { .. }
            | Self::Letter { .. }
            | Self::Failing { .. }
            | Self::Recovery { .. }
            | Self::Play { .. }
            | Self::Onboarding { .. }
            | Self::Incident { .. }
            | Self::Offered { .. }
            | Self::Undelivered { .. }
            | Self::Collect { .. }
            | Self::Overpaid { .. }
            | Self::PaidAfterAll { .. }
            | Self::Unasked { .. }
            | Self::Unowned { .. }
            | Self::Verify { .. }
            | Self::MarkPaid { .. }
            | Self::Key { .. } => None,
        }
    }

    /// The action that was left to a person, by which the customer left, or on which a call follows, where it comes of
    /// one.
    pub fn action(&self) -> Option<&ActionId> {
        match self {
            Self::Action { action }
            | Self::RestDue { action, .. }
            | Self::ChargedSince { action, .. }
            | Self::Unseen { action }
            | Self::Onboarding { action } => Some(action),
            Self::LeftOwing { .. }
            | Self::Claimed { .. }
            | Self::Overdue { .. }
            | Self::Letter { .. }
            | Self::Failing { .. }
            | Self::Recovery { .. }
            | Self::Offered { .. }
            | Self::Play { .. }
            | Self::Incident { .. }
            | Self::Undelivered { .. }
            | Self::Collect { .. }
            | Self::Overpaid { .. }
            | Self::PaidAfterAll { .. }
            | Self::Unasked { .. }
            | Self::Unowned { .. }
            | Self::Verify { .. }
            | Self::MarkPaid { .. }
            | Self::Key { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staff(role: Role) -> Staff {
        Staff {
            id: "somebody".into(),
            name: "Somebody".into(),
            role,
            email: "s@ours.example".into(),
            slack: None,
            languages: Vec::new(),
        }
    }

    #[test]
    fn a_letter_over_the_threshold_is_agreed_to_by_the_role_that_it_needs() {
        let now: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        let account = AccountId::of("stripe", "default", "cus_1");
        let about = About::Letter { invoice: "in_1".into(), bucket: "31-60".into(), needs: Role::Manager };
        let open = Task::new(&account, about, "Send".into(), "Look".into(), now, SignedDuration::from_hours(24));
        let refused = || Err(Refused::NotTheirsToAgree("manager".to_owned()));
        for (role, done, expected) in [
            (Role::L2, true, Err(Refused::NotTheirsToEnd)),
            (Role::BillingSpecialist, true, refused()),
            (Role::BillingSpecialist, false, refused()),
            (Role::Manager, true, Ok(State::Done)),
            (Role::Manager, false, Ok(State::Dropped)),
            (Role::Vp, true, Ok(State::Done)),
        ] {
            let mut task = open.clone();
            let word = Change { done: Some(done), ..Change::default() };
            assert_eq!(task.take(&word, &staff(role), 30, now).map(|()| task.state), expected, "{role:?} {done}");
        }
        for (read, expected) in [("31-60", Ok(())), ("0-30", Err(Refused::OtherLetter("31-60".to_owned())))] {
            let word = Change { done: Some(true), bucket: Some(read.to_owned()), ..Change::default() };
            assert_eq!(open.clone().take(&word, &staff(Role::Manager), 30, now), expected, "it was read of {read}");
        }
        let mut given = open;
        let word = Change { assign: Some("luis".into()), ..Change::default() };
        assert_eq!(given.take(&word, &staff(Role::L1), 30, now), Ok(()), "anybody gives it to somebody");
    }

    #[test]
    fn one_thing_is_said_of_an_open_task_by_whom_it_concerns() {
        let now: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        let day = SignedDuration::from_hours(24);
        let account = AccountId::of("stripe", "default", "cus_1");
        let action = ActionId::of(&account, "luis", "key");
        let open = Task::new(&account, About::Action { action }, "Pause".into(), "There.".into(), now, day);
        let mut ended = open.clone();
        ended.end(true, "bea", "", now);
        let assign = Change { assign: Some("luis".into()), ..Change::default() };
        let snooze =
            |days: i64| Change { snooze_until: Some(now + SignedDuration::from_hours(24 * days)), ..Change::default() };
        let done = |done| Change { done: Some(done), ..Change::default() };
        let both = Change { done: Some(true), ..assign.clone() };
        for (what, task, word, role, expected) in [
            ("nothing", &open, Change::default(), Role::Manager, Err(Refused::NotOne)),
            ("two things", &open, both, Role::Manager, Err(Refused::NotOne)),
            ("assigned", &open, assign.clone(), Role::L1, Ok((State::Open, Some("luis"), false))),
            (
                "let go",
                &open,
                Change { assign: Some(String::new()), ..Change::default() },
                Role::L1,
                Ok((State::Open, None, false)),
            ),
            ("by an analyst", &open, assign.clone(), Role::Analyst, Err(Refused::NotTheirs)),
            ("snoozed", &open, snooze(30), Role::L2, Ok((State::Open, None, true))),
            ("for too long", &open, snooze(31), Role::L2, Err(Refused::Snooze(30))),
            ("into the past", &open, snooze(0), Role::L2, Err(Refused::Snooze(30))),
            ("done", &open, done(true), Role::BillingSpecialist, Ok((State::Done, None, false))),
            ("dropped", &open, done(false), Role::Vp, Ok((State::Dropped, None, false))),
            ("done by support", &open, done(true), Role::L2, Err(Refused::NotTheirsToEnd)),
            ("twice", &ended, done(true), Role::Manager, Err(Refused::Ended("done"))),
            ("assigned when it is over", &ended, assign, Role::Manager, Err(Refused::Ended("done"))),
        ] {
            let mut after = task.clone();
            let taken = after.take(&word, &staff(role), 30, now);
            assert_eq!(
                taken.map(|()| (after.state, after.assigned_to.as_deref(), after.sleeps(now))),
                expected,
                "{what}"
            );
        }
    }
}
