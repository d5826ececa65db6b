//! How many bytes does a value take where it is stored, and how much of a list fits?

use serde::Serialize;
use std::io::{self, Write};

/// A letter that JSON must escape takes as much as six bytes, and each text has two quotes.
const ESCAPED_BYTES: usize = 6;
const QUOTES_BYTES: usize = 2;

/// Counts what is written, and keeps nothing of it.
struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How many bytes a value takes where it is stored, before anything is compressed.
pub fn stored_bytes(value: &(impl Serialize + ?Sized)) -> usize {
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, value).map_or(usize::MAX, |()| counter.0)
}

/// How many bytes a letter takes where it is stored: as JSON writes it.
fn letter_bytes(letter: char) -> usize {
    match letter {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        _ if letter < ' ' => ESCAPED_BYTES,
        _ => letter.len_utf8(),
    }
}

/// How many bytes the letters of a text take where it is stored, without its quotes.
pub fn text_bytes(text: &str) -> usize {
    text.chars().map(letter_bytes).sum()
}

/// The place behind the last letter of a text that fits into so many bytes, where not all of them do.
pub fn text_end(text: &str, bytes_max: usize) -> Option<usize> {
    let mut taken = 0;
    text.char_indices().find_map(|(place, letter)| {
        taken += letter_bytes(letter);
        (taken > bytes_max).then_some(place)
    })
}

/// Keeps of a text as many letters, from its beginning, as fit into so many bytes.
pub fn shorten(text: &mut String, bytes_max: usize) {
    if let Some(place) = text_end(text, bytes_max) {
        text.truncate(place);
    }
}

/// How many bytes these texts take at most: told by their length alone, so that what is surely short is not written out
/// only to be measured.
pub fn texts_bytes_at_most<'a>(texts: impl IntoIterator<Item = &'a str>) -> usize {
    texts.into_iter().map(|text| ESCAPED_BYTES * text.len() + QUOTES_BYTES).sum()
}

/// How many of a list, in this order, fit into so many bytes. Each is measured once.
pub fn fitting<'a, T: Serialize + 'a>(list: impl IntoIterator<Item = &'a T>, bytes_max: usize) -> usize {
    // Each brings a comma, but the last one; and the list has two brackets.
    let mut taken = 1_usize;
    let fits = |item: &&T| {
        taken = taken.saturating_add(stored_bytes(*item)).saturating_add(1);
        taken <= bytes_max
    };
    list.into_iter().take_while(fits).count()
}

/// Forgets the oldest of a list, first in it, until the rest fits; the newest stays.
pub fn forget_oldest<T: Serialize>(list: &mut Vec<T>, bytes_max: usize) {
    let kept = fitting(list.iter().rev(), bytes_max).max(1);
    list.drain(..list.len().saturating_sub(kept));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts that JSON writes in ways of its own.
    const NASTY: [&str; 7] =
        ["", "plain", "\u{1}\u{1f}\u{7f}", "\"\\\"\\", "\n\r\t\u{8}\u{c}", "é短👩", "\u{2028}</script>"];

    #[test]
    fn what_is_counted_is_what_is_written() {
        for text in NASTY {
            assert_eq!(stored_bytes(text), serde_json::to_vec(text).unwrap().len(), "{text:?}");
        }
        assert_eq!(stored_bytes(&NASTY), serde_json::to_vec(&NASTY).unwrap().len());
    }

    #[test]
    fn a_letter_is_counted_as_it_is_stored() {
        let every: String = ('\0'..='\u{7f}').chain(['é', '短', '👩']).collect();
        assert_eq!(text_bytes(&every) + QUOTES_BYTES, stored_bytes(&every));
    }

    #[test]
    fn of_a_text_as_many_letters_are_kept_as_fit() {
        for text in NASTY {
            assert_eq!(text_bytes(text) + QUOTES_BYTES, stored_bytes(text), "{text:?}");
            for most in 0..=text_bytes(text) {
                let mut kept = text.to_owned();
                shorten(&mut kept, most);
                assert!(text.starts_with(&kept) && text_bytes(&kept) <= most, "{text:?} in {most}");
                let next = text[kept.len()..].chars().next();
                assert!(next.is_none_or(|next| text_bytes(&kept) + letter_bytes(next) > most), "{text:?} in {most}");
            }
        }
    }

    #[test]
    fn no_text_takes_more_than_is_said_without_writing_it() {
        for text in NASTY {
            for times in [0, 1, 2, 100] {
                let text = text.repeat(times);
                assert!(texts_bytes_at_most([text.as_str()]) >= stored_bytes(&text), "{text:?}");
            }
        }
        let every: String = ('\0'..='\u{ffff}').chain(['\u{10ffff}']).collect();
        assert!(texts_bytes_at_most([every.as_str()]) >= stored_bytes(&every));
    }

    #[test]
    fn as_many_fit_as_a_list_of_them_shows() {
        let all: Vec<String> = NASTY.iter().map(|text| (*text).to_owned()).collect();
        for most in 0..stored_bytes(&all) + 2 {
            let fit = fitting(&all, most);
            assert!(fit == 0 || stored_bytes(&all[..fit]) <= most, "{fit} in {most}");
            assert!(fit == all.len() || stored_bytes(&all[..=fit]) > most, "one more than {fit} in {most}");
            let mut newest = all.clone();
            forget_oldest(&mut newest, most);
            assert!(newest.len() == 1 || stored_bytes(&newest) <= most, "{most}");
            assert!(all.ends_with(&newest) && !newest.is_empty(), "the newest stays: {most}");
            let one_more = &all[all.len() - (newest.len() + 1).min(all.len())..];
            assert!(
                newest.len() == all.len() || stored_bytes(one_more) > most,
                "no more is forgotten than must be: {most}"
            );
        }
        let mut none: Vec<String> = Vec::new();
        forget_oldest(&mut none, 0);
        assert!(none.is_empty());
    }
}
