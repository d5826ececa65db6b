//! A change of who may approve, until a second person has looked at it.

use super::change::{reached, roles};
use super::{Change, Role, Staff};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What one person wants of the staff table and another has to agree to: all of it, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// From one on; it is its name.
    pub number: u64,
    pub by: String,
    pub at: Timestamp,
    pub expires_at: Timestamp,
    pub changes: Vec<Change>,
    pub ended: Option<Ended>,
}

/// Who ended a proposal, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub by: String,
    pub at: Timestamp,
    pub word: Word,
}

/// What somebody says of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    Confirm,
    Refuse,
}

/// How a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Waiting,
    Confirmed,
    Refused,
    Expired,
}

impl State {
    /// As it stands in JSON and on pages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Confirmed => "confirmed",
            Self::Refused => "refused",
            Self::Expired => "expired",
        }
    }
}

/// The staff table as it is when somebody confirms.
#[derive(Debug, Clone, Copy)]
pub struct Table<'a> {
    pub standing: &'a [Staff],
    /// How each of the changed stands, in the order of the changes.
    pub changed: &'a [Option<Staff>],
    /// Who proposed it, if they are still here.
    pub proposer: Option<&'a Staff>,
}

/// Why a word about a proposal is not taken. The order is the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unconfirmed {
    #[error("only a manager or a VP says whether this is done")]
    NotPermitted,
    #[error("this is {} already, by {by}", .state.name())]
    Ended { by: String, state: State },
    #[error("this has expired: import the file again")]
    Expired,
    #[error("you proposed this yourself: another manager or a VP must confirm it")]
    OwnRequest,
    #[error("this is about yourself: another manager or a VP must confirm it")]
    Concerned,
    #[error("`{id}` is or would be {}: only a VP confirms that", .role.name())]
    VpOnly { id: String, role: Role },
    #[error("{0}, who proposed this, may propose it no more: whoever still wants it imports the file again")]
    Proposer(String),
    #[error("`{0}` has been changed since this was proposed: import the file again")]
    Stale(String),
    #[error("`{id}` would have the address or the Slack account that `{other}` has by now: import the file anew")]
    Reached { id: String, other: String },
}

impl Proposal {
    /// What waits from now on.
    pub fn new(number: u64, by: &Staff, changes: Vec<Change>, hours: i64, now: Timestamp) -> Self {
        let expires_at = now + SignedDuration::from_hours(hours);
        Self { number, by: by.id.clone(), at: now, expires_at, changes, ended: None }
    }

    /// How it stands at a moment.
    pub fn state(&self, now: Timestamp) -> State {
        match &self.ended {
            Some(Ended { word: Word::Confirm, .. }) => State::Confirmed,
            Some(Ended { word: Word::Refuse, .. }) => State::Refused,
            None if now >= self.expires_at => State::Expired,
            None => State::Waiting,
        }
    }

    /// The proposal in one line: who, as what, and by whom, under the name by which they are known.
    pub fn title(&self, by: &str) -> String {
        let Some(Change { before, after, .. }) = self.changes.first() else { return format!("Nothing, by {by}") };
        let what = match before {
            Some(before) if before.role == after.role => "to be reached elsewhere".to_owned(),
            _ => format!("as {}", after.role.name().replace('_', " ")),
        };
        let others = match self.changes.len() - 1 {
            0 => String::new(),
            1 => ", with another change of the staff table,".to_owned(),
            others => format!(", with {others} other changes of the staff table,"),
        };
        format!("{} is proposed {what}{others} by {by}", after.name)
    }

    /// Whether it waits for the same changes, whoever proposed them.
    pub fn waits_for(&self, changes: &[Change], now: Timestamp) -> bool {
        let same = |(own, other): (&Change, &Change)| own.before == other.before && own.after == other.after;
        self.state(now) == State::Waiting
            && self.changes.len() == changes.len()
            && self.changes.iter().zip(changes).all(same)
    }

    /// Whether somebody may confirm it, as long as the staff table stands as it did.
    pub fn may_confirm(&self, by: &Staff, now: Timestamp) -> Result<(), Unconfirmed> {
        self.may_end(by, now)?;
        if by.id == self.by {
            return Err(Unconfirmed::OwnRequest);
        }
        if self.changes.iter().any(|change| change.after.id == by.id) {
            return Err(Unconfirmed::Concerned);
        }
        for change in &self.changes {
            // Two managers do not make the VP whose voice is wanted beside theirs.
            let above = |role: &Role| *role != Role::Analyst && by.role != Role::Vp && !by.role.stands_for(*role);
            if let Some(role) = roles(change).find(above) {
                return Err(Unconfirmed::VpOnly { id: change.after.id.clone(), role });
            }
        }
        Ok(())
    }

    /// Takes a second person's yes, and returns what changes by it.
    pub fn confirm(&mut self, by: &Staff, table: &Table<'_>, now: Timestamp) -> Result<Vec<Change>, Unconfirmed> {
        self.may_confirm(by, now)?;
        if !table.proposer.is_some_and(|proposer| proposer.role.may_import()) {
            return Err(Unconfirmed::Proposer(self.by.clone()));
        }
        for (change, stands) in self.changes.iter().zip(table.changed) {
            if change.before != *stands {
                return Err(Unconfirmed::Stale(change.after.id.clone()));
            }
            if let Some(other) = reached(&change.after, table.standing) {
                return Err(Unconfirmed::Reached { id: change.after.id.clone(), other: other.id.clone() });
            }
        }
        self.ended = Some(Ended { by: by.id.clone(), at: now, word: Word::Confirm });
        let done = |change: &Change| Change { at: now, confirmed_by: Some(by.id.clone()), ..change.clone() };
        Ok(self.changes.iter().map(done).collect())
    }

    /// Takes a no; whoever proposed it may take it back so.
    pub fn refuse(&mut self, by: &Staff, now: Timestamp) -> Result<(), Unconfirmed> {
        self.may_end(by, now)?;
        self.ended = Some(Ended { by: by.id.clone(), at: now, word: Word::Refuse });
        Ok(())
    }

    fn may_end(&self, by: &Staff, now: Timestamp) -> Result<(), Unconfirmed> {
        if !by.role.may_import() {
            return Err(Unconfirmed::NotPermitted);
        }
        match (&self.ended, self.state(now)) {
            (Some(ended), state) => Err(Unconfirmed::Ended { by: ended.by.clone(), state }),
            (None, State::Expired) => Err(Unconfirmed::Expired),
            (None, _) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staff(id: &str, role: Role) -> Staff {
        Staff {
            id: id.into(),
            name: id.into(),
            role,
            email: format!("{id}@example.com"),
            slack: None,
            languages: Vec::new(),
        }
    }

    fn at(hours: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
    }

    fn standing() -> Vec<Staff> {
        vec![
            staff("lena", Role::L1),
            staff("leo", Role::Legal),
            staff("mara", Role::Manager),
            staff("marc", Role::Manager),
            staff("vera", Role::Vp),
        ]
    }

    /// Mara's, about somebody as they are to be.
    fn proposed(after: &Staff) -> Proposal {
        let before = standing().into_iter().find(|one| one.id == after.id);
        let change = Change { at: at(0), by: "mara".into(), confirmed_by: None, before, after: after.clone() };
        Proposal::new(1, &staff("mara", Role::Manager), vec![change], 72, at(0))
    }

    /// What comes of it when somebody confirms while the table stands so.
    fn confirmed(
        proposal: &mut Proposal,
        by: &str,
        standing: &[Staff],
        now: Timestamp,
    ) -> Result<Vec<Change>, Unconfirmed> {
        let find = |id: &str| standing.iter().find(|one| one.id == id);
        let changed: Vec<_> = proposal.changes.iter().map(|change| find(&change.after.id).cloned()).collect();
        let table = Table { standing, changed: &changed, proposer: find(&proposal.by) };
        proposal.confirm(find(by).unwrap(), &table, now)
    }

    #[test]
    fn a_second_person_confirms_who_may_and_whom_it_is_not_about() {
        let nia = |role| staff("nia", role);
        let vp_only = |id: &str, role| Some(Unconfirmed::VpOnly { id: id.into(), role });
        let own_address = Staff { email: "m@example.com".into(), ..staff("mara", Role::Manager) };
        let rows = [
            ("another manager", "marc", nia(Role::L2), 1, None),
            ("another manager, a manager", "marc", nia(Role::Manager), 1, None),
            ("a VP, a VP", "vera", nia(Role::Vp), 1, None),
            ("a VP, legal", "vera", nia(Role::Legal), 1, None),
            ("another manager, a VP", "marc", nia(Role::Vp), 1, vp_only("nia", Role::Vp)),
            ("another manager, legal", "marc", nia(Role::Legal), 1, vp_only("nia", Role::Legal)),
            ("another manager, no VP any more", "marc", staff("vera", Role::Analyst), 1, vp_only("vera", Role::Vp)),
            ("no manager", "lena", nia(Role::L2), 1, Some(Unconfirmed::NotPermitted)),
            ("legal", "leo", nia(Role::L2), 1, Some(Unconfirmed::NotPermitted)),
            ("whoever proposed it", "mara", nia(Role::L2), 1, Some(Unconfirmed::OwnRequest)),
            ("whom it is about", "marc", staff("marc", Role::Analyst), 1, Some(Unconfirmed::Concerned)),
            ("the proposer's address, by another", "marc", own_address.clone(), 1, None),
            ("the proposer's address, by themselves", "mara", own_address, 1, Some(Unconfirmed::OwnRequest)),
            ("the last hour", "marc", nia(Role::L2), 71, None),
            ("too late", "marc", nia(Role::L2), 72, Some(Unconfirmed::Expired)),
        ];
        for (name, by, after, hours, expected) in rows {
            let mut proposal = proposed(&after);
            let taken = confirmed(&mut proposal, by, &standing(), at(hours));
            assert_eq!(taken.as_ref().err(), expected.as_ref(), "{name}");
            assert_eq!(proposal.ended.is_some(), expected.is_none(), "{name}");
            if let Ok(changes) = taken {
                let people = changes.iter().map(|it| (it.by.as_str(), it.confirmed_by.as_deref(), it.at));
                assert_eq!(people.collect::<Vec<_>>(), [("mara", Some(by), at(hours))], "{name}");
            }
        }
    }

    #[test]
    fn it_is_confirmed_only_as_the_table_stood_when_it_was_proposed() {
        let table = |change: &dyn Fn(&mut Vec<Staff>)| {
            let mut standing = standing();
            change(&mut standing);
            standing
        };
        let lena = staff("lena", Role::L2);
        let rows = [
            ("somebody else is new", lena.clone(), table(&|all| all.push(staff("nia", Role::L1))), None),
            (
                "they are another by now",
                lena.clone(),
                table(&|all| all[0].role = Role::BillingSpecialist),
                Some(Unconfirmed::Stale("lena".into())),
            ),
            (
                "somebody has the address by now",
                Staff { email: "l@example.com".into(), ..lena.clone() },
                table(&|all| all.push(Staff { email: "L@example.com".into(), ..staff("nia", Role::Analyst) })),
                Some(Unconfirmed::Reached { id: "lena".into(), other: "nia".into() }),
            ),
            (
                "the proposer is no manager any more",
                lena.clone(),
                table(&|all| all[2].role = Role::L1),
                Some(Unconfirmed::Proposer("mara".into())),
            ),
            (
                "the proposer is gone",
                lena,
                table(&|all| drop(all.remove(2))),
                Some(Unconfirmed::Proposer("mara".into())),
            ),
        ];
        for (name, after, standing, expected) in rows {
            assert_eq!(confirmed(&mut proposed(&after), "marc", &standing, at(1)).err(), expected, "{name}");
        }
    }

    #[test]
    fn it_ends_once() {
        let (mara, marc) = (staff("mara", Role::Manager), staff("marc", Role::Manager));
        let mut proposal = proposed(&staff("lena", Role::L2));
        assert_eq!(proposal.refuse(&staff("lena", Role::L1), at(1)), Err(Unconfirmed::NotPermitted));
        assert_eq!(proposal.state(at(1)), State::Waiting);
        assert_eq!(proposal.refuse(&mara, at(1)), Ok(()), "whoever proposed it takes it back");
        let ended = Unconfirmed::Ended { by: "mara".into(), state: State::Refused };
        assert_eq!(proposal.refuse(&marc, at(2)), Err(ended.clone()));
        assert_eq!(confirmed(&mut proposal, "marc", &standing(), at(2)), Err(ended));
        assert_eq!(proposal.state(at(100)), State::Refused);
        let mut late = proposed(&staff("lena", Role::L2));
        assert_eq!((late.state(at(71)), late.state(at(72))), (State::Waiting, State::Expired));
        assert_eq!(late.refuse(&marc, at(72)), Err(Unconfirmed::Expired));
    }

    #[test]
    fn a_proposal_says_in_one_line_who_as_what_and_by_whom() {
        let named = |id: &str, name: &str, role| Staff { name: name.into(), ..staff(id, role) };
        let lena = standing().remove(0);
        let elsewhere = Staff { email: "l@example.com".into(), ..named("lena", "Lena", Role::L1) };
        let rows = [
            (named("nia", "Nia", Role::BillingSpecialist), "Nia is proposed as billing specialist by Mara"),
            (named("lena", "Lena", Role::Manager), "Lena is proposed as manager by Mara"),
            (elsewhere.clone(), "Lena is proposed to be reached elsewhere by Mara"),
        ];
        for (after, expected) in rows {
            assert_eq!(proposed(&after).title("Mara"), expected);
        }
        let mut two = proposed(&named("nia", "Nia", Role::L2));
        two.changes.push(Change { before: Some(lena), after: elsewhere, ..two.changes[0].clone() });
        assert_eq!(two.title("Mara"), "Nia is proposed as l2, with another change of the staff table, by Mara");
    }

    #[test]
    fn those_are_told_who_may_confirm() {
        let told = |after: Staff, hours: i64| {
            let proposal = proposed(&after);
            let may = |staff: &Staff| proposal.may_confirm(staff, at(hours)).is_ok();
            standing().into_iter().filter(may).map(|staff| staff.id).collect::<Vec<_>>()
        };
        type Row = (&'static str, Staff, i64, &'static [&'static str]);
        let rows: [Row; 4] = [
            ("somebody new", staff("nia", Role::L2), 1, &["marc", "vera"]),
            ("a VP", staff("nia", Role::Vp), 1, &["vera"]),
            ("about one of them", staff("marc", Role::Analyst), 1, &["vera"]),
            ("expired", staff("nia", Role::L2), 72, &[]),
        ];
        for (name, after, hours, expected) in rows {
            assert_eq!(told(after, hours), expected, "{name}");
        }
    }

    #[test]
    fn the_same_again_is_found_while_it_waits() {
        let proposal = proposed(&staff("lena", Role::L2));
        let (again, other) = (proposed(&staff("lena", Role::L2)), proposed(&staff("lena", Role::Manager)));
        assert!(proposal.waits_for(&again.changes, at(1)));
        assert!(!proposal.waits_for(&again.changes, at(72)), "it has expired");
        assert!(!proposal.waits_for(&other.changes, at(1)));
        assert!(!proposal.waits_for(&[], at(1)));
    }
}
