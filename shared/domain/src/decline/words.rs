//! What do plain words say of a try whose code no table lists?

use super::{Declines, Family};

/// The words of a text in small letters. Addresses and long numbers are left out: what is kept of a text names nobody.
pub fn plain(text: &str) -> String {
    let names_somebody = |word: &&str| {
        word.contains('@') || word.contains("://") || word.chars().filter(char::is_ascii_digit).count() > 2
    };
    let words = text.split_whitespace().filter(|word| !names_somebody(word));
    let words = words.flat_map(|word| word.split(|letter: char| !letter.is_alphabetic()));
    let words: Vec<String> = words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect();
    words.join(" ")
}

/// Whether a phrase stands in a text as whole words.
fn says(text: &str, phrase: &str) -> bool {
    // Nearly all phrases are nowhere in it, which is told without another text.
    text.contains(phrase) && format!(" {text} ").contains(&format!(" {phrase} "))
}

impl Declines {
    /// The strictest family that the words of a code and of a text tell, and the phrase that does.
    pub(super) fn worded(&self, code: &str, text: Option<&str>) -> Option<(&Family, &str)> {
        // A code is one word for `plain`, and its signs separate: `card_reported_stolen`.
        let texts =
            [plain(&code.replace(|letter: char| !letter.is_alphanumeric(), " ")), plain(text.unwrap_or_default())];
        let told = self.phrase.iter().flat_map(|row| row.phrases.iter().map(move |phrase| (row, phrase.as_str())));
        let told = told.filter(|(_, phrase)| texts.iter().any(|text| says(text, phrase)));
        let told = told.map(|(row, phrase)| (self.named(row.family.get_ref()), phrase));
        told.max_by_key(|(family, _)| self.strictness(family))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_words_that_name_nobody() {
        let rows = [
            ("Insufficient funds.", "insufficient funds"),
            ("(3001) Insufficient  funds", "insufficient funds"),
            ("Card 4242424242424242 was DECLINED: lost-card", "card was declined lost card"),
            ("ada@shop.example: do not honor, see https://bank.example/x", "do not honor see"),
            ("3D Secure failed", "d secure failed"),
            ("Ungültige Karte", "ungültige karte"),
            ("", ""),
        ];
        for (text, expected) in rows {
            assert_eq!(plain(text), expected, "{text}");
            assert_eq!(plain(&plain(text)), expected, "{text}: once more it is the same");
        }
    }

    #[test]
    fn a_phrase_is_whole_words() {
        for (text, phrase, expected) in [
            ("card lost", "lost", true),
            ("this cost a lot", "lost", false),
            ("do not honor", "do not honor", true),
            ("", "lost", false),
        ] {
            assert_eq!(says(text, phrase), expected, "{phrase} in {text}");
        }
    }
}
