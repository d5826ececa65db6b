//! What was tried with one card of an account's other invoices? Networks count a card, whatever it pays.

use crate::book::{Book, By, Due, Head, HistoryLine, Invoice, Tried, Try};
use crate::decline::Declines;
use crate::event::InvoiceStatus;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The invoices, without one of them, whose tries since then may count: those that are recovered or shown as open, and
/// those of the failed tries that the head remembers, which were paid or withdrawn since.
///
/// That is enough. A failed try counts as long as it is one of the newest, as many as a rule allows, and the head
/// remembers the newest of all invoices: what it has forgotten is behind some twenty others, or belongs to an invoice
/// that it names. It is bounded by what the head has room for, and read in one batch.
pub fn invoices_beside(head: &Head, but: Option<&str>, since: Timestamp) -> Vec<String> {
    let book = &head.book;
    let is_open = |line: &&HistoryLine| line.status == Some(InvoiceStatus::Open);
    let open = book.invoices.iter().filter(is_open).map(|line| &line.invoice);
    let tried = book.tries.iter().filter(|tried| tried.at >= since).filter_map(|tried| tried_of(book, tried));
    let periods = book.periods.iter().map(|line| &line.invoice);
    let all: BTreeSet<&String> = head.dunning.keys().chain(open).chain(periods).chain(tried).collect();
    all.into_iter().filter(|other| Some(other.as_str()) != but).cloned().collect()
}

/// Which invoice was tried, said by the telling itself or by a link.
pub(super) fn tried_of<'a>(book: &'a Book, tried: &'a Try) -> Option<&'a String> {
    let linked = book.links.iter().rev().find(|link| Some(&link.intent) == tried.intent.as_ref());
    tried.invoice.as_ref().or(linked.map(|link| &link.invoice))
}

/// What was tried of each of them, in networks as limits call them (`Budget::for_card`). What an action is at now may
/// be a try that nobody has told of yet.
pub fn tried_beside<'a>(
    head: &Head,
    invoices: impl IntoIterator<Item = &'a Invoice>,
    declines: &Declines,
    same_try: SignedDuration,
) -> BTreeMap<String, Vec<Tried>> {
    let named = |tried: Tried| {
        let network = tried.network.as_deref().map(|network| declines.network_named(network).to_owned());
        Tried { network, ..tried }
    };
    let tried = |invoice: &'a Invoice| {
        let mut all: Vec<Tried> = invoice.tried(same_try).into_iter().map(named).collect();
        let mut sent = invoice.tries.untold(same_try);
        if invoice.due() == Due::Paid && all.iter().all(|tried| !tried.succeeded) {
            // What has paid it may be told without its invoice.
            sent.pop();
        }
        all.extend(sent.into_iter().map(|sent| Tried::failed(sent, By::Recoup)));
        let at_it = head.under_way.values().filter(|line| line.target.as_ref() == Some(&invoice.id));
        let untold = at_it.map(|line| line.since).filter(|since| all.iter().all(|tried| tried.at < *since - same_try));
        let untold: Vec<Tried> = untold.map(|since| Tried::failed(since, By::Recoup)).collect();
        all.extend(untold);
        (invoice.id.clone(), all)
    };
    invoices.into_iter().map(tried).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::UnderWay;
    use crate::id::ActionId;
    use crate::policies::Policies;
    use serde_json::{Value, from_value, json};

    fn at(day: u32) -> String {
        format!("2026-03-{day:02}T09:00:00Z")
    }

    fn told(day: u32, invoice: Option<&str>, intent: Option<&str>) -> Value {
        json!({"at": at(day), "event": format!("evt_{day}"), "invoice": invoice, "payment": null, "intent": intent,
            "amount": null, "decline": null})
    }

    fn billed(invoice: &str, status: &str) -> Value {
        json!({"created_at": at(1), "invoice": invoice, "number": null, "total": null, "remaining": null,
            "status": status})
    }

    #[test]
    fn what_may_have_been_tried_lately_is_looked_at() {
        let line = json!({"segment": "standard", "step": 1, "next": null, "next_at": null, "policy_version": 2});
        let link = json!({"at": at(9), "intent": "pi_6", "invoice": "in_6"});
        let period = json!({"failed_at": at(9), "invoice": "in_7", "subscription": "sub_1"});
        let rows: [(&str, &str, Value, &[&str]); 9] = [
            ("nothing", "tries", json!([]), &[]),
            ("itself", "tries", json!([told(9, Some("in_1"), None)]), &[]),
            ("an open one", "invoices", json!([billed("in_2", "open")]), &["in_2"]),
            ("a paid one", "invoices", json!([billed("in_3", "paid")]), &[]),
            ("a paid one that failed before", "tries", json!([told(9, Some("in_3"), None)]), &["in_3"]),
            ("one that failed long ago", "tries", json!([told(1, Some("in_3"), None)]), &[]),
            ("one that is named by none", "tries", json!([told(9, None, None)]), &[]),
            ("a period", "periods", json!([period]), &["in_7"]),
            ("twice told", "tries", json!([told(8, Some("in_4"), None), told(9, Some("in_4"), None)]), &["in_4"]),
        ];
        let since = at(2).parse().unwrap();
        for (name, list, lines, expected) in rows {
            let mut head = Head::new("stripe", "default", "cus_1");
            let mut book = serde_json::to_value(&head.book).unwrap();
            book[list] = lines;
            head.book = from_value(book).unwrap();
            assert_eq!(invoices_beside(&head, Some("in_1"), since), expected, "{name}");
            head.dunning.insert("in_5".to_owned(), from_value(line.clone()).unwrap());
            assert!(
                invoices_beside(&head, Some("in_1"), since).contains(&"in_5".to_owned()),
                "{name}: what is recovered"
            );
            head.book.links.push(from_value(link.clone()).unwrap());
            head.book.tries.push(from_value(told(9, None, Some("pi_6"))).unwrap());
            assert!(invoices_beside(&head, Some("in_1"), since).contains(&"in_6".to_owned()), "{name}: what is linked");
        }
    }

    #[test]
    fn what_is_tried_right_now_counts_before_anybody_tells_of_it() {
        let policies = Policies::shipped().unwrap();
        let mut invoice = Invoice::new("in_2");
        invoice.tries = from_value(json!({"told": [{"t": at(3), "n": "visa_debit", "p": "ch_1"}]})).unwrap();
        let tried = |head: &Head, invoice: &Invoice| {
            let all = tried_beside(head, [invoice], policies.declines.current(), SignedDuration::from_mins(10));
            all.into_values().flatten().map(|tried| (tried.at.to_string(), tried.network, tried.by)).collect::<Vec<_>>()
        };
        let told = (at(3), Some("visa".to_owned()), By::Provider);
        let ours = |day| (at(day), None, By::Recoup);
        for (name, target, since, sent, expected) in [
            ("nothing", "in_3", at(9), None, vec![told.clone()]),
            ("it was told since", "in_2", at(3), None, vec![told.clone()]),
            ("nobody has told of it", "in_2", at(9), None, vec![told.clone(), ours(9)]),
            ("it is over, and nobody has told of it", "in_3", at(9), Some(9), vec![told.clone(), ours(9)]),
            ("it has left, and is one", "in_2", at(9), Some(9), vec![told.clone(), ours(9)]),
        ] {
            let mut invoice = invoice.clone();
            sent.into_iter().for_each(|day| invoice.tries.sends(at(day).parse().unwrap()));
            let mut head = Head::new("stripe", "default", "cus_1");
            let action = ActionId::of(&head.account, "recoup", "try");
            let line = UnderWay { target: Some(target.to_owned()), since: since.parse().unwrap() };
            head.under_way.insert(action, line);
            assert_eq!(tried(&head, &invoice), expected, "{name}");
        }
    }
}
