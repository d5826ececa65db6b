//! When is an account a matter of whoever looks after it? After so many failed tries in a row, whatever they were for:
//! a warning comes at once, and a person speaks to the customer.

use super::beside::tried_of;
use super::{Plan, StepKind, StepState};
use crate::book::entitlement::Entitlement;
use crate::book::{Book, By, Head, HistoryLine, Try, tries};
use crate::event::{InvoiceStatus, PaymentStatus};
use crate::policy::Complaint;
use crate::staff::Role;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::collections::BTreeSet;
use toml::Spanned;

/// A sitting that is longer than a day is none.
const SITTING_MINUTES_MAX: i64 = 24 * 60;
/// The head remembers some twenty tries, and more would never be counted.
const FAILURES_MAX: usize = 20;

/// After how many failed tries in a row that is, whoever tried.
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
        if !(1..=FAILURES_MAX).contains(self.failures.get_ref()) {
            let said = format!("an escalation comes after 1 to {FAILURES_MAX} failed tries");
            complaints.push(Complaint::on(&self.failures, said));
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

/// The tries of an account that failed in a row, since anything of it was paid: whatever they were for, whoever tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failures {
    /// When each that counts had failed, the first one first.
    pub at: Vec<Timestamp>,
    /// The invoices that were tried, as far as anybody told.
    pub invoices: BTreeSet<String>,
}

impl Failures {
    /// Those that the head remembers. What was told late counts by when it happened.
    pub fn of_account(book: &Book, same_try: SignedDuration, sitting: SignedDuration) -> Self {
        let all = tries(&book.tries, same_try);
        let mut failed: Vec<(Timestamp, By, &[&Try])> = all.iter().filter_map(|told| failed(told)).collect();
        let paid_at = paid_at(book, &failed);
        failed.retain(|(at, ..)| paid_at.is_none_or(|paid_at| *at > paid_at));
        failed.sort_by_key(|(at, by, _)| (*at, *by));
        let told = failed.iter().flat_map(|(.., told)| told.iter());
        let invoices = told.filter_map(|told| tried_of(book, told)).cloned().collect();
        Self { at: counted(failed.iter().map(|(at, by, _)| (*at, *by)), sitting), invoices }
    }
}

/// When a try had failed, where anybody knows that, and who made it: some tellings do not say that it was the customer.
fn failed<'a, 'b>(told: &'a [&'b Try]) -> Option<(Timestamp, By, &'a [&'b Try])> {
    let at = told.iter().filter(|told| !told.undated).map(|told| told.at).min()?;
    Some((at, told.iter().map(|told| told.by()).max().unwrap_or_default(), told))
}

/// When anything was paid last. Of an invoice that was paid nobody knows when it is known that its tries failed before.
fn paid_at(book: &Book, failed: &[(Timestamp, By, &[&Try])]) -> Option<Timestamp> {
    let paid = book.payments.iter().filter(|line| line.status == Some(PaymentStatus::Succeeded)).map(|line| line.at);
    let last_failed = |line: &HistoryLine| {
        let is_of = |told: &[&Try]| told.iter().any(|told| tried_of(book, told) == Some(&line.invoice));
        failed.iter().filter(|(.., told)| is_of(told)).map(|(at, ..)| *at).max()
    };
    let settled = book.invoices.iter().filter(|line| line.status == Some(InvoiceStatus::Paid));
    paid.chain(settled.filter_map(|line| line.paid_at.or_else(|| last_failed(line)))).max()
}

/// When those of some failed tries failed that count, in their order. Who mistypes the number of their card three times
/// has failed once.
pub(super) fn counted(failed: impl IntoIterator<Item = (Timestamp, By)>, sitting: SignedDuration) -> Vec<Timestamp> {
    let mut last: Option<Timestamp> = None;
    let counts = |(at, by): &(Timestamp, By)| {
        let by_customer = *by == By::Customer;
        let is_again = by_customer && last.is_some_and(|last| at.duration_since(last) <= sitting);
        last = if by_customer { Some(*at) } else { last };
        !is_again
    };
    failed.into_iter().filter(counts).map(|(at, _)| at).collect()
}

impl EscalationRule {
    /// Since when tries fail, where as many have failed in a row as it says.
    pub fn since(&self, failures: &[Timestamp]) -> Option<Timestamp> {
        let is_enough = failures.len() >= *self.failures.get_ref();
        failures.first().copied().filter(|_| is_enough)
    }

    /// The same, where that is no matter of whoever looks after the account yet: one row of failures is one once,
    /// however many recoveries run.
    pub fn since_of_account(&self, head: &Head, failures: &[Timestamp]) -> Option<Timestamp> {
        self.since(failures).filter(|since| head.escalated_at.is_none_or(|at| at < *since))
    }
}

impl Plan {
    /// Whether it brings the warning now, of an account whose tries fail since then.
    pub fn has_to_escalate(&self, since: Timestamp) -> bool {
        !self.rests() && self.escalated_at.is_none_or(|at| at < since)
    }

    /// Whether another recovery has warned the customer already.
    pub fn is_warned_beside(&self, head: &Head) -> bool {
        let mut others = head.dunning.iter().filter(|(invoice, _)| **invoice != self.invoice);
        others.any(|(_, line)| line.access.is_some_and(|access| access.state >= Entitlement::Warned))
    }

    /// The warning comes at once, and not without the letter that stands before it; where another recovery has warned
    /// them, each keeps its day. Says whether it is news.
    pub fn escalate(&mut self, since: Option<Timestamp>, is_warned: bool, now: Timestamp) -> bool {
        if since.is_none_or(|since| !self.has_to_escalate(since)) {
            return false;
        }
        self.escalated_at = Some(now);
        if !is_warned {
            self.brings_warning(now);
        }
        true
    }

    fn brings_warning(&mut self, now: Timestamp) {
        let is_warning = |kind: &StepKind| *kind == StepKind::Access { access: Entitlement::Warned };
        let warning = self.steps.iter().rposition(|it| is_warning(&it.kind) && it.state == StepState::Waiting);
        let behind = warning.map_or(0, |place| place + 1);
        let waits = |state| state == StepState::Waiting;
        for step in self.steps[..behind].iter_mut().filter(|it| waits(it.state)) {
            if step.kind.is_mail() || step.kind.is_access() {
                step.due_at = step.due_at.min(now);
            }
        }
    }
}

#[cfg(test)]
mod tests;
