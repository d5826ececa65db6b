//! What do others who write to the account see of a letter with a link to pay? Somebody has asked for it, so that it
//! waits for nobody; but it asks for money, and no other letter does on the same day.

use super::{Action, Kind, Sent};
use crate::book::{Head, LetterLine};
use jiff::Timestamp;

impl Action {
    /// What they see of its letter as that is taken up; nothing, where it asks for no money. `doubt_at` is by when it
    /// is known whether it has left.
    pub fn letter_line(&self, text: &str, now: Timestamp, doubt_at: Timestamp) -> Option<LetterLine> {
        let asks = matches!(self.kind, Kind::PaymentLink { .. }) && self.told.customer == Some(Sent::Sending);
        asks.then(|| LetterLine::answer(self.id.as_str(), text, now, Some(doubt_at)))
    }

    /// Shows them what became of it.
    pub fn show_letter_on(&self, head: &mut Head) {
        head.learns_of_answer(self.id.as_str(), |line| match self.told.customer {
            Some(Sent::Sending) => Some(line),
            Some(Sent::Sent) => Some(line.left()),
            // It did not leave.
            Some(Sent::Refused | Sent::NoAddress) | None => None,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::{Clause, Preview, Reason};
    use crate::book::Writer;
    use crate::id::{AccountId, ActionId};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn action(kind: Kind) -> Action {
        let clause = Clause { rule: "r".into(), policy_version: 1, why: "w".into() };
        let preview = Preview {
            summary: String::new(),
            about: String::new(),
            lines: vec![],
            clause,
            notices: vec![],
            digest: "d".into(),
        };
        let id = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "lena", "k");
        Action::new(id, kind, Reason::Other, preview, "lena", at(0))
    }

    #[test]
    fn only_a_letter_that_asks_for_money_and_leaves_is_seen() {
        let link = || Kind::PaymentLink { invoice: "in_1".into(), amount: None };
        for (what, kind, sent, expected) in [
            ("a link to pay that leaves", link(), Some(Sent::Sending), true),
            ("one that has left", link(), Some(Sent::Sent), false),
            ("one that nobody is sent", link(), None, false),
            ("an invoice", Kind::ResendInvoice { invoice: "in_1".into() }, Some(Sent::Sending), false),
            ("a page for a card", Kind::UpdatePaymentMethod {}, Some(Sent::Sending), false),
        ] {
            let mut action = action(kind);
            action.told.customer = sent;
            let line = action.letter_line("link_to_pay", at(0), at(900));
            assert_eq!(line.is_some(), expected, "{what}");
            let told = line.map(|line| (line.invoice, line.doubt_at, line.writer));
            let seen = expected.then(|| (action.id.to_string(), Some(at(900)), Writer::Answer));
            assert_eq!(told, seen, "{what}");
        }
    }

    #[test]
    fn the_head_learns_what_became_of_it() {
        let mut action = action(Kind::PaymentLink { invoice: "in_1".into(), amount: None });
        action.told.customer = Some(Sent::Sending);
        let line = action.letter_line("link_to_pay", at(0), at(900)).unwrap();
        for (what, sent, expected) in [
            ("it is leaving", Some(Sent::Sending), Some(line.clone())),
            ("it has left", Some(Sent::Sent), Some(line.clone().left())),
            ("it was refused", Some(Sent::Refused), None),
            ("there is no address", Some(Sent::NoAddress), None),
        ] {
            let mut head = Head::new("stripe", "default", "cus_1");
            head.shows_letter(line.clone());
            action.told.customer = sent;
            action.show_letter_on(&mut head);
            assert_eq!((head.answered.clone(), head.written.clone()), (expected, None), "{what}");
            let others = LetterLine { invoice: "preq_2".to_owned(), ..line.clone() };
            head.shows_letter(others.clone());
            action.show_letter_on(&mut head);
            assert_eq!(head.answered, Some(others), "{what}: another one's");
        }
    }
}
