//! Chargebee's listings: each entry of a list is what the content of an event would be.
//!
//! <https://apidocs.chargebee.com/docs/api/list-ops>

use super::read;
use crate::list::{Asked, listed, said};
use crate::value::Text;
use crate::{Call, Listing, Malformed, Page, Reply, malformed};
use domain::event::{Event, InvoiceSeen, Kind, PaymentSeen, Seen};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Parents first. Oldest first, so that what is made meanwhile comes at the end and moves nothing.
pub(super) const LISTINGS: &[Listing] = &[
    Listing {
        name: "customers",
        first: |since| first("/api/v2/customers", "created_at", "updated_at", since).call(),
        page: |call, reply, source, at| page(call, reply, source, at, "customer"),
    },
    Listing {
        name: "payment_sources",
        first: |since| with_deleted(first("/api/v2/payment_sources", "created_at", "updated_at", since), since),
        page: |call, reply, source, at| page(call, reply, source, at, "payment_source"),
    },
    Listing {
        name: "subscriptions",
        first: |since| with_deleted(first("/api/v2/subscriptions", "created_at", "updated_at", since), since),
        page: |call, reply, source, at| page(call, reply, source, at, "subscription"),
    },
    Listing {
        name: "invoices",
        first: |since| with_deleted(first("/api/v2/invoices", "date", "updated_at", since), since),
        page: |call, reply, source, at| page(call, reply, source, at, "invoice"),
    },
    Listing {
        name: "transactions",
        first: |since| with_deleted(first("/api/v2/transactions", "date", "updated_at", since), since),
        page: |call, reply, source, at| page(call, reply, source, at, "transaction"),
    },
    Listing {
        name: "credit_notes",
        first: |since| with_deleted(first("/api/v2/credit_notes", "date", "date", since), since),
        page: |call, reply, source, at| page(call, reply, source, at, "credit_note"),
    },
];

/// Chargebee lists by when a resource changed, and is quicker if sorted by the same; credit notes only sort by date.
fn first(path: &str, made: &str, changed: &str, since: Option<Timestamp>) -> Asked {
    let asked = Asked::new(path).with("limit", "100");
    match since {
        Some(since) => asked.with("updated_at[after]", since.as_second().to_string()).with("sort_by[asc]", changed),
        None => asked.with("sort_by[asc]", made),
    }
}

/// What was deleted long ago concerns nobody; what was deleted since may still stand in the book.
fn with_deleted(asked: Asked, since: Option<Timestamp>) -> Call {
    match since {
        Some(_) => asked.with("include_deleted", "true").call(),
        None => asked.call(),
    }
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow)]
    list: Vec<&'a RawValue>,
    #[serde(borrow)]
    next_offset: Option<Text<'a>>,
}

/// What decides how a resource is told.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(rename = "type", borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    date: Option<i64>,
    cancelled_at: Option<i64>,
}

fn page(call: &Call, reply: &Reply, source: &str, at: Timestamp, resource: &'static str) -> Result<Page, Malformed> {
    let list: List<'_> = serde_json::from_str(&reply.body).map_err(malformed("a list of Chargebee resources"))?;
    let mut page = Page { events: Vec::new(), more: Vec::new() };
    for entry in list.list {
        let parts: BTreeMap<String, &RawValue> =
            serde_json::from_str(entry.get()).map_err(malformed("an entry of a Chargebee list"))?;
        let own = parts
            .get(resource)
            .ok_or_else(|| Malformed { expected: resource, cause: "its entry holds something else".to_owned() })?;
        let head: Head<'_> = serde_json::from_str(own.get()).map_err(malformed("a Chargebee resource"))?;
        let (kind, second) = told(resource, &head, at.as_second());
        let content = entry.get();
        let body = format!(r#"{{"id":"listed","occurred_at":{second},"event_type":"{kind}","content":{content}}}"#);
        for mut event in said(read::read(body.as_bytes(), source)?) {
            name_the_tried(&mut event, resource);
            page.events.push(listed(&format!("{resource}:{}", &*head.id), "", event));
        }
    }
    if let Some(offset) = list.next_offset {
        page.more.push(Asked::of(call).with("offset", offset).call());
    }
    Ok(page)
}

/// Which event would announce a resource as it stands, and when: what ended or failed has its own time.
fn told(resource: &str, head: &Head<'_>, now: i64) -> (&'static str, i64) {
    let is_payment = matches!(head.kind.as_deref(), None | Some("payment"));
    match (resource, head.status.as_deref()) {
        ("customer", _) => ("customer_changed", now),
        ("payment_source", _) => ("payment_source_updated", now),
        ("subscription", Some("cancelled")) => ("subscription_cancelled", head.cancelled_at.unwrap_or(now).min(now)),
        ("subscription", _) => ("subscription_changed", now),
        ("invoice", _) => ("invoice_updated", now),
        ("transaction", Some("failure" | "timeout" | "late_failure")) if is_payment => {
            ("payment_failed", head.date.unwrap_or(now).min(now))
        }
        ("transaction", _) => ("transaction_updated", now),
        _ => ("credit_note_updated", now),
    }
}

/// A webhook shows the invoice beside the payment that failed; in a list the payment stands alone, and only it knows why.
fn name_the_tried(event: &mut Event, resource: &str) {
    if resource != "transaction" || event.kind != Kind::PaymentFailed {
        return;
    }
    let tried = event.seen.iter().find_map(|seen| match seen {
        Seen::Payment(PaymentSeen { invoice: Some(invoice), at, decline, .. }) => {
            let (id, decline) = (invoice.clone(), decline.clone());
            Some(Seen::Invoice(InvoiceSeen { id, failed_at: at.or(Some(event.at)), decline, ..InvoiceSeen::default() }))
        }
        _ => None,
    });
    event.seen.extend(tried);
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::event::{Origin, PaymentStatus};

    const AT: &str = "2026-03-01T12:00:00Z";

    fn listing(name: &str) -> &'static Listing {
        LISTINGS.iter().find(|listing| listing.name == name).unwrap()
    }

    fn read(name: &str, entries: &[&str], next: &str) -> Page {
        let listing = listing(name);
        let reply = Reply { status: 200, body: format!(r#"{{"list":[{}]{next}}}"#, entries.join(",")) };
        (listing.page)(&(listing.first)(None), &reply, "acme-test", AT.parse().unwrap()).unwrap()
    }

    #[test]
    fn the_first_page_asks_for_what_changed_or_for_everything() {
        let since = Some("2026-01-01T00:00:00Z".parse().unwrap());
        for (name, all, changed) in [
            ("customers", "/api/v2/customers?limit=100&sort_by%5Basc%5D=created_at", "updated_at"),
            ("transactions", "/api/v2/transactions?limit=100&sort_by%5Basc%5D=date", "updated_at&include_deleted=true"),
            ("credit_notes", "/api/v2/credit_notes?limit=100&sort_by%5Basc%5D=date", "date&include_deleted=true"),
        ] {
            assert_eq!((listing(name).first)(None).path, all, "{name}");
            let expected =
                format!("/api/v2/{name}?limit=100&updated_at%5Bafter%5D=1767225600&sort_by%5Basc%5D={changed}");
            assert_eq!((listing(name).first)(since).path, expected, "{name}");
        }
    }

    #[test]
    fn the_next_page_is_where_chargebee_says() {
        let page = read("customers", &[], r#","next_offset":"[\"1517505797000\",\"241000000055\"]""#);
        let next = "/api/v2/customers?limit=100&sort_by%5Basc%5D=created_at&offset=%5B%221517505797000%22%2C%22241000000055%22%5D";
        assert_eq!(page.more, [Call::list(next)]);
        assert!(read("customers", &[], "").more.is_empty());
    }

    #[test]
    fn each_listing_reads_one_of_its_resources() {
        for (name, entry, kind, second) in [
            (
                "customers",
                r#"{"customer":{"id":"cb_1","email":"ada@shop.example","promotional_credits":300,"preferred_currency_code":"USD"},
                "card":{"payment_source_id":"pm_1","customer_id":"cb_1","status":"valid","card_type":"visa","last4":"4242"}}"#,
                Kind::CustomerChanged,
                1_772_366_400,
            ),
            (
                "payment_sources",
                r#"{"payment_source":{"id":"pm_1","customer_id":"cb_1","status":"expiring","card":{"brand":"visa","last4":"4242"}}}"#,
                Kind::CardUpdated,
                1_772_366_400,
            ),
            (
                "subscriptions",
                r#"{"subscription":{"id":"cb_1","customer_id":"cb_1","status":"active"},"customer":{"id":"cb_1"}}"#,
                Kind::SubscriptionChanged,
                1_772_366_400,
            ),
            (
                "subscriptions",
                r#"{"subscription":{"id":"cb_1","customer_id":"cb_1","status":"cancelled","cancelled_at":1771000000},
                "customer":{"id":"cb_1"}}"#,
                Kind::SubscriptionEnded,
                1_771_000_000,
            ),
            (
                "invoices",
                r#"{"invoice":{"id":"6","customer_id":"cb_1","status":"payment_due","total":4070,"amount_due":3570,
                "currency_code":"USD"}}"#,
                Kind::InvoiceChanged,
                1_772_366_400,
            ),
            (
                "transactions",
                r#"{"transaction":{"id":"txn_2","customer_id":"cb_1","type":"refund","refunded_txn_id":"txn_1","status":"success",
                "date":1772000000}}"#,
                Kind::RefundChanged,
                1_772_366_400,
            ),
            (
                "credit_notes",
                r#"{"credit_note":{"id":"CN-1","customer_id":"cb_1","reference_invoice_id":"6","status":"adjusted","total":871,
                "currency_code":"USD"}}"#,
                Kind::CreditNoteChanged,
                1_772_366_400,
            ),
        ] {
            let page = read(name, &[entry], "");
            let [event] = &page.events[..] else { panic!("{name}: one event") };
            assert_eq!(
                (event.kind, event.at.as_second(), event.customer.as_deref()),
                (kind, second, Some("cb_1")),
                "{name}"
            );
            assert_eq!(event.origin, Origin::Listed, "{name}");
        }
    }

    #[test]
    fn a_failed_payment_is_told_when_it_failed_and_says_why_its_invoice_is_open() {
        let entry = r#"{"transaction":{"id":"txn_1","customer_id":"cb_1","type":"payment","status":"failure","date":1772000000,
            "amount":3570,
            "currency_code":"USD","gateway":"stripe","error_code":"insufficient_funds","linked_invoices":[{"invoice_id":"6"}]}}"#;
        let page = read("transactions", &[entry], "");
        let [event] = &page.events[..] else { panic!("one event") };
        assert_eq!((event.kind, event.at.as_second()), (Kind::PaymentFailed, 1_772_000_000));
        let [Seen::Payment(payment), Seen::Invoice(invoice)] = &event.seen[..] else {
            panic!("the payment and its invoice")
        };
        assert_eq!(payment.status, Some(PaymentStatus::Failed));
        assert_eq!((invoice.id.as_str(), invoice.failed_at), ("6", Some(event.at)));
        assert_eq!(invoice.decline.as_ref().map(|decline| decline.code.as_str()), Some("insufficient_funds"));
    }

    #[test]
    fn the_version_of_a_resource_decides_and_not_the_listing() {
        let entry = r#"{"invoice":{"id":"6","customer_id":"cb_1","status":"paid","resource_version":1772359200007}}"#;
        let page = read("invoices", &[entry], "");
        let Seen::Invoice(invoice) = &page.events[0].seen[0] else { panic!("an invoice") };
        assert_eq!(invoice.as_of.map(Timestamp::as_millisecond), Some(1_772_359_200_007));
    }

    #[test]
    fn what_is_no_list_is_malformed() {
        for body in [
            "",
            "{}",
            r#"{"message":"Sorry","api_error_code":"x"}"#,
            r#"{"list":[{"card":{}}]}"#,
            r#"{"list":[{"invoice":{}}]}"#,
        ] {
            let reply = Reply { status: 200, body: body.to_owned() };
            assert!(
                (listing("invoices").page)(&Call::get("/api/v2/invoices"), &reply, "acme", AT.parse().unwrap())
                    .is_err(),
                "{body}"
            );
        }
    }
}
