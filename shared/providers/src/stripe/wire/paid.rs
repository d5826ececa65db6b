//! How something was paid, or why it was not.

use super::{Object, Reference};
use crate::value::{Text, named};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

#[derive(Deserialize)]
pub(in crate::stripe) struct Paid<'a> {
    #[serde(default, deserialize_with = "named", borrow)]
    pub payment_intent: Option<Reference<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub charge: Option<Reference<'a>>,
}

#[derive(Deserialize)]
pub(in crate::stripe) struct Outcome<'a> {
    #[serde(borrow)]
    pub reason: Option<Text<'a>>,
    #[serde(borrow)]
    pub advice_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub network_advice_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub network_decline_code: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(in crate::stripe) struct MethodDetails<'a> {
    #[serde(rename = "type", borrow)]
    pub kind: Option<Text<'a>>,
    pub card: Option<Card>,
}

#[derive(Deserialize)]
pub(in crate::stripe) struct Card {
    pub brand: Option<String>,
    /// Through which network a card of several was charged.
    pub network: Option<String>,
    pub country: Option<String>,
    pub funding: Option<String>,
    pub last4: Option<String>,
    pub exp_month: Option<u8>,
    pub exp_year: Option<u16>,
    /// Its holder was asked to confirm the payment, and did: they were there.
    #[serde(default, rename = "three_d_secure", deserialize_with = "confirmed")]
    pub confirmed: bool,
}

/// The shape differs from version to version, and in old sources it is a word.
fn confirmed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let told = Value::deserialize(deserializer)?;
    Ok(told["result"] == "authenticated" || told["authenticated"] == true)
}

/// Before payment methods, a charge's source was the card itself; elsewhere it is an id or something else.
pub(in crate::stripe) struct CardOrId(pub Option<Card>);

impl<'de> Deserialize<'de> for CardOrId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&serde_json::value::RawValue>::deserialize(deserializer)?;
        Ok(Self(serde_json::from_str(raw.get()).ok()))
    }
}

#[derive(Deserialize)]
pub(in crate::stripe) struct PaymentError<'a> {
    #[serde(borrow)]
    pub code: Option<Text<'a>>,
    #[serde(borrow)]
    pub decline_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub advice_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub network_advice_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub network_decline_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub payment_method: Option<MethodDetails<'a>>,
}

#[derive(Deserialize)]
pub(in crate::stripe) struct Evidence {
    pub due_by: Option<i64>,
}

/// What `GET /v1/invoice_payments` lists, with its intents expanded.
#[derive(Deserialize)]
pub(in crate::stripe) struct InvoicePayment<'a> {
    #[serde(default, deserialize_with = "named", borrow)]
    pub invoice: Option<Reference<'a>>,
    #[serde(borrow)]
    pub payment: Option<Expanded<'a>>,
}

#[derive(Deserialize)]
pub(in crate::stripe) struct Expanded<'a> {
    #[serde(borrow)]
    pub payment_intent: Option<Box<Object<'a>>>,
}
