//! Which open case of an account is the trouble that a ticket is about?

use super::TicketPolicy;
use crate::book::Head;
use crate::case::{Case, Class, State};
use std::collections::BTreeSet;

/// The one of these cases that is the same trouble, if any is. An invoice, a payment or a subscription that the text
/// names decides: a case of another one is another trouble. Then the same class, then the classes that the policy calls
/// the same; of several the newest.
pub fn same_trouble<'a>(
    class: Class,
    mentioned: &[String],
    head: &Head,
    cases: impl IntoIterator<Item = &'a Case>,
    policy: &TicketPolicy,
) -> Option<&'a Case> {
    let same = &policy.class(class).same;
    let named = known(head, |own| mentioned.iter().any(|name| name.eq_ignore_ascii_case(own)));
    let fits = |case: &&Case| case.state == State::Open && same.contains(&case.class);
    let rank = |case: &Case| {
        let of = looked_at(case, head);
        let is_named = named.iter().zip(&of).any(|(named, of)| !named.is_disjoint(of));
        // A case that is of no invoice, such as one of two payments, may be of the one that is named.
        let may_be = is_named || named.iter().zip(&of).all(|(named, of)| named.is_empty() || of.is_empty());
        may_be.then_some((is_named, case.class == class, case.opened_at))
    };
    let ranked = cases.into_iter().filter(fits).filter_map(|case| Some((rank(case)?, case)));
    ranked.max_by(|(one, a), (other, b)| (one, &b.id).cmp(&(other, &a.id))).map(|(_, case)| case)
}

/// Invoices, payments and subscriptions, by the provider's ids.
type Ids<'a> = [BTreeSet<&'a str>; 3];

/// Those of which this is said, by id or by the number of an invoice, as far as the head shows them.
fn known(head: &Head, is_it: impl Fn(&str) -> bool) -> Ids<'_> {
    let book = &head.book;
    let invoices = book.invoices.iter().filter(|line| {
        let is_number = line.number.as_deref().is_some_and(|number| !number.is_empty() && is_it(number));
        is_number || is_it(&line.invoice)
    });
    let payments = book.payments.iter().filter(|line| is_it(&line.payment));
    let subscriptions = book.subscriptions.keys().filter(|id| is_it(id));
    [
        invoices.map(|line| line.invoice.as_str()).collect(),
        payments.map(|line| line.payment.as_str()).collect(),
        subscriptions.map(String::as_str).collect(),
    ]
}

/// Those that a case looked at.
fn looked_at<'a>(case: &Case, head: &'a Head) -> Ids<'a> {
    let looked = case.evidence.iter().map(|evidence| evidence.source.as_str()).chain([case.about.as_str()]);
    let drafted = case.draft_reply.iter().flat_map(|draft| [draft.invoice.as_str(), draft.payment.as_str()]);
    let seen: BTreeSet<&str> = looked.chain(drafted).collect();
    known(head, |own| seen.contains(own))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{HistoryLine, SubscriptionLine};
    use crate::id::CaseId;
    use crate::policies::Policies;
    use jiff::{SignedDuration, Timestamp};
    use serde_json::{from_value, json};

    fn case(class: &str, about: &str, hour: i64) -> Case {
        let account = Head::new("shop", "default", "cus_1").account;
        from_value(json!({"id": CaseId::of(&account, class, about), "account": account, "class": class, "about": about,
            "confidence": "1", "state": "open", "rule": "r", "policy_version": 1, "evidence": [], "missing": [],
            "advice": "", "why": "", "recommended": null, "draft_reply": null, "actions": [], "events": [],
            "opened_at": Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour), "resolved_at": null,
            "resolution": null}))
        .unwrap()
    }

    #[test]
    fn the_same_class_then_a_like_one_then_the_newest_and_a_named_invoice_decides() {
        let policies = Policies::shipped().unwrap();
        let mut head = Head::new("shop", "default", "cus_1");
        for (id, number) in [("in_1", "INV-1"), ("in_2", "INV-2")] {
            head.book.invoices.push(HistoryLine {
                created_at: Timestamp::UNIX_EPOCH,
                invoice: id.to_owned(),
                number: Some(number.to_owned()),
                total: None,
                remaining: None,
                status: None,
                subscription: None,
                paid_at: None,
            });
        }
        for id in ["ch_1", "ch_2"] {
            head.book.payments.push(from_value(json!({"at": Timestamp::UNIX_EPOCH, "payment": id})).unwrap());
        }
        for id in ["sub_1", "sub_2"] {
            head.book.subscriptions.insert(id.to_owned(), SubscriptionLine::default());
        }
        let (first, second) = (case("payment_failed", "in_1", 1), case("payment_failed", "in_2", 2));
        let (twice, doubled) = (case("duplicate_charge", "ch_2", 3), case("duplicate_subscription", "sub_2", 4));
        let mut over = case("payment_failed", "in_1", 9);
        over.state = State::Resolved;
        let all = [first.clone(), second.clone(), twice.clone(), doubled.clone(), over];
        for (what, class, mentioned, expected) in [
            ("the newest of the class", Class::PaymentFailed, vec![], Some(&second)),
            ("the named invoice's", Class::PaymentFailed, vec!["inv-1"], Some(&first)),
            ("by the provider's id", Class::PaymentFailed, vec!["in_1"], Some(&first)),
            ("a number that nobody knows", Class::PaymentFailed, vec!["INV-9"], Some(&second)),
            ("its own class before a newer like one", Class::DuplicateCharge, vec![], Some(&twice)),
            ("a case of no invoice may be of the named one", Class::DuplicateCharge, vec!["INV-2"], Some(&twice)),
            ("a payment that is its own", Class::DuplicateCharge, vec!["ch_2"], Some(&twice)),
            ("of another payment, and a like one of none", Class::DuplicateCharge, vec!["CH_1"], Some(&doubled)),
            ("a subscription that is its own", Class::DuplicateCharge, vec!["sub_2"], Some(&doubled)),
            ("of another subscription", Class::DuplicateSubscription, vec!["sub_1"], Some(&twice)),
            ("a class that is like it", Class::RefundRequest, vec![], Some(&twice)),
            ("another trouble", Class::TaxQuestion, vec![], None),
            ("not about billing", Class::NotBilling, vec![], None),
        ] {
            let mentioned: Vec<String> = mentioned.into_iter().map(str::to_owned).collect();
            let found = same_trouble(class, &mentioned, &head, &all, policies.tickets.current());
            assert_eq!(found.map(|case| &case.id), expected.map(|case| &case.id), "{what}");
        }
        let named = ["INV-1".to_owned()];
        let found = same_trouble(Class::PaymentFailed, &named, &head, [&second], policies.tickets.current());
        assert_eq!(found, None, "a case of another invoice is another trouble");
    }
}
