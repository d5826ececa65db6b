//! When is a recovery a matter of whoever looks after the account? After so many failed tries: its warning comes at once, and
//! a person speaks to the customer.

use super::{Plan, StepKind, StepState};
use crate::book::entitlement::Entitlement;
use crate::book::{By, Tried};
use crate::policy::Complaint;
use crate::staff::Role;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use toml::Spanned;

/// A sitting that is longer than a day is none.
const SITTING_MINUTES_MAX: i64 = 24 * 60;

/// After how many failed tries that is, whoever tried.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscalationRule {
    failures: Spanned<usize>,
    /// What the customer tries without a longer pause between is one sitting, and counts once.
    sitting_minutes: Spanned<i64>,
    /// Whose task it is where nobody looks after the account.
    owner: Spanned<Role>,
    why: String,
}

impl EscalationRule {
    /// Whose task it is where nobody looks after the account.
    pub fn owner(&self) -> Role {
        *self.owner.get_ref()
    }

    /// How long a customer may pause between two tries of one sitting.
    pub fn sitting(&self) -> SignedDuration {
        SignedDuration::from_mins(*self.sitting_minutes.get_ref())
    }

    pub(super) fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        if !(1..=SITTING_MINUTES_MAX).contains(self.sitting_minutes.get_ref()) {
            let said = format!("in one sitting a customer pauses for 1 to {SITTING_MINUTES_MAX} minutes");
            complaints.push(Complaint::on(&self.sitting_minutes, said));
        }
        if *self.failures.get_ref() == 0 {
            complaints.push(Complaint::on(&self.failures, "an escalation comes after one failed try at least"));
        }
        if !self.owner().may_settle() {
            let said = format!("{} could not end the task", self.owner().name());
            complaints.push(Complaint::on(&self.owner, said));
        }
        if self.why.trim().is_empty() {
            complaints.push(Complaint::on(&self.failures, "`escalation` has no `why`"));
        }
        complaints
    }
}

/// How many tries of an invoice have failed, oldest first. Who mistypes the number of their card three times has failed once.
pub fn failures_of_invoice(tried: &[Tried], sitting: SignedDuration) -> usize {
    let mut last: Option<Timestamp> = None;
    let counts = |tried: &&Tried| {
        let by_customer = tried.by == By::Customer;
        let is_again = by_customer && last.is_some_and(|last| tried.at.duration_since(last) <= sitting);
        last = if by_customer { Some(tried.at) } else { last };
        !is_again
    };
    tried.iter().filter(|tried| !tried.succeeded).filter(counts).count()
}

impl Plan {
    /// Whether it is a matter of whoever looks after the account by now, and was not before.
    pub fn has_to_escalate(&self, rule: &EscalationRule, failures: usize) -> bool {
        self.escalated_at.is_none() && !self.rests() && failures >= *rule.failures.get_ref()
    }

    /// The warning comes at once, and not without the letter that stands before it. Says whether it is news.
    pub fn escalate(&mut self, rule: &EscalationRule, failures: usize, now: Timestamp) -> bool {
        if !self.has_to_escalate(rule, failures) {
            return false;
        }
        self.escalated_at = Some(now);
        let is_warning = |kind: &StepKind| *kind == StepKind::Access { access: Entitlement::Warned };
        let warning = self.steps.iter().rposition(|it| is_warning(&it.kind) && it.state == StepState::Waiting);
        let behind = warning.map_or(0, |place| place + 1);
        let waits = |state| state == StepState::Waiting;
        for step in self.steps[..behind].iter_mut().filter(|it| waits(it.state)) {
            if step.kind.is_mail() || step.kind.is_access() {
                step.due_at = step.due_at.min(now);
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;
    use serde_json::{from_value, json};

    fn day(day: i64) -> Timestamp {
        "2026-03-01T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * day)
    }

    /// Two letters, a warning, another letter and a restriction.
    fn plan() -> Plan {
        let step = |number: u32, kind: &str, what: &str, after: i64| {
            let field = if kind == "mail" { "template" } else { "access" };
            json!({"number": number, "kind": kind, field: what, "due_at": day(after), "state": "waiting",
                "done_at": null, "doubt_at": null})
        };
        let steps = [
            step(1, "mail", "reminder_1", 1),
            step(2, "mail", "reminder_2", 5),
            step(3, "access", "warned", 7),
            step(4, "mail", "reminder_3", 10),
            step(5, "access", "restricted", 10),
        ];
        let account = crate::id::AccountId::of("stripe", "default", "cus_1");
        from_value(json!({
            "account": account, "invoice": "in_1", "segment": "standard", "policy_version": 3, "started_at": day(0),
            "state": "running", "reason": null, "steps": steps, "trace": "t",
        }))
        .unwrap()
    }

    fn due(plan: &Plan) -> Vec<Timestamp> {
        plan.steps.iter().map(|step| step.due_at).collect()
    }

    #[test]
    fn what_a_customer_tries_in_one_sitting_counts_once() {
        let at = |minute: i64, by: By| Tried::failed(day(0) + SignedDuration::from_mins(minute), by);
        let (customer, provider) = (By::Customer, By::Provider);
        let paid = Tried { succeeded: true, ..at(3, customer) };
        for (name, tried, expected) in [
            ("nothing", vec![], 0),
            ("mistyped three times", vec![at(0, customer), at(4, customer), at(9, customer)], 1),
            ("each soon after the one before", vec![at(0, customer), at(60, customer), at(120, customer)], 1),
            ("a minute too late", vec![at(0, customer), at(61, customer)], 2),
            ("the provider", vec![at(0, provider), at(1, provider), at(2, provider)], 3),
            ("both by turns", vec![at(0, customer), at(1, provider), at(2, customer)], 2),
            ("it was paid between", vec![at(0, customer), paid, at(200, customer)], 2),
        ] {
            assert_eq!(failures_of_invoice(&tried, SignedDuration::from_mins(60)), expected, "{name}");
        }
    }

    #[test]
    fn the_third_failure_brings_the_warning_with_its_letter_once() {
        let policies = Policies::shipped().unwrap();
        let rule = policies.dunning.version(3).unwrap().escalation.as_ref().unwrap();
        let mut plan = plan();
        plan.begin(day(1), day(2)).unwrap();
        plan.sent(1);
        assert!(!plan.escalate(rule, 2, day(2)), "two do not");
        assert_eq!(due(&plan), [1, 5, 7, 10, 10].map(day));
        let mut paused = plan.clone();
        paused.hold(day(2), day(4));
        assert!(!paused.escalate(rule, 3, day(3)), "what waits for an incident warns nobody");
        assert!(plan.escalate(rule, 3, day(3)), "three do");
        assert_eq!(due(&plan), [1, 3, 3, 10, 10].map(day), "and what comes after keeps its day");
        plan.take_access(day(3));
        assert_eq!(plan.access().state, Entitlement::Grace, "not before its letter");
        assert_eq!(plan.begin(day(3), day(4)).map(|step| step.number), Some(2));
        plan.sent(2);
        plan.take_access(day(3));
        assert_eq!(plan.access().state, Entitlement::Warned);
        let before = plan.clone();
        assert!(!plan.escalate(rule, 4, day(4)), "four do not again");
        assert_eq!(plan, before);
    }
}
