//! How is an open invoice asked for, and what is the next step?

mod policy;

pub use policy::{DunningPolicy, Segment, StepRule, Then};

use crate::book::{Due, Head, Invoice, PlanLine};
use crate::id::{AccountId, IncidentId};
use crate::policy::Patience;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What a step does, as the plan keeps it: a later version of the rules changes no plan that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StepKind {
    Mail { template: String },
    Person,
}

impl StepKind {
    /// The step in a word, for plans and stories.
    pub fn name(&self) -> &str {
        match self {
            Self::Mail { template } => template,
            Self::Person => "ask_a_person",
        }
    }
}

/// The recovery of one invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub account: AccountId,
    pub invoice: String,
    pub segment: String,
    pub policy_version: u32,
    pub started_at: Timestamp,
    pub state: PlanState,
    pub reason: Option<String>,
    pub steps: Vec<Step>,
    /// The incident that its failure was a part of.
    #[serde(default)]
    pub incident: Option<IncidentId>,
    /// While that lasts: when it is looked at again.
    #[serde(default)]
    pub held_until: Option<Timestamp>,
    #[serde(default)]
    pub held_since: Option<Timestamp>,
    pub trace: String,
}

/// Whether a step may still be before it: `Stopped` has ended early, `Finished` after its last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    Running,
    Stopped,
    Finished,
}

/// One reminder, or the handing over to a person, with how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub number: u32,
    #[serde(flatten)]
    pub kind: StepKind,
    pub due_at: Timestamp,
    pub state: StepState,
    pub done_at: Option<Timestamp>,
    /// While it is being sent: when to doubt that it was.
    pub doubt_at: Option<Timestamp>,
    /// How often it was refused, and when it is tried again.
    #[serde(default)]
    pub refusals: u32,
    #[serde(default)]
    pub again_at: Option<Timestamp>,
}

/// A message is sent at most once: `Sending` is stored first, and what stays there is in doubt, not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    Waiting,
    Sending,
    Sent,
    InDoubt,
    Skipped,
}

/// Plans the recovery of an invoice, if it is open.
pub fn plan(
    account: &AccountId,
    invoice: &Invoice,
    customer_since: Option<Timestamp>,
    policy: &DunningPolicy,
    now: Timestamp,
    trace: &str,
) -> Option<Plan> {
    let Due::Open(Some(remaining)) = invoice.due() else { return None };
    let tenure_days = customer_since.map(|since| now.duration_since(since).as_hours() / 24);
    let segment = policy.segment(remaining, tenure_days);
    let steps = segment.steps.iter().zip(1..).map(|(rule, number)| Step {
        number,
        kind: match &rule.then {
            Then::Mail(template) => StepKind::Mail { template: template.clone() },
            Then::Person => StepKind::Person,
        },
        due_at: now + SignedDuration::from_hours(24 * rule.after_days.get_ref()),
        state: StepState::Waiting,
        done_at: None,
        doubt_at: None,
        refusals: 0,
        again_at: None,
    });
    Some(Plan {
        account: account.clone(),
        invoice: invoice.id.clone(),
        segment: segment.id.get_ref().clone(),
        policy_version: policy.version,
        started_at: now,
        state: PlanState::Running,
        reason: None,
        steps: steps.collect(),
        incident: None,
        held_until: None,
        held_since: None,
        trace: trace.to_owned(),
    })
}

impl Plan {
    /// The same, with what an earlier plan of the invoice has done behind it, and what comes before that; nothing, where
    /// no step is left. A step is the same by what it does: the earlier plan may have been of another segment.
    pub fn going_on(mut self, earlier: &Self) -> Option<Self> {
        let is_done = |step: &Step| {
            let mut same = earlier.steps.iter().filter(|other| other.kind == step.kind);
            same.any(|other| matches!(other.state, StepState::Sending | StepState::Sent | StepState::InDoubt))
        };
        let behind = self.steps.iter().rposition(is_done).map_or(0, |place| place + 1);
        for step in &mut self.steps[..behind] {
            step.state = if is_done(step) { StepState::Sent } else { StepState::Skipped };
        }
        self.next().is_some().then_some(self)
    }

    /// The first step that is not behind us.
    pub fn next(&self) -> Option<&Step> {
        let running = self.state == PlanState::Running;
        self.steps.iter().find(|step| running && matches!(step.state, StepState::Waiting | StepState::Sending))
    }

    /// When somebody has to look at it again.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.next().map(|step| match step.state {
            StepState::Sending => step.doubt_at.unwrap_or(step.due_at),
            _ => [self.held_until, step.again_at].into_iter().flatten().fold(step.due_at, Timestamp::max),
        })
    }

    /// Puts its line on the account's head while it has a step before it, and takes it away after.
    pub fn show_on(&self, head: &mut Head) {
        let line = self.next().map(|next| PlanLine {
            segment: self.segment.clone(),
            step: next.number,
            next: Some(next.kind.name().to_owned()),
            next_at: self.next_wake(),
            policy_version: self.policy_version,
        });
        match line {
            Some(line) => drop(head.dunning.insert(self.invoice.clone(), line)),
            None => drop(head.dunning.remove(&self.invoice)),
        }
    }

    /// Waits while the incident lasts that it is a part of; that it was a part of one is remembered. What waited moves by
    /// as long as it did, so that the first reminder stays the first, and no two go out at once.
    pub fn wait_for(&mut self, incident: Option<(&IncidentId, bool)>, now: Timestamp, look_at: Timestamp) {
        if let Some((incident, _)) = incident {
            self.incident = Some(incident.clone());
        }
        if incident.is_some_and(|(_, lasts)| lasts) {
            self.hold(now, look_at);
            return;
        }
        self.held_until = None;
        if let Some(since) = self.held_since.take() {
            for step in self.steps.iter_mut().filter(|step| step.state == StepState::Waiting) {
                step.due_at += now.duration_since(since);
            }
        }
    }

    /// Waits, to be looked at again.
    pub fn hold(&mut self, now: Timestamp, look_at: Timestamp) {
        self.held_until = Some(look_at);
        self.held_since = self.held_since.or(Some(now));
    }

    /// Gives more time before the steps that wait.
    pub fn postpone(&mut self, days: u32) {
        for step in self.steps.iter_mut().filter(|step| step.state == StepState::Waiting) {
            step.due_at += SignedDuration::from_hours(24 * i64::from(days));
        }
    }

    /// Ends it before its last step; what was not sent is skipped.
    pub fn stop(&mut self, reason: &str, at: Timestamp) {
        self.state = PlanState::Stopped;
        self.reason = Some(reason.to_owned());
        for step in self.steps.iter_mut().filter(|step| step.state == StepState::Waiting) {
            step.state = StepState::Skipped;
            step.done_at = Some(at);
        }
    }

    /// The steps that wait and whose time has come: the last of them is taken up.
    pub fn due(&self, now: Timestamp) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.state == StepState::Waiting && step.due_at <= now)
    }

    /// Takes up the step that is due, skipping earlier ones that a late start passed over.
    pub fn begin(&mut self, now: Timestamp, doubt_at: Timestamp) -> Option<Step> {
        if self.held_until.is_some() {
            return None;
        }
        let is_due = |step: &Step| step.due_at <= now && step.again_at.is_none_or(|again_at| again_at <= now);
        let due = self.steps.iter().rposition(|step| step.state == StepState::Waiting && is_due(step))?;
        for step in self.steps[..due].iter_mut().filter(|step| step.state == StepState::Waiting) {
            step.state = StepState::Skipped;
            step.done_at = Some(now);
        }
        let step = &mut self.steps[due];
        step.state = StepState::Sending;
        step.done_at = Some(now);
        step.doubt_at = Some(doubt_at);
        Some(step.clone())
    }

    /// Records that a step was sent.
    pub fn sent(&mut self, number: u32) {
        for step in self
            .steps
            .iter_mut()
            .filter(|step| step.number == number && matches!(step.state, StepState::Sending | StepState::InDoubt))
        {
            step.state = StepState::Sent;
        }
        self.finish_after_last();
    }

    /// Puts a step back that was certainly not sent, to be tried again in a while; `asked_secs` is how long whoever refused
    /// asks for. It is skipped where the plan has ended meanwhile, or where it was refused too often: then a person has to
    /// look. Says whether it was given up.
    pub fn unsent(&mut self, number: u32, asked_secs: Option<i64>, patience: &Patience, now: Timestamp) -> bool {
        let (has_ended, mut gives_up) = (self.state == PlanState::Stopped, false);
        for step in self.steps.iter_mut().filter(|step| step.number == number && step.state == StepState::Sending) {
            step.refusals += 1;
            step.doubt_at = None;
            step.again_at = patience.again_at(step.refusals, asked_secs, now).filter(|_| !has_ended);
            gives_up = step.again_at.is_none() && !has_ended;
            step.state = if step.again_at.is_some() { StepState::Waiting } else { StepState::Skipped };
        }
        self.finish_after_last();
        gives_up
    }

    /// Gives up on knowing whether a step was sent: at once, or if its sender was not heard of for too long.
    pub fn doubt(&mut self, now: Option<Timestamp>) {
        for step in self.steps.iter_mut().filter(|step| {
            step.state == StepState::Sending && now.is_none_or(|now| step.doubt_at.is_none_or(|at| at <= now))
        }) {
            step.state = StepState::InDoubt;
        }
        self.finish_after_last();
    }

    fn finish_after_last(&mut self) {
        if self.state == PlanState::Running && self.next().is_none() {
            self.state = PlanState::Finished;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::{Currency, Money};
    use crate::policies::Policies;

    fn day(day: i64) -> Timestamp {
        "2026-03-01T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * day)
    }

    fn open(minor: i64) -> Invoice {
        let mut invoice = Invoice::new("in_1");
        let event: crate::event::Event = serde_json::from_value(serde_json::json!({
            "id": "e", "provider": "stripe", "source": "default", "origin": "webhook", "kind": "invoice_changed", "at": "2026-03-01T00:00:00Z", "customer": null,
            "seen": [{"resource": "invoice", "id": "in_1", "status": "open", "remaining": Money::from_minor(minor, Currency::USD)}],
        }))
        .unwrap();
        let crate::event::Seen::Invoice(seen) = &event.seen[0] else { unreachable!() };
        invoice.status.see(&crate::book::Stamp::of(&event, None, 0), seen.status);
        invoice.remaining.see(&crate::book::Stamp::of(&event, None, 0), seen.remaining);
        invoice
    }

    fn planned(minor: i64, since: Option<Timestamp>) -> Plan {
        let policies = Policies::shipped().unwrap();
        let account = AccountId::of("stripe", "default", "cus_1");
        plan(&account, &open(minor), since, policies.dunning.current(), day(0), "t").unwrap()
    }

    #[test]
    fn the_segment_depends_on_amount_and_tenure() {
        let rows = [
            ("just below high value", 99_999, Some(day(-400)), "standard"),
            ("high value", 100_000, Some(day(-400)), "high_value"),
            ("89 days", 4900, Some(day(-89)), "new_tenure"),
            ("90 days", 4900, Some(day(-90)), "standard"),
            ("unknown tenure", 4900, None, "standard"),
        ];
        for (name, minor, since, segment) in rows {
            assert_eq!(planned(minor, since).segment, segment, "{name}");
        }
    }

    #[test]
    fn a_late_start_skips_what_has_passed() {
        let mut plan = planned(4900, None);
        assert_eq!(plan.begin(day(0), day(1)), None);
        assert_eq!(plan.begin(day(6), day(7)).unwrap().number, 2);
        assert_eq!(plan.steps[0].state, StepState::Skipped);
        assert_eq!(plan.next().unwrap().number, 2, "a step that is being sent is not behind us");
        assert_eq!(plan.next_wake(), Some(day(7)));
        plan.sent(2);
        assert_eq!(plan.next_wake(), Some(day(10)));
    }

    #[test]
    fn what_was_being_sent_for_too_long_is_in_doubt_and_not_repeated() {
        let mut plan = planned(4900, None);
        plan.begin(day(1), day(2));
        plan.doubt(Some(day(1)));
        assert_eq!(plan.steps[0].state, StepState::Sending);
        plan.doubt(Some(day(2)));
        assert_eq!(plan.steps[0].state, StepState::InDoubt);
        assert_eq!(plan.begin(day(2), day(3)), None);
        plan.sent(1);
        assert_eq!(plan.steps[0].state, StepState::Sent, "a late answer settles the doubt");
    }

    #[test]
    fn what_was_refused_is_tried_again_in_a_while_and_not_for_ever() {
        let patience = Patience { first_secs: 60, factor: 2, secs_max: 3600, tries_max: 3 };
        let secs = |secs| day(1) + SignedDuration::from_secs(secs);
        let mut plan = planned(4900, None);
        let (mut now, waits) = (0, [(None, 60), (Some(900), 900)]);
        for (asked_secs, wait) in waits {
            assert_eq!(plan.begin(secs(now), day(2)).map(|step| step.number), Some(1));
            assert!(!plan.unsent(1, asked_secs, &patience, secs(now)), "it is tried again");
            assert_eq!(plan.next_wake(), Some(secs(now + wait)));
            assert_eq!(plan.begin(secs(now + wait - 1), day(2)), None, "and not before");
            now += wait;
        }
        plan.begin(secs(now), day(2));
        assert!(plan.unsent(1, None, &patience, secs(now)), "somebody has to look");
        assert_eq!((plan.steps[0].state, plan.next_wake()), (StepState::Skipped, Some(day(5))), "the others go on");
    }

    #[test]
    fn what_was_refused_when_the_plan_has_ended_is_nobodys_to_send() {
        let patience = Patience { first_secs: 60, factor: 2, secs_max: 3600, tries_max: 3 };
        let mut plan = planned(4900, None);
        plan.begin(day(1), day(2));
        plan.stop("paid", day(1));
        assert!(!plan.unsent(1, None, &patience, day(1)));
        assert_eq!((plan.steps[0].state, plan.next_wake()), (StepState::Skipped, None));
    }

    #[test]
    fn a_plan_waits_while_its_incident_lasts_and_goes_on_with_the_step_that_is_due() {
        let mut plan = planned(4900, None);
        let incident = IncidentId::of("stripe", "default", "failure", "source", "now");
        plan.wait_for(Some((&incident, true)), day(1), day(2));
        assert_eq!((plan.next_wake(), plan.begin(day(1), day(2))), (Some(day(2)), None));
        plan.wait_for(Some((&incident, true)), day(6), day(7));
        plan.wait_for(Some((&incident, false)), day(7), day(8));
        assert_eq!(
            (plan.begin(day(7), day(8)).unwrap().number, plan.incident.clone()),
            (1, Some(incident)),
            "the first stays the first"
        );
        plan.sent(1);
        assert_eq!(
            (plan.begin(day(7), day(8)), plan.next_wake()),
            (None, Some(day(11))),
            "the second keeps its distance"
        );
    }

    #[test]
    fn who_was_reminded_before_is_reminded_of_the_rest() {
        let policies = Policies::shipped().unwrap();
        let stopped = |minor: i64, states: &[StepState]| {
            let mut earlier = planned(minor, None);
            earlier.steps.iter_mut().zip(states).for_each(|(step, state)| step.state = *state);
            earlier.stop("it was lowered", day(2));
            earlier
        };
        let (sent, skipped) = (StepState::Sent, StepState::Skipped);
        for (name, earlier, left) in [
            ("nothing was sent", stopped(4900, &[]), vec![1, 2, 3, 4]),
            ("the first was", stopped(4900, &[sent]), vec![2, 3, 4]),
            ("the first may have been", stopped(4900, &[StepState::InDoubt]), vec![2, 3, 4]),
            ("the first is on its way", stopped(4900, &[StepState::Sending]), vec![2, 3, 4]),
            ("the first was passed over", stopped(4900, &[skipped, sent]), vec![3, 4]),
            ("by a plan for another amount", stopped(100_000, &[sent, skipped, sent]), vec![4]),
            ("nothing is left", stopped(4900, &[sent; 4]), vec![]),
        ] {
            let anew = plan(&earlier.account, &open(4900), None, policies.dunning.current(), day(9), "t").unwrap();
            let waiting = |plan: &Option<Plan>| {
                let steps = plan.iter().flat_map(|plan| &plan.steps);
                steps.filter(|step| step.state == StepState::Waiting).map(|step| step.number).collect::<Vec<_>>()
            };
            let goes_on = anew.clone().going_on(&earlier);
            assert_eq!((waiting(&goes_on), goes_on.is_some()), (left.clone(), !left.is_empty()), "{name}");
            // It may be stopped once more before anything else was sent.
            if let Some(mut again) = goes_on {
                again.stop("it was lowered again", day(10));
                assert_eq!(waiting(&anew.going_on(&again)), left, "{name}, and again");
            }
        }
    }

    #[test]
    fn a_stopped_plan_has_no_next_step() {
        let mut plan = planned(4900, None);
        plan.stop("paid", day(1));
        assert_eq!(plan.next_wake(), None);
        assert_eq!(plan.begin(day(30), day(31)), None);
    }
}
