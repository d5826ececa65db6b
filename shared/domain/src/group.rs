//! Which accounts are one customer? An address or an imported list proposes it; only a person says so.

use crate::id::AccountId;
use crate::policy::forget_oldest;
use crate::staff::Staff;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// More accounts than this are hardly one customer.
const MEMBERS_MAX: usize = 20;
/// How many bytes what people said of it may take.
const SAID_BYTES_MAX: usize = 60_000;

/// What people have said about one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub account: AccountId,
    /// The others that are the same customer.
    pub members: BTreeSet<AccountId>,
    /// Those that only look like it.
    pub apart: BTreeSet<AccountId>,
    pub said: Vec<Said>,
}

/// What a person said of two accounts; both remember it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub other: AccountId,
    pub same: bool,
    pub by: String,
    pub note: String,
    pub at: Timestamp,
}

/// Why it cannot be said, in the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSaid {
    #[error("your role only reads; ask a colleague in support or billing to say whether these are one customer")]
    NotPermitted,
    #[error("an account is always itself; name another one")]
    Itself,
    #[error("more than {MEMBERS_MAX} accounts would be one customer; look whether the address is one that many share")]
    TooMany,
}

impl Group {
    /// An account of which nobody has said anything.
    pub fn of(account: &AccountId) -> Self {
        Self { account: account.clone(), members: BTreeSet::new(), apart: BTreeSet::new(), said: Vec::new() }
    }
}

/// Says whether two accounts are one customer. `groups` holds both and all members of both; all of them are changed alike.
pub fn say(
    groups: &mut BTreeMap<AccountId, Group>,
    (one, other): (&AccountId, &AccountId),
    same: bool,
    staff: &Staff,
    note: &str,
    now: Timestamp,
) -> Result<(), NotSaid> {
    if !staff.role.may_request() {
        return Err(NotSaid::NotPermitted);
    }
    if one == other {
        return Err(NotSaid::Itself);
    }
    let around = |groups: &BTreeMap<AccountId, Group>, id: &AccountId| {
        let mut all = groups.get(id).map(|group| group.members.clone()).unwrap_or_default();
        all.insert(id.clone());
        all
    };
    let (mut left, mut right) = (around(groups, one), around(groups, other));
    if same {
        left.append(&mut right);
        if left.len() > MEMBERS_MAX {
            return Err(NotSaid::TooMany);
        }
        regroup(groups, &left);
    } else if left.contains(other) {
        left.remove(other);
        regroup(groups, &left);
        regroup(groups, &BTreeSet::from([other.clone()]));
    }
    for (id, with) in [(one, other), (other, one)] {
        let group = groups.entry(id.clone()).or_insert_with(|| Group::of(id));
        if same {
            group.apart.remove(with);
        } else {
            group.apart.insert(with.clone());
        }
        group.said.push(Said { other: with.clone(), same, by: staff.id.clone(), note: note.to_owned(), at: now });
        forget_oldest(&mut group.said, SAID_BYTES_MAX);
    }
    Ok(())
}

fn regroup(groups: &mut BTreeMap<AccountId, Group>, all: &BTreeSet<AccountId>) {
    for id in all {
        let group = groups.entry(id.clone()).or_insert_with(|| Group::of(id));
        group.members = all.iter().filter(|other| *other != id).cloned().collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staff::Role;

    #[test]
    fn groups_join_and_part_and_stay_symmetric() {
        let staff = |role| Staff {
            id: "x".into(),
            name: "x".into(),
            role,
            email: String::new(),
            slack: None,
            languages: Vec::new(),
        };
        let (lena, ana) = (staff(Role::L1), staff(Role::Analyst));
        let id = |name: &str| AccountId::of("stripe", "default", name);
        let [a, b, c, d] = ["a", "b", "c", "d"].map(id);
        let mut groups = BTreeMap::new();
        let mut tell = |one: &AccountId, other: &AccountId, same, staff: &Staff| {
            let said = say(&mut groups, (one, other), same, staff, "", Timestamp::UNIX_EPOCH);
            let members = |id: &AccountId| groups.get(id).map_or(0, |group| group.members.len());
            (said, [members(&a), members(&b), members(&c), members(&d)])
        };
        let rows = [
            (&a, &b, true, Ok(()), [1, 1, 0, 0]),
            (&c, &d, true, Ok(()), [1, 1, 1, 1]),
            (&b, &c, true, Ok(()), [3, 3, 3, 3]),
            (&a, &c, false, Ok(()), [2, 2, 0, 2]),
            (&a, &c, false, Ok(()), [2, 2, 0, 2]),
            (&a, &a, true, Err(NotSaid::Itself), [2, 2, 0, 2]),
        ];
        for (one, other, same, said, members) in rows {
            assert_eq!(tell(one, other, same, &lena), (said, members), "{one} {other} {same}");
        }
        assert_eq!(tell(&a, &b, false, &ana).0, Err(NotSaid::NotPermitted));
        assert!(groups[&a].apart.contains(&c) && groups[&c].apart.contains(&a));
        assert_eq!(groups[&a].said.len(), 3, "every word is kept, while there is room");
    }

    #[test]
    fn a_crowd_is_not_one_customer() {
        let staff = Staff {
            id: "x".into(),
            name: "x".into(),
            role: Role::L2,
            email: String::new(),
            slack: None,
            languages: Vec::new(),
        };
        let id = |n: usize| AccountId::of("stripe", "default", &n.to_string());
        let mut groups = BTreeMap::new();
        for n in 1..MEMBERS_MAX {
            say(&mut groups, (&id(0), &id(n)), true, &staff, "", Timestamp::UNIX_EPOCH).unwrap();
        }
        assert_eq!(
            say(&mut groups, (&id(0), &id(MEMBERS_MAX)), true, &staff, "", Timestamp::UNIX_EPOCH),
            Err(NotSaid::TooMany)
        );
    }
}
