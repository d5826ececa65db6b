//! The small head of an account: sums over everything, and the few lines that are shown first.

mod kept;
mod left;
mod overdue;
mod room;
mod said;

use super::entitlement::Entitlement;
use super::{Consent, Latest, LetterLine, Try, Writer};
use crate::event::{Card, CardState, DisputeStatus, Interval, InvoiceStatus, Item, PaymentStatus, SubscriptionStatus};
use crate::id::{AccountId, ActionId, CaseId, ReceivedId, RequestId};
use crate::money::{Currency, Money, Rate};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub use said::{OfAll, SaidOfAll};

/// Read with every event and for every glance, so that it stays small however long the account's history is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub account: AccountId,
    pub provider: String,
    pub source: String,
    pub customer: String,
    pub book: Book,
    /// Invoices being recovered: of very many those that go on next, and the one that leaves its customer the least.
    pub dunning: BTreeMap<String, PlanLine>,
    /// How many more are. Their own items say so.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub more_dunning: u32,
    /// What invoices on the ladder leave the customer to use: of many those that take the most.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub overdue: BTreeMap<String, AccessLine>,
    /// Cases that are not resolved: of very many those that were opened last.
    pub cases: BTreeMap<CaseId, CaseLine>,
    /// How many more are not resolved. Their own items say so.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub more_cases: u32,
    /// Approved actions that the provider has not confirmed.
    #[serde(default)]
    pub under_way: BTreeMap<ActionId, UnderWay>,
    /// Subscriptions whose customer asked to end them: of very many those that go on, and those that were left last.
    #[serde(default)]
    pub left: BTreeMap<String, Vec<Left>>,
    /// How many more there were.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub more_left: u32,
    /// Since when and until when it is looked at more closely, because it was charged twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watched: Option<Watched>,
    /// Since when the customer wants no messages before their card expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsubscribed_at: Option<Timestamp>,
    /// When a bank claimed money back while more recoveries ran than are written at once: those that had begun are
    /// over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<Timestamp>,
    /// The card that the customer gave while more recoveries ran than are written at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_given: Option<CardGiven>,
    /// That the customer lets a second card be charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// When tries that failed in a row became a matter of whoever looks after the account, the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated_at: Option<Timestamp>,
    /// What people said of all recoveries while more ran than are written at once, the latest, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said_of_all: Vec<SaidOfAll>,
    /// The latest letter that asks for something, whoever wrote it: of several recoveries one says all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<LetterLine>,
    /// The latest letter that asks for something because the customer has written, or has done something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<LetterLine>,
    /// The latest text message of any recovery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub texted: Option<LetterLine>,
    /// What its customer was asked to pay because of tickets, and what is not over yet.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub requests: BTreeSet<RequestId>,
    /// Payments of which nobody knows yet what they pay: of very many those that came first.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub loose: BTreeSet<String>,
    /// Payments that a person said are for an invoice, while its provider does not show that.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub came: BTreeSet<ReceivedId>,
}

/// A card that concerns all recoveries that had begun by then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardGiven {
    /// The provider's id of it.
    pub id: String,
    /// Its brand and the end of its number.
    pub card: String,
    pub at: Timestamp,
    pub begun_by: Timestamp,
}

/// The part of the head that is a fold of the events and of nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Book {
    pub figures: Figures,
    /// Credit at the provider, by currency.
    pub balance: BTreeMap<Currency, Latest<Money>>,
    /// Those that run, and of those that have ended the newest; all of them are items of their own.
    pub subscriptions: BTreeMap<String, SubscriptionLine>,
    /// When the first of those began that are not shown any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub began_at: Option<Timestamp>,
    pub invoices: Vec<HistoryLine>,
    pub payments: Vec<PaymentLine>,
    pub cards: Vec<CardLine>,
    /// Which of the cards is charged for what comes, where the provider says so.
    pub chosen: Latest<String>,
    pub tries: Vec<Try>,
    /// Disputes that are not decided: of very many the claims first, and those whose evidence is due next.
    pub disputes: BTreeMap<String, DisputeLine>,
    /// Which invoice a payment's wider record pays, where the provider tells that apart from both.
    pub links: Vec<Link>,
    /// Due items without an invoice at the provider, by the subscription whose next payment settles them.
    pub periods: Vec<PeriodLine>,
    pub last_event_at: Option<Timestamp>,
    /// More subscriptions run than are shown here.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub more_run: bool,
}

/// Sums over the resources of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    pub outstanding: BTreeMap<Currency, Decimal>,
    /// Credit that settled invoices.
    pub credited: BTreeMap<Currency, Decimal>,
    pub revenue: BTreeMap<Currency, Decimal>,
    pub mrr: BTreeMap<Currency, Decimal>,
    /// Failed payments by the month of their first failed try.
    pub failures: BTreeMap<String, i64>,
    /// Open items whose amount the provider does not send.
    pub unpriced: i64,
    /// Disputes that are not decided, and how many of them are a bank's formal claim.
    #[serde(skip_serializing_if = "are_none")]
    pub disputes: i64,
    #[serde(skip_serializing_if = "are_none")]
    pub claims: i64,
}

/// A subscription as it is now, without when each of it was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SubscriptionLine {
    pub status: Option<SubscriptionStatus>,
    pub plan: Option<String>,
    pub price: Option<Rate>,
    pub interval: Option<Interval>,
    pub quantity: Option<u32>,
    pub addons: Vec<Item>,
    pub mrr: Option<Money>,
    pub started_at: Option<Timestamp>,
    pub renews_at: Option<Timestamp>,
    pub trial_ends_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
    pub contract_ends_at: Option<Timestamp>,
    pub grace_until: Option<Timestamp>,
    pub resumes_at: Option<Timestamp>,
    /// Whether anybody said that it goes on or ends.
    pub end_is_stated: bool,
    pub discounted: bool,
    pub upcoming: Option<Money>,
    /// The card that is charged for it, where it has one of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<String>,
}

/// A card in short; of many, those that were seen last stay.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CardLine {
    pub seen_at: Timestamp,
    pub id: String,
    pub card: Option<Card>,
    pub state: CardState,
}

/// A dispute that is open; it leaves the head when it is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeLine {
    pub payment: String,
    pub amount: Option<Money>,
    pub status: DisputeStatus,
    pub formal: Option<bool>,
    pub evidence_due_at: Option<Timestamp>,
}

/// By its `intent` a payment finds the invoice that it pays.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    pub at: Timestamp,
    pub intent: String,
    pub invoice: String,
}

/// A due item that waits, since it failed, for the next payment of its subscription.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PeriodLine {
    pub failed_at: Timestamp,
    pub invoice: String,
    pub subscription: String,
}

/// An invoice in short: `invoice` is the provider's id, `number` what the customer reads on it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HistoryLine {
    pub created_at: Timestamp,
    pub invoice: String,
    pub number: Option<String>,
    pub total: Option<Money>,
    pub remaining: Option<Money>,
    pub status: Option<InvoiceStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid_at: Option<Timestamp>,
}

/// A payment or a failed try in short, with what tells two of one amount apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PaymentLine {
    pub at: Timestamp,
    pub payment: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<PaymentStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_back: Option<Money>,
    /// A bank claims it, or has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub claimed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
}

/// A recovery in short; it is there as long as the recovery has a step before it, and as long as it takes something
/// away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanLine {
    pub segment: String,
    pub step: u32,
    pub next: Option<String>,
    pub next_at: Option<Timestamp>,
    pub policy_version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessLine>,
}

/// What a recovery lets its customer use, and what is next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessLine {
    pub state: Entitlement,
    pub since: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Entitlement>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Timestamp>,
}

/// An action that the provider carries out, or has, and what it changes: nothing named is the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderWay {
    pub target: Option<String>,
    pub since: Timestamp,
}

/// That an account is looked at more closely; it ends by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watched {
    pub since: Timestamp,
    pub until: Timestamp,
    /// The case because of which it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// Who wanted it: somebody of the staff, who is told of what is found.
    pub by: String,
}

/// An open case, as much of it as a glance needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseLine {
    pub class: String,
    pub opened_at: Timestamp,
    /// Whether a ticket has opened it, so that what is found later may be the same trouble.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_ticket: bool,
}

impl Head {
    /// An account of which nothing was seen yet.
    pub fn new(provider: &str, source: &str, customer: &str) -> Self {
        Self {
            account: AccountId::of(provider, source, customer),
            provider: provider.to_owned(),
            source: source.to_owned(),
            customer: customer.to_owned(),
            book: Book::default(),
            dunning: BTreeMap::new(),
            more_dunning: 0,
            overdue: BTreeMap::new(),
            cases: BTreeMap::new(),
            more_cases: 0,
            under_way: BTreeMap::new(),
            left: BTreeMap::new(),
            more_left: 0,
            watched: None,
            unsubscribed_at: None,
            claimed_at: None,
            card_given: None,
            consent: None,
            escalated_at: None,
            said_of_all: Vec::new(),
            requests: BTreeSet::new(),
            loose: BTreeSet::new(),
            came: BTreeSet::new(),
            written: None,
            answered: None,
            texted: None,
        }
    }

    /// A letter is taken up: whoever else would write to the account sees it.
    pub fn shows_letter(&mut self, line: LetterLine) {
        match line.writer {
            Writer::Answer => self.answered = Some(line),
            Writer::Recovery | Writer::Ladder | Writer::Card => self.written = Some(line),
        }
    }

    /// Somebody knows what became of a letter that answers the customer: others see that, unless another has been taken
    /// up since.
    pub fn learns_of_answer(&mut self, of: &str, became: impl FnOnce(LetterLine) -> Option<LetterLine>) {
        if self.answered.as_ref().is_some_and(|line| line.invoice == of && line.doubt_at.is_some()) {
            self.answered = self.answered.take().and_then(became);
        }
    }

    /// Looks at it more closely from now on. A watch that still runs goes on as it began, for as long as either of
    /// them.
    pub fn watch(&mut self, watched: Watched) {
        let standing = self.watched.take().filter(|standing| standing.until >= watched.since);
        self.watched = Some(match standing {
            Some(standing) if standing.until >= watched.until => standing,
            Some(Watched { since, case, .. }) => Watched { since, case: case.or(watched.case), ..watched },
            None => watched,
        });
    }

    /// The watch under which something happened, where it did under one.
    pub fn watched_at(&self, at: Timestamp) -> Option<&Watched> {
        self.watched.as_ref().filter(|watched| watched.since <= at && at <= watched.until)
    }

    /// Names an open case; `was_open` says whether it was open before, and counted.
    pub fn names(&mut self, id: &CaseId, line: CaseLine, was_open: bool) {
        if self.cases.insert(id.clone(), line).is_none() && was_open {
            self.more_cases = self.more_cases.saturating_sub(1);
        }
    }

    /// A case is not open any more; `was_open` says whether it was before, and counted.
    pub fn forgets(&mut self, id: &CaseId, was_open: bool) {
        if self.cases.remove(id).is_none() && was_open {
            self.more_cases = self.more_cases.saturating_sub(1);
        }
    }

    /// Names no more cases than so many, those that were opened last, and counts the others.
    pub fn names_at_most(&mut self, most: usize) {
        while self.cases.len() > most {
            let oldest = self.cases.iter().min_by_key(|(_, line)| line.opened_at).map(|(id, _)| id.clone());
            self.cases.retain(|id, _| Some(id) != oldest.as_ref());
            self.more_cases += 1;
        }
    }

    /// When this customer first started to buy, as far as we have seen.
    pub fn since(&self) -> Option<Timestamp> {
        self.book.subscriptions.values().filter_map(|line| line.started_at).chain(self.book.began_at).min()
    }
}

fn is_nothing(count: &u32) -> bool {
    *count == 0
}

fn are_none(count: &i64) -> bool {
    *count == 0
}

impl PaymentLine {
    /// What of it can still go back: nothing that a bank claims.
    pub fn left(&self) -> Option<Money> {
        let taken = self.amount.filter(|_| !self.claimed)?;
        let back = self.given_back.filter(|back| back.currency() == taken.currency());
        let left = back.map_or(taken, |back| taken.minus(back));
        left.is_positive().then_some(left)
    }
}

impl Book {
    /// The card that is charged for what comes, where that is told; or else the one that is kept, or that paid or tried
    /// last and was not removed since.
    pub fn card(&self) -> Option<&Card> {
        let chosen = self.chosen.value().and_then(|id| self.kept_card(id));
        if chosen.is_some() {
            return chosen;
        }
        let kept =
            self.cards.iter().rev().filter(|line| line.state != CardState::Removed).find_map(|line| line.card.as_ref());
        let removed = |card: &Card| {
            let same = |line: &CardLine| line.card.as_ref().is_some_and(|removed| removed.last4 == card.last4);
            self.cards.iter().any(|line| line.state == CardState::Removed && same(line))
        };
        kept.or_else(|| self.payments.iter().rev().find_map(|line| line.card.as_ref()).filter(|card| !removed(card)))
    }

    /// Which card is charged for what comes, where the provider says so: the subscription's own, or else the
    /// customer's.
    pub fn charged_id(&self, subscription: Option<&str>) -> Option<&str> {
        let own = subscription.and_then(|id| self.subscriptions.get(id)).and_then(|line| line.card.as_deref());
        own.or(self.chosen.value().map(String::as_str))
    }

    /// What is known of a card that is kept.
    pub fn kept_card(&self, id: &str) -> Option<&Card> {
        let mut own = self.cards.iter().filter(|line| line.id == id && line.state != CardState::Removed);
        own.next()?.card.as_ref()
    }

    /// Which invoice a payment pays, said by either of them or by a link between them.
    pub fn invoice_of<'a>(&'a self, line: &'a PaymentLine) -> Option<&'a str> {
        let linked = || {
            self.links
                .iter()
                .rev()
                .find(|link| Some(&link.intent) == line.intent.as_ref())
                .map(|link| link.invoice.as_str())
        };
        line.invoice.as_deref().or_else(linked)
    }

    /// What customers read on an invoice that is not too old to be remembered.
    pub fn number_of(&self, invoice: &str) -> Option<&str> {
        self.invoices.iter().find(|line| line.invoice == invoice)?.number.as_deref()
    }

    /// Which subscription a payment is for, said by itself or by the invoice that it pays.
    pub fn subscription_of<'a>(&'a self, line: &'a PaymentLine) -> Option<&'a str> {
        let billed = || {
            let invoice = self.invoice_of(line)?;
            self.invoices.iter().find(|billed| billed.invoice == invoice)?.subscription.as_deref()
        };
        line.subscription.as_deref().or_else(billed)
    }

    /// What was paid for a subscription last.
    pub fn last_paid(&self, subscription: &str) -> Option<&PaymentLine> {
        let paid = |line: &&PaymentLine| {
            line.status == Some(PaymentStatus::Succeeded) && self.subscription_of(line) == Some(subscription)
        };
        self.payments.iter().rev().find(paid)
    }
}

impl Figures {
    fn add(&mut self, other: &Self, sign: Decimal) {
        for (sums, changes) in [
            (&mut self.outstanding, &other.outstanding),
            (&mut self.credited, &other.credited),
            (&mut self.revenue, &other.revenue),
            (&mut self.mrr, &other.mrr),
        ] {
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
        for (sum, change) in [
            (&mut self.unpriced, other.unpriced),
            (&mut self.disputes, other.disputes),
            (&mut self.claims, other.claims),
        ] {
            *sum += if sign.is_sign_negative() { -change } else { change };
        }
    }
}

/// That a customer asked to end a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The action by which it is carried out; nothing where the customer ended it at the provider.
    pub action: Option<ActionId>,
    /// When it was recorded, and then when it was carried out.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_goes_on_as_long_as_any_and_begins_with_the_first_that_still_runs() {
        let day = |day: i64| Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24 * day);
        let watch =
            |since, until, by: &str| Watched { since: day(since), until: day(until), case: None, by: by.into() };
        for (what, watches, expected) in [
            ("one", vec![watch(1, 31, "bea")], (1, 31, "bea")),
            ("longer", vec![watch(1, 31, "bea"), watch(5, 35, "mara")], (1, 35, "mara")),
            ("shorter", vec![watch(1, 31, "bea"), watch(5, 6, "mara")], (1, 31, "bea")),
            ("after the first has ended", vec![watch(1, 31, "bea"), watch(40, 70, "mara")], (40, 70, "mara")),
        ] {
            let mut head = Head::new("stripe", "default", "cus_1");
            watches.into_iter().for_each(|watched| head.watch(watched));
            let (since, until, by) = expected;
            assert_eq!(head.watched, Some(watch(since, until, by)), "{what}");
            for (at, is_watched) in [(since - 1, false), (since, true), (until, true), (until + 1, false)] {
                assert_eq!(head.watched_at(day(at)).is_some(), is_watched, "{what}: day {at}");
            }
        }
    }
}
