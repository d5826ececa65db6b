//! Who decides for whom while somebody is away.

use crate::policy::forget_oldest;
use crate::staff::{Role, Staff};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long somebody may be stood in for at a time.
const DAYS_MAX: i64 = 30;
/// How many are remembered.
const REMEMBERED: usize = 200;
const BYTES_MAX: usize = 80_000;

/// One absence. It counts from `since` up to and without `until`, unless somebody ends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    /// Who is away.
    pub from: String,
    /// Who decides in their place, with their role.
    pub to: String,
    pub since: Timestamp,
    pub until: Timestamp,
    pub by: String,
    pub note: String,
    pub ended_at: Option<Timestamp>,
}

/// Those of the whole company, oldest first; the oldest are forgotten.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegations {
    pub all: Vec<Delegation>,
}

/// What somebody wants; without an end it ends what stands.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// The asker, if nobody else is named.
    pub from: Option<String>,
    pub to: String,
    pub until: Option<Timestamp>,
    #[serde(default)]
    pub note: String,
}

/// Why nobody stands in. The order is the order of the checks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("who stands in for somebody is said by themselves, or by a manager or a VP above them")]
    NotPermitted,
    #[error("nobody stands in for themselves")]
    Themselves,
    #[error("an analyst only reads; name somebody who may decide")]
    Analyst,
    #[error("this gives them a voice that they do not have: whoever is away says so themselves, or ask a VP")]
    GivesVoice,
    #[error("`until` must lie ahead, and within 30 days")]
    Until,
    #[error("nobody stands in for them now")]
    NotStanding,
}

impl Delegations {
    /// For whom somebody decides at a moment; not by the word of whoever asked for what is to be decided.
    pub fn stood_in_by<'a>(&'a self, to: &'a str, asker: &'a str, now: Timestamp) -> impl Iterator<Item = &'a str> {
        let counts = move |it: &&Delegation| it.to == to && it.from != asker && it.by != asker && it.holds(now);
        self.all.iter().filter(counts).map(|it| it.from.as_str())
    }

    /// Takes a wish: anybody's for themselves, a manager's or a VP's for whoever stands below them. Only whose voice it
    /// is, or a VP, gives it to somebody whose own does not count as much.
    pub fn take(&mut self, wish: &Wish, by: &Staff, from: &Staff, to: &Staff, now: Timestamp) -> Result<(), Refused> {
        let own = from.id == by.id;
        // Somebody of one's own rank is no one to dispose of: with their voice one could approve oneself.
        let below = matches!(by.role, Role::Manager | Role::Vp) && from.role < by.role;
        if !own && !below {
            return Err(Refused::NotPermitted);
        }
        if from.id == to.id {
            return Err(Refused::Themselves);
        }
        if to.role == Role::Analyst || from.role == Role::Analyst {
            return Err(Refused::Analyst);
        }
        // Whose voice it is may lend it; otherwise this is to make an approver, which one person alone does not.
        if !own && wish.until.is_some() && by.role != Role::Vp && !to.role.stands_for(from.role) {
            return Err(Refused::GivesVoice);
        }
        let standing = |it: &&mut Delegation| it.from == from.id && it.to == to.id && it.holds(now);
        match wish.until {
            None => {
                let mut ended = false;
                for it in self.all.iter_mut().filter(standing) {
                    it.ended_at = Some(now);
                    ended = true;
                }
                if !ended {
                    return Err(Refused::NotStanding);
                }
            }
            Some(until) if until <= now || until > now + SignedDuration::from_hours(24 * DAYS_MAX) => {
                return Err(Refused::Until);
            }
            Some(until) => {
                let (from, to, by) = (from.id.clone(), to.id.clone(), by.id.clone());
                self.all.push(Delegation { from, to, since: now, until, by, note: wish.note.clone(), ended_at: None });
            }
        }
        let forgotten = self.all.len().saturating_sub(REMEMBERED);
        self.all.drain(..forgotten);
        forget_oldest(&mut self.all, BYTES_MAX);
        Ok(())
    }
}

impl Delegation {
    /// Whether it counts at a moment; one that was ended counts at none any more.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.since <= now && now < self.until && self.ended_at.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staff(id: &str, role: Role) -> Staff {
        Staff { id: id.into(), name: id.into(), role, email: String::new(), slack: None, languages: Vec::new() }
    }

    #[test]
    fn who_is_away_names_somebody_and_a_manager_may_for_those_below() {
        let now: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        let until = |text: &str| Some(text.parse().unwrap());
        let (lena, bea, vera) =
            (staff("lena", Role::L1), staff("bea", Role::BillingSpecialist), staff("vera", Role::Vp));
        let (mara, marc, ana) =
            (staff("mara", Role::Manager), staff("marc", Role::Manager), staff("ana", Role::Analyst));
        let rows = [
            ("for oneself", &mara, &mara, &bea, until("2026-03-08T09:00:00Z"), Ok(())),
            ("a specialist to somebody below", &bea, &bea, &lena, until("2026-03-08T09:00:00Z"), Ok(())),
            ("a manager for a specialist", &mara, &bea, &marc, until("2026-03-08T09:00:00Z"), Ok(())),
            (
                "a manager for a specialist, by somebody below",
                &mara,
                &bea,
                &lena,
                until("2026-03-08T09:00:00Z"),
                Err(Refused::GivesVoice),
            ),
            ("a VP for a specialist, by somebody below", &vera, &bea, &lena, until("2026-03-08T09:00:00Z"), Ok(())),
            ("a manager who ends it", &mara, &bea, &lena, None, Err(Refused::NotStanding)),
            ("a manager for another", &mara, &marc, &bea, until("2026-03-08T09:00:00Z"), Err(Refused::NotPermitted)),
            ("a VP for a manager", &vera, &marc, &bea, until("2026-03-08T09:00:00Z"), Ok(())),
            (
                "a specialist for a manager",
                &bea,
                &mara,
                &lena,
                until("2026-03-08T09:00:00Z"),
                Err(Refused::NotPermitted),
            ),
            ("a manager for a VP", &mara, &vera, &mara, until("2026-03-08T09:00:00Z"), Err(Refused::NotPermitted)),
            ("to oneself", &mara, &mara, &mara, until("2026-03-08T09:00:00Z"), Err(Refused::Themselves)),
            ("to an analyst", &mara, &mara, &ana, until("2026-03-08T09:00:00Z"), Err(Refused::Analyst)),
            ("for ever", &mara, &mara, &bea, until("2027-03-08T09:00:00Z"), Err(Refused::Until)),
            ("in the past", &mara, &mara, &bea, until("2026-03-01T09:00:00Z"), Err(Refused::Until)),
            ("ending what is not", &mara, &mara, &bea, None, Err(Refused::NotStanding)),
        ];
        for (name, by, from, to, until, expected) in rows {
            let wish = Wish { from: None, to: to.id.clone(), until, note: String::new() };
            assert_eq!(Delegations::default().take(&wish, by, from, to, now), expected, "{name}");
        }
    }

    #[test]
    fn it_holds_until_its_end_or_until_it_is_ended() {
        let now: Timestamp = "2026-03-01T09:00:00Z".parse().unwrap();
        let (mara, bea) = (staff("mara", Role::Manager), staff("bea", Role::BillingSpecialist));
        let mut all = Delegations::default();
        let wish = Wish {
            from: None,
            to: "bea".into(),
            until: Some("2026-03-02T09:00:00Z".parse().unwrap()),
            note: String::new(),
        };
        all.take(&wish, &mara, &mara, &bea, now).unwrap();
        let for_whom = |all: &Delegations, at: &str| {
            all.stood_in_by("bea", "luis", at.parse().unwrap()).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(for_whom(&all, "2026-03-02T08:59:59Z"), ["mara"]);
        assert!(for_whom(&all, "2026-03-02T09:00:00Z").is_empty());
        all.take(&Wish { until: None, ..wish }, &mara, &mara, &bea, now).unwrap();
        assert!(for_whom(&all, "2026-03-01T10:00:00Z").is_empty());
    }
}
