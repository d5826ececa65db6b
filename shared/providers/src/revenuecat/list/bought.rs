//! RevenueCat's subscriptions, which in its API are other objects than in its webhooks.
//!
//! Webhooks call a subscription by its *first* transaction at the store, the API by its *latest*. Google writes the first
//! into each; Apple does not, so that the list of transactions has to tell.

use super::paid::ask;
use super::{list, who};
use crate::list::{Asked, listed, segment, shown};
use crate::value::{Text, millis};
use crate::{Call, Malformed, Page, Reply, malformed};
use domain::event::{Event, InvoiceSeen, InvoiceStatus, Kind, Seen, Stated, SubscriptionSeen, SubscriptionStatus};
use jiff::Timestamp;
use serde::Deserialize;

#[derive(Deserialize)]
struct Subscription<'a> {
    /// RevenueCat's own id, which webhooks do not know.
    #[serde(borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    customer_id: Text<'a>,
    #[serde(borrow)]
    store: Text<'a>,
    #[serde(borrow)]
    environment: Option<Text<'a>>,
    #[serde(borrow)]
    store_subscription_identifier: Option<Text<'a>>,
    #[serde(borrow)]
    status: Option<Text<'a>>,
    #[serde(borrow)]
    auto_renewal_status: Option<Text<'a>>,
    gives_access: Option<bool>,
    starts_at: Option<i64>,
    current_period_starts_at: Option<i64>,
    current_period_ends_at: Option<i64>,
    ends_at: Option<i64>,
}

pub(super) fn page(
    asked: &Asked,
    reply: &Reply,
    customer: &str,
    source: &str,
    at: Timestamp,
) -> Result<Page, Malformed> {
    let (mut subscriptions, next) = list::<Subscription<'_>>(asked, reply)?;
    subscriptions.retain(Subscription::is_sold);
    let mut page = Page { events: Vec::new(), more: Vec::new() };
    for subscription in &subscriptions {
        let original = subscription.original();
        if subscription.has_transactions() {
            page.more.push(ask(&subscription.id, &subscription.customer_id, &subscription.store, original));
        }
        if let Some(original) = original {
            page.events.extend(subscription.told(original, source, at)?);
        }
    }
    page.more.extend(who(asked, customer).filter(|_| !subscriptions.is_empty()));
    page.more.extend(next);
    Ok(page)
}

/// Asks for one subscription, whose first transaction is known by now.
pub(super) fn again(id: &str, original: &str) -> Call {
    Asked::new(format!("/subscriptions/{}", segment(id))).noting("original", original).call()
}

pub(super) fn alone(asked: &Asked, reply: &Reply, source: &str, at: Timestamp) -> Result<Page, Malformed> {
    let subscription: Subscription<'_> =
        serde_json::from_str(&reply.body).map_err(malformed("a RevenueCat subscription"))?;
    let original = asked
        .noted("original")
        .ok_or_else(|| Malformed { expected: "a noted transaction", cause: asked.path().to_owned() })?;
    Ok(Page { events: subscription.told(original, source, at)?, more: Vec::new() })
}

/// What a subscription is called, if its own words tell: the first of Google's orders stands before the dots.
fn original<'a>(store: &str, identifier: &'a str) -> Option<&'a str> {
    match store {
        "app_store" | "mac_app_store" => None,
        "play_store" => identifier.split("..").next(),
        _ => Some(identifier),
    }
}

impl Subscription<'_> {
    /// Whether somebody pays for it: tests and gifts are none that webhooks of a live source tell of.
    fn is_sold(&self) -> bool {
        self.environment.as_deref().is_none_or(|environment| environment == "production")
            && &*self.store != "promotional"
    }

    fn has_transactions(&self) -> bool {
        matches!(&*self.store, "app_store" | "mac_app_store" | "play_store")
    }

    fn original(&self) -> Option<&str> {
        original(&self.store, self.store_subscription_identifier.as_deref()?).filter(|id| !id.is_empty())
    }

    fn status(&self) -> Option<SubscriptionStatus> {
        Some(match self.status.as_deref()? {
            "trialing" => SubscriptionStatus::Trial,
            "active" => SubscriptionStatus::Active,
            "in_grace_period" | "in_billing_retry" => SubscriptionStatus::PastDue,
            "paused" => SubscriptionStatus::Paused,
            "incomplete" => SubscriptionStatus::Incomplete,
            "expired" => SubscriptionStatus::Ended,
            // What is not known still says whether it gives access.
            _ => self.gives_access.filter(|access| *access).map(|_| SubscriptionStatus::Active)?,
        })
    }

    /// The subscription as it stands, and the renewal that failed, if the store still tries.
    fn told(&self, original: &str, source: &str, at: Timestamp) -> Result<Vec<Event>, Malformed> {
        let time = |time: Option<i64>| time.map(millis).transpose();
        let (from, to, last) =
            (time(self.current_period_starts_at)?, time(self.current_period_ends_at)?, time(self.ends_at)?);
        let status = self.status();
        let ended = status == Some(SubscriptionStatus::Ended);
        let ended_at = last.or(to).filter(|_| ended).map(|ended_at| ended_at.min(at));
        let ends_at = match (ended, self.auto_renewal_status.as_deref()) {
            (true, _) => ended_at.map(Stated::Is),
            (false, Some("will_not_renew")) => to.map(Stated::Is),
            (false, Some("will_renew" | "will_change_product" | "has_already_renewed")) => Some(Stated::Nothing),
            _ => None,
        };
        let seen = Seen::Subscription(SubscriptionSeen {
            id: original.to_owned(),
            status,
            started_at: time(self.starts_at)?,
            period_start: from,
            renews_at: to,
            trial_ends_at: to.filter(|_| status == Some(SubscriptionStatus::Trial)),
            ends_at,
            ..SubscriptionSeen::default()
        });
        let event = |kind, at, seen| {
            let customer = Some(self.customer_id.to_string());
            listed(&format!("subscription:{original}"), "", shown("revenuecat", source, kind, at, customer, vec![seen]))
        };
        let kind = if ended { Kind::SubscriptionEnded } else { Kind::SubscriptionChanged };
        let mut events = vec![event(kind, ended_at.unwrap_or(at), seen)];
        if let (Some(SubscriptionStatus::PastDue), Some(from)) = (status, from) {
            // The store tried when the period was over; nobody says when exactly.
            let failed_at = to.unwrap_or(at).min(at);
            let due = Seen::Invoice(InvoiceSeen {
                id: format!("{original}:{}", from.strftime("%Y-%m-%d")),
                status: Some(InvoiceStatus::Open),
                subscription: Some(original.to_owned()),
                by_period: true,
                created_at: to,
                failed_at: Some(failed_at),
                ..InvoiceSeen::default()
            });
            events.push(event(Kind::PaymentFailed, failed_at, due));
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = "2026-03-10T12:00:00Z";

    fn subscription(store: &str, identifier: &str, status: &str, renewal: &str, environment: &str) -> String {
        format!(
            r#"{{"object":"subscription","id":"sub1ab2","customer_id":"user_1","original_customer_id":"user_1","product_id":"prod1",
            "starts_at":1769321600000,
            "current_period_starts_at":1770000000000,"current_period_ends_at":1772400000000,"ends_at":1772400000000,"gives_access":true,
            "pending_payment":false,"auto_renewal_status":"{renewal}","status":"{status}","environment":"{environment}","store":"{store}",
            "store_subscription_identifier":"{identifier}","ownership":"purchased"}}"#
        )
    }

    fn read(object: &str) -> Page {
        let asked = Asked::new("/customers/user_1/subscriptions").with("limit", "100");
        let body = format!(r#"{{"object":"list","items":[{object}],"next_page":null,"url":"/v2/x"}}"#);
        page(&asked, &Reply { status: 200, body }, "user_1", "proj1", AT.parse().unwrap()).unwrap()
    }

    fn paths(page: &Page) -> Vec<&str> {
        page.more.iter().map(|call| call.path.as_str()).collect()
    }

    #[test]
    fn a_subscription_is_called_by_its_first_transaction() {
        let page =
            read(&subscription("play_store", "GPA.3335-6339-1997-53484..5", "active", "will_renew", "production"));
        let Seen::Subscription(seen) = &page.events[0].seen[0] else { panic!("a subscription") };
        assert_eq!(seen.id, "GPA.3335-6339-1997-53484");
        let transactions =
            "/subscriptions/sub1ab2/transactions?limit=100&sort=purchased_at&direction=asc#customer=user_1&store=";
        assert_eq!(
            paths(&page),
            [
                format!("{transactions}play_store&original=GPA.3335-6339-1997-53484").as_str(),
                "/customers/user_1/attributes?limit=100"
            ]
        );
        let page = read(&subscription("app_store", "2000", "active", "will_renew", "production"));
        assert!(page.events.is_empty(), "the latest transaction names nothing that webhooks know");
        assert_eq!(paths(&page)[0], format!("{transactions}app_store"));
        let asked = Asked::of(&again("sub1ab2", "1000"));
        let body = subscription("app_store", "2000", "active", "will_renew", "production");
        let page = alone(&asked, &Reply { status: 200, body }, "proj1", AT.parse().unwrap()).unwrap();
        assert!(matches!(&page.events[0].seen[..], [Seen::Subscription(seen)] if seen.id == "1000"));
        let page = read(&subscription("stripe", "sub_1", "active", "will_renew", "production"));
        assert!(matches!(&page.events[0].seen[..], [Seen::Subscription(seen)] if seen.id == "sub_1"));
    }

    #[test]
    fn tests_and_gifts_are_left_out() {
        for (store, environment) in [("stripe", "sandbox"), ("promotional", "production")] {
            let page = read(&subscription(store, "sub_1", "active", "will_renew", environment));
            assert!(page.events.is_empty() && page.more.is_empty(), "{store} {environment}");
        }
    }

    #[test]
    fn it_stands_as_status_and_renewal_say() {
        let to: Timestamp = "2026-03-01T21:20:00Z".parse().unwrap();
        for (status, renewal, expected, ends_at, kinds) in [
            (
                "active",
                "will_renew",
                Some(SubscriptionStatus::Active),
                Some(Stated::Nothing),
                vec![Kind::SubscriptionChanged],
            ),
            (
                "active",
                "will_not_renew",
                Some(SubscriptionStatus::Active),
                Some(Stated::Is(to)),
                vec![Kind::SubscriptionChanged],
            ),
            (
                "active",
                "requires_price_increase_consent",
                Some(SubscriptionStatus::Active),
                None,
                vec![Kind::SubscriptionChanged],
            ),
            (
                "trialing",
                "will_renew",
                Some(SubscriptionStatus::Trial),
                Some(Stated::Nothing),
                vec![Kind::SubscriptionChanged],
            ),
            ("paused", "will_pause", Some(SubscriptionStatus::Paused), None, vec![Kind::SubscriptionChanged]),
            (
                "expired",
                "will_not_renew",
                Some(SubscriptionStatus::Ended),
                Some(Stated::Is(to)),
                vec![Kind::SubscriptionEnded],
            ),
            (
                "unknown",
                "will_renew",
                Some(SubscriptionStatus::Active),
                Some(Stated::Nothing),
                vec![Kind::SubscriptionChanged],
            ),
            (
                "in_grace_period",
                "will_renew",
                Some(SubscriptionStatus::PastDue),
                Some(Stated::Nothing),
                vec![Kind::SubscriptionChanged, Kind::PaymentFailed],
            ),
        ] {
            let page = read(&subscription("stripe", "sub_1", status, renewal, "production"));
            assert_eq!(page.events.iter().map(|event| event.kind).collect::<Vec<_>>(), kinds, "{status}");
            let Seen::Subscription(seen) = &page.events[0].seen[0] else { panic!("a subscription") };
            assert_eq!((seen.status, seen.ends_at), (expected, ends_at), "{status} {renewal}");
        }
    }

    #[test]
    fn a_renewal_that_failed_is_the_due_item_that_webhooks_name() {
        let page = read(&subscription("stripe", "sub_1", "in_billing_retry", "will_renew", "production"));
        let Seen::Invoice(due) = &page.events[1].seen[0] else { panic!("a due item") };
        assert_eq!(
            (due.id.as_str(), due.by_period, due.failed_at),
            ("sub_1:2026-02-02", true, Some(page.events[1].at))
        );
        assert_eq!(page.events[1].at.to_string(), "2026-03-01T21:20:00Z");
    }
}
