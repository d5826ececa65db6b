//! What is stopped by hand, by whom, and since when.

use crate::staff::{Role, Staff};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many pulls and releases are remembered.
const REMEMBERED: usize = 50;

/// Everything that leaves, narrowed by what is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Scope {
    /// Written `provider/source`.
    pub source: Option<String>,
    pub segment: Option<String>,
    pub kind: Option<String>,
}

/// What somebody wants stopped, or released again.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wish {
    pub source: Option<String>,
    pub segment: Option<String>,
    pub kind: Option<String>,
    pub release: bool,
    pub note: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    pub scope: Scope,
    pub by: String,
    pub at: Timestamp,
    pub note: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stops {
    pub standing: Vec<Stop>,
    /// Who pulled and released, oldest first.
    pub changes: Vec<Change>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub scope: Scope,
    pub released: bool,
    pub by: String,
    pub at: Timestamp,
    pub note: String,
}

/// Why a wish is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("only a manager or a VP may stop or release what leaves")]
    NotPermitted,
    #[error("nothing of this scope is stopped; look at what is")]
    NothingStopped,
}

impl Scope {
    /// A narrowing that names nothing covers everything; one that names a segment covers no actions, and one that names a
    /// kind covers no messages.
    fn covers(&self, other: &Self) -> bool {
        let fits = |own: &Option<String>, other: &Option<String>| own.is_none() || own == other;
        fits(&self.source, &other.source) && fits(&self.segment, &other.segment) && fits(&self.kind, &other.kind)
    }
}

impl Stops {
    pub fn holds(&self, what: &Scope) -> bool {
        self.standing.iter().any(|stop| stop.scope.covers(what))
    }

    /// Stops or releases. A release without a scope releases everything.
    pub fn take(&mut self, wish: &Wish, staff: &Staff, now: Timestamp) -> Result<(), Refused> {
        if !matches!(staff.role, Role::Manager | Role::Vp) {
            return Err(Refused::NotPermitted);
        }
        let scope = Scope { source: wish.source.clone(), segment: wish.segment.clone(), kind: wish.kind.clone() };
        if wish.release {
            let before = self.standing.len();
            self.standing.retain(|stop| scope != Scope::default() && stop.scope != scope);
            if self.standing.len() == before {
                return Err(Refused::NothingStopped);
            }
        } else if !self.standing.iter().any(|stop| stop.scope == scope) {
            self.standing.push(Stop { scope: scope.clone(), by: staff.id.clone(), at: now, note: wish.note.clone() });
        }
        self.changes.push(Change { scope, released: wish.release, by: staff.id.clone(), at: now, note: wish.note.clone() });
        let forgotten = self.changes.len().saturating_sub(REMEMBERED);
        self.changes.drain(..forgotten);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(source: &str, segment: &str, kind: &str) -> Scope {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Scope { source: some(source), segment: some(segment), kind: some(kind) }
    }

    #[test]
    fn a_stop_holds_what_it_names_and_nothing_else() {
        let rows = [
            ("everything", scope("", "", ""), [true, true, true]),
            ("a source", scope("stripe/default", "", ""), [true, true, false]),
            ("a kind", scope("", "", "refund"), [true, false, false]),
            ("a segment", scope("", "standard", ""), [false, true, false]),
            ("a kind of another source", scope("mollie/default", "", "refund"), [false, false, false]),
        ];
        let what = [scope("stripe/default", "", "refund"), scope("stripe/default", "standard", ""), scope("mollie/default", "", "credit")];
        for (name, scope, held) in rows {
            let stops = Stops {
                standing: vec![Stop { scope, by: "mara".into(), at: Timestamp::UNIX_EPOCH, note: String::new() }],
                changes: vec![],
            };
            assert_eq!([0, 1, 2].map(|place| stops.holds(&what[place])), held, "{name}");
        }
    }

    #[test]
    fn only_managers_pull_it_and_a_release_names_what_it_releases() {
        let staff = |role| Staff { id: "mara".into(), name: "Mara".into(), role, email: String::new(), slack: None };
        let mut stops = Stops::default();
        let refunds = Wish { kind: Some("refund".into()), ..Wish::default() };
        assert_eq!(stops.take(&refunds, &staff(Role::BillingSpecialist), Timestamp::UNIX_EPOCH), Err(Refused::NotPermitted));
        assert_eq!(stops.take(&refunds, &staff(Role::Manager), Timestamp::UNIX_EPOCH), Ok(()));
        assert_eq!(stops.take(&refunds, &staff(Role::Manager), Timestamp::UNIX_EPOCH), Ok(()));
        assert_eq!(stops.standing.len(), 1, "pulled twice is pulled");
        let credits = Wish { kind: Some("credit".into()), release: true, ..Wish::default() };
        assert_eq!(stops.take(&credits, &staff(Role::Vp), Timestamp::UNIX_EPOCH), Err(Refused::NothingStopped));
        let all = Wish { release: true, ..Wish::default() };
        assert_eq!(stops.take(&all, &staff(Role::Vp), Timestamp::UNIX_EPOCH), Ok(()));
        assert!(stops.standing.is_empty());
        assert_eq!(stops.changes.len(), 3);
    }
}
