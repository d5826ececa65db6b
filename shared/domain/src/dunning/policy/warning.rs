//! Which letters warn a customer that something is taken from them, and how long does that leave them?

use super::{StepRule, Then};
use crate::book::entitlement::Entitlement;
use crate::policy::Complaint;
use serde::Deserialize;
use toml::Spanned;

/// What is longer than a recovery leaves nobody anything.
const HOURS_MAX: i64 = 30 * 24;

/// A warning is what its customer has read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WarningRule {
    /// The texts that warn: each says how many days are left.
    letters: Spanned<Vec<String>>,
    /// How many hours lie between a warning and what is taken next, at least.
    hours: Spanned<i64>,
    why: String,
}

impl WarningRule {
    /// Every text that warns.
    pub fn letters(&self) -> impl Iterator<Item = &str> {
        self.letters.get_ref().iter().map(String::as_str)
    }

    fn warns(&self, letter: &str) -> bool {
        self.letters().any(|own| own == letter)
    }

    pub(super) fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        if !(1..=HOURS_MAX).contains(self.hours.get_ref()) {
            complaints.push(Complaint::on(&self.hours, format!("a warning leaves 1 to {HOURS_MAX} hours")));
        }
        if self.why.trim().is_empty() {
            complaints.push(Complaint::on(&self.hours, "`warning` has no `why`"));
        }
        complaints
    }

    /// What is wrong with how the steps of a segment warn.
    pub(super) fn lint_steps(&self, steps: &[StepRule]) -> Vec<Complaint> {
        let mut complaints = Vec::new();
        let (mut letter, mut warned_on): (Option<&str>, Option<i64>) = (None, None);
        let mut is_suspended = false;
        for step in steps {
            let day = *step.after_days.get_ref();
            match &step.then {
                Then::Mail(template) => {
                    letter = Some(template.as_str());
                    if is_suspended && self.warns(template) {
                        let said = "nobody is warned who is suspended: `[warning]` says which letters warn";
                        complaints.push(Complaint::on(&step.after_days, said));
                    }
                }
                Then::Access(Entitlement::Warned) => {
                    warned_on = Some(day);
                    if !letter.is_some_and(|letter| self.warns(letter)) {
                        let said = "the letter before a warning is one that warns: `[warning]` says which do";
                        complaints.push(Complaint::on(&step.after_days, said));
                    }
                }
                Then::Access(_) | Then::End(_) => {
                    is_suspended |= matches!(&step.then, Then::Access(state) if *state >= Entitlement::Suspended);
                    let held = step.hold_hours.as_ref().map_or(0, |hours| *hours.get_ref());
                    let left = warned_on.take().map(|on| 24 * (day - on) + held);
                    if left.is_some_and(|left| left < *self.hours.get_ref()) {
                        let said =
                            format!("whoever is warned has {} hours before anything is taken", self.hours.get_ref());
                        complaints.push(Complaint::on(&step.after_days, said));
                    }
                }
                Then::Sms(_) | Then::Offer(_) | Then::Person => {}
            }
        }
        complaints
    }
}
