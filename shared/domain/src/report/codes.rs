//! Codes of failed tries that no table lists: until they are, the cautious default applies to them.

use super::adds::{Adds, Changes, Counts, whole};
use crate::report::fact::Fact;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How often a code came that no table lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownCode {
    pub provider: String,
    pub code: String,
    pub count: usize,
}

/// What is counted of them, to be added up: each code of each provider.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodesTally(BTreeMap<String, Counts<String>>);

impl CodesTally {
    pub(super) fn take(&mut self, fact: &Fact, by: i64) {
        let Fact::UnknownCode { provider, code, .. } = fact else { return };
        self.0.change(provider.clone(), |codes| codes.change(code.clone(), |count| *count += by));
    }

    pub(super) fn section(&self) -> Vec<UnknownCode> {
        let line = |provider: &String, (code, count): (&String, &i64)| UnknownCode {
            provider: provider.clone(),
            code: code.clone(),
            count: whole(*count),
        };
        self.0.iter().flat_map(|(provider, codes)| codes.iter().map(move |code| line(provider, code))).collect()
    }
}

impl Adds for CodesTally {
    fn add(&mut self, other: &Self) {
        self.0.add(&other.0);
    }
}
