//! A bill: what is due, whether a try failed, and how it ended.

use super::{Figures, Latest, Stamp, Subscription, Tried, Tries};
use crate::event::{CreditNoteSeen, CreditNoteStatus, Decline, Event, InvoiceSeen, InvoiceStatus, Line, NextTry};
use crate::money::Money;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Bound;

/// How many credit notes of a bill are told apart, the newest ones: more would not fit into an item.
const CREDIT_NOTES: usize = 14;

/// Each field keeps its latest sighting. Where the provider has no invoices, it stands for a period that is due.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Invoice {
    pub id: String,
    pub number: Latest<String>,
    pub status: Latest<InvoiceStatus>,
    pub total: Latest<Money>,
    pub tax: Latest<Money>,
    pub remaining: Latest<Money>,
    pub credited: Latest<Money>,
    pub subscription: Latest<String>,
    /// The provider has no invoices; a payment of the subscription after the failure settles this one.
    pub by_period: bool,
    pub settled_at: Option<Timestamp>,
    pub lines: Latest<Vec<Line>>,
    pub credit_notes: BTreeMap<String, CreditNote>,
    /// There were more credit notes than are told apart.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more_credit_notes: bool,
    /// The latest that any sighting named: it only grows, so that the order of sightings does not matter.
    pub created_at: Option<Timestamp>,
    pub due_on: Latest<Date>,
    pub next_try: Latest<NextTry>,
    pub pay_link: Latest<String>,
    pub decline: Latest<Decline>,
    /// Why a try failed, as told by an event that does not name the invoice.
    pub told: Latest<Decline>,
    /// The most tries any sighting counted.
    pub attempts: u32,
    /// The tries themselves, as far as events show them.
    #[serde(skip_serializing_if = "Tries::is_nothing")]
    pub tries: Tries,
    pub first_failed_at: Option<Timestamp>,
    pub paid_at: Option<Timestamp>,
}

/// What takes an invoice back, or a part of it, as a document of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreditNote {
    pub total: Latest<Money>,
    pub status: Latest<CreditNoteStatus>,
    pub reason: Latest<String>,
    pub created_at: Latest<Timestamp>,
}

/// Where a due item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// How much, where the provider says it.
    Open(Option<Money>),
    Paid,
    Withdrawn,
    NotYet,
}

impl Invoice {
    /// One of which nothing was seen yet.
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), ..Self::default() }
    }

    /// One that is open since a time with so much due, and of which no more is known.
    pub fn open(id: &str, remaining: Money, at: Timestamp) -> Self {
        let (mut invoice, stamp) = (Self::new(id), Stamp::at(at, id));
        invoice.status.see(&stamp, Some(InvoiceStatus::Open));
        invoice.remaining.see(&stamp, Some(remaining));
        invoice
    }

    pub(super) fn fold(&mut self, seen: &InvoiceSeen, event: &Event) {
        let stamp = Stamp::of(event, seen.as_of, seen.status.map_or(0, |status| status as u8));
        self.number.see(&stamp, seen.number.clone());
        self.status.see(&stamp, seen.status);
        self.total.see(&stamp, seen.total);
        self.tax.see(&stamp, seen.tax);
        self.remaining.see(&stamp, seen.remaining);
        self.credited.see(&stamp, seen.credited);
        self.subscription.see(&stamp, seen.subscription.clone());
        self.by_period |= seen.by_period;
        self.lines.see(&stamp, seen.lines.clone());
        self.created_at = self.created_at.max(seen.created_at);
        self.due_on.see(&stamp, seen.due_on);
        self.next_try.see(&stamp, seen.next_try);
        self.pay_link.see(&stamp, seen.pay_link.clone());
        self.decline.see(&stamp, seen.decline.clone());
        self.attempts = self.attempts.max(seen.attempts.unwrap_or(0));
        self.first_failed_at = earlier(self.first_failed_at, seen.failed_at);
        self.paid_at = earlier(self.paid_at, seen.paid_at);
    }

    pub(super) fn fold_credit_note(&mut self, seen: &CreditNoteSeen, event: &Event) {
        let stamp = Stamp::of(event, seen.as_of, seen.status.map_or(0, |status| status as u8));
        let note = self.credit_notes.entry(seen.id.clone()).or_default();
        note.total.see(&stamp, seen.total);
        note.status.see(&stamp, seen.status);
        note.reason.see(&stamp, seen.reason.clone());
        note.created_at.see(&stamp, seen.created_at);
        while self.credit_notes.len() > CREDIT_NOTES {
            let oldest = self.credit_notes.iter().min_by_key(|(id, it)| (it.created_at.copied(), (*id).clone()));
            let Some(id) = oldest.map(|(id, _)| id.clone()) else { return };
            self.credit_notes.remove(&id);
            self.more_credit_notes = true;
        }
    }

    /// Looks whether a payment of the subscription has settled what failed.
    pub(super) fn settle(&mut self, subscription: &Subscription) {
        if let (true, Some(failed_at)) = (self.by_period, self.first_failed_at) {
            let found = subscription.paid.range((Bound::Excluded(failed_at), Bound::Unbounded)).next().copied();
            // Never later: what settled it may have been forgotten since.
            self.settled_at = earlier(self.settled_at, found);
        }
    }

    /// What was tried of it and by whom, oldest first; `same_try` is how far apart two tellings of one try may be.
    pub fn tried(&self, same_try: SignedDuration) -> Vec<Tried> {
        self.tries.all(same_try)
    }

    /// Why the latest try failed, as far as anybody told.
    pub fn decline(&self) -> Option<&Decline> {
        if self.told.is_newer_than(&self.decline) { self.told.value() } else { self.decline.value() }
    }

    /// When the latest reason was told, by the provider's time.
    pub fn decline_told_at(&self) -> Option<Timestamp> {
        self.decline.seen_at().max(self.told.seen_at())
    }

    /// When it was paid, however that is known.
    pub fn paid_at(&self) -> Option<Timestamp> {
        self.paid_at.or(self.settled_at)
    }

    /// Whether more is due than was billed: an older debt that the provider adds, or nonsense. Nobody is asked for it by mail.
    pub fn owes_more_than_billed(&self) -> bool {
        self.remaining
            .copied()
            .zip(self.total.copied())
            .is_some_and(|(left, total)| left.currency() != total.currency() || left > total)
    }

    /// What remains to be done about it.
    pub fn due(&self) -> Due {
        match (self.status.copied(), self.remaining.copied()) {
            (Some(InvoiceStatus::Paid), _) => Due::Paid,
            (Some(InvoiceStatus::Void | InvoiceStatus::Uncollectible), _) => Due::Withdrawn,
            (Some(InvoiceStatus::Open), _) if self.settled_at.is_some() => Due::Paid,
            (Some(InvoiceStatus::Open), Some(remaining)) if remaining.is_positive() => Due::Open(Some(remaining)),
            (Some(InvoiceStatus::Open), Some(_)) => Due::Paid,
            (Some(InvoiceStatus::Open), None) if self.by_period => Due::Open(None),
            _ => Due::NotYet,
        }
    }

    pub(super) fn figures(&self) -> Figures {
        let mut figures = Figures::default();
        match self.due() {
            Due::Open(Some(remaining)) => drop(figures.outstanding.insert(remaining.currency(), remaining.amount())),
            Due::Open(None) => figures.unpriced = 1,
            _ => {}
        }
        if let Some(credited) = self.credited.copied() {
            figures.credited.insert(credited.currency(), credited.amount());
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
