//! What a provider tells of customers, subscriptions and invoices.

use super::words::{midnight, minor, moment};
use super::{Telling, Verb};
use crate::stripe;
use jiff::Timestamp;
use serde_json::{Value, json};

pub(super) const VERBS: &[Verb] = &[
    ("customer", "ID", "A customer is new; their address is ID@shop.example."),
    ("address", "CUSTOMER EMAIL", "A customer's address changes."),
    ("subscription", "ID CUSTOMER PRICE AMOUNT SEATS STATUS", "A monthly subscription stands so, at USD a seat."),
    ("ends", "SUBSCRIPTION WHY", "A subscription ends at the provider, because of WHY."),
    ("invoice", "ID CUSTOMER AMOUNT CURRENCY", "An invoice is due."),
    ("transfer", "ID CUSTOMER AMOUNT CURRENCY DUE_ON", "An invoice is to be paid by transfer until a day."),
    ("late_invoice", "ID CUSTOMER AMOUNT CURRENCY MADE_AT", "An invoice of earlier that day is told of only now."),
    ("line", "INVOICE PRICE AMOUNT SEATS TOTAL FROM TO SUBSCRIPTION", "An open invoice shows one more line, in USD."),
    ("void", "INVOICE", "An invoice is declared void."),
];

/// Does what the words say; false if they are not those of a verb above.
pub(super) async fn beat(telling: &mut Telling, words: &[&str]) -> bool {
    match words {
        ["customer", id] => telling.customer(id).await,
        ["address", id, email] => telling.address(id, email).await,
        ["subscription", id, customer, price, amount, seats, status] => {
            telling.subscription(id, customer, price, amount, seats, status).await;
        }
        ["ends", id, why] => telling.ends(id, why).await,
        ["invoice", id, customer, amount, currency] => telling.invoice(id, customer, amount, currency).await,
        ["transfer", id, customer, amount, currency, due_on] => {
            telling.transfer(id, customer, amount, currency, due_on).await;
        }
        ["late_invoice", id, customer, amount, currency, time] => {
            telling.late_invoice(id, customer, amount, currency, time).await;
        }
        ["line", invoice, price, amount, seats, total, from, to, subscription] => {
            telling.invoice_line(invoice, price, amount, seats, total, from, to, subscription).await;
        }
        ["void", id] => telling.deliver_invoice("invoice.voided", id, "void").await,
        _ => return false,
    }
    true
}

/// An invoice as the story's provider knows it.
pub(super) struct Bill {
    id: String,
    pub customer: String,
    pub minor: i64,
    pub currency: String,
    pub attempts: u32,
    made_at: Timestamp,
    lines: Vec<Value>,
    subscription: Option<String>,
    due_at: Option<Timestamp>,
}

impl Bill {
    fn new(id: &str, customer: &str, amount: &str, currency: &str, made_at: Timestamp) -> Self {
        Self {
            id: id.to_owned(),
            customer: customer.to_owned(),
            minor: minor(amount, currency),
            currency: currency.to_owned(),
            attempts: 0,
            made_at,
            lines: Vec::new(),
            subscription: None,
            due_at: None,
        }
    }

    /// The invoice as the provider shows it.
    pub fn invoice(&self, status: &str) -> Value {
        let Self { id, customer, minor, currency, attempts, made_at, .. } = self;
        let remaining = if status == "paid" { 0 } else { *minor };
        let mut invoice = stripe::invoice(customer, id, status, *minor, remaining, currency, *attempts, *made_at);
        if let Some(due_at) = self.due_at {
            invoice["due_date"] = json!(due_at.as_second());
        }
        if !self.lines.is_empty() {
            invoice["lines"] = json!({"object": "list", "has_more": false, "data": self.lines});
            invoice["subscription"] = json!(self.subscription);
        }
        invoice
    }

    /// A charge for it; `code` makes it a failed one.
    pub fn charge(&self, charge: &str, code: Option<&str>, at: Timestamp) -> Value {
        stripe::charge(&self.customer, charge, Some(&self.id), self.minor, &self.currency, code, at)
    }
}

impl Telling {
    pub(super) fn bill(&mut self, id: &str) -> &mut Bill {
        self.bills.get_mut(id).unwrap_or_else(|| panic!("the story has no invoice {id}"))
    }

    pub(super) async fn deliver_invoice(&mut self, kind: &str, id: &str, status: &str) {
        let invoice = self.bill(id).invoice(status);
        self.deliver(kind, invoice).await;
    }

    async fn customer(&mut self, id: &str) {
        self.customers.push(id.to_owned());
        self.deliver("customer.created", stripe::customer(id, self.at)).await;
    }

    async fn address(&mut self, id: &str, email: &str) {
        let mut customer = stripe::customer(id, self.at);
        customer["email"] = json!(email);
        self.deliver("customer.updated", customer).await;
    }

    async fn subscription(&mut self, id: &str, customer: &str, price: &str, amount: &str, seats: &str, status: &str) {
        let ended = status == "canceled";
        let kind = if ended { "customer.subscription.deleted" } else { "customer.subscription.updated" };
        let (unit, seats) = (minor(amount, "USD"), seats.parse().unwrap());
        let subscription = stripe::subscription(customer, id, price, unit, seats, status, self.begun_at(id));
        self.subscriptions.insert(id.to_owned(), subscription.clone());
        self.deliver(kind, subscription).await;
    }

    async fn ends(&mut self, id: &str, why: &str) {
        let at = self.at.as_second();
        let subscription = self.subscriptions.get_mut(id);
        let subscription = subscription.unwrap_or_else(|| panic!("the story has no subscription {id}"));
        subscription["status"] = json!("canceled");
        (subscription["canceled_at"], subscription["ended_at"]) = (json!(at), json!(at));
        subscription["cancellation_details"] = json!({"comment": null, "feedback": null, "reason": why});
        let subscription = subscription.clone();
        self.deliver("customer.subscription.deleted", subscription).await;
    }

    async fn invoice(&mut self, id: &str, customer: &str, amount: &str, currency: &str) {
        self.bills.insert(id.to_owned(), Bill::new(id, customer, amount, currency, self.at));
        self.deliver_invoice("invoice.finalized", id, "open").await;
    }

    async fn transfer(&mut self, id: &str, customer: &str, amount: &str, currency: &str, due_on: &str) {
        let bill = Bill { due_at: Some(midnight(due_on)), ..Bill::new(id, customer, amount, currency, self.at) };
        self.bills.insert(id.to_owned(), bill);
        self.deliver_invoice("invoice.finalized", id, "open").await;
    }

    async fn late_invoice(&mut self, id: &str, customer: &str, amount: &str, currency: &str, time: &str) {
        let made_at = moment(&self.at.strftime("%Y-%m-%d").to_string(), time);
        let late = Bill::new(id, customer, amount, currency, made_at);
        self.deliver_made(made_at, "invoice.finalized", late.invoice("open")).await;
    }

    #[allow(clippy::too_many_arguments, reason = "a line has that many sides")]
    async fn invoice_line(
        &mut self,
        invoice: &str,
        price: &str,
        amount: &str,
        seats: &str,
        total: &str,
        from: &str,
        to: &str,
        subscription: &str,
    ) {
        let (unit, seats, total) = (minor(amount, "USD"), seats.parse::<u32>().unwrap(), minor(total, "USD"));
        let (from, to) = (midnight(from), midnight(to));
        let part = total.abs() < unit * i64::from(seats);
        let bill = self.bill(invoice);
        let id = format!("il_{invoice}_{}", bill.lines.len());
        bill.lines.push(stripe::line(&id, price, unit, seats, total, part, from, to, Some(subscription)));
        bill.subscription = Some(subscription.to_owned());
        self.deliver_invoice("invoice.updated", invoice, "open").await;
    }
}
