//! Lemon Squeezy's listings: each object is read as the delivery that would announce its present state.
//!
//! <https://docs.lemonsqueezy.com/api/getting-started/requests#pagination>

use super::read;
use super::wire::Data;
use crate::list::{Asked, listed, said, shown};
use crate::value::{Id, Text, iso};
use crate::{Call, Listing, Malformed, Page, Reply, malformed};
use domain::event::{CustomerSeen, Event, Kind, Seen};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeSet;

/// Parents first. The newest come first, and nothing can be left out by its time: who bought is always listed whole.
pub(super) const LISTINGS: &[Listing] = &[
    Listing { name: "customers", first: |_| first("/v1/customers", None).call(), page },
    Listing { name: "orders", first: |since| first("/v1/orders", since).call(), page },
    Listing { name: "subscriptions", first: |_| first("/v1/subscriptions", None).call(), page },
    // Whether an invoice that is not paid was tried, only its subscription says.
    Listing {
        name: "subscription-invoices",
        first: |since| first("/v1/subscription-invoices", since).with("include", "subscription").call(),
        page,
    },
];

fn first(path: &str, since: Option<Timestamp>) -> Asked {
    Asked::new(path).with("page[size]", "100").with("page[number]", "1").since(since)
}

#[derive(Deserialize)]
struct List<'a> {
    meta: Meta,
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
    #[serde(default, borrow)]
    included: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Meta {
    page: Numbers,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Numbers {
    current_page: u32,
    last_page: u32,
}

fn page(call: &Call, reply: &Reply, source: &str, _at: Timestamp) -> Result<Page, Malformed> {
    let list: List<'_> = serde_json::from_str(&reply.body).map_err(malformed("a Lemon Squeezy list"))?;
    let unpaid = unpaid(&list.included)?;
    let mut page = Page { events: Vec::new(), more: Vec::new() };
    let mut made_at = None;
    for raw in list.data {
        let object: Data<'_> = serde_json::from_str(raw.get()).map_err(malformed("a Lemon Squeezy object"))?;
        made_at = object.attributes.created_at.as_deref().map(iso).transpose()?;
        let version = object.attributes.updated_at.as_deref().unwrap_or_default().to_owned();
        let name = format!("{}:{}", &*object.kind, object.id.0);
        let events =
            if &*object.kind == "customers" { customer(raw, source)? } else { told(raw, &object, source, &unpaid)? };
        page.events.extend(events.into_iter().map(|event| listed(&name, &version, event)));
    }
    let asked = Asked::of(call);
    let Numbers { current_page, last_page } = list.meta.page;
    if current_page < last_page && !asked.is_past(made_at) {
        page.more.push(asked.with("page[number]", (current_page + 1).to_string()).call());
    }
    Ok(page)
}

/// The subscriptions that Lemon Squeezy tries to collect for, or has given up.
fn unpaid(included: &[&RawValue]) -> Result<BTreeSet<String>, Malformed> {
    let mut unpaid = BTreeSet::new();
    for raw in included {
        let object: Data<'_> =
            serde_json::from_str(raw.get()).map_err(malformed("an included Lemon Squeezy object"))?;
        if &*object.kind == "subscriptions"
            && matches!(object.attributes.status.as_deref(), Some("past_due" | "unpaid"))
        {
            unpaid.insert(object.id.0);
        }
    }
    Ok(unpaid)
}

fn told(raw: &RawValue, object: &Data<'_>, source: &str, unpaid: &BTreeSet<String>) -> Result<Vec<Event>, Malformed> {
    let status = object.attributes.status.as_deref().unwrap_or_default();
    let tried = object.attributes.subscription_id.as_ref().is_some_and(|Id(id)| unpaid.contains(id));
    let (name, kind) = announced(&object.kind, status, tried);
    let data = raw.get();
    let body = format!(r#"{{"meta":{{"event_name":"{name}"}},"data":{data}}}"#);
    let events = said(read::read(body.as_bytes(), source)?);
    Ok(events.into_iter().map(|event| Event { kind: kind.unwrap_or(event.kind), ..event }).collect())
}

/// Which delivery would announce an object as it stands; what none announces is told as what it is.
fn announced(object: &str, status: &str, tried: bool) -> (&'static str, Option<Kind>) {
    match (object, status) {
        ("orders", "paid") => ("order_created", None),
        ("orders", "refunded" | "partial_refund") => ("order_refunded", None),
        ("orders", "pending") => ("order_created", Some(Kind::PaymentPending)),
        // No webhook tells of an order that came to nothing, so it is no try either.
        ("orders", _) => ("order_created", Some(Kind::PaymentCanceled)),
        ("subscriptions", "expired") => ("subscription_expired", None),
        ("subscriptions", "paused") => ("subscription_paused", None),
        ("subscription-invoices", "paid") => ("subscription_payment_success", None),
        ("subscription-invoices", "refunded" | "partial_refund") => ("subscription_payment_refunded", None),
        ("subscription-invoices", "pending") if tried => ("subscription_payment_failed", None),
        ("subscription-invoices", _) => ("subscription_updated", Some(Kind::InvoiceChanged)),
        _ => ("subscription_updated", None),
    }
}

/// Webhooks tell who somebody is beside what they bought; a customer of their own right is only listed.
fn customer(raw: &RawValue, source: &str) -> Result<Vec<Event>, Malformed> {
    #[derive(Deserialize)]
    struct Customer<'a> {
        id: Id,
        #[serde(borrow)]
        attributes: Attributes<'a>,
    }
    #[derive(Deserialize)]
    struct Attributes<'a> {
        name: Option<String>,
        email: Option<String>,
        city: Option<String>,
        region: Option<String>,
        country: Option<String>,
        #[serde(borrow)]
        created_at: Option<Text<'a>>,
        #[serde(borrow)]
        updated_at: Option<Text<'a>>,
    }
    let Customer { id, attributes } = serde_json::from_str(raw.get()).map_err(malformed("a Lemon Squeezy customer"))?;
    let time = |text: &Option<Text<'_>>| text.as_deref().map(iso).transpose();
    let created_at = time(&attributes.created_at)?;
    let Some(at) = time(&attributes.updated_at)?.or(created_at) else {
        return Err(Malformed { expected: "a Lemon Squeezy customer", cause: "it has no time".to_owned() });
    };
    let country = attributes.country.clone().filter(|country| !country.is_empty());
    let lines = [attributes.city, attributes.region, attributes.country];
    let address = lines.into_iter().flatten().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(", ");
    let seen = CustomerSeen {
        name: attributes.name,
        email: attributes.email,
        address: Some(address).filter(|address| !address.is_empty()),
        country,
        created_at,
        ..CustomerSeen::default()
    };
    Ok(vec![shown("lemonsqueezy", source, Kind::CustomerChanged, at, Some(id.0), vec![Seen::Customer(seen)])])
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::event::{InvoiceStatus, Origin};

    fn listing(name: &str) -> &'static Listing {
        LISTINGS.iter().find(|listing| listing.name == name).unwrap()
    }

    fn object(kind: &str, status: &str) -> String {
        format!(
            r#"{{"type":"{kind}","id":"1","attributes":{{"customer_id":77,"subscription_id":5,"status":"{status}","currency":"USD",
            "total":1900,
            "billing_reason":"renewal","user_name":"Ada","user_email":"ada@shop.example",
            "urls":{{"update_payment_method":"https://a.example"}},
            "created_at":"2026-02-01T10:00:00.000000Z","updated_at":"2026-02-03T10:00:00.000000Z"}}}}"#
        )
    }

    fn reply(numbers: (u32, u32), objects: &[&str], included: &[&str]) -> Reply {
        let (current, last) = numbers;
        let (data, included) = (objects.join(","), included.join(","));
        let page =
            format!(r#"{{"currentPage":{current},"from":1,"lastPage":{last},"perPage":100,"to":100,"total":250}}"#);
        Reply {
            status: 200,
            body: format!(r#"{{"meta":{{"page":{page}}},"links":{{}},"data":[{data}],"included":[{included}]}}"#),
        }
    }

    fn read(name: &str, objects: &[&str], included: &[&str]) -> Vec<Event> {
        let listing = listing(name);
        let at = "2026-03-01T12:00:00Z".parse().unwrap();
        (listing.page)(&(listing.first)(None), &reply((1, 1), objects, included), "default", at).unwrap().events
    }

    #[test]
    fn pages_are_turned_until_the_last_or_until_what_is_too_old() {
        let at: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let order = object("orders", "paid");
        let since = |text: &str| Some(text.parse().unwrap());
        let plain = "/v1/orders?page%5Bsize%5D=100&page%5Bnumber%5D=";
        for (name, since, numbers, expected) in [
            ("the first of three", None, (1, 3), Some(format!("{plain}2"))),
            ("the last", None, (3, 3), None),
            ("none at all", None, (1, 0), None),
            (
                "new enough",
                since("2026-02-01T10:00:00Z"),
                (1, 3),
                Some(format!("{plain}2#since=2026-02-01T10%3A00%3A00Z")),
            ),
            ("too old", since("2026-02-01T10:00:01Z"), (1, 3), None),
        ] {
            let listing = listing("orders");
            let page = (listing.page)(&(listing.first)(since), &reply(numbers, &[&order], &[]), "default", at).unwrap();
            assert_eq!(page.more.first().map(|call| call.path.clone()), expected, "{name}");
        }
        assert!((listing("subscription-invoices").first)(None).path.ends_with("&include=subscription"));
    }

    #[test]
    fn an_object_is_told_as_it_stands() {
        for (listing, kind, status, expected) in [
            ("orders", "orders", "paid", Kind::PaymentSucceeded),
            ("orders", "orders", "partial_refund", Kind::RefundChanged),
            ("orders", "orders", "pending", Kind::PaymentPending),
            ("orders", "orders", "failed", Kind::PaymentCanceled),
            ("subscriptions", "subscriptions", "active", Kind::SubscriptionChanged),
            ("subscriptions", "subscriptions", "expired", Kind::SubscriptionEnded),
            ("subscriptions", "subscriptions", "paused", Kind::SubscriptionPaused),
            ("subscription-invoices", "subscription-invoices", "paid", Kind::InvoicePaid),
            ("subscription-invoices", "subscription-invoices", "refunded", Kind::RefundChanged),
            ("subscription-invoices", "subscription-invoices", "pending", Kind::InvoiceChanged),
            ("subscription-invoices", "subscription-invoices", "void", Kind::InvoiceChanged),
        ] {
            let events = read(listing, &[&object(kind, status)], &[]);
            let [event] = &events[..] else { panic!("{kind} {status}: one event") };
            assert_eq!(
                (event.kind, event.origin, event.customer.as_deref()),
                (expected, Origin::Listed, Some("77")),
                "{kind} {status}"
            );
            assert_eq!(event.at.to_string(), "2026-02-03T10:00:00Z", "{kind} {status}: the object has its own time");
            assert!(event.id.starts_with(&format!("list:{kind}:1:")), "{}", event.id);
        }
    }

    #[test]
    fn an_unpaid_subscription_says_that_its_invoice_was_tried() {
        let invoice = object("subscription-invoices", "pending");
        let subscription = |status| object("subscriptions", status).replace(r#""id":"1""#, r#""id":"5""#);
        for (status, expected) in
            [("past_due", Kind::PaymentFailed), ("unpaid", Kind::PaymentFailed), ("active", Kind::InvoiceChanged)]
        {
            let events = read("subscription-invoices", &[&invoice], &[&subscription(status)]);
            assert_eq!(events[0].kind, expected, "{status}");
            let Some(Seen::Invoice(seen)) = events[0].seen.iter().find(|seen| matches!(seen, Seen::Invoice(_))) else {
                panic!("{status}")
            };
            assert_eq!(seen.status, Some(InvoiceStatus::Open), "{status}");
            assert_eq!(seen.failed_at, (expected == Kind::PaymentFailed).then_some(events[0].at), "{status}");
        }
    }

    #[test]
    fn a_customer_is_told_by_name_and_place() {
        let customer = r#"{"type":"customers","id":"77","attributes":{"store_id":1,"name":"Ada","email":"ada@shop.example","city":null,
            "region":"",
            "country":"DE","total_revenue_currency":84332,"created_at":"2026-01-01T00:00:00.000000Z",
            "updated_at":"2026-01-02T00:00:00.000000Z"}}"#;
        let events = read("customers", &[customer], &[]);
        let [Seen::Customer(seen)] = &events[0].seen[..] else { panic!("a customer") };
        assert_eq!((seen.name.as_deref(), seen.address.as_deref()), (Some("Ada"), Some("DE")));
        assert_eq!((seen.country.as_deref(), seen.locale.as_deref()), (Some("DE"), None));
        assert_eq!(
            (events[0].customer.as_deref(), events[0].at.to_string().as_str()),
            (Some("77"), "2026-01-02T00:00:00Z")
        );
    }

    #[test]
    fn what_is_no_list_is_malformed() {
        for body in ["", "{}", r#"{"errors":[{"status":"401"}]}"#, r#"{"meta":{},"data":[]}"#] {
            let reply = Reply { status: 200, body: body.to_owned() };
            assert!(
                (listing("orders").page)(&Call::get("/v1/orders"), &reply, "default", Timestamp::UNIX_EPOCH).is_err(),
                "{body}"
            );
        }
    }
}
