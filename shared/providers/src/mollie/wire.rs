//! The fields of Mollie's objects that we use. What is not named is skipped unread.

use crate::value::{Text, named};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

#[derive(Deserialize)]
pub(super) struct Event<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(default, deserialize_with = "named", rename = "entityId", borrow)]
    pub entity_id: Option<Text<'a>>,
    #[serde(rename = "createdAt", borrow)]
    pub created_at: Text<'a>,
    #[serde(rename = "_embedded", borrow)]
    pub embedded: Option<Embedded<'a>>,
}

/// The outside of an event: enough to name it, whatever shape the object has.
#[derive(Deserialize)]
pub(super) struct Outside<'a> {
    #[serde(borrow)]
    pub resource: Text<'a>,
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(rename = "type", borrow)]
    pub kind: Text<'a>,
    #[serde(rename = "_embedded", borrow)]
    pub embedded: Option<OutsideEmbedded<'a>>,
}

#[derive(Deserialize)]
pub(super) struct OutsideEmbedded<'a> {
    #[serde(borrow)]
    pub entity: Option<OutsideEntity<'a>>,
}

#[derive(Deserialize)]
pub(super) struct OutsideEntity<'a> {
    #[serde(borrow)]
    pub mode: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Embedded<'a> {
    #[serde(borrow)]
    pub entity: Entity<'a>,
}

/// A payment, refund, chargeback or sales invoice.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entity<'a> {
    #[serde(borrow)]
    pub resource: Text<'a>,
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub amount: Option<Amount<'a>>,
    #[serde(borrow)]
    pub amount_refunded: Option<Amount<'a>>,
    #[serde(borrow)]
    pub amount_captured: Option<Amount<'a>>,
    #[serde(borrow)]
    pub description: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub customer_id: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub subscription_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub sequence_type: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub mandate_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub method: Option<Text<'a>>,
    #[serde(borrow)]
    pub created_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub paid_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub failed_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub canceled_at: Option<Text<'a>>,
    #[serde(borrow)]
    pub expired_at: Option<Text<'a>>,
    #[serde(default)]
    pub metadata: Metadata,
    #[serde(borrow)]
    pub details: Option<Details<'a>>,
    #[serde(borrow)]
    pub status_reason: Option<Reason<'a>>,
    #[serde(rename = "_embedded", borrow)]
    pub embedded: Option<Parts<'a>>,

    // A refund or a chargeback.
    #[serde(default, deserialize_with = "named", borrow)]
    pub payment_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub reason: Option<Reason<'a>>,
    #[serde(borrow)]
    pub reversed_at: Option<Text<'a>>,

    // A sales invoice.
    #[serde(borrow)]
    pub invoice_number: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub recipient_identifier: Option<Text<'a>>,
    #[serde(borrow)]
    pub total_amount: Option<Amount<'a>>,
    #[serde(borrow)]
    pub total_vat_amount: Option<Amount<'a>>,
    #[serde(borrow)]
    pub amount_due: Option<Amount<'a>>,
    #[serde(borrow)]
    pub due_at: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Amount<'a> {
    #[serde(borrow)]
    pub value: Text<'a>,
    #[serde(borrow)]
    pub currency: Text<'a>,
}

/// What a shop put there: an object, a text or nothing; ours are three fields.
#[derive(Default)]
pub(super) struct Metadata {
    pub recoup_action: Option<String>,
    pub recoup_invoice: Option<String>,
    pub recoup_request: Option<String>,
}

impl<'de> Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Ours {
            #[serde(default, deserialize_with = "named")]
            recoup_action: Option<String>,
            #[serde(default, deserialize_with = "named")]
            recoup_invoice: Option<String>,
            #[serde(default, deserialize_with = "named")]
            recoup_request: Option<String>,
        }
        let raw = <&RawValue>::deserialize(deserializer)?;
        let ours = serde_json::from_str::<Ours>(raw.get()).ok();
        Ok(ours
            .map(|Ours { recoup_action, recoup_invoice, recoup_request }| Self {
                recoup_action,
                recoup_invoice,
                recoup_request,
            })
            .unwrap_or_default())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Details<'a> {
    #[serde(borrow)]
    pub card_label: Option<Text<'a>>,
    #[serde(borrow)]
    pub card_number: Option<Text<'a>>,
    #[serde(borrow)]
    pub card_expiry_date: Option<Text<'a>>,
    #[serde(borrow)]
    pub card_country_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub card_funding: Option<Text<'a>>,
    #[serde(borrow)]
    pub failure_reason: Option<Text<'a>>,
    #[serde(borrow)]
    pub bank_reason_code: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Reason<'a> {
    #[serde(borrow)]
    pub code: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Parts<'a> {
    #[serde(default, borrow)]
    pub refunds: Vec<Entity<'a>>,
    #[serde(default, borrow)]
    pub chargebacks: Vec<Entity<'a>>,
}
