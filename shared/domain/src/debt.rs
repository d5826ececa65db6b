//! What does a customer see of an invoice behind a link of ours, and can it be paid there?

mod document;
mod paying;

pub use document::{Document, meant};
pub use paying::Paying;

use crate::book::{Due, Head, HistoryLine, Invoice};
use crate::case::Class;
use crate::dunning::NoTry;
use crate::event::InvoiceStatus;
use crate::id::{ActionId, CaseId};
use crate::leaving::Stage;
use crate::money::{Currency, Money};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// What stands behind our own address where a link to pay is not made yet: in a text that somebody may still edit.
pub const UNMADE_LINK: &str = "/pay/…";
/// The same for a link to a document.
pub const UNMADE_DOCUMENT: &str = "/document/…";

/// An invoice as its customer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Debt {
    /// The provider's id.
    pub invoice: String,
    /// What stands on the invoice; the id, where the provider gives it no number.
    pub number: String,
    pub due_on: Option<Date>,
    /// What it is for: the plan, or else what its first line says.
    pub purpose: Option<String>,
    pub standing: Standing,
}

/// How it stands with an invoice, in the order in which that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// When, where that is known.
    Paid(Option<Timestamp>),
    /// It is void or written off.
    Withdrawn,
    /// A bank claims money of this customer back and has not decided.
    Disputed,
    /// The customer has ended what it is for: what remains is agreed with a person.
    Left,
    /// People or an approved action are at it, or it asks for what nobody is asked for by mail.
    InReview,
    /// How much, where the provider says it.
    Open(Option<Money>),
}

/// The cases that put an invoice itself in question. That its payment failed does not.
const QUESTIONING: [Class; 3] = [Class::Overcharge, Class::InvoiceDiscrepancy, Class::PlanMismatch];

impl Debt {
    /// What is shown of an invoice, by how far a wish to end its subscription has come.
    pub fn of(invoice: &Invoice, head: &Head, stage: Option<Stage>) -> Self {
        let subscription = invoice.subscription.value().and_then(|id| head.book.subscriptions.get(id));
        let plan = subscription.and_then(|line| line.plan.clone());
        let first = || invoice.lines.value()?.iter().find_map(|line| line.text.clone());
        Self {
            invoice: invoice.id.clone(),
            number: invoice.number.value().unwrap_or(&invoice.id).clone(),
            due_on: invoice.due_on.copied(),
            purpose: plan.or_else(first),
            standing: standing(invoice, head, stage),
        }
    }

    /// Whether it can be paid now.
    pub fn is_payable(&self) -> bool {
        matches!(self.standing, Standing::Open(_))
    }
}

/// Why an invoice is not charged by itself, where it is in somebody's hands: as its customer would read it behind the
/// link. The tries themselves, `own`, are no reason.
pub fn no_try<'a>(
    invoice: &Invoice,
    mut head: Head,
    stage: Option<Stage>,
    own: impl IntoIterator<Item = &'a ActionId>,
) -> Option<NoTry> {
    for action in own {
        head.under_way.remove(action);
    }
    match standing(invoice, &head, stage) {
        Standing::Disputed => Some(NoTry::Claimed),
        Standing::InReview => Some(NoTry::InReview),
        Standing::Paid(_) | Standing::Withdrawn | Standing::Left | Standing::Open(_) => None,
    }
}

fn standing(invoice: &Invoice, head: &Head, stage: Option<Stage>) -> Standing {
    let amount = match invoice.due() {
        Due::Paid => return Standing::Paid(invoice.paid_at()),
        Due::Withdrawn => return Standing::Withdrawn,
        Due::NotYet => return Standing::InReview,
        Due::Open(amount) => amount,
    };
    let questioned = |case: &CaseId| head.cases.contains_key(case);
    let under_way = || head.under_way.values().any(|line| line.target.as_ref() == Some(&invoice.id));
    if head.book.is_claimed() {
        Standing::Disputed
    } else if stage == Some(Stage::Left) {
        Standing::Left
    } else if stage.is_some()
        || invoice.owes_more_than_billed()
        || questioning(head, &invoice.id).iter().any(questioned)
        || under_way()
    {
        Standing::InReview
    } else {
        Standing::Open(amount)
    }
}

fn questioning(head: &Head, invoice: &str) -> [CaseId; 3] {
    QUESTIONING.map(|class| CaseId::of(&head.account, class.name(), invoice))
}

/// The cases that put one of these invoices in question and that the head may have no room to name: whoever judges by
/// it reads them first, and lets it name those that are open.
pub fn unnamed(head: &Head, invoices: &[String]) -> Vec<CaseId> {
    if head.more_cases == 0 {
        return Vec::new();
    }
    let all = invoices.iter().flat_map(|invoice| questioning(head, invoice));
    all.filter(|case| !head.cases.contains_key(case)).collect()
}

/// The invoices to be looked at for a page: the one that is asked for, and whatever else the head shows as open, the
/// oldest first.
pub fn listed(head: &Head, first: &str) -> Vec<String> {
    let mut listed = vec![first.to_owned()];
    for invoice in shown(head) {
        if !listed.contains(invoice) {
            listed.push(invoice.clone());
        }
    }
    listed
}

/// The invoices that the head shows as open, the oldest first; one may be there twice.
pub fn shown(head: &Head) -> impl Iterator<Item = &String> {
    let is_open = |line: &&HistoryLine| line.status == Some(InvoiceStatus::Open);
    let billed = head.book.invoices.iter().filter(is_open).map(|line| &line.invoice);
    let by_period = head.book.periods.iter().map(|line| &line.invoice);
    billed.chain(by_period).chain(head.dunning.keys())
}

/// Whether these are all of an account's invoices that are open: together they come to what it owes.
pub fn are_all(invoices: &[Invoice], head: &Head) -> bool {
    let (mut owed, mut unpriced) = (BTreeMap::<Currency, Decimal>::new(), 0);
    for invoice in invoices {
        match invoice.due() {
            Due::Open(Some(open)) => *owed.entry(open.currency()).or_default() += open.amount(),
            Due::Open(None) => unpriced += 1,
            Due::Paid | Due::Withdrawn | Due::NotYet => {}
        }
    }
    owed == head.book.figures.outstanding && unpriced == head.book.figures.unpriced
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{CaseLine, UnderWay};
    use serde_json::{Value, from_value, json};

    const AT: &str = "2026-03-01T09:00:00Z";

    fn at() -> Timestamp {
        AT.parse().unwrap()
    }

    fn seen(value: &Value) -> Value {
        json!([[AT, 0, "evt_1"], value])
    }

    fn usd(amount: &str) -> Value {
        json!({"amount": amount, "currency": "USD"})
    }

    fn invoice(status: &str, remaining: &str) -> Invoice {
        from_value(json!({
            "id": "in_1", "number": seen(&json!("IN-1")), "status": seen(&json!(status)), "total": seen(&usd("49.00")),
            "remaining": seen(&usd(remaining)), "subscription": seen(&json!("sub_1")), "due_on": seen(&json!("2026-03-08")),
        }))
        .unwrap()
    }

    fn head() -> Head {
        Head::new("stripe", "default", "cus_1")
    }

    fn claimed(formal: bool) -> Head {
        let mut head = head();
        let line =
            json!({"payment": "ch_1", "amount": null, "status": "open", "formal": formal, "evidence_due_at": null});
        head.book.disputes.insert("dp_1".to_owned(), from_value(line).unwrap());
        head
    }

    fn with_case(class: Class) -> Head {
        let mut head = head();
        let case = CaseId::of(&head.account, class.name(), "in_1");
        head.cases.insert(case, CaseLine { class: class.name().to_owned(), opened_at: at(), by_ticket: false });
        head
    }

    fn under_way(target: &str) -> Head {
        let mut head = head();
        let action = ActionId::of(&head.account, "luis", target);
        head.under_way.insert(action, UnderWay { target: Some(target.to_owned()), since: at() });
        head
    }

    #[test]
    fn only_what_is_open_and_in_nobodys_hands_can_be_paid() {
        let open = || invoice("open", "49.00");
        let paid = Invoice { paid_at: Some(at()), ..invoice("paid", "0.00") };
        let period =
            || from_value(json!({"id": "sub_1:2026-03-01", "status": seen(&json!("open")), "by_period": true}));
        let dollars = Standing::Open(Some(Money::from_minor(4_900, Currency::USD)));
        let rows = [
            ("open", open(), head(), None, dollars),
            (
                "a part of it",
                invoice("open", "9.00"),
                head(),
                None,
                Standing::Open(Some(Money::from_minor(900, Currency::USD))),
            ),
            ("without a sum", period().unwrap(), head(), None, Standing::Open(None)),
            (
                "settled since",
                Invoice { settled_at: Some(at()), ..period().unwrap() },
                head(),
                None,
                Standing::Paid(Some(at())),
            ),
            ("paid", paid.clone(), head(), None, Standing::Paid(Some(at()))),
            ("nothing left", invoice("open", "0.00"), head(), None, Standing::Paid(None)),
            ("void", invoice("void", "49.00"), head(), None, Standing::Withdrawn),
            ("written off", invoice("uncollectible", "49.00"), head(), None, Standing::Withdrawn),
            ("a draft", invoice("draft", "49.00"), head(), None, Standing::InReview),
            ("more than was billed", invoice("open", "49.01"), head(), None, Standing::InReview),
            ("claimed by a bank", open(), claimed(true), None, Standing::Disputed),
            ("asked about by a bank", open(), claimed(false), None, dollars),
            ("paid, and claimed", paid.clone(), claimed(true), None, Standing::Paid(Some(at()))),
            ("somebody wants to leave", open(), head(), Some(Stage::Recorded), Standing::InReview),
            ("somebody has left", open(), head(), Some(Stage::Left), Standing::Left),
            ("paid by who has left", paid, head(), Some(Stage::Left), Standing::Paid(Some(at()))),
            ("an action is at it", open(), under_way("in_1"), None, Standing::InReview),
            ("an action is at another", open(), under_way("in_2"), None, dollars),
            ("its lines are in question", open(), with_case(Class::Overcharge), None, Standing::InReview),
            ("its plan is in question", open(), with_case(Class::PlanMismatch), None, Standing::InReview),
            ("its payment failed", open(), with_case(Class::PaymentFailed), None, dollars),
        ];
        for (name, invoice, head, stage, expected) in rows {
            let debt = Debt::of(&invoice, &head, stage);
            assert_eq!(debt.standing, expected, "{name}");
            assert_eq!(debt.is_payable(), matches!(expected, Standing::Open(_)), "{name}");
        }
    }

    #[test]
    fn what_is_in_somebodys_hands_is_not_charged_by_itself() {
        let own = ActionId::of(&head().account, "luis", "in_1");
        for (name, invoice, head, own, expected) in [
            ("open", invoice("open", "49.00"), head(), None, None),
            ("claimed by a bank", invoice("open", "49.00"), claimed(true), None, Some(NoTry::Claimed)),
            (
                "its lines are in question",
                invoice("open", "49.00"),
                with_case(Class::Overcharge),
                None,
                Some(NoTry::InReview),
            ),
            ("its payment failed", invoice("open", "49.00"), with_case(Class::PaymentFailed), None, None),
            ("more than was billed", invoice("open", "49.01"), head(), None, Some(NoTry::InReview)),
            ("somebody else is at it", invoice("open", "49.00"), under_way("in_1"), None, Some(NoTry::InReview)),
            ("a try of ours is", invoice("open", "49.00"), under_way("in_1"), Some(&own), None),
        ] {
            assert_eq!(no_try(&invoice, head, None, own), expected, "{name}");
        }
    }

    #[test]
    fn what_comes_to_what_is_owed_is_all_of_it() {
        let mut head = head();
        let period: Invoice =
            from_value(json!({"id": "sub_1:1", "status": seen(&json!("open")), "by_period": true})).unwrap();
        let (open, paid) = (invoice("open", "49.00"), invoice("paid", "0.00"));
        assert!(are_all(&[], &head) && are_all(std::slice::from_ref(&paid), &head), "nothing is owed");
        assert!(!are_all(std::slice::from_ref(&open), &head), "it owes none of that");
        head.book.figures.outstanding.insert(Currency::USD, "98.00".parse().unwrap());
        head.book.figures.unpriced = 1;
        let two = [open.clone(), open, period];
        assert!(are_all(&two, &head));
        assert!(!are_all(&two[1..], &head) && !are_all(&two[..2], &head), "one of them is missing");
    }

    #[test]
    fn a_debt_says_what_it_is_for_as_far_as_that_is_known() {
        let mut head = head();
        let mut billed = invoice("open", "49.00");
        assert_eq!(Debt::of(&billed, &head, None).purpose, None);
        let line = json!({"id": "il_1", "price": null, "text": "3 seats", "role": null, "unit": null, "quantity": null,
            "amount": usd("49.00"), "tax": null, "discount": null, "proration": false, "from": null, "to": null,
            "subscription": null});
        billed.lines = from_value(seen(&json!([line]))).unwrap();
        assert_eq!(Debt::of(&billed, &head, None).purpose.as_deref(), Some("3 seats"));
        head.book.subscriptions.insert("sub_1".to_owned(), from_value(json!({"plan": "Pro"})).unwrap());
        let debt = Debt::of(&billed, &head, None);
        let shown = (debt.number.as_str(), debt.purpose.as_deref(), debt.due_on.map(|day| day.to_string()));
        assert_eq!(shown, ("IN-1", Some("Pro"), Some("2026-03-08".to_owned())));
        let bare = Debt::of(&Invoice::new("in_2"), &head, None);
        assert_eq!((bare.number.as_str(), bare.due_on, bare.standing), ("in_2", None, Standing::InReview));
    }

    #[test]
    fn cases_without_room_on_the_head_are_looked_up() {
        let invoices = ["in_1".to_owned()];
        let mut head = with_case(Class::Overcharge);
        assert!(unnamed(&head, &invoices).is_empty());
        head.more_cases = 1;
        let of = |class: Class| CaseId::of(&head.account, class.name(), "in_1");
        assert_eq!(unnamed(&head, &invoices), [of(Class::InvoiceDiscrepancy), of(Class::PlanMismatch)]);
    }

    #[test]
    fn what_is_asked_for_comes_first_and_each_once() {
        let mut head = head();
        for (number, status) in [(1, "open"), (2, "paid"), (3, "open")] {
            let line = json!({"created_at": AT, "invoice": format!("in_{number}"), "number": null, "total": null,
                "remaining": null, "status": status});
            head.book.invoices.push(from_value(line).unwrap());
        }
        assert_eq!(listed(&head, "in_3"), ["in_3", "in_1"]);
        assert_eq!(listed(&head, "in_2"), ["in_2", "in_1", "in_3"], "also where it is open no more");
    }
}
