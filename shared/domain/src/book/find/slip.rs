//! Is this the same word but for one slip of the hand: a letter too few, too many or another, or two that are swapped?
//!
//! One slip leaves one half of a word as it was. So a word is written down by its halves, each with the length of the
//! whole, and looked for by the halves that it may have had.

use std::collections::BTreeSet;

/// Shorter words are too much like others.
const LETTERS_MIN: usize = 5;

/// The words of a name or a question as they are compared: small letters and digits.
pub(super) fn words(text: &str) -> Vec<String> {
    let word = |word: &str| word.to_lowercase().chars().filter(|it| it.is_alphanumeric()).collect::<String>();
    text.split_whitespace().map(word).filter(|word| !word.is_empty()).collect()
}

/// By what a word of a name is found that somebody slipped in; none of a short one, and of none with a digit.
pub(super) fn halves(word: &str) -> Option<[String; 2]> {
    let letters: Vec<char> = word.chars().collect();
    let length = letters.len();
    let (head, tail) = letters.split_at(length / 2);
    (length >= LETTERS_MIN && letters.iter().all(|it| it.is_alphabetic()))
        .then(|| [begins(length, head), ends(length, tail)])
}

/// The halves of all words that one slip makes into this one; none where that is short as well.
pub(super) fn near(word: &str) -> BTreeSet<String> {
    let mut letters: Vec<char> = word.chars().collect();
    let (typed, mut near) = (letters.len(), BTreeSet::new());
    for length in (typed.saturating_sub(1)..=typed + 1).filter(|length| *length >= LETTERS_MIN) {
        let middle = length / 2;
        near.insert(begins(length, &letters[..middle]));
        near.insert(ends(length, &letters[typed - (length - middle)..]));
    }
    // Only two letters that are swapped across the middle change both halves.
    if typed >= LETTERS_MIN {
        letters.swap(typed / 2 - 1, typed / 2);
        near.insert(begins(typed, &letters[..typed / 2]));
    }
    near
}

/// Whether each word of a question is a word of the name, but for a slip in the longer ones.
pub(super) fn fits(question: &str, name: &str) -> bool {
    let (asked, own) = (words(question), words(name));
    !asked.is_empty() && asked.iter().all(|word| own.iter().any(|own| own == word || is_near(word, own)))
}

fn is_near(word: &str, own: &str) -> bool {
    let (word, own): (Vec<char>, Vec<char>) = (word.chars().collect(), own.chars().collect());
    if own.len() < LETTERS_MIN {
        return false;
    }
    let same = word.iter().zip(&own).take_while(|(a, b)| a == b).count();
    let (word, own) = (&word[same..], &own[same..]);
    let same = word.iter().rev().zip(own.iter().rev()).take_while(|(a, b)| a == b).count();
    match (&word[..word.len() - same], &own[..own.len() - same]) {
        ([a, b], [c, d]) => a == d && b == c,
        (word, own) => word.len() <= 1 && own.len() <= 1,
    }
}

fn begins(length: usize, letters: &[char]) -> String {
    format!("{length}:{}~", letters.iter().collect::<String>())
}

fn ends(length: usize, letters: &[char]) -> String {
    format!("{length}:~{}", letters.iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every word that one slip makes of this one.
    fn slips(word: &str) -> BTreeSet<String> {
        let letters: Vec<char> = word.chars().collect();
        let mut all = BTreeSet::new();
        for at in 0..=letters.len() {
            let mut more = letters.clone();
            more.insert(at, 'x');
            all.insert(more.iter().collect());
            if at < letters.len() {
                let (mut less, mut other) = (letters.clone(), letters.clone());
                less.remove(at);
                other[at] = 'x';
                all.extend([less.iter().collect::<String>(), other.iter().collect()]);
            }
            if at + 1 < letters.len() {
                let mut swapped = letters.clone();
                swapped.swap(at, at + 1);
                all.insert(swapped.iter().collect());
            }
        }
        all
    }

    #[test]
    fn whatever_one_slip_makes_of_a_word_leads_back_to_it() {
        for word in ["smith", "müller", "lovelace", "logistics", "aaaaa", "aaaaaa"] {
            let own: BTreeSet<String> = halves(word).unwrap().into();
            for slip in slips(word) {
                assert!(near(&slip).intersection(&own).next().is_some(), "{slip} does not lead to {word}");
                assert!(fits(&slip, word), "{slip} does not fit {word}");
                assert!(near(&slip).len() <= 7, "{slip}");
            }
        }
    }

    #[test]
    fn two_slips_and_short_words_are_not_forgiven() {
        for (question, name, expected) in [
            ("Juniper Logistics", "Juniper Logistics", true),
            ("junper", "Juniper Logistics", true),
            ("Logistisc Jnuiper", "Juniper Logistics", true),
            ("jnper", "Juniper Logistics", false),
            ("juniper berlin", "Juniper Logistics", false),
            ("ada lovelase", "Ada Lovelace", true),
            ("eda lovelace", "Ada Lovelace", false),
            ("obrien", "Conan O'Brien", true),
            ("smiht", "Anna Smith-Jones", false),
            ("jon", "John Smith", false),
            ("", "John Smith", false),
            ("...", "John Smith", false),
        ] {
            assert_eq!(fits(question, name), expected, "{question} and {name}");
        }
        for (word, has_halves) in [("ada", false), ("acme", false), ("smith", true), ("cus12", false)] {
            assert_eq!(halves(word).is_some(), has_halves, "{word}");
        }
        assert!(near("ada").is_empty());
        assert_eq!(near("smit").len(), 2, "a letter may be missing");
    }
}
