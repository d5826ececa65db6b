//! Which open case of an account is the trouble that a ticket is about?

use super::TicketPolicy;
use crate::book::Head;
use crate::case::{Case, Class, State};
use std::collections::BTreeSet;

/// The one of these cases that is the same trouble, if any is. An invoice that the text names decides: a case of another
/// invoice is another trouble. Then the same class, then the classes that the policy calls the same; of several the newest.
pub fn same_trouble<'a>(
    class: Class,
    mentioned: &[String],
    head: &Head,
    cases: impl IntoIterator<Item = &'a Case>,
    policy: &TicketPolicy,
) -> Option<&'a Case> {
    let same = &policy.class(class).same;
    let named = invoices(mentioned, head);
    let fits = |case: &&Case| case.state == State::Open && same.contains(&case.class);
    let rank = |case: &Case| {
        let of = of_invoices(case, head);
        let is_named = !named.is_disjoint(&of);
        // A case that is of no invoice, such as one of two payments, may be of the one that is named.
        let may_be = named.is_empty() || is_named || of.is_empty();
        may_be.then_some((is_named, case.class == class, case.opened_at))
    };
    let ranked = cases.into_iter().filter(fits).filter_map(|case| Some((rank(case)?, case)));
    ranked.max_by(|(one, a), (other, b)| (one, &b.id).cmp(&(other, &a.id))).map(|(_, case)| case)
}

/// The provider's ids of the invoices that a text names by id or number, as far as the head shows them.
fn invoices(mentioned: &[String], head: &Head) -> BTreeSet<String> {
    let is_it = |name: &String, own: &str| name.eq_ignore_ascii_case(own);
    let lines = head.book.invoices.iter().filter(|line| {
        let number = line.number.as_deref().unwrap_or_default();
        mentioned.iter().any(|name| is_it(name, &line.invoice) || is_it(name, number))
    });
    lines.map(|line| line.invoice.clone()).collect()
}

/// The invoices that a case looked at.
fn of_invoices(case: &Case, head: &Head) -> BTreeSet<String> {
    let looked = case.evidence.iter().map(|evidence| evidence.source.as_str()).chain([case.about.as_str()]);
    let drafted = case.draft_reply.iter().map(|draft| draft.invoice.as_str());
    let seen: BTreeSet<&str> = looked.chain(drafted).collect();
    let lines = head.book.invoices.iter().filter(|line| {
        let is_number = line.number.as_deref().is_some_and(|number| !number.is_empty() && seen.contains(number));
        seen.contains(line.invoice.as_str()) || is_number
    });
    lines.map(|line| line.invoice.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::HistoryLine;
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
            });
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
