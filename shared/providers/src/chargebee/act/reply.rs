//! What Chargebee's answers say of our actions: the resource as it stands, or why nothing was done.

use super::subscription_path;
use crate::value::seconds;
use crate::{Answer, Effect, Found, Reply};
use jiff::Timestamp;
use serde::Deserialize;

/// The resources of an answer, or of an entry of a list.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Shown {
    pub subscription: Option<Subscription>,
    pub invoice: Option<Invoice>,
    pub transaction: Option<Transaction>,
    pub credit_note: Option<CreditNote>,
    pub promotional_credit: Option<PromotionalCredit>,
    pub hosted_page: Option<HostedPage>,
    pub download: Option<Download>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Listed {
    pub list: Vec<Shown>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Subscription {
    pub id: String,
    pub status: Option<String>,
    pub plan_id: Option<String>,
    plan_quantity: Option<u32>,
    plan_quantity_in_decimal: Option<String>,
    addons: Option<Vec<Item>>,
    subscription_items: Option<Vec<Item>>,
    #[serde(default)]
    pub coupons: Vec<Coupon>,
    pub trial_end: Option<i64>,
    pub current_term_end: Option<i64>,
    pub cancelled_at: Option<i64>,
    #[serde(default)]
    pub has_scheduled_changes: bool,
    updated_at: Option<i64>,
}

/// An item of the second catalogue, or an add-on of the first.
#[derive(Debug, Deserialize)]
struct Item {
    #[serde(rename = "item_price_id", alias = "id")]
    price: String,
    item_type: Option<String>,
    quantity: Option<u32>,
    quantity_in_decimal: Option<String>,
    metered_quantity: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Coupon {
    pub coupon_id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Invoice {
    pub id: String,
    pub status: Option<String>,
    pub amount_due: Option<i64>,
    pub write_off_amount: Option<i64>,
    #[serde(default)]
    pub linked_payments: Vec<Linked>,
    updated_at: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Transaction {
    pub id: String,
    pub status: Option<String>,
    pub reference_number: Option<String>,
    date: Option<i64>,
    error_code: Option<String>,
    error_text: Option<String>,
    #[serde(default)]
    linked_refunds: Vec<Linked>,
}

/// A transaction as another resource mentions it.
#[derive(Debug, Deserialize)]
pub(super) struct Linked {
    pub txn_id: String,
    pub txn_status: Option<String>,
    pub txn_date: Option<i64>,
    txn_amount: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CreditNote {
    id: String,
    status: Option<String>,
    #[serde(default)]
    deleted: bool,
    #[serde(default)]
    notes: Vec<Note>,
    #[serde(default)]
    linked_refunds: Vec<Linked>,
}

/// Where the `customer_notes` of a request stand.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Note {
    Text(String),
    Of { note: Option<String> },
}

impl Note {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Of { note } => note.as_deref(),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct PromotionalCredit {
    id: String,
    pub reference: Option<String>,
    created_at: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct HostedPage {
    id: Option<String>,
    url: Option<String>,
    state: Option<String>,
    created_at: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Download {
    pub download_url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Error {
    api_error_code: Option<String>,
    message: Option<String>,
}

/// How a site names what it sells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Catalogue {
    /// The first: one plan, and add-ons to it.
    Plans,
    /// The second: items with prices.
    Items,
}

/// One thing of a subscription, of either catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bought {
    pub price: String,
    pub quantity: Quantity,
    pub is_plan: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Quantity {
    Whole(u32),
    Fraction(String),
    /// It is counted after the fact, or has one price for all.
    Unsaid,
}

pub(super) fn read(reply: &Reply) -> Result<Shown, Answer> {
    match reply.status {
        200..=299 => serde_json::from_str(&reply.body).map_err(|_| Answer::Unknown),
        429 => Err(Answer::NotNow),
        400..=499 => Err(refusal(reply)),
        _ => Err(Answer::Unknown),
    }
}

/// A 409 usually says that the resource does not allow it as it stands; any other one, that somebody else holds it
/// right now.
fn refusal(reply: &Reply) -> Answer {
    let error = error(reply);
    if reply.status == 409 && error.api_error_code.as_deref() != Some("invalid_state_for_request") {
        return Answer::NotNow;
    }
    Answer::Refused {
        code: error.api_error_code.unwrap_or_else(|| format!("http_{}", reply.status)),
        message: error.message.unwrap_or_else(|| "Chargebee gave no reason".to_owned()),
    }
}

/// Whether something with that id exists already.
pub(super) fn is_duplicate(reply: &Reply) -> bool {
    reply.status == 400 && error(reply).api_error_code.as_deref() == Some("duplicate_entry")
}

fn error(reply: &Reply) -> Error {
    serde_json::from_str(&reply.body).unwrap_or_default()
}

fn effect(reference: &str, status: Option<&str>, made_at: Option<i64>) -> Effect {
    let status = match status {
        Some("success") => "succeeded",
        status => status.unwrap_or("done"),
    };
    Effect {
        reference: reference.to_owned(),
        status: status.to_owned(),
        made_at: made_at.and_then(|made_at| seconds(made_at).ok()),
        link: None,
        seen: Vec::new(),
    }
}

impl Subscription {
    pub fn catalogue(&self) -> Catalogue {
        if self.plan_id.is_some() { Catalogue::Plans } else { Catalogue::Items }
    }

    pub fn bought(&self) -> Vec<Bought> {
        let plan = self.plan_id.iter().map(|plan| Bought {
            price: plan.clone(),
            quantity: quantity(self.plan_quantity, self.plan_quantity_in_decimal.as_ref()),
            is_plan: true,
        });
        let addons = self.addons.iter().flatten().map(|addon| addon.bought(false));
        let items = self.subscription_items.iter().flatten();
        let items = items.map(|item| item.bought(item.item_type.as_deref().is_none_or(|kind| kind == "plan")));
        plan.chain(addons).chain(items).collect()
    }

    pub fn plan(&self) -> Option<Bought> {
        self.bought().into_iter().find(|bought| bought.is_plan)
    }

    pub fn update_path(&self) -> String {
        subscription_path(&self.id, if self.catalogue() == Catalogue::Items { "/update_for_items" } else { "" })
    }

    pub fn cancel_path(&self) -> String {
        subscription_path(&self.id, if self.catalogue() == Catalogue::Items { "/cancel_for_items" } else { "/cancel" })
    }

    pub fn coupon_path(&self) -> &'static str {
        if self.catalogue() == Catalogue::Items { "/api/v2/coupons/create_for_items" } else { "/api/v2/coupons" }
    }

    pub fn effect(&self) -> Effect {
        effect(&self.id, self.status.as_deref(), self.updated_at)
    }
}

impl Item {
    fn bought(&self, is_plan: bool) -> Bought {
        let counted = if self.metered_quantity.is_some() {
            Quantity::Unsaid
        } else {
            quantity(self.quantity, self.quantity_in_decimal.as_ref())
        };
        Bought { price: self.price.clone(), quantity: counted, is_plan }
    }
}

fn quantity(whole: Option<u32>, fraction: Option<&String>) -> Quantity {
    match (whole, fraction) {
        (Some(whole), _) => Quantity::Whole(whole),
        (None, Some(fraction)) => Quantity::Fraction(fraction.clone()),
        (None, None) => Quantity::Unsaid,
    }
}

impl Invoice {
    /// How many payments of it came in.
    pub(super) fn paid_by(&self) -> usize {
        self.linked_payments.iter().filter(|payment| payment.txn_status.as_deref() == Some("success")).count()
    }

    pub fn effect(&self) -> Effect {
        effect(&self.id, self.status.as_deref(), self.updated_at)
    }
}

impl Transaction {
    /// What became of the money.
    pub fn answer(&self) -> Answer {
        match self.status.as_deref() {
            Some("failure" | "late_failure" | "voided") => Answer::Refused {
                code: self.error_code.clone().unwrap_or_else(|| "transaction_failed".to_owned()),
                message: self.error_text.clone().unwrap_or_else(|| "the payment gateway did not do it".to_owned()),
            },
            // The gateway did not answer Chargebee in time.
            Some("timeout") => Answer::Unknown,
            status => Answer::Done(effect(&self.id, status, self.date)),
        }
    }

    /// What of a payment went back or is on its way, in minor units.
    pub fn given_back(&self) -> i64 {
        let back = self.linked_refunds.iter().filter(|refund| !refund.has_failed());
        back.filter_map(|refund| refund.txn_amount).fold(0, i64::saturating_add)
    }

    /// A refund of that sum, in minor units, that was tried since then and failed.
    pub fn failed_since(&self, amount: Option<i64>, since: Timestamp) -> Option<Found> {
        let lately = |refund: &&Linked| refund.txn_date.is_some_and(|second| second >= since.as_second());
        let mut tried = self.linked_refunds.iter().filter(|refund| refund.has_failed() && refund.txn_amount == amount);
        tried.find(lately).map(Linked::failure)
    }
}

impl CreditNote {
    /// Whether it stands, and a note of it says whose it is.
    pub fn names(&self, action: &str) -> bool {
        let voided = self.deleted || self.status.as_deref() == Some("voided");
        !voided && self.notes.iter().filter_map(Note::text).any(|note| note.contains(action))
    }

    /// What became of the money that it gives back: of several tries, one that went counts.
    pub fn found(&self) -> Found {
        let went = self.linked_refunds.iter().find(|refund| !refund.has_failed());
        match (went, self.linked_refunds.last()) {
            (Some(refund), _) => Found::Done(refund.effect()),
            (None, Some(refund)) => refund.failure(),
            (None, None) if self.status.as_deref() == Some("refund_due") => Found::Unclear {
                instead: format!(
                    "Credit note {} was made and its money has not gone: refund it in Chargebee, then say that it is done.",
                    self.id
                ),
            },
            (None, None) => Found::Done(effect(&self.id, None, None)),
        }
    }
}

impl Linked {
    /// Whether the gateway refused it, took it back, or never answered.
    pub fn has_failed(&self) -> bool {
        matches!(self.txn_status.as_deref(), Some("failure" | "late_failure" | "timeout" | "voided"))
    }

    fn failure(&self) -> Found {
        Found::Failed {
            code: "transaction_failed".to_owned(),
            message: format!("the payment gateway did not do refund {}", self.txn_id),
        }
    }

    pub fn effect(&self) -> Effect {
        effect(&self.txn_id, self.txn_status.as_deref(), self.txn_date)
    }
}

impl PromotionalCredit {
    pub fn answer(&self) -> Answer {
        Answer::Done(effect(&self.id, Some("added"), self.created_at))
    }
}

impl HostedPage {
    pub fn answer(self) -> Answer {
        match (self.id, self.url) {
            (Some(id), Some(url)) => {
                Answer::Done(Effect { link: Some(url), ..effect(&id, self.state.as_deref(), self.created_at) })
            }
            _ => Answer::Unknown,
        }
    }
}
