//! The fields of RevenueCat's events that we use. What is not named is skipped unread.

use crate::value::{Number, Text, named};
use crate::{Malformed, malformed};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The outside of an event: enough to name it, whatever shape the rest has.
#[derive(Deserialize)]
pub(super) struct Outside<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(rename = "type", borrow)]
    pub kind: Text<'a>,
    #[serde(borrow)]
    pub environment: Option<Text<'a>>,
    #[serde(rename = "event_timestamp_ms")]
    _event_timestamp_ms: IgnoredAny,
}

/// Reads the event of a delivery, or its outside; some forwarders send it without its envelope.
pub(super) fn event<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Malformed> {
    #[derive(Deserialize)]
    struct Delivery<T> {
        event: T,
    }
    let delivery = serde_json::from_slice::<Delivery<T>>(body).map(|delivery| delivery.event);
    delivery.or_else(|error| serde_json::from_slice(body).map_err(|_| malformed("a RevenueCat event")(error)))
}

#[derive(Deserialize)]
pub(super) struct Event<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(rename = "type", borrow)]
    pub kind: Text<'a>,
    pub event_timestamp_ms: i64,
    #[serde(borrow)]
    pub store: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub app_user_id: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub original_app_user_id: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub product_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub period_type: Option<Text<'a>>,
    pub purchased_at_ms: Option<i64>,
    pub expiration_at_ms: Option<i64>,
    pub grace_period_expiration_at_ms: Option<i64>,
    pub auto_resume_at_ms: Option<i64>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub transaction_id: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub original_transaction_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub cancel_reason: Option<Text<'a>>,
    #[serde(borrow)]
    pub expiration_reason: Option<Text<'a>>,
    #[serde(borrow)]
    pub currency: Option<Text<'a>>,
    pub price_in_purchased_currency: Option<Number>,
    pub tax_percentage: Option<Number>,
    #[serde(borrow)]
    pub subscriber_attributes: Option<Attributes<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Attributes<'a> {
    #[serde(rename = "$email", borrow)]
    pub email: Option<Attribute<'a>>,
    #[serde(rename = "$displayName", borrow)]
    pub name: Option<Attribute<'a>>,
    #[serde(rename = "$phoneNumber", borrow)]
    pub phone: Option<Attribute<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Attribute<'a> {
    #[serde(borrow)]
    pub value: Option<Text<'a>>,
}
