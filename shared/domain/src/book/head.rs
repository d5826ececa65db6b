//! The small head of an account: sums over everything, and the few lines that are shown first.

use super::{Invoice, Payment, Subscription};
use crate::event::{Card, Interval, InvoiceStatus, PaymentStatus, SubscriptionStatus};
use crate::id::{AccountId, CaseId};
use crate::money::{Currency, Money};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many invoices and payments the head shows; older ones are read from their own items.
const LINES: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub account: AccountId,
    pub provider: String,
    pub source: String,
    pub customer: String,
    pub book: Book,
    /// Invoices being recovered.
    pub dunning: BTreeMap<String, PlanLine>,
    /// Cases that are not resolved.
    pub cases: BTreeMap<CaseId, CaseLine>,
}

/// The part of the head that is a fold of the events and of nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    pub figures: Figures,
    pub subscriptions: BTreeMap<String, SubscriptionLine>,
    pub invoices: Vec<HistoryLine>,
    pub payments: Vec<PaymentLine>,
    pub last_event_at: Option<Timestamp>,
}

/// Sums over the resources of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    pub outstanding: BTreeMap<Currency, Decimal>,
    pub revenue: BTreeMap<Currency, Decimal>,
    pub mrr: BTreeMap<Currency, Decimal>,
    /// Failed payments by the month of their first failed try.
    pub failures: BTreeMap<String, i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionLine {
    pub status: Option<SubscriptionStatus>,
    pub plan: Option<String>,
    pub price: Option<Money>,
    pub interval: Option<Interval>,
    pub quantity: Option<u32>,
    pub started_at: Option<Timestamp>,
    pub renews_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HistoryLine {
    pub created_at: Timestamp,
    pub invoice: String,
    pub number: Option<String>,
    pub total: Option<Money>,
    pub remaining: Option<Money>,
    pub status: Option<InvoiceStatus>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PaymentLine {
    pub at: Timestamp,
    pub payment: String,
    pub invoice: Option<String>,
    pub amount: Option<Money>,
    pub status: Option<PaymentStatus>,
    pub card: Option<Card>,
    pub given_back: Option<Money>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanLine {
    pub segment: String,
    pub step: u32,
    pub next: Option<String>,
    pub next_at: Option<Timestamp>,
    pub policy_version: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseLine {
    pub class: String,
    pub opened_at: Timestamp,
}

impl Head {
    pub fn new(provider: &str, source: &str, customer: &str) -> Self {
        Self {
            account: AccountId::of(provider, source, customer),
            provider: provider.to_owned(),
            source: source.to_owned(),
            customer: customer.to_owned(),
            book: Book::default(),
            dunning: BTreeMap::new(),
            cases: BTreeMap::new(),
        }
    }

    /// When this customer first started to buy, as far as we have seen.
    pub fn since(&self) -> Option<Timestamp> {
        self.book.subscriptions.values().filter_map(|line| line.started_at).min()
    }
}

impl Book {
    /// The card that paid or tried last.
    pub fn card(&self) -> Option<&Card> {
        self.payments.iter().rev().find_map(|line| line.card.as_ref())
    }

    pub(super) fn moved(&mut self, before: &Figures, after: &Figures) {
        self.figures.add(before, -Decimal::ONE);
        self.figures.add(after, Decimal::ONE);
    }

    pub(super) fn show_subscription(&mut self, subscription: &Subscription) {
        let line = SubscriptionLine {
            status: subscription.status.copied(),
            plan: subscription.plan.value().cloned(),
            price: subscription.price.copied(),
            interval: subscription.interval.copied(),
            quantity: subscription.quantity.copied(),
            started_at: subscription.started_at.copied(),
            renews_at: subscription.renews_at.copied(),
            ends_at: subscription.ends_at.copied(),
        };
        self.subscriptions.insert(subscription.id.clone(), line);
    }

    pub(super) fn show_invoice(&mut self, invoice: &Invoice) {
        let Some(created_at) = invoice.created_at.copied() else { return };
        self.invoices.retain(|line| line.invoice != invoice.id);
        self.invoices.push(HistoryLine {
            created_at,
            invoice: invoice.id.clone(),
            number: invoice.number.value().cloned(),
            total: invoice.total.copied(),
            remaining: invoice.remaining.copied(),
            status: invoice.status.copied(),
        });
        keep_newest(&mut self.invoices);
    }

    pub(super) fn show_payment(&mut self, payment: &Payment) {
        let Some(at) = payment.at.copied() else { return };
        self.payments.retain(|line| line.payment != payment.id);
        self.payments.push(PaymentLine {
            at,
            payment: payment.id.clone(),
            invoice: payment.invoice.value().cloned(),
            amount: payment.captured.copied().or(payment.amount.copied()),
            status: payment.status.copied(),
            card: payment.card.value().cloned(),
            given_back: payment.given_back(),
        });
        keep_newest(&mut self.payments);
    }
}

fn keep_newest<T: Ord>(lines: &mut Vec<T>) {
    lines.sort();
    let excess = lines.len().saturating_sub(LINES);
    lines.drain(..excess);
}

impl Figures {
    fn add(&mut self, other: &Self, sign: Decimal) {
        for (sums, changes) in
            [(&mut self.outstanding, &other.outstanding), (&mut self.revenue, &other.revenue), (&mut self.mrr, &other.mrr)]
        {
            for (currency, change) in changes {
                let sum = sums.entry(*currency).or_default();
                *sum += change * sign;
                sum.rescale(currency.digits());
            }
            // A sum that went back to nothing looks like one that never was: state depends on the events alone.
            sums.retain(|_, sum| !sum.is_zero());
        }
        for (month, change) in &other.failures {
            *self.failures.entry(month.clone()).or_default() += if sign.is_sign_negative() { -change } else { *change };
        }
        self.failures.retain(|_, count| *count != 0);
    }
}
