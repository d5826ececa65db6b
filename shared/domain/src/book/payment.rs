//! Money that came in, or tried to, and what of it went back.

use super::{Figures, Latest, Stamp};
use crate::event::{
    Card, Decline, DisputeSeen, DisputeStatus, Event, Origin, PaymentSeen, PaymentStatus, RefundSeen, RefundStatus,
};
use crate::id::ActionId;
use crate::money::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many refunds and disputes of a payment are told apart, the newest ones: more would not fit into an item.
const REFUNDS: usize = 24;
const DISPUTES: usize = 6;

/// One try to take money, with the refunds and disputes that came of it. Each field keeps its latest sighting.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Payment {
    pub id: String,
    pub invoice: Latest<String>,
    pub subscription: Latest<String>,
    pub intent: Latest<String>,
    pub status: Latest<PaymentStatus>,
    pub amount: Latest<Money>,
    pub captured: Latest<Money>,
    /// The latest that any sighting named: it only grows, so that the order of sightings does not matter.
    pub at: Option<Timestamp>,
    pub method: Latest<String>,
    pub card: Latest<Card>,
    pub issuer: Latest<String>,
    pub decline: Latest<Decline>,
    /// What was written with it that can name a payment request or an invoice.
    #[serde(skip_serializing_if = "Latest::is_unseen")]
    pub reference: Latest<String>,
    /// What the provider says was given back, all refunds together.
    pub refunded: Latest<Money>,
    pub refunds: BTreeMap<String, Refund>,
    /// Refunds that were made up to then may be missing among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forgotten_until: Option<Timestamp>,
    pub disputes: BTreeMap<String, Dispute>,
    /// Approved refunds that the provider has not confirmed: two of them never overdraw one payment.
    pub reserved: BTreeMap<ActionId, Money>,
    /// The refunds that somebody made by hand for an action; no id where only the total tells of it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_hand: BTreeMap<ActionId, String>,
}

/// What goes back of a payment; it names our action where we asked for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Refund {
    pub amount: Latest<Money>,
    pub status: Latest<RefundStatus>,
    pub created_at: Latest<Timestamp>,
    pub action: Latest<String>,
    /// Only a person has said so: the provider has told nothing of it yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub said: bool,
}

/// What a bank claims back, or only asks about: that is not `formal`, and takes no money.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dispute {
    pub amount: Latest<Money>,
    pub status: Latest<DisputeStatus>,
    pub formal: Latest<bool>,
    pub reason: Latest<String>,
    pub opened_at: Latest<Timestamp>,
    pub evidence_due_at: Latest<Timestamp>,
}

impl Refund {
    /// When it was made, or else when it was first heard of, as far as that is known.
    fn made_at(&self) -> Option<Timestamp> {
        self.created_at.copied().or(self.status.seen_at()).or(self.amount.seen_at())
    }
}

impl Dispute {
    /// Whether the bank has, or may keep, the money.
    pub fn blocks_refunds(&self) -> bool {
        self.formal.copied() == Some(true)
            && !matches!(self.status.copied(), Some(DisputeStatus::Won | DisputeStatus::Closed))
    }

    /// The higher, the later it is forgotten.
    fn rank(&self) -> (bool, bool) {
        (self.blocks_refunds(), self.status.copied().is_some_and(DisputeStatus::is_open))
    }
}

impl Payment {
    /// One of which nothing was seen yet.
    pub fn new(id: &str) -> Self {
        Self { id: id.to_owned(), ..Self::default() }
    }

    pub(super) fn fold(&mut self, seen: &PaymentSeen, event: &Event) {
        let stamp = Stamp::of(event, seen.as_of, seen.status.map_or(0, |status| status as u8));
        self.invoice.see(&stamp, seen.invoice.clone());
        self.subscription.see(&stamp, seen.subscription.clone());
        self.intent.see(&stamp, seen.intent.clone());
        self.status.see(&stamp, seen.status);
        self.amount.see(&stamp, seen.amount);
        self.captured.see(&stamp, seen.captured);
        self.at = self.at.max(seen.at);
        self.method.see(&stamp, seen.method.clone());
        self.card.see(&stamp, seen.card.clone());
        self.issuer.see(&stamp, seen.issuer.clone());
        self.decline.see(&stamp, seen.decline.clone());
        self.reference.see(&stamp, seen.reference.clone());
        self.refunded.see(&stamp, seen.refunded);
    }

    pub(super) fn fold_dispute(&mut self, seen: &DisputeSeen, event: &Event) {
        let stamp = Stamp::of(event, seen.as_of, seen.status as u8);
        let dispute = self.disputes.entry(seen.id.clone()).or_default();
        dispute.amount.see(&stamp, seen.amount);
        dispute.status.see(&stamp, Some(seen.status));
        dispute.formal.see(&stamp, seen.formal);
        dispute.reason.see(&stamp, seen.reason.clone());
        dispute.opened_at.see(&stamp, seen.opened_at);
        dispute.evidence_due_at.see(&stamp, seen.evidence_due_at);
        while self.disputes.len() > DISPUTES {
            // What still blocks refunds is forgotten last, and what is open after what is decided.
            let oldest = self.disputes.iter().min_by_key(|(id, it)| (it.rank(), it.opened_at.copied(), (*id).clone()));
            let Some(id) = oldest.map(|(id, _)| id.clone()) else { return };
            self.disputes.remove(&id);
        }
    }

    pub(super) fn fold_refund(&mut self, seen: &RefundSeen, event: &Event) {
        let stamp = Stamp::of(event, None, seen.status.map_or(0, |status| status as u8));
        if event.origin != Origin::Answer {
            self.told_instead(seen);
        }
        let refund = self.refunds.entry(seen.id.clone()).or_default();
        refund.amount.see(&stamp, seen.amount);
        refund.status.see(&stamp, seen.status);
        refund.created_at.see(&stamp, seen.created_at);
        refund.action.see(&stamp, seen.action.clone());
        while self.refunds.len() > REFUNDS {
            let oldest = self.refunds.iter().min_by_key(|(id, it)| (it.made_at(), (*id).clone()));
            let Some(id) = oldest.map(|(id, _)| id.clone()) else { return };
            let made_at = self.refunds.remove(&id).and_then(|refund| refund.made_at());
            self.forgotten_until = self.forgotten_until.max(made_at);
        }
    }

    /// What the provider tells takes the place of what only a person has said: that refund, or another one of that
    /// amount which nobody else made. They were told the wrong id, or mistyped it; it is not given back twice.
    fn told_instead(&mut self, told: &RefundSeen) {
        if let Some(refund) = self.refunds.get_mut(&told.id) {
            refund.said = false;
            return;
        }
        let stands = told.action.is_none()
            && told.amount.is_some()
            && !matches!(told.status, Some(RefundStatus::Failed | RefundStatus::Canceled));
        let is_it = |refund: &Refund| refund.said && refund.amount.copied() == told.amount;
        let said = self.refunds.iter().find(|&(_, refund)| stands && is_it(refund)).map(|(id, _)| id.clone());
        let Some(said) = said else { return };
        self.refunds.remove(&said);
        self.by_hand.values_mut().filter(|made| **made == said).for_each(|made| told.id.clone_into(made));
    }

    /// What was taken from the customer; nothing before it is known to have succeeded.
    pub fn taken(&self) -> Option<Money> {
        (self.status.copied() == Some(PaymentStatus::Succeeded))
            .then(|| self.captured.copied().or(self.amount.copied()))?
    }

    /// What went back or is on its way: the provider's own total, and what has happened since it was taken.
    pub fn given_back(&self) -> Option<Money> {
        let whole = self.captured.copied().or(self.amount.copied())?;
        let zero = Money::zero(whole.currency());
        let total_at = self.refunded.seen_at();
        let (mut in_total, mut since, mut failed_since) = (zero, zero, zero);
        for refund in self.refunds.values() {
            let Some(amount) = refund.amount.copied().filter(|amount| amount.currency() == zero.currency()) else {
                continue;
            };
            let failed = matches!(refund.status.copied(), Some(RefundStatus::Failed | RefundStatus::Canceled));
            let counted = refund.created_at.copied().zip(total_at).is_some_and(|(made, taken)| made <= taken);
            match (counted, failed) {
                (true, false) => in_total = in_total.plus(amount),
                (false, false) => since = since.plus(amount),
                (true, true) if refund.status.seen_at() > total_at => failed_since = failed_since.plus(amount),
                (_, true) => {}
            }
        }
        let total = self.refunded.copied().filter(|total| total.currency() == zero.currency()).unwrap_or(zero);
        Some(total.minus(failed_since).max(in_total).plus(since))
    }

    /// Whether it is known for which action a refund was made: it says so, or somebody made it by hand.
    pub fn is_accounted_for(&self, refund: &str) -> bool {
        let named = self.refunds.get(refund).is_some_and(|refund| refund.action.value().is_some());
        named || self.by_hand.values().any(|made| made == refund)
    }

    /// What went back since a moment or is on its way, but for what is reserved: each refund that did not fail.
    pub fn given_back_since(&self, since: Timestamp) -> impl Iterator<Item = Money> + '_ {
        let reserved = |id: &String| self.reserved.keys().any(|action| action.as_str() == id);
        let counts = move |refund: &&Refund| {
            !matches!(refund.status.copied(), Some(RefundStatus::Failed | RefundStatus::Canceled))
                && refund.created_at.copied().is_none_or(|made| made >= since)
                && !refund.action.value().is_some_and(reserved)
        };
        self.refunds.values().filter(counts).filter_map(|refund| refund.amount.copied())
    }

    /// Whether the provider's own total has come to hold the settled refund of an action: some tell of nothing else.
    pub fn has_given_back_for(&self, action: &ActionId) -> bool {
        let ours = |refund: &&Refund| refund.action.value().is_some_and(|id| id == action.as_str());
        let total_at = self.refunded.seen_at();
        self.refunds.values().filter(ours).any(|refund| {
            let counted = refund.created_at.copied().zip(total_at).is_some_and(|(made, taken)| made <= taken);
            counted && refund.status.copied() == Some(RefundStatus::Succeeded)
        })
    }

    /// What banks took back for good.
    fn lost(&self) -> Option<Money> {
        let currency = self.captured.copied().or(self.amount.copied())?.currency();
        let lost = self.disputes.values().filter(|dispute| dispute.status.copied() == Some(DisputeStatus::Lost));
        let amounts = lost.filter_map(|dispute| dispute.amount.copied()).filter(|amount| amount.currency() == currency);
        Some(amounts.fold(Money::zero(currency), Money::plus))
    }

    /// Whether a bank has a formal claim on it.
    pub fn is_disputed(&self) -> bool {
        self.disputes.values().any(Dispute::blocks_refunds)
    }

    /// Whether a bank claims it formally and has not decided yet.
    pub fn is_claimed(&self) -> bool {
        self.claims().next().is_some()
    }

    /// The claims of banks on it that are not decided.
    pub fn claims(&self) -> impl Iterator<Item = &String> {
        self.open_disputes().filter(|(_, dispute)| dispute.blocks_refunds()).map(|(id, _)| id)
    }

    fn open_disputes(&self) -> impl Iterator<Item = (&String, &Dispute)> {
        self.disputes.iter().filter(|(_, dispute)| dispute.status.copied().is_some_and(DisputeStatus::is_open))
    }

    /// What could still be given back, approved and unconfirmed refunds taken off; nothing while a bank has a claim on
    /// it.
    pub fn refundable(&self) -> Option<Money> {
        if self.is_disputed() {
            return None;
        }
        // Refunds that nobody tells apart or sums up any more may have been any amount: nothing of it is given back
        // again.
        if self.forgotten_until > self.refunded.seen_at() {
            return self.taken().map(|taken| Money::zero(taken.currency()));
        }
        let (taken, back) = (self.taken()?, self.given_back()?);
        // Contradictory data: nothing can be given back before a person has looked.
        if self.reserved.values().any(|reserved| reserved.currency() != taken.currency()) {
            return None;
        }
        Some(self.reserved.values().fold(taken.minus(back), |left, reserved| left.minus(*reserved)))
    }

    pub(super) fn figures(&self) -> Figures {
        let mut figures = Figures::default();
        if let (Some(taken), Some(back), Some(lost)) = (self.taken(), self.given_back(), self.lost()) {
            figures.revenue.insert(taken.currency(), taken.minus(back).minus(lost).amount());
        }
        for (_, dispute) in self.open_disputes() {
            figures.disputes += 1;
            figures.claims += i64::from(dispute.blocks_refunds());
        }
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Kind;
    use crate::id::AccountId;
    use crate::money::Currency;

    fn usd(minor: i64) -> Option<Money> {
        Some(Money::from_minor(minor, Currency::USD))
    }

    fn event(id: &str, second: i64) -> Event {
        let at = Timestamp::from_second(1_772_000_000 + second).unwrap();
        Event {
            id: id.into(),
            provider: "stripe".into(),
            source: "default".into(),
            origin: Origin::Webhook,
            kind: Kind::RefundChanged,
            at,
            customer: None,
            seen: vec![],
        }
    }

    fn charge(payment: &mut Payment, second: i64, refunded: i64) {
        let seen = PaymentSeen {
            id: "ch_1".into(),
            status: Some(PaymentStatus::Succeeded),
            amount: usd(10_000),
            captured: usd(10_000),
            refunded: usd(refunded),
            ..PaymentSeen::default()
        };
        payment.fold(&seen, &event(&format!("evt_c{second}"), second));
    }

    fn refund(payment: &mut Payment, id: &str, second: i64, made: i64, amount: i64, status: RefundStatus) {
        let created_at = Some(event("", made).at);
        let seen = RefundSeen {
            id: id.into(),
            payment: "ch_1".into(),
            amount: usd(amount),
            status: Some(status),
            created_at,
            action: None,
        };
        payment.fold_refund(&seen, &event(&format!("evt_{id}{second}"), second));
    }

    #[test]
    fn what_went_back_is_counted_once_and_comes_back_when_it_fails() {
        let mut payment = Payment::new("ch_1");
        charge(&mut payment, 0, 0);
        refund(&mut payment, "re_1", 10, 10, 4900, RefundStatus::Pending);
        assert_eq!(payment.given_back(), usd(4900), "known before the total is");
        charge(&mut payment, 10, 4900);
        assert_eq!(payment.given_back(), usd(4900), "in the total");
        refund(&mut payment, "re_2", 20, 20, 1000, RefundStatus::Succeeded);
        assert_eq!(payment.given_back(), usd(5900), "made since the total was taken");
        refund(&mut payment, "re_1", 30, 10, 4900, RefundStatus::Failed);
        assert_eq!(payment.given_back(), usd(1000), "failed since the total was taken");
        charge(&mut payment, 40, 3000);
        assert_eq!(payment.given_back(), usd(3000), "a new total knows all, and one that we were never told of");
        assert_eq!(payment.refundable(), usd(7000));
    }

    #[test]
    fn what_the_provider_tells_takes_the_place_of_what_a_person_said() {
        let action = ActionId::of(&AccountId::of("stripe", "default", "cus_1"), "mara", "k");
        for (what, id, amount, status, made, back) in [
            ("the same id", "re_x", 3000, RefundStatus::Succeeded, "re_x", 3000),
            ("another id", "re_1", 3000, RefundStatus::Pending, "re_1", 3000),
            ("another amount", "re_1", 3001, RefundStatus::Succeeded, "re_x", 6001),
            ("one that failed", "re_1", 3000, RefundStatus::Failed, "re_x", 3000),
        ] {
            let mut payment = Payment::new("ch_1");
            charge(&mut payment, 0, 0);
            refund(&mut payment, "re_x", 10, 10, 3000, RefundStatus::Succeeded);
            payment.refunds.get_mut("re_x").unwrap().said = true;
            payment.by_hand.insert(action.clone(), "re_x".to_owned());
            refund(&mut payment, id, 20, 20, amount, status);
            let by_hand = payment.by_hand[&action].as_str();
            assert_eq!((by_hand, payment.given_back()), (made, usd(back)), "{what}");
            let stands = made == "re_x" && id != "re_x";
            assert_eq!(payment.refunds[made].said, stands, "{what}");
            // A second one of that amount is another refund.
            refund(&mut payment, "re_2", 30, 30, 3000, RefundStatus::Succeeded);
            let more = if stands { 0 } else { 3000 };
            assert_eq!(payment.given_back(), usd(back + more), "{what}, and one more");
        }
    }

    #[test]
    fn of_many_refunds_the_newest_are_told_apart_and_nothing_is_given_back_twice() {
        let many = i64::try_from(REFUNDS).unwrap() + 6;
        let told = |order: Vec<i64>| {
            let mut payment = Payment::new("ch_1");
            charge(&mut payment, 0, 0);
            for number in order {
                let (id, second) = (format!("re_{number:03}"), 10 + number);
                refund(&mut payment, &id, second, second, 100, RefundStatus::Succeeded);
            }
            payment
        };
        let mut payment = told((0..many).collect());
        assert_eq!(payment.refunds, told((0..many).rev().collect()).refunds, "whatever the order");
        assert_eq!(payment.refunds.keys().next().map(String::as_str), Some("re_006"));
        assert_eq!(payment.refundable(), usd(0), "nobody knows how much went back");
        let known = i64::try_from(REFUNDS).unwrap() * 100;
        assert_eq!(payment.given_back(), usd(known), "and reports count what is known");
        charge(&mut payment, 10 + many, 100 * many);
        assert_eq!(payment.refundable(), usd(10_000 - 100 * many), "the provider's own total knows all");
    }

    #[test]
    fn a_formal_dispute_blocks_refunds_and_a_lost_one_is_no_revenue() {
        let rows = [
            ("an inquiry", false, DisputeStatus::Open, usd(10_000), 10_000),
            ("a chargeback", true, DisputeStatus::Open, None, 10_000),
            ("under review", true, DisputeStatus::UnderReview, None, 10_000),
            ("lost", true, DisputeStatus::Lost, None, 6000),
            ("won", true, DisputeStatus::Won, usd(10_000), 10_000),
        ];
        for (name, formal, status, refundable, revenue) in rows {
            let mut payment = Payment::new("ch_1");
            charge(&mut payment, 0, 0);
            let seen = DisputeSeen {
                id: "dp_1".into(),
                as_of: None,
                payment: "ch_1".into(),
                amount: usd(4000),
                status,
                formal: Some(formal),
                reason: None,
                opened_at: None,
                evidence_due_at: None,
            };
            payment.fold_dispute(&seen, &event("evt_d", 10));
            assert_eq!(payment.refundable(), refundable, "{name}");
            assert_eq!(
                payment.figures().revenue[&Currency::USD],
                Money::from_minor(revenue, Currency::USD).amount(),
                "{name}"
            );
        }
    }
}
