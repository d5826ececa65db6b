//! Words by their letters: looked for in one place, and not by halves.

use super::Points;

/// Words with what they say.
#[derive(Debug, Clone)]
pub(super) struct Lookup {
    words: Vec<(Box<str>, Box<[Points]>)>,
    /// At the place of a word's number, or right behind it: one more than where it stands; 0 where nothing does.
    places: Vec<u16>,
}

impl Lookup {
    /// Of words that are there once; what is beyond 65534 of them is left out.
    pub(super) fn new(words: impl IntoIterator<Item = (String, Vec<Points>)>) -> Self {
        let words = words.into_iter().take(usize::from(u16::MAX) - 1);
        let words: Vec<(Box<str>, Box<[Points]>)> =
            words.map(|(word, said)| (word.into_boxed_str(), said.into_boxed_slice())).collect();
        let mut places = vec![0; (words.len() * 4).next_power_of_two().max(4)];
        for ((word, _), own) in words.iter().zip(1_u16..) {
            let mut place = number(word) & (places.len() - 1);
            while places[place] != 0 {
                place = (place + 1) & (places.len() - 1);
            }
            places[place] = own;
        }
        Self { words, places }
    }

    /// What a word says; nothing, where it is not there.
    pub(super) fn find(&self, word: &str) -> &[Points] {
        let mut place = number(word) & (self.places.len() - 1);
        while let Some((own, said)) = usize::from(self.places[place]).checked_sub(1).map(|own| &self.words[own]) {
            if **own == *word {
                return said;
            }
            place = (place + 1) & (self.places.len() - 1);
        }
        &[]
    }
}

/// The same on every machine, and spread well enough.
fn number(word: &str) -> usize {
    let number =
        word.bytes().fold(0x811c_9dc5_u32, |number, byte| (number ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (number ^ (number >> 15)) as usize
}

#[cfg(test)]
mod tests {
    use super::{Lookup, Points};

    #[test]
    fn a_word_is_found_and_no_other() {
        for count in [0, 1, 3, 1000] {
            let said = |number: u32| vec![Points { place: (number % 7) as u8, points: 3 }];
            let lookup = Lookup::new((0..count).map(|number| (format!("w{number}"), said(number))));
            for number in 0..count {
                assert_eq!(lookup.find(&format!("w{number}")), said(number), "{number} of {count}");
            }
            for word in ["", "w", &format!("w{count}"), "ü"] {
                assert!(lookup.find(word).is_empty(), "{word} of {count}");
            }
        }
    }
}
