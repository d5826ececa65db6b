//! What is stopped by hand, by whom, and since when.

use crate::action::KINDS;
use crate::policy::{forget_oldest, stored_bytes};
use crate::staff::{Role, Staff};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How many pulls and releases are remembered.
const REMEMBERED: usize = 50;
const NOTE_CHARS_MAX: usize = 500;
/// How many bytes may stand, and how many of what happened are remembered.
const BYTES_MAX: usize = 40_000;

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

/// Something that is held until somebody releases it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    pub scope: Scope,
    pub by: String,
    pub at: Timestamp,
    pub note: String,
}

/// Those of the whole company.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stops {
    pub standing: Vec<Stop>,
    /// Who pulled and released, oldest first.
    pub changes: Vec<Change>,
}

/// One pull or release, by whom and why.
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
    #[error("a recovery's segment has no kind of action: name one or the other")]
    SegmentOrKind,
    #[error("there is no such source, segment or kind, so nothing would be held; sources are written provider/source")]
    Unknown,
    #[error("more than 50 stops stand, or the note is longer than 500 characters: stop everything instead")]
    TooMany,
}

/// What there is to be stopped.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub sources: &'a [String],
    pub segments: &'a [String],
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
    /// Whether this is held, by a stop of its own or by a wider one.
    pub fn holds(&self, what: &Scope) -> bool {
        self.standing.iter().any(|stop| stop.scope.covers(what))
    }

    /// Stops or releases. A release without a scope releases everything.
    pub fn take(&mut self, wish: &Wish, known: Known<'_>, staff: &Staff, now: Timestamp) -> Result<(), Refused> {
        if !matches!(staff.role, Role::Manager | Role::Vp) {
            return Err(Refused::NotPermitted);
        }
        let scope = Scope { source: wish.source.clone(), segment: wish.segment.clone(), kind: wish.kind.clone() };
        let listed = |own: &Option<String>, all: &[String]| own.as_ref().is_none_or(|own| all.contains(own));
        if wish.segment.is_some() && wish.kind.is_some() {
            return Err(Refused::SegmentOrKind);
        }
        let kind = wish.kind.as_deref().is_none_or(|kind| kind == "bundle" || KINDS.contains(&kind));
        if !kind || !listed(&wish.source, known.sources) || !listed(&wish.segment, known.segments) {
            return Err(Refused::Unknown);
        }
        let full = self.standing.len() >= REMEMBERED || stored_bytes(&self.standing) > BYTES_MAX;
        if wish.note.chars().count() > NOTE_CHARS_MAX || (!wish.release && full) {
            return Err(Refused::TooMany);
        }
        if wish.release {
            let before = self.standing.len();
            self.standing.retain(|stop| scope != Scope::default() && stop.scope != scope);
            if self.standing.len() == before {
                return Err(Refused::NothingStopped);
            }
        } else if !self.standing.iter().any(|stop| stop.scope == scope) {
            self.standing.push(Stop { scope: scope.clone(), by: staff.id.clone(), at: now, note: wish.note.clone() });
        }
        self.changes.push(Change {
            scope,
            released: wish.release,
            by: staff.id.clone(),
            at: now,
            note: wish.note.clone(),
        });
        let forgotten = self.changes.len().saturating_sub(REMEMBERED);
        self.changes.drain(..forgotten);
        forget_oldest(&mut self.changes, BYTES_MAX);
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
        let what = [
            scope("stripe/default", "", "refund"),
            scope("stripe/default", "standard", ""),
            scope("mollie/default", "", "credit"),
        ];
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
        let staff = |role| Staff {
            id: "mara".into(),
            name: "Mara".into(),
            role,
            email: String::new(),
            slack: None,
            languages: Vec::new(),
        };
        let (sources, segments) = (["stripe/default".to_owned()], ["standard".to_owned()]);
        let known = Known { sources: &sources, segments: &segments };
        let mut stops = Stops::default();
        let odd = |source: &str, segment: &str, kind: &str| {
            let Scope { source, segment, kind } = scope(source, segment, kind);
            Stops::default().take(
                &Wish { source, segment, kind, ..Wish::default() },
                known,
                &staff(Role::Vp),
                Timestamp::UNIX_EPOCH,
            )
        };
        assert_eq!(odd("stripe", "", ""), Err(Refused::Unknown));
        assert_eq!(odd("", "", "refunds"), Err(Refused::Unknown));
        assert_eq!(odd("", "standard", "refund"), Err(Refused::SegmentOrKind));
        let refunds = Wish { kind: Some("refund".into()), ..Wish::default() };
        assert_eq!(
            stops.take(&refunds, known, &staff(Role::BillingSpecialist), Timestamp::UNIX_EPOCH),
            Err(Refused::NotPermitted)
        );
        assert_eq!(stops.take(&refunds, known, &staff(Role::Manager), Timestamp::UNIX_EPOCH), Ok(()));
        assert_eq!(stops.take(&refunds, known, &staff(Role::Manager), Timestamp::UNIX_EPOCH), Ok(()));
        assert_eq!(stops.standing.len(), 1, "pulled twice is pulled");
        let credits = Wish { kind: Some("credit".into()), release: true, ..Wish::default() };
        assert_eq!(stops.take(&credits, known, &staff(Role::Vp), Timestamp::UNIX_EPOCH), Err(Refused::NothingStopped));
        let all = Wish { release: true, ..Wish::default() };
        assert_eq!(stops.take(&all, known, &staff(Role::Vp), Timestamp::UNIX_EPOCH), Ok(()));
        assert!(stops.standing.is_empty());
        assert_eq!(stops.changes.len(), 3);
    }
}
