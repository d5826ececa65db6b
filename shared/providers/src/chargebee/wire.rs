//! The fields of Chargebee's resources that we use, of both product catalogues. What is not named is skipped unread.

use crate::value::{Text, named};
use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Deserialize)]
pub(super) struct Outside<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(borrow)]
    pub event_type: Text<'a>,
    #[allow(dead_code, reason = "an event without content is none")]
    content: IgnoredAny,
}

#[derive(Deserialize)]
pub(super) struct Event<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    pub occurred_at: i64,
    /// Where it was begun: `portal`, `api`, `scheduled_job`, …
    #[serde(borrow)]
    pub source: Option<Text<'a>>,
    #[serde(borrow)]
    pub event_type: Text<'a>,
    #[serde(borrow)]
    pub content: Content<'a>,
}

#[derive(Deserialize)]
pub(super) struct Content<'a> {
    #[serde(borrow)]
    pub customer: Option<Customer<'a>>,
    #[serde(borrow)]
    pub subscription: Option<Subscription<'a>>,
    #[serde(borrow)]
    pub invoice: Option<Invoice<'a>>,
    #[serde(borrow)]
    pub transaction: Option<Transaction<'a>>,
    #[serde(borrow)]
    pub credit_note: Option<CreditNote<'a>>,
    #[serde(borrow)]
    pub card: Option<Card<'a>>,
    #[serde(borrow)]
    pub payment_source: Option<PaymentSource<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Customer<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub created_at: Option<i64>,
    pub resource_version: Option<i64>,
    pub billing_address: Option<Address>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub primary_payment_source_id: Option<Text<'a>>,
    pub locale: Option<String>,
    pub promotional_credits: Option<i64>,
    pub refundable_credits: Option<i64>,
    pub excess_payments: Option<i64>,
    #[serde(borrow)]
    pub preferred_currency_code: Option<Text<'a>>,
    /// Where a customer has several currencies, the sums stand here.
    #[serde(borrow)]
    pub balances: Option<Vec<Balance<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct Balance<'a> {
    pub promotional_credits: Option<i64>,
    pub refundable_credits: Option<i64>,
    pub excess_payments: Option<i64>,
    #[serde(borrow)]
    pub currency_code: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Address {
    pub line1: Option<String>,
    pub line2: Option<String>,
    pub line3: Option<String>,
    pub zip: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub country: Option<String>,
    pub phone: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Subscription<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub customer_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub currency_code: Option<Text<'a>>,
    pub resource_version: Option<i64>,
    #[serde(default)]
    pub deleted: bool,
    pub billing_period: Option<u32>,
    #[serde(borrow)]
    pub billing_period_unit: Option<Text<'a>>,
    // Product catalogue 1.
    #[serde(default, deserialize_with = "named", borrow)]
    pub plan_id: Option<Text<'a>>,
    pub plan_quantity: Option<u32>,
    #[serde(borrow)]
    pub plan_quantity_in_decimal: Option<Text<'a>>,
    pub plan_unit_price: Option<i64>,
    #[serde(borrow)]
    pub plan_unit_price_in_decimal: Option<Text<'a>>,
    #[serde(borrow)]
    pub addons: Option<Vec<Addon<'a>>>,
    // Product catalogue 2.
    #[serde(borrow)]
    pub subscription_items: Option<Vec<SubscriptionItem<'a>>>,
    pub created_at: Option<i64>,
    pub started_at: Option<i64>,
    pub start_date: Option<i64>,
    pub current_term_start: Option<i64>,
    pub current_term_end: Option<i64>,
    pub next_billing_at: Option<i64>,
    pub trial_end: Option<i64>,
    pub cancelled_at: Option<i64>,
    /// Why Chargebee ended it by itself, such as `not_paid`.
    #[serde(borrow)]
    pub cancel_reason: Option<Text<'a>>,
    /// Why somebody ended it, by the company's own list.
    #[serde(borrow)]
    pub cancel_reason_code: Option<Text<'a>>,
    pub resume_date: Option<i64>,
    pub contract_term: Option<ContractTerm>,
    #[serde(borrow)]
    pub coupons: Option<Vec<Coupon<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct Coupon<'a> {
    #[serde(borrow)]
    pub coupon_id: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct Addon<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    pub quantity: Option<u32>,
    #[serde(borrow)]
    pub quantity_in_decimal: Option<Text<'a>>,
    pub unit_price: Option<i64>,
    #[serde(borrow)]
    pub unit_price_in_decimal: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct SubscriptionItem<'a> {
    #[serde(borrow)]
    pub item_price_id: Text<'a>,
    #[serde(borrow)]
    pub item_type: Option<Text<'a>>,
    pub quantity: Option<u32>,
    #[serde(borrow)]
    pub quantity_in_decimal: Option<Text<'a>>,
    pub unit_price: Option<i64>,
    #[serde(borrow)]
    pub unit_price_in_decimal: Option<Text<'a>>,
    #[serde(borrow)]
    pub metered_quantity: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct ContractTerm {
    pub contract_end: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct Invoice<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub customer_id: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub subscription_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub currency_code: Option<Text<'a>>,
    pub resource_version: Option<i64>,
    #[serde(default)]
    pub deleted: bool,
    pub date: Option<i64>,
    pub due_date: Option<i64>,
    pub paid_at: Option<i64>,
    pub total: Option<i64>,
    pub tax: Option<i64>,
    pub amount_due: Option<i64>,
    pub credits_applied: Option<i64>,
    pub write_off_amount: Option<i64>,
    pub next_retry_at: Option<i64>,
    #[serde(borrow)]
    pub dunning_status: Option<Text<'a>>,
    #[serde(borrow)]
    pub line_items: Option<Vec<Line<'a>>>,
    #[serde(borrow)]
    pub linked_payments: Option<Vec<LinkedPayment<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct Line<'a> {
    #[serde(borrow)]
    pub id: Option<Text<'a>>,
    pub date_from: Option<i64>,
    pub date_to: Option<i64>,
    pub unit_amount: Option<i64>,
    #[serde(borrow)]
    pub unit_amount_in_decimal: Option<Text<'a>>,
    pub quantity: Option<i64>,
    pub amount: i64,
    pub tax_amount: Option<i64>,
    pub discount_amount: Option<i64>,
    pub description: Option<String>,
    #[serde(borrow)]
    pub entity_type: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub entity_id: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub subscription_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct LinkedPayment<'a> {
    #[serde(borrow)]
    pub txn_status: Option<Text<'a>>,
    pub txn_date: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct Transaction<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub customer_id: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub subscription_id: Option<Text<'a>>,
    #[serde(rename = "type", borrow)]
    pub kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub payment_method: Option<Text<'a>>,
    /// `customer` or `merchant`.
    #[serde(borrow)]
    pub initiator_type: Option<Text<'a>>,
    #[serde(borrow)]
    pub gateway: Option<Text<'a>>,
    #[serde(borrow)]
    pub masked_card_number: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub refunded_txn_id: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub reference_transaction_id: Option<Text<'a>>,
    /// What a transfer or a cheque was marked with.
    #[serde(default, deserialize_with = "named", borrow)]
    pub reference_number: Option<Text<'a>>,
    pub amount: Option<i64>,
    #[serde(borrow)]
    pub currency_code: Option<Text<'a>>,
    pub date: Option<i64>,
    pub resource_version: Option<i64>,
    #[serde(default)]
    pub deleted: bool,
    #[serde(borrow)]
    pub error_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub error_text: Option<Text<'a>>,
    #[serde(borrow)]
    pub error_detail: Option<ErrorDetail<'a>>,
    #[serde(borrow)]
    pub linked_invoices: Option<Vec<LinkedInvoice<'a>>>,
    #[serde(borrow)]
    pub linked_refunds: Option<Vec<LinkedRefund<'a>>>,
    #[serde(borrow)]
    pub linked_payments: Option<Vec<LinkedTransaction<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct ErrorDetail<'a> {
    #[serde(borrow)]
    pub error_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub decline_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub network_error_code: Option<Text<'a>>,
    #[serde(borrow)]
    pub processor_advice_code: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct LinkedInvoice<'a> {
    #[serde(borrow)]
    pub invoice_id: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct LinkedRefund<'a> {
    #[serde(borrow)]
    pub txn_id: Text<'a>,
    #[serde(borrow)]
    pub txn_status: Option<Text<'a>>,
    pub txn_date: Option<i64>,
    pub txn_amount: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct LinkedTransaction<'a> {
    #[serde(default, deserialize_with = "named", borrow)]
    pub id: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub txn_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct CreditNote<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub customer_id: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub reference_invoice_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(borrow)]
    pub reason_code: Option<Text<'a>>,
    /// The site's own word for the reason, where there is no other any more.
    #[serde(borrow)]
    pub create_reason_code: Option<Text<'a>>,
    /// Where the `customer_notes` of a request stand: our action's id, when we ask for a refund.
    #[serde(borrow)]
    pub notes: Option<Vec<Note<'a>>>,
    #[serde(default)]
    pub deleted: bool,
    pub total: Option<i64>,
    #[serde(borrow)]
    pub currency_code: Option<Text<'a>>,
    pub date: Option<i64>,
    pub resource_version: Option<i64>,
}

/// Chargebee's library has a credit note's notes as texts, and those of an invoice with whose they are.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Note<'a> {
    #[serde(borrow)]
    Text(Text<'a>),
    Of {
        #[serde(borrow)]
        note: Option<Text<'a>>,
    },
}

impl Note<'_> {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Of { note } => note.as_deref(),
        }
    }
}

impl CreditNote<'_> {
    /// Our action that it is of, if a note of it says so.
    pub fn action(&self) -> Option<String> {
        let mut notes = self.notes.iter().flatten().filter_map(Note::text);
        notes.find(|note| note.starts_with("act_")).map(str::to_owned)
    }
}

#[derive(Deserialize)]
pub(super) struct Card<'a> {
    #[serde(default, deserialize_with = "named", borrow)]
    pub payment_source_id: Option<Text<'a>>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub customer_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    pub card_type: Option<String>,
    pub brand: Option<String>,
    pub issuing_country: Option<String>,
    pub funding_type: Option<String>,
    pub last4: Option<String>,
    pub expiry_month: Option<u8>,
    pub expiry_year: Option<u16>,
    pub resource_version: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct PaymentSource<'a> {
    #[serde(borrow)]
    pub id: Text<'a>,
    #[serde(default, deserialize_with = "named", borrow)]
    pub customer_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub status: Option<Text<'a>>,
    #[serde(default)]
    pub deleted: bool,
    pub resource_version: Option<i64>,
    #[serde(borrow)]
    pub card: Option<Card<'a>>,
}
