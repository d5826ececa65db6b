//! What of the words that came with a payment can name a request or an invoice? Nothing else of them is kept: they may
//! be about anybody.

use crate::id::RequestId;
use crate::policy::shorten;

/// How many words are kept, and how many bytes of them.
const WORDS_MAX: usize = 8;
const BYTES_MAX: usize = 140;
/// The longest word, and the longest row of digits in one: longer ones are of accounts, cards and phones.
const WORD_BYTES_MAX: usize = 64;
const DIGITS_MAX: usize = 10;

/// The words that can be a number of ours or of a bill, the id of a payment request first.
pub fn reference(written: &str) -> Option<String> {
    let mut kept: Vec<String> = RequestId::named_in(written).map(|id| id.to_string()).into_iter().collect();
    let words = written.split_whitespace().map(|word| word.trim_matches(|sign: char| !sign.is_ascii_alphanumeric()));
    for word in words.filter(|word| is_number(word)).take(WORDS_MAX) {
        if !kept.iter().any(|other| other.eq_ignore_ascii_case(word)) {
            kept.push(word.to_owned());
        }
    }
    let mut reference = kept.join(" ");
    shorten(&mut reference, BYTES_MAX);
    (!reference.is_empty()).then_some(reference)
}

fn is_number(word: &str) -> bool {
    let longest = word.split(|sign: char| !sign.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    word.is_ascii() && !word.contains('@') && word.len() <= WORD_BYTES_MAX && (1..=DIGITS_MAX).contains(&longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::AccountId;

    #[test]
    fn numbers_of_bills_are_kept_and_nothing_about_people() {
        let id = RequestId::of(&AccountId::of("stripe", "default", "cus_1"), "zendesk/default/123").to_string();
        let asked = format!("{}, invoice IN-1", id.to_uppercase());
        let rows = [
            ("nothing", "", None),
            ("words", "Subscription creation for Ada Lovelace", None),
            ("a number", "Invoice IN-0042, with thanks.", Some("IN-0042".to_owned())),
            ("two of them, one twice", "IN-1 and IN-2 (IN-1)", Some("IN-1 IN-2".to_owned())),
            ("a plain number", "Order #12345", Some("12345".to_owned())),
            ("an address", "from ada1@shop.example", None),
            ("a card", "paid with 4242424242424242", None),
            ("a bank account", "DE89370400440532013000", None),
            ("letters of another script", "Rechnung №７", None),
            ("a request", asked.as_str(), Some(format!("{id} IN-1"))),
        ];
        for (name, written, expected) in rows {
            assert_eq!(reference(written), expected, "{name}");
        }
        let long = "IN-123456 ".repeat(100) + &(0..100).map(|number| format!("A{number} ")).collect::<String>();
        assert!(reference(&long).is_some_and(|reference| reference.len() <= BYTES_MAX));
    }
}
