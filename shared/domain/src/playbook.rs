//! What is done, in which order, in each of the six everyday troubles? Each file decides; none of them acts.
//!
//! The texts are templates and the figures are policy: `shared/policy/playbooks/`.

pub mod advice;
mod asked;
mod bill;
mod by_hand;
mod change_plan;
mod charged_twice;
mod overcharged;
mod path;
mod payment_failed;
mod policy;
mod refund;
mod standing;
mod step;
mod tax_invoice;

pub use asked::{came_of, is_asked};
pub use bill::{Bill, billed};
pub use by_hand::{left_to_person, onboarding};
pub use change_plan::{Change, change_plan, plan_changed};
pub use charged_twice::charged_twice;
pub use overcharged::overcharged;
pub use path::{OnPath, Passed, Stage, path};
pub use payment_failed::{Failing, asked_to_pay, grace_until, payment_failed};
pub use policy::{Name, PlaybookPolicy};
pub use refund::{Refunding, refund, refund_asked};
pub use standing::{Around, Handling, Standing, What, open_ticket};
pub use step::{Placed, Step, WATCH, Wanted, When, is_step, step_id};
pub use tax_invoice::{Invoicing, tax_invoice};

use crate::action::{Reason, Wish};
use crate::case::Case;
use crate::id::{AccountId, CaseId};
use crate::playbook::advice::Reply;
use crate::policy::Reader;
use crate::ticket::Outcome;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use payment_failed::failing_invoice;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a playbook decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Play {
    pub playbook: Name,
    pub policy_version: u32,
    /// How long handling should take.
    pub minutes: [u32; 2],
    /// The case that it is played for, where it is for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// The decision in one sentence.
    pub verdict: String,
    pub steps: Vec<Placed>,
    /// How many steps of its case are not done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<usize>,
    /// What would have helped and was not known.
    pub missing: Vec<String>,
}

/// What every playbook goes by.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    pub policy: &'a PlaybookPolicy,
    /// How the customer is written to.
    pub reader: Reader<'a>,
    pub name: &'a str,
    pub account: &'a AccountId,
    /// What the play is for: whoever is on the line may have no case.
    pub case: Option<&'a CaseId>,
    pub now: Timestamp,
}

impl Setting<'_> {
    fn play(&self, playbook: Name, verdict: impl Into<String>) -> Play {
        Play {
            playbook,
            policy_version: self.policy.version,
            minutes: self.policy.minutes(playbook),
            case: self.case.cloned(),
            verdict: verdict.into(),
            steps: Vec::new(),
            left: None,
            missing: Vec::new(),
        }
    }

    fn say(&self, when: When, text: &str, values: &[(&'static str, String)]) -> Step {
        let outcome = match when {
            When::AfterItIsDone => Outcome::Done,
            // What is only explained may bring another question.
            When::Now => Outcome::Free,
        };
        self.message((when, outcome), text, values)
    }

    /// That what is wanted is not done, why, and what is possible instead.
    fn deny(&self, text: &str, values: &[(&'static str, String)]) -> Step {
        self.message((When::Now, Outcome::Denied), text, values)
    }

    fn message(&self, (when, outcome): (When, Outcome), text: &str, values: &[(&'static str, String)]) -> Step {
        let mut values: BTreeMap<&str, String> = values.iter().cloned().collect();
        values.insert("name", self.name.to_owned());
        let (subject, body) = self.reader.text(text).expect("the lint saw every text").fill(&values);
        Step::Say { when, outcome, text: text.to_owned(), reply: Reply { subject, body } }
    }

    /// What somebody posts to ask for it.
    fn wanted(&self, wish: Wish, reason_code: Reason, note: &str) -> Box<Wanted> {
        let (account, case) = (self.account.clone(), self.case.cloned());
        Box::new(Wanted { account, wish, reason_code, note: note.to_owned(), case })
    }

    fn day(&self, days: i64) -> Date {
        day_after(self.now, days)
    }
}

/// The day that lies so many days after something.
fn day_after(at: Timestamp, days: i64) -> Date {
    (at + jiff::SignedDuration::from_hours(24 * days)).to_zoned(TimeZone::UTC).date()
}

/// What is said of a case that has ended: nothing is left to be done.
pub fn ended(scene: Setting<'_>, playbook: Name, case: &Case) -> Play {
    scene.play(playbook, over(case))
}

fn over(case: &Case) -> String {
    let goes_on = case.went_on_in.as_ref().map(|other| format!(" It goes on in {other}.")).unwrap_or_default();
    format!("This case has ended: {}.{goes_on}", case.resolution.as_deref().unwrap_or("resolved"))
}

/// What is said where something has to be named first.
pub fn unnamed(scene: Setting<'_>, playbook: Name, verdict: &str) -> Play {
    scene.play(playbook, verdict)
}

impl Play {
    fn look(&mut self, what: &'static str, found: impl ToString) {
        self.push(Step::Look { what, found: found.to_string() });
    }

    fn push(&mut self, step: Step) {
        let id = self.case.as_ref().and_then(|case| step.id(case));
        self.steps.push(Placed::new(id, step));
    }

    /// The same of a case that has ended by what was asked for: what was done stands, and what follows from it is left.
    pub fn has_ended(&mut self, case: &Case) {
        self.verdict = over(case);
        self.missing.clear();
    }

    /// The play as plain text.
    pub fn text(&self) -> String {
        let mut lines = vec![format!("{}: {}", self.playbook.title(), self.verdict)];
        lines.extend(self.steps.iter().map(|placed| format!("- {}", placed.text())));
        lines.extend(self.missing.iter().map(|missing| format!("- not known: {missing}")));
        lines.extend(self.what_is_left());
        lines.join("\n")
    }

    /// What is left of it, in a sentence; nothing is said where it has no steps.
    pub fn what_is_left(&self) -> Option<String> {
        let has_steps = self.steps.iter().any(|placed| placed.standing.is_some());
        self.left.filter(|_| has_steps).map(|left| match left {
            0 => "Nothing is left to be done.".to_owned(),
            1 => "One step is left.".to_owned(),
            left => format!("{left} steps are left."),
        })
    }
}
