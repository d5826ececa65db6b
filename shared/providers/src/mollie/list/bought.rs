//! Mollie's subscriptions, which only lists show: no webhook tells of them.

use super::{Object, Told};
use crate::list::{listed, shown};
use crate::mollie::wire::Amount;
use crate::value::{Text, decimal, iso};
use crate::{Malformed, malformed};
use domain::event::{Interval, IntervalUnit, Item, Kind, Role, Seen, Stated, SubscriptionSeen, SubscriptionStatus};
use domain::money::Rate;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subscription<'a> {
    #[serde(borrow)]
    customer_id: Text<'a>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    amount: Option<Amount<'a>>,
    description: Option<String>,
    #[serde(borrow)]
    interval: Option<Text<'a>>,
    /// How many payments there will be; without it, it goes on.
    times: Option<u32>,
    #[serde(borrow)]
    start_date: Option<Text<'a>>,
    #[serde(borrow)]
    next_payment_date: Option<Text<'a>>,
    #[serde(borrow)]
    canceled_at: Option<Text<'a>>,
}

pub(super) fn subscription(object: &Object<'_>, told: &mut Told<'_>) -> Result<(), Malformed> {
    let own: Subscription<'_> = serde_json::from_str(object.raw.get()).map_err(malformed("a Mollie subscription"))?;
    let status = own.status.as_deref().and_then(|status| {
        Some(match status {
            "pending" => SubscriptionStatus::Incomplete,
            "active" => SubscriptionStatus::Active,
            // Its mandate is gone: nothing is collected until the customer gives another.
            "suspended" => SubscriptionStatus::Unpaid,
            "canceled" | "completed" => SubscriptionStatus::Ended,
            _ => return None,
        })
    });
    let wished = match own.status.as_deref() {
        // Mollie ends none by itself: one whose mandate is gone is suspended, one of so many payments is completed.
        Some("canceled") => Some(true),
        Some("pending" | "active") => Some(false),
        _ => None,
    };
    let canceled_at = own.canceled_at.as_deref().map(iso).transpose()?;
    let ends_at = match (canceled_at, own.times, status) {
        (Some(canceled_at), ..) => Some(Stated::Is(canceled_at)),
        // It ends some day, or has ended, and Mollie does not say when.
        (None, Some(_), _) | (None, None, Some(SubscriptionStatus::Ended)) => None,
        (None, None, _) => Some(Stated::Nothing),
    };
    let made_at = object.head.created_at.as_deref().map(iso).transpose()?;
    let seen = SubscriptionSeen {
        id: object.head.id.to_string(),
        status,
        items: Some(vec![item(&object.head.id, &own)?]),
        // Whatever was granted is in the amount.
        discount: Some(Stated::Nothing),
        started_at: own.start_date.as_deref().map(midnight).transpose()?.or(made_at),
        renews_at: own.next_payment_date.as_deref().map(midnight).transpose()?,
        ends_at,
        wished,
        ..SubscriptionSeen::default()
    };
    let (kind, at) = match canceled_at {
        Some(canceled_at) => (Kind::SubscriptionEnded, canceled_at.min(told.at)),
        None => (Kind::SubscriptionChanged, told.at),
    };
    let event =
        shown("mollie", told.source, kind, at, Some(own.customer_id.to_string()), vec![Seen::Subscription(seen)]);
    told.page.events.push(listed(&object.head.id, "", event));
    Ok(())
}

/// Mollie knows no plans: what a subscription is for, only its description says.
fn item(id: &str, own: &Subscription<'_>) -> Result<Item, Malformed> {
    let amount = own.amount.as_ref().map(|amount| decimal(&amount.value, &amount.currency)).transpose()?;
    Ok(Item {
        id: None,
        price: own.description.clone().unwrap_or_else(|| id.to_owned()),
        name: own.description.clone(),
        role: Role::Plan,
        unit: amount.map(Rate::from),
        quantity: 1,
        interval: own.interval.as_deref().and_then(interval),
    })
}

/// Reads `1 month`, `14 days`.
fn interval(text: &str) -> Option<Interval> {
    let (count, unit) = text.split_once(' ')?;
    Some(Interval { unit: IntervalUnit::parse(unit)?, count: count.parse().ok()? })
}

fn midnight(date: &str) -> Result<Timestamp, Malformed> {
    let unreadable = || Malformed { expected: "a date", cause: format!("`{date}`") };
    let date: Date = date.parse().map_err(|_| unreadable())?;
    date.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp()).map_err(|_| unreadable())
}

#[cfg(test)]
mod tests {
    use crate::Reply;
    use crate::mollie::list::LISTINGS;
    use domain::event::{Event, Seen, Stated, SubscriptionSeen, SubscriptionStatus};

    fn read(status: &str, rest: &str) -> (Event, SubscriptionSeen) {
        let object = format!(
            r#"{{"resource":"subscription","id":"sub_1","customerId":"cst_1","mode":"live","createdAt":"2026-01-15T12:00:00+00:00",
            "status":"{status}","amount":{{"value":"25.00","currency":"EUR"}},"description":"Pro","interval":"3 months",
            "startDate":"2026-01-15","webhookUrl":"https://shop.example","metadata":null{rest}}}"#
        );
        let body = format!(r#"{{"count":1,"_embedded":{{"subscriptions":[{object}]}},"_links":{{"next":null}}}}"#);
        let listing = LISTINGS.iter().find(|listing| listing.name == "subscriptions").unwrap();
        let reply = Reply { status: 200, body };
        let page =
            (listing.page)(&(listing.first)(None), &reply, "default", "2026-03-10T12:00:00Z".parse().unwrap()).unwrap();
        let [event] = &page.events[..] else { panic!("one event") };
        let [Seen::Subscription(seen)] = &event.seen[..] else { panic!("a subscription") };
        (event.clone(), seen.clone())
    }

    #[test]
    fn a_subscription_says_what_it_costs_and_how_it_stands() {
        let (_, seen) = read("active", r#","times":null,"nextPaymentDate":"2026-04-15""#);
        let item = &seen.items.as_ref().unwrap()[0];
        assert_eq!((item.unit.unwrap().to_string().as_str(), item.interval.unwrap().count), ("25.00 EUR", 3));
        assert_eq!(seen.renews_at.unwrap().to_string(), "2026-04-15T00:00:00Z");
        assert_eq!((seen.status, seen.ends_at), (Some(SubscriptionStatus::Active), Some(Stated::Nothing)));
        for (status, rest, expected, ends, wished) in [
            ("pending", "", SubscriptionStatus::Incomplete, Some(Stated::Nothing), Some(false)),
            ("suspended", "", SubscriptionStatus::Unpaid, Some(Stated::Nothing), None),
            ("active", r#","times":6"#, SubscriptionStatus::Active, None, Some(false)),
            ("completed", r#","times":6"#, SubscriptionStatus::Ended, None, None),
        ] {
            let (event, seen) = read(status, rest);
            assert_eq!(
                (seen.status, seen.ends_at, seen.wished, event.customer.as_deref()),
                (Some(expected), ends, wished, Some("cst_1")),
                "{status}"
            );
        }
        let (event, seen) = read("canceled", r#","canceledAt":"2026-02-01T00:00:00+00:00""#);
        assert_eq!(seen.wished, Some(true), "somebody has ended it");
        assert_eq!((seen.status, seen.ends_at), (Some(SubscriptionStatus::Ended), Some(Stated::Is(event.at))));
    }
}
