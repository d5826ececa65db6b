//! When did somebody's address or telephone change, and what was it before?

use super::{Person, Stamp};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How many values of one kind are remembered: those that were seen last.
const KEPT_MAX: usize = 4;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The values that one kind of contact had, each with when it was first seen and when last. Both only ever move outwards, so
/// that the order of sightings and their repeats change nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Contacts(Vec<Contact>);

/// One value, as it was written when it was seen last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Contact {
    value: String,
    first: Stamp,
    last: Stamp,
}

impl Contacts {
    /// Whether nothing was seen.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All that is remembered, the last first.
    pub fn values(&self) -> Vec<&str> {
        self.0.iter().map(|contact| contact.value.as_str()).collect()
    }

    /// Takes in a sighting; case and spaces are no change.
    pub(super) fn see(&mut self, stamp: &Stamp, value: Option<&String>) {
        let Some(value) = value.filter(|value| !value.trim().is_empty()) else { return };
        let known = self.0.iter_mut().find(|known| plain(&known.value) == plain(value));
        match known {
            Some(known) => {
                if *stamp > known.last {
                    known.last = stamp.clone();
                    known.value.clone_from(value);
                }
                if *stamp < known.first {
                    known.first = stamp.clone();
                }
            }
            None => self.0.push(Contact { value: value.clone(), first: stamp.clone(), last: stamp.clone() }),
        }
        self.0.sort_by(|one, other| other.last.cmp(&one.last));
        self.0.truncate(KEPT_MAX);
    }

    /// Since when the last value stands, and which stood before. Of one that came back it is only known that it was after
    /// the other had been seen for the last time.
    fn change(&self) -> Option<(Timestamp, &str)> {
        let [now, before, ..] = self.0.as_slice() else { return None };
        Some((now.first.when().max(before.last.when()), &before.value))
    }
}

fn plain(value: &str) -> String {
    value.split_whitespace().collect::<String>().to_lowercase()
}

/// What changed of how a customer is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactChange {
    pub what: &'static str,
    pub at: Timestamp,
    /// What stood before, so that whoever knows it recognises it and nobody else reads it.
    pub from: String,
}

impl ContactChange {
    /// In words, as of a moment: the day stands beside, for whoever reads it later.
    pub fn told(&self, now: Timestamp) -> String {
        let days = now.duration_since(self.at).as_hours() / 24;
        let ago = match days {
            i64::MIN..=0 => "less than a day ago".to_owned(),
            1 => "1 day ago".to_owned(),
            days => format!("{days} days ago"),
        };
        let from = if self.from.is_empty() { String::new() } else { format!(" (from {})", self.from) };
        format!("{} changed {ago}, on {}{from}", self.what, self.at.strftime("%Y-%m-%d"))
    }
}

impl Person {
    /// What changed of how they are reached within so many days, the newest first.
    pub fn contact_changes(&self, days: i64, now: Timestamp) -> Vec<ContactChange> {
        type Masked = fn(&str) -> String;
        let kinds: [(&str, &Contacts, Masked); 3] = [
            ("E-mail", &self.emails, first_letter),
            ("Telephone", &self.phones, last_digits),
            ("Address", &self.addresses, |_| String::new()),
        ];
        let changed = kinds.into_iter().filter_map(|(what, contacts, masked)| {
            let (at, before) = contacts.change()?;
            (now.duration_since(at) <= DAY * i32::try_from(days).unwrap_or(i32::MAX)).then(|| ContactChange {
                what,
                at,
                from: masked(before),
            })
        });
        let mut changes: Vec<_> = changed.collect();
        changes.sort_by_key(|change| std::cmp::Reverse(change.at));
        changes
    }

    /// The same as people read it.
    pub fn contact_notices(&self, days: i64, now: Timestamp) -> Vec<String> {
        self.contact_changes(days, now).iter().map(|change| change.told(now)).collect()
    }
}

/// Of an address its first letter: `a…@…`.
fn first_letter(email: &str) -> String {
    email.chars().next().map(|first| format!("{first}…@…")).unwrap_or_default()
}

fn last_digits(phone: &str) -> String {
    let digits: Vec<char> = phone.chars().filter(char::is_ascii_digit).collect();
    let last: String = digits.iter().skip(digits.len().saturating_sub(2)).collect();
    if last.is_empty() { last } else { format!("…{last}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn person(sightings: &[(i64, &str)]) -> Person {
        let mut person = Person::default();
        for (second, email) in sightings {
            person.emails.see(&Stamp::at(at(*second), &format!("evt_{second}")), Some(&(*email).to_owned()));
        }
        person
    }

    #[test]
    fn a_change_is_shown_for_seven_days_and_no_longer() {
        let week = 7 * 24 * 3600;
        let changed = [(0, "ada@old.example"), (100, "eve@new.example")];
        for (what, sightings, second, expected) in [
            ("never seen", vec![], 0, None),
            ("seen once", vec![(0, "ada@old.example")], 10, None),
            ("seen twice alike", vec![(0, "ada@old.example"), (50, "ADA@old.example ")], 60, None),
            ("just now", changed.to_vec(), 100, Some("E-mail changed less than a day ago, on 2027-01-15 (from a…@…)")),
            (
                "a day ago",
                changed.to_vec(),
                100 + 24 * 3600,
                Some("E-mail changed 1 day ago, on 2027-01-15 (from a…@…)"),
            ),
            (
                "a second before two days",
                changed.to_vec(),
                99 + 48 * 3600,
                Some("E-mail changed 1 day ago, on 2027-01-15 (from a…@…)"),
            ),
            (
                "two days ago",
                changed.to_vec(),
                100 + 48 * 3600,
                Some("E-mail changed 2 days ago, on 2027-01-15 (from a…@…)"),
            ),
            (
                "exactly seven days ago",
                changed.to_vec(),
                100 + week,
                Some("E-mail changed 7 days ago, on 2027-01-15 (from a…@…)"),
            ),
            ("a second more", changed.to_vec(), 101 + week, None),
        ] {
            let notices = person(&sightings).contact_notices(7, at(second));
            assert_eq!(notices.first().map(String::as_str), expected, "{what}");
        }
    }

    #[test]
    fn any_order_of_sightings_tells_the_same_change() {
        let sightings = [(0, "a@x.example"), (10, "a@x.example"), (20, "b@x.example"), (30, "b@x.example")];
        let straight = person(&sightings);
        assert_eq!(straight.contact_changes(7, at(30))[0].at, at(20), "since it was first seen");
        for order in [[3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]] {
            let shuffled: Vec<_> = order.iter().map(|place| sightings[*place]).collect();
            assert_eq!(person(&shuffled), straight, "{order:?}");
            assert_eq!(person(&[shuffled.clone(), shuffled].concat()), straight, "{order:?} twice");
        }
        let back = person(&[(0, "a@x.example"), (20, "b@x.example"), (40, "a@x.example")]);
        assert_eq!(back.contact_changes(7, at(50))[0].at, at(20), "it came back after the other was seen last");
    }

    #[test]
    fn what_stood_before_is_told_to_nobody_who_does_not_know_it() {
        let mut person = person(&[(0, "ada@old.example"), (10, "eve@new.example")]);
        for (second, phone, address) in [(0, "+49 30 901820", "Old Street 1"), (5, "+49 30 555555", "New Street 2")] {
            let stamp = Stamp::at(at(second), "evt");
            person.phones.see(&stamp, Some(&phone.to_owned()));
            person.addresses.see(&stamp, Some(&address.to_owned()));
        }
        let notices = person.contact_notices(7, at(10)).join("\n");
        for part in ["E-mail changed", "(from a…@…)", "Telephone changed", "(from …20)", "Address changed"] {
            assert!(notices.contains(part), "{part}: {notices}");
        }
        for part in ["ada@", "old.example", "901820", "Street"] {
            assert!(!notices.contains(part), "{part}: {notices}");
        }
    }
}
