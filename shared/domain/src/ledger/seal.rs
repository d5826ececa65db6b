//! Seals: where the ledgers stood at a moment. Each names the one before, so that none can be missing unseen.

use super::{Broken, Entry, LedgerHead, verify};
use crate::id::{AccountId, sha256};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long after a seal the next one is due.
const EVERY: SignedDuration = SignedDuration::from_hours(1);
/// How late a seal may be, and how long an entry may be on its way into one: what was previewed is asked for as of its
/// preview, which may be an hour old.
const GRACE: SignedDuration = SignedDuration::from_hours(3);

/// Where the ledgers stood that had grown, signed by a key that nobody has who writes ledgers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    pub number: u64,
    pub at: Timestamp,
    /// By when there is another one.
    pub next_by: Timestamp,
    /// The hash of the seal before; empty for the first.
    pub before: String,
    pub heads: Vec<LedgerHead>,
    /// Over the hash, in base64.
    pub signature: String,
}

impl Seal {
    /// The seal after another, or the first of all; its signature is still to be put in.
    pub fn after(last: Option<&Self>, at: Timestamp, grown: Vec<LedgerHead>) -> Self {
        let is_news = |head: &LedgerHead| last.is_none_or(|last| !last.heads.contains(head));
        Self {
            number: last.map_or(1, |last| last.number + 1),
            at,
            next_by: at + EVERY,
            before: last.map_or_else(String::new, Self::hash),
            heads: grown.into_iter().filter(is_news).collect(),
            signature: String::new(),
        }
    }

    /// Since when a ledger may have grown that this seal does not show.
    pub fn shows_until(&self) -> Timestamp {
        self.at - GRACE
    }

    /// What is signed, and what the next seal names: everything but the signature.
    pub fn hash(&self) -> String {
        let unsigned = Self { signature: String::new(), ..self.clone() };
        sha256(&serde_json::to_vec(&unsigned).expect("a seal is plain data"))
    }
}

/// Why the seals cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsound {
    #[error("there is no seal")]
    Nothing,
    #[error("seal {0} is missing")]
    Missing(u64),
    #[error("seal {0} is not signed by this key")]
    Forged(u64),
    #[error("seal {0} does not follow the one before it")]
    NotChained(u64),
    #[error("seal {missing} is missing: it was due by {due}")]
    Overdue { missing: u64, due: Timestamp },
}

/// What a whole chain of seals says of the ledgers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    until: Timestamp,
    heads: BTreeMap<AccountId, Vec<LedgerHead>>,
}

impl Sealed {
    /// Reads all seals, as they must stand at a time. `is_ours` checks a signature.
    pub fn read(mut seals: Vec<Seal>, is_ours: impl Fn(&Seal) -> bool, as_of: Timestamp) -> Result<Self, Unsound> {
        seals.sort_by_key(|seal| seal.number);
        let (mut last, mut heads) = (None::<Seal>, BTreeMap::<_, Vec<_>>::new());
        for seal in seals {
            let expected = last.as_ref().map_or(1, |last| last.number + 1);
            if seal.number > expected {
                return Err(Unsound::Missing(expected));
            }
            if !is_ours(&seal) {
                return Err(Unsound::Forged(seal.number));
            }
            if seal.number < expected || seal.before != last.as_ref().map_or_else(String::new, Seal::hash) {
                return Err(Unsound::NotChained(seal.number));
            }
            for head in &seal.heads {
                heads.entry(head.account.clone()).or_default().push(head.clone());
            }
            last = Some(seal);
        }
        let last = last.ok_or(Unsound::Nothing)?;
        if last.next_by + GRACE < as_of {
            return Err(Unsound::Overdue { missing: last.number + 1, due: last.next_by });
        }
        Ok(Self { until: last.shows_until(), heads })
    }

    /// Every account whose ledger was sealed.
    pub fn accounts(&self) -> impl Iterator<Item = &AccountId> {
        self.heads.keys()
    }

    /// Verifies a whole ledger against its head and against every seal of it.
    pub fn verify(&self, head: &LedgerHead, entries: &[Entry]) -> Result<(), Broken> {
        verify(head, entries)?;
        let mut covered = 0;
        for sealed in self.heads.get(&head.account).into_iter().flatten() {
            match entries.iter().find(|entry| entry.number == sealed.length) {
                None => return Err(Broken::CutBeforeSeal { found: head.length, sealed: sealed.length }),
                Some(entry) if entry.hash != sealed.hash => return Err(Broken::Forked(sealed.length)),
                Some(_) => covered = covered.max(sealed.length),
            }
        }
        match entries.last() {
            Some(last) if last.number > covered && last.at <= self.until => Err(Broken::Unsealed(covered + 1)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::chain;
    use super::*;

    fn hour(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
    }

    /// Stands in for a signature: whoever does not know the key's name cannot make it.
    fn signed(mut seal: Seal, key: &str) -> Seal {
        seal.signature = format!("{key} {}", seal.hash());
        seal
    }

    fn is_ours(seal: &Seal) -> bool {
        seal.signature == format!("ours {}", seal.hash())
    }

    /// A seal each hour from the first on; the ledger of the second one has three entries, that of the third has all.
    fn seals() -> Vec<Seal> {
        let (head, entries) = chain();
        let at = |length: usize| LedgerHead {
            length: entries[length - 1].number,
            hash: entries[length - 1].hash.clone(),
            ..head.clone()
        };
        let mut seals: Vec<Seal> = Vec::new();
        for (number, grown) in (1..).zip([vec![], vec![at(3)], vec![at(3), at(4)], vec![at(4)]]) {
            let seal = Seal::after(seals.last(), hour(number), grown);
            seals.push(signed(seal, "ours"));
        }
        seals
    }

    #[test]
    fn a_seal_repeats_nothing_of_the_one_before() {
        let lengths: Vec<Vec<u64>> =
            seals().iter().map(|seal| seal.heads.iter().map(|head| head.length).collect()).collect();
        assert_eq!(lengths, [vec![], vec![3], vec![4], vec![]]);
    }

    #[test]
    fn whatever_is_wrong_with_the_seals_is_named() {
        type Change = fn(&mut Vec<Seal>);
        let rows: [(&str, Change, i64, Result<(), Unsound>); 12] = [
            ("untouched", |_| {}, 5, Ok(())),
            ("read in any order", |seals| seals.swap(0, 2), 5, Ok(())),
            ("not yet overdue", |_| {}, 8, Ok(())),
            ("none since", |_| {}, 9, Err(Unsound::Overdue { missing: 5, due: hour(5) })),
            ("the end cut off", |seals| seals.truncate(3), 8, Err(Unsound::Overdue { missing: 4, due: hour(4) })),
            ("none at all", Vec::clear, 5, Err(Unsound::Nothing)),
            ("the first is missing", |seals| drop(seals.remove(0)), 5, Err(Unsound::Missing(1))),
            ("one is missing", |seals| drop(seals.remove(1)), 5, Err(Unsound::Missing(2))),
            ("changed", |seals| seals[1].heads.clear(), 5, Err(Unsound::Forged(2))),
            ("renumbered", |seals| seals[3].number = 5, 5, Err(Unsound::Missing(4))),
            (
                "signed by another key",
                |seals| seals[1] = signed(seals[1].clone(), "theirs"),
                5,
                Err(Unsound::Forged(2)),
            ),
            (
                "one of another chain in its place",
                |seals| {
                    let other = Seal::after(Some(&Seal::after(None, hour(0), vec![])), hour(2), vec![]);
                    seals[1] = signed(other, "ours");
                },
                5,
                Err(Unsound::NotChained(2)),
            ),
        ];
        for (name, change, as_of, expected) in rows {
            let mut seals = seals();
            change(&mut seals);
            assert_eq!(Sealed::read(seals, is_ours, hour(as_of)).map(drop), expected, "{name}");
        }
        let twice = seals().into_iter().chain(seals().pop()).collect();
        assert_eq!(Sealed::read(twice, is_ours, hour(5)), Err(Unsound::NotChained(4)), "two of one number");
    }

    /// The chain as somebody writes it anew who can write tables.
    fn anew(count: usize, by: &str) -> (LedgerHead, Vec<Entry>) {
        let (head, entries) = chain();
        let mut anew = LedgerHead::new(&head.account);
        let notes = entries.into_iter().take(count).map(|entry| {
            let by = if by.is_empty() { entry.by } else { by.to_owned() };
            super::super::Note { at: entry.at, step: entry.step, action: entry.action, by, body: entry.body }
        });
        let entries = anew.append(notes.collect());
        assert_eq!(verify(&anew, &entries), Ok(()), "by itself it looks whole");
        (anew, entries)
    }

    #[test]
    fn a_ledger_that_was_cut_or_written_anew_with_its_head_is_found_by_its_seals() {
        let sealed = Sealed::read(seals(), is_ours, hour(5)).unwrap();
        for (name, count, by, expected) in [
            ("as it was", 4, "", Ok(())),
            ("cut", 2, "", Err(Broken::CutBeforeSeal { found: 2, sealed: 3 })),
            ("cut behind the first seal of it", 3, "", Err(Broken::CutBeforeSeal { found: 3, sealed: 4 })),
            ("written anew", 4, "marc", Err(Broken::Forked(3))),
            ("emptied", 0, "", Err(Broken::CutBeforeSeal { found: 0, sealed: 3 })),
        ] {
            let (head, entries) = anew(count, by);
            assert_eq!(sealed.verify(&head, &entries), expected, "{name}");
        }
    }

    #[test]
    fn a_ledger_that_no_seal_shows_though_one_should_is_found() {
        let (head, entries) = chain();
        for (name, hours, length, expected) in [
            ("in the seal", 4, 4, Ok(())),
            ("in none, and it should be", 3, 0, Err(Broken::Unsealed(1))),
            ("not to its end, and it should be", 3, 3, Err(Broken::Unsealed(4))),
            ("in none yet", 2, 0, Ok(())),
        ] {
            let mut seals = Vec::new();
            for at in 0..=hours {
                let shown = (at == 0 && length > 0).then(|| LedgerHead {
                    length,
                    hash: entries[usize::try_from(length).unwrap() - 1].hash.clone(),
                    ..head.clone()
                });
                let seal = Seal::after(seals.last(), hour(at), shown.into_iter().collect());
                seals.push(signed(seal, "ours"));
            }
            let sealed = Sealed::read(seals, is_ours, hour(hours)).unwrap();
            assert_eq!(sealed.verify(&head, &entries), expected, "{name}");
        }
    }
}
