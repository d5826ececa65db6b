//! May this be said to whoever wrote the ticket? Nothing that only we understand, and to strangers nothing about money.

use crate::id::{AccountId, ActionId, CaseId, DecisionId, IncidentId, TaskId};
use crate::money::Currency;
use crate::policy::stored_bytes;

/// How long an answer may be: by its letters, and by what it takes where it is stored.
const CHARS_MAX: usize = 5_000;
const BYTES_MAX: usize = 12_000;

/// What money is called where its code is not written.
const SIGNS: [char; 5] = ['€', '$', '£', '¥', '₹'];
const NAMES: [&str; 12] =
    ["cent", "cents", "dollar", "dollars", "dólar", "dólares", "euro", "euros", "franken", "francs", "pound", "pounds"];

/// Why a text does not leave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsayable {
    #[error("an answer has at least one letter, and at most 5,000")]
    Length,
    #[error("`{0}` is an id of ours, which says nothing to a customer: take it out")]
    OwnId(String),
    #[error("nobody knows who wrote this ticket: an amount goes only to a contact of the account")]
    Amount,
    #[error("nobody knows who wrote this ticket: a link goes only to a contact of the account")]
    Link,
}

/// Whether a text may leave; `is_known`, where whoever wrote the ticket is a contact of its account.
pub fn may_say(text: &str, is_known: bool) -> Result<(), Unsayable> {
    if text.trim().is_empty() || text.chars().count() > CHARS_MAX || stored_bytes(text) > BYTES_MAX {
        return Err(Unsayable::Length);
    }
    if let Some(id) = own_id(text) {
        return Err(Unsayable::OwnId(id.to_owned()));
    }
    if !is_known && has_amount(text) {
        return Err(Unsayable::Amount);
    }
    if !is_known && has_link(text) {
        return Err(Unsayable::Link);
    }
    Ok(())
}

/// The first word that is an id of ours.
fn own_id(text: &str) -> Option<&str> {
    let is_own = |word: &&str| {
        AccountId::parse(word).is_some()
            || CaseId::parse(word).is_some()
            || ActionId::parse(word).is_some()
            || TaskId::parse(word).is_some()
            || DecisionId::parse(word).is_some()
            || IncidentId::parse(word).is_some()
    };
    text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_')).find(is_own)
}

/// Whether a number stands with a currency: in one word, or in the word beside it.
fn has_amount(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_number = |word: &str| word.chars().any(char::is_numeric);
    words.iter().enumerate().filter(|(_, word)| is_number(word)).any(|(place, word)| {
        let before = place.checked_sub(1).and_then(|before| words.get(before));
        let beside = [Some(word), before, words.get(place + 1)];
        beside.into_iter().flatten().any(|word| is_currency(word))
    })
}

fn is_currency(word: &str) -> bool {
    let letters = word.trim_matches(|letter: char| !letter.is_alphabetic());
    let is_code = letters.len() == 3 && letters.bytes().all(|byte| byte.is_ascii_uppercase());
    word.contains(SIGNS)
        || (is_code && Currency::parse(letters).is_ok())
        || NAMES.contains(&letters.to_lowercase().as_str())
}

fn has_link(text: &str) -> bool {
    let small = text.to_lowercase();
    small.contains("://") || small.split_whitespace().any(|word| word.starts_with("www."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_hears_nothing_of_money_and_nobody_an_id_of_ours() {
        let account = AccountId::of("stripe", "default", "cus_1");
        let case = CaseId::of(&account, "payment_failed", "in_1");
        let own = |text: String, id: &str| (text, Err(Unsayable::OwnId(id.to_owned())));
        let (amount, link) = (Err(Unsayable::Amount), Err(Unsayable::Link));
        let ids = [
            own(format!("It is {account}."), account.as_str()),
            own(format!("See https://ours.example/cases/{case}?a=1"), case.as_str()),
        ];
        for (text, refused) in ids {
            assert_eq!(may_say(&text, true), refused, "{text}");
        }
        for (text, to_stranger) in [
            ("Please write from your own address.", Ok(())),
            ("Reply with the number of your invoice, such as 2026-0042.", Ok(())),
            ("We close at 18 today, ALL of us.", Ok(())),
            ("We have refunded 49.00 USD to you.", amount.clone()),
            ("We have refunded USD 49.00.", amount.clone()),
            ("Wir haben 49,00\u{a0}€ erstattet.", amount.clone()),
            ("It was $49.", amount.clone()),
            ("It was 49 Euros.", amount.clone()),
            ("It was (49.00CHF).", amount),
            ("Pay here: https://pay.example/p/1", link.clone()),
            ("Pay at www.pay.example", link),
        ] {
            assert_eq!(may_say(text, false), to_stranger, "{text}");
            assert_eq!(may_say(text, true), Ok(()), "{text}");
        }
    }

    #[test]
    fn an_answer_says_something_and_not_everything() {
        for (what, text, expected) in [
            ("nothing", String::new(), Err(Unsayable::Length)),
            ("blanks", " \n ".to_owned(), Err(Unsayable::Length)),
            ("a letter", "x".to_owned(), Ok(())),
            ("as long as it may be", "x".repeat(CHARS_MAX), Ok(())),
            ("too long", "x".repeat(CHARS_MAX + 1), Err(Unsayable::Length)),
            ("signs that nobody writes", "\u{1}".repeat(3_000), Err(Unsayable::Length)),
        ] {
            assert_eq!(may_say(&text, true), expected, "{what}");
        }
    }
}
