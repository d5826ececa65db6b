//! The recovery of one invoice: what has been done, and what comes next.

use super::policy::last_queue;
use super::{Again, Control, DunningPolicy, Facts, Segment, Step, StepKind, StepRule, StepState, Then, Whose};
use crate::book::entitlement::Entitlement;
use crate::book::{Due, Head, Invoice, PlanLine};
use crate::id::{AccountId, IncidentId};
use crate::policy::Patience;
use crate::task::LAST_QUEUE;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The recovery of one invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub account: AccountId,
    pub invoice: String,
    pub segment: String,
    /// Of two of one day, the one whose number is lower is shown and worked first: that of its segment when it began.
    #[serde(default = "last_queue")]
    pub queue: u32,
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
    /// Since when it waits, whatever for.
    #[serde(default)]
    pub held_since: Option<Timestamp>,
    /// What people have said of it.
    #[serde(default, skip_serializing_if = "Control::is_silent")]
    pub control: Control,
    /// When Recoup tries it again, and when it has.
    #[serde(default, skip_serializing_if = "Again::is_nothing")]
    pub tries: Again,
    /// When it became a matter of whoever looks after the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated_at: Option<Timestamp>,
    /// How often people were asked to end what its invoice is for.
    #[serde(default)]
    pub ends_asked: u32,
    /// Until when it takes nothing and ends nothing, because its money may be coming.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spared_until: Option<Timestamp>,
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

/// Plans the recovery of an invoice, if it is open.
pub fn plan(
    account: &AccountId,
    invoice: &Invoice,
    (customer_since, family, whose): (Option<Timestamp>, &str, Whose<'_>),
    policy: &DunningPolicy,
    now: Timestamp,
    trace: &str,
) -> Option<Plan> {
    let segment = segment(invoice, (customer_since, family, whose), policy, now)?;
    let steps = segment.steps.iter().flat_map(kinds).zip(1..).map(|((kind, after), number)| Step {
        number,
        kind,
        due_at: now + after,
        state: StepState::Waiting,
        done_at: None,
        doubt_at: None,
        refusals: 0,
        again_at: None,
        why: None,
    });
    Some(Plan {
        account: account.clone(),
        invoice: invoice.id.clone(),
        segment: segment.id.get_ref().clone(),
        queue: segment.queue,
        policy_version: policy.version,
        started_at: now,
        state: PlanState::Running,
        reason: None,
        steps: steps.collect(),
        incident: None,
        held_until: None,
        held_since: None,
        control: Control::default(),
        tries: Again::default(),
        escalated_at: None,
        ends_asked: 0,
        spared_until: None,
        trace: trace.to_owned(),
    })
}

/// The segment by which an invoice is asked for, if it is open.
fn segment<'a>(
    invoice: &Invoice,
    (customer_since, family, whose): (Option<Timestamp>, &str, Whose<'_>),
    policy: &'a DunningPolicy,
    now: Timestamp,
) -> Option<&'a Segment> {
    let Due::Open(Some(remaining)) = invoice.due() else { return None };
    let tenure_days = customer_since.map(|since| now.duration_since(since).as_hours() / 24);
    Some(policy.segment(&Facts { remaining, tenure_days, family, whose }))
}

/// In which queue stands what a person settles of an invoice that nothing asks for any more: in that of its recovery,
/// or of the one that would begin, where it never had one.
pub fn queue(
    invoice: &Invoice,
    whose: (Option<Timestamp>, &str, Whose<'_>),
    standing: Option<&Plan>,
    policy: &DunningPolicy,
    now: Timestamp,
) -> u32 {
    let own = standing.map(|plan| plan.queue);
    own.or_else(|| Some(segment(invoice, whose, policy, now)?.queue)).unwrap_or(LAST_QUEUE)
}

/// What a rule comes to, and how long after the beginning: an end is a letter, then what is ended, then what the
/// customer may use.
fn kinds(rule: &StepRule) -> Vec<(StepKind, SignedDuration)> {
    let after = SignedDuration::from_hours(24 * rule.after_days.get_ref());
    let (kind, ends) = match &rule.then {
        Then::Mail(template) => (StepKind::Mail { template: template.clone() }, None),
        Then::Sms(template) => (StepKind::Sms { template: template.clone() }, None),
        Then::Access(state) => (StepKind::Access { access: *state }, None),
        Then::Offer(owner) => (StepKind::Offer { owner: *owner }, None),
        Then::Person => (StepKind::Person, None),
        Then::End(ends) => (StepKind::Mail { template: rule.prompt.clone().unwrap_or_default() }, Some(*ends)),
    };
    let hold_hours = rule.hold_hours.as_ref().map_or(0, |hours| *hours.get_ref());
    let until = after + SignedDuration::from_hours(hold_hours);
    let ended = |ends| [StepKind::End { ends, hold_hours }, StepKind::Access { access: Entitlement::Ended }];
    let behind = ends.into_iter().flat_map(ended).map(|kind| (kind, until));
    [(kind, after)].into_iter().chain(behind).collect()
}

impl Plan {
    /// The same, with what an earlier plan of the invoice has done behind it, and what comes before that; nothing,
    /// where no step is left. A step is the same by what it does: the earlier plan may have been of another segment.
    pub fn going_on(mut self, earlier: &Self) -> Option<Self> {
        let done = |step: &Step| {
            let mut same = earlier.steps.iter().filter(|other| other.kind == step.kind);
            same.find(|other| matches!(other.state, StepState::Sending | StepState::Sent | StepState::InDoubt))
        };
        let behind = self.steps.iter().rposition(|step| done(step).is_some()).map_or(0, |place| place + 1);
        for step in &mut self.steps[..behind] {
            let before = done(step);
            step.state = if before.is_some() { StepState::Sent } else { StepState::Skipped };
            step.why = before.and_then(|before| before.why.clone());
        }
        self.control = earlier.control.clone();
        self.tries = Again {
            next: None,
            why_none: None,
            chose_none: None,
            look_at: None,
            card: None,
            card_id: None,
            ..earlier.tries.clone()
        };
        self.tries.is_unknown_again();
        self.escalated_at = earlier.escalated_at;
        self.next().is_some().then_some(self)
    }

    /// The step that is being sent or asked for, or else the one whose time comes first.
    pub fn next(&self) -> Option<&Step> {
        let running = self.state == PlanState::Running;
        let is_begun = |step: &Step| matches!(step.state, StepState::Sending | StepState::Asked);
        let sending = self.steps.iter().find(|step| running && is_begun(step));
        let waiting = self.steps.iter().filter(|step| running && step.state == StepState::Waiting);
        sending.or_else(|| waiting.min_by_key(|step| self.comes_at(step)))
    }

    /// When a step that waits is taken up, as far as it depends on its like: a change of access not before the letters
    /// and the end that stand before it, and an end not before the letters and the changes; neither while it spares its
    /// customer.
    pub(super) fn comes_at(&self, step: &Step) -> Timestamp {
        let own = |step: &Step| step.again_at.map_or(step.due_at, |at| at.max(step.due_at));
        let (is_access, is_end) = (step.kind.is_access(), step.kind.is_end());
        let holds = |kind: &StepKind| match kind {
            StepKind::Mail { .. } => is_access || is_end,
            StepKind::Access { .. } => is_end,
            StepKind::End { .. } => is_access,
            StepKind::Sms { .. } | StepKind::Offer { .. } | StepKind::Person => false,
        };
        let is_before = |it: &&Step| it.number < step.number && it.state == StepState::Waiting && holds(&it.kind);
        let spared_until = self.spared_until.filter(|_| step.kind.takes());
        self.steps.iter().filter(is_before).map(own).chain(spared_until).fold(own(step), Timestamp::max)
    }

    /// When somebody has to look at it again.
    pub fn next_wake(&self) -> Option<Timestamp> {
        [self.step_wake(), self.try_wake()].into_iter().flatten().min()
    }

    /// When its next step has to be looked at.
    fn step_wake(&self) -> Option<Timestamp> {
        self.next().map(|step| match step.state {
            StepState::Sending => step.doubt_at.unwrap_or(step.due_at),
            _ => self.step_turn(step),
        })
    }

    /// When a step has its turn.
    fn step_turn(&self, step: &Step) -> Timestamp {
        // The end of a pause moves the step, and shows whether a promise was kept.
        let from = self.paused_until().unwrap_or_else(|| self.comes_at(step));
        [self.held_until, step.again_at].into_iter().flatten().fold(from, Timestamp::max)
    }

    /// When it goes on, as it stands on its list: a letter that is being sent keeps its place until somebody knows what
    /// became of it.
    pub fn turn_at(&self) -> Option<Timestamp> {
        let step = self.next().map(|step| self.step_turn(step));
        [step, self.try_wake()].into_iter().flatten().min()
    }

    /// Puts its line on the account's head while it has a step before it or takes something away, and takes it off
    /// after.
    pub fn show_on(&self, head: &mut Head) {
        let (next, access) = (self.next(), self.access());
        let line = (next.is_some() || self.still_takes(access)).then(|| PlanLine {
            segment: self.segment.clone(),
            step: next.or(self.steps.last()).map_or(0, |step| step.number),
            next: next.map(|next| next.kind.name().to_owned()),
            next_at: next
                .and_then(|next| self.paused_until().map(|_| self.expected_at(next)).or_else(|| self.step_wake())),
            policy_version: self.policy_version,
            access: Some(access),
        });
        head.escalated_at = head.escalated_at.max(self.escalated_at);
        match line {
            Some(line) => drop(head.dunning.insert(self.invoice.clone(), line)),
            None => drop(head.dunning.remove(&self.invoice)),
        }
    }

    /// Waits while the incident lasts that it is a part of; that it was a part of one is remembered. What waited moves
    /// by as long as it did, so that the first reminder stays the first, and no two go out at once.
    pub fn wait_for(&mut self, incident: Option<(&IncidentId, bool)>, now: Timestamp, look_at: Timestamp) {
        if let Some((incident, _)) = incident {
            self.incident = Some(incident.clone());
        }
        if incident.is_some_and(|(_, lasts)| lasts) {
            self.hold(now, look_at);
            return;
        }
        self.held_until = None;
        if self.paused_until().is_none() {
            self.go_on(now);
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
        self.lift(reason == "paid", at);
        self.end_tries(reason == "paid");
        self.state = PlanState::Stopped;
        self.reason = Some(reason.to_owned());
        let goes = |step: &&mut Step| matches!(step.state, StepState::Waiting | StepState::Asked);
        for step in self.steps.iter_mut().filter(goes) {
            (step.state, step.done_at, step.why) = (StepState::Skipped, Some(at), None);
        }
    }

    /// The steps that wait and whose time has come, or comes with a broken promise: the last of them is taken up.
    pub fn due(&self, now: Timestamp) -> impl Iterator<Item = &Step> {
        let may_come = self.control.promise.is_some();
        self.steps.iter().filter(move |step| step.state == StepState::Waiting && (step.due_at <= now || may_come))
    }

    /// Leaves out the steps whose time has come.
    pub fn pass_over(&mut self, now: Timestamp) {
        for step in self.steps.iter_mut().filter(|it| it.state == StepState::Waiting && it.due_at <= now) {
            (step.state, step.done_at, step.why) = (StepState::Skipped, Some(now), None);
        }
        self.finish_after_last();
    }

    /// Leaves out whatever has come to its day but the last of it, which stands for all: on the ladder the highest rung
    /// does. What waits for a morning, or for another letter, has come to it as well.
    pub fn only_last(&mut self, now: Timestamp) {
        let has_come = |step: &Step| step.state == StepState::Waiting && step.due_at <= now && step.kind.is_told();
        let last = self.steps.iter().rposition(has_come).filter(|_| !self.rests());
        for step in self.steps[..last.unwrap_or(0)].iter_mut().filter(|step| has_come(step)) {
            (step.state, step.done_at, step.why) = (StepState::Skipped, Some(now), None);
        }
    }

    /// Takes up the step that is due, skipping earlier ones that a late start passed over: of letters no others than
    /// letters do.
    pub fn begin(&mut self, now: Timestamp, doubt_at: Timestamp) -> Option<Step> {
        if self.held_until.is_some() || self.paused_until().is_some() {
            return None;
        }
        let due = self.up_next(now)?;
        self.passes_over(due, now);
        let step = &mut self.steps[due];
        step.state = StepState::Sending;
        step.why = None;
        step.done_at = Some(now);
        step.doubt_at = Some(doubt_at);
        let step = step.clone();
        self.tells_of_end(due, now);
        Some(step)
    }

    /// The place of the message, or of what is for a person, that is taken up next: of those whose time has come the
    /// last. Neither a person nor a text message passes over a letter: they come after it.
    pub(super) fn up_next(&self, now: Timestamp) -> Option<usize> {
        let last = |is_it: fn(&StepKind) -> bool| {
            self.steps.iter().rposition(|step| is_it(&step.kind) && step.is_taken_up(now))
        };
        let letter = self.letter_due(now);
        letter.or_else(|| last(|kind| *kind == StepKind::Person)).or_else(|| last(StepKind::is_sms))
    }

    /// Leaves out what was due before a step that is taken up: of letters no others than letters do. What only waits
    /// for the morning is not passed over by what does not.
    pub(super) fn passes_over(&mut self, due: usize, now: Timestamp) {
        let is_letter = self.steps[due].kind.is_mail();
        let passes = |step: &Step| step.is_taken_up(now) && (is_letter || !step.kind.is_mail());
        for step in self.steps[..due].iter_mut().filter(|step| passes(step)) {
            (step.state, step.done_at, step.why) = (StepState::Skipped, Some(now), None);
        }
    }

    /// The letter that is taken up: the last that is due, but of those that a change of access waits for none behind
    /// it.
    fn letter_due(&self, now: Timestamp) -> Option<usize> {
        let is_open = |step: &Step| match step.state {
            StepState::Waiting => step.kind.is_mail() && step.due_at <= now,
            state => step.kind.is_mail() && state == StepState::Sending,
        };
        let change = self.steps.iter().position(|step| step.kind.is_access() && step.state == StepState::Waiting);
        let until = change.filter(|place| self.steps[..*place].iter().any(is_open)).unwrap_or(self.steps.len());
        self.steps[..until].iter().rposition(|step| step.kind.is_mail() && step.is_taken_up(now))
    }

    /// What is due for a phone is left out, where nobody may be written to there.
    pub fn leave_out_texts(&mut self, why: &str, now: Timestamp) {
        if self.rests() {
            return;
        }
        let is_due = |step: &&mut Step| step.state == StepState::Waiting && step.due_at <= now;
        for step in self.steps.iter_mut().filter(is_due).filter(|step| step.kind.is_sms()) {
            step.leave_out(why, now);
        }
        self.finish_after_last();
    }

    /// Records that a person has it: who was to be written to was not.
    pub fn handed_over(&mut self, number: u32) {
        for step in self.steps.iter_mut().filter(|step| step.number == number && step.kind.is_read()) {
            step.state = StepState::Skipped;
        }
        self.sent(number);
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

    /// Puts a step back that was certainly not sent, to be tried again in a while; `asked_secs` is how long whoever
    /// refused asks for. It is skipped where the plan has ended meanwhile, or where it was refused too often: then a
    /// person has to look. Says whether it was given up.
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

    pub(super) fn finish_after_last(&mut self) {
        if self.state == PlanState::Running && self.next().is_none() {
            self.end_tries(false);
            // Of what was promised meanwhile nobody will ask any more.
            self.lift(false, self.started_at);
            self.state = PlanState::Finished;
        }
    }
}

#[cfg(test)]
mod tests;
