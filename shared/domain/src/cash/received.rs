//! A payment of which nobody knows yet what it is for: what it may be, and what a person said.

use super::{Candidate, Matched, Target, Why};
use crate::book::{Due, Head, Invoice};
use crate::id::{AccountId, ReceivedId, RequestId};
use crate::money::Money;
use crate::staff::MACHINE;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How many payments that nobody can place the head of an account names.
const LOOSE_MAX: usize = 6;

/// It stays as it is until somebody says what it is for, or its provider does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    pub id: ReceivedId,
    pub account: AccountId,
    /// The provider's id.
    pub payment: String,
    pub amount: Money,
    pub at: Timestamp,
    /// What was written with it.
    pub reference: Option<String>,
    pub why: Why,
    pub candidates: Vec<Candidate>,
    pub ended: Option<Ended>,
}

/// What it turned out to be for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub at: Timestamp,
    /// Somebody of the staff, or Recoup where the provider told.
    pub by: String,
    /// Nothing of what was asked for, where it names none.
    pub target: Option<Target>,
    /// What was open of the invoice that a person named, where its provider did not know of this payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Money>,
    /// Nothing of it is here any more, so that nobody has to say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub given_back: bool,
}

impl Received {
    /// One that just came in.
    pub fn new(
        account: &AccountId,
        (payment, amount, at): (&str, Money, Timestamp),
        reference: Option<&str>,
        (why, candidates): (Why, Vec<Candidate>),
    ) -> Self {
        Self {
            id: ReceivedId::of(account, payment),
            account: account.clone(),
            payment: payment.to_owned(),
            amount,
            at,
            reference: reference.map(str::to_owned),
            why,
            candidates,
            ended: None,
        }
    }

    /// Whether nobody has said yet what it is for.
    pub fn is_waiting(&self) -> bool {
        self.ended.is_none()
    }

    /// Whether it is known what it is for. Where its provider booked it since says nothing of who was asked for that.
    pub fn is_placed(&self) -> bool {
        let is_booked = |ended: &Ended| ended.by == MACHINE && matches!(ended.target, Some(Target::Invoice(_)));
        self.ended.as_ref().is_some_and(|ended| !ended.given_back && !is_booked(ended))
    }

    /// Whether nobody had to say what it is for, since nothing of it was here any more.
    pub fn is_given_back(&self) -> bool {
        self.ended.as_ref().is_some_and(|ended| ended.given_back)
    }

    /// The invoice that it is for, as a person said.
    pub fn invoice(&self) -> Option<&str> {
        match self.ended.as_ref().filter(|ended| ended.by != MACHINE)?.target.as_ref()? {
            Target::Invoice(invoice) => Some(invoice),
            Target::Request(_) => None,
        }
    }

    /// It is known what it is for: the first word counts.
    pub fn end(&mut self, target: Option<Target>, by: &str, at: Timestamp) {
        if self.is_waiting() || self.is_given_back() {
            self.ended = Some(Ended { at, by: by.to_owned(), target, open: None, given_back: false });
        }
    }

    /// Nothing of it is here any more: nobody has to say what it was for.
    pub fn went_back(&mut self, at: Timestamp) {
        if self.is_waiting() {
            self.ended = Some(Ended { at, by: MACHINE.to_owned(), target: None, open: None, given_back: true });
        }
    }

    /// What was said of it turned out to be wrong: somebody says anew.
    pub fn look_again(&mut self) {
        self.ended = None;
    }

    /// The request that it was for is withdrawn: somebody says anew.
    pub fn was_let_go(&mut self, request: &RequestId, matched: &Matched) {
        let target = Target::Request(request.clone());
        self.candidates = vec![Candidate { target, way: matched.way, confidence: Decimal::ZERO.to_string() }];
        (self.amount, self.why) = (matched.amount, Why::Withdrawn);
        self.look_again();
    }

    /// The request that it was for, where that is withdrawn.
    pub fn withdrawn_request(&self) -> Option<&RequestId> {
        let candidates = self.candidates.iter().filter(|_| self.why == Why::Withdrawn);
        candidates.map(|candidate| &candidate.target).find_map(|target| match target {
            Target::Request(request) => Some(request),
            Target::Invoice(_) => None,
        })
    }

    /// The head of its account names it until it is known what it is for, so that whatever happens to it is seen.
    pub fn show_on(&self, head: &mut Head) {
        if !self.is_waiting() {
            head.loose.remove(&self.payment);
        } else if head.loose.len() < LOOSE_MAX {
            head.loose.insert(self.payment.clone());
        }
    }
}

/// Whether money that is for an invoice, as people said, is not shown by its provider: it books less than came.
pub fn stands_for(came: &[Received], invoice: &Invoice) -> bool {
    let Due::Open(open) = invoice.due() else { return false };
    let own: Vec<&Received> = came.iter().filter(|it| it.invoice() == Some(invoice.id.as_str())).collect();
    let then = own.iter().filter_map(|it| it.ended.as_ref()?.open).max();
    let (Some(open), Some(then)) = (open, then) else { return !own.is_empty() };
    if then.currency() != open.currency() {
        return true;
    }
    let amounts = own.iter().map(|it| it.amount).filter(|amount| amount.currency() == open.currency());
    amounts.fold(Money::zero(open.currency()), Money::plus) > then.minus(open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    #[test]
    fn what_a_payment_is_for_is_known_by_its_request_or_by_a_person() {
        let account = AccountId::of("stripe", "default", "cus_1");
        let invoice = Target::Invoice("in_1".to_owned());
        let request = Target::Request(RequestId::of(&account, "t1"));
        for (name, ended, expected) in [
            ("nobody knows", None, false),
            ("its provider booked it", Some((Some(invoice.clone()), MACHINE)), false),
            ("a person said the invoice", Some((Some(invoice), "bea")), true),
            ("a person said nothing of it", Some((None, "bea")), true),
            ("it names a request", Some((Some(request), MACHINE)), true),
        ] {
            let amount = Money::from_minor(4_900, Currency::USD);
            let said = (Why::NoReference, Vec::new());
            let mut received = Received::new(&account, ("ch_1", amount, Timestamp::UNIX_EPOCH), None, said);
            if let Some((target, by)) = ended {
                received.end(target, by, Timestamp::UNIX_EPOCH);
            }
            assert_eq!(received.is_placed(), expected, "{name}");
        }
    }

    fn usd(minor: i64) -> Money {
        Money::from_minor(minor, Currency::USD)
    }

    /// A payment that somebody said is for an invoice of which so much was open then.
    fn said(payment: &str, minor: i64, (invoice, open): (&str, Option<i64>)) -> Received {
        let account = AccountId::of("stripe", "default", "cus_1");
        let at = Timestamp::UNIX_EPOCH;
        let mut received = Received::new(&account, (payment, usd(minor), at), None, (Why::NoReference, Vec::new()));
        received.end(Some(Target::Invoice(invoice.to_owned())), "bea", at);
        received.ended.as_mut().unwrap().open = open.map(usd);
        received
    }

    #[test]
    fn what_is_nobodys_any_more_is_looked_at_again_when_it_comes_back() {
        let account = AccountId::of("stripe", "default", "cus_1");
        let (at, why) = (Timestamp::UNIX_EPOCH, (Why::NoReference, Vec::new()));
        let mut received = Received::new(&account, ("ch_1", usd(4_900), at), None, why);
        received.went_back(at);
        assert!(!received.is_waiting() && received.is_given_back() && !received.is_placed());
        received.end(None, "bea", at);
        assert!(received.is_placed() && !received.is_given_back(), "somebody has said all the same");
        received.went_back(at);
        assert!(received.is_placed(), "the first word counts");
    }

    #[test]
    fn the_head_names_what_nobody_can_place_as_far_as_it_has_room() {
        let mut head = Head::new("stripe", "default", "cus_1");
        let placed = said("ch_1", 5_000, ("in_1", None));
        let mut waiting = placed.clone();
        waiting.look_again();
        waiting.show_on(&mut head);
        assert!(head.loose.contains("ch_1"));
        placed.show_on(&mut head);
        assert!(head.loose.is_empty());
        head.loose.extend((0..LOOSE_MAX).map(|number| format!("ch_x{number}")));
        waiting.show_on(&mut head);
        assert!(!head.loose.contains("ch_1"));
    }

    #[test]
    fn money_stands_for_an_invoice_until_its_provider_books_as_much() {
        let open = |minor| Invoice::open("in_1", usd(minor), Timestamp::UNIX_EPOCH);
        let whole = || said("ch_1", 5_000, ("in_1", Some(5_000)));
        let part = || said("ch_1", 2_000, ("in_1", Some(5_000)));
        let rest = || said("ch_2", 3_000, ("in_1", Some(5_000)));
        let by_machine = || {
            let mut booked = whole();
            booked.ended.as_mut().unwrap().by = MACHINE.to_owned();
            booked
        };
        for (name, came, left, expected) in [
            ("nothing came", vec![], 5_000, false),
            ("all of it", vec![whole()], 5_000, true),
            ("and it is booked", vec![whole()], 0, false),
            ("a part is booked of all", vec![whole()], 3_000, true),
            ("a part came", vec![part()], 5_000, true),
            ("and that part is booked", vec![part()], 3_000, false),
            ("a part, and the rest", vec![part(), rest()], 5_000, true),
            ("of which one is booked", vec![part(), rest()], 3_000, true),
            ("for another one", vec![said("ch_1", 5_000, ("in_2", Some(5_000)))], 5_000, false),
            ("it had no sum", vec![said("ch_1", 5_000, ("in_1", None))], 5_000, true),
            ("its provider said so", vec![by_machine()], 5_000, false),
        ] {
            assert_eq!(stands_for(&came, &open(left)), expected, "{name}");
        }
    }
}
