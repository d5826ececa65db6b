//! Mollie's listings. A payment in a list names neither its refunds nor its chargebacks: where it has any, it is asked for.
//!
//! <https://docs.mollie.com/reference/pagination>

mod bought;

use super::read::{self, is_plain};
use super::wire::Entity;
use crate::list::{Asked, listed, said, shown};
use crate::value::{Text, iso};
use crate::{Call, Listing, Malformed, Page, Reply, malformed};
use domain::event::{CustomerSeen, Kind, Origin, Seen};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Parents first. The newest come first, and nothing can be left out by its time: who bought is always listed whole.
pub(super) const LISTINGS: &[Listing] = &[
    Listing {
        name: "customers",
        first: |_| first("/v2/customers", None),
        page: |call, reply, source, at| page(call, reply, source, at, customer),
    },
    Listing {
        name: "subscriptions",
        first: |_| first("/v2/subscriptions", None),
        page: |call, reply, source, at| page(call, reply, source, at, bought::subscription),
    },
    Listing { name: "payments", first: |since| first("/v2/payments", since), page: payments },
    Listing {
        name: "refunds",
        first: |since| first("/v2/refunds", since),
        page: |call, reply, source, at| page(call, reply, source, at, entity),
    },
    Listing {
        name: "chargebacks",
        first: |since| first("/v2/chargebacks", since),
        page: |call, reply, source, at| page(call, reply, source, at, entity),
    },
    Listing {
        name: "sales-invoices",
        first: |since| first("/v2/sales-invoices", since),
        page: |call, reply, source, at| page(call, reply, source, at, entity),
    },
];

fn first(path: &str, since: Option<Timestamp>) -> Call {
    Asked::new(path).with("limit", "250").since(since).call()
}

#[derive(Deserialize)]
struct List<'a> {
    /// By the plural of the resource's name.
    #[serde(rename = "_embedded", borrow)]
    embedded: BTreeMap<String, Vec<&'a RawValue>>,
    #[serde(rename = "_links", borrow)]
    links: Links<'a>,
}

#[derive(Deserialize)]
struct Links<'a> {
    #[serde(borrow)]
    next: Option<Link<'a>>,
}

#[derive(Deserialize)]
struct Link<'a> {
    #[serde(borrow)]
    href: Text<'a>,
}

/// What decides how an object is told.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    created_at: Option<Text<'a>>,
    #[serde(borrow)]
    amount_refunded: Option<Sum<'a>>,
    #[serde(borrow)]
    amount_charged_back: Option<Sum<'a>>,
}

#[derive(Deserialize)]
struct Sum<'a> {
    #[serde(borrow)]
    value: Text<'a>,
}

/// One listed object.
struct Object<'a> {
    raw: &'a RawValue,
    head: Head<'a>,
}

/// Who asked and when, and what a page tells, as far as it was read.
struct Told<'a> {
    source: &'a str,
    at: Timestamp,
    page: Page,
}

/// What one subscription shows that was changed by us: no webhook will tell of it.
pub(super) fn changed_subscription(body: &str) -> Vec<Seen> {
    let Ok(raw) = serde_json::from_str::<&RawValue>(body) else { return Vec::new() };
    let Ok(head) = serde_json::from_str::<Head<'_>>(raw.get()) else { return Vec::new() };
    let mut told = Told { source: "", at: Timestamp::UNIX_EPOCH, page: Page { events: Vec::new(), more: Vec::new() } };
    match bought::subscription(&Object { raw, head }, &mut told) {
        Ok(()) => told.page.events.into_iter().flat_map(|event| event.seen).collect(),
        Err(_) => Vec::new(),
    }
}

type Tell = fn(&Object<'_>, &mut Told<'_>) -> Result<(), Malformed>;

fn page(call: &Call, reply: &Reply, source: &str, at: Timestamp, tell: Tell) -> Result<Page, Malformed> {
    let list: List<'_> = serde_json::from_str(&reply.body).map_err(malformed("a list of Mollie objects"))?;
    let mut told = Told { source, at, page: Page { events: Vec::new(), more: Vec::new() } };
    let mut made_at = None;
    for raw in list.embedded.into_values().flatten() {
        let head: Head<'_> = serde_json::from_str(raw.get()).map_err(malformed("a listed Mollie object"))?;
        made_at = head.created_at.as_deref().map(iso).transpose()?;
        tell(&Object { raw, head }, &mut told)?;
    }
    let asked = Asked::of(call);
    if let Some(next) = list.links.next.filter(|_| !asked.is_past(made_at)) {
        told.page.more.push(asked.go(own_path(&next.href)?).call());
    }
    Ok(told.page)
}

/// A link is followed only to Mollie's own API: the key goes with it.
fn own_path(link: &str) -> Result<&str, Malformed> {
    let path = link.strip_prefix("https://api.mollie.com").filter(|path| path.starts_with("/v2/"));
    path.ok_or_else(|| Malformed { expected: "a link to Mollie's next page", cause: "it leads elsewhere".to_owned() })
}

fn payments(call: &Call, reply: &Reply, source: &str, at: Timestamp) -> Result<Page, Malformed> {
    if !call.path.starts_with("/v2/payments/") {
        return page(call, reply, source, at, payment);
    }
    let raw: &RawValue = serde_json::from_str(&reply.body).map_err(malformed("a Mollie payment"))?;
    let head: Head<'_> = serde_json::from_str(raw.get()).map_err(malformed("a Mollie payment"))?;
    let mut told = Told { source, at, page: Page { events: Vec::new(), more: Vec::new() } };
    entity(&Object { raw, head }, &mut told)?;
    Ok(told.page)
}

/// The sum that went back is as old as the payment that shows it: told without its refunds, it would count twice.
fn payment(object: &Object<'_>, told: &mut Told<'_>) -> Result<(), Malformed> {
    let Head { id, amount_refunded, amount_charged_back, .. } = &object.head;
    let some = |sum: &Option<Sum<'_>>| {
        sum.as_ref().is_some_and(|sum| sum.value.bytes().any(|digit| matches!(digit, b'1'..=b'9')))
    };
    if (some(amount_refunded) || some(amount_charged_back)) && is_plain(id) {
        told.page.more.push(read::payment(id));
        return Ok(());
    }
    entity(object, told)
}

/// An object that tells its own state and time, as when a webhook leads to it.
fn entity(object: &Object<'_>, told: &mut Told<'_>) -> Result<(), Malformed> {
    let entity: Entity<'_> = serde_json::from_str(object.raw.get()).map_err(malformed("a Mollie object"))?;
    let at = read::latest(&entity)?;
    let events = said(read::told(entity, None, at, told.source, Origin::Listed)?);
    told.page.events.extend(events.into_iter().map(|event| listed(&object.head.id, "", event)));
    Ok(())
}

/// No webhook tells of customers.
fn customer(object: &Object<'_>, told: &mut Told<'_>) -> Result<(), Malformed> {
    #[derive(Deserialize)]
    struct Customer {
        name: Option<String>,
        email: Option<String>,
        locale: Option<String>,
    }
    let Customer { name, email, locale } =
        serde_json::from_str(object.raw.get()).map_err(malformed("a Mollie customer"))?;
    let created_at = object.head.created_at.as_deref().map(iso).transpose()?;
    let seen = vec![Seen::Customer(CustomerSeen { name, email, locale, created_at, ..CustomerSeen::default() })];
    let customer = Some(object.head.id.to_string());
    let event = shown("mollie", told.source, Kind::CustomerChanged, told.at, customer, seen);
    told.page.events.push(listed(&object.head.id, "", event));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::event::{DisputeStatus, Event, PaymentStatus, RefundStatus};

    const AT: &str = "2026-03-10T12:00:00Z";

    fn listing(name: &str) -> &'static Listing {
        LISTINGS.iter().find(|listing| listing.name == name).unwrap()
    }

    fn reply(name: &str, objects: &[&str], next: Option<&str>) -> Reply {
        let next =
            next.map_or("null".to_owned(), |href| format!(r#"{{"href":"{href}","type":"application/hal+json"}}"#));
        let (count, objects) = (objects.len(), objects.join(","));
        let links = format!(r#"{{"self":{{"href":"..."}},"previous":null,"next":{next}}}"#);
        Reply {
            status: 200,
            body: format!(r#"{{"count":{count},"_embedded":{{"{name}":[{objects}]}},"_links":{links}}}"#),
        }
    }

    fn read(name: &str, object: &str) -> Page {
        let listing = listing(name);
        (listing.page)(&(listing.first)(None), &reply(name, &[object], None), "default", AT.parse().unwrap()).unwrap()
    }

    fn one(page: &Page) -> &Event {
        let [event] = &page.events[..] else { panic!("{} events", page.events.len()) };
        event
    }

    fn payment_of(status: &str, rest: &str) -> String {
        format!(
            r#"{{"resource":"payment","id":"tr_1","mode":"live","createdAt":"2026-03-01T09:00:00+00:00","amount":{{"value":"10.00",
            "currency":"EUR"}},
            "status":"{status}","customerId":"cst_1","subscriptionId":"sub_1","sequenceType":"recurring","metadata":null{rest}}}"#
        )
    }

    #[test]
    fn the_next_page_is_where_the_link_leads_unless_all_that_follows_is_too_old() {
        let since = |text: &str| Some(text.parse().unwrap());
        let link = "https://api.mollie.com/v2/payments?from=tr_0&limit=250";
        for (name, since, next, expected) in [
            ("there is more", None, Some(link), Some("/v2/payments?from=tr_0&limit=250")),
            ("the last page", None, None, None),
            (
                "new enough",
                since("2026-03-01T00:00:00Z"),
                Some(link),
                Some("/v2/payments?from=tr_0&limit=250#since=2026-03-01T00%3A00%3A00Z"),
            ),
            ("too old", since("2026-03-02T00:00:00Z"), Some(link), None),
        ] {
            let listing = listing("payments");
            let reply = reply("payments", &[&payment_of("paid", "")], next);
            let page = (listing.page)(&(listing.first)(since), &reply, "default", AT.parse().unwrap()).unwrap();
            assert_eq!(page.more.first().map(|call| call.path.as_str()), expected, "{name}");
        }
        assert_eq!((listing("customers").first)(None).path, "/v2/customers?limit=250");
    }

    #[test]
    fn the_key_is_sent_nowhere_else() {
        for link in [
            "https://evil.example/v2/payments",
            "https://api.mollie.com.evil.example/v2/payments",
            "https://api.mollie.com/x",
            "...",
        ] {
            let listing = listing("payments");
            let reply = reply("payments", &[], Some(link));
            assert!((listing.page)(&(listing.first)(None), &reply, "default", AT.parse().unwrap()).is_err(), "{link}");
        }
    }

    #[test]
    fn a_payment_has_its_own_time() {
        for (status, rest, kind, at) in [
            ("paid", r#","paidAt":"2026-03-01T09:05:00+00:00""#, Kind::PaymentSucceeded, "2026-03-01T09:05:00Z"),
            ("failed", r#","failedAt":"2026-03-02T09:00:00+00:00""#, Kind::PaymentFailed, "2026-03-02T09:00:00Z"),
            ("open", "", Kind::PaymentPending, "2026-03-01T09:00:00Z"),
        ] {
            let page = read("payments", &payment_of(status, rest));
            let event = one(&page);
            assert_eq!(
                (event.kind, event.at.to_string().as_str(), event.origin),
                (kind, at, Origin::Listed),
                "{status}"
            );
            assert!(event.id.starts_with("list:tr_1:"), "{}", event.id);
        }
    }

    #[test]
    fn a_payment_of_which_something_went_back_is_asked_for() {
        let euros = |value: &str| format!(r#"{{"value":"{value}","currency":"EUR"}}"#);
        for (rest, asked) in [
            (format!(r#","amountRefunded":{}"#, euros("0.00")), false),
            (format!(r#","amountRefunded":{}"#, euros("0.05")), true),
            (format!(r#","amountChargedBack":{}"#, euros("10.00")), true),
        ] {
            let page = read("payments", &payment_of("paid", &rest));
            assert_eq!((page.events.is_empty(), page.more.len()), (asked, usize::from(asked)), "{rest}");
        }
        let refund = format!(
            r#"{{"resource":"refund","id":"re_1","paymentId":"tr_1","status":"refunded","createdAt":"2026-03-05T09:00:00+00:00",
            "amount":{}}}"#,
            euros("4.00")
        );
        let rest = format!(r#","amountRefunded":{},"_embedded":{{"refunds":[{refund}]}}"#, euros("4.00"));
        let call = Call::get("/v2/payments/tr_1?embed=refunds,chargebacks");
        let reply = Reply { status: 200, body: payment_of("paid", &rest) };
        let page = (listing("payments").page)(&call, &reply, "default", AT.parse().unwrap()).unwrap();
        let event = one(&page);
        assert_eq!(event.at.to_string(), "2026-03-05T09:00:00Z", "as new as what happened to it last");
        let [Seen::Payment(payment), Seen::Invoice(_), Seen::Refund(refund)] = &event.seen[..] else {
            panic!("{:?}", event.seen)
        };
        assert_eq!((payment.status, refund.status), (Some(PaymentStatus::Succeeded), Some(RefundStatus::Succeeded)));
    }

    #[test]
    fn refunds_chargebacks_and_customers_are_told() {
        let amount = r#""amount":{"value":"10.00","currency":"EUR"}"#;
        let refund = format!(
            r#"{{"resource":"refund","id":"re_1","paymentId":"tr_1","status":"failed","createdAt":"2026-03-05T09:00:00+00:00",{amount}}}"#
        );
        let page = read("refunds", &refund);
        assert_eq!(one(&page).kind, Kind::RefundChanged);
        let chargeback = format!(
            r#"{{"resource":"chargeback","id":"chb_1","paymentId":"tr_1","createdAt":"2026-03-05T09:00:00+00:00",
            "reversedAt":null,{amount}}}"#
        );
        let page = read("chargebacks", &chargeback);
        assert!(matches!(&one(&page).seen[..], [Seen::Dispute(seen)] if seen.status == DisputeStatus::Lost));
        let customer = r#"{"resource":"customer","id":"cst_1","name":"Ada","email":"ada@shop.example","locale":"de_DE",
            "metadata":{"a":1},"createdAt":"2026-01-01T00:00:00+00:00"}"#;
        let page = read("customers", customer);
        let event = one(&page);
        assert_eq!((event.customer.as_deref(), event.at), (Some("cst_1"), AT.parse::<Timestamp>().unwrap()));
        assert!(matches!(&event.seen[..], [Seen::Customer(seen)] if seen.locale.as_deref() == Some("de_DE")));
    }

    #[test]
    fn what_is_no_list_is_malformed() {
        for body in [
            "",
            "{}",
            r#"{"status":401,"title":"Unauthorized Request"}"#,
            r#"{"_embedded":{"payments":[{}]},"_links":{}}"#,
        ] {
            let reply = Reply { status: 200, body: body.to_owned() };
            assert!(
                (listing("payments").page)(&Call::get("/v2/payments"), &reply, "default", Timestamp::UNIX_EPOCH)
                    .is_err(),
                "{body}"
            );
        }
    }
}
