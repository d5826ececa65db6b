//! What a provider told us, in one vocabulary for all providers.
//!
//! An event names what happened and carries what was *seen* of each resource. What a provider does not send is absent.

mod billed;
mod bought;
mod cut;
mod paid;
mod reference;
mod size;
mod ticket;
mod who;

pub use billed::{CreditNoteSeen, CreditNoteStatus, InvoiceSeen, InvoiceStatus, Line, NextTry};
pub use bought::{Discount, Interval, IntervalUnit, Item, Role, Stated, SubscriptionSeen, SubscriptionStatus};
pub use paid::{DisputeSeen, DisputeStatus, LinkSeen, PaymentSeen, PaymentStatus, RefundSeen, RefundStatus};
pub use reference::reference;
pub use ticket::{TicketSeen, TicketStatus};
pub use who::{BalanceSeen, Card, CardSeen, CardState, ChosenSeen, CustomerSeen, Decline};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One thing that happened at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The provider's id: the key against doing it twice.
    pub id: String,
    pub provider: String,
    pub source: String,
    pub origin: Origin,
    pub kind: Kind,
    /// The provider's time, which decides between two sightings.
    pub at: Timestamp,
    /// The provider's customer id.
    pub customer: Option<String>,
    pub seen: Vec<Seen>,
}

/// How we learned of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    Webhook,
    /// The provider's answer to a call of ours: seen like any event, but no proof that the money moved.
    Answer,
    /// Looked up because a webhook did not say enough.
    Lookup,
    /// Found in the provider's lists: it starts nothing by itself.
    Listed,
}

/// What happened, in our words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    CustomerChanged,
    SubscriptionStarted,
    SubscriptionChanged,
    SubscriptionRenewed,
    SubscriptionPaused,
    SubscriptionResumed,
    SubscriptionEnded,
    TrialEnding,
    InvoiceChanged,
    InvoicePaid,
    InvoiceVoided,
    PaymentPending,
    PaymentNeedsAction,
    PaymentSucceeded,
    PaymentFailed,
    PaymentRetried,
    PaymentCanceled,
    PaymentDisputed,
    RefundChanged,
    CardAdded,
    CardUpdated,
    CardExpiring,
    CardExpired,
    CardRemoved,
    /// One that was to be kept is not: nothing of it was saved.
    CardNotSaved,
    CreditNoteChanged,
    CreditChanged,
    TicketOpened,
    TicketChanged,
    TicketClosed,
}

impl Kind {
    /// The name in JSON, logs and stories.
    pub fn name(self) -> &'static str {
        match self {
            Self::CustomerChanged => "customer_changed",
            Self::SubscriptionStarted => "subscription_started",
            Self::SubscriptionChanged => "subscription_changed",
            Self::SubscriptionRenewed => "subscription_renewed",
            Self::SubscriptionPaused => "subscription_paused",
            Self::SubscriptionResumed => "subscription_resumed",
            Self::SubscriptionEnded => "subscription_ended",
            Self::TrialEnding => "trial_ending",
            Self::InvoiceChanged => "invoice_changed",
            Self::InvoicePaid => "invoice_paid",
            Self::InvoiceVoided => "invoice_voided",
            Self::PaymentPending => "payment_pending",
            Self::PaymentNeedsAction => "payment_needs_action",
            Self::PaymentSucceeded => "payment_succeeded",
            Self::PaymentFailed => "payment_failed",
            Self::PaymentRetried => "payment_retried",
            Self::PaymentCanceled => "payment_canceled",
            Self::PaymentDisputed => "payment_disputed",
            Self::RefundChanged => "refund_changed",
            Self::CardAdded => "card_added",
            Self::CardUpdated => "card_updated",
            Self::CardExpiring => "card_expiring",
            Self::CardExpired => "card_expired",
            Self::CardRemoved => "card_removed",
            Self::CardNotSaved => "card_not_saved",
            Self::CreditNoteChanged => "credit_note_changed",
            Self::CreditChanged => "credit_changed",
            Self::TicketOpened => "ticket_opened",
            Self::TicketChanged => "ticket_changed",
            Self::TicketClosed => "ticket_closed",
        }
    }
}

/// A sighting of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "resource", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "an event holds a handful of them")]
pub enum Seen {
    Customer(CustomerSeen),
    Balance(BalanceSeen),
    Card(CardSeen),
    Chosen(ChosenSeen),
    Subscription(SubscriptionSeen),
    Invoice(InvoiceSeen),
    CreditNote(CreditNoteSeen),
    Payment(PaymentSeen),
    Refund(RefundSeen),
    Dispute(DisputeSeen),
    Link(LinkSeen),
    Ticket(TicketSeen),
}

impl Event {
    /// The event without what must be erasable: who the customer is, and what they wrote.
    #[must_use]
    pub fn without_person(&self) -> Self {
        let personal = |seen: &&Seen| matches!(seen, Seen::Customer(_) | Seen::Ticket(_));
        Self { seen: self.seen.iter().filter(|seen| !personal(seen)).cloned().collect(), ..self.clone() }
    }
}
