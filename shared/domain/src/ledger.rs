//! What was asked, decided, tried and proved, in order, each entry holding the hash of the one before.

pub mod seal;

use crate::id::{AccountId, ActionId, sha256};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where the chain of an account stands, or that of a source or of the setup, which have ids like an account's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerHead {
    pub account: AccountId,
    pub length: u64,
    pub hash: String,
    /// When its last entry was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// One link of the chain: its `hash` covers everything in it, `before` included.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub account: AccountId,
    pub number: u64,
    pub at: Timestamp,
    pub step: Step,
    /// None where somebody spoke of a recovery, of a second card, of a source or of the setup, or took a document back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<ActionId>,
    /// A staff id, or `recoup`, or a provider, or the version of the rules that let something be.
    pub by: String,
    /// Ids, amounts and digests; never a name or an address.
    pub body: BTreeMap<String, String>,
    pub before: String,
    pub hash: String,
}

/// Which moment of an action an entry tells, or that somebody let a recovery pause, go on or end, wrote down whether a
/// second card may be charged, said how far a source may go, set something up for all, or took a tax document back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Requested,
    Decided,
    Attempted,
    Outcome,
    Confirmed,
    Recovery,
    Source,
    Setup,
    Document,
}

/// Something to be written down.
#[derive(Debug, Clone)]
pub struct Note {
    pub at: Timestamp,
    pub step: Step,
    pub action: Option<ActionId>,
    pub by: String,
    pub body: BTreeMap<String, String>,
}

impl Note {
    /// What `body` says stays for ever: ids, amounts and digests, never a name or an address.
    pub fn new<const N: usize>(
        at: Timestamp,
        step: Step,
        action: &ActionId,
        by: &str,
        body: [(&str, String); N],
    ) -> Self {
        Self { at, step, action: Some(action.clone()), by: by.to_owned(), body: named(body) }
    }

    /// The same of what somebody says of a recovery.
    pub fn of_recovery<const N: usize>(at: Timestamp, by: &str, body: [(&str, String); N]) -> Self {
        Self { at, step: Step::Recovery, action: None, by: by.to_owned(), body: named(body) }
    }

    /// The same of what somebody wants of a source.
    pub fn of_source(at: Timestamp, by: &str, body: BTreeMap<String, String>) -> Self {
        Self { at, step: Step::Source, action: None, by: by.to_owned(), body }
    }

    /// The same of what is set up for all sources.
    pub fn of_setup<const N: usize>(at: Timestamp, by: &str, body: [(&str, String); N]) -> Self {
        Self { at, step: Step::Setup, action: None, by: by.to_owned(), body: named(body) }
    }

    /// The same of a tax document of ours that somebody takes back.
    pub fn of_document<const N: usize>(at: Timestamp, by: &str, body: [(&str, String); N]) -> Self {
        Self { at, step: Step::Document, action: None, by: by.to_owned(), body: named(body) }
    }
}

fn named<const N: usize>(body: [(&str, String); N]) -> BTreeMap<String, String> {
    body.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

impl LedgerHead {
    /// A chain without entries: it begins with the hash of the account's id, so that none fits another account.
    pub fn new(account: &AccountId) -> Self {
        Self { account: account.clone(), length: 0, hash: sha256(account.as_str().as_bytes()), at: None }
    }

    /// Appends notes to the chain and returns the new entries.
    pub fn append(&mut self, notes: Vec<Note>) -> Vec<Entry> {
        notes
            .into_iter()
            .map(|note| {
                let mut entry = Entry {
                    account: self.account.clone(),
                    number: self.length + 1,
                    at: note.at,
                    step: note.step,
                    action: note.action,
                    by: note.by,
                    body: note.body,
                    before: self.hash.clone(),
                    hash: String::new(),
                };
                entry.hash = hash(&entry);
                self.length = entry.number;
                self.hash.clone_from(&entry.hash);
                self.at = Some(entry.at);
                entry
            })
            .collect()
    }
}

fn hash(entry: &Entry) -> String {
    let without_hash = Entry { hash: String::new(), ..entry.clone() };
    sha256(&serde_json::to_vec(&without_hash).expect("an entry is plain data"))
}

/// Why a ledger cannot be trusted. The order is the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("entry {0} is missing")]
    Missing(u64),
    #[error("entry {0} does not follow the one before it")]
    NotChained(u64),
    #[error("entry {0} was changed after it was written")]
    Changed(u64),
    #[error("the chain ends at {found}, its head says {head}")]
    Truncated { found: u64, head: u64 },
    #[error("the chain ends at {found}, and was sealed when it had {sealed} entries")]
    CutBeforeSeal { found: u64, sealed: u64 },
    #[error("entry {0} is another one than when the chain was sealed")]
    Forked(u64),
    #[error("entry {0} is in no seal, and should have been in one long since")]
    Unsealed(u64),
}

/// Verifies a whole chain against its head.
pub fn verify(head: &LedgerHead, entries: &[Entry]) -> Result<(), Broken> {
    let mut walked = LedgerHead::new(&head.account);
    for entry in entries {
        if entry.number != walked.length + 1 {
            return Err(Broken::Missing(walked.length + 1));
        }
        if entry.before != walked.hash || entry.account != head.account {
            return Err(Broken::NotChained(entry.number));
        }
        if entry.hash != hash(entry) {
            return Err(Broken::Changed(entry.number));
        }
        walked.length = entry.number;
        walked.hash.clone_from(&entry.hash);
    }
    if (walked.length, &walked.hash) == (head.length, &head.hash) {
        Ok(())
    } else {
        Err(Broken::Truncated { found: walked.length, head: head.length })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ledger of four entries, all of one moment.
    pub(super) fn chain() -> (LedgerHead, Vec<Entry>) {
        let account = AccountId::of("stripe", "default", "cus_1");
        let action = ActionId::of(&account, "mara", "k");
        let note = |step| Note {
            at: Timestamp::UNIX_EPOCH,
            step,
            action: Some(action.clone()),
            by: "mara".into(),
            body: BTreeMap::from([("amount".to_owned(), "24.00 USD".to_owned())]),
        };
        let mut head = LedgerHead::new(&account);
        let entries =
            head.append(vec![note(Step::Requested), note(Step::Decided), note(Step::Attempted), note(Step::Outcome)]);
        (head, entries)
    }

    #[test]
    fn an_untouched_chain_verifies() {
        let (head, entries) = chain();
        assert_eq!(verify(&head, &entries), Ok(()));
        assert_eq!(verify(&LedgerHead::new(&head.account), &[]), Ok(()));
    }

    #[test]
    fn what_is_said_of_a_recovery_is_of_no_action() {
        let (mut head, mut entries) = chain();
        let body = [("word", "stop".to_owned()), ("invoice", "in_1".to_owned())];
        entries.extend(head.append(vec![Note::of_recovery(Timestamp::UNIX_EPOCH, "lena", body)]));
        assert_eq!(verify(&head, &entries), Ok(()));
        let told = serde_json::to_value(&entries[4]).unwrap();
        assert_eq!((told["step"].as_str(), told.get("action")), (Some("recovery"), None), "{told}");
        assert_eq!(serde_json::from_value::<Entry>(told).unwrap(), entries[4]);
    }

    #[test]
    fn each_kind_of_tampering_is_named() {
        let (head, entries) = chain();
        let tampered = |change: &dyn Fn(&mut Vec<Entry>)| {
            let mut entries = entries.clone();
            change(&mut entries);
            verify(&head, &entries)
        };
        assert_eq!(tampered(&|e| e[1].by = "marc".into()), Err(Broken::Changed(2)));
        assert_eq!(tampered(&|e| drop(e.remove(1))), Err(Broken::Missing(2)));
        assert_eq!(tampered(&|e| e.swap(1, 2)), Err(Broken::Missing(2)));
        assert_eq!(tampered(&|e| drop(e.pop())), Err(Broken::Truncated { found: 3, head: 4 }));
        let rewritten = |e: &mut Vec<Entry>| {
            e[1].by = "marc".into();
            e[1].hash = hash(&e[1]);
        };
        assert_eq!(tampered(&rewritten), Err(Broken::NotChained(3)));
    }
}
