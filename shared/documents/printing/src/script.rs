//! Which letters has the page's font, and what stands for those that it has not?

use crate::press;

/// Stands for a letter that the font has not. PDF/A has no room for a missing one.
const UNKNOWN: char = '□';
/// A word longer than this may be broken anywhere: nothing else keeps it on the page.
const WORD_AT_MOST: usize = 18;
const BREAK: char = '\u{200B}';

/// A text as the page can show it, and whether that is all of it.
pub(crate) struct Shown {
    pub text: String,
    pub is_whole: bool,
}

pub(crate) fn shown(text: &str) -> Shown {
    let mut shown = Shown { text: String::with_capacity(text.len()), is_whole: true };
    let mut run = 0;
    for letter in text.trim().chars() {
        let letter = if letter.is_control() { ' ' } else { letter };
        run = if letter.is_whitespace() { 0 } else { run + 1 };
        if run > WORD_AT_MOST {
            shown.text.push(BREAK);
            run = 1;
        }
        if letter == ' ' || press::has(letter) {
            shown.text.push(letter);
        } else {
            shown.is_whole = false;
            shown.text.push(UNKNOWN);
        }
    }
    shown
}
