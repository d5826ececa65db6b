//! What was paid for RevenueCat's subscriptions, and its purchases without an end.
//!
//! A transaction is told with its own time, as the webhook of its day did. One that was given back shows no revenue.

use super::bought::again;
use super::{list, who};
use crate::list::{Asked, listed, of_segment, segment, shown};
use crate::value::{Number, Text, float, interval_between, millis};
use crate::{Call, Malformed, Page, Reply};
use domain::event::{
    Event, Item, Kind, PaymentSeen, PaymentStatus, RefundSeen, RefundStatus, Role, Seen, SubscriptionSeen,
};
use domain::money::{Money, Rate};
use jiff::Timestamp;
use serde::Deserialize;

#[derive(Deserialize)]
struct Transaction<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    purchased_at: i64,
    expiration_date: Option<i64>,
    #[serde(borrow)]
    product_store_identifier: Option<Text<'a>>,
    #[serde(borrow)]
    revenue_in_local_currency: Option<Revenue<'a>>,
}

#[derive(Deserialize)]
struct Purchase<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    customer_id: Text<'a>,
    purchased_at: i64,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    store: Text<'a>,
    #[serde(borrow)]
    environment: Option<Text<'a>>,
    #[serde(borrow)]
    store_purchase_identifier: Option<Text<'a>>,
    #[serde(borrow)]
    revenue_in_local_currency: Option<Revenue<'a>>,
}

/// What came in, in the currency of the purchase. The amounts are floats, and are read as decimals.
#[derive(Deserialize)]
struct Revenue<'a> {
    #[serde(borrow)]
    currency: Option<Text<'a>>,
    gross: Option<Number>,
    tax: Option<Number>,
}

impl Revenue<'_> {
    fn of(&self, number: &Option<Number>) -> Result<Option<Money>, Malformed> {
        number
            .as_ref()
            .zip(self.currency.as_deref())
            .map(|(number, currency): (_, &str)| float(number, currency))
            .transpose()
    }

    /// What was paid and kept, if anything.
    fn gross(&self) -> Result<Option<Money>, Malformed> {
        Ok(self.of(&self.gross)?.filter(|gross| gross.is_positive()))
    }

    fn net(&self) -> Result<Option<Rate>, Malformed> {
        let (gross, tax) = (self.gross()?, self.of(&self.tax)?);
        Ok(gross.map(|gross| Rate::from(tax.map_or(gross, |tax| gross.minus(tax)))))
    }
}

/// Asks for the transactions of a subscription, oldest first: the first of them names it, unless that is known.
pub(super) fn ask(id: &str, customer: &str, store: &str, original: Option<&str>) -> Call {
    let asked = super::first(&format!("/subscriptions/{}/transactions", segment(id)))
        .with("sort", "purchased_at")
        .with("direction", "asc")
        .noting("customer", customer)
        .noting("store", store);
    match original {
        Some(original) => asked.noting("original", original).call(),
        None => asked.call(),
    }
}

pub(super) fn transactions(asked: &Asked, reply: &Reply, subscription: &str, source: &str) -> Result<Page, Malformed> {
    let unnoted = || Malformed { expected: "a noted customer", cause: asked.path().to_owned() };
    let (customer, store) = asked.noted("customer").zip(asked.noted("store")).ok_or_else(unnoted)?;
    let (transactions, next) = list::<Transaction<'_>>(asked, reply)?;
    let mut page = Page { events: Vec::new(), more: Vec::new() };
    let Some(original) = asked.noted("original").or_else(|| transactions.first().map(|first| &*first.id)) else {
        return Ok(page);
    };
    for transaction in &transactions {
        page.events.extend(renewal(transaction, original, customer, store, source)?);
    }
    if asked.noted("original").is_none() {
        page.more.push(again(&of_segment(subscription), original));
    }
    page.more.extend(next.map(|next| Asked::of(&next).noting("original", original).call()));
    Ok(page)
}

fn renewal(
    transaction: &Transaction<'_>,
    original: &str,
    customer: &str,
    store: &str,
    source: &str,
) -> Result<Option<Event>, Malformed> {
    let Some(revenue) = &transaction.revenue_in_local_currency else { return Ok(None) };
    let Some(gross) = revenue.gross()? else { return Ok(None) };
    let at = millis(transaction.purchased_at)?;
    let to = transaction.expiration_date.map(millis).transpose()?;
    let (unit, interval) = (revenue.net()?, to.and_then(|to| interval_between(at, to)));
    let product = transaction.product_store_identifier.as_ref().map(|product| product.to_string());
    let item = |price| Item { id: None, price, name: None, role: Role::Plan, unit, quantity: 1, interval };
    let bought = SubscriptionSeen {
        id: original.to_owned(),
        items: product.map(|product| vec![item(product)]),
        paid_at: Some(at),
        ..SubscriptionSeen::default()
    };
    let paid = PaymentSeen { subscription: Some(original.to_owned()), ..payment(&transaction.id, gross, at, store) };
    let kind = if &*transaction.id == original { Kind::SubscriptionStarted } else { Kind::SubscriptionRenewed };
    let seen = vec![Seen::Payment(paid), Seen::Subscription(bought)];
    Ok(Some(listed(&transaction.id, "", shown("revenuecat", source, kind, at, Some(customer.to_owned()), seen))))
}

fn payment(id: &str, gross: Money, at: Timestamp, store: &str) -> PaymentSeen {
    PaymentSeen {
        id: id.to_owned(),
        status: Some(PaymentStatus::Succeeded),
        amount: Some(gross),
        captured: Some(gross),
        at: Some(at),
        method: Some(store.to_lowercase()),
        ..PaymentSeen::default()
    }
}

pub(super) fn purchases(
    asked: &Asked,
    reply: &Reply,
    customer: &str,
    source: &str,
    at: Timestamp,
) -> Result<Page, Malformed> {
    let (mut purchases, next) = list::<Purchase<'_>>(asked, reply)?;
    purchases.retain(|purchase| purchase.environment.as_deref().is_none_or(|environment| environment == "production"));
    let mut page = Page { events: Vec::new(), more: Vec::new() };
    for purchase in &purchases {
        page.events.extend(bought(purchase, source, at)?);
    }
    page.more.extend(who(asked, customer).filter(|_| !page.events.is_empty()));
    page.more.extend(next);
    Ok(page)
}

/// A purchase, and that it was given back: a store gives back the whole of it, and the list does not say when.
fn bought(purchase: &Purchase<'_>, source: &str, at: Timestamp) -> Result<Vec<Event>, Malformed> {
    let gross = purchase.revenue_in_local_currency.as_ref().map(Revenue::gross).transpose()?.flatten();
    let Some(gross) = gross else { return Ok(Vec::new()) };
    let bought_at = millis(purchase.purchased_at)?;
    let id = purchase.store_purchase_identifier.as_ref().unwrap_or(&purchase.id).to_string();
    let event = |kind, at, seen| {
        let customer = Some(purchase.customer_id.to_string());
        listed(&id, "", shown("revenuecat", source, kind, at, customer, vec![seen]))
    };
    let mut events =
        vec![event(Kind::PaymentSucceeded, bought_at, Seen::Payment(payment(&id, gross, bought_at, &purchase.store)))];
    if purchase.status.as_deref() == Some("refunded") {
        let refund = RefundSeen {
            id: format!("{id}:refund"),
            payment: id.clone(),
            amount: Some(gross),
            status: Some(RefundStatus::Succeeded),
            ..RefundSeen::default()
        };
        events.push(event(Kind::RefundChanged, at, Seen::Refund(refund)));
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(items: &str, next: &str) -> Reply {
        Reply {
            status: 200,
            body: format!(r#"{{"object":"list","items":[{items}],"next_page":{next},"url":"/v2/x"}}"#),
        }
    }

    fn transaction(id: &str, at: i64, gross: &str) -> String {
        let revenue = format!(r#"{{"currency":"EUR","gross":{gross},"commission":1.5,"tax":1.6,"proceeds":6.89}}"#);
        let end = at + 28 * 86_400_000;
        format!(
            r#"{{"object":"subscription_transaction","id":"{id}","purchased_at":{at},"product_store_identifier":"com.app.monthly",
            "revenue_in_local_currency":{revenue},"revenue_in_usd":{revenue},"expiration_date":{end},"effective_expiration_date":{end}}}"#
        )
    }

    const FEBRUARY: i64 = 1_769_904_000_000;

    fn read(original: Option<&str>, items: &[String], next: &str) -> Page {
        let asked = Asked::of(&ask("sub1", "user_1", "app_store", original));
        transactions(&asked, &answered(&items.join(","), next), "sub1", "proj1").unwrap()
    }

    #[test]
    fn the_first_transaction_names_the_subscription_and_each_is_a_payment() {
        let page = read(
            None,
            &[transaction("1000", FEBRUARY, "9.99"), transaction("2000", FEBRUARY + 28 * 86_400_000, "9.99")],
            "null",
        );
        let told: Vec<_> = page.events.iter().map(|event| (event.kind, event.at.as_millisecond())).collect();
        assert_eq!(
            told,
            [(Kind::SubscriptionStarted, FEBRUARY), (Kind::SubscriptionRenewed, FEBRUARY + 28 * 86_400_000)]
        );
        let [Seen::Payment(paid), Seen::Subscription(_)] = &page.events[1].seen[..] else {
            panic!("a payment and what it is for")
        };
        assert_eq!((paid.id.as_str(), paid.subscription.as_deref()), ("2000", Some("1000")));
        assert_eq!(paid.captured.unwrap().to_string(), "9.99 EUR");
        let Seen::Subscription(bought) = &page.events[0].seen[1] else { panic!("what it is for") };
        let item = &bought.items.as_ref().unwrap()[0];
        assert_eq!(
            (item.unit.unwrap().to_string().as_str(), item.interval.is_some()),
            ("8.39 EUR", true),
            "net, for a month"
        );
        let paths: Vec<_> = page.more.iter().map(|call| call.path.as_str()).collect();
        assert_eq!(paths, ["/subscriptions/sub1#original=1000"]);
    }

    #[test]
    fn later_pages_remember_the_first_transaction() {
        let next = r#""/v2/projects/proj1/subscriptions/sub1/transactions?starting_after=1000""#;
        let page = read(None, &[transaction("1000", FEBRUARY, "9.99")], next);
        let call = &page.more[1];
        assert_eq!(Asked::of(call).parameter("starting_after"), Some("1000"));
        assert_eq!(Asked::of(call).noted("original"), Some("1000"));
        let page = read(Some("1000"), &[transaction("3000", FEBRUARY, "9.99")], "null");
        assert!(page.more.is_empty(), "the subscription was asked for with the first page");
        assert!(matches!(&page.events[0].seen[1], Seen::Subscription(seen) if seen.id == "1000"));
    }

    #[test]
    fn what_brought_nothing_is_no_payment() {
        for gross in ["0", "0.0", "-9.99", "null"] {
            let page = read(None, &[transaction("1000", FEBRUARY, gross)], "null");
            assert!(page.events.is_empty(), "{gross}");
            assert_eq!(page.more.len(), 1, "{gross}: it still names the subscription");
        }
        assert!(read(None, &[], "null").more.is_empty(), "nothing names it");
    }

    #[test]
    fn a_purchase_may_have_been_given_back() {
        let asked = Asked::new("/customers/user_1/purchases").with("limit", "100");
        let purchase = |status: &str, environment: &str| {
            format!(
                r#"{{"object":"purchase","id":"purch1","customer_id":"user_1","purchased_at":{FEBRUARY},"status":"{status}",
                "store":"app_store",
                "environment":"{environment}","store_purchase_identifier":"3000","revenue_in_local_currency":{{"currency":"JPY",
                "gross":1000.0}}}}"#
            )
        };
        for (status, environment, kinds) in [
            ("owned", "production", vec![Kind::PaymentSucceeded]),
            ("refunded", "production", vec![Kind::PaymentSucceeded, Kind::RefundChanged]),
            ("owned", "sandbox", vec![]),
        ] {
            let reply = answered(&purchase(status, environment), "null");
            let page = purchases(&asked, &reply, "user_1", "proj1", "2026-03-10T12:00:00Z".parse().unwrap()).unwrap();
            assert_eq!(page.events.iter().map(|event| event.kind).collect::<Vec<_>>(), kinds, "{status} {environment}");
            assert_eq!(page.more.len(), usize::from(!kinds.is_empty()), "{status} {environment}: who it is");
        }
    }
}
