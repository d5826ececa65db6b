//! How keys are named and values spelled: the convention, the known keys, and the lint of both.

use crate::policy::{Complaint, Rules};
use serde::Deserialize;
use std::collections::BTreeSet;
use toml::Spanned;

/// One released version of the rules, from `shared/policy/metadata/`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Naming {
    pub version: u32,
    pub effective: String,
    pub convention: Convention,
    #[serde(default)]
    pub key: Vec<Key>,
}

/// How the words of a key are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Convention {
    #[serde(rename = "snake_case")]
    Snake,
    #[serde(rename = "kebab-case")]
    Kebab,
}

/// A key that rules and people rely on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    pub id: Spanned<String>,
    pub why: String,
    /// What else it is called, in any spelling.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What it is where nothing is said.
    pub default: Option<String>,
    /// The only values it may have.
    pub allowed: Option<Vec<String>>,
}

impl Naming {
    /// The name that a key should have; one that has no letter keeps its own.
    pub(super) fn name(&self, key: &str) -> String {
        let plain = self.convention.applied(key);
        let means = |rule: &&Key| rule.aliases.iter().any(|alias| self.convention.applied(alias) == plain);
        match self.key.iter().find(means) {
            _ if plain.is_empty() => key.to_owned(),
            Some(rule) => rule.id.get_ref().clone(),
            None => plain,
        }
    }

    pub(super) fn rule(&self, key: &str) -> Option<&Key> {
        self.key.iter().find(|rule| rule.id.get_ref() == key)
    }

    /// A value as its key allows it, where the difference is one of spelling.
    pub(super) fn spelled(&self, key: &str, value: &str) -> String {
        let value = value.trim();
        let allowed = self.rule(key).and_then(|rule| rule.allowed.as_deref()).unwrap_or_default();
        let meant = allowed
            .iter()
            .find(|allowed| *allowed == value || (!value.is_empty() && snake_case(allowed) == snake_case(value)));
        meant.map_or_else(|| value.to_owned(), String::clone)
    }
}

impl Convention {
    pub(super) fn applied(self, key: &str) -> String {
        words(key).join(match self {
            Self::Snake => "_",
            Self::Kebab => "-",
        })
    }
}

/// A name in snake case: `Credit Limit`, `creditLimit` and `credit-limit` have the same.
pub fn snake_case(name: &str) -> String {
    words(name).join("_")
}

/// The words of a name. Only ASCII letters change their case: others may not come back from it.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before: Option<char> = None;
    for char in name.chars() {
        let is_in_word = char.is_alphanumeric();
        let begins =
            is_in_word && char.is_ascii_uppercase() && before.is_some_and(|before| !before.is_ascii_uppercase());
        if begins || !is_in_word {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| is_in_word) {
            word.push(char.to_ascii_lowercase());
        }
        before = is_in_word.then_some(char);
    }
    words.retain(|word| !word.is_empty());
    words
}

impl Rules for Naming {
    const NAME: &'static str = "metadata";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let mut complaints = Complaint::doubled(self.key.iter().map(|key| &key.id));
        let mut aliases = BTreeSet::new();
        for key in &self.key {
            let id = key.id.get_ref();
            let mut complain = |message: String| complaints.push(Complaint::on(&key.id, message));
            if self.convention.applied(id) != *id {
                complain(format!("`{id}` is not written by the convention of this file"));
            }
            if key.why.trim().is_empty() {
                complain(format!("`{id}` has no `why`"));
            }
            for alias in &key.aliases {
                let plain = self.convention.applied(alias);
                if plain.is_empty() || self.rule(&plain).is_some() {
                    complain(format!("the alias `{alias}` of `{id}` is a key itself, or none at all"));
                }
                if !aliases.insert(plain) {
                    complain(format!("the alias `{alias}` of `{id}` is used twice"));
                }
            }
            if let Some(allowed) = &key.allowed {
                let spellings: BTreeSet<_> = allowed.iter().map(|value| snake_case(value)).collect();
                let wordless = spellings.contains("") || allowed.iter().any(|value| value.trim() != value);
                if allowed.is_empty() || wordless || spellings.len() < allowed.len() {
                    complain(format!("the allowed values of `{id}` cannot be told apart"));
                }
            }
            let default = key.default.as_ref();
            if default.is_some_and(|default| default.trim().is_empty() || default.trim() != default) {
                complain(format!("the default of `{id}` is empty, or stands between blanks"));
            }
            if default.is_some_and(|default| key.allowed.as_ref().is_some_and(|allowed| !allowed.contains(default))) {
                complain(format!("the default of `{id}` is not allowed"));
            }
        }
        complaints
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::metadata::tests::{RULES, load};

    #[test]
    fn words_are_found_however_they_are_joined() {
        let rows = [
            ("Credit Limit", "credit_limit"),
            ("creditLimit", "credit_limit"),
            ("CREDIT-LIMIT", "credit_limit"),
            ("  credit__limit. ", "credit_limit"),
            ("AccountID", "account_id"),
            ("line2Street", "line2_street"),
            ("Größe", "größe"),
            ("ÉcoleNom", "École_nom"),
            ("!?", ""),
        ];
        for (name, expected) in rows {
            assert_eq!(snake_case(name), expected, "{name}");
            assert_eq!(snake_case(expected), expected, "{name}, once more");
        }
    }

    #[test]
    fn bad_rules_are_refused() {
        let rows = [
            ("a key twice", "id = \"region\"", "id = \"segment\"", "is used twice"),
            ("a key in another convention", "id = \"region\"", "id = \"Region\"", "is not written by the convention"),
            ("an alias that is a key", "\"tier\"", "\"Region\"", "is a key itself"),
            ("an alias of itself", "\"tier\"", "\"Segment\"", "is a key itself"),
            ("an alias twice", "\"tier\"", "\"customer_segment\"", "is used twice"),
            ("an alias of nothing", "\"tier\"", "\"-\"", "is a key itself, or none"),
            ("a default", "default = \"smb\"", "default = \"huge\"", "is not allowed"),
            ("an empty default", "default = \"smb\"", "default = \"\"", "is empty"),
            ("allowed twice", "\"mid_market\"]", "\"SMB\"]", "cannot be told apart"),
            ("no why", "Reports go by it.", "", "has no `why`"),
            ("a convention", "snake_case", "camelCase", "unknown variant"),
        ];
        for (name, from, to, expected) in rows {
            assert!(RULES.contains(from), "{name}");
            let message =
                load(&RULES.replacen(from, to, 1)).err().unwrap_or_else(|| panic!("{name}: `{to}` is not refused"));
            assert!(message.contains(expected), "{name}: {message}");
        }
    }
}
