//! Who works here, and as what.

mod at_work;
mod change;
mod embeds;
mod proposal;
mod views;

pub use at_work::AtWork;
pub use change::{Change, Line, Refused, Taken, changes};
pub use embeds::{Allowed, Embeds, NotAllowed, Origins};
pub use proposal::{Ended, Proposal, State, Table, Unconfirmed, Word};
pub use views::{NotKept, View, Views, list_of};

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The name under which Recoup itself asks; it can never decide.
pub const MACHINE: &str = "recoup";

/// What people read of whoever did something, by the name that their id has now.
pub fn called<'a>(id: &'a str, name: Option<&'a str>) -> Cow<'a, str> {
    match name {
        _ if id == MACHINE => Cow::Borrowed("Recoup"),
        Some(name) => Cow::Borrowed(name),
        None if is_id(id) => Cow::Owned(format!("{id} (no longer here)")),
        // A customer or a rule did it, and is said in words.
        None => Cow::Borrowed(id),
    }
}

/// Whether a text can be somebody's id: it has no capital and no blank.
pub fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-@".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

/// Somebody who may sign in; every decision reads the role here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    pub id: String,
    pub name: String,
    pub role: Role,
    pub email: String,
    /// Who it is on Slack.
    #[serde(default)]
    pub slack: Option<Slack>,
    /// In which languages they answer customers, such as `de`; in English, where nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<String>,
}

/// What everybody answers in of whom nothing else is said.
const ENGLISH: &str = "en";

impl Staff {
    /// Whether they answer customers in a language.
    pub fn speaks(&self, language: &str) -> bool {
        let own = self.languages.iter().any(|own| own == language);
        own || (self.languages.is_empty() && language == ENGLISH)
    }
}

/// A user is only told apart within a team.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slack {
    pub team: String,
    pub user: String,
}

/// From L1 to VP a ladder, on which the higher stands for the lower; analysts and legal stand beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Analyst,
    L1,
    L2,
    BillingSpecialist,
    Manager,
    Vp,
    Legal,
}

impl Role {
    /// In the order of the ladder, those beside it at both ends.
    pub const ALL: [Self; 7] =
        [Self::Analyst, Self::L1, Self::L2, Self::BillingSpecialist, Self::Manager, Self::Vp, Self::Legal];

    /// As it stands in JSON, in policies and in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Analyst => "analyst",
            Self::L1 => "l1",
            Self::L2 => "l2",
            Self::BillingSpecialist => "billing_specialist",
            Self::Manager => "manager",
            Self::Vp => "vp",
            Self::Legal => "legal",
        }
    }

    /// Whether a vote by this role counts where `needed` must vote. Legal stands beside the ladder.
    pub fn stands_for(self, needed: Self) -> bool {
        let ladder = |role| !matches!(role, Self::Legal | Self::Analyst);
        self == needed || (ladder(self) && ladder(needed) && self > needed)
    }

    /// Whose turn it is when this role does not come to it. Nobody stands above a VP, and legal stands beside.
    pub fn above(self) -> Self {
        match self {
            Self::L1 => Self::L2,
            Self::L2 => Self::BillingSpecialist,
            Self::BillingSpecialist => Self::Manager,
            Self::Manager | Self::Vp => Self::Vp,
            Self::Legal => Self::Legal,
            Self::Analyst => Self::L1,
        }
    }

    /// Whether this role changes what the company's own files say, and fills the book.
    pub fn may_import(self) -> bool {
        matches!(self, Self::Manager | Self::Vp)
    }

    /// Whether this role says what was done by hand of an action that was left to a person.
    pub fn may_settle(self) -> bool {
        matches!(self, Self::BillingSpecialist | Self::Manager | Self::Vp)
    }

    /// Whether this role takes back what somebody else asked for.
    pub fn may_withdraw(self) -> bool {
        matches!(self, Self::Manager | Self::Vp)
    }

    /// Whether this role sees all that is kept of a person in one place.
    pub fn may_export(self) -> bool {
        matches!(self, Self::Manager | Self::Vp | Self::Legal)
    }

    /// Whether this role sees how the tries of all customers ended, to learn from it. Nobody is named there.
    pub fn may_learn(self) -> bool {
        matches!(self, Self::Analyst | Self::BillingSpecialist | Self::Manager | Self::Vp)
    }

    /// Analysts read and legal approves: neither asks for an action.
    pub fn may_request(self) -> bool {
        !matches!(self, Self::Analyst | Self::Legal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_is_called_by_their_name_and_whoever_left_by_their_id() {
        for (id, name, expected) in [
            ("lena", Some("Lena"), "Lena"),
            ("nia.m", None, "nia.m (no longer here)"),
            (MACHINE, None, "Recoup"),
            (MACHINE, Some("Somebody else"), "Recoup"),
            ("the customer", None, "the customer"),
            ("dunning v3", None, "dunning v3"),
            ("", None, ""),
        ] {
            assert_eq!(called(id, name), expected, "{id}");
        }
    }
}
