//! A recovery as people see it: whose, how much, why, and what comes next.

use super::{Left, Plan};
use crate::book::{Due, Invoice, Person};
use crate::decline::Declines;
use crate::money::Money;
use crate::task::LAST_QUEUE;
use jiff::Timestamp;
use serde::Serialize;

/// A recovery with what is known of its customer and its invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recovering {
    #[serde(flatten)]
    pub plan: Plan,
    /// How the customer is called, where it is known.
    pub name: Option<String>,
    /// What stands on the invoice.
    pub number: Option<String>,
    /// What is open of it.
    pub amount: Option<Money>,
    /// Why it could not be collected, in words.
    pub why: String,
    /// What comes next, in a word.
    pub next: Option<String>,
    pub next_at: Option<Timestamp>,
    /// Until when it waits because somebody said so.
    pub paused_until: Option<Timestamp>,
    /// What the networks' rules leave of tries; nothing where it was not looked up.
    pub tries_left: Vec<Left>,
}

impl Recovering {
    /// A plan, with what the book says of its invoice and its customer.
    pub fn of(plan: Plan, invoice: Option<&Invoice>, person: &Person, declines: &Declines) -> Self {
        let family = declines.meaning(invoice.and_then(Invoice::decline)).family;
        let open = invoice.and_then(|invoice| match invoice.due() {
            Due::Open(remaining) => remaining,
            Due::Paid | Due::Withdrawn | Due::NotYet => None,
        });
        let step = plan.next().map(|step| (step.kind.name().to_owned(), plan.expected_at(step)));
        let tried = plan.tries.next.as_ref().map(|next| (format!("try {}", next.number), next.at));
        let first = step.into_iter().chain(tried).min_by_key(|(_, at)| *at).unzip();
        Self {
            name: person.name.value().cloned(),
            number: invoice.and_then(|invoice| invoice.number.value().cloned()),
            amount: open,
            why: family.id.get_ref().replace('_', " "),
            next: first.0,
            next_at: first.1,
            paused_until: plan.next().and_then(|_| plan.paused_until()),
            tries_left: Vec::new(),
            plan,
        }
    }
}

impl Recovering {
    /// Whether it stands before those of everybody.
    pub fn is_first(&self) -> bool {
        self.plan.queue < LAST_QUEUE
    }
}
