//! One line of a play: what it is, what it is called on its case, and how it is taken.

use super::advice::Reply;
use super::standing::Standing;
use crate::action::{Line, Reason, Wish};
use crate::id::{AccountId, CaseId, digest};
use crate::money::Money;
use crate::staff::Role;
use crate::task::About;
use crate::ticket::Outcome;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

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
        /// What is posted to ask for it.
        action: Box<Wanted>,
    },
    /// A message to the customer.
    Say { when: When, outcome: Outcome, text: String, reply: Reply },
    /// Something that a person does.
    Task {
        who: &'static str,
        what: String,
        due_on: Date,
        /// Which task it is; none, where it is made by itself once something is done.
        #[serde(skip)]
        about: Option<About>,
    },
    /// Something that is looked at again.
    Watch {
        what: String,
        until: Date,
        /// How long, from when it is taken.
        #[serde(skip)]
        days: i64,
    },
}

/// When a message may be sent: what was not decided is not promised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    Now,
    AfterItIsDone,
}

/// A request with everything filled in: it can be posted as it is, and carries its case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wanted {
    pub account: AccountId,
    #[serde(flatten)]
    pub wish: Wish,
    pub reason_code: Reason,
    pub note: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
}

/// A step where it stands in its play.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placed {
    /// The same as long as it is the same step of the same case; what was only looked at has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(flatten)]
    pub step: Step,
    /// How it stands on its case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// Where it is taken with a `POST`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post: Option<String>,
    /// The ticket that is answered by it, as its address has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// How often that ticket was answered so far; none, where whoever wrote it is not to hear what is said of an
    /// account.
    #[serde(skip)]
    pub answered: Option<u32>,
    /// How often it was our turn in it so far: what came in since is not answered by the step.
    #[serde(skip)]
    pub turns: u32,
    /// From when on there was this to say, where that is later than its case.
    #[serde(skip)]
    pub since: Option<Timestamp>,
}

/// What tells a watch from the other steps of its case.
pub const WATCH: [&str; 3] = ["watch", "", ""];

/// What a step is called, by its case and what tells it from the others there.
pub fn step_id(case: &CaseId, [kind, of, target]: [&str; 3]) -> String {
    format!("step_{}", digest(&[case.as_str(), kind, of, target], 12))
}

/// Whether a text may be the id of a step.
pub fn is_step(text: &str) -> bool {
    let tail = text.strip_prefix("step_").unwrap_or_default();
    tail.len() == 12 && tail.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase())
}

impl Step {
    pub(super) fn id(&self, case: &CaseId) -> Option<String> {
        let parts = match self {
            Self::Look { .. } => return None,
            Self::Ask { kind, target, .. } => ["ask", kind, target],
            Self::Say { text, .. } => ["say", text, ""],
            Self::Task { who, .. } => ["task", who, ""],
            Self::Watch { .. } => WATCH,
        };
        Some(step_id(case, parts))
    }

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
            Self::Task { who, what, due_on, .. } => format!("task for the {who} until {due_on}: {what}"),
            Self::Watch { what, until, .. } => format!("watch until {until}: {what}"),
        }
    }
}

impl Placed {
    pub(super) fn new(id: Option<String>, step: Step) -> Self {
        Self { id, step, standing: None, post: None, ticket: None, answered: None, turns: 0, since: None }
    }

    /// Whether somebody still has to do something for it.
    pub fn is_left(&self) -> bool {
        self.standing.as_ref().is_some_and(|standing| !matches!(standing, Standing::Done { .. }))
    }

    /// Whether it can be taken now.
    pub fn is_open(&self) -> bool {
        self.standing == Some(Standing::Open)
    }

    /// The step and how it stands, in one line.
    pub fn text(&self) -> String {
        let step = self.step.text();
        match self.standing.as_ref().and_then(Standing::text) {
            Some(standing) => format!("{step} [{standing}]"),
            None => step,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_has_one_id_on_its_case_and_another_on_another() {
        let account = AccountId::of("stripe", "default", "cus_1");
        let [one, other] = ["ch_1", "ch_2"].map(|about| CaseId::of(&account, "duplicate_charge", about));
        let watch = Step::Watch { what: "another".into(), until: "2026-03-31".parse().unwrap(), days: 30 };
        let later = Step::Watch { what: "another".into(), until: "2026-04-01".parse().unwrap(), days: 30 };
        assert_eq!(watch.id(&one), later.id(&one), "whenever it is looked at");
        assert_ne!(watch.id(&one), watch.id(&other));
        assert_eq!(watch.id(&one).as_deref().map(is_step), Some(true));
        assert_eq!(Step::Look { what: "reason", found: "x".into() }.id(&one), None);
        for wrong in ["", "step_", "step_0123456789A0", "case_0123456789ab", "step_0123456789ab1"] {
            assert!(!is_step(wrong), "{wrong}");
        }
    }
}
