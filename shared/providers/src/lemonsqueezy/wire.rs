//! The fields of Lemon Squeezy's objects that we use. What is not named is skipped unread.

use crate::value::{Id, Text, named};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The outside of a delivery: enough to name it, whatever shape the rest has.
#[derive(Deserialize)]
pub(super) struct Outside<'a> {
    #[serde(borrow)]
    pub meta: Meta<'a>,
    #[serde(borrow)]
    pub data: OutsideData<'a>,
}

#[derive(Deserialize)]
pub(super) struct OutsideData<'a> {
    #[serde(rename = "type", borrow)]
    pub kind: Text<'a>,
    pub id: Id,
    #[serde(borrow)]
    pub attributes: OutsideAttributes<'a>,
}

#[derive(Deserialize)]
pub(super) struct OutsideAttributes<'a> {
    #[serde(borrow)]
    pub updated_at: Option<&'a RawValue>,
    #[serde(borrow)]
    pub status: Option<&'a RawValue>,
    #[serde(borrow)]
    pub refunded_amount: Option<&'a RawValue>,
    #[serde(borrow)]
    pub test_mode: Option<&'a RawValue>,
}

impl Outside<'_> {
    pub fn test_mode(&self) -> Option<bool> {
        self.meta.test_mode.or_else(|| self.data.attributes.test_mode.and_then(|raw| raw.get().parse().ok()))
    }
}

#[derive(Deserialize)]
pub(super) struct Delivery<'a> {
    #[serde(borrow)]
    pub data: Data<'a>,
}

#[derive(Deserialize)]
pub(super) struct Meta<'a> {
    #[serde(borrow)]
    pub event_name: Text<'a>,
    pub test_mode: Option<bool>,
    #[serde(borrow)]
    pub webhook_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Data<'a> {
    #[serde(rename = "type", borrow)]
    pub kind: Text<'a>,
    pub id: Id,
    #[serde(borrow)]
    pub attributes: Attributes<'a>,
}

/// The attributes of orders, subscriptions and subscription invoices.
#[derive(Deserialize)]
pub(super) struct Attributes<'a> {
    #[serde(default, deserialize_with = "named")]
    pub customer_id: Option<Id>,
    #[serde(default, deserialize_with = "named")]
    pub subscription_id: Option<Id>,
    pub user_name: Option<String>,
    pub user_email: Option<String>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub billing_reason: Option<Text<'a>>,
    #[serde(borrow)]
    pub currency: Option<Text<'a>>,
    pub total: Option<i64>,
    pub tax: Option<i64>,
    pub refunded_amount: Option<i64>,
    #[serde(borrow)]
    pub refunded_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub card_brand: Option<Text<'a>>,
    #[serde(borrow)]
    pub card_last_four: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named")]
    pub variant_id: Option<Id>,
    #[serde(borrow)]
    pub product_name: Option<Text<'a>>,
    #[serde(borrow)]
    pub variant_name: Option<Text<'a>>,
    pub first_subscription_item: Option<FirstItem>,
    #[serde(borrow)]
    pub trial_ends_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub renews_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub ends_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub pause: Option<Pause<'a>>,
    pub urls: Option<Urls>,
    #[serde(borrow)]
    pub created_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub updated_at: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct FirstItem {
    #[serde(default, deserialize_with = "named")]
    pub id: Option<Id>,
    #[serde(default, deserialize_with = "named")]
    pub price_id: Option<Id>,
    pub quantity: Option<u32>,
}

#[derive(Deserialize)]
pub(super) struct Pause<'a> {
    #[serde(borrow)]
    pub resumes_at: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Urls {
    pub update_payment_method: Option<String>,
    pub customer_portal: Option<String>,
    pub invoice_url: Option<String>,
}
