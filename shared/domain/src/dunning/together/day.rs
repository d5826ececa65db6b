//! May a letter leave today? An account is sent one a day that nobody has asked for, whoever writes it.

use super::{ONCE_A_DAY, Together};
use crate::book::{Head, LetterLine, PlanLine, Writer};
use crate::dunning::{Plan, Step, StepState};
use jiff::Timestamp;

impl Together {
    /// Until when a letter waits whose time has come; nothing, where it leaves now. What answers the customer never
    /// waits. Letters of a recovery go first: access is taken after them. `doubt_at` is by when it would be known
    /// whether a letter of now has left.
    pub(super) fn waits_until(
        &self,
        head: &Head,
        (writer, due_at): (Writer, Timestamp),
        (now, doubt_at): (Timestamp, Timestamp),
    ) -> Option<Timestamp> {
        if writer == Writer::Answer {
            return None;
        }
        let written = head.written.as_ref().and_then(|last| self.held_by(last, last.at, now));
        // Nothing waits longer for answers than a day: whoever is answered each day would never be asked.
        let answered = head.answered.as_ref().and_then(|last| self.held_by(last, last.at.min(due_at), now));
        let is_due = |line: &PlanLine| {
            let is_letter = line.next.as_deref().is_some_and(|text| self.ranks(text));
            is_letter && line.next_at.is_some_and(|at| at <= now && now < at + self.window())
        };
        let goes_after = || (writer != Writer::Recovery && head.dunning.values().any(is_due)).then_some(doubt_at);
        written.max(answered).or_else(goes_after)
    }

    /// Until when a letter keeps others back that count from then on; while nobody knows whether it has left, until
    /// that is known.
    pub(super) fn held_by(&self, last: &LetterLine, from: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let until = from + self.window();
        (now < until).then(|| last.doubt_at.filter(|at| now < *at).unwrap_or(until))
    }
}

impl Plan {
    /// A letter that is due, of what is no recovery, waits for its day: no other one says it in its place.
    pub fn keep_to_a_day(
        &mut self,
        head: &Head,
        rule: &Together,
        writer: Writer,
        (now, doubt_at): (Timestamp, Timestamp),
    ) {
        let due = self.steps.iter().rposition(|step| step.kind.is_mail() && step.is_due(now));
        let Some(place) = due.filter(|_| !self.rests()) else { return };
        let due_at = self.steps[place].due_at;
        if let Some(until) = rule.waits_until(head, (writer, due_at), (now, doubt_at)) {
            self.waits_for_letter(place, until, now);
        }
    }

    /// The letter that is due and waits for another one of its account.
    pub fn held_for_another(&self, now: Timestamp) -> Option<&Step> {
        let is_held = |step: &&Step| {
            let is_later = step.due_at <= now && step.again_at.is_some_and(|at| now < at);
            step.state == StepState::Waiting && is_later && step.why.as_deref() == Some(ONCE_A_DAY)
        };
        self.steps.iter().rev().find(is_held).filter(|_| !self.rests())
    }

    /// What others see of a message that is taken up, and that lists those invoices as well.
    pub fn letter_line(&self, writer: Writer, step: &Step, also: Vec<String>, now: Timestamp) -> LetterLine {
        LetterLine {
            at: now,
            invoice: self.invoice.clone(),
            step: step.number,
            text: step.kind.name().to_owned(),
            also,
            doubt_at: step.doubt_at,
            in_doubt: false,
            writer,
        }
    }

    /// Shows whoever else writes to the account what became of a message of this one.
    pub fn show_letter_on(&self, writer: Writer, head: &mut Head) {
        for shown in [&mut head.written, &mut head.answered, &mut head.texted] {
            let Some(line) = shown.take() else { continue };
            let is_open = line.writer == writer && line.invoice == self.invoice && line.doubt_at.is_some();
            let own = self.steps.iter().find(|step| is_open && step.number == line.step);
            *shown = match own.map(|step| step.state) {
                Some(StepState::Sent) => Some(line.left()),
                Some(StepState::InDoubt) => Some(line.lost()),
                // It did not leave.
                Some(StepState::Waiting | StepState::Skipped | StepState::Asked) => None,
                Some(StepState::Sending) | None => Some(line),
            };
        }
    }
}
