//! The words by which an account is found. Only their digests are stored.

mod asked;
mod slip;

pub use asked::{Sum, day};

use crate::book::{Head, Person, Touched};
use crate::event::{Event, Seen};
use std::collections::BTreeSet;

/// One word, with what it is: an address is never found by a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term(String);

impl Term {
    /// The group of customers that an import says.
    pub fn group(group: &str) -> Self {
        Self(format!("group:{}", plain(group)))
    }

    /// An address is looked for whole, whatever its case.
    pub fn email(email: &str) -> Self {
        Self(format!("email:{}", plain(email)))
    }

    fn name(name: &str) -> Self {
        Self(format!("name:{}", plain(name)))
    }

    /// An invoice is found by its id and by its number.
    pub fn invoice(invoice: &str) -> Self {
        Self(format!("invoice:{}", plain(invoice)))
    }

    /// Half of a word of a name, by which it is found whatever happens to the other half.
    fn half(half: &str) -> Self {
        Self(format!("half:{half}"))
    }

    /// A refund, a credit note or a bank's claim, by the provider's id.
    fn refund(id: &str) -> Self {
        Self(format!("refund:{}", plain(id)))
    }

    fn last4(last4: &str) -> Self {
        Self(format!("last4:{}", plain(last4)))
    }

    /// The word with what it is, such as `name:ada`. It is personal: only its digest may be stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What a question may mean.
    pub fn readings(question: &str) -> Vec<Self> {
        let plain = plain(question);
        if plain.is_empty() {
            return Vec::new();
        }
        if plain.contains('@') {
            return vec![Self::email(&plain)];
        }
        let mut readings = vec![Self::name(&plain), Self::invoice(&plain)];
        // Such an id has a digit and no space: most names are looked for once less.
        if plain.bytes().any(|b| b.is_ascii_digit()) && !plain.contains(' ') {
            readings.push(Self::refund(&plain));
        }
        if plain.len() == 4 && plain.bytes().all(|b| b.is_ascii_digit()) {
            readings.push(Self::last4(&plain));
        }
        readings
    }
}

/// Lower case, single spaces.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// How many words of a name are taken: a transaction holds a hundred items, and a change writes old and new.
const WORDS_MAX: usize = 8;

/// In how many words of a name a slip is forgiven: each is two items more.
const FORGIVEN_MAX: usize = 2;

/// The words that are the person's own.
pub fn terms_of(person: &Person) -> BTreeSet<Term> {
    let mut terms: BTreeSet<_> = person.email.value().map(|email| Term::email(email)).into_iter().collect();
    if let Some(name) = person.name.value() {
        terms.insert(Term::name(name));
        // By each word of a name as well; the shortest words are everybody's.
        terms.extend(name.split_whitespace().filter(|word| word.chars().count() > 2).take(WORDS_MAX).map(Term::name));
        let halves = slip::words(name).into_iter().filter_map(|word| slip::halves(&word)).take(FORGIVEN_MAX);
        terms.extend(halves.flatten().map(|half| Term::half(&half)));
    }
    terms
}

/// By what a name is found in which somebody slipped: seven terms for each of the first two words that are long enough.
pub fn near(question: &str) -> BTreeSet<Term> {
    if question.contains('@') {
        return BTreeSet::new();
    }
    let near = slip::words(question).into_iter().map(|word| slip::near(&word)).filter(|near| !near.is_empty());
    near.take(FORGIVEN_MAX).flatten().map(|half| Term::half(&half)).collect()
}

/// Whether a person may be meant whose name was written with one slip in a word.
pub fn may_mean(question: &str, person: &Person) -> bool {
    person.name.value().is_some_and(|name| slip::fits(question, name))
}

/// How many refunds of an event an account is found by: a payment keeps no more of them.
const REFUNDS_MAX: usize = 24;

/// What an event tells of money that goes back, or that a bank claims. It is written with each telling, as an answer to
/// Recoup's own request may have brought the refund into the book before.
pub fn told(event: &Event) -> BTreeSet<Term> {
    let refund = |seen: &Seen| match seen {
        Seen::Refund(seen) => Some(Term::refund(&seen.id)),
        Seen::CreditNote(seen) => Some(Term::refund(&seen.id)),
        Seen::Dispute(seen) => Some(Term::refund(&seen.id)),
        _ => None,
    };
    event.seen.iter().filter_map(refund).take(REFUNDS_MAX).collect()
}

/// Everything that the touched resources can be found by.
pub fn terms(touched: &Touched) -> BTreeSet<Term> {
    let mut terms = BTreeSet::new();
    terms.extend(touched.person.iter().flat_map(terms_of));
    for invoice in touched.invoices.values() {
        terms.insert(Term::invoice(&invoice.id));
        terms.extend(invoice.number.value().map(|number| Term::invoice(number)));
    }
    let cards = touched.cards.values().filter_map(|kept| kept.card.value());
    let paid = touched.payments.values().filter_map(|payment| payment.card.value());
    terms.extend(cards.chain(paid).map(|card| Term::last4(&card.last4)));
    terms
}

/// What the lines of a head show that its account is found by: whatever brought them there has written it.
pub fn shown(head: &Head) -> BTreeSet<Term> {
    let kept = head.book.cards.iter().filter_map(|line| line.card.as_ref());
    let paid = head.book.payments.iter().filter_map(|line| line.card.as_ref());
    kept.chain(paid).map(|card| Term::last4(&card.last4)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, from_value, json};

    #[test]
    fn a_question_is_read_as_what_it_may_be() {
        let read =
            |question: &str| Term::readings(question).iter().map(|term| term.as_str().to_owned()).collect::<Vec<_>>();
        assert_eq!(read(" Ada@Shop.example "), ["email:ada@shop.example"]);
        assert_eq!(read("Ada  Lovelace"), ["name:ada lovelace", "invoice:ada lovelace"]);
        assert_eq!(read("4242"), ["name:4242", "invoice:4242", "refund:4242", "last4:4242"]);
        assert_eq!(read("re_1Q2w"), ["name:re_1q2w", "invoice:re_1q2w", "refund:re_1q2w"]);
        assert!(read("  ").is_empty());
    }

    #[test]
    fn a_name_is_found_by_its_words_and_the_longer_ones_by_their_halves() {
        let stamped = |name: &str| {
            from_value::<Event>(json!({"id": "e", "provider": "stripe", "source": "default", "origin": "webhook",
                "kind": "customer_changed", "at": "2026-03-01T09:00:00Z", "customer": "cus_1",
                "seen": [{"resource": "customer", "id": "cus_1", "name": name}]}))
            .unwrap()
        };
        let words = |name: &str| {
            let (mut head, mut touched) = (Head::new("stripe", "default", "cus_1"), Touched::default());
            touched.fold(&mut head, &stamped(name), jiff::SignedDuration::ZERO);
            terms(&touched).into_iter().map(|term| term.0).collect::<Vec<_>>()
        };
        assert_eq!(
            words("Ada Lovelace"),
            ["half:8:love~", "half:8:~lace", "name:ada", "name:ada lovelace", "name:lovelace"]
        );
        assert_eq!(words("Acme 24 GmbH"), ["name:acme", "name:acme 24 gmbh", "name:gmbh"]);
        let long = (0..40).map(|number| format!("word{}", "x".repeat(number))).collect::<Vec<_>>().join(" ");
        assert_eq!(words(&long).len(), 1 + WORDS_MAX + 2 * FORGIVEN_MAX, "a transaction holds a hundred items");
        assert!(near("Ada Lovelase").iter().any(|term| term.0 == "half:8:love~"));
        assert!(near("ada").is_empty() && near("lovelace@shop.example").is_empty());
        assert_eq!(near("juniper logistics international").len(), 14);
    }

    #[test]
    fn money_that_goes_back_is_found_by_its_id() {
        let refund = |number: usize| json!({"resource": "refund", "id": format!("re_{number:02}"), "payment": "ch_1"});
        let note = json!({"resource": "credit_note", "id": "CN-7", "invoice": "in_1"});
        let claim = json!({"resource": "dispute", "id": "dp_1", "payment": "ch_1", "status": "open"});
        let event = |seen: Vec<Value>| -> Event {
            from_value(json!({"id": "e", "provider": "stripe", "source": "default", "origin": "webhook",
                "kind": "refund_changed", "at": "2026-03-01T09:00:00Z", "customer": "cus_1", "seen": seen}))
            .unwrap()
        };
        let words = |seen: Vec<Value>| told(&event(seen)).into_iter().map(|term| term.0).collect::<Vec<_>>();
        assert_eq!(words(vec![]), Vec::<String>::new());
        assert_eq!(words(vec![refund(1), refund(1), note, claim]), ["refund:cn-7", "refund:dp_1", "refund:re_01"]);
        assert_eq!(words((0..99).map(refund).collect()).len(), REFUNDS_MAX, "a transaction holds a hundred items");
    }
}
