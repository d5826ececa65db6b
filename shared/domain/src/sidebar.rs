//! What a support agent sees of an account at a glance. What is not known is absent, never invented.

mod bought;
mod history;
mod lifetime;
mod money_moved;
mod said;
mod status;
mod text;
mod told;
mod work;

pub use money_moved::{Mark, Moved};
pub use said::{Granted, Said};
pub use status::next_invoice;
pub use text::text;
pub use told::{Told, on, sentence};
pub use work::{ActionLine, CaseSeen, PastCase, Recommended, TaskLine, Worked};

use crate::book::entitlement::Entitlement;
use crate::book::{CaseLine, Consent, Head, Person, SubscriptionLine};
use crate::event::{Card, SubscriptionStatus};
use crate::id::{AccountId, CaseId};
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
    /// What its people wrote: those that are open first. An account by itself shows them, and a list of accounts does not.
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
    /// Whether they want no text messages.
    pub no_sms: Option<bool>,
    /// Whether they want no mail but what must be sent.
    pub no_mail: Option<bool>,
    pub owner: Option<String>,
    /// Since when they want no messages before their card expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsubscribed_at: Option<Timestamp>,
}

/// Of the subscription that runs, or ended last; all of it is absent where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Plan {
    pub name: Option<String>,
    pub price: Option<Money>,
    pub interval: Option<String>,
    /// What each interval comes to with all seats and the add-ons that recur with it, before tax and credit.
    pub total: Option<Money>,
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

/// A second card as it was agreed to, and whether that still stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SecondCard {
    #[serde(flatten)]
    pub consent: Consent,
    pub stands: bool,
}

/// A card that is kept and not charged, by the provider's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OtherCard {
    pub id: String,
    pub brand: String,
    pub last4: String,
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
    /// Those that are open; of very many the claims, and those whose evidence is due next.
    pub disputes: Vec<Dispute>,
    /// How many more are open.
    #[serde(skip_serializing_if = "is_nothing")]
    pub more_disputes: usize,
}

/// Credit in the account's main currency: at hand, used so far, and what of it waits for approval or is under way. An
/// account by itself says the last, and a list of accounts does not.
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
    /// Where the amount comes from.
    pub amount_from: Option<Basis>,
}

/// Where an amount comes from that is not billed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The provider has told it.
    Provider,
    /// It is computed from price, seats and add-ons: before tax, and before credit.
    Plan,
}

impl Basis {
    /// Every one, for whoever describes them.
    pub const ALL: [Self; 2] = [Self::Provider, Self::Plan];

    /// For whoever reads the amount.
    pub fn words(self) -> &'static str {
        match self {
            Self::Provider => "as the provider says",
            Self::Plan => "by price, seats and add-ons, before tax and credit",
        }
    }
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
    /// By its contract it has no fewer.
    pub seats_min: Option<u32>,
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
    /// Which payments that is the sum of, and until when.
    pub revenue_covers: Option<String>,
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
    /// What Recoup recommends, where an account is shown by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommended: Option<Recommended>,
}

/// A ticket in short, by the id that its address has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TicketLine {
    pub id: String,
    pub subject: Option<String>,
    pub state: &'static str,
    pub class: Option<&'static str>,
    pub assignee: Option<String>,
    pub opened_at: Option<Timestamp>,
    pub due_at: Option<Timestamp>,
}

fn is_nothing(count: &usize) -> bool {
    *count == 0
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
