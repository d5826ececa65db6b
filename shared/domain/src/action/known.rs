//! What is known of an account at the moment at which somebody asks for something on it.

use super::change::sold;
use super::refusal::NoPreview;
use super::{Manners, Papers};
use crate::book::{Due, Head, Invoice, Subscription, Touched};
use crate::event::{Item, Stated, SubscriptionStatus};
use crate::import::Price;
use crate::money::Money;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What is known of an account at the moment of a preview.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    pub head: &'a Head,
    /// Those of the account's provider.
    pub manners: &'a Manners,
    pub records: &'a Touched,
    /// What the catalogue says of the prices that are named.
    pub prices: &'a [Price],
    /// Of the invoices whose tax documents are ours to make.
    pub papers: &'a Papers,
    pub now: Timestamp,
}

impl<'a> Known<'a> {
    pub(super) fn invoice(&self, id: &str) -> Result<&'a Invoice, NoPreview> {
        self.records.invoices.get(id).ok_or_else(|| NoPreview::UnknownInvoice(id.to_owned()))
    }

    /// What is due of an invoice, as far as the provider says; refused where nothing is.
    pub(super) fn remaining(&self, id: &str) -> Result<Option<Money>, NoPreview> {
        match self.invoice(id)?.due() {
            Due::Open(remaining) => Ok(remaining),
            Due::Paid => Err(NoPreview::NotDue(id.to_owned(), "paid")),
            Due::Withdrawn => Err(NoPreview::NotDue(id.to_owned(), "void or written off")),
            Due::NotYet => Err(NoPreview::NotDue(id.to_owned(), "a draft")),
        }
    }

    pub(super) fn all_due(&self, id: &str) -> Result<Money, NoPreview> {
        self.remaining(id)?.ok_or_else(|| NoPreview::UnknownAmount(id.to_owned()))
    }

    /// A subscription that has not ended.
    pub(super) fn running(&self, id: &str) -> Result<&'a Subscription, NoPreview> {
        let subscription =
            self.records.subscriptions.get(id).ok_or_else(|| NoPreview::UnknownSubscription(id.to_owned()))?;
        if subscription.status.copied() == Some(SubscriptionStatus::Ended) {
            return Err(NoPreview::Ended(id.to_owned()));
        }
        Ok(subscription)
    }

    pub(super) fn plan(&self, subscription: &str) -> Result<&'a Item, NoPreview> {
        self.running(subscription)?.plan().ok_or_else(|| NoPreview::UnknownPlan(subscription.to_owned()))
    }

    /// When a subscription ends, where somebody said so.
    pub(super) fn ends_at(&self, subscription: &Subscription) -> Option<Timestamp> {
        subscription.ends_at.value().and_then(Stated::value).copied()
    }

    /// What the catalogue sells today under this id.
    pub(super) fn sold(&self, price: &str) -> Result<&'a Price, NoPreview> {
        sold(self.prices, price, self.now.to_zoned(TimeZone::UTC).date())
    }
}
