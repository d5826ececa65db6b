//! A bill: what is due, whether a try failed, and how it ended.

use super::{Figures, Latest, Stamp};
use crate::event::{Decline, Event, InvoiceSeen, InvoiceStatus};
use crate::money::Money;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    pub id: String,
    pub number: Latest<String>,
    pub status: Latest<InvoiceStatus>,
    pub total: Latest<Money>,
    pub remaining: Latest<Money>,
    pub subscription: Latest<String>,
    pub created_at: Latest<Timestamp>,
    pub due_on: Latest<Date>,
    pub pay_link: Latest<String>,
    pub decline: Latest<Decline>,
    /// The most tries any sighting counted.
    pub attempts: u32,
    pub first_failed_at: Option<Timestamp>,
    pub paid_at: Option<Timestamp>,
}

/// Where a due item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    Open(Money),
    Paid,
    Withdrawn,
    NotYet,
}

impl Invoice {
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            number: Latest::default(),
            status: Latest::default(),
            total: Latest::default(),
            remaining: Latest::default(),
            subscription: Latest::default(),
            created_at: Latest::default(),
            due_on: Latest::default(),
            pay_link: Latest::default(),
            decline: Latest::default(),
            attempts: 0,
            first_failed_at: None,
            paid_at: None,
        }
    }

    pub(super) fn fold(&mut self, seen: &InvoiceSeen, event: &Event) {
        let stamp = Stamp::of(event, seen.status.map_or(0, |status| status as u8));
        self.number.see(&stamp, seen.number.clone());
        self.status.see(&stamp, seen.status);
        self.total.see(&stamp, seen.total);
        self.remaining.see(&stamp, seen.remaining);
        self.subscription.see(&stamp, seen.subscription.clone());
        self.created_at.see(&stamp, seen.created_at);
        self.due_on.see(&stamp, seen.due_on);
        self.pay_link.see(&stamp, seen.pay_link.clone());
        self.decline.see(&stamp, seen.decline.clone());
        self.attempts = self.attempts.max(seen.attempts.unwrap_or(0));
        self.first_failed_at = earlier(self.first_failed_at, seen.failed_at);
        self.paid_at = earlier(self.paid_at, seen.paid_at);
    }

    /// What remains to be done about it.
    pub fn due(&self) -> Due {
        match (self.status.copied(), self.remaining.copied()) {
            (Some(InvoiceStatus::Paid), _) => Due::Paid,
            (Some(InvoiceStatus::Void | InvoiceStatus::Uncollectible), _) => Due::Withdrawn,
            (Some(InvoiceStatus::Open), Some(remaining)) if remaining.is_positive() => Due::Open(remaining),
            (Some(InvoiceStatus::Open), Some(_)) => Due::Paid,
            _ => Due::NotYet,
        }
    }

    pub(super) fn figures(&self) -> Figures {
        let mut figures = Figures::default();
        if let Due::Open(remaining) = self.due() {
            figures.outstanding.insert(remaining.currency(), remaining.amount());
        }
        if let Some(failed_at) = self.first_failed_at {
            figures.failures.insert(failed_at.strftime("%Y-%m").to_string(), 1);
        }
        figures
    }
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
