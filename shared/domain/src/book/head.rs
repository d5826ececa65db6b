//! The small head of an account: sums over everything, and the few lines that are shown first.

use super::{Invoice, KeptCard, Latest, Payment, Stamp, Subscription, Try};
use crate::event::{
    BalanceSeen, Card, CardState, DisputeStatus, Event, Interval, InvoiceStatus, Item, PaymentStatus, Stated,
    SubscriptionStatus,
};
use crate::id::{AccountId, ActionId, CaseId};
use crate::money::{Currency, Money, Rate};
use crate::policy::stored_bytes;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many invoices and payments the head shows; older ones are read from their own items.
const LINES: usize = 16;
/// How many cards the head shows.
const CARDS: usize = 8;
/// How many failed tries and links between payments and invoices the head remembers.
const TRIES: usize = 64;
/// How many subscriptions that have ended the head shows.
const ENDED: usize = 8;
/// How many bytes each of its lists may take: ids and texts may be so long that fewer lines fit.
const INVOICE_BYTES: usize = 8_000;
const PAYMENT_BYTES: usize = 10_000;
const CARD_BYTES: usize = 3_000;
const TRY_BYTES: usize = 10_000;
const LINK_BYTES: usize = 8_000;
const PERIOD_BYTES: usize = 3_000;
const SUBSCRIPTION_BYTES: usize = 16_000;
const ADDON_BYTES: usize = 8_000;

/// Read with every event and for every glance, so that it stays small however long the account's history is.
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
    /// Approved actions that the provider has not confirmed.
    #[serde(default)]
    pub under_way: BTreeMap<ActionId, UnderWay>,
    /// Subscriptions whose customer asked to end them.
    #[serde(default)]
    pub left: BTreeMap<String, Vec<Left>>,
    /// Until when it is looked at more closely, because it was charged twice.
    #[serde(default)]
    pub watched_until: Option<Timestamp>,
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
    pub tries: Vec<Try>,
    /// Disputes that are not decided.
    pub disputes: BTreeMap<String, DisputeLine>,
    /// Which invoice a payment's wider record pays, where the provider tells that apart from both.
    pub links: Vec<Link>,
    /// Due items without an invoice at the provider, by the subscription whose next payment settles them.
    pub periods: Vec<PeriodLine>,
    pub last_event_at: Option<Timestamp>,
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

/// A recovery in short; it is there as long as the recovery has a step before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanLine {
    pub segment: String,
    pub step: u32,
    pub next: Option<String>,
    pub next_at: Option<Timestamp>,
    pub policy_version: u32,
}

/// An action that the provider carries out, or has, and what it changes: nothing named is the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnderWay {
    pub target: Option<String>,
    pub since: Timestamp,
}

/// An open case, as much of it as a glance needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseLine {
    pub class: String,
    pub opened_at: Timestamp,
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
            cases: BTreeMap::new(),
            under_way: BTreeMap::new(),
            left: BTreeMap::new(),
            watched_until: None,
        }
    }

    /// When this customer first started to buy, as far as we have seen.
    pub fn since(&self) -> Option<Timestamp> {
        self.book.subscriptions.values().filter_map(|line| line.started_at).chain(self.book.began_at).min()
    }
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
    /// The card that is kept, or else the one that paid or tried last and was not removed since.
    pub fn card(&self) -> Option<&Card> {
        let kept =
            self.cards.iter().rev().filter(|line| line.state != CardState::Removed).find_map(|line| line.card.as_ref());
        let removed = |card: &Card| {
            let same = |line: &CardLine| line.card.as_ref().is_some_and(|removed| removed.last4 == card.last4);
            self.cards.iter().any(|line| line.state == CardState::Removed && same(line))
        };
        kept.or_else(|| self.payments.iter().rev().find_map(|line| line.card.as_ref()).filter(|card| !removed(card)))
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

    pub(super) fn moved(&mut self, before: &Figures, after: &Figures) {
        self.figures.add(before, -Decimal::ONE);
        self.figures.add(after, Decimal::ONE);
    }

    pub(super) fn see_balance(&mut self, seen: &BalanceSeen, event: &Event) {
        let balance = self.balance.entry(seen.available.currency()).or_default();
        balance.see(&Stamp::of(event, seen.as_of, 0), Some(seen.available));
    }

    pub(super) fn see_try(&mut self, tried: Try) {
        if !self.tries.contains(&tried) {
            self.tries.push(tried);
        }
    }

    /// Forgets the oldest tellings, once what they tell has been taken from them.
    pub(super) fn forget_old_tries(&mut self) {
        keep_newest(&mut self.tries, TRIES, TRY_BYTES);
    }

    /// The first telling counts: whether it was told again, or asked for besides, does not matter.
    pub(super) fn see_link(&mut self, link: Link) {
        let same = |other: &&mut Link| other.intent == link.intent && other.invoice == link.invoice;
        match self.links.iter_mut().find(same) {
            Some(known) => known.at = known.at.min(link.at),
            None => self.links.push(link),
        }
        keep_newest(&mut self.links, TRIES, LINK_BYTES);
    }

    pub(super) fn show_subscription(&mut self, subscription: &Subscription) {
        let plan = subscription.plan();
        let mut addons: Vec<_> = subscription.addons().cloned().collect();
        while stored_bytes(&addons) > ADDON_BYTES {
            addons.pop();
        }
        let line = SubscriptionLine {
            status: subscription.status.copied(),
            plan: plan.map(|item| item.name.clone().unwrap_or_else(|| item.price.clone())),
            price: plan.and_then(|item| item.unit),
            interval: plan.and_then(|item| item.interval),
            quantity: plan.map(|item| item.quantity),
            addons,
            mrr: subscription.mrr(),
            started_at: subscription.started_at.copied(),
            renews_at: subscription.renews_at.copied(),
            trial_ends_at: subscription.trial_ends_at.copied(),
            ends_at: subscription.ends_at.value().and_then(Stated::value).copied(),
            contract_ends_at: subscription.contract_ends_at.copied(),
            grace_until: subscription.grace_until.value().and_then(Stated::value).copied(),
            resumes_at: subscription.resumes_at.value().and_then(Stated::value).copied(),
            end_is_stated: subscription.ends_at.value().is_some(),
            upcoming: subscription.upcoming(),
            discounted: subscription.discount.value().is_some_and(|discount| discount.value().is_some()),
        };
        self.subscriptions.insert(subscription.id.clone(), line);
        self.hide_old_subscriptions();
    }

    /// Shows no more than fits: first those go that ended first, and then, of too many that run, those that began first.
    fn hide_old_subscriptions(&mut self) {
        let is_over = |line: &SubscriptionLine| line.status == Some(SubscriptionStatus::Ended);
        let order = |(id, line): (&String, &SubscriptionLine)| {
            (!is_over(line), line.ends_at.filter(|_| is_over(line)), line.started_at, id.clone())
        };
        let mut rest: Vec<_> = self.subscriptions.iter().map(order).collect();
        rest.sort();
        for (runs, _, started_at, id) in rest {
            let ended = self.subscriptions.values().filter(|line| is_over(line)).count();
            let fits = stored_bytes(&self.subscriptions) <= SUBSCRIPTION_BYTES || self.subscriptions.len() == 1;
            if fits && (runs || ended <= ENDED) {
                return;
            }
            self.subscriptions.remove(&id);
            self.began_at = self.began_at.into_iter().chain(started_at).min();
        }
    }

    pub(super) fn show_card(&mut self, kept: &KeptCard) {
        let (Some(seen_at), Some(state)) = (kept.state.seen_at(), kept.state.copied()) else { return };
        self.cards.retain(|line| line.id != kept.id);
        self.cards.push(CardLine { seen_at, id: kept.id.clone(), card: kept.card.value().cloned(), state });
        keep_newest(&mut self.cards, CARDS, CARD_BYTES);
    }

    pub(super) fn show_invoice(&mut self, invoice: &Invoice) {
        if let (true, Some(failed_at), Some(subscription)) =
            (invoice.by_period, invoice.first_failed_at, invoice.subscription.value())
        {
            self.periods.retain(|line| line.invoice != invoice.id);
            self.periods.push(PeriodLine {
                failed_at,
                invoice: invoice.id.clone(),
                subscription: subscription.clone(),
            });
            keep_newest(&mut self.periods, LINES, PERIOD_BYTES);
        }
        let Some(created_at) = invoice.created_at else { return };
        self.invoices.retain(|line| line.invoice != invoice.id);
        self.invoices.push(HistoryLine {
            created_at,
            invoice: invoice.id.clone(),
            number: invoice.number.value().cloned(),
            total: invoice.total.copied(),
            remaining: invoice.remaining.copied(),
            status: invoice.settled_at.map(|_| InvoiceStatus::Paid).or(invoice.status.copied()),
            subscription: invoice.subscription.value().cloned(),
        });
        keep_newest(&mut self.invoices, LINES, INVOICE_BYTES);
    }

    pub(super) fn show_payment(&mut self, payment: &Payment) {
        for (id, dispute) in &payment.disputes {
            match dispute.status.copied() {
                Some(status) if status.is_open() => {
                    let line = DisputeLine {
                        payment: payment.id.clone(),
                        amount: dispute.amount.copied(),
                        status,
                        formal: dispute.formal.copied(),
                        evidence_due_at: dispute.evidence_due_at.copied(),
                    };
                    self.disputes.insert(id.clone(), line);
                }
                _ => drop(self.disputes.remove(id)),
            }
        }
        let Some(at) = payment.at else { return };
        self.payments.retain(|line| line.payment != payment.id);
        self.payments.push(PaymentLine {
            at,
            payment: payment.id.clone(),
            invoice: payment.invoice.value().cloned(),
            intent: payment.intent.value().cloned(),
            amount: payment.captured.copied().filter(|captured| captured.is_positive()).or(payment.amount.copied()),
            status: payment.status.copied(),
            method: payment.method.value().cloned(),
            card: payment.card.value().cloned(),
            issuer: payment.issuer.value().cloned(),
            given_back: payment.given_back(),
            claimed: payment.is_disputed(),
            subscription: payment.subscription.value().cloned(),
        });
        keep_newest(&mut self.payments, LINES, PAYMENT_BYTES);
    }
}

fn keep_newest<T: Ord + Serialize>(lines: &mut Vec<T>, most: usize, bytes_max: usize) {
    lines.sort();
    let mut room = bytes_max;
    let fits = |line: &&T| {
        let left = room.checked_sub(stored_bytes(*line) + 1);
        room = left.unwrap_or_default();
        left.is_some()
    };
    let kept = lines.iter().rev().take(most).take_while(fits).count();
    lines.drain(..lines.len() - kept);
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
        self.unpriced += if sign.is_sign_negative() { -other.unpriced } else { other.unpriced };
    }
}

/// That a customer asked to end a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    pub action: ActionId,
    /// When it was recorded, and then when it was carried out.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: usize, status: SubscriptionStatus, plan: &str) -> (String, SubscriptionLine) {
        let at = Timestamp::from_second(1_772_000_000 + 3600 * i64::try_from(number).unwrap()).unwrap();
        let line = SubscriptionLine {
            status: Some(status),
            plan: Some(plan.to_owned()),
            started_at: Some(at),
            ends_at: (status == SubscriptionStatus::Ended).then_some(at),
            ..SubscriptionLine::default()
        };
        (format!("sub_{number:03}"), line)
    }

    #[test]
    fn what_runs_is_shown_before_what_has_ended() {
        use SubscriptionStatus::{Active, Ended};
        let long = "p".repeat(500);
        let rows = [
            ("few", vec![(3, Active, "pro"), (8, Ended, "pro")], 3, 8..=8),
            ("many have ended", vec![(3, Active, "pro"), (50, Ended, "pro")], 3, 8..=8),
            ("what runs leaves no room", vec![(50, Active, long.as_str()), (50, Ended, "pro")], 15, 0..=2),
        ];
        for (name, given, running, ended) in rows {
            let mut head = Head::new("stripe", "default", "cus_1");
            let kinds = given.iter().flat_map(|&(count, status, plan)| (0..count).map(move |_| (status, plan)));
            for (number, (status, plan)) in kinds.enumerate() {
                let (id, line) = line(number, status, plan);
                head.book.subscriptions.insert(id, line);
                head.book.hide_old_subscriptions();
            }
            let of = |ended: bool| {
                head.book.subscriptions.values().filter(|line| (line.status == Some(Ended)) == ended).count()
            };
            assert!(stored_bytes(&head.book.subscriptions) <= SUBSCRIPTION_BYTES, "{name}");
            assert!(of(false) >= running && ended.contains(&of(true)), "{name}");
            assert_eq!(head.since(), line(0, Active, "pro").1.started_at, "{name}: since when is not forgotten");
        }
    }

    #[test]
    fn the_newest_lines_are_kept_as_far_as_they_fit() {
        let rows =
            [("few", 3, 10, 100, 3), ("many", 20, 10, 1_000, 10), ("long", 20, 10, 20, 4), ("none", 3, 10, 2, 0)];
        for (name, given, most, bytes, kept) in rows {
            // A text of two digits takes five bytes with its comma.
            let mut lines: Vec<_> = (10..10 + given).rev().map(|number: i32| number.to_string()).collect();
            let newest = lines[0].clone();
            keep_newest(&mut lines, most, bytes);
            assert_eq!(lines.len(), kept, "{name}");
            assert!(lines.last().is_none_or(|last| *last == newest), "{name}");
        }
    }
}
