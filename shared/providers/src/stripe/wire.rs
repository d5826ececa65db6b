//! The fields of Stripe's objects that we use, in all the shapes since 2015. What is not named is skipped unread.
//!
//! One structure stands for every kind of object: the type of an event follows its object, so that a structure for each
//! kind would need a second pass over the body.

mod paid;
mod priced;

use crate::value::{Text, named};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

pub(super) use paid::{Card, CardOrId, Evidence, InvoicePayment, MethodDetails, Outcome, Paid, PaymentError};
pub(super) use priced::{Coupon, Discount, Discounts, Price, Pricing, Tax};

/// The outside of an event.
#[derive(Deserialize)]
pub(super) struct Outside<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub object: Text<'a>,
    #[serde(rename = "type", borrow)]
    pub kind: Text<'a>,
    #[serde(default)]
    pub livemode: bool,
    #[allow(dead_code, reason = "an event without data is none")]
    data: IgnoredAny,
}

#[derive(Deserialize)]
pub(super) struct Event<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(rename = "type", borrow)]
    pub kind: Text<'a>,
    pub created: i64,
    #[serde(borrow)]
    pub data: Data<'a>,
}

#[derive(Deserialize)]
pub(super) struct Data<'a> {
    #[serde(borrow)]
    pub object: Object<'a>,
    #[serde(borrow)]
    pub previous_attributes: Option<Previous<'a>>,
}

/// What was true before, where that is not in the object any more.
#[derive(Deserialize)]
pub(super) struct Previous<'a> {
    #[serde(default, deserialize_with = "named", borrow)]
    pub customer: Option<Reference<'a>>,
}

/// A reference: the id, or the whole object where somebody asked for it.
pub(super) struct Reference<'a>(Text<'a>);

impl Reference<'_> {
    pub fn id(&self) -> String {
        self.0.to_string()
    }
}

impl AsRef<str> for Reference<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Reference<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Reference<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id or an object with an id")
            }

            fn visit_borrowed_str<E: serde::de::Error>(self, id: &'de str) -> Result<Self::Value, E> {
                Text::deserialize(serde::de::value::BorrowedStrDeserializer::new(id)).map(Reference)
            }

            fn visit_str<E: serde::de::Error>(self, id: &str) -> Result<Self::Value, E> {
                Text::deserialize(serde::de::value::StrDeserializer::new(id)).map(Reference)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut id = None;
                while let Some(key) = map.next_key::<Text<'de>>()? {
                    if &*key == "id" {
                        id = Some(map.next_value()?);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                id.map(Reference).ok_or_else(|| serde::de::Error::missing_field("id"))
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

#[derive(Deserialize)]
pub(super) struct List<T> {
    #[serde(default = "Vec::new")]
    pub data: Vec<T>,
    #[serde(default)]
    pub has_more: bool,
}

/// Any object of an event.
#[derive(Deserialize)]
pub(super) struct Object<'a> {
    #[serde(borrow)]
    pub id: Option<Text<'a>>,
    #[serde(borrow)]
    pub object: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub customer: Option<Reference<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub currency: Option<Text<'a>>,
    pub created: Option<i64>,
    pub metadata: Option<Metadata>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub description: Option<Text<'a>>,

    // A customer.
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub address: Option<Address>,
    pub preferred_locales: Option<Vec<String>>,
    pub balance: Option<i64>,
    pub account_balance: Option<i64>,
    #[serde(borrow)]
    pub invoice_settings: Option<InvoiceSettings<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub default_source: Option<Reference<'a>>,

    // A subscription. Until basil the period stood here; since then, on each item.
    pub start_date: Option<i64>,
    pub current_period_start: Option<i64>,
    pub current_period_end: Option<i64>,
    pub trial_end: Option<i64>,
    pub cancel_at: Option<i64>,
    #[serde(default)]
    pub cancel_at_period_end: bool,
    pub ended_at: Option<i64>,
    pub quantity: Option<u32>,
    #[serde(borrow)]
    pub plan: Option<Price<'a>>,
    #[serde(borrow)]
    pub items: Option<List<Item<'a>>>,
    #[serde(default, deserialize_with = "stated", borrow)]
    pub discount: Option<Option<Discount<'a>>>,
    #[serde(default, borrow)]
    pub discounts: Discounts<'a>,
    pub pause_collection: Option<Pause>,
    #[serde(borrow)]
    pub cancellation_details: Option<Cancellation<'a>>,
    #[serde(default, deserialize_with = "stated", borrow)]
    pub default_payment_method: Option<Option<Reference<'a>>>,

    // An invoice. Before `status` there were flags.
    pub number: Option<String>,
    pub paid: Option<bool>,
    pub closed: Option<bool>,
    pub total: Option<i64>,
    pub tax: Option<i64>,
    pub total_tax_amounts: Option<Vec<Tax>>,
    pub total_taxes: Option<Vec<Tax>>,
    pub amount_due: Option<i64>,
    pub amount_remaining: Option<i64>,
    pub starting_balance: Option<i64>,
    pub ending_balance: Option<i64>,
    pub attempt_count: Option<u32>,
    #[serde(default, deserialize_with = "stated")]
    pub next_payment_attempt: Option<Option<i64>>,
    pub date: Option<i64>,
    pub due_date: Option<i64>,
    pub hosted_invoice_url: Option<String>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub subscription: Option<Reference<'a>>,
    #[serde(borrow)]
    pub parent: Option<Parent<'a>>,
    #[serde(borrow)]
    pub lines: Option<List<Line<'a>>>,
    pub status_transitions: Option<Transitions>,

    // A payment of an invoice, told apart since basil.
    #[serde(borrow)]
    pub payment: Option<Paid<'a>>,

    // A charge, an intent, a refund, a dispute, a credit note.
    #[serde(default, deserialize_with = "named", borrow)]
    pub charge: Option<Reference<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub payment_intent: Option<Reference<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub invoice: Option<Reference<'a>>,
    pub amount: Option<i64>,
    pub amount_captured: Option<i64>,
    pub amount_received: Option<i64>,
    pub amount_refunded: Option<i64>,
    pub captured: Option<bool>,
    #[serde(borrow)]
    pub failure_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub outcome: Option<Outcome<'a>>,
    #[serde(borrow)]
    pub payment_method_details: Option<MethodDetails<'a>>,
    pub source: Option<CardOrId>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub latest_charge: Option<Reference<'a>>,
    #[serde(borrow)]
    pub charges: Option<List<Reference<'a>>>,
    #[serde(borrow)]
    pub last_payment_error: Option<PaymentError<'a>>,
    #[serde(borrow)]
    pub reason: Option<Text<'a>>,
    #[serde(borrow)]
    pub fraud_type: Option<Text<'a>>,
    pub actionable: Option<bool>,
    pub evidence_details: Option<Evidence>,

    #[serde(default, deserialize_with = "named", borrow)]
    pub payment_method: Option<Reference<'a>>,

    // A kept card: a payment method, or a source as it was called before.
    pub card: Option<Card>,
    pub brand: Option<String>,
    pub last4: Option<String>,
    pub exp_month: Option<u8>,
    pub exp_year: Option<u16>,
}

/// Tells "null" from "not sent".
fn stated<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
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
pub(super) struct Item<'a> {
    #[serde(default, deserialize_with = "named", borrow)]
    pub id: Option<Text<'a>>,
    #[serde(borrow)]
    pub price: Option<Price<'a>>,
    #[serde(borrow)]
    pub plan: Option<Price<'a>>,
    pub quantity: Option<u32>,
    pub current_period_start: Option<i64>,
    pub current_period_end: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct Pause {
    pub resumes_at: Option<i64>,
}

/// How a customer's invoices are collected.
#[derive(Deserialize)]
pub(super) struct InvoiceSettings<'a> {
    #[serde(default, deserialize_with = "named", borrow)]
    pub default_payment_method: Option<Reference<'a>>,
}

/// Why a subscription was ended, or will end.
#[derive(Deserialize)]
pub(super) struct Cancellation<'a> {
    #[serde(borrow)]
    pub reason: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Parent<'a> {
    #[serde(borrow)]
    pub subscription_details: Option<SubscriptionDetails<'a>>,
    #[serde(borrow)]
    pub subscription_item_details: Option<SubscriptionDetails<'a>>,
    #[serde(borrow)]
    pub invoice_item_details: Option<SubscriptionDetails<'a>>,
}

#[derive(Deserialize)]
pub(super) struct SubscriptionDetails<'a> {
    #[serde(default, deserialize_with = "named", borrow)]
    pub subscription: Option<Reference<'a>>,
    pub proration: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct Line<'a> {
    #[serde(default, deserialize_with = "named", borrow)]
    pub id: Option<Text<'a>>,
    pub amount: i64,
    pub description: Option<String>,
    pub quantity: Option<i64>,
    pub proration: Option<bool>,
    #[serde(rename = "type", borrow)]
    pub kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub price: Option<Price<'a>>,
    #[serde(borrow)]
    pub plan: Option<Price<'a>>,
    #[serde(borrow)]
    pub pricing: Option<Pricing<'a>>,
    #[serde(borrow)]
    pub parent: Option<Parent<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub subscription: Option<Reference<'a>>,
    pub period: Option<Period>,
    pub tax_amounts: Option<Vec<Tax>>,
    pub taxes: Option<Vec<Tax>>,
    pub discount_amounts: Option<Vec<Tax>>,
}

#[derive(Deserialize)]
pub(super) struct Period {
    pub start: Option<i64>,
    pub end: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct Transitions {
    pub paid_at: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct Metadata {
    #[serde(default, deserialize_with = "named")]
    pub recoup_action: Option<String>,
    #[serde(default, deserialize_with = "named")]
    pub recoup_request: Option<String>,
}
