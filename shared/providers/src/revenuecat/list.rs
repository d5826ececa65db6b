//! RevenueCat's listings. Only customers are listed; what somebody bought is below them, and what they paid below that.
//!
//! The source's name is the project's id. Customers who never bought are no accounts: most installs of an app are such.
//! <https://www.revenuecat.com/docs/api-v2>

mod bought;
mod paid;

use crate::list::{Asked, listed, of_segment, segment, shown};
use crate::value::Text;
use crate::{Call, Listing, Malformed, Page, Reply, malformed};
use domain::event::{CustomerSeen, Event, Kind, Seen};
use jiff::Timestamp;
use serde::Deserialize;

/// One listing, whose pages lead to all others. RevenueCat leaves nothing out by its time.
pub(super) const LISTINGS: &[Listing] = &[Listing { name: "customers", first: |_| first("/customers").call(), page }];

fn first(path: &str) -> Asked {
    Asked::new(path).with("limit", "100")
}

#[derive(Deserialize)]
struct List<'a, T> {
    items: Vec<T>,
    #[serde(borrow)]
    next_page: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Customer<'a> {
    #[serde(borrow)]
    id: Text<'a>,
}

fn page(call: &Call, reply: &Reply, source: &str, at: Timestamp) -> Result<Page, Malformed> {
    let asked = Asked::of(call);
    let parts: Vec<&str> = asked.path().trim_start_matches('/').split('/').collect();
    match parts[..] {
        ["customers"] => customers(&asked, reply),
        ["customers", customer, "subscriptions"] => bought::page(&asked, reply, customer, source, at),
        ["customers", customer, "purchases"] => paid::purchases(&asked, reply, customer, source, at),
        ["customers", customer, "attributes"] => attributes(&asked, reply, &of_segment(customer), source, at),
        ["subscriptions", subscription, "transactions"] => paid::transactions(&asked, reply, subscription, source),
        ["subscriptions", _] => bought::alone(&asked, reply, source, at),
        _ => Err(Malformed { expected: "a listing of RevenueCat", cause: asked.path().to_owned() }),
    }
}

/// Reads a list, and where its next page is, if there is one. `next_page` is a URL or a path: only its cursor is taken.
fn list<'a, T: Deserialize<'a>>(asked: &Asked, reply: &'a Reply) -> Result<(Vec<T>, Option<Call>), Malformed> {
    let list: List<'a, T> = serde_json::from_str(&reply.body).map_err(malformed("a RevenueCat list"))?;
    let next = list.next_page.map(|next| Asked::of(&Call::get(&*next)));
    let cursor = next.as_ref().and_then(|next| next.parameter("starting_after"));
    Ok((list.items, cursor.map(|cursor| asked.clone().with("starting_after", cursor).call())))
}

fn customers(asked: &Asked, reply: &Reply) -> Result<Page, Malformed> {
    let (customers, next) = list::<Customer<'_>>(asked, reply)?;
    let below = customers.iter().flat_map(|customer| {
        let id = segment(&customer.id);
        ["subscriptions", "purchases"].map(|what| first(&format!("/customers/{id}/{what}")).call())
    });
    Ok(Page { events: Vec::new(), more: below.chain(next).collect() })
}

/// Who the customer is; asked once it is known that they bought something.
fn who(asked: &Asked, customer: &str) -> Option<Call> {
    asked.parameter("starting_after").is_none().then(|| first(&format!("/customers/{customer}/attributes")).call())
}

fn attributes(asked: &Asked, reply: &Reply, customer: &str, source: &str, at: Timestamp) -> Result<Page, Malformed> {
    #[derive(Deserialize)]
    struct Attribute<'a> {
        #[serde(borrow)]
        name: Text<'a>,
        value: Option<String>,
    }
    let (attributes, next) = list::<Attribute<'_>>(asked, reply)?;
    let mut seen = CustomerSeen::default();
    for attribute in attributes {
        let Some(value) = attribute.value.filter(|value| !value.is_empty()) else { continue };
        match &*attribute.name {
            "$displayName" => seen.name = Some(value),
            "$email" => seen.email = Some(value),
            "$phoneNumber" => seen.phone = Some(value),
            _ => {}
        }
    }
    let nothing = seen == CustomerSeen::default();
    let event =
        shown("revenuecat", source, Kind::CustomerChanged, at, Some(customer.to_owned()), vec![Seen::Customer(seen)]);
    let events: Vec<Event> = if nothing { Vec::new() } else { vec![listed(customer, "", event)] };
    Ok(Page { events, more: next.into_iter().collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(call: &Call, items: &str, next: &str) -> Page {
        let body = format!(r#"{{"object":"list","items":[{items}],"next_page":{next},"url":"/v2/x"}}"#);
        page(call, &Reply { status: 200, body }, "proj1ab2c3d4", "2026-03-01T12:00:00Z".parse().unwrap()).unwrap()
    }

    #[test]
    fn customers_lead_to_what_they_bought_and_to_the_next_page() {
        let start = (LISTINGS[0].first)(None);
        assert_eq!(start.path, "/customers?limit=100");
        let next = r#""https://api.revenuecat.com/v2/projects/proj1ab2c3d4/customers?starting_after=%24RCAnonymousID%3A21&limit=100""#;
        let page = answer(&start, r#"{"object":"customer","id":"$RCAnonymousID:21","first_seen_at":1}"#, next);
        assert!(page.events.is_empty(), "who never bought is no account");
        let paths: Vec<_> = page.more.iter().map(|call| call.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "/customers/%24RCAnonymousID%3A21/subscriptions?limit=100",
                "/customers/%24RCAnonymousID%3A21/purchases?limit=100",
                "/customers?limit=100&starting_after=%24RCAnonymousID%3A21",
            ]
        );
        assert!(answer(&start, "", "null").more.is_empty());
        assert!(
            answer(&start, "", r#""/v2/projects/p/customers""#).more.is_empty(),
            "without a cursor it would be the first page again"
        );
    }

    #[test]
    fn attributes_say_who_it_is() {
        let call = Call::get("/customers/%24RCAnonymousID%3A21/attributes?limit=100");
        let items = r#"{"name":"$email","value":"ada@shop.example","updated_at":1},{"name":"$displayName","value":""},{"name":"own","value":"x"}"#;
        let page = answer(&call, items, "null");
        assert_eq!(page.events[0].customer.as_deref(), Some("$RCAnonymousID:21"));
        let [Seen::Customer(seen)] = &page.events[0].seen[..] else { panic!("a customer") };
        assert_eq!((seen.email.as_deref(), seen.name.as_deref()), (Some("ada@shop.example"), None));
        assert!(answer(&call, r#"{"name":"own","value":"x"}"#, "null").events.is_empty());
    }

    #[test]
    fn what_is_no_listing_is_malformed() {
        let at = Timestamp::UNIX_EPOCH;
        for (path, body) in [
            ("/customers", "{}"),
            ("/customers", r#"{"object":"error","type":"authentication_error"}"#),
            ("/customers/a/b/c", r#"{"items":[]}"#),
            ("/subscriptions/sub1/transactions", "[]"),
        ] {
            assert!(page(&Call::get(path), &Reply { status: 200, body: body.to_owned() }, "p", at).is_err(), "{path}");
        }
    }
}
