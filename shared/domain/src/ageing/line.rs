//! One open invoice as people see it on the ladder: whose, how much, why, and what comes next.

use super::{AgeingPolicy, CURRENT, Climb, Counted, Owed, counted_from};
use crate::book::{Invoice, Person};
use crate::dunning::{Plan, Step, StepState};
use crate::id::AccountId;
use crate::money::Money;
use crate::staff::Role;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

/// A row of the list behind the sums.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    pub account: AccountId,
    /// How the customer is called, where it is known.
    pub name: Option<String>,
    pub invoice: String,
    /// What stands on it.
    pub number: Option<String>,
    pub amount: Option<Money>,
    pub due_on: Date,
    pub counted_from: Counted,
    /// Below zero while it is not due.
    pub days: i64,
    pub bucket: String,
    pub owner: Option<Role>,
    pub next: Next,
}

/// What happens next, and through whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Next {
    pub by: NextBy,
    pub what: String,
    pub at: Option<Timestamp>,
}

/// Who asks for an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NextBy {
    Recovery,
    Ladder,
    Nobody,
}

impl NextBy {
    /// All of them, as the API spells them.
    pub const ALL: [Self; 3] = [Self::Recovery, Self::Ladder, Self::Nobody];
}

impl Line {
    /// The row of what is owed, with what is known of its customer, its recovery and its climb.
    pub fn of(
        (owed, invoice): (&Owed, &Invoice),
        person: &Person,
        (plan, climb): (Option<&Plan>, Option<&Climb>),
        policy: &AgeingPolicy,
        on: Date,
    ) -> Self {
        let days = owed.days(on);
        let rung = policy.rung_of(days).map(|(_, rung)| rung);
        Self {
            account: owed.account.clone(),
            name: person.name.value().cloned(),
            invoice: owed.invoice.clone(),
            number: invoice.number.value().cloned(),
            amount: owed.amount,
            due_on: owed.due_on,
            counted_from: counted_from(invoice).map_or(Counted::Made, |(_, counted)| counted),
            days,
            bucket: rung.map_or(CURRENT, |rung| rung.bucket.get_ref().as_str()).to_owned(),
            owner: rung.map(|rung| *rung.owner.get_ref()),
            next: Next::of(owed, plan, climb, policy),
        }
    }
}

impl Next {
    fn of(owed: &Owed, plan: Option<&Plan>, climb: Option<&Climb>, policy: &AgeingPolicy) -> Self {
        let nobody = |what: &str| Self { by: NextBy::Nobody, what: what.to_owned(), at: None };
        if owed.settled_at.is_some() {
            return Self { at: owed.settled_at, ..nobody("It was settled.") };
        }
        if let Some((plan, step)) = plan.and_then(|plan| Some((plan, plan.next()?))) {
            let what = format!("{} of its recovery", step.kind.name().replace('_', " "));
            return Self { by: NextBy::Recovery, what, at: plan.next_wake() };
        }
        if let Some((climb, step)) = climb.and_then(|climb| Some((climb, climb.way.next()?))) {
            let what = match climb.way.why(step) {
                Some(why) if step.state == StepState::Asked => format!("Nothing leaves: {why}."),
                Some(why) => format!("{} ({why})", on_rung(step, policy)),
                None => on_rung(step, policy),
            };
            return Self { by: NextBy::Ladder, what, at: climb.way.next_wake() };
        }
        match climb.map(|climb| climb.way.reason.as_deref()) {
            Some(Some(reason)) => nobody(&format!("The ladder has stopped: {reason}.")),
            Some(None) => nobody("It is on the last rung; its owner decides."),
            None => nobody("Nothing is scheduled; ask for a payment link, another try, or for it to be written off."),
        }
    }
}

fn on_rung(step: &Step, policy: &AgeingPolicy) -> String {
    let place = usize::try_from(step.number).unwrap_or_default().saturating_sub(1);
    let Some(rung) = policy.rung.get(place) else { return "The next rung.".to_owned() };
    let owner = rung.owner.get_ref().name().replace('_', " ");
    let mail = rung.template.as_ref().map_or("", |_| ", and the customer is written to");
    format!("A task for a {owner}{mail}")
}

#[cfg(test)]
mod tests {
    use super::super::owed::tests::{due, told};
    use super::*;
    use crate::policies::Policies;
    use jiff::tz::TimeZone;
    use serde_json::json;

    #[test]
    fn a_row_says_what_comes_next_and_through_whom() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.ageing.current();
        let account = AccountId::of("stripe", "default", "cus_1");
        let invoice = due("2026-03-15");
        let owed = Owed::of(&account, &invoice).unwrap();
        let now: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        let climb = Climb::of(&account, &invoice, policy, &TimeZone::UTC, None, now, "t").unwrap();
        let mut stopped = climb.clone();
        stopped.way.stop("disputed", now);
        let mut asked = climb.clone();
        asked.way.await_word(0, "its letter waits for a manager: it is much".to_owned(), None, now);
        let plan = climb.way.clone();
        let on = "2026-03-20".parse().unwrap();
        for (name, plan, climb, by, what) in [
            ("a plan", Some(&plan), Some(&climb), NextBy::Recovery, "overdue 1 of its recovery"),
            ("the ladder", None, Some(&climb), NextBy::Ladder, "A task for a billing specialist, and the customer"),
            ("somebody agrees", None, Some(&asked), NextBy::Ladder, "Nothing leaves: its letter waits for a manager"),
            ("it stopped", None, Some(&stopped), NextBy::Nobody, "The ladder has stopped: disputed."),
            ("neither", None, None, NextBy::Nobody, "Nothing is scheduled"),
        ] {
            let line = Line::of((&owed, &invoice), &Person::default(), (plan, climb), policy, on);
            assert_eq!((line.days, line.bucket.as_str(), line.next.by), (5, "0-30", by), "{name}");
            assert!(line.next.what.starts_with(what), "{name}: {}", line.next.what);
        }
        let draft = told(&[("2026-03-01T09:00:00Z", json!({"status": "draft"}))]);
        assert_eq!(Owed::of(&account, &draft), None);
    }
}
