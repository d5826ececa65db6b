//! Money that came in, or tried to, and what of it went back.

use super::{Figures, Latest, Stamp};
use crate::event::{Card, Decline, Event, PaymentSeen, PaymentStatus, RefundSeen, RefundStatus};
use crate::id::ActionId;
use crate::money::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    pub id: String,
    pub invoice: Latest<String>,
    pub status: Latest<PaymentStatus>,
    pub amount: Latest<Money>,
    pub captured: Latest<Money>,
    pub at: Latest<Timestamp>,
    pub card: Latest<Card>,
    pub decline: Latest<Decline>,
    /// What the provider says was given back, all refunds together.
    pub refunded: Latest<Money>,
    pub refunds: BTreeMap<String, Refund>,
    /// Approved refunds that the provider has not confirmed: two of them never overdraw one payment.
    pub reserved: BTreeMap<ActionId, Money>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub amount: Latest<Money>,
    pub status: Latest<RefundStatus>,
    pub action: Latest<String>,
}

impl Payment {
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            invoice: Latest::default(),
            status: Latest::default(),
            amount: Latest::default(),
            captured: Latest::default(),
            at: Latest::default(),
            card: Latest::default(),
            decline: Latest::default(),
            refunded: Latest::default(),
            refunds: BTreeMap::new(),
            reserved: BTreeMap::new(),
        }
    }

    pub(super) fn fold(&mut self, seen: &PaymentSeen, event: &Event) {
        let stamp = Stamp::of(event, seen.status.map_or(0, |status| status as u8));
        self.invoice.see(&stamp, seen.invoice.clone());
        self.status.see(&stamp, seen.status);
        self.amount.see(&stamp, seen.amount);
        self.captured.see(&stamp, seen.captured);
        self.at.see(&stamp, seen.at);
        self.card.see(&stamp, seen.card.clone());
        self.decline.see(&stamp, seen.decline.clone());
        self.refunded.see(&stamp, seen.refunded);
    }

    pub(super) fn fold_refund(&mut self, seen: &RefundSeen, event: &Event) {
        let stamp = Stamp::of(event, seen.status.map_or(0, |status| status as u8));
        let refund = self.refunds.entry(seen.id.clone()).or_default();
        refund.amount.see(&stamp, seen.amount);
        refund.status.see(&stamp, seen.status);
        refund.action.see(&stamp, seen.action.clone());
    }

    /// What was taken from the customer; nothing before it is known to have succeeded.
    pub fn taken(&self) -> Option<Money> {
        (self.status.copied() == Some(PaymentStatus::Succeeded)).then(|| self.captured.copied().or(self.amount.copied()))?
    }

    /// What went back or is on its way: the larger of the provider's total and the refunds we know one by one.
    pub fn given_back(&self) -> Option<Money> {
        let taken = self.captured.copied().or(self.amount.copied())?;
        let zero = Money::zero(taken.currency());
        let counts = |refund: &&Refund| !matches!(refund.status.copied(), Some(RefundStatus::Failed | RefundStatus::Canceled));
        let amounts = self.refunds.values().filter(counts).filter_map(|refund| refund.amount.copied());
        let one_by_one = amounts.filter(|amount| amount.currency() == zero.currency()).fold(zero, Money::plus);
        let total = self.refunded.copied().filter(|total| total.currency() == zero.currency()).unwrap_or(zero);
        Some(total.max(one_by_one))
    }

    /// What could still be given back, approved and unconfirmed refunds taken off.
    pub fn refundable(&self) -> Option<Money> {
        let left = self.taken()?.minus(self.given_back()?);
        Some(self.reserved.values().fold(left, |left, reserved| left.minus(*reserved)))
    }

    pub(super) fn figures(&self) -> Figures {
        let mut figures = Figures::default();
        if let (Some(taken), Some(back)) = (self.taken(), self.given_back()) {
            figures.revenue.insert(taken.currency(), taken.minus(back).amount());
        }
        figures
    }
}
