//! What of a case is kept, where it is long? All that decides about it, and the newest of what happened to it.

use super::{Case, Evidence, Handled};
use crate::id::DecisionId;
use crate::policy::{fitting, forget_oldest, texts_bytes_at_most};
use serde::Serialize;

/// How many bytes each of its lists may take.
const EVIDENCE_BYTES_MAX: usize = 30_000;
const MISSING_BYTES_MAX: usize = 12_000;
const EVENTS_BYTES_MAX: usize = 12_000;
const DECISIONS_BYTES_MAX: usize = 6_000;
const HANDLED_BYTES_MAX: usize = 20_000;
const TICKETS_BYTES_MAX: usize = 4_000;
/// What it takes to say that there was more.
const MORE_BYTES: usize = 500;
/// What is in an entry of a list, or between two of them, besides their texts: names and a time.
const ENTRY_BYTES: usize = 100;

impl Case {
    /// Keeps as much as fits into an item. Of what was looked at the first stays, and how much more there was.
    ///
    /// Whatever is surely short is not measured: most cases are, and each event that touches one comes here.
    pub fn shorten(&mut self) {
        if may_exceed(&self.evidence, EVIDENCE_BYTES_MAX, evidence_texts) {
            let left_off = keep_first(&mut self.evidence, EVIDENCE_BYTES_MAX);
            if left_off > 0 {
                self.evidence.push(Evidence::new("Not shown", format!("{left_off} more"), &self.about));
            }
        }
        if may_exceed(&self.missing, MISSING_BYTES_MAX, |text| texts_bytes_at_most([text.as_str()])) {
            let left_off = keep_first(&mut self.missing, MISSING_BYTES_MAX);
            if left_off > 0 {
                self.missing.push(format!("{left_off} more that are not shown"));
            }
        }
        if may_exceed(&self.events, EVENTS_BYTES_MAX, |event| texts_bytes_at_most([event.as_str()])) {
            forget_oldest(&mut self.events, EVENTS_BYTES_MAX);
        }
        if may_exceed(&self.decisions, DECISIONS_BYTES_MAX, decision_text) {
            forget_oldest(&mut self.decisions, DECISIONS_BYTES_MAX);
        }
        if may_exceed(&self.tickets, TICKETS_BYTES_MAX, |ticket| texts_bytes_at_most([ticket.as_str()])) {
            forget_oldest(&mut self.tickets, TICKETS_BYTES_MAX);
        }
        if may_exceed(&self.handled, HANDLED_BYTES_MAX, handled_texts) {
            forget_oldest(&mut self.handled, HANDLED_BYTES_MAX);
        }
    }
}

/// Whether a list may take more, by what its texts may take at most.
fn may_exceed<T>(list: &[T], bytes_max: usize, texts: impl Fn(&T) -> usize) -> bool {
    list.iter().map(|entry| ENTRY_BYTES + texts(entry)).sum::<usize>() + ENTRY_BYTES > bytes_max
}

/// Every field is named, so that nobody adds a text that is not counted.
fn evidence_texts(Evidence { label, value, source }: &Evidence) -> usize {
    texts_bytes_at_most([label.as_str(), value.as_str(), source.as_str()])
}

fn handled_texts(Handled { by, at: _, what, note, step }: &Handled) -> usize {
    texts_bytes_at_most([by.as_str(), what.as_str(), note.as_str(), step.as_deref().unwrap_or_default()])
}

fn decision_text(id: &DecisionId) -> usize {
    texts_bytes_at_most([id.as_str()])
}

/// Leaves off the last until the rest fits; says how many.
fn keep_first<T: Serialize>(list: &mut Vec<T>, bytes_max: usize) -> usize {
    let all = list.len();
    if fitting(list.iter(), bytes_max) < all {
        list.truncate(fitting(list.iter(), bytes_max - MORE_BYTES));
    }
    all - list.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Class, State};
    use crate::id::{AccountId, CaseId};
    use crate::policy::stored_bytes;
    use crate::staff::AtWork;
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
                tickets: Vec::new(),
                at_work: AtWork::default(),
                opened_at: Timestamp::UNIX_EPOCH,
                resolved_at: None,
                resolution: None,
                went_on_in: None,
                took_over: Vec::new(),
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

    /// What is spared is spared for good: a list that may not exceed does not, at any length.
    #[test]
    fn no_list_takes_more_than_is_said_without_writing_it() {
        let at: Timestamp = "2026-01-31T12:00:00.123456789Z".parse().unwrap();
        let decision = DecisionId::of(&AccountId::of("stripe", "default", "cus_1"), "case", "evt_1");
        for text in ["", "x", "\u{1}", "\"", "\\", "\n", "é", "短", "👩", "a\u{1f}\"👩\\"] {
            for (times, count) in [(1, 0), (1, 1), (7, 3), (300, 1), (60, 40)] {
                let text = text.repeat(times);
                let step = Some(text.clone());
                let handled = Handled { by: text.clone(), at, what: text.clone(), note: text.clone(), step };
                bounded(&vec![Evidence::new(&text, &text, &text); count], evidence_texts);
                bounded(&vec![handled; count], handled_texts);
                bounded(&vec![text; count], |text| texts_bytes_at_most([text.as_str()]));
                bounded(&vec![decision.clone(); count], decision_text);
            }
        }
    }

    fn bounded<T: Serialize>(list: &[T], texts: impl Fn(&T) -> usize) {
        let takes = stored_bytes(list);
        assert!(may_exceed(list, takes - 1, texts), "{} entries take {takes} bytes", list.len());
    }
}
