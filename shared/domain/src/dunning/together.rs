//! An account with several recoveries is written to once: one letter lists all that is open, and what another recovery would have
//! written meanwhile counts as sent with it.

mod day;
mod rungs;

use super::{Plan, Step, StepKind, StepState};
use crate::book::{Head, LetterLine, Writer};
use crate::policy::Complaint;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use toml::Spanned;

/// For how long a letter may keep others back, at most.
const HOURS_MAX: i64 = 7 * 24;
/// How many invoices one letter may list.
const LISTED_MAX: usize = 50;
/// Why a letter waits for another one.
const ONCE_A_DAY: &str = "the account is written to once a day: another letter comes before it";

/// When letters of one account are one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Together {
    /// Within how many hours no second letter leaves that nobody has asked for.
    hours: Spanned<i64>,
    /// How many invoices a letter lists beside its own.
    listed_max: Spanned<usize>,
    /// All texts that are mailed, those that say more behind those that say less.
    order: Spanned<Vec<String>>,
    why: String,
}

impl Together {
    /// How many invoices a letter lists beside its own.
    pub fn listed_max(&self) -> usize {
        *self.listed_max.get_ref()
    }

    /// Within how long no second letter leaves.
    pub(crate) fn window(&self) -> SignedDuration {
        SignedDuration::from_hours(*self.hours.get_ref())
    }

    /// Where the order of texts stands.
    pub(super) fn place(&self) -> usize {
        self.order.span().start
    }

    /// Whether it is known how much a text says.
    pub(super) fn ranks(&self, text: &str) -> bool {
        self.rank(text).is_some()
    }

    fn rank(&self, text: &str) -> Option<usize> {
        self.order.get_ref().iter().position(|own| own == text)
    }

    /// Whether a text says all that another one would, or more.
    fn says(&self, text: &str, other: &str) -> bool {
        self.rank(other).zip(self.rank(text)).is_some_and(|(other, own)| own >= other)
    }

    pub(super) fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        if !(1..=HOURS_MAX).contains(self.hours.get_ref()) {
            complaints
                .push(Complaint::on(&self.hours, format!("a letter keeps others back for 1 to {HOURS_MAX} hours")));
        }
        if !(1..=LISTED_MAX).contains(self.listed_max.get_ref()) {
            complaints.push(Complaint::on(&self.listed_max, format!("a letter lists 1 to {LISTED_MAX} others")));
        }
        let order = self.order.get_ref();
        for (place, text) in order.iter().enumerate().filter(|(place, text)| order[..*place].contains(text)) {
            complaints.push(Complaint::on(&self.order, format!("`{text}` is there twice, as number {}", place + 1)));
        }
        if self.why.trim().is_empty() {
            complaints.push(Complaint::on(&self.hours, "`together` has no `why`"));
        }
        complaints
    }
}

/// What becomes of a message whose time has come, beside those of the account's other recoveries.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    Leaves,
    /// Another one has said it.
    With(LetterLine),
    Waits(Timestamp),
}

impl Plan {
    /// What is due to be read and was said by a letter of another recovery counts as sent with it; what was not waits until that
    /// letter is a day old. So does what says less than another letter that is about to come. `doubt_at` is by when it would be
    /// known whether a letter of now has left.
    pub fn keep_together(&mut self, head: &Head, rule: &Together, now: Timestamp, doubt_at: Timestamp) {
        while !self.rests() {
            let Some(place) = self.up_next(now) else { return };
            match self.turn(place, head, rule, (now, doubt_at)) {
                Turn::Leaves => return,
                Turn::With(letter) => self.goes_with(place, &letter, now),
                Turn::Waits(until) => self.waits_for_letter(place, until, now),
            }
        }
    }

    fn turn(&self, place: usize, head: &Head, rule: &Together, (now, doubt_at): (Timestamp, Timestamp)) -> Turn {
        let step = &self.steps[place];
        let window = rule.window();
        let (last, text, waits) = match &step.kind {
            StepKind::Mail { template } => {
                let waits = rule.waits_until(head, (Writer::Recovery, step.due_at), (now, doubt_at));
                (&head.written, template, waits)
            }
            StepKind::Sms { template } => {
                (&head.texted, template, head.texted.as_ref().and_then(|last| rule.held_by(last, last.at, now)))
            }
            StepKind::Access { .. } | StepKind::Offer { .. } | StepKind::End { .. } | StepKind::Person => {
                return Turn::Leaves;
            }
        };
        let is_known = |last: &&LetterLine| now < last.at + window && last.doubt_at.is_none_or(|at| at <= now);
        if let Some(last) = last.as_ref().filter(is_known) {
            // A phone is led to where all stands. Of an end its own customer is told in so many words.
            let is_said = step.kind.is_sms()
                || (last.lists(&self.invoice) && rule.says(&last.text, text) && !self.is_of_end(place));
            if is_said && last.invoice != self.invoice {
                return Turn::With(last.clone());
            }
        }
        if let Some(until) = waits {
            return Turn::Waits(until);
        }
        let more = |(invoice, at, next): &(&String, Timestamp, &str)| {
            **invoice != self.invoice && *at <= step.due_at + window && rule.says(next, text) && !rule.says(text, next)
        };
        let others =
            head.dunning.iter().filter_map(|(invoice, line)| Some((invoice, line.next_at?, line.next.as_deref()?)));
        let first = others.filter(|_| step.kind.is_mail()).filter(more).map(|(_, at, _)| at).min();
        first.map_or(Turn::Leaves, |at| Turn::Waits(at.max(now) + doubt_at.duration_since(now)))
    }

    /// It counts as sent, and what is passed over with it is left out as if it had left by itself.
    fn goes_with(&mut self, place: usize, letter: &LetterLine, now: Timestamp) {
        self.passes_over(place, now);
        let step = &mut self.steps[place];
        step.state = if letter.is_in_doubt(now) { StepState::InDoubt } else { StepState::Sent };
        (step.done_at, step.again_at) = (Some(letter.at), None);
        step.why = Some(format!("in one letter with {}", letter.invoice));
        self.finish_after_last();
    }

    fn waits_for_letter(&mut self, place: usize, until: Timestamp, now: Timestamp) {
        let is_sms = self.steps[place].kind.is_sms();
        let is_alike = |step: &Step| step.kind.is_read() && step.kind.is_sms() == is_sms && step.is_due(now);
        for step in self.steps.iter_mut().filter(|step| is_alike(step)) {
            step.again_at = Some(until);
            step.why = Some(ONCE_A_DAY.to_owned());
        }
    }

    /// Whether it is asked for by now: it runs, and nothing lets it wait.
    pub fn asks(&self) -> bool {
        !self.rests()
    }

    /// Shows the account's other recoveries what became of a message of this one.
    pub fn show_message_on(&self, head: &mut Head) {
        self.show_letter_on(Writer::Recovery, head);
    }
}

#[cfg(test)]
mod tests;
