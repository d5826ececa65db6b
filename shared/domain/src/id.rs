//! Names that never change: each id is computed from what it names, so that a repeat finds the same one.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Hashes parts into `length` letters and digits; the parts cannot run into each other.
pub fn digest(parts: &[&str], length: usize) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().take(length).map(|byte| ALPHABET[usize::from(byte & 31)] as char).collect()
}

/// The whole SHA-256 of a text, in hexadecimal.
pub fn sha256(text: &[u8]) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// As it stands in keys, links and JSON.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// One customer of one configured provider account.
    AccountId
}
id! {
    /// One trouble of one account; the account can be read from it.
    CaseId
}
id! {
    /// One requested action; the account can be read from it.
    ActionId
}

id! {
    /// One decision about one account; the account can be read from it.
    DecisionId
}

id! {
    /// One task of a person; the account can be read from it.
    TaskId
}

id! {
    /// What a customer was asked to pay because of a ticket; the account can be read from it.
    RequestId
}

id! {
    /// A payment of which nobody knows yet what it pays; the account can be read from it.
    ReceivedId
}

id! {
    /// One trouble of many accounts.
    IncidentId
}

impl IncidentId {
    /// The same trouble with the same sign since the same moment is the same incident.
    pub fn of(provider: &str, source: &str, trouble: &str, sign: &str, began_at: &str) -> Self {
        Self(format!("inc_{}", digest(&[provider, source, trouble, sign, began_at], 20)))
    }

    /// Reads an id that came from outside.
    pub fn parse(text: &str) -> Option<Self> {
        is_digest(text.strip_prefix("inc_")?, 20).then(|| Self(text.to_owned()))
    }
}

impl AccountId {
    /// One customer's id is another account at another provider, or in another of its configured accounts.
    pub fn of(provider: &str, source: &str, customer: &str) -> Self {
        Self(format!("acc_{}", digest(&[provider, source, customer], 20)))
    }

    /// Under which id a source has its ledger. It is no customer's: theirs are made of three parts.
    pub fn of_source(provider: &str, source: &str) -> Self {
        Self(format!("acc_{}", digest(&[provider, source], 20)))
    }

    /// Under which id stands the ledger of what is set up for all: theirs are made of two parts and three.
    pub fn of_setup() -> Self {
        Self(format!("acc_{}", digest(&["setup"], 20)))
    }

    /// Reads an id that came from outside.
    pub fn parse(text: &str) -> Option<Self> {
        let tail = text.strip_prefix("acc_")?;
        is_digest(tail, 20).then(|| Self(text.to_owned()))
    }

    /// Reads what people and programs write: our id, `stripe:cus_1`, or `stripe/source:cus_1`.
    pub fn named(text: &str) -> Option<Self> {
        if let Some((provider, customer)) = text.split_once(':') {
            let (provider, source) = provider.split_once('/').unwrap_or((provider, "default"));
            return (!customer.is_empty()).then(|| Self::of(provider, source, customer));
        }
        Self::parse(text)
    }

    fn tail(&self) -> &str {
        &self.0["acc_".len()..]
    }
}

impl CaseId {
    /// One trouble has one case: the same class about the same thing is the same case.
    pub fn of(account: &AccountId, class: &str, about: &str) -> Self {
        Self(format!("case_{}_{}", account.tail(), digest(&[class, about], 12)))
    }

    /// Reads an id that came from outside.
    pub fn parse(text: &str) -> Option<Self> {
        within_account(text, "case_").map(|_| Self(text.to_owned()))
    }

    /// The account whose trouble it is, read from the id itself.
    pub fn account(&self) -> AccountId {
        within_account(&self.0, "case_").expect("a case id holds its account")
    }
}

impl ActionId {
    /// Who asks twice with one key of a request has asked once.
    pub fn of(account: &AccountId, asked_by: &str, request: &str) -> Self {
        Self(format!("act_{}_{}", account.tail(), digest(&[asked_by, request], 12)))
    }

    /// What a member of a bundle is carried out under; the first has place one.
    pub fn member(bundle: &Self, place: usize) -> Self {
        Self::of(&bundle.account(), "bundle", &format!("{bundle} {place}"))
    }

    /// Reads an id that came from outside.
    pub fn parse(text: &str) -> Option<Self> {
        within_account(text, "act_").map(|_| Self(text.to_owned()))
    }

    /// The account on which something is done, read from the id itself.
    pub fn account(&self) -> AccountId {
        within_account(&self.0, "act_").expect("an action id holds its account")
    }
}

impl DecisionId {
    /// One event decides once about one case.
    pub fn of(account: &AccountId, about: &str, event: &str) -> Self {
        Self(format!("dec_{}_{}", account.tail(), digest(&[about, event], 12)))
    }

    /// Reads an id that came from outside.
    pub fn parse(text: &str) -> Option<Self> {
        within_account(text, "dec_").map(|_| Self(text.to_owned()))
    }

    /// The account that was decided about, read from the id itself.
    pub fn account(&self) -> AccountId {
        within_account(&self.0, "dec_").expect("a decision id holds its account")
    }
}

impl TaskId {
    /// One origin has one task about one thing: a repeat finds it again.
    pub fn of(account: &AccountId, origin: &str, about: &str) -> Self {
        Self(format!("task_{}_{}", account.tail(), digest(&[origin, about], 12)))
    }

    /// Reads an id that came from outside.
    pub fn parse(text: &str) -> Option<Self> {
        within_account(text, "task_").map(|_| Self(text.to_owned()))
    }

    /// The account for which something is to be done, read from the id itself.
    pub fn account(&self) -> AccountId {
        within_account(&self.0, "task_").expect("a task id holds its account")
    }
}

impl RequestId {
    /// A customer is asked once because of one ticket.
    pub fn of(account: &AccountId, ticket: &str) -> Self {
        Self(format!("preq_{}_{}", account.tail(), digest(&[ticket], 12)))
    }

    /// Reads an id that came from outside.
    pub fn parse(text: &str) -> Option<Self> {
        within_account(text, "preq_").map(|_| Self(text.to_owned()))
    }

    /// Finds one in what a payer wrote: banks pass on capitals, and leave out or change what stands between.
    pub fn named_in(text: &str) -> Option<Self> {
        let letters = text.chars().filter(char::is_ascii_alphanumeric);
        let plain: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
        plain.match_indices("preq").find_map(|(at, word)| {
            let (account, own) = plain.get(at + word.len()..at + word.len() + 32)?.split_at(20);
            Self::parse(&format!("preq_{account}_{own}"))
        })
    }

    /// The account that was asked, read from the id itself.
    pub fn account(&self) -> AccountId {
        within_account(&self.0, "preq_").expect("the id of a payment request holds its account")
    }
}

impl ReceivedId {
    /// One payment comes in once.
    pub fn of(account: &AccountId, payment: &str) -> Self {
        Self(format!("rcv_{}_{}", account.tail(), digest(&[payment], 12)))
    }

    /// Reads an id that came from outside.
    pub fn parse(text: &str) -> Option<Self> {
        within_account(text, "rcv_").map(|_| Self(text.to_owned()))
    }

    /// The account whose payment it is, read from the id itself.
    pub fn account(&self) -> AccountId {
        within_account(&self.0, "rcv_").expect("the id of a payment that came in holds its account")
    }
}

fn within_account(text: &str, prefix: &str) -> Option<AccountId> {
    let (account, own) = text.strip_prefix(prefix)?.split_once('_')?;
    (is_digest(account, 20) && is_digest(own, 12)).then(|| AccountId(format!("acc_{account}")))
}

fn is_digest(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| ALPHABET.contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cannot_run_into_each_other() {
        assert_ne!(AccountId::of("stripe", "a", "bc"), AccountId::of("stripe", "ab", "c"));
        assert_eq!(AccountId::of("stripe", "a", "bc"), AccountId::of("stripe", "a", "bc"));
    }

    #[test]
    fn an_id_leads_to_its_account() {
        let account = AccountId::of("stripe", "default", "cus_1");
        let case = CaseId::of(&account, "payment_failed", "in_1");
        let action = ActionId::of(&account, "mara", "key");
        assert_eq!(case.account(), account);
        assert_eq!(action.account(), account);
        assert_eq!(CaseId::parse(case.as_str()), Some(case.clone()));
        assert_eq!(AccountId::parse(account.as_str()), Some(account));
        for wrong in ["", "case_", "case_x_y", action.as_str(), "case_../../x_000000000000"] {
            assert_eq!(CaseId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_payment_request_is_found_however_a_bank_writes_it() {
        let id = RequestId::of(&AccountId::of("stripe", "default", "cus_1"), "zendesk/default/123");
        let own = id.to_string();
        let rows = [
            ("as it is", own.clone(), true),
            ("in a sentence", format!("Invoice 12, {own}. Thank you"), true),
            ("in capitals", own.to_uppercase(), true),
            ("with blanks", own.replace('_', " "), true),
            ("with nothing between", own.replace('_', ""), true),
            ("broken over a line", format!("{}\n{}", &own[..12], &own[12..]), true),
            ("cut off", own[..own.len() - 1].to_owned(), false),
            ("another word", "preq".repeat(20).replace("preq", "ilou"), false),
            ("nothing", String::new(), false),
        ];
        for (name, text, is_there) in rows {
            assert_eq!(RequestId::named_in(&text), is_there.then(|| id.clone()), "{name}: {text}");
        }
        assert_eq!(id.account(), AccountId::of("stripe", "default", "cus_1"));
    }
}
