//! The account book: what an account looks like after the events seen so far, whatever their order.
//!
//! Each resource keeps the latest sighting of each of its fields. Sightings merge like sets do: repeating, reordering
//! or splitting them changes nothing. The head holds sums over the resources, moved by the difference that one event
//! makes, so that an account with ten thousand events is read as quickly as one with ten.

mod called;
mod card;
mod consent;
mod contact;
pub mod entitlement;
pub mod find;
mod head;
mod invoice;
mod latest;
mod payment;
mod person;
mod subscription;
mod tried;
mod tries;
mod unlinked;
mod written;

pub use called::{Called, one_line};
pub use card::KeptCard;
pub use consent::{CONSENT_CHARS_MAX, Consent, NoConsent};
pub use contact::{ContactChange, Contacts};
pub use head::{
    AccessLine, Book, CardGiven, CardLine, CaseLine, DisputeLine, Figures, Head, HistoryLine, Left, Link, OfAll,
    PaymentLine, PeriodLine, PlanLine, SaidOfAll, SubscriptionLine, UnderWay, Watched,
};
pub use invoice::{CreditNote, Due, Invoice};
pub use latest::{Latest, Stamp};
pub use payment::{Dispute, Payment, Refund};
pub use person::Person;
pub use subscription::Subscription;
pub use tried::{By, TRIES, Tried, Tries, is_same_card};
pub use tries::{MOMENT, Try, tries};
pub use unlinked::Unlinked;
pub use written::{LetterLine, Writer};

use crate::event::{Event, Origin, Seen};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The resources of one account that an event touches, as they were read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touched {
    pub person: Option<Person>,
    pub cards: BTreeMap<String, KeptCard>,
    pub invoices: BTreeMap<String, Invoice>,
    pub payments: BTreeMap<String, Payment>,
    pub subscriptions: BTreeMap<String, Subscription>,
}

/// Which resource to read before an event can be folded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceId {
    Person,
    Card(String),
    Invoice(String),
    Payment(String),
    Subscription(String),
}

impl ResourceId {
    /// The provider's id of it, where it has one.
    pub fn name(self) -> Option<String> {
        match self {
            Self::Person => None,
            Self::Card(id) | Self::Invoice(id) | Self::Payment(id) | Self::Subscription(id) => Some(id),
        }
    }
}

/// Names the resources that an event says something about.
pub fn touches(event: &Event) -> Vec<ResourceId> {
    let mut ids: Vec<_> = event
        .seen
        .iter()
        .filter_map(|seen| {
            Some(match seen {
                Seen::Customer(_) => ResourceId::Person,
                Seen::Card(seen) => ResourceId::Card(seen.id.clone()),
                Seen::Subscription(seen) => ResourceId::Subscription(seen.id.clone()),
                Seen::Invoice(seen) => ResourceId::Invoice(seen.id.clone()),
                Seen::CreditNote(seen) => ResourceId::Invoice(seen.invoice.clone()),
                Seen::Payment(seen) => ResourceId::Payment(seen.id.clone()),
                Seen::Refund(seen) => ResourceId::Payment(seen.payment.clone()),
                Seen::Dispute(seen) => ResourceId::Payment(seen.payment.clone()),
                // The link says whose the invoice is, or waits for it.
                Seen::Link(seen) => ResourceId::Invoice(seen.invoice.clone()),
                // Which card it is, the head keeps.
                Seen::Balance(_) | Seen::Chosen(_) | Seen::Ticket(_) => return None,
            })
        })
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

/// Names the invoices that an event says something about without naming them: due items that a payment of their
/// subscription settles, and invoices whose failed try the event tells of as well.
pub fn named_by_head(event: &Event, head: &Head, same_try: SignedDuration) -> Vec<ResourceId> {
    let paid = |subscription: &String| {
        event
            .seen
            .iter()
            .any(|seen| matches!(seen, Seen::Subscription(seen) if seen.paid_at.is_some() && seen.id == *subscription))
    };
    let settled = head.book.periods.iter().filter(|line| paid(&line.subscription)).map(|line| line.invoice.clone());
    let told = Try::told(event);
    let nameless = told.iter().filter(|told| told.invoice.is_none());
    let tried = nameless.flat_map(|told| head.book.tries.iter().filter(|other| told.is_same(other, same_try)));
    let own = told.iter().filter_map(|told| told.invoice.clone());
    let linked = told.iter().flat_map(|told| head.book.linked(told)).chain(explained(event, head));
    let invoices = settled.chain(tried.filter_map(|other| other.invoice.clone())).chain(own).chain(linked);
    let touched = touches(event);
    invoices.map(ResourceId::Invoice).filter(|id| !touched.contains(id)).collect()
}

/// The invoices that an event links to an intent of which a failed try was told.
fn explained<'a>(event: &'a Event, head: &'a Head) -> impl Iterator<Item = String> + 'a {
    event.seen.iter().filter_map(move |seen| {
        let Seen::Payment(seen) = seen else { return None };
        let (intent, invoice) = (seen.intent.as_ref()?, seen.invoice.as_ref()?);
        let told = head.book.tries.iter().any(|told| told.invoice.is_none() && told.intent.as_ref() == Some(intent));
        told.then(|| invoice.clone())
    })
}

impl Book {
    /// The invoices that a try which names none is linked to.
    fn linked<'a>(&'a self, told: &'a Try) -> impl Iterator<Item = String> + 'a {
        let own =
            self.links.iter().filter(move |link| told.invoice.is_none() && told.intent.as_ref() == Some(&link.intent));
        own.map(|link| link.invoice.clone())
    }

    /// Whether a bank formally claims money back and has not decided: nobody is pressed meanwhile. It is counted, as a
    /// claim may be one of those that the head does not show.
    pub fn is_claimed(&self) -> bool {
        self.figures.claims > 0 || self.disputes.values().any(|line| line.formal == Some(true))
    }

    /// How many more disputes are open than are shown.
    pub fn more_disputes(&self) -> usize {
        usize::try_from(self.figures.disputes).unwrap_or_default().saturating_sub(self.disputes.len())
    }

    /// The same for what only the head keeps: links, balances and which card is charged.
    pub fn says(&self, other: &Self) -> bool {
        let balance = |book: &Self| {
            book.balance.iter().map(|(currency, latest)| (*currency, latest.copied())).collect::<Vec<_>>()
        };
        let links = |book: &Self| {
            book.links.iter().map(|link| (link.intent.clone(), link.invoice.clone())).collect::<BTreeSet<_>>()
        };
        let chosen = |book: &Self| book.chosen.value().cloned();
        balance(self) == balance(other) && links(self) == links(other) && chosen(self) == chosen(other)
    }
}

impl Touched {
    /// Whether another state of the same resources says nothing else, whenever it was seen.
    pub fn says(&self, other: &Self) -> bool {
        let plain = |touched: &Self| without_stamps(serde_json::to_value(touched).unwrap_or_default());
        plain(self) == plain(other)
    }

    /// Folds what the event saw, and moves the head's sums by the difference.
    ///
    /// `same_try` is how far apart two tellings of one failed try may be that nothing else links.
    pub fn fold(&mut self, head: &mut Head, event: &Event, same_try: SignedDuration) {
        let book = &mut head.book;
        for seen in &event.seen {
            match seen {
                Seen::Customer(seen) => self.person.get_or_insert_default().fold(seen, event),
                Seen::Balance(seen) => book.see_balance(seen, event),
                Seen::Chosen(seen) => book.see_chosen(seen, event),
                Seen::Card(seen) => {
                    let card = self.cards.entry(seen.id.clone()).or_insert_with(|| KeptCard::new(&seen.id));
                    card.fold(seen, event);
                    book.show_card(card);
                }
                Seen::Subscription(seen) => {
                    let subscription =
                        self.subscriptions.entry(seen.id.clone()).or_insert_with(|| Subscription::new(&seen.id));
                    let before = subscription.figures();
                    subscription.fold(seen, event);
                    book.moved(&before, &subscription.figures());
                    book.show_subscription(subscription);
                }
                Seen::Invoice(seen) => self.invoice(book, &seen.id, |invoice| invoice.fold(seen, event)),
                Seen::CreditNote(seen) => {
                    self.invoice(book, &seen.invoice, |invoice| invoice.fold_credit_note(seen, event))
                }
                Seen::Payment(seen) => {
                    self.payment(book, &seen.id, |payment| payment.fold(seen, event));
                    if let Some((intent, invoice)) = seen.intent.clone().zip(seen.invoice.clone()) {
                        book.see_link(Link { at: event.at, intent, invoice });
                    }
                }
                Seen::Refund(seen) => self.payment(book, &seen.payment, |payment| payment.fold_refund(seen, event)),
                Seen::Dispute(seen) => self.payment(book, &seen.payment, |payment| payment.fold_dispute(seen, event)),
                Seen::Link(seen) => {
                    book.see_link(Link { at: event.at, intent: seen.intent.clone(), invoice: seen.invoice.clone() })
                }
                Seen::Ticket(_) => {}
            }
        }
        if let Some(told) = Try::told(event) {
            self.nameless(&told, event.origin, same_try);
            book.see_try(told);
        }
        for (invoice, won) in Tried::won(event) {
            if let Some(invoice) = self.invoices.get_mut(&invoice) {
                invoice.tries.see(won, same_try);
            }
        }
        self.settle(book);
        self.explain(book, same_try);
        self.tried(book, same_try);
        book.forget_old_tries();
        book.fit();
        book.last_event_at = book.last_event_at.max(Some(event.at));
        let is_open = |invoice: &String| self.invoices.get(invoice).is_none_or(|it| matches!(it.due(), Due::Open(_)));
        head.overdue.retain(|invoice, _| is_open(invoice));
    }

    fn invoice(&mut self, book: &mut Book, id: &str, fold: impl FnOnce(&mut Invoice)) {
        let invoice = self.invoices.entry(id.to_owned()).or_insert_with(|| Invoice::new(id));
        let before = invoice.figures();
        fold(invoice);
        book.moved(&before, &invoice.figures());
        book.show_invoice(invoice);
    }

    fn payment(&mut self, book: &mut Book, id: &str, fold: impl FnOnce(&mut Payment)) {
        let payment = self.payments.entry(id.to_owned()).or_insert_with(|| Payment::new(id));
        let before = payment.figures();
        fold(payment);
        book.moved(&before, &payment.figures());
        book.show_payment(payment);
    }

    /// Where a provider has no invoices, a payment of the subscription settles what failed before it.
    fn settle(&mut self, book: &mut Book) {
        for invoice in self.invoices.values_mut() {
            let subscription = invoice.subscription.value().and_then(|id| self.subscriptions.get(id));
            if let Some(subscription) = subscription {
                let before = invoice.figures();
                invoice.settle(subscription);
                book.moved(&before, &invoice.figures());
                book.show_invoice(invoice);
            }
        }
    }
}

impl Touched {
    /// A telling of a failed try that names no invoice may say why the try of an invoice failed.
    fn explain(&mut self, book: &Book, same_try: SignedDuration) {
        for invoice in self.invoices.values_mut().filter(|invoice| invoice.first_failed_at.is_some()) {
            for own in book.tries.iter().filter(|told| told.invoice.as_ref() == Some(&invoice.id)) {
                for other in book.tries.iter().filter(|told| told.invoice.is_none() && own.is_same(told, same_try)) {
                    invoice.told.see(&other.stamp(), other.decline.clone());
                }
            }
        }
    }
}

impl Touched {
    /// A failed try that names no payment. A list that names none says that something failed, and not when.
    fn nameless(&mut self, told: &Try, origin: Origin, same_try: SignedDuration) {
        let counts = told.payment.is_none() && origin != Origin::Listed;
        if let Some(id) = told.invoice.as_ref().filter(|_| counts)
            && let Some(invoice) = self.invoices.get_mut(id)
        {
            invoice.tries.see_failed(told, same_try);
        }
    }

    /// Counts each failed try to its invoice: it names that, or is linked to it, or is told beside one that does.
    fn tried(&mut self, book: &Book, same_try: SignedDuration) {
        for invoice in self.invoices.values_mut() {
            let names = |told: &&Try| told.invoice.as_ref() == Some(&invoice.id);
            let is_linked = |told: &&Try| book.linked(told).any(|id| id == invoice.id);
            let is_beside = |told: &&Try| {
                told.invoice.is_none() && book.tries.iter().any(|own| names(&own) && own.is_same(told, same_try))
            };
            let of = |told: &&Try| told.payment.is_some() && (names(told) || is_linked(told) || is_beside(told));
            let told: Vec<&Try> = book.tries.iter().filter(of).collect();
            for told in told {
                invoice.tries.see_failed(told, same_try);
            }
        }
    }
}

/// A sighting is a stamp and a value: `[[time, rank, event], value]`. Only what it says is kept.
fn without_stamps(value: Value) -> Value {
    match value {
        Value::Array(mut parts) if parts.len() == 2 && is_stamp(&parts[0]) => without_stamps(parts.remove(1)),
        Value::Array(parts) => Value::Array(parts.into_iter().map(without_stamps).collect()),
        Value::Object(fields) => {
            let told = fields.into_iter().filter(|(_, value)| !is_stamp(value));
            Value::Object(told.map(|(name, value)| (name, without_stamps(value))).collect())
        }
        other => other,
    }
}

fn is_stamp(value: &Value) -> bool {
    matches!(value.as_array().map(Vec::as_slice), Some([Value::String(_), Value::Number(_), Value::String(_)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{InvoiceSeen, InvoiceStatus, Kind, PaymentSeen, PaymentStatus, RefundSeen, RefundStatus};
    use crate::money::{Currency, Money};

    fn event(id: &str, at: &str, seen: Seen) -> Event {
        Event {
            id: id.into(),
            provider: "stripe".into(),
            source: "default".into(),
            origin: crate::event::Origin::Webhook,
            kind: Kind::InvoiceChanged,
            at: at.parse().unwrap(),
            customer: Some("cus_1".into()),
            seen: vec![seen],
        }
    }

    fn usd(minor: i64) -> Option<Money> {
        Some(Money::from_minor(minor, Currency::USD))
    }

    fn history() -> Vec<Event> {
        let invoice = |status, remaining, failed: Option<&str>| {
            Seen::Invoice(InvoiceSeen {
                id: "in_1".into(),
                status: Some(status),
                total: usd(4900),
                remaining: usd(remaining),
                created_at: Some("2026-01-01T00:00:00Z".parse().unwrap()),
                failed_at: failed.map(|at| at.parse().unwrap()),
                ..InvoiceSeen::default()
            })
        };
        let payment = |refunded| {
            Seen::Payment(PaymentSeen {
                id: "ch_1".into(),
                invoice: Some("in_1".into()),
                status: Some(PaymentStatus::Succeeded),
                amount: usd(4900),
                captured: usd(4900),
                refunded: usd(refunded),
                at: Some("2026-01-03T00:00:00Z".parse().unwrap()),
                ..PaymentSeen::default()
            })
        };
        let refund = |status| {
            Seen::Refund(RefundSeen {
                id: "re_1".into(),
                payment: "ch_1".into(),
                amount: usd(900),
                status: Some(status),
                ..RefundSeen::default()
            })
        };
        vec![
            event("evt_1", "2026-01-01T00:00:00Z", invoice(InvoiceStatus::Draft, 4900, None)),
            // The same second: the further state wins, whoever comes first.
            event("evt_2", "2026-01-01T00:00:00Z", invoice(InvoiceStatus::Open, 4900, None)),
            event("evt_3", "2026-01-02T00:00:00Z", invoice(InvoiceStatus::Open, 4900, Some("2026-01-02T00:00:00Z"))),
            event("evt_4", "2026-01-03T00:00:00Z", invoice(InvoiceStatus::Paid, 0, None)),
            event("evt_5", "2026-01-03T00:00:00Z", payment(0)),
            event("evt_6", "2026-01-04T00:00:00Z", refund(RefundStatus::Pending)),
            event("evt_7", "2026-01-05T00:00:00Z", refund(RefundStatus::Succeeded)),
        ]
    }

    fn folded(order: &[usize]) -> (Head, Touched) {
        let events = history();
        let mut head = Head::new("stripe", "default", "cus_1");
        let mut touched = Touched::default();
        for &index in order {
            touched.fold(&mut head, &events[index], SignedDuration::from_mins(10));
        }
        (head, touched)
    }

    #[test]
    fn any_order_with_repeats_gives_the_same_book() {
        let straight = folded(&[0, 1, 2, 3, 4, 5, 6]);
        for order in [
            vec![6, 5, 4, 3, 2, 1, 0],
            vec![3, 0, 6, 1, 3, 5, 2, 4, 4],
            vec![0, 0, 1, 2, 6, 3, 4, 5, 0],
            vec![5, 6, 4, 2, 3, 1, 0, 1],
        ] {
            let other = folded(&order);
            assert_eq!(
                serde_json::to_string(&other.0).unwrap(),
                serde_json::to_string(&straight.0).unwrap(),
                "{order:?}"
            );
            assert_eq!(other.1, straight.1, "{order:?}");
        }
    }

    #[test]
    fn sums_follow_the_resources() {
        let open = folded(&[0, 1, 2]).0;
        assert_eq!(open.book.figures.outstanding[&Currency::USD].to_string(), "49.00");
        assert_eq!(open.book.figures.failures.get("2026-01"), Some(&1));
        let settled = folded(&[0, 1, 2, 3, 4, 5, 6]).0;
        assert!(settled.book.figures.outstanding.is_empty());
        assert_eq!(settled.book.figures.revenue[&Currency::USD].to_string(), "40.00");
    }
}
