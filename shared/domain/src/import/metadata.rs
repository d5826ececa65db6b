//! Metadata under one convention: keys have one name, values one spelling, and every change is told. The rules are data:
//! `shared/policy/metadata/`.

mod naming;

pub use naming::{Convention, Key, Naming, snake_case};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Metadata as the rules want it, what was changed to get there, and what only a person can settle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Normal {
    pub metadata: BTreeMap<String, String>,
    pub changes: Vec<Change>,
    pub findings: Vec<Finding>,
}

/// One entry of the change log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub key_before: Option<String>,
    pub key_after: String,
    pub before: Option<String>,
    pub after: String,
    pub why: Why,
}

/// Which rule changed an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The key was not written by the convention.
    Convention,
    /// The key is another name of a known one.
    Alias,
    /// The key went, because it said no more than the one that was there.
    Repeated,
    /// The value was written in another way than the one that is allowed, or between blanks.
    Spelling,
    /// Nothing was said.
    Default,
}

/// Something that is left as it is and told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
pub enum Finding {
    /// No rule names the key.
    UnknownKey {
        key: String,
    },
    NotAllowed {
        key: String,
        value: String,
        allowed: Vec<String>,
    },
    /// Two keys mean the same and say different things: neither is thrown away.
    Clash {
        key: String,
        with: String,
    },
}

/// Brings metadata under the rules. What is normal stays as it is: doing it twice changes nothing.
pub fn normalise(metadata: &BTreeMap<String, String>, naming: &Naming) -> Normal {
    let mut normal = Normal::default();
    // Keys that have their name already come first, so that no renamed one takes their place.
    let (named, others): (Vec<_>, Vec<_>) = metadata.iter().partition(|(key, _)| naming.name(key) == **key);
    for (key, before) in named.into_iter().chain(others) {
        normal.take(key, before, naming);
    }
    for rule in &naming.key {
        let (key, Some(default)) = (rule.id.get_ref(), &rule.default) else { continue };
        let before = normal.metadata.get(key).cloned();
        if before.as_ref().is_none_or(String::is_empty) {
            normal.metadata.insert(key.clone(), default.clone());
            let key_before = before.as_ref().map(|_| key.clone());
            normal.changes.push(Change {
                key_before,
                key_after: key.clone(),
                before,
                after: default.clone(),
                why: Why::Default,
            });
        }
    }
    for (key, value) in &normal.metadata {
        let name = naming.name(key);
        normal.findings.extend(if name != *key {
            Some(Finding::Clash { key: key.clone(), with: name })
        } else if let Some(rule) = naming.rule(key) {
            let refused = rule.allowed.clone().filter(|allowed| !value.is_empty() && !allowed.contains(value));
            refused.map(|allowed| Finding::NotAllowed { key: key.clone(), value: value.clone(), allowed })
        } else {
            Some(Finding::UnknownKey { key: key.clone() })
        });
    }
    normal
}

impl Normal {
    /// Puts one entry where it belongs.
    fn take(&mut self, key: &str, before: &str, naming: &Naming) {
        let name = naming.name(key);
        let after = naming.spelled(&name, before);
        let why = match self.metadata.get(&name) {
            Some(there) if *there == after || after.is_empty() => Why::Repeated,
            Some(there) if !there.is_empty() => {
                self.metadata.insert(key.to_owned(), before.to_owned());
                return;
            }
            _ if name == key && after == before => {
                self.metadata.insert(name, after);
                return;
            }
            _ if name == key => Why::Spelling,
            _ if naming.convention.applied(key) == name => Why::Convention,
            _ => Why::Alias,
        };
        if why != Why::Repeated {
            self.metadata.insert(name.clone(), after.clone());
        }
        self.changes.push(Change {
            key_before: Some(key.to_owned()),
            key_after: name,
            before: Some(before.to_owned()),
            after,
            why,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Versions;

    pub(super) const RULES: &str = r#"
        version = 1
        effective = "2026-01-01"
        convention = "snake_case"
        [[key]]
        id = "segment"
        why = "Dunning goes by it."
        aliases = ["Customer Segment", "tier"]
        default = "smb"
        allowed = ["smb", "mid_market"]
        [[key]]
        id = "region"
        why = "Reports go by it."
    "#;

    pub(super) fn load(text: &str) -> Result<Versions<Naming>, String> {
        Versions::load(&[("shared/policy/metadata/v1.toml", text)]).map_err(|refused| refused.message)
    }

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn each_change_says_what_was_before_and_why() {
        let versions = load(RULES).unwrap();
        type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [(&'a str, &'a str)], &'a [Why]);
        let rows: [Row<'_>; 10] = [
            ("normal", &[("segment", "smb")], &[("segment", "smb")], &[]),
            ("nothing", &[], &[("segment", "smb")], &[Why::Default]),
            ("empty", &[("segment", " ")], &[("segment", "smb")], &[Why::Spelling, Why::Default]),
            ("a convention", &[("Segment", "smb")], &[("segment", "smb")], &[Why::Convention]),
            ("an alias", &[("customerSegment", "smb")], &[("segment", "smb")], &[Why::Alias]),
            ("a spelling", &[("segment", "Mid Market")], &[("segment", "mid_market")], &[Why::Spelling]),
            ("said twice", &[("Segment", "SMB"), ("segment", "smb")], &[("segment", "smb")], &[Why::Repeated]),
            ("said and left empty", &[("Segment", ""), ("segment", "smb")], &[("segment", "smb")], &[Why::Repeated]),
            ("left empty and said", &[("segment", ""), ("tier", "smb")], &[("segment", "smb")], &[Why::Alias]),
            (
                "not known",
                &[("Team Size", "7"), ("segment", "smb")],
                &[("segment", "smb"), ("team_size", "7")],
                &[Why::Convention],
            ),
        ];
        for (name, before, after, why) in rows {
            let normal = normalise(&map(before), versions.current());
            assert_eq!(normal.metadata, map(after), "{name}");
            assert_eq!(normal.changes.iter().map(|change| change.why).collect::<Vec<_>>(), why, "{name}");
        }
        let normal = normalise(&map(&[("tier", "SMB")]), versions.current());
        let change = Change {
            key_before: Some("tier".to_owned()),
            key_after: "segment".to_owned(),
            before: Some("SMB".to_owned()),
            after: "smb".to_owned(),
            why: Why::Alias,
        };
        assert_eq!(normal.changes, [change]);
    }

    #[test]
    fn what_only_a_person_can_settle_is_left_and_told() {
        let versions = load(RULES).unwrap();
        let text = str::to_owned;
        let allowed = vec![text("smb"), text("mid_market")];
        let clash = Finding::Clash { key: text("tier"), with: text("segment") };
        let rows = [
            (
                "an unknown key",
                map(&[("segment", "smb"), ("team", "x")]),
                vec![Finding::UnknownKey { key: text("team") }],
            ),
            (
                "a value",
                map(&[("segment", "huge")]),
                vec![Finding::NotAllowed { key: text("segment"), value: text("huge"), allowed }],
            ),
            ("a clash", map(&[("segment", "smb"), ("tier", "Mid Market")]), vec![clash]),
        ];
        for (name, metadata, expected) in rows {
            let normal = normalise(&metadata, versions.current());
            assert_eq!((normal.findings, normal.changes, normal.metadata), (expected, vec![], metadata), "{name}");
        }
    }

    #[test]
    fn normalising_twice_changes_nothing() {
        let versions = load(RULES).unwrap();
        let keys = ["segment", "Segment", "TIER ", "customer-segment", "Team Size", "team_size", "!?", "Région"];
        let values = ["", " ", "smb", "SMB ", "huge"];
        let pairs: Vec<_> = keys.iter().flat_map(|key| values.iter().map(move |value| (*key, *value))).collect();
        for first in &pairs {
            for second in &pairs {
                for third in &pairs {
                    let metadata = map(&[*first, *second, *third]);
                    let once = normalise(&metadata, versions.current());
                    let twice = normalise(&once.metadata, versions.current());
                    assert_eq!((&twice.metadata, &twice.findings), (&once.metadata, &once.findings), "{metadata:?}");
                    assert!(twice.changes.is_empty(), "{metadata:?}: {:?}", twice.changes);
                }
            }
        }
    }
}
