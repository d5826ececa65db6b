//! What a provider told us, in one vocabulary for all providers.
//!
//! An event names what happened and carries what was *seen* of each resource. What a provider does not send is absent.

mod billed;
mod bought;
mod paid;
mod ticket;
mod who;

pub use billed::{CreditNoteSeen, CreditNoteStatus, InvoiceSeen, InvoiceStatus, Line, NextTry};
pub use bought::{Discount, Interval, IntervalUnit, Item, Role, Stated, SubscriptionSeen, SubscriptionStatus};
pub use paid::{DisputeSeen, DisputeStatus, LinkSeen, PaymentSeen, PaymentStatus, RefundSeen, RefundStatus};
pub use ticket::{TicketSeen, TicketStatus};
pub use who::{BalanceSeen, Card, CardSeen, CardState, CustomerSeen, Decline};

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
    Subscription(SubscriptionSeen),
    Invoice(InvoiceSeen),
    CreditNote(CreditNoteSeen),
    Payment(PaymentSeen),
    Refund(RefundSeen),
    Dispute(DisputeSeen),
    Link(LinkSeen),
    Ticket(TicketSeen),
}

/// The longest id that any provider is believed to use; longer ones would not fit into a key.
const ID_MAX: usize = 255;

/// Nobody is called so, and no mail goes to such an address.
const NAME_CHARS_MAX: usize = 1000;
const ADDRESS_BYTES_MAX: usize = 320;

fn cut(text: &mut Option<String>, most: usize) {
    if let Some(text) = text
        && let Some((place, _)) = text.char_indices().nth(most)
    {
        let left = text[place..].chars().count();
        text.truncate(place);
        text.push_str(&format!("… [{left} characters more in the delivery as it came]"));
    }
}

impl Event {
    /// Whether every id of it names something and fits into a key.
    pub fn is_named(&self) -> bool {
        let own = self.seen.iter().flat_map(|seen| match seen {
            Seen::Customer(_) | Seen::Balance(_) => vec![],
            Seen::Card(seen) => vec![&seen.id],
            Seen::Subscription(seen) => vec![&seen.id],
            Seen::Invoice(seen) => vec![&seen.id],
            Seen::CreditNote(seen) => vec![&seen.id, &seen.invoice],
            Seen::Payment(seen) => vec![&seen.id],
            Seen::Refund(seen) => vec![&seen.id, &seen.payment],
            Seen::Dispute(seen) => vec![&seen.id, &seen.payment],
            Seen::Link(seen) => vec![&seen.intent, &seen.invoice],
            Seen::Ticket(seen) => vec![&seen.id],
        });
        own.chain([&self.id]).chain(&self.customer).all(|id| !id.is_empty() && id.len() <= ID_MAX)
    }

    /// The event with what people wrote cut to what an item can hold; what was cut says so.
    #[must_use]
    pub fn cut(mut self, written_chars_max: usize) -> Self {
        for seen in &mut self.seen {
            match seen {
                Seen::Customer(seen) => {
                    [&mut seen.name, &mut seen.phone, &mut seen.address]
                        .into_iter()
                        .for_each(|text| cut(text, NAME_CHARS_MAX));
                    seen.email.take_if(|email| email.len() > ADDRESS_BYTES_MAX);
                }
                Seen::Ticket(seen) => {
                    cut(&mut seen.body, written_chars_max);
                    [&mut seen.subject, &mut seen.requester_name]
                        .into_iter()
                        .for_each(|text| cut(text, NAME_CHARS_MAX));
                    seen.requester_email.take_if(|email| email.len() > ADDRESS_BYTES_MAX);
                }
                _ => {}
            }
        }
        self
    }

    /// The event without what must be erasable: who the customer is, and what they wrote.
    #[must_use]
    pub fn without_person(&self) -> Self {
        let personal = |seen: &&Seen| matches!(seen, Seen::Customer(_) | Seen::Ticket(_));
        Self { seen: self.seen.iter().filter(|seen| !personal(seen)).cloned().collect(), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_says_so_and_nothing_breaks_a_letter() {
        let rows = [
            ("短い", 5, "短い"),
            ("長い長い文", 2, "長い… [3 characters more in the delivery as it came]"),
            ("👩‍👧", 3, "👩‍👧"),
        ];
        for (text, most, expected) in rows {
            let mut given = Some(text.to_owned());
            cut(&mut given, most);
            assert_eq!(given.as_deref(), Some(expected));
        }
    }
}
