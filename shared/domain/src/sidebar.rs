//! What a support agent sees of an account at a glance. What is not known is absent, never invented.

mod said;
mod text;

pub use said::{Granted, Said};
pub use text::text;

use crate::book::entitlement::{Entitlement, entitlement};
use crate::book::{Head, Person, SubscriptionLine, tries};
use crate::event::{Interval, PaymentStatus, Role, SubscriptionStatus};
use crate::id::{AccountId, CaseId};
use crate::money::{Currency, Money, Rate};
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::BTreeMap;

/// What the API answers; `text` says the same in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sidebar {
    pub account: Account,
    pub plan: Plan,
    pub payment_method: Option<PaymentMethod>,
    pub status: Status,
    pub history: Vec<Bill>,
    pub credits: Credits,
    pub subscription: Subscription,
    pub lifetime: Lifetime,
    pub dunning: Option<Dunning>,
    pub cases: Vec<OpenCase>,
    /// What was granted before beside the rules, as imports say.
    pub exceptions: Vec<Granted>,
    pub actions: String,
}

/// Which account it is, who the customer is, and who looks after them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    pub id: AccountId,
    pub provider: String,
    pub source: String,
    pub customer: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub billing_address: Option<String>,
    pub strategic: Option<bool>,
    pub owner: Option<String>,
}

/// Of the subscription that runs, or ended last; all of it is absent where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    pub name: Option<String>,
    pub price: Option<Money>,
    pub interval: Option<String>,
    pub renews_at: Option<Timestamp>,
}

/// The card that is kept, or else the one that paid or tried last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaymentMethod {
    pub brand: String,
    pub last4: String,
    pub exp_month: Option<u8>,
    pub exp_year: Option<u16>,
}

/// What may be used, what was paid last, what comes next, and what is in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    pub entitlement: Option<Entitlement>,
    pub last_payment: Option<Paid>,
    pub next_invoice: Option<Upcoming>,
    pub outstanding: Option<Money>,
    pub failures_12m: i64,
    /// Tries since the last payment that came in, each counted once however many events told of it.
    pub failed_tries: usize,
    pub disputes: Vec<Dispute>,
}

/// Credit in the account's main currency: at hand, used so far, and promised by actions that are under way.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Credits {
    pub available: Option<Money>,
    pub applied: Option<Money>,
    pub pending: Option<Money>,
}

/// Something that is bought beside the plan; `kind` tells what is metered from what recurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Addon {
    pub name: String,
    /// For one of it, each interval.
    pub price: Option<Money>,
    pub quantity: u32,
    pub kind: &'static str,
}

/// A dispute that is open, and until when evidence is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dispute {
    pub id: String,
    pub payment: String,
    pub amount: Option<Money>,
    pub status: &'static str,
    pub formal: Option<bool>,
    pub evidence_due_at: Option<Timestamp>,
}

/// The last payment that came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Paid {
    pub at: Timestamp,
    pub amount: Option<Money>,
    pub payment: String,
}

/// The next invoice; what it comes to only where that can be known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Upcoming {
    pub at: Timestamp,
    pub amount: Option<Money>,
}

/// An invoice of the last half year; `invoice` is the number that the customer reads on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bill {
    pub date: Timestamp,
    pub amount: Option<Money>,
    pub status: Option<&'static str>,
    pub method: Option<String>,
    pub invoice_id: String,
    pub invoice: Option<String>,
}

/// Of the subscription that runs, or ended last; all of it is absent where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Subscription {
    pub started_at: Option<Timestamp>,
    /// When it ends, or when its minimum term is over.
    pub contract_end: Option<Timestamp>,
    pub auto_renew: Option<bool>,
    pub seats_used: Option<u32>,
    pub seats_total: Option<u32>,
    pub utilisation: Option<String>,
    pub seats_as_of: Option<Timestamp>,
    pub addons: Option<Vec<Addon>>,
    pub status: Option<&'static str>,
    pub trial_ends_at: Option<Timestamp>,
    pub resumes_at: Option<Timestamp>,
}

/// What the customer has brought, what they bring, and why they may leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lifetime {
    pub revenue: Option<Money>,
    pub months_active: Option<i32>,
    pub mrr: Option<Money>,
    pub arr: Option<Money>,
    pub churn_risk: Option<&'static str>,
    pub churn_reasons: Vec<String>,
}

/// Of several recoveries, the one whose next step comes first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dunning {
    pub invoice: String,
    pub segment: String,
    pub step: u32,
    pub next: Option<String>,
    pub next_at: Option<Timestamp>,
    pub policy_version: u32,
}

/// A case that waits to be resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenCase {
    pub id: CaseId,
    pub class: String,
    pub opened_at: Timestamp,
}

/// Draws the sidebar from the two items that it reads, however long the account's history is.
///
/// `same_try` is how far apart two tellings of one failed try may be that nothing else links.
pub fn sidebar(head: &Head, person: &Person, now: Timestamp, same_try: SignedDuration) -> Sidebar {
    let running = running(head);
    let main = currency(head, running);
    // In the main currency, unless all there is of it is in another: currencies are never added.
    let sum = |sums: &BTreeMap<Currency, Decimal>| {
        let only = sums.keys().next().copied().filter(|_| sums.len() == 1);
        let currency = main.filter(|main| sums.contains_key(main)).or(only).or(main)?;
        let sum = sums.get(&currency).copied().unwrap_or_default();
        Some(Money::exact(sum, currency).expect("sums keep their currency's digits"))
    };
    let mrr = mrr_is_known(head).then(|| sum(&head.book.figures.mrr)).flatten();
    let last_payment = head.book.payments.iter().rev().find(|line| line.status == Some(PaymentStatus::Succeeded));
    let quantity = running.and_then(|line| line.quantity);
    let dunning = head.dunning.iter().min_by_key(|(_, line)| line.next_at);
    let (churn_risk, churn_reasons) = churn(head, running, now);
    Sidebar {
        account: Account {
            id: head.account.clone(),
            provider: head.provider.clone(),
            source: head.source.clone(),
            customer: head.customer.clone(),
            name: person.name.value().cloned(),
            email: person.email.value().cloned(),
            phone: person.phone.value().cloned(),
            billing_address: person.address.value().cloned(),
            strategic: None,
            owner: None,
        },
        plan: running.map_or_else(Plan::default, |line| Plan {
            name: line.plan.clone(),
            price: line.price.and_then(Rate::money),
            interval: line.interval.map(every),
            renews_at: line.renews_at.filter(|_| renews(line)),
        }),
        payment_method: head.book.card().map(|card| PaymentMethod {
            brand: card.brand.clone(),
            last4: card.last4.clone(),
            exp_month: card.exp_month,
            exp_year: card.exp_year,
        }),
        status: Status {
            entitlement: entitlement(head, now),
            last_payment: last_payment.map(|line| Paid {
                at: line.at,
                amount: line.amount,
                payment: line.payment.clone(),
            }),
            next_invoice: running.and_then(next_invoice),
            outstanding: sum(&head.book.figures.outstanding).filter(|_| head.book.figures.unpriced == 0),
            failures_12m: failures_since(head, now - SignedDuration::from_hours(365 * 24)),
            failed_tries: failed_tries(head, last_payment.map(|line| line.at), same_try),
            disputes: disputes(head),
        },
        history: history(head, now),
        credits: Credits {
            available: main.and_then(|currency| head.book.balance.get(&currency)?.copied()),
            applied: sum(&head.book.figures.credited).filter(|_| !head.book.figures.credited.is_empty()),
            pending: None,
        },
        subscription: running.map_or_else(Subscription::default, |line| Subscription {
            started_at: line.started_at,
            contract_end: line.ends_at.or(line.contract_ends_at),
            auto_renew: line.end_is_stated.then_some(line.ends_at.is_none()),
            seats_total: quantity,
            addons: Some(addons(line)),
            status: line.status.map(SubscriptionStatus::name),
            trial_ends_at: line.trial_ends_at,
            resumes_at: line.resumes_at,
            ..Subscription::default()
        }),
        lifetime: Lifetime {
            revenue: sum(&head.book.figures.revenue),
            months_active: head.since().map(|since| months_between(since, now)),
            mrr,
            arr: mrr.map(|mrr| mrr.times(12)),
            churn_risk,
            churn_reasons,
        },
        dunning: dunning.map(|(invoice, line)| Dunning {
            invoice: invoice.clone(),
            segment: line.segment.clone(),
            step: line.step,
            next: line.next.clone(),
            next_at: line.next_at,
            policy_version: line.policy_version,
        }),
        cases: head
            .cases
            .iter()
            .map(|(id, line)| OpenCase { id: id.clone(), class: line.class.clone(), opened_at: line.opened_at })
            .collect(),
        exceptions: Vec::new(),
        actions: format!("/api/actions?account={}", head.account),
    }
}

/// The subscription that runs, or the one that ended last.
fn running(head: &Head) -> Option<&SubscriptionLine> {
    head.book
        .subscriptions
        .values()
        .max_by_key(|line| (line.status != Some(SubscriptionStatus::Ended), line.started_at))
}

fn currency(head: &Head, running: Option<&SubscriptionLine>) -> Option<Currency> {
    let figures = &head.book.figures;
    let sums = [&figures.outstanding, &figures.revenue].into_iter().find_map(|sums| sums.keys().next().copied());
    let paid = || head.book.payments.iter().rev().find_map(|line| line.amount).map(Money::currency);
    running.and_then(|line| line.price).map(Rate::currency).or(sums).or_else(paid)
}

/// Some providers send no prices: then nothing is said, instead of nought.
fn mrr_is_known(head: &Head) -> bool {
    use SubscriptionStatus::{Active, PastDue, Unpaid};
    let pays = |line: &&SubscriptionLine| matches!(line.status, Some(Active | PastDue | Unpaid));
    let lines = &head.book.subscriptions;
    !lines.is_empty() && lines.values().filter(pays).all(|line| line.mrr.is_some())
}

fn every(interval: Interval) -> String {
    if interval.count == 1 {
        interval.unit.name().to_owned()
    } else {
        format!("{} {}s", interval.count, interval.unit.name())
    }
}

/// Whether another period begins when this one is over.
fn renews(line: &SubscriptionLine) -> bool {
    use SubscriptionStatus::{Active, PastDue, Trial};
    let goes_on = line.ends_at.zip(line.renews_at).is_none_or(|(ends_at, renews_at)| ends_at > renews_at);
    goes_on && matches!(line.status, Some(Active | PastDue | Trial))
}

/// What the plan and its add-ons of the same interval will come to, before tax and discounts.
fn next_invoice(line: &SubscriptionLine) -> Option<Upcoming> {
    let at = line.renews_at.filter(|_| renews(line))?;
    if let Some(told) = line.upcoming {
        return Some(Upcoming { at, amount: Some(told) });
    }
    let price = line.price?;
    let addons = line.addons.iter().filter(|item| item.interval == line.interval && item.role == Role::Addon);
    let all = addons.map(|item| Some((item.unit?, item.quantity))).chain([Some((price, line.quantity.unwrap_or(1)))]);
    let amount = all.collect::<Option<Vec<_>>>().map(|items| {
        items
            .iter()
            .map(|(unit, quantity)| unit.amount() * Decimal::from(*quantity))
            .fold(Decimal::ZERO, |sum, amount| sum + amount)
    });
    Some(Upcoming {
        at,
        amount: amount.filter(|_| !line.discounted).map(|amount| Money::rounded(amount, price.currency())),
    })
}

fn addons(line: &SubscriptionLine) -> Vec<Addon> {
    let items = line.addons.iter();
    items
        .map(|item| Addon {
            name: item.name.clone().unwrap_or_else(|| item.price.clone()),
            price: item.unit.and_then(Rate::money),
            quantity: item.quantity,
            kind: item.role.name(),
        })
        .collect()
}

fn failed_tries(head: &Head, since: Option<Timestamp>, same_try: SignedDuration) -> usize {
    tries(&head.book.tries, same_try)
        .iter()
        .filter(|told| since.is_none_or(|since| told.iter().all(|told| told.at > since)))
        .count()
}

fn disputes(head: &Head) -> Vec<Dispute> {
    let lines = head.book.disputes.iter();
    lines
        .map(|(id, line)| Dispute {
            id: id.clone(),
            payment: line.payment.clone(),
            amount: line.amount,
            status: line.status.name(),
            formal: line.formal,
            evidence_due_at: line.evidence_due_at,
        })
        .collect()
}

fn history(head: &Head, now: Timestamp) -> Vec<Bill> {
    let since = now - SignedDuration::from_hours(183 * 24);
    let paid_with = |invoice: &str| {
        let line = head.book.payments.iter().rev().find(|line| head.book.invoice_of(line) == Some(invoice))?;
        line.card.as_ref().map(|card| format!("{} ending {}", card.brand, card.last4)).or_else(|| line.method.clone())
    };
    let recent = head.book.invoices.iter().rev().filter(|line| line.created_at >= since);
    recent
        .map(|line| Bill {
            date: line.created_at,
            amount: line.total,
            status: line.status.map(|status| status.name()),
            method: paid_with(&line.invoice),
            invoice_id: line.invoice.clone(),
            invoice: line.number.clone(),
        })
        .collect()
}

fn failures_since(head: &Head, since: Timestamp) -> i64 {
    let first = since.strftime("%Y-%m").to_string();
    head.book.figures.failures.range(first..).map(|(_, count)| count).sum()
}

fn months_between(since: Timestamp, now: Timestamp) -> i32 {
    let (since, now) = (since.to_zoned(jiff::tz::TimeZone::UTC), now.to_zoned(jiff::tz::TimeZone::UTC));
    since.until((jiff::Unit::Month, &now)).map_or(0, |span| span.get_months()).max(0)
}

fn churn(head: &Head, running: Option<&SubscriptionLine>, now: Timestamp) -> (Option<&'static str>, Vec<String>) {
    let Some(running) = running else { return (None, Vec::new()) };
    let mut high = Vec::new();
    let mut medium = Vec::new();
    if running.ends_at.is_some() {
        high.push("the subscription is set to end".to_owned());
    }
    if matches!(entitlement(head, now), Some(Entitlement::Restricted | Entitlement::Suspended)) {
        high.push("access is restricted or suspended".to_owned());
    }
    if running
        .contract_ends_at
        .is_some_and(|end| end >= now && end.duration_since(now) <= SignedDuration::from_hours(60 * 24))
    {
        medium.push("the contract ends within 60 days".to_owned());
    }
    if failures_since(head, now - SignedDuration::from_hours(90 * 24)) > 0 {
        medium.push("a payment failed in the last 90 days".to_owned());
    }
    if let (Some(card), Some(renews_at)) = (head.book.card(), running.renews_at)
        && expires_before(card, renews_at)
    {
        medium.push("the card expires before the next invoice".to_owned());
    }
    let risk = match (high.is_empty(), medium.is_empty()) {
        (false, _) => "high",
        (true, false) => "medium",
        (true, true) => "low",
    };
    high.append(&mut medium);
    (Some(risk), high)
}

fn expires_before(card: &crate::event::Card, at: Timestamp) -> bool {
    let date = at.to_zoned(jiff::tz::TimeZone::UTC).date();
    let (Some(year), Some(month)) = (card.exp_year, card.exp_month) else { return false };
    (i32::from(year), i32::from(month)) < (i32::from(date.year()), i32::from(date.month()))
}
