//! What of a case is kept, where it is long? All that decides about it, and the newest of what happened to it.

use super::{Case, Evidence};
use crate::policy::{forget_oldest, stored_bytes};
use serde::Serialize;

/// How many bytes each of its lists may take.
const EVIDENCE_BYTES_MAX: usize = 30_000;
const MISSING_BYTES_MAX: usize = 12_000;
const EVENTS_BYTES_MAX: usize = 12_000;
const DECISIONS_BYTES_MAX: usize = 6_000;
const HANDLED_BYTES_MAX: usize = 20_000;
/// What it takes to say that there was more.
const MORE_BYTES: usize = 500;

impl Case {
    /// Keeps as much as fits into an item. Of what was looked at the first stays, and how much more there was.
    pub fn shorten(&mut self) {
        let left_off = keep_first(&mut self.evidence, EVIDENCE_BYTES_MAX);
        if left_off > 0 {
            self.evidence.push(Evidence::new("Not shown", format!("{left_off} more"), &self.about));
        }
        let left_off = keep_first(&mut self.missing, MISSING_BYTES_MAX);
        if left_off > 0 {
            self.missing.push(format!("{left_off} more that are not shown"));
        }
        forget_oldest(&mut self.events, EVENTS_BYTES_MAX);
        forget_oldest(&mut self.decisions, DECISIONS_BYTES_MAX);
        forget_oldest(&mut self.handled, HANDLED_BYTES_MAX);
    }
}

/// Leaves off the last until the rest fits; says how many.
fn keep_first<T: Serialize>(list: &mut Vec<T>, bytes_max: usize) -> usize {
    let all = list.len();
    if stored_bytes(list) > bytes_max {
        while stored_bytes(list) > bytes_max - MORE_BYTES && list.pop().is_some() {}
    }
    all - list.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Class, State};
    use crate::id::{AccountId, CaseId};
    use jiff::Timestamp;

    #[test]
    fn a_long_case_says_that_there_is_more_and_stays_the_same_when_shortened_again() {
        for (lines, whole) in [(3, true), (1_000, false)] {
            let account = AccountId::of("stripe", "default", "cus_1");
            let mut case = Case {
                id: CaseId::of(&account, "overcharge", "in_1"),
                account,
                class: Class::Overcharge,
                about: "in_1".to_owned(),
                confidence: "0.85".to_owned(),
                state: State::Open,
                rule: "billed-over-agreed".to_owned(),
                policy_version: 1,
                cause: None,
                evidence: (0..lines)
                    .map(|line| Evidence::new("A line", "billed 2, agreed 1", &line.to_string()))
                    .collect(),
                missing: (0..lines).map(|line| format!("what line {line} should be")).collect(),
                advice: String::new(),
                why: String::new(),
                recommended: None,
                draft_reply: None,
                actions: Vec::new(),
                decisions: Vec::new(),
                events: (0..lines).map(|event| format!("evt_{event:020}")).collect(),
                handled: Vec::new(),
                opened_at: Timestamp::UNIX_EPOCH,
                resolved_at: None,
                resolution: None,
            };
            case.shorten();
            let told = case.evidence.last().map(|it| it.label.clone());
            assert_eq!(told.as_deref(), Some(if whole { "A line" } else { "Not shown" }), "{lines}");
            assert_eq!(case.evidence.len() == lines, whole, "{lines}");
            assert_eq!(case.events.last(), Some(&format!("evt_{:020}", lines - 1)), "the newest event stays");
            assert!(stored_bytes(&case) < 100_000, "{lines}");
            let once = case.clone();
            case.shorten();
            assert_eq!(case, once, "{lines}");
        }
    }
}
