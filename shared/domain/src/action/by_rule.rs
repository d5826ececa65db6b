//! What goes by a rule that people have promoted, and waits for nobody: a try to collect what failed.

use super::{Action, Happening, Impossible, Moment};
use serde::{Deserialize, Serialize};

/// The rule by which an action goes without an approval of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByRule {
    /// The version of the rules of dunning.
    pub policy_version: u32,
    pub rule: String,
    /// What it was let for: the preview's digest.
    pub digest: String,
}

impl ByRule {
    /// Who decided, for the ledger.
    pub fn by(&self) -> String {
        format!("dunning v{}", self.policy_version)
    }
}

impl Action {
    /// The rule by which it goes without an approval.
    pub fn by_rule(&self) -> Option<&ByRule> {
        self.by_rule.as_ref()
    }

    /// A rule lets it be: it waits for nobody.
    pub(crate) fn let_by(&mut self, rule: ByRule, at: Moment) -> Result<(), Impossible> {
        self.happens(Happening::Approved)?;
        (self.decided_at, self.alarm, self.by_rule) = (Some(at.now), Some(at.again), Some(rule));
        Ok(())
    }
}
