//! Who may make, promote or redirect whom? All of a file, or nothing of it.

use super::{Role, Staff};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Who changed what about a member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub at: Timestamp,
    pub by: String,
    /// Who else agreed to it, where it took a second person.
    #[serde(default)]
    pub confirmed_by: Option<String>,
    pub before: Option<Staff>,
    pub after: Staff,
}

/// A line of a file: how somebody stands in the staff table, if they do, and how they are to stand there.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    pub before: Option<&'a Staff>,
    pub after: &'a Staff,
}

/// What becomes of a file: of all of it, so that no half of a team may decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It changes the table; nothing of it, where the table says the same.
    AtOnce(Vec<Change>),
    /// Somebody who may approve would be another, or be reached elsewhere: a second person must agree.
    NeedsAnother(Vec<Change>),
}

/// Why nothing of a file is taken. The order is the order of the checks, for one line after the other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("this file changes your own role: another manager or VP must import it")]
    OwnRole,
    #[error(
        "`{id}` would have the address or the Slack account that `{other}` has: one person is reached by one; \
         give `{other}` another by a file of its own first"
    )]
    Reached { id: String, other: String },
}

impl Taken {
    /// What differs from the table.
    pub fn changes(&self) -> &[Change] {
        match self {
            Self::AtOnce(changes) | Self::NeedsAnother(changes) => changes,
        }
    }
}

/// Returns what a file changes: nobody raises themselves, and one person alone, unless a VP, neither makes nor
/// redirects whoever may approve. `approving` are the roles whose approval counts anywhere.
pub fn changes(
    file: &[Line<'_>],
    by: &Staff,
    standing: &[Staff],
    approving: &BTreeSet<Role>,
    now: Timestamp,
) -> Result<Taken, Refused> {
    for line in file {
        check(*line, by, standing)?;
    }
    let changed = file.iter().filter(|line| line.before != Some(line.after));
    let change = |line: &Line<'_>| Change {
        at: now,
        by: by.id.clone(),
        confirmed_by: None,
        before: line.before.cloned(),
        after: line.after.clone(),
    };
    let changes: Vec<_> = changed.map(change).collect();
    let alone = by.role == Role::Vp || !changes.iter().any(|change| touches(change, approving));
    Ok(if alone { Taken::AtOnce(changes) } else { Taken::NeedsAnother(changes) })
}

fn check(Line { before, after }: Line<'_>, by: &Staff, standing: &[Staff]) -> Result<(), Refused> {
    if after.id == by.id && before.map(|before| before.role) != Some(after.role) {
        return Err(Refused::OwnRole);
    }
    // Also where the file gives the other one something else: two who swap addresses would be each other from one
    // moment to the next, with the links and sessions that are under way.
    match reached(after, standing) {
        Some(other) => Err(Refused::Reached { id: after.id.clone(), other: other.id.clone() }),
        None => Ok(()),
    }
}

/// Who else is reached where somebody is to be reached.
pub(super) fn reached<'a>(after: &Staff, standing: &'a [Staff]) -> Option<&'a Staff> {
    standing.iter().find(|other| {
        let slack = after.slack.is_some() && other.slack == after.slack;
        other.id != after.id && (slack || other.email.eq_ignore_ascii_case(&after.email))
    })
}

/// Whether somebody who may approve, or may confirm who does, is made by a change, or becomes another. Their address
/// and their Slack account are as good as their voice: decisions are taken by mailed links and by buttons.
fn touches(change: &Change, approving: &BTreeSet<Role>) -> bool {
    roles(change).any(|role| approving.contains(&role) || role.may_import())
}

/// The roles that somebody has before and after a change.
pub(super) fn roles(change: &Change) -> impl Iterator<Item = Role> {
    change.before.iter().chain([&change.after]).map(|staff| staff.role)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;
    use crate::staff::Slack;

    fn staff(id: &str, role: Role) -> Staff {
        let slack = Some(Slack { team: "T".into(), user: format!("U-{id}") });
        Staff { id: id.into(), name: id.into(), role, email: format!("{id}@example.com"), slack, languages: Vec::new() }
    }

    fn standing() -> Vec<Staff> {
        vec![
            staff("ana", Role::Analyst),
            staff("lena", Role::L1),
            staff("leo", Role::Legal),
            staff("mara", Role::Manager),
            staff("vera", Role::Vp),
        ]
    }

    /// Takes a file of people as they are to be.
    fn take(by: &str, file: &[Staff], approving: &BTreeSet<Role>) -> Result<Taken, Refused> {
        let standing = standing();
        let find = |id: &str| standing.iter().find(|staff| staff.id == id);
        let file: Vec<_> = file.iter().map(|after| Line { before: find(&after.id), after }).collect();
        changes(&file, find(by).unwrap(), &standing, approving, Timestamp::UNIX_EPOCH)
    }

    /// Whether it takes a second person, and whom it changes.
    fn told(taken: &Taken) -> (bool, Vec<&str>) {
        let ids = taken.changes().iter().map(|change| change.after.id.as_str()).collect();
        (matches!(taken, Taken::NeedsAnother(_)), ids)
    }

    #[test]
    fn one_person_alone_makes_promotes_and_redirects_nobody_who_may_approve() {
        let approving = Policies::shipped().unwrap().approval.current().approving();
        let at = |it: Staff, email: &str| Staff { email: email.into(), ..it };
        let on_slack =
            |it: Staff, user: &str| Staff { slack: Some(Slack { team: "T".into(), user: user.into() }), ..it };
        let (ana, lena, leo, mara, vera) = (
            staff("ana", Role::Analyst),
            staff("lena", Role::L1),
            staff("leo", Role::Legal),
            staff("mara", Role::Manager),
            staff("vera", Role::Vp),
        );
        let (alone, two) = (false, true);
        let rows = [
            ("nothing new", "mara", vec![mara.clone(), lena.clone(), vera.clone()], alone, vec![]),
            ("somebody who only reads", "mara", vec![staff("nia", Role::Analyst)], alone, vec!["nia"]),
            ("how a reader is reached", "mara", vec![at(ana.clone(), "a@example.com")], alone, vec!["ana"]),
            ("somebody new who may approve", "mara", vec![staff("nia", Role::L1)], two, vec!["nia"]),
            ("a reader made an approver", "mara", vec![staff("ana", Role::L1)], two, vec!["ana"]),
            ("a colleague's role", "mara", vec![staff("lena", Role::L2)], two, vec!["lena"]),
            ("a manager", "mara", vec![staff("lena", Role::Manager)], two, vec!["lena"]),
            ("a VP", "mara", vec![staff("nia", Role::Vp)], two, vec!["nia"]),
            ("no approver any more", "mara", vec![staff("leo", Role::Analyst)], two, vec!["leo"]),
            ("an approver's address", "mara", vec![at(lena.clone(), "l@example.com")], two, vec!["lena"]),
            ("an approver's Slack", "mara", vec![on_slack(leo.clone(), "U")], two, vec!["leo"]),
            ("their own address", "mara", vec![at(mara.clone(), "m@example.com")], two, vec!["mara"]),
            (
                "a whole file with one of them",
                "mara",
                vec![staff("nia", Role::Analyst), staff("lena", Role::L2)],
                two,
                vec!["nia", "lena"],
            ),
            ("a manager, by a VP", "vera", vec![staff("lena", Role::Manager)], alone, vec!["lena"]),
            ("an approver's Slack, by a VP", "vera", vec![on_slack(leo, "U")], alone, vec!["leo"]),
            ("their own address, by a VP", "vera", vec![at(vera, "v@example.com")], alone, vec!["vera"]),
        ];
        for (name, by, file, needs_another, changed) in rows {
            let taken = take(by, &file, &approving).unwrap_or_else(|refused| panic!("{name}: {refused}"));
            assert_eq!(told(&taken), (needs_another, changed), "{name}");
        }
    }

    #[test]
    fn who_may_approve_is_what_the_policy_says() {
        let none = BTreeSet::new();
        let l2 = BTreeSet::from([Role::L2]);
        let lena = [staff("lena", Role::L2)];
        assert!(!told(&take("mara", &lena, &none).unwrap()).0, "no rule asks an L2");
        assert!(told(&take("mara", &lena, &l2).unwrap()).0, "a rule asks an L2");
        let manager = [staff("nia", Role::Manager)];
        assert!(told(&take("mara", &manager, &none).unwrap()).0, "a manager confirms who may approve");
    }

    #[test]
    fn a_file_is_refused_by_the_first_check_that_it_fails() {
        let at = |it: Staff, email: &str| Staff { email: email.into(), ..it };
        let on_slack =
            |it: Staff, user: &str| Staff { slack: Some(Slack { team: "T".into(), user: user.into() }), ..it };
        let reached = |id: &str, other: &str| Refused::Reached { id: id.into(), other: other.into() };
        let (ana, lena, leo) = (staff("ana", Role::Analyst), staff("lena", Role::L1), staff("leo", Role::Legal));
        let rows = [
            ("themselves up", "mara", vec![staff("mara", Role::Vp)], Refused::OwnRole),
            ("themselves down", "vera", vec![staff("vera", Role::L1)], Refused::OwnRole),
            ("another's address", "mara", vec![at(lena.clone(), "VERA@example.com")], reached("lena", "vera")),
            ("another's Slack", "vera", vec![on_slack(lena.clone(), "U-leo")], reached("lena", "leo")),
            (
                "an address that moves on in the same file",
                "vera",
                vec![at(lena.clone(), "leo@example.com"), at(leo.clone(), "l@example.com")],
                reached("lena", "leo"),
            ),
            (
                "two who swap",
                "vera",
                vec![at(ana.clone(), "lena@example.com"), at(lena.clone(), "ana@example.com")],
                reached("ana", "lena"),
            ),
            (
                "one address of somebody in the file, and the Slack account of somebody who is not",
                "vera",
                vec![on_slack(at(staff("nia", Role::L1), "ana@example.com"), "U-leo"), at(ana, "a@example.com")],
                reached("nia", "ana"),
            ),
            ("their own role first", "mara", vec![at(staff("mara", Role::Vp), "leo@example.com")], Refused::OwnRole),
            (
                "the first line before the second",
                "mara",
                vec![at(lena, "leo@example.com"), staff("mara", Role::Vp)],
                reached("lena", "leo"),
            ),
        ];
        for (name, by, file, expected) in rows {
            assert_eq!(take(by, &file, &BTreeSet::new()), Err(expected), "{name}");
        }
    }

    #[test]
    fn a_change_says_who_it_was_and_how_it_stood_before() {
        let taken = take("vera", &[staff("lena", Role::L2), staff("nia", Role::L1)], &BTreeSet::new()).unwrap();
        let before: Vec<_> =
            taken.changes().iter().map(|change| change.before.as_ref().map(|before| before.role)).collect();
        assert_eq!(before, [Some(Role::L1), None]);
        assert!(taken.changes().iter().all(|change| change.by == "vera" && change.at == Timestamp::UNIX_EPOCH));
    }
}
