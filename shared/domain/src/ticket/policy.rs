//! How are tickets handled? The rules are data: `shared/policy/tickets/`.

use crate::case::Class;
use crate::money::{Currency, Money};
use crate::policy::{Complaint, Rules};
use crate::staff::Role;
use jiff::SignedDuration;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// One released version of the rules.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketPolicy {
    pub version: u32,
    pub effective: String,
    pub reading: Reading,
    pub unclear: Queue,
    pub stranger: Queue,
    pub raised: Raised,
    pub overdue: Minutes,
    pub quiet: Minutes,
    pub waiting: Waited,
    pub reopening: Days,
    pub repeats: Hours,
    /// Each class once.
    class: Vec<Handled>,
}

/// From which confidence on a reading counts, and a sentence names a trouble of its own; how many words that decided
/// are shown.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    pub confidence_min: Decimal,
    pub also_min: Decimal,
    pub reasons_max: usize,
    pub why: String,
}

/// Whose queue something comes into, and how many minutes of working days they have for the first answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    pub role: Spanned<Role>,
    pub minutes: i64,
    pub why: String,
}

/// Who gets what more is at stake of: strategic customers', and what is over an amount.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raised {
    pub role: Spanned<Role>,
    pub over: BTreeMap<Currency, Decimal>,
    pub why: String,
}

/// Minutes of working days.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Minutes {
    pub minutes: i64,
    pub why: String,
}

/// How long a customer is waited for, and what is prepared for them then.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waited {
    pub days: i64,
    /// A text of the texts.
    pub text: String,
    pub why: String,
}

/// Days of the calendar.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Days {
    pub days: i64,
    pub why: String,
}

/// Hours of the clock.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    pub hours: i64,
    pub why: String,
}

/// What is done with tickets of a class.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handled {
    pub id: Spanned<Class>,
    pub role: Spanned<Role>,
    /// To the first answer, of working days.
    pub minutes: i64,
    /// Cases of these classes may be the same trouble.
    pub same: Vec<Class>,
    /// What is looked at first.
    pub looks: Vec<Look>,
    pub advice: String,
    /// The text that is prepared for the customer.
    pub reply: Option<String>,
    pub why: String,
}

/// What can be looked at of an account. Owner, earlier tickets and what was granted before are always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    Card,
    Invoices,
    Payments,
    Subscriptions,
    Tax,
    Usage,
}

impl TicketPolicy {
    /// What is done with tickets of a class.
    pub fn class(&self, class: Class) -> &Handled {
        self.class.iter().find(|handled| *handled.id.get_ref() == class).expect("the lint saw every class")
    }

    /// Every text that is prepared for customers.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.class.iter().filter_map(|handled| handled.reply.as_deref()).chain([self.waiting.text.as_str()])
    }

    /// Whether so much in question is more than everybody handles. Of a currency of which nothing is said, whatever it
    /// is: nobody has said how much is little.
    pub fn is_much(&self, amount: Money) -> bool {
        let over = self.raised.over.get(&amount.currency()).copied().unwrap_or_default();
        amount.amount() > over
    }

    /// How long the customer is waited for.
    pub fn waits(&self) -> SignedDuration {
        SignedDuration::from_hours(24 * self.waiting.days)
    }

    /// How long after the end a letter means the same matter.
    pub fn reopens_within(&self) -> SignedDuration {
        SignedDuration::from_hours(24 * self.reopening.days)
    }

    /// How far apart the same words are one ticket.
    pub fn repeats_within(&self) -> SignedDuration {
        SignedDuration::from_hours(self.repeats.hours)
    }

    fn reasons(&self) -> [(&'static str, &str); 9] {
        [
            ("reading", self.reading.why.as_str()),
            ("unclear", self.unclear.why.as_str()),
            ("stranger", self.stranger.why.as_str()),
            ("raised", self.raised.why.as_str()),
            ("overdue", self.overdue.why.as_str()),
            ("quiet", self.quiet.why.as_str()),
            ("waiting", self.waiting.why.as_str()),
            ("reopening", self.reopening.why.as_str()),
            ("repeats", self.repeats.why.as_str()),
        ]
    }
}

impl Handled {
    fn lint(&self) -> Vec<Complaint> {
        let (class, mut complaints) = (*self.id.get_ref(), Vec::new());
        let mut complain = |what: String| complaints.push(Complaint::on(&self.id, what));
        let name = class.name();
        if self.minutes < 1 {
            complain(format!("`{name}` is answered after a minute at least"));
        }
        if self.why.trim().is_empty() || self.advice.trim().is_empty() {
            complain(format!("`{name}` has no `why` or no advice"));
        }
        if class == Class::NotBilling && !(self.same.is_empty() && self.looks.is_empty() && self.reply.is_none()) {
            complain(format!("`{name}` opens no case: it is the same as nothing, and nothing is looked at"));
        }
        if class != Class::NotBilling && !self.same.contains(&class) {
            complain(format!("`{name}` is at least the same trouble as itself"));
        }
        if self.same.contains(&Class::NotBilling) {
            complain(format!("`{name}` is about billing, and no case is `not_billing`"));
        }
        complaints.extend(has_tickets(&self.role));
        complaints
    }
}

/// Whether a role has tickets at all.
fn has_tickets(role: &Spanned<Role>) -> Option<Complaint> {
    let name = role.get_ref().name();
    (!role.get_ref().may_request()).then(|| Complaint::on(role, format!("{name} only reads tickets, and has none")))
}

impl Rules for TicketPolicy {
    const NAME: &'static str = "tickets";

    fn version(&self) -> u32 {
        self.version
    }

    fn effective(&self) -> &str {
        &self.effective
    }

    fn lint(&self) -> Vec<Complaint> {
        let mut complaints: Vec<Complaint> = self.class.iter().flat_map(Handled::lint).collect();
        for (place, handled) in self.class.iter().enumerate() {
            let class = handled.id.get_ref();
            if self.class[..place].iter().any(|earlier| earlier.id.get_ref() == class) {
                complaints.push(Complaint::on(&handled.id, format!("`{}` is used twice", class.name())));
            }
        }
        let missing = Class::ALL.into_iter().filter(|class| !self.class.iter().any(|it| it.id.get_ref() == class));
        complaints.extend(missing.map(|class| Complaint::at(0, format!("nothing is said of `{}`", class.name()))));
        let none = self.reasons().into_iter().filter(|(_, why)| why.trim().is_empty());
        complaints.extend(none.map(|(name, _)| Complaint::at(0, format!("`{name}` has no `why`"))));
        let numbers = [
            self.unclear.minutes,
            self.stranger.minutes,
            self.overdue.minutes,
            self.quiet.minutes,
            self.waiting.days,
            self.reopening.days,
            self.repeats.hours,
        ];
        if numbers.into_iter().any(|number| number < 1) {
            complaints.push(Complaint::at(0, "minutes, hours and days are at least one"));
        }
        let shares = [("confidence_min", self.reading.confidence_min), ("also_min", self.reading.also_min)].into_iter();
        let wrong = shares.filter(|(_, share)| share.is_zero() || !(Decimal::ZERO..=Decimal::ONE).contains(share));
        complaints.extend(wrong.map(|(name, _)| Complaint::at(0, format!("`{name}` is over 0, and at most 1"))));
        complaints
            .extend([&self.unclear.role, &self.stranger.role, &self.raised.role].into_iter().filter_map(has_tickets));
        complaints
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::Policies;

    #[test]
    fn every_class_has_an_owner_and_what_is_much_is_more_than_the_amount() {
        let policies = Policies::shipped().unwrap();
        let policy = policies.tickets.current();
        for class in Class::ALL {
            assert!(policy.class(class).role.get_ref().may_request(), "{class:?}");
        }
        for (code, minor, expected) in [
            ("USD", 100_000, false),
            ("USD", 100_001, true),
            ("CHF", 100_000, false),
            ("CHF", 100_001, true),
            ("JPY", 0, false),
            ("JPY", 1, true),
        ] {
            let amount = Money::from_minor(minor, Currency::parse(code).unwrap());
            assert_eq!(policy.is_much(amount), expected, "{minor} of {code}");
        }
    }
}
