//! Who may make, promote or redirect whom? All of a file, or nothing of it.

use super::{Role, Staff};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Who changed what about a member of staff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub at: Timestamp,
    pub by: String,
    pub before: Option<Staff>,
    pub after: Staff,
}

/// A line of a file: how somebody stands in the staff table, if they do, and how they are to stand there.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    pub before: Option<&'a Staff>,
    pub after: &'a Staff,
}

/// Why nothing of a file is taken. The order is the order of the checks, for one line after the other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("this file changes your own role: another manager or VP must import it")]
    OwnRole,
    #[error("`{id}` is {}: only a VP changes who approves, and how they are reached", .role.name())]
    Approver { id: String, role: Role },
    #[error("`{id}` has the address or the Slack account of `{other}`: one person is reached by one")]
    Reached { id: String, other: String },
}

/// Returns what a file changes: nobody raises themselves, and only a VP makes or redirects somebody who approves.
pub fn changes(file: &[Line<'_>], by: &Staff, standing: &[Staff], now: Timestamp) -> Result<Vec<Change>, Refused> {
    for line in file {
        check(*line, file, by, standing)?;
    }
    let changed = file.iter().filter(|line| line.before != Some(line.after));
    Ok(changed
        .map(|line| Change { at: now, by: by.id.clone(), before: line.before.cloned(), after: line.after.clone() })
        .collect())
}

fn check(line: Line<'_>, file: &[Line<'_>], by: &Staff, standing: &[Staff]) -> Result<(), Refused> {
    let Line { before, after } = line;
    if after.id == by.id && before.map(|before| before.role) != Some(after.role) {
        return Err(Refused::OwnRole);
    }
    // Whoever may approve is reached by their address and their Slack account: who changes those decides for them.
    let reaches = approves(after.role) || before.is_some_and(|before| approves(before.role));
    if reaches && before != Some(after) && by.role != Role::Vp && after.id != by.id {
        return Err(Refused::Approver { id: after.id.clone(), role: after.role });
    }
    let same = |other: &&Staff| {
        let slack = after.slack.is_some() && other.slack == after.slack;
        other.id != after.id && (slack || other.email.eq_ignore_ascii_case(&after.email))
    };
    // Of two in the same file each is how the file says.
    let other = standing.iter().find(same).filter(|other| !file.iter().any(|line| line.after.id == other.id));
    match other {
        Some(other) => Err(Refused::Reached { id: after.id.clone(), other: other.id.clone() }),
        None => Ok(()),
    }
}

fn approves(role: Role) -> bool {
    matches!(role, Role::Manager | Role::Vp | Role::Legal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staff::Slack;

    fn staff(id: &str, role: Role) -> Staff {
        let slack = Some(Slack { team: "T".into(), user: format!("U-{id}") });
        Staff { id: id.into(), name: id.into(), role, email: format!("{id}@example.com"), slack }
    }

    fn standing() -> Vec<Staff> {
        vec![staff("lena", Role::L1), staff("leo", Role::Legal), staff("mara", Role::Manager), staff("vera", Role::Vp)]
    }

    /// Takes a file of people as they are to be.
    fn take(by: &str, file: &[Staff]) -> Result<Vec<Change>, Refused> {
        let standing = standing();
        let find = |id: &str| standing.iter().find(|staff| staff.id == id);
        let file: Vec<_> = file.iter().map(|after| Line { before: find(&after.id), after }).collect();
        changes(&file, find(by).unwrap(), &standing, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_file_is_refused_by_the_first_check_that_it_fails() {
        let at = |it: Staff, email: &str| Staff { email: email.into(), ..it };
        let on_slack =
            |it: Staff, user: &str| Staff { slack: Some(Slack { team: "T".into(), user: user.into() }), ..it };
        let approver = |id: &str, role| Err(Refused::Approver { id: id.into(), role });
        let reached = |id: &str, other: &str| Err(Refused::Reached { id: id.into(), other: other.into() });
        let (lena, leo, mara, vera) =
            (staff("lena", Role::L1), staff("leo", Role::Legal), staff("mara", Role::Manager), staff("vera", Role::Vp));
        let rows = [
            ("nothing new", "mara", vec![mara.clone(), lena.clone(), vera.clone()], Ok(vec![])),
            ("a colleague's role", "mara", vec![staff("lena", Role::L2)], Ok(vec!["lena"])),
            ("somebody new", "mara", vec![staff("nia", Role::BillingSpecialist)], Ok(vec!["nia"])),
            ("themselves up", "mara", vec![staff("mara", Role::Vp)], Err(Refused::OwnRole)),
            ("themselves down", "vera", vec![staff("vera", Role::L1)], Err(Refused::OwnRole)),
            ("their own address", "mara", vec![at(mara.clone(), "m@example.com")], Ok(vec!["mara"])),
            ("a manager, by a manager", "mara", vec![staff("lena", Role::Manager)], approver("lena", Role::Manager)),
            ("a VP, by a manager", "mara", vec![staff("nia", Role::Vp)], approver("nia", Role::Vp)),
            ("a manager, by a VP", "vera", vec![staff("lena", Role::Manager)], Ok(vec!["lena"])),
            ("no approver any more", "mara", vec![staff("leo", Role::L1)], approver("leo", Role::L1)),
            ("an approver's address", "mara", vec![at(leo.clone(), "l@example.com")], approver("leo", Role::Legal)),
            ("an approver's Slack", "mara", vec![on_slack(leo.clone(), "U")], approver("leo", Role::Legal)),
            ("the same, by a VP", "vera", vec![on_slack(leo.clone(), "U")], Ok(vec!["leo"])),
            ("another's address", "mara", vec![at(lena.clone(), "VERA@example.com")], reached("lena", "vera")),
            ("another's Slack", "vera", vec![on_slack(lena.clone(), "U-leo")], reached("lena", "leo")),
            (
                "an address that moves on",
                "vera",
                vec![at(lena.clone(), "leo@example.com"), at(leo.clone(), "l@example.com")],
                Ok(vec!["lena", "leo"]),
            ),
            (
                "their own role first",
                "mara",
                vec![at(staff("mara", Role::Vp), "leo@example.com")],
                Err(Refused::OwnRole),
            ),
            (
                "who approves before who is reached",
                "mara",
                vec![at(staff("lena", Role::Vp), "leo@example.com")],
                approver("lena", Role::Vp),
            ),
            (
                "the first line before the second",
                "mara",
                vec![at(lena, "leo@example.com"), staff("mara", Role::Vp)],
                reached("lena", "leo"),
            ),
        ];
        for (name, by, file, expected) in rows {
            let taken = take(by, &file);
            let ids = |all: &Vec<Change>| all.iter().map(|change| change.after.id.clone()).collect::<Vec<_>>();
            let expected = expected.map(|ids| ids.into_iter().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(taken.as_ref().map(ids).map_err(Clone::clone), expected, "{name}");
        }
    }

    #[test]
    fn a_change_says_who_it_was_and_how_it_stood_before() {
        let taken = take("vera", &[staff("lena", Role::L2), staff("nia", Role::L1)]).unwrap();
        let before: Vec<_> = taken.iter().map(|change| change.before.as_ref().map(|before| before.role)).collect();
        assert_eq!(before, [Some(Role::L1), None]);
        assert!(taken.iter().all(|change| change.by == "vera" && change.at == Timestamp::UNIX_EPOCH));
    }
}
