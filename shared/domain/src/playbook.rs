//! What is done, in which order, in each of the six everyday troubles? Each file decides; none of them acts.
//!
//! The texts are templates and the figures are policy: `shared/policy/playbooks/`.

pub mod advice;
mod change_plan;
mod charged_twice;
mod overcharged;
mod payment_failed;
mod policy;
mod refund;
mod tax_invoice;

pub use change_plan::{Change, change_plan};
pub use charged_twice::charged_twice;
pub use overcharged::overcharged;
pub use payment_failed::{Failing, grace_until, payment_failed};
pub use policy::{Name, PlaybookPolicy};
pub use refund::{Refunding, refund};
pub use tax_invoice::{Invoicing, tax_invoice};

use crate::action::Line;
use crate::case::Case;
use crate::money::Money;
use crate::playbook::advice::Reply;
use crate::policy::Reader;
use crate::staff::Role;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a playbook decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Play {
    pub playbook: Name,
    pub policy_version: u32,
    /// How long handling should take.
    pub minutes: [u32; 2],
    /// The decision in one sentence.
    pub verdict: String,
    pub steps: Vec<Step>,
    /// What would have helped and was not known.
    pub missing: Vec<String>,
}

/// One line of a play. Nothing happens because it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Something that was looked at.
    Look { what: &'static str, found: String },
    /// An action; it is carried out when those have agreed who must, and by nobody alone where the list says so.
    Ask {
        kind: &'static str,
        target: String,
        amount: Option<Money>,
        approvals: Vec<Role>,
        lines: Vec<Line>,
        why: String,
    },
    /// A message to the customer.
    Say { when: When, text: String, reply: Reply },
    /// Something that a person does.
    Task { who: &'static str, what: String, due_on: Date },
    /// Something that is looked at again.
    Watch { what: String, until: Date },
}

/// When a message may be sent: what was not decided is not promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    Now,
    AfterItIsDone,
}

/// What every playbook goes by.
#[derive(Clone, Copy)]
pub struct Setting<'a> {
    pub policy: &'a PlaybookPolicy,
    /// How the customer is written to.
    pub reader: Reader<'a>,
    pub name: &'a str,
    pub now: Timestamp,
}

impl Setting<'_> {
    fn play(&self, playbook: Name, verdict: impl Into<String>) -> Play {
        Play {
            playbook,
            policy_version: self.policy.version,
            minutes: self.policy.minutes(playbook),
            verdict: verdict.into(),
            steps: Vec::new(),
            missing: Vec::new(),
        }
    }

    fn say(&self, when: When, text: &str, values: &[(&'static str, String)]) -> Step {
        let mut values: BTreeMap<&str, String> = values.iter().cloned().collect();
        values.insert("name", self.name.to_owned());
        let (subject, body) = self.reader.text(text).expect("the lint saw every text").fill(&values);
        Step::Say { when, text: text.to_owned(), reply: Reply { subject, body } }
    }

    fn day(&self, days: i64) -> Date {
        (self.now + jiff::SignedDuration::from_hours(24 * days)).to_zoned(TimeZone::UTC).date()
    }
}

/// What is said of a case that has ended: nothing is left to be done.
pub fn ended(scene: Setting<'_>, playbook: Name, case: &Case) -> Play {
    scene.play(playbook, format!("This case has ended: {}.", case.resolution.as_deref().unwrap_or("resolved")))
}

impl Play {
    fn look(&mut self, what: &'static str, found: impl ToString) {
        self.steps.push(Step::Look { what, found: found.to_string() });
    }

    /// The play as plain text.
    pub fn text(&self) -> String {
        let mut lines = vec![format!("{}: {}", self.playbook.title(), self.verdict)];
        lines.extend(self.steps.iter().map(|step| format!("- {}", step.text())));
        lines.extend(self.missing.iter().map(|missing| format!("- not known: {missing}")));
        lines.join("\n")
    }
}

impl Step {
    /// The step in one line.
    pub fn text(&self) -> String {
        match self {
            Self::Look { what, found } => format!("{what}: {found}"),
            Self::Ask { kind, target, amount, approvals, why, .. } => {
                let amount = amount.map(|amount| format!(" {amount}")).unwrap_or_default();
                let roles: Vec<_> = approvals.iter().map(|role| role.name()).collect();
                let needs = if roles.is_empty() { String::new() } else { format!(", needs {}", roles.join(" and ")) };
                format!("{}{amount} ({target}{needs}): {why}", kind.replace('_', " "))
            }
            Self::Say { when: When::Now, reply, .. } => format!("write: {}", reply.subject),
            Self::Say { when: When::AfterItIsDone, reply, .. } => format!("write when it is done: {}", reply.subject),
            Self::Task { who, what, due_on } => format!("task for the {who} until {due_on}: {what}"),
            Self::Watch { what, until } => format!("watch until {until}: {what}"),
        }
    }
}
