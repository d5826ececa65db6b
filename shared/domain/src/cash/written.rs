//! What do others who write to the account see of the letter that asks for a payment? The customer has written first,
//! so that it waits for nobody; but it asks for money, and no other letter does on the same day.

use super::notice::Standing;
use super::{Notice, Request};
use crate::book::{Head, LetterLine};
use jiff::Timestamp;

impl Request {
    /// What they see of its letter once that is taken up.
    pub fn letter_line(&self, text: &str, now: Timestamp) -> LetterLine {
        LetterLine::answer(self.id.as_str(), text, now, self.debt_mail.wakes_at())
    }

    /// Shows them what became of it.
    pub fn show_letter_on(&self, head: &mut Head) {
        head.learns_of_answer(self.id.as_str(), |line| became(&self.debt_mail, line));
    }
}

fn became(letter: &Notice, line: LetterLine) -> Option<LetterLine> {
    match letter.standing {
        Standing::Sending { .. } => Some(line),
        Standing::Sent { .. } => Some(line.left()),
        Standing::InDoubt { .. } => Some(line.lost()),
        // It did not leave.
        Standing::Waiting { .. } | Standing::Skipped { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Writer;
    use crate::cash::{Asked, Credit, Line};
    use crate::id::AccountId;
    use crate::money::{Currency, Money};

    #[test]
    fn the_head_learns_what_became_of_the_letter() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let account = AccountId::of("stripe", "default", "cus_1");
        let lines = vec![Line::new("in_1", "IN-1", Money::from_minor(4_900, Currency::USD))];
        let asked =
            Asked { account: &account, ticket: "ticket/default/t1", lines, credit: Credit::default(), by: "lena" };
        let mut request = Request::new(asked, at(0), at(100));
        request.debt_mail.begin(at(900));
        let line = request.letter_line("debt_open", at(0));
        assert_eq!((line.doubt_at, line.writer), (Some(at(900)), Writer::Answer));
        for (name, standing, expected) in [
            ("it is leaving", Standing::Sending { doubt_at: at(900) }, Some(line.clone())),
            ("it has left", Standing::Sent { at: at(1) }, Some(line.clone().left())),
            ("nobody knows", Standing::InDoubt { reason: String::new() }, Some(line.clone().lost())),
            ("it was refused", Standing::Waiting { due_at: at(60) }, None),
            ("it was given up", Standing::Skipped { why: String::new() }, None),
        ] {
            let mut head = Head::new("stripe", "default", "cus_1");
            head.shows_letter(line.clone());
            request.debt_mail.standing = standing;
            request.show_letter_on(&mut head);
            assert_eq!((head.answered.clone(), head.written.clone()), (expected, None), "{name}");
            let others = LetterLine { invoice: "preq_2".to_owned(), ..line.clone() };
            head.shows_letter(others.clone());
            request.show_letter_on(&mut head);
            assert_eq!(head.answered, Some(others), "{name}: another one's");
        }
    }
}
