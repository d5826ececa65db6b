//! What was paid, what went back and what failed, line by line, with what is the matter with it.

use super::Sidebar;
use super::told::{capital, card_name};
use super::work::{CaseSeen, Recommended};
use crate::book::{Head, PaymentLine, Try, tries};
use crate::decline::Declines;
use crate::event::PaymentStatus;
use crate::id::CaseId;
use crate::money::Money;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// How many lines are shown; the timeline has all.
const SHOWN_MAX: usize = 25;

/// A payment or a failed try, and what went back of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    pub at: Timestamp,
    /// The provider's id; a failed try may have none.
    pub payment: Option<String>,
    pub amount: Option<Money>,
    pub status: Option<&'static str>,
    pub given_back: Option<Money>,
    pub method: Option<String>,
    pub invoice_id: Option<String>,
    /// The number that the customer knows.
    pub invoice: Option<String>,
    /// Why it failed.
    pub why: Option<String>,
    pub marks: Vec<Mark>,
}

/// What is the matter with a payment, and what Recoup recommends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mark {
    pub says: String,
    pub case: Option<CaseId>,
    pub recommended: Option<Recommended>,
}

impl Sidebar {
    /// Adds what the head shows of payments and tries, each marked with the cases that are about it.
    #[must_use]
    pub fn with_payments(
        mut self,
        head: &Head,
        cases: &[CaseSeen],
        declines: &Declines,
        same_try: SignedDuration,
    ) -> Self {
        let tried = tries(&head.book.tries, same_try);
        let lines = &head.book.payments;
        let names = |group: &[&Try], line: &PaymentLine| {
            group.iter().any(|told| told.payment.as_deref() == Some(line.payment.as_str()))
        };
        let paid = lines.iter().map(|line| {
            let group = tried.iter().find(|group| names(group, line));
            shown(head, line, group.map(Vec::as_slice).unwrap_or_default(), declines)
        });
        let is_shown = |group: &[&Try]| lines.iter().any(|line| names(group, line));
        let dated = tried.iter().filter(|group| !group.iter().any(|told| told.undated));
        let alone = dated.filter(|group| !is_shown(group)).filter_map(|group| failed(head, group, declines));
        let mut moved: Vec<Moved> = paid.chain(alone).collect();
        moved.sort_by(|one, other| (other.at, &other.payment).cmp(&(one.at, &one.payment)));
        moved.truncate(SHOWN_MAX);
        for line in &mut moved {
            let payment = line.payment.as_ref();
            let about = cases.iter().filter(|case| payment.is_some_and(|payment| case.payments.contains(payment)));
            line.marks.extend(about.map(CaseSeen::mark));
        }
        self.payments = moved;
        self
    }
}

fn shown(head: &Head, line: &PaymentLine, tried: &[&Try], declines: &Declines) -> Moved {
    let invoice = head.book.invoice_of(line);
    let has_failed = line.status == Some(PaymentStatus::Failed);
    let claimed = || Mark { says: "a bank claims it, or has it".to_owned(), case: None, recommended: None };
    Moved {
        at: line.at,
        payment: Some(line.payment.clone()),
        amount: line.amount,
        status: line.status.map(PaymentStatus::name),
        given_back: line.given_back.filter(|gone| gone.is_positive()),
        method: line.card.as_ref().map(card_name).or_else(|| line.method.as_deref().map(capital)),
        invoice_id: invoice.map(str::to_owned),
        invoice: invoice.and_then(|invoice| number(head, invoice)),
        why: has_failed.then(|| why(tried, declines)),
        marks: line.claimed.then(claimed).into_iter().collect(),
    }
}

/// A try of which the head shows no payment: an invoice that could not be collected.
fn failed(head: &Head, tried: &[&Try], declines: &Declines) -> Option<Moved> {
    let first = tried.first()?;
    let invoice = tried.iter().find_map(|told| told.invoice.clone());
    Some(Moved {
        at: first.at,
        payment: tried.iter().find_map(|told| told.payment.clone()),
        amount: tried.iter().find_map(|told| told.amount),
        status: Some(PaymentStatus::Failed.name()),
        given_back: None,
        method: tried.iter().find_map(|told| told.method.as_deref().map(capital)),
        invoice: invoice.as_ref().and_then(|invoice| number(head, invoice)),
        invoice_id: invoice,
        why: Some(why(tried, declines)),
        marks: Vec::new(),
    })
}

fn why(tried: &[&Try], declines: &Declines) -> String {
    declines.meaning(tried.iter().find_map(|told| told.decline.as_ref())).family.in_short()
}

fn number(head: &Head, invoice: &str) -> Option<String> {
    head.book.invoices.iter().find(|line| line.invoice == invoice)?.number.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::Person;
    use crate::policies::Policies;
    use crate::sidebar::sidebar;
    use serde_json::{from_value, json};

    const CARD: &str = "4242";

    fn usd(minor: i64) -> serde_json::Value {
        json!({"amount": format!("{}.{:02}", minor / 100, minor % 100), "currency": "USD"})
    }

    /// Two payments of the same, one that failed, and a try of which no payment was told.
    fn head() -> Head {
        let mut head = Head::new("stripe", "default", "cus_1");
        let card = json!({"brand": "visa", "last4": CARD, "exp_month": 4, "exp_year": 2030});
        for (day, id, status, back) in
            [("26", "ch_0", "failed", 0), ("27", "ch_1", "succeeded", 0), ("28", "ch_2", "succeeded", 1200)]
        {
            let at = format!("2026-11-{day}T08:00:00Z");
            let line = json!({"at": at, "payment": id, "invoice": "in_1", "amount": usd(3800), "status": status,
                "card": card, "given_back": usd(back)});
            head.book.payments.push(from_value(line).unwrap());
        }
        let decline = json!({"provider": "stripe", "code": "insufficient_funds"});
        for (day, payment, invoice) in [("26", Some("ch_0"), Some("in_1")), ("20", None, Some("in_0"))] {
            let at = format!("2026-11-{day}T08:00:00Z");
            let told = json!({"at": at, "event": format!("evt_{day}"), "payment": payment, "invoice": invoice,
                "amount": usd(3800), "decline": decline});
            head.book.tries.push(from_value(told).unwrap());
        }
        head
    }

    #[test]
    fn both_charges_of_a_duplicate_bear_its_mark_and_tries_say_why() {
        let head = head();
        let id = CaseId::of(&head.account, "duplicate_charge", "ch_2");
        let case = CaseSeen {
            id: id.clone(),
            class: "duplicate_charge".to_owned(),
            title: "Duplicate charge",
            opened_at: "2026-11-28T08:00:00Z".parse().unwrap(),
            ended: None,
            payments: vec!["ch_1".to_owned(), "ch_2".to_owned()],
            recommended: Some(Recommended { says: "give back 38.00 USD".to_owned(), action: None, state: None }),
        };
        let now = "2026-11-30T08:00:00Z".parse().unwrap();
        let within = SignedDuration::from_mins(10);
        let policies = Policies::shipped().unwrap();
        let shown = sidebar(&head, &Person::default(), now, within).with_payments(
            &head,
            &[case],
            policies.declines.current(),
            within,
        );
        let lines: Vec<_> =
            shown.payments.iter().map(|it| (it.payment.as_deref(), it.status, it.marks.len())).collect();
        assert_eq!(
            lines,
            [
                (Some("ch_2"), Some("succeeded"), 1),
                (Some("ch_1"), Some("succeeded"), 1),
                (Some("ch_0"), Some("failed"), 0),
                (None, Some("failed"), 0),
            ]
        );
        let mark = &shown.payments[1].marks[0];
        assert_eq!((mark.says.as_str(), mark.case.as_ref()), ("charged twice", Some(&id)));
        assert_eq!(mark.recommended.as_ref().map(|it| it.says.as_str()), Some("give back 38.00 USD"));
        assert_eq!(shown.payments[0].given_back.map(|it| it.to_string()).as_deref(), Some("12.00 USD"));
        assert_eq!(shown.payments[1].given_back, None);
        assert_eq!(shown.payments[1].method.as_deref(), Some("Visa 4242"));
        for line in &shown.payments[2..] {
            assert_eq!(line.why.as_deref(), Some("the bank says there is not enough money"));
        }
    }
}
