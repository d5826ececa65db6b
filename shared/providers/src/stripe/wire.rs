//! The fields of Stripe's objects that we use, in all the shapes since 2015. What is not named is skipped unread.

use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

type Text<'a> = Cow<'a, str>;

#[derive(Deserialize)]
pub(super) struct Event<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub object: Text<'a>,
    #[serde(rename = "type", borrow)]
    pub kind: Text<'a>,
    pub created: i64,
    #[serde(default)]
    pub livemode: bool,
    #[serde(borrow)]
    pub data: Data<'a>,
}

#[derive(Deserialize)]
pub(super) struct Data<'a> {
    #[serde(borrow)]
    pub object: &'a RawValue,
}

/// A reference: the id, or the whole object where somebody asked for it.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Reference<'a> {
    Id(#[serde(borrow)] Text<'a>),
    Object(#[serde(borrow)] Object<'a>),
}

#[derive(Deserialize)]
pub(super) struct Object<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
}

impl Reference<'_> {
    pub fn id(&self) -> String {
        match self {
            Self::Id(id) => id.to_string(),
            Self::Object(object) => object.id.to_string(),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct List<T> {
    #[serde(default = "Vec::new")]
    pub data: Vec<T>,
}

#[derive(Deserialize)]
pub(super) struct Customer<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub created: Option<i64>,
    pub address: Option<Address>,
}

#[derive(Deserialize)]
pub(super) struct Address {
    pub line1: Option<String>,
    pub line2: Option<String>,
    pub postal_code: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub country: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Subscription<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub customer: Option<Reference<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    pub created: Option<i64>,
    pub start_date: Option<i64>,
    /// Until basil the period stood here; since then, on each item.
    pub current_period_end: Option<i64>,
    pub cancel_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub quantity: Option<u32>,
    #[serde(borrow)]
    pub plan: Option<Price<'a>>,
    #[serde(borrow)]
    pub items: Option<List<Item<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct Item<'a> {
    #[serde(borrow)]
    pub price: Option<Price<'a>>,
    #[serde(borrow)]
    pub plan: Option<Price<'a>>,
    pub quantity: Option<u32>,
    pub current_period_end: Option<i64>,
}

/// A price, or a plan as it was called before.
#[derive(Deserialize)]
pub(super) struct Price<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub currency: Option<Text<'a>>,
    pub unit_amount: Option<i64>,
    pub amount: Option<i64>,
    #[serde(borrow)]
    pub recurring: Option<Recurring<'a>>,
    #[serde(borrow)]
    pub interval: Option<Text<'a>>,
    pub interval_count: Option<u32>,
}

#[derive(Deserialize)]
pub(super) struct Recurring<'a> {
    #[serde(borrow)]
    pub interval: Text<'a>,
    pub interval_count: Option<u32>,
}

#[derive(Deserialize)]
pub(super) struct Invoice<'a> {
    #[serde(borrow)]
    pub id: Option<Text<'a>>,
    pub number: Option<String>,
    #[serde(borrow)]
    pub customer: Option<Reference<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    /// Before `status` there were flags.
    pub paid: Option<bool>,
    pub closed: Option<bool>,
    #[serde(borrow)]
    pub currency: Option<Text<'a>>,
    pub total: Option<i64>,
    pub amount_due: Option<i64>,
    pub amount_remaining: Option<i64>,
    pub attempt_count: Option<u32>,
    pub created: Option<i64>,
    pub date: Option<i64>,
    pub due_date: Option<i64>,
    pub hosted_invoice_url: Option<String>,
    #[serde(borrow)]
    pub subscription: Option<Reference<'a>>,
    #[serde(borrow)]
    pub parent: Option<Parent<'a>>,
    pub status_transitions: Option<Transitions>,
}

#[derive(Deserialize)]
pub(super) struct Parent<'a> {
    #[serde(borrow)]
    pub subscription_details: Option<SubscriptionDetails<'a>>,
}

#[derive(Deserialize)]
pub(super) struct SubscriptionDetails<'a> {
    #[serde(borrow)]
    pub subscription: Option<Reference<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Transitions {
    pub paid_at: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct Charge<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub customer: Option<Reference<'a>>,
    #[serde(borrow)]
    pub invoice: Option<Reference<'a>>,
    #[serde(borrow)]
    pub currency: Text<'a>,
    pub amount: i64,
    pub amount_captured: Option<i64>,
    pub amount_refunded: Option<i64>,
    pub captured: Option<bool>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    pub paid: Option<bool>,
    pub created: Option<i64>,
    #[serde(borrow)]
    pub failure_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub outcome: Option<ChargeOutcome<'a>>,
    pub payment_method_details: Option<MethodDetails>,
    pub source: Option<Card>,
}

#[derive(Deserialize)]
pub(super) struct ChargeOutcome<'a> {
    #[serde(borrow)]
    pub reason: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct MethodDetails {
    pub card: Option<Card>,
}

#[derive(Deserialize)]
pub(super) struct Card {
    pub brand: Option<String>,
    pub last4: Option<String>,
    pub exp_month: Option<u8>,
    pub exp_year: Option<u16>,
}

#[derive(Deserialize)]
pub(super) struct PaymentIntent<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub customer: Option<Reference<'a>>,
    #[serde(borrow)]
    pub invoice: Option<Reference<'a>>,
    #[serde(borrow)]
    pub currency: Text<'a>,
    pub amount: i64,
    pub created: Option<i64>,
    #[serde(borrow)]
    pub latest_charge: Option<Reference<'a>>,
    #[serde(borrow)]
    pub charges: Option<List<Object<'a>>>,
    #[serde(borrow)]
    pub last_payment_error: Option<PaymentError<'a>>,
}

#[derive(Deserialize)]
pub(super) struct PaymentError<'a> {
    #[serde(borrow)]
    pub code: Option<Text<'a>>,
    #[serde(borrow)]
    pub decline_code: Option<Text<'a>>,
    pub payment_method: Option<MethodDetails>,
}

#[derive(Deserialize)]
pub(super) struct Refund<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub charge: Option<Reference<'a>>,
    #[serde(borrow)]
    pub currency: Text<'a>,
    pub amount: i64,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    pub created: Option<i64>,
    pub metadata: Option<Metadata>,
}

#[derive(Deserialize)]
pub(super) struct Metadata {
    pub recoup_action: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ErrorReply {
    pub error: ErrorBody,
}

#[derive(Deserialize)]
pub(super) struct ErrorBody {
    pub code: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub message: Option<String>,
}
