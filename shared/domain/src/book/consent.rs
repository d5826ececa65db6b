//! May a card be charged that is only kept beside the one that is charged anyway? Where its holder agreed, and somebody
//! who works here wrote that down.

use super::{CardLine, Head};
use crate::event::{Card, CardState};
use crate::staff::{Role, Staff};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How long the note on how somebody agreed may be: it stands on the head of the account.
pub const CONSENT_CHARS_MAX: usize = 200;

/// That the holder of a second card lets it be charged, as it was written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The provider's id of the card.
    pub card: String,
    pub brand: String,
    pub last4: String,
    /// Who wrote it down.
    pub by: String,
    pub at: Timestamp,
    /// How the customer agreed.
    pub note: String,
}

/// Why it is not written down, or not taken back. The order is the order of the checks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoConsent {
    #[error("billing specialists, managers and VPs write down that a second card may be charged: ask one of them")]
    NotTheirs,
    #[error("analysts and legal only read: ask somebody who may act")]
    Reads,
    #[error("say in the `note` how the customer agreed, in {CONSENT_CHARS_MAX} characters at most")]
    Note,
    #[error("card `{0}` is not kept for this account, or has expired; its `other_cards` are those that are")]
    Unknown(String),
    #[error("card `{card}` ends in {known}, and not in {said}: ask the customer which one they mean")]
    OtherNumber { card: String, known: String, said: String },
    #[error("card `{0}` is the one that is charged anyway: nobody has to agree to that")]
    Charged(String),
}

impl Consent {
    fn is_of(&self, card: &Card) -> bool {
        self.brand == card.brand && self.last4 == card.last4
    }
}

fn is_usable(line: &CardLine) -> bool {
    matches!(line.state, CardState::Kept | CardState::Expiring)
}

impl Head {
    /// The cards that are kept and have not expired, beside the one that is charged for all.
    pub fn other_cards(&self) -> impl Iterator<Item = (&str, &Card)> {
        let charged = self.book.charged_id(None);
        let usable = self.book.cards.iter().filter(move |line| is_usable(line) && Some(line.id.as_str()) != charged);
        usable.filter_map(|line| Some((line.id.as_str(), line.card.as_ref()?)))
    }

    /// That a card may be charged beside the one that is, as long as it is kept and is the one that was meant.
    pub fn consent_to(&self, card: &str) -> Option<&Consent> {
        let consent = self.consent.as_ref().filter(|consent| consent.card == card)?;
        let mut own = self.book.cards.iter().filter(|line| line.id == card && is_usable(line));
        own.next()?.card.as_ref().filter(|kept| consent.is_of(kept))?;
        Some(consent)
    }

    /// Whether a try may name a card: the customer chose it, for all or for the subscription, or agreed to it. Where no
    /// provider says which one they chose, it is the newest, and whoever names it knows that.
    pub fn may_be_named(&self, card: &str, subscription: Option<&str>) -> bool {
        let chosen = [self.book.charged_id(None), self.book.charged_id(subscription)];
        chosen == [None, None] || chosen.contains(&Some(card)) || self.consent_to(card).is_some()
    }

    /// Writes down that the customer lets a second card be charged, in the place of any that stood before. The same
    /// twice is once; says whether anything is new.
    pub fn agrees(
        &mut self,
        (card, last4): (&str, &str),
        note: &str,
        staff: &Staff,
        now: Timestamp,
    ) -> Result<bool, NoConsent> {
        if !matches!(staff.role, Role::BillingSpecialist | Role::Manager | Role::Vp) {
            return Err(NoConsent::NotTheirs);
        }
        let note = note.trim();
        if note.is_empty() || note.chars().count() > CONSENT_CHARS_MAX {
            return Err(NoConsent::Note);
        }
        let mut own = self.book.cards.iter().filter(|line| line.id == card && is_usable(line));
        let kept = own.next().and_then(|line| line.card.as_ref()).ok_or_else(|| NoConsent::Unknown(card.to_owned()))?;
        if kept.last4 != last4 {
            let (known, said) = (kept.last4.clone(), last4.to_owned());
            return Err(NoConsent::OtherNumber { card: card.to_owned(), known, said });
        }
        if self.book.charged_id(None) == Some(card) {
            return Err(NoConsent::Charged(card.to_owned()));
        }
        if self.consent_to(card).is_some() {
            return Ok(false);
        }
        self.consent = Some(Consent {
            card: card.to_owned(),
            brand: kept.brand.clone(),
            last4: kept.last4.clone(),
            by: staff.id.clone(),
            at: now,
            note: note.to_owned(),
        });
        Ok(true)
    }

    /// Takes it back, whoever wrote it down: whoever may act may keep a card from being charged. Answers what stood.
    pub fn takes_consent_back(&mut self, staff: &Staff) -> Result<Option<Consent>, NoConsent> {
        if staff.role.may_request() { Ok(self.consent.take()) } else { Err(NoConsent::Reads) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, from_value, json};

    const AT: &str = "2026-03-02T10:00:00Z";

    fn staff(role: Role) -> Staff {
        let (id, email) = (role.name().to_owned(), format!("{}@company.example", role.name()));
        Staff { name: id.clone(), id, role, email, slack: None, languages: Vec::new() }
    }

    fn card(id: &str, last4: &str, state: &str) -> CardLine {
        let card = json!({"brand": "visa", "last4": last4, "exp_month": 4, "exp_year": 2032});
        from_value(json!({"seen_at": AT, "id": id, "card": card, "state": state})).unwrap()
    }

    /// An account whose first card is charged, or of which nobody tells that.
    fn head(chosen: Option<&str>) -> Head {
        let mut head = Head::new("stripe", "default", "cus_1");
        head.book.cards = vec![
            card("pm_1", "4242", "kept"),
            card("pm_2", "1881", "kept"),
            card("pm_3", "0005", "expired"),
            card("pm_4", "0009", "removed"),
        ];
        head.book.chosen = from_value(chosen.map_or(Value::Null, |id| json!([[AT, 0, "evt_1"], id]))).unwrap();
        head
    }

    #[test]
    fn it_is_written_down_by_whom_it_is_for_with_the_card_that_is_meant() {
        let now: Timestamp = AT.parse().unwrap();
        let (specialist, long) = (staff(Role::BillingSpecialist), "x".repeat(CONSENT_CHARS_MAX + 1));
        let unknown = |card: &str| Err(NoConsent::Unknown(card.to_owned()));
        let other = NoConsent::OtherNumber { card: "pm_2".into(), known: "1881".into(), said: "4242".into() };
        for (name, staff, card, note, expected) in [
            ("as it should be", specialist.clone(), ("pm_2", "1881"), "by phone", Ok(true)),
            ("a manager", staff(Role::Manager), ("pm_2", "1881"), "by phone", Ok(true)),
            ("an agent", staff(Role::L2), ("pm_2", "1881"), "by phone", Err(NoConsent::NotTheirs)),
            ("legal", staff(Role::Legal), ("pm_2", "1881"), "by phone", Err(NoConsent::NotTheirs)),
            ("nobody says how", specialist.clone(), ("pm_2", "1881"), " ", Err(NoConsent::Note)),
            ("a novel", specialist.clone(), ("pm_2", "1881"), long.as_str(), Err(NoConsent::Note)),
            ("another number", specialist.clone(), ("pm_2", "4242"), "by phone", Err(other)),
            ("nobody knows it", specialist.clone(), ("pm_9", "1881"), "by phone", unknown("pm_9")),
            ("it has expired", specialist.clone(), ("pm_3", "0005"), "by phone", unknown("pm_3")),
            ("it was removed", specialist.clone(), ("pm_4", "0009"), "by phone", unknown("pm_4")),
            ("it is charged", specialist, ("pm_1", "4242"), "by phone", Err(NoConsent::Charged("pm_1".to_owned()))),
        ] {
            let mut head = head(Some("pm_1"));
            let is_written = expected.is_ok();
            assert_eq!(head.agrees(card, note, &staff, now), expected, "{name}");
            assert_eq!(head.consent_to("pm_2").is_some(), is_written, "{name}");
        }
    }

    #[test]
    fn it_stands_until_it_is_taken_back_or_the_card_is_another_one() {
        let now: Timestamp = AT.parse().unwrap();
        let specialist = staff(Role::BillingSpecialist);
        let agreed = || {
            let mut head = head(Some("pm_1"));
            assert_eq!(head.agrees(("pm_2", "1881"), "by phone", &specialist, now), Ok(true));
            head
        };
        let mut twice = agreed();
        assert_eq!(twice.agrees(("pm_2", "1881"), "and again", &staff(Role::Vp), now), Ok(false));
        assert_eq!(
            twice.consent_to("pm_2").map(|it| (it.by.as_str(), it.note.as_str())),
            Some(("billing_specialist", "by phone"))
        );
        for (name, line, stands) in [
            ("the same", card("pm_2", "1881", "kept"), true),
            ("it expires soon", card("pm_2", "1881", "expiring"), true),
            ("it has expired", card("pm_2", "1881", "expired"), false),
            ("it was removed", card("pm_2", "1881", "removed"), false),
            ("its bank gave it another number", card("pm_2", "9999", "kept"), false),
        ] {
            let mut head = agreed();
            head.book.cards[1] = line;
            assert_eq!(head.consent_to("pm_2").is_some(), stands, "{name}");
            assert_eq!(head.may_be_named("pm_2", None), stands, "{name}");
        }
        let mut back = agreed();
        assert_eq!(back.takes_consent_back(&staff(Role::Analyst)), Err(NoConsent::Reads));
        assert!(back.takes_consent_back(&staff(Role::L1)).unwrap().is_some());
        assert_eq!(back.consent_to("pm_2"), None);
        assert_eq!(back.takes_consent_back(&staff(Role::L1)), Ok(None), "nothing stands any more");
    }

    #[test]
    fn only_what_was_chosen_or_agreed_to_is_named() {
        let mut own = head(Some("pm_1"));
        own.book.subscriptions.insert("sub_1".to_owned(), from_value(json!({"card": "pm_2"})).unwrap());
        for (name, head, card, subscription, may) in [
            ("the one that is charged", head(Some("pm_1")), "pm_1", None, true),
            ("one beside it", head(Some("pm_1")), "pm_2", None, false),
            ("where nobody tells which is charged", head(None), "pm_2", None, true),
            ("the subscription's own", own.clone(), "pm_2", Some("sub_1"), true),
            ("the one for all, beside its own", own.clone(), "pm_1", Some("sub_1"), true),
            ("another subscription's", own, "pm_2", Some("sub_2"), false),
        ] {
            assert_eq!(head.may_be_named(card, subscription), may, "{name}");
        }
        let others = |chosen: Option<&str>| -> Vec<String> {
            head(chosen).other_cards().map(|(id, card)| format!("{id} {}", card.last4)).collect()
        };
        assert_eq!(
            (others(Some("pm_1")), others(None)),
            (vec!["pm_2 1881".to_owned()], vec!["pm_1 4242".to_owned(), "pm_2 1881".to_owned()])
        );
    }
}
