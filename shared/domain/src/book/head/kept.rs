//! What of a resource the head shows, and how much of it is kept.

use super::{Book, CardLine, DisputeLine, Figures, HistoryLine, Link, PaymentLine, PeriodLine, SubscriptionLine};
use crate::book::{Due, Invoice, KeptCard, Payment, Stamp, Subscription, Try};
use crate::event::{BalanceSeen, ChosenSeen, Event, InvoiceStatus, Stated, SubscriptionStatus};
use crate::policy::{fitting, stored_bytes};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Serialize;
use std::cmp::Reverse;

/// How many invoices and payments the head shows; older ones are read from their own items.
const LINES: usize = 16;
/// How many cards the head shows.
const CARDS: usize = 8;
/// How many failed tries and links between payments and invoices the head remembers.
const TRIES: usize = 64;
/// How many open disputes the head shows, and how large they may be together; the figures count all of them.
const DISPUTES: usize = 16;
const DISPUTE_BYTES: usize = 4_000;
/// How many subscriptions that have ended the head shows.
const ENDED: usize = 8;
/// How large the book may be before its lists are cut to these sizes. With ids of usual length it does not get there,
/// however much trouble there is.
const BOOK_BYTES: usize = 70_000;
const INVOICE_BYTES: usize = 8_000;
const PAYMENT_BYTES: usize = 10_000;
const CARD_BYTES: usize = 3_000;
const TRY_BYTES: usize = 10_000;
const LINK_BYTES: usize = 8_000;
const PERIOD_BYTES: usize = 3_000;
const SUBSCRIPTION_BYTES: usize = 16_000;
const ADDON_BYTES: usize = 8_000;

impl Book {
    pub(in crate::book) fn moved(&mut self, before: &Figures, after: &Figures) {
        self.figures.add(before, -Decimal::ONE);
        self.figures.add(after, Decimal::ONE);
    }

    pub(in crate::book) fn see_balance(&mut self, seen: &BalanceSeen, event: &Event) {
        let balance = self.balance.entry(seen.available.currency()).or_default();
        balance.see(&Stamp::of(event, seen.as_of, 0), Some(seen.available));
    }

    pub(in crate::book) fn see_chosen(&mut self, seen: &ChosenSeen, event: &Event) {
        self.chosen.see(&Stamp::of(event, seen.as_of, 0), Some(seen.card.clone()));
    }

    pub(in crate::book) fn see_try(&mut self, tried: Try) {
        if !self.tries.contains(&tried) {
            self.tries.push(tried);
        }
    }

    /// Forgets the oldest tellings, once what they tell has been taken from them.
    pub(in crate::book) fn forget_old_tries(&mut self) {
        keep_newest(&mut self.tries, TRIES);
    }

    /// The first telling counts: whether it was told again, or asked for besides, does not matter.
    pub(in crate::book) fn see_link(&mut self, link: Link) {
        let same = |other: &&mut Link| other.intent == link.intent && other.invoice == link.invoice;
        match self.links.iter_mut().find(same) {
            Some(known) => known.at = known.at.min(link.at),
            None => self.links.push(link),
        }
        keep_newest(&mut self.links, TRIES);
    }

    pub(in crate::book) fn show_subscription(&mut self, subscription: &Subscription) {
        let plan = subscription.plan();
        let mut addons: Vec<_> = subscription.addons().cloned().collect();
        addons.truncate(fitting(&addons, ADDON_BYTES));
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
            card: subscription.card.value().and_then(Stated::value).cloned(),
            discounted: subscription.discount.value().is_some_and(|discount| discount.value().is_some()),
        };
        self.subscriptions.insert(subscription.id.clone(), line);
        self.hide_old_subscriptions();
    }

    /// Of those that have ended, the newest are shown.
    fn hide_old_subscriptions(&mut self) {
        let is_over = |line: &SubscriptionLine| line.status == Some(SubscriptionStatus::Ended);
        let order = |(id, line): (&String, &SubscriptionLine)| (line.ends_at, line.started_at, id.clone());
        let mut ended: Vec<_> = self.subscriptions.iter().filter(|(_, line)| is_over(line)).map(order).collect();
        ended.sort();
        let too_many = ended.len().saturating_sub(ENDED);
        ended.into_iter().take(too_many).for_each(|(_, _, id)| self.hide(&id));
    }

    fn hide(&mut self, subscription: &str) {
        let began_at = self.subscriptions.remove(subscription).and_then(|line| line.started_at);
        self.began_at = self.began_at.into_iter().chain(began_at).min();
    }

    /// What no item could hold is cut, the oldest first: ids and texts may be so long that fewer lines fit. Of lines of
    /// usual length none goes, so that the book is the same whatever the order of events.
    pub(in crate::book) fn fit(&mut self) {
        if stored_bytes(self) <= BOOK_BYTES {
            return;
        }
        keep_to(&mut self.invoices, INVOICE_BYTES);
        keep_to(&mut self.payments, PAYMENT_BYTES);
        keep_to(&mut self.cards, CARD_BYTES);
        keep_to(&mut self.tries, TRY_BYTES);
        keep_to(&mut self.links, LINK_BYTES);
        keep_to(&mut self.periods, PERIOD_BYTES);
        let order = |(id, line): (&String, &SubscriptionLine)| {
            let runs = line.status != Some(SubscriptionStatus::Ended);
            (runs, line.started_at, id.clone())
        };
        let mut rest: Vec<_> = self.subscriptions.iter().map(order).collect();
        rest.sort();
        for (runs, _, id) in rest {
            if stored_bytes(&self.subscriptions) <= SUBSCRIPTION_BYTES || self.subscriptions.len() == 1 {
                return;
            }
            self.hide(&id);
            self.more_run |= runs;
        }
    }

    /// Of very many those stay that a bank claims formally, and of these the ones whose evidence is due first.
    fn hide_disputes(&mut self) {
        while self.disputes.len() > DISPUTES || stored_bytes(&self.disputes) > DISPUTE_BYTES {
            let due = |line: &DisputeLine| Reverse(line.evidence_due_at.unwrap_or(Timestamp::MAX));
            let order = |(id, line): &(&String, &DisputeLine)| (line.formal == Some(true), due(line), (*id).clone());
            let last = self.disputes.iter().min_by_key(order);
            let Some(id) = last.map(|(id, _)| id.clone()) else { return };
            self.disputes.remove(&id);
        }
    }

    pub(in crate::book) fn show_card(&mut self, kept: &KeptCard) {
        let (Some(seen_at), Some(state)) = (kept.state.seen_at(), kept.state.copied()) else { return };
        self.cards.retain(|line| line.id != kept.id);
        self.cards.push(CardLine { seen_at, id: kept.id.clone(), card: kept.card.value().cloned(), state });
        keep_newest(&mut self.cards, CARDS);
    }

    pub(in crate::book) fn show_invoice(&mut self, invoice: &Invoice) {
        if let (true, Some(failed_at), Some(subscription)) =
            (invoice.by_period, invoice.first_failed_at, invoice.subscription.value())
        {
            self.periods.retain(|line| line.invoice != invoice.id);
            self.periods.push(PeriodLine {
                failed_at,
                invoice: invoice.id.clone(),
                subscription: subscription.clone(),
            });
            keep_newest(&mut self.periods, LINES);
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
            paid_at: invoice.paid_at().filter(|_| invoice.due() == Due::Paid),
        });
        keep_newest(&mut self.invoices, LINES);
    }

    pub(in crate::book) fn show_payment(&mut self, payment: &Payment) {
        // One that the payment does not keep any more is not shown any more either.
        self.disputes.retain(|id, line| line.payment != payment.id || payment.disputes.contains_key(id));
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
        self.hide_disputes();
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
        keep_newest(&mut self.payments, LINES);
    }
}

fn keep_newest<T: Ord>(lines: &mut Vec<T>, most: usize) {
    lines.sort();
    lines.drain(..lines.len().saturating_sub(most));
}

/// Keeps the newest that fit.
fn keep_to<T: Serialize>(lines: &mut Vec<T>, bytes_max: usize) {
    let kept = fitting(lines.iter().rev(), bytes_max);
    lines.drain(..lines.len() - kept);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::{Head, Touched};
    use jiff::SignedDuration;
    use serde_json::{from_value, json};

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
            ("what runs leaves no room", vec![(150, Active, long.as_str()), (8, Ended, "pro")], 15, 0..=0),
        ];
        for (name, given, running, ended) in rows {
            let mut head = Head::new("stripe", "default", "cus_1");
            let kinds = given.iter().flat_map(|&(count, status, plan)| (0..count).map(move |_| (status, plan)));
            let all: Vec<_> = kinds.enumerate().collect();
            // The newest first: what has ended is there, and is newer, when what runs takes its room.
            for (number, (status, plan)) in all.into_iter().rev() {
                let (id, line) = line(number, status, plan);
                head.book.subscriptions.insert(id, line);
                head.book.hide_old_subscriptions();
                head.book.fit();
            }
            let of = |ended: bool| {
                head.book.subscriptions.values().filter(|line| (line.status == Some(Ended)) == ended).count()
            };
            assert!(stored_bytes(&head.book) <= BOOK_BYTES, "{name}");
            assert_eq!(head.book.more_run, name == "what runs leaves no room", "{name}");
            assert!(of(false) >= running && ended.contains(&of(true)), "{name}");
            assert_eq!(head.since(), line(0, Active, "pro").1.started_at, "{name}: since when is not forgotten");
        }
    }

    /// What a bank opened, or decided, about a payment of its own.
    fn dispute(number: usize, status: &str, formal: bool, id: &str) -> Event {
        let usd = json!({"amount": "49.00", "currency": "USD"});
        let day = 1 + number % 28;
        let (own, payment) = (format!("dp_{number:03}{id}"), format!("ch_{number:03}{id}"));
        let seen = json!({"resource": "dispute", "id": own, "payment": payment,
            "amount": usd, "status": status, "formal": formal, "opened_at": "2026-03-01T09:00:00Z",
            "evidence_due_at": format!("2026-04-{day:02}T09:00:00Z")});
        let at = if status == "open" { "2026-03-01T09:00:00Z" } else { "2026-03-20T09:00:00Z" };
        from_value(json!({"id": format!("evt_{number}_{status}"), "provider": "stripe", "source": "default",
            "origin": "webhook", "kind": "payment_disputed", "at": at, "customer": "cus_1", "seen": [seen]}))
        .unwrap()
    }

    #[test]
    fn of_many_disputes_few_are_shown_and_none_is_forgotten() {
        let long = "p".repeat(240);
        for (name, claims, inquiries, id) in [
            ("none", 0, 0, ""),
            ("few", 2, 3, ""),
            ("many", 3, 60, ""),
            ("many claims", 40, 5, ""),
            ("long", 30, 30, &*long),
        ] {
            let (mut head, mut touched) = (Head::new("stripe", "default", "cus_1"), Touched::default());
            let all: Vec<_> = (0..claims + inquiries).map(|number| (number, number >= inquiries)).collect();
            for (number, formal) in &all {
                touched.fold(&mut head, &dispute(*number, "open", *formal, id), SignedDuration::ZERO);
            }
            let shown = head.book.disputes.values();
            let formal = shown.clone().filter(|line| line.formal == Some(true)).count();
            assert!(shown.len() <= DISPUTES && formal == claims.min(shown.len()), "{name}: {} shown", shown.len());
            assert!(stored_bytes(&head.book.disputes) <= DISPUTE_BYTES, "{name}");
            assert_eq!(head.book.is_claimed(), claims > 0, "{name}");
            assert_eq!(head.book.more_disputes(), claims + inquiries - head.book.disputes.len(), "{name}");

            // The claims end first, whether they are shown or not: the last of them ends what is claimed.
            for (place, (number, formal)) in all.iter().rev().enumerate() {
                assert_eq!(head.book.is_claimed(), place < claims, "{name}: after {place}");
                touched.fold(&mut head, &dispute(*number, "lost", *formal, id), SignedDuration::ZERO);
            }
            let (figures, book) = (&head.book.figures, &head.book);
            assert_eq!((figures.disputes, figures.claims, book.more_disputes()), (0, 0, 0), "{name}");
            assert!(!book.is_claimed() && book.disputes.is_empty(), "{name}");
        }
    }

    #[test]
    fn the_newest_lines_are_kept_as_far_as_they_fit() {
        let rows =
            [("few", 3, 10, 100, 3), ("many", 20, 10, 1_000, 10), ("long", 20, 10, 21, 4), ("none", 3, 10, 2, 0)];
        for (name, given, most, bytes, kept) in rows {
            // A text of two digits takes five bytes with its comma, and the list one more.
            let mut lines: Vec<_> = (10..10 + given).rev().map(|number: i32| number.to_string()).collect();
            let newest = lines[0].clone();
            keep_newest(&mut lines, most);
            keep_to(&mut lines, bytes);
            assert_eq!(lines.len(), kept, "{name}");
            assert!(lines.last().is_none_or(|last| *last == newest), "{name}");
        }
    }
}
