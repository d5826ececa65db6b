//! Whose is a ticket? The requester's address says so, and what the text names: an account's id, an invoice's number.

use crate::id::AccountId;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// How many names of a text are looked up: each is a question to the index.
const LOOKED_UP_MAX: usize = 6;
/// The longest number of an invoice that is looked for.
const NUMBER_CHARS_MAX: usize = 40;

/// What stands before a number that is an invoice's, in the languages that are read.
const BEFORE: &[&str] = &[
    "#",
    "bill",
    "factura",
    "facture",
    "invoice",
    "invoices",
    "no",
    "nr",
    "number",
    "nummer",
    "numéro",
    "número",
    "rechnung",
    "rechnungen",
    "rechnungsnummer",
];

/// What a text names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mentions {
    pub accounts: BTreeSet<AccountId>,
    /// What may be numbers of invoices, as they stand in the text.
    pub invoices: Vec<String>,
}

/// Whose a ticket is, as far as that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Of exactly one account.
    One(AccountId),
    /// Of nobody whom we know.
    Stranger,
    /// Of one of these: a person says of which.
    Several(BTreeSet<AccountId>),
}

/// Finds what a text names. What only looks like a number of an invoice is in no index, and does no harm.
pub fn mentions(text: &str) -> Mentions {
    let mut found = Mentions::default();
    let (mut last, mut before_last) = (String::new(), String::new());
    for word in text.split(|letter: char| letter.is_whitespace() || "()[]{}<>\"'“”„«»,;!?=*".contains(letter)) {
        let is_numbered = word.starts_with('#');
        let word = word.trim_start_matches('#').trim_end_matches(['.', ':']);
        if word.is_empty() {
            // A sign that stands alone says of the next word what it is.
            if is_numbered {
                before_last = std::mem::replace(&mut last, "#".to_owned());
            }
            continue;
        }
        let is_named = is_numbered || [&last, &before_last].into_iter().any(|word| BEFORE.contains(&word.as_str()));
        let has_room = found.accounts.len() + found.invoices.len() < LOOKED_UP_MAX;
        if let Some(account) = account(word).filter(|_| has_room) {
            found.accounts.insert(account);
        } else if has_room && is_number(word, is_named) && !found.invoices.iter().any(|known| known == word) {
            found.invoices.push(word.to_owned());
        }
        before_last = std::mem::replace(&mut last, word.to_lowercase());
    }
    found
}

fn account(word: &str) -> Option<AccountId> {
    let is_address = word.contains("//") || word.contains('@');
    if is_address || !(word.contains(':') || word.starts_with("acc_")) {
        return None;
    }
    AccountId::named(word)
}

/// Plain digits are a number only where the text says so; letters and digits together may be one anywhere.
fn is_number(word: &str, is_named: bool) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_/".contains(letter);
    let (digits, letters) =
        (word.contains(|c: char| c.is_ascii_digit()), word.contains(|c: char| c.is_ascii_alphabetic()));
    if !digits || !word.chars().all(plain) || word.len() > NUMBER_CHARS_MAX || word.parse::<Date>().is_ok() {
        return false;
    }
    is_named || (letters && word.len() > 4)
}

/// Whose it is: by those who have the requester's address, and by those of whom the text names something. Where both say
/// something, they must agree.
pub fn whose(by_address: &BTreeSet<AccountId>, by_text: &BTreeSet<AccountId>) -> Whose {
    let both: BTreeSet<AccountId> = by_address.intersection(by_text).cloned().collect();
    let (only, all) = match (by_address.is_empty(), by_text.is_empty()) {
        (true, _) => (by_text, by_text.clone()),
        (_, true) => (by_address, by_address.clone()),
        (false, false) => (&both, by_address.union(by_text).cloned().collect()),
    };
    match (only.first(), only.len()) {
        (Some(account), 1) => Whose::One(account.clone()),
        _ if all.is_empty() => Whose::Stranger,
        _ => Whose::Several(all),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_names_accounts_and_what_may_be_invoices() {
        let ours = AccountId::of("stripe", "default", "cus_1");
        for (text, accounts, invoices) in [
            ("I was charged twice this month", 0, vec![]),
            ("about invoice 6, please", 0, vec!["6"]),
            ("Rechnung Nr. 2041: zu hoch!", 0, vec!["2041"]),
            ("see #2041", 0, vec!["2041"]),
            ("see # 2041", 0, vec!["2041"]),
            ("(INV-2041)", 0, vec!["INV-2041"]),
            ("in_9 and IN_10.", 0, vec!["IN_10"]),
            ("INV-2041, INV-2041", 0, vec!["INV-2041"]),
            ("on 2026-03-01 you took 49.00", 0, vec![]),
            ("2041 people", 0, vec![]),
            ("stripe:cus_1 it is", 1, vec![]),
            (format!("our account is {ours}.").as_str(), 1, vec![]),
            ("https://a.example/x1234 and a1234@b.example", 0, vec![]),
            ("فاتورة ١٢", 0, vec![]),
        ] {
            let found = mentions(text);
            assert_eq!((found.accounts.len(), found.invoices), (accounts, own(&invoices)), "{text}");
        }
        assert!(mentions("stripe:cus_1").accounts.contains(&ours));
        let many = mentions(&(0..100).map(|number| format!("INV-{number:04} ")).collect::<String>());
        assert_eq!(many.invoices.len(), LOOKED_UP_MAX, "whoever lists a hundred asks for no hundred look-ups");
    }

    fn own(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn one_account_is_certain_none_is_a_stranger_and_of_several_a_person_says() {
        let id = |customer: &str| AccountId::of("stripe", "default", customer);
        let set = |customers: &[&str]| customers.iter().map(|customer| id(customer)).collect::<BTreeSet<_>>();
        for (what, by_address, by_text, expected) in [
            ("nobody", vec![], vec![], Whose::Stranger),
            ("by the address", vec!["a"], vec![], Whose::One(id("a"))),
            ("by the text", vec![], vec!["a"], Whose::One(id("a"))),
            ("by both", vec!["a"], vec!["a"], Whose::One(id("a"))),
            ("two with one address", vec!["a", "b"], vec![], Whose::Several(set(&["a", "b"]))),
            ("two, and the text says which", vec!["a", "b"], vec!["b"], Whose::One(id("b"))),
            ("two invoices of two", vec![], vec!["a", "b"], Whose::Several(set(&["a", "b"]))),
            ("somebody else's invoice", vec!["a"], vec!["b"], Whose::Several(set(&["a", "b"]))),
            ("two, and the text says both", vec!["a", "b"], vec!["a", "b"], Whose::Several(set(&["a", "b"]))),
        ] {
            assert_eq!(whose(&set(&by_address), &set(&by_text)), expected, "{what}");
        }
    }
}
