//! What a support agent sees of an account at a glance. What is not known is absent, never invented.

mod bought;
mod history;
mod lifetime;
mod money_moved;
mod parts;
mod said;
mod status;
mod text;
mod told;
mod work;

pub use money_moved::{Mark, Moved};
pub use parts::{
    Account, Addon, Basis, Bill, Credits, Dispute, Dunning, Lifetime, OpenCase, OtherCard, Paid, PaymentMethod, Plan,
    SecondCard, Status, Subscription, TicketLine, Upcoming,
};
pub use said::{Granted, Said};
pub use status::next_invoice;
pub use text::text;
pub use told::{Told, capital, on, sentence};
pub use work::{ActionLine, CaseSeen, PastCase, Recommended, TaskLine, Worked};

use crate::book::{CaseLine, Head, Person, SubscriptionLine};
use crate::event::{Card, SubscriptionStatus};
use crate::id::CaseId;
use crate::money::{Currency, Money, Rate};
use bought::{plan, subscription};
use history::history;
use jiff::{SignedDuration, Timestamp};
use lifetime::lifetime;
use rust_decimal::Decimal;
use serde::Serialize;
use status::status;
use std::collections::BTreeMap;

/// What the API answers; `text` says the same in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sidebar {
    pub account: Account,
    pub plan: Plan,
    pub payment_method: Option<PaymentMethod>,
    /// The card that the customer lets be charged beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_card: Option<SecondCard>,
    /// What is kept and not charged. An account by itself shows it, and a list of accounts does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_cards: Vec<OtherCard>,
    pub status: Status,
    pub history: Vec<Bill>,
    /// Payments and failed tries, the newest first. An account by itself shows them, and a list of accounts does not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub payments: Vec<Moved>,
    pub credits: Credits,
    pub subscription: Subscription,
    pub lifetime: Lifetime,
    pub dunning: Option<Dunning>,
    /// Those that are open; of very many those that were opened last.
    pub cases: Vec<OpenCase>,
    /// How many more are open.
    pub more_cases: u32,
    /// Those that have ended, the newest first, of an account by itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub past_cases: Vec<PastCase>,
    /// What was granted before beside the rules, as imports say.
    pub exceptions: Vec<Granted>,
    /// What its people wrote: those that are open first. An account by itself shows them, and a list of accounts does
    /// not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tickets: Vec<TicketLine>,
    /// What people have to do for it, the open ones first, of an account by itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tasks: Vec<TaskLine>,
    pub actions: String,
    /// The newest of them, of an account by itself; nothing where there are more than are looked through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_actions: Option<Vec<ActionLine>>,
}

/// Draws the sidebar from the two items that it reads, however long the account's history is.
///
/// `same_try` is how far apart two tellings of one failed try may be that nothing else links.
pub fn sidebar(head: &Head, person: &Person, now: Timestamp, same_try: SignedDuration) -> Sidebar {
    let running = running(head);
    let main = currency(head, running);
    Sidebar {
        account: account(head, person),
        plan: running.map_or_else(Plan::default, plan),
        payment_method: head.book.card().map(payment_method),
        second_card: SecondCard::of(head),
        other_cards: Vec::new(),
        status: status(head, running, main, now, same_try),
        history: history(head, now),
        payments: Vec::new(),
        credits: credits(head, main),
        subscription: running.map_or_else(Subscription::default, subscription),
        lifetime: lifetime(head, running, main, now),
        dunning: dunning(head),
        cases: cases(head),
        more_cases: head.more_cases,
        past_cases: Vec::new(),
        exceptions: Vec::new(),
        tickets: Vec::new(),
        tasks: Vec::new(),
        actions: format!("/api/actions?account={}", head.account),
        latest_actions: None,
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

/// In the main currency, unless all there is of it is in another: currencies are never added.
fn sum(sums: &BTreeMap<Currency, Decimal>, main: Option<Currency>) -> Option<Money> {
    let only = sums.keys().next().copied().filter(|_| sums.len() == 1);
    let currency = main.filter(|main| sums.contains_key(main)).or(only).or(main)?;
    let sum = sums.get(&currency).copied().unwrap_or_default();
    Some(Money::exact(sum, currency).expect("sums keep their currency's digits"))
}

fn account(head: &Head, person: &Person) -> Account {
    Account {
        id: head.account.clone(),
        provider: head.provider.clone(),
        source: head.source.clone(),
        customer: head.customer.clone(),
        name: person.name.value().cloned(),
        email: person.email.value().cloned(),
        phone: person.phone.value().cloned(),
        billing_address: person.address.value().cloned(),
        strategic: None,
        no_sms: None,
        no_mail: None,
        owner: None,
        unsubscribed_at: head.unsubscribed_at,
    }
}

fn payment_method(card: &Card) -> PaymentMethod {
    PaymentMethod {
        brand: card.brand.clone(),
        last4: card.last4.clone(),
        exp_month: card.exp_month,
        exp_year: card.exp_year,
    }
}

fn credits(head: &Head, main: Option<Currency>) -> Credits {
    let credited = &head.book.figures.credited;
    Credits {
        available: main.and_then(|currency| head.book.balance.get(&currency)?.copied()),
        applied: sum(credited, main).filter(|_| !credited.is_empty()),
        pending: None,
    }
}

impl Subscription {
    /// How many of the seats are used, in whole percent.
    pub fn percent_used(&self) -> Option<u64> {
        let (used, total) = (u64::from(self.seats_used?), u64::from(self.seats_total?));
        (total > 0).then(|| (used * 200 + total) / (2 * total))
    }
}

impl SecondCard {
    /// That of an account, if its customer agreed to one.
    pub fn of(head: &Head) -> Option<Self> {
        let consent = head.consent.clone()?;
        Some(Self { stands: head.consent_to(&consent.card).is_some(), consent })
    }
}

impl OtherCard {
    /// Those of an account.
    pub fn of(head: &Head) -> Vec<Self> {
        let cards = head.other_cards();
        cards
            .map(|(id, card)| Self { id: id.to_owned(), brand: card.brand.clone(), last4: card.last4.clone() })
            .collect()
    }
}

impl Sidebar {
    /// Adds the credits that wait for approval or are under way. Of several currencies the account's own is shown.
    #[must_use]
    pub fn with_pending(mut self, head: &Head, credits: &[Money]) -> Self {
        let mut sums: BTreeMap<Currency, Decimal> = BTreeMap::new();
        for credit in credits {
            *sums.entry(credit.currency()).or_default() += credit.amount();
        }
        self.credits.pending = sum(&sums, currency(head, running(head)));
        self
    }

    /// How the customer is called, or else the provider's id of them.
    pub fn title(&self) -> &str {
        self.account.name.as_deref().unwrap_or(&self.account.customer)
    }

    /// How many cases are open, named here or not.
    pub fn open_cases(&self) -> usize {
        self.cases.len().saturating_add(usize::try_from(self.more_cases).unwrap_or(usize::MAX))
    }
}

/// The recovery that goes on first.
fn dunning(head: &Head) -> Option<Dunning> {
    let (invoice, line) = head.dunning.iter().min_by_key(|(_, line)| (line.next_at.is_none(), line.next_at))?;
    Some(Dunning {
        invoice: invoice.clone(),
        segment: line.segment.clone(),
        step: line.step,
        next: line.next.clone(),
        next_at: line.next_at,
        policy_version: line.policy_version,
    })
}

fn cases(head: &Head) -> Vec<OpenCase> {
    let lines = head.cases.iter();
    let shown = |(id, line): (&CaseId, &CaseLine)| OpenCase {
        id: id.clone(),
        class: line.class.clone(),
        opened_at: line.opened_at,
        recommended: None,
    };
    lines.map(shown).collect()
}
