//! Which letters has the page's font, and what stands for those that it has not?

use crate::press;

/// Stands for a letter that the font has not. PDF/A has no room for a missing one.
const UNKNOWN: char = '□';
/// A longer word may be broken: nothing else keeps it in its column. A shorter one is copied as it is.
const WORD_AT_MOST: usize = 30;
const BREAK: char = '\u{200B}';
const BREAK_EVERY: usize = 12;

/// A text as the page can show it, and whether that is all of it.
pub(crate) struct Shown {
    pub text: String,
    pub is_whole: bool,
}

pub(crate) fn shown(text: &str) -> Shown {
    let mut shown = Shown { text: String::with_capacity(text.len()), is_whole: true };
    let plain = text.replace(char::is_control, " ");
    for (place, word) in plain.trim().split(' ').enumerate() {
        if place > 0 {
            shown.text.push(' ');
        }
        let is_long = word.chars().count() > WORD_AT_MOST;
        for (place, letter) in word.chars().enumerate() {
            if is_long && place > 0 && place % BREAK_EVERY == 0 {
                shown.text.push(BREAK);
            }
            let has = press::has(letter);
            shown.is_whole &= has;
            shown.text.push(if has { letter } else { UNKNOWN });
        }
    }
    shown
}
