//! What differs from provider to provider in what an action does there. Each provider answers every question for itself.

use crate::event::InvoiceStatus;
use crate::money::prorate::Method;
use crate::source::{self, Party, SwitchOff};

/// The ways of one provider. Nothing has a default, so that a new provider forgets no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manners {
    /// How the rest of a period is charged when what is bought changes within it.
    pub mid_period: MidPeriod,
    /// How long the figures of such a change stay right.
    pub figures: FiguresHold,
    /// Who keeps a downgrade until the renewal.
    pub downgrade: Downgrade,
    /// What an end at once comes to.
    pub end_at_once: EndAtOnce,
    /// The stores, as payments are said to be made there, at which a refund of the latest payment ends its subscription.
    pub refund_ends: &'static [&'static str],
    /// What the page behind a payment link asks for.
    pub payment_page: PaymentPage,
    /// What an invoice is told to be once it was written off.
    pub written_off: InvoiceStatus,
    /// Whether Recoup can try a payment again there.
    pub retries: Retries,
    /// What has to be switched off by hand where Recoup writes to the customers; nothing, where the provider writes to none.
    pub messages: Option<&'static str>,
    /// Whether Recoup can end a subscription there.
    pub cancels: Cancels,
    /// The words that say of a refund or a payment that it has settled; by any other it is still on its way.
    pub settled: &'static [&'static str],
}

/// How the rest of a period is charged when what is bought changes within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MidPeriod {
    /// The unused part of the old goes back, the remaining part of the new is charged, counted like this.
    Prorated(Method),
    /// Nothing goes back and nothing is charged: the next payment is the first of the new amount.
    NotCharged,
}

/// How long the figures of a change in mid-period stay right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FiguresHold {
    /// Until it is done, whichever day that is.
    UntilDone,
    /// On the day for which they were shown: the provider counts days, from the one on which it is asked.
    OnTheirDay,
}

/// Who keeps a downgrade until the renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Downgrade {
    /// The provider: it is told at once.
    WaitsThere,
    /// Recoup: the provider knows no change that waits, and is told so many hours before the renewal.
    WaitsHere { hours_before: i64 },
}

/// Whether Recoup can try a payment again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retries {
    /// Nobody but the provider, who takes no request for it. Why, as a sentence.
    OnlyByItself { why: &'static str },
    /// When it is asked. What has to be switched off by hand, so that it does not try by itself as well.
    WhenAsked { switch_off: &'static str },
}

impl Retries {
    /// Whether it tries a payment when it is asked.
    pub fn is_asked(self) -> bool {
        matches!(self, Self::WhenAsked { .. })
    }
}

/// Whether Recoup can end a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancels {
    /// Nobody but the provider, who takes no request for it. Why, as a sentence.
    OnlyByItself { why: &'static str },
    /// When it is asked. What has to be switched off by hand, where it ends by itself what stays unpaid.
    WhenAsked { switch_off: Option<&'static str> },
}

/// What an end at once comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndAtOnce {
    /// The subscription is over at once.
    Ends,
    /// Nothing more is charged, and what is paid for runs out.
    RunsOut,
}

/// What the page behind a payment link asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentPage {
    /// What is due of the invoice.
    TheInvoice,
    /// All that the customer owes.
    AllThatIsOwed,
}

/// Our own word for a refund that a webhook has proved, whoever sent it.
pub const SETTLED: &str = "succeeded";

impl Manners {
    /// Whether a word, of the provider's or our own, says that a refund or a payment has settled.
    pub fn is_settled(&self, status: &str) -> bool {
        status == SETTLED || self.settled.contains(&status)
    }

    /// What has to be switched off by hand for what a wish gives to Recoup; or why it cannot be given.
    pub fn taken_over(&self, wish: &source::Wish) -> Result<SwitchOff, &'static str> {
        let takes = |party: Option<Party>| party == Some(Party::Recoup);
        let retries = match self.retries {
            _ if !takes(wish.retries) => None,
            Retries::WhenAsked { switch_off } => Some(switch_off),
            Retries::OnlyByItself { why } => return Err(why),
        };
        let cancels = match self.cancels {
            _ if !takes(wish.cancels) => None,
            Cancels::WhenAsked { switch_off } => switch_off,
            Cancels::OnlyByItself { why } => return Err(why),
        };
        Ok(SwitchOff { retries, messages: self.messages.filter(|_| takes(wish.messages)), cancels })
    }
}

#[cfg(test)]
impl Manners {
    /// A provider at which nothing is out of the ordinary; tests change what they are about.
    pub(crate) const PLAIN: Self = Self {
        mid_period: MidPeriod::Prorated(Method::BySecond),
        figures: FiguresHold::UntilDone,
        downgrade: Downgrade::WaitsThere,
        end_at_once: EndAtOnce::Ends,
        refund_ends: &[],
        payment_page: PaymentPage::TheInvoice,
        written_off: InvoiceStatus::Uncollectible,
        retries: Retries::WhenAsked { switch_off: "switch its own tries off" },
        messages: Some("switch its own messages off"),
        cancels: Cancels::WhenAsked { switch_off: Some("switch its own ends off") },
        settled: &["settled"],
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_webhook_has_proved_is_settled_at_every_provider() {
        let silent = Manners { settled: &["refunded"], ..Manners::PLAIN };
        for (word, settled) in [("refunded", true), (SETTLED, true), ("pending", false), ("", false)] {
            assert_eq!(silent.is_settled(word), settled, "{word}");
        }
    }

    #[test]
    fn what_recoup_takes_over_is_switched_off_by_hand_or_cannot_be_taken() {
        let wish = |retries, messages, cancels| source::Wish { retries, messages, cancels, ..source::Wish::default() };
        let (ours, theirs) = (Some(Party::Recoup), Some(Party::Provider));
        let never = "it ends nothing when it is asked";
        let stubborn = Manners { cancels: Cancels::OnlyByItself { why: never }, ..Manners::PLAIN };
        let silent = Manners { messages: None, cancels: Cancels::WhenAsked { switch_off: None }, ..Manners::PLAIN };
        let off = |retries, messages, cancels| {
            Ok(SwitchOff {
                retries: bool::then_some(retries, "switch its own tries off"),
                messages: bool::then_some(messages, "switch its own messages off"),
                cancels: bool::then_some(cancels, "switch its own ends off"),
            })
        };
        for (name, manners, wish, expected) in [
            ("nothing", Manners::PLAIN, wish(None, None, None), off(false, false, false)),
            ("all", Manners::PLAIN, wish(ours, ours, ours), off(true, true, true)),
            ("messages", Manners::PLAIN, wish(theirs, ours, None), off(false, true, false)),
            ("all back", Manners::PLAIN, wish(theirs, theirs, theirs), off(false, false, false)),
            ("an end that nobody can ask for", stubborn, wish(None, ours, ours), Err(never)),
            ("given back there", stubborn, wish(None, ours, theirs), off(false, true, false)),
            ("where it writes and ends nothing by itself", silent, wish(ours, ours, ours), off(true, false, false)),
        ] {
            assert_eq!(manners.taken_over(&wish), expected, "{name}");
        }
    }
}
