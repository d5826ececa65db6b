//! What is written down for good of how far a source may go: who wanted it, who confirmed it, and what they were shown.

use super::{Granted, Source, Wish};
use crate::id::sha256;
use crate::ledger::Note;
use serde::Serialize;
use std::collections::BTreeMap;

impl Source {
    /// The entry of a wish that was just taken; `before` is the source as it stood. A name alone is nothing that
    /// anybody has to prove.
    pub fn noted(&self, before: &Self, wish: &Wish, granted: Granted) -> Option<Note> {
        if wish.only_names() {
            return None;
        }
        let taken = match granted {
            Granted::Done => self.changes.last(),
            Granted::NeedsAnother => self.asked.as_ref(),
        };
        let change = taken?;
        let (word, by) = match (&change.confirmed_by, granted) {
            (Some(second), _) => ("confirmed", second),
            (None, Granted::Done) => ("changed", &change.by),
            (None, Granted::NeedsAnother) => ("asked", &change.by),
        };
        let moves = [
            ("mode", wish.mode.map(|to| moved(&before.mode, &to))),
            ("acting", wish.acting.map(|to| moved(&before.acting, &to))),
            ("retries", wish.retries.map(|to| moved(&before.retries, &to))),
            ("messages", wish.messages.map(|to| moved(&before.messages, &to))),
            ("cancels", wish.cancels.map(|to| moved(&before.cancels, &to))),
            ("word", Some(word.to_owned())),
            ("source", Some(format!("{}/{}", self.provider, self.source))),
            ("asked_by", change.confirmed_by.is_some().then(|| change.by.clone())),
            ("preview", change.preview.as_ref().map(|shown| sha256(&plain(shown)))),
        ];
        let body: BTreeMap<String, String> =
            moves.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        Some(Note::of_source(change.at, by, body))
    }
}

/// `observe to act`.
fn moved<T: Serialize>(from: &T, to: &T) -> String {
    format!("{} to {}", word(from), word(to))
}

fn word<T: Serialize>(value: &T) -> String {
    String::from_utf8_lossy(&plain(value)).trim_matches('"').to_owned()
}

fn plain<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("how a source is set up is plain data")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Step;
    use crate::source::{Acting, Backlog, Judged, Mode, SwitchOff};
    use crate::staff::{Role, Staff};
    use jiff::Timestamp;

    fn staff(id: &str) -> Staff {
        let (id, name) = (id.to_owned(), id.to_owned());
        Staff { id, name, role: Role::Manager, email: String::new(), slack: None, languages: Vec::new() }
    }

    fn taken(source: &mut Source, wish: &Wish, by: &str) -> Option<Note> {
        let (backlog, switch_off, now) = (Backlog::default(), SwitchOff::default(), Timestamp::UNIX_EPOCH);
        let before = source.clone();
        let judged = Judged { backlog, switch_off, unkept: Vec::new(), hours: 72, now };
        let granted = source.wish(wish, &staff(by), judged).unwrap();
        source.noted(&before, wish, granted)
    }

    #[test]
    fn every_word_about_how_far_a_source_may_go_is_an_entry() {
        let act = Wish { acting: Some(Acting::Act), ..Wish::default() };
        let observe = Wish { acting: Some(Acting::Observe), ..Wish::default() };
        let both = Wish { mode: Some(Mode::Both), ..Wish::default() };
        let mut source = Source::new("stripe", "default");
        let mut shown = None;
        for (wish, by, word, field, change, asked_by) in [
            (&act, "mara", "asked", "acting", "observe to act", None),
            (&act, "marc", "confirmed", "acting", "observe to act", Some("mara")),
            (&observe, "mara", "changed", "acting", "act to observe", None),
            (&both, "marc", "asked", "mode", "live to both", None),
            (&both, "mara", "confirmed", "mode", "live to both", Some("marc")),
        ] {
            let note = taken(&mut source, wish, by).unwrap();
            let what = format!("{by} {word} {change}: {note:?}");
            assert_eq!((note.step, note.by.as_str(), note.action.is_none()), (Step::Source, by, true), "{what}");
            let said = |name: &str| note.body.get(name).map(String::as_str);
            assert_eq!((said("word"), said(field)), (Some(word), Some(change)), "{what}");
            assert_eq!((said("asked_by"), said("source")), (asked_by, Some("stripe/default")), "{what}");
            assert_eq!(said("preview").is_some(), word != "changed", "{what}");
            if word == "confirmed" {
                assert_eq!(said("preview").map(str::to_owned), shown, "{what}: what was shown is what is confirmed");
            }
            shown = said("preview").map(str::to_owned);
        }
    }

    #[test]
    fn a_name_is_in_no_ledger() {
        let named = Wish { name: Some("Juniper".to_owned()), ..Wish::default() };
        assert!(taken(&mut Source::new("stripe", "default"), &named, "mara").is_none());
    }
}
