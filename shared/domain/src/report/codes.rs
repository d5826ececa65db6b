//! Codes of failed tries that no table lists: until they are, the cautious default applies to them.

use crate::report::fact::Fact;
use serde::Serialize;
use std::collections::BTreeMap;

/// How often a code came that no table lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnknownCode {
    pub provider: String,
    pub code: String,
    pub count: usize,
}

pub(super) fn unknown(facts: &[&Fact]) -> Vec<UnknownCode> {
    let mut codes: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for fact in facts {
        let Fact::UnknownCode { provider, code, .. } = fact else { continue };
        *codes.entry((provider, code)).or_default() += 1;
    }
    codes
        .into_iter()
        .map(|((provider, code), count)| UnknownCode { provider: provider.to_owned(), code: code.to_owned(), count })
        .collect()
}
