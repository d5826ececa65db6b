//! What a provider tells of payments, refunds and disputes.

use super::words::minor;
use super::{Telling, Verb};
use crate::stripe;
use serde_json::{Value, json};

pub(super) const VERBS: &[Verb] = &[
    (
        "payment_failed",
        "INVOICE CODE [COUNTRY]",
        "A try to collect an invoice fails, for the reason CODE; COUNTRY issued the card.",
    ),
    ("debit_failed", "INVOICE CODE", "A direct debit of an invoice comes back, for the bank's reason CODE."),
    ("pending", "INVOICE", "A try to collect an invoice is under way, and nobody knows yet how it ends."),
    ("card", "CUSTOMER LAST4", "A customer gives another card, by the last digits of its number."),
    ("chooses", "CUSTOMER LAST4", "A customer has one of their cards charged for what comes."),
    ("card_works", "ACCOUNT", "From then on a customer's bank pays what is tried."),
    ("paid", "INVOICE", "An invoice is paid, by the charge `ch_INVOICE_paid`."),
    ("charge", "ID CUSTOMER AMOUNT CURRENCY", "A charge that names no invoice succeeds."),
    ("charge_for", "INVOICE CHARGE", "One more charge for an invoice succeeds."),
    ("hold", "CHARGE CUSTOMER AMOUNT CURRENCY", "The bank holds an amount that is not taken."),
    ("dispute", "ID CHARGE STATUS", "The customer's bank asks about a charge, claims it back, or has decided."),
    ("refund_fails", "CHARGE", "The bank sends the refund of a charge back."),
];

/// Does what the words say; false if they are not those of a verb above.
pub(super) async fn beat(telling: &mut Telling, words: &[&str]) -> bool {
    match words {
        ["payment_failed", id, code] => telling.payment_failed(id, code, &card_of(None)).await,
        ["payment_failed", id, code, country] => telling.payment_failed(id, code, &card_of(Some(*country))).await,
        ["debit_failed", id, code] => {
            telling.payment_failed(id, code, &json!({"type": "sepa_debit", "sepa_debit": {"last4": "3000"}})).await;
        }
        ["pending", id] => telling.pending(id).await,
        ["card", customer, last4] => telling.card(customer, last4).await,
        ["chooses", customer, last4] => telling.chooses(customer, last4).await,
        ["card_works", account] => telling.card_works(account),
        ["paid", id] => telling.paid(id).await,
        ["charge", id, customer, amount, currency] => telling.charge(id, customer, amount, currency).await,
        ["charge_for", invoice, id] => telling.charge_for(invoice, id).await,
        ["hold", id, customer, amount, currency] => telling.hold(id, customer, amount, currency).await,
        ["dispute", id, charge, status] => telling.dispute(id, charge, status).await,
        ["refund_fails", charge] => telling.refund_fails(charge).await,
        _ => return false,
    }
    true
}

/// A charge that can be disputed and given back.
pub(super) struct Charge {
    pub customer: String,
    minor: i64,
}

/// The card that is tried, as a charge shows it.
fn card_of(country: Option<&str>) -> Value {
    let mut card = json!({"brand": "visa", "last4": "4242", "exp_month": 4, "exp_year": 2030});
    if let Some(country) = country {
        card["country"] = json!(country);
    }
    json!({"type": "card", "card": card})
}

impl Telling {
    async fn payment_failed(&mut self, id: &str, code: &str, method: &Value) {
        let at = self.at;
        let bill = self.bill(id);
        bill.attempts += 1;
        let mut charge = bill.charge(&format!("ch_{id}_{}", bill.attempts), Some(code), at);
        charge["payment_method_details"] = method.clone();
        self.deliver("charge.failed", charge).await;
        self.deliver_invoice("invoice.payment_failed", id, "open").await;
    }

    async fn pending(&mut self, id: &str) {
        let at = self.at.as_second();
        let bill = self.bill(id);
        let intent = json!({
            "id": format!("pi_{id}"), "object": "payment_intent", "amount": bill.minor,
            "currency": bill.currency.to_lowercase(), "customer": bill.customer, "invoice": id, "status": "processing",
            "created": at, "latest_charge": null, "last_payment_error": null,
        });
        self.deliver("payment_intent.processing", intent).await;
    }

    async fn card(&mut self, customer: &str, last4: &str) {
        let card = json!({
            "id": format!("pm_{last4}"), "object": "payment_method", "type": "card", "customer": customer,
            "created": self.at.as_second(),
            "card": {"brand": "visa", "last4": last4, "exp_month": 4, "exp_year": 2032, "funding": "credit", "network": "visa"},
        });
        self.deliver("payment_method.attached", card).await;
    }

    async fn chooses(&mut self, customer: &str, last4: &str) {
        let mut shown = stripe::customer(customer, self.at);
        shown["invoice_settings"] = json!({"default_payment_method": format!("pm_{last4}")});
        self.deliver("customer.updated", shown).await;
    }

    fn card_works(&mut self, account: &str) {
        let (provider, customer) = account.split_once(':').unwrap_or(("stripe", account));
        let state = json!({
            "id": format!("card_state_{customer}"), "object": "card_state", "customer": customer,
            "works_from": self.at.as_second(),
        });
        assert!(self.service.sandbox.teach(provider, &state).unwrap());
    }

    async fn paid(&mut self, id: &str) {
        let (at, name) = (self.at, format!("ch_{id}_paid"));
        let bill = self.bill(id);
        let charge = bill.charge(&name, None, at);
        let mut invoice = bill.invoice("paid");
        invoice["status_transitions"]["paid_at"] = json!(at.as_second());
        let known = Charge { customer: bill.customer.clone(), minor: bill.minor };
        self.charges.insert(name, known);
        self.deliver("charge.succeeded", charge).await;
        self.deliver("invoice.paid", invoice).await;
    }

    async fn charge(&mut self, id: &str, customer: &str, amount: &str, currency: &str) {
        let units = minor(amount, currency);
        self.charges.insert(id.to_owned(), Charge { customer: customer.to_owned(), minor: units });
        let charge = stripe::charge(customer, id, None, units, currency, None, self.at);
        self.deliver("charge.succeeded", charge).await;
    }

    async fn charge_for(&mut self, invoice: &str, id: &str) {
        let at = self.at;
        let charge = self.bill(invoice).charge(id, None, at);
        self.deliver("charge.succeeded", charge).await;
    }

    async fn hold(&mut self, id: &str, customer: &str, amount: &str, currency: &str) {
        let mut charge = stripe::charge(customer, id, None, minor(amount, currency), currency, None, self.at);
        charge["captured"] = json!(false);
        charge["amount_captured"] = json!(0);
        self.deliver("charge.succeeded", charge).await;
    }

    async fn dispute(&mut self, id: &str, charge: &str, status: &str) {
        let decided = matches!(status, "won" | "lost");
        let kind = if decided { "charge.dispute.closed" } else { "charge.dispute.created" };
        let minor = self.charges[charge].minor;
        let dispute = stripe::dispute(id, charge, minor, status, self.begun_at(id));
        self.deliver(kind, dispute).await;
    }

    async fn refund_fails(&mut self, charge: &str) {
        let mut refunds = self.service.sandbox.refunds().unwrap().into_iter();
        let mut refund = refunds.find(|refund| refund["charge"] == charge).expect("the story has no such refund");
        refund["status"] = json!("failed");
        self.deliver("refund.failed", refund).await;
    }
}
