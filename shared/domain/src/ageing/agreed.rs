//! Which letter of the ladder does somebody have to agree to? One about more than the threshold of its rung. The rungs
//! above wait with it.

use super::{AgeingPolicy, Climb, Ground, Rung};
use crate::dunning::{Step, StepState};
use crate::money::Money;
use crate::staff::Role;
use crate::task::{About, Task};
use jiff::{SignedDuration, Timestamp};

/// How long until a letter that waits for somebody's word is looked at again: its invoice may be paid meanwhile.
const LOOKED_AT_EACH: SignedDuration = SignedDuration::from_hours(24);

impl Climb {
    /// The letter that waits for somebody's word: it has come to its day now, or had before.
    pub(super) fn asked_for(&mut self, ground: &Ground<'_>, policy: &AgeingPolicy, now: Timestamp) -> Option<Step> {
        let remaining = ground.invoice.remaining.copied();
        let agrees = |place: usize| policy.rung.get(place).and_then(|rung| Some((rung, rung.agrees(remaining)?)));
        if let Some(place) = self.way.awaits_word() {
            // So much was paid of it that its owner decides again.
            let Some((rung, role)) = agrees(place) else {
                self.way.needs_no_word();
                return None;
            };
            self.way.await_word(place, why(rung, role, remaining), remaining, now + LOOKED_AT_EACH);
            return Some(self.way.steps[place].clone());
        }
        if ground.quiet_until.is_none() || ground.invoice.owes_more_than_billed() || !self.way.asks() {
            return None;
        }
        let is_due = |step: &Step| step.state == StepState::Waiting && step.due_at <= now;
        let place = self.way.steps.iter().rposition(is_due)?;
        let step = &self.way.steps[place];
        if !step.kind.is_mail() || self.way.control.agreed == Some(step.number) {
            return None;
        }
        let (rung, role) = agrees(place)?;
        self.way.await_word(place, why(rung, role, remaining), remaining, now + LOOKED_AT_EACH);
        Some(self.way.steps[place].clone())
    }

    /// The task of whoever agrees to a letter, or says that it is not sent.
    pub fn letter_task(
        &self,
        step: &Step,
        ground: &Ground<'_>,
        policy: &AgeingPolicy,
        now: Timestamp,
        due_in: SignedDuration,
    ) -> Option<Task> {
        let rung = policy.rung.get(usize::try_from(step.number).ok()?.checked_sub(1)?)?;
        let remaining = ground.invoice.remaining.copied();
        let needs = rung.agrees(remaining)?;
        let (invoice, bucket) = (self.way.invoice.clone(), rung.bucket.get_ref().clone());
        let amount = remaining.map_or_else(String::new, |amount| format!("{amount} of "));
        let what = format!("Agree to a letter about {amount}invoice {invoice}: rung {bucket}");
        let steps = format!(
            "For a {}, or whoever stands above them: {}. It is the text {}. Look at the account first. Send it, and it \
             leaves by day; skip it, and the next rung comes on its own day. Until then neither leaves. Once the \
             invoice is paid or withdrawn this is over by itself.",
            spoken(needs),
            over(rung, remaining),
            step.kind.name()
        );
        let task = Task::new(&self.way.account, About::Letter { invoice, bucket, needs }, what, steps, now, due_in);
        Some(Task { queue: self.way.queue, ..task })
    }
}

fn why(rung: &Rung, role: Role, remaining: Option<Money>) -> String {
    format!("its letter waits for a {}: {}", spoken(role), over(rung, remaining))
}

/// Why it is more than its owner decides.
fn over(rung: &Rung, remaining: Option<Money>) -> String {
    match remaining.map(|amount| (amount, rung.threshold(amount.currency()))) {
        Some((amount, Some(most))) => format!("{amount} are more than {most}"),
        Some((amount, None)) => format!("the rung has no threshold for {}", amount.currency().code()),
        None => "nobody knows how much is open".to_owned(),
    }
}

fn spoken(role: Role) -> String {
    role.name().replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::super::climb::tests::{at, climb, ground};
    use super::super::owed::tests::{open, told};
    use super::*;
    use crate::ageing::Taken;
    use crate::book::Invoice;
    use crate::dunning::PlanState;
    use crate::policies::Policies;
    use jiff::tz::TimeZone;
    use serde_json::json;

    const MORNING: &str = "2026-03-18T09:00:00Z";

    /// Open over so much, due on the fifteenth.
    fn over_so_much(amount: &str, currency: &str) -> Invoice {
        let money = json!({"amount": amount, "currency": currency});
        let mut seen = open();
        (seen["total"], seen["remaining"], seen["due_on"]) = (money.clone(), money, json!("2026-03-15"));
        told(&[("2026-03-01T09:00:00Z", seen)])
    }

    fn take(climb: &mut Climb, invoice: &Invoice, now: &str) -> Option<Taken> {
        let policies = Policies::shipped().unwrap();
        let (now, hour) = (at(now), SignedDuration::from_hours(1));
        let ground = Ground { quiet_until: Some(now), ..ground(invoice) };
        climb.take(&ground, (policies.ageing.current(), &TimeZone::UTC), now, (now + hour, now + hour))
    }

    fn asks(taken: Option<Taken>) -> Option<u32> {
        taken.and_then(|taken| matches!(taken, Taken::Asks(_)).then(|| taken.step().number))
    }

    fn leaves(climb: &mut Climb, invoice: &Invoice, now: &str) -> Option<u32> {
        let number = take(climb, invoice, now)?.begun()?.number;
        climb.way.sent(number);
        Some(number)
    }

    #[test]
    fn a_letter_over_the_threshold_waits_for_whoever_agrees_and_others_leave_by_themselves() {
        let policies = Policies::shipped().unwrap();
        for (name, amount, currency, expected) in [
            ("exactly", "10000.00", "USD", None),
            ("a cent over", "10000.01", "USD", Some("10000.01 USD are more than 10000.00 USD")),
            ("no threshold", "1.00", "CHF", Some("the rung has no threshold for CHF")),
        ] {
            let invoice = over_so_much(amount, currency);
            let mut climb = climb(&invoice, None).unwrap();
            let taken = take(&mut climb, &invoice, MORNING).unwrap();
            assert_eq!(matches!(taken, Taken::Asks(_)), expected.is_some(), "{name}: {taken:?}");
            assert_eq!(taken.begun().is_some(), expected.is_none(), "{name}: nothing leaves");
            let why = climb.way.why(&climb.way.steps[0]);
            assert_eq!(why, expected.map(|over| format!("its letter waits for a manager: {over}")), "{name}");
            let day = SignedDuration::from_hours(24);
            let own = ground(&invoice);
            let task = climb.letter_task(taken.step(), &own, policies.ageing.current(), at(MORNING), day);
            let needs = task.map(|task| task.about);
            let about = About::Letter { invoice: "in_1".into(), bucket: "0-30".into(), needs: Role::Manager };
            assert_eq!(needs, expected.map(|_| about), "{name}");
        }
    }

    #[test]
    fn nobody_is_asked_about_a_letter_that_recoup_would_not_send() {
        let policies = Policies::shipped().unwrap();
        let invoice = over_so_much("20000.00", "USD");
        let mut climb = climb(&invoice, None).unwrap();
        let (now, rules) = (at(MORNING), (policies.ageing.current(), &TimeZone::UTC));
        let taken = climb.take(&ground(&invoice), rules, now, (now, now));
        assert!(matches!(taken, Some(Taken::Up(_))), "its task is all of it: {taken:?}");
    }

    #[test]
    fn it_leaves_once_somebody_agrees_and_the_rung_above_waits_for_that() {
        let invoice = over_so_much("7000.00", "USD");
        let mut climb = climb(&invoice, None).unwrap();
        assert_eq!(leaves(&mut climb, &invoice, MORNING), Some(1), "it is under the first threshold");
        assert_eq!(asks(take(&mut climb, &invoice, "2026-04-15T09:00:00Z")), Some(2));
        assert_eq!(climb.way.next_wake(), Some(at("2026-04-16T09:00:00Z")), "it is looked at each day");
        let (mut grown, more, noon) = (climb.clone(), over_so_much("7000.01", "USD"), "2026-04-15T12:00:00Z");
        assert!(grown.way.take_word(true, "Mara", at("2026-04-15T10:00:00Z")));
        assert_eq!(asks(take(&mut grown, &more, noon)), Some(2), "nobody agreed to so much");
        assert!(grown.way.take_word(true, "Mara", at(noon)));
        assert_eq!(leaves(&mut grown, &invoice, noon), Some(2), "and to less as well");
        assert_eq!(asks(take(&mut climb, &invoice, "2026-05-15T09:00:00Z")), Some(2), "the rung above waits with it");
        assert_eq!(climb.way.steps[2].state, StepState::Waiting);

        let mut skipped = climb.clone();
        let now = at("2026-05-15T10:00:00Z");
        assert!(climb.way.take_word(true, "Mara", now));
        assert!(!climb.way.take_word(true, "Mara", now), "once");
        assert_eq!(leaves(&mut climb, &invoice, "2026-05-15T10:00:00Z"), Some(2));
        assert_eq!(
            asks(take(&mut climb, &invoice, "2026-05-15T11:00:00Z")),
            Some(3),
            "the next waits for its own word"
        );

        assert!(skipped.way.take_word(false, "Mara", now));
        let step = &skipped.way.steps[1];
        assert_eq!((step.state, step.why.as_deref()), (StepState::Skipped, Some("Mara said that it is not sent")));
        assert_eq!(asks(take(&mut skipped, &invoice, "2026-05-15T10:00:00Z")), Some(3));
    }

    #[test]
    fn what_is_paid_or_paid_in_part_waits_for_nobody() {
        let invoice = over_so_much("12000.00", "USD");
        let mut climb = climb(&invoice, None).unwrap();
        assert_eq!(asks(take(&mut climb, &invoice, MORNING)), Some(1));
        let mut less = climb.clone();
        let left = over_so_much("400.00", "USD");
        assert_eq!(leaves(&mut less, &left, "2026-03-19T09:00:00Z"), Some(1));
        let nothing = json!({"amount": "0.00", "currency": "USD"});
        let paid = told(&[
            ("2026-03-01T09:00:00Z", open()),
            ("2026-03-18T12:00:00Z", json!({"status": "paid", "remaining": nothing})),
        ]);
        assert_eq!(take(&mut climb, &paid, "2026-03-19T09:00:00Z"), None);
        assert_eq!((climb.way.state, climb.way.awaits_word()), (PlanState::Stopped, None));
        assert!(!climb.way.take_word(true, "Mara", at("2026-03-19T10:00:00Z")), "nothing waits for it");
    }
}
