//! The tickets of the month: how many, how far they came, and how well.

use super::adds::{Adds, Changes, Mean, whole};
use super::share;
use crate::case::Class;
use crate::report::fact::Fact;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many classes always have a line, whether there was a ticket of theirs or not: the first of `Class::ALL`.
const ALWAYS: usize = 9;

/// The tickets that were opened in the month, whenever they ended. What is said of how they went is of those about
/// billing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tickets {
    pub total: usize,
    pub billing: usize,
    /// Which part of all was about billing.
    pub share: Option<String>,
    /// Of which nobody has said yet what they are about.
    pub unclassed: usize,
    pub resolved_without_escalation: usize,
    pub escalated: usize,
    /// Neither resolved nor escalated.
    pub open: usize,
    pub reopened: usize,
    /// Resolved, and no person did more than decide and send what was prepared.
    pub auto_resolved: usize,
    pub avg_first_answer_minutes: Option<String>,
    /// How long people were at those that are resolved and that they did anything about.
    pub avg_resolution_minutes: Option<String>,
    pub csat: Option<String>,
    pub categories: Vec<TicketClass>,
}

/// Those of one class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TicketClass {
    pub class: Class,
    pub count: usize,
    /// Of all tickets.
    pub share: Option<String>,
    pub resolved: usize,
    pub avg_resolution_minutes: Option<String>,
    pub auto_resolved_share: Option<String>,
}

/// What is counted of them, to be added up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketsTally {
    unclassed: i64,
    classes: BTreeMap<Class, ClassTally>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct ClassTally {
    count: i64,
    resolved: i64,
    smooth: i64,
    escalated: i64,
    reopened: i64,
    auto: i64,
    /// Seconds that people were at them.
    handled: Mean,
    /// Minutes until somebody answered.
    answered: Mean,
    scores: Mean,
}

impl TicketsTally {
    pub(super) fn take(&mut self, fact: &Fact, by: i64) {
        match fact {
            Fact::Ticket { class: Some(class), .. } => self.classes.change(*class, |line| line.take(fact, by)),
            Fact::Ticket { class: None, .. } => self.unclassed += by,
            _ => {}
        }
    }

    pub(super) fn section(&self) -> Tickets {
        let (mut all, mut billing) = (self.unclassed, ClassTally::default());
        let mut classes: BTreeMap<Class, ClassTally> =
            Class::ALL[..ALWAYS].iter().map(|class| (*class, ClassTally::default())).collect();
        for (class, line) in &self.classes {
            all += line.count;
            if *class != Class::NotBilling {
                billing.add(line);
            }
            classes.insert(*class, line.clone());
        }
        let total = whole(all);
        Tickets {
            total,
            billing: whole(billing.count),
            share: share(whole(billing.count), total),
            unclassed: whole(self.unclassed),
            resolved_without_escalation: whole(billing.smooth),
            escalated: whole(billing.escalated),
            open: whole(billing.count - billing.smooth - billing.escalated),
            reopened: whole(billing.reopened),
            auto_resolved: whole(billing.auto),
            avg_first_answer_minutes: billing.answered.of(1),
            avg_resolution_minutes: billing.handled.of(60),
            csat: billing.scores.of(1),
            categories: classes.iter().map(|(class, line)| line.of(*class, total)).collect(),
        }
    }
}

impl ClassTally {
    fn take(&mut self, fact: &Fact, by: i64) {
        let Fact::Ticket {
            first_answer_minutes,
            resolved_minutes,
            handled_secs,
            by_hand,
            reopened,
            escalated,
            csat,
            ..
        } = fact
        else {
            return;
        };
        let is = |so: bool| by * i64::from(so);
        self.count += by;
        self.resolved += is(resolved_minutes.is_some());
        self.smooth += is(resolved_minutes.is_some() && !escalated);
        self.escalated += is(*escalated);
        self.reopened += is(*reopened > 0);
        self.auto += is(*by_hand == Some(false));
        handled_secs.iter().for_each(|secs| self.handled.take(*secs, by));
        first_answer_minutes.iter().for_each(|minutes| self.answered.take(*minutes, by));
        csat.iter().for_each(|score| self.scores.take(i64::from(*score), by));
    }

    fn of(&self, class: Class, total: usize) -> TicketClass {
        TicketClass {
            class,
            count: whole(self.count),
            share: share(whole(self.count), total),
            resolved: whole(self.resolved),
            avg_resolution_minutes: self.handled.of(60),
            auto_resolved_share: share(whole(self.auto), whole(self.count)),
        }
    }
}

impl Adds for TicketsTally {
    fn add(&mut self, other: &Self) {
        self.unclassed += other.unclassed;
        self.classes.add(&other.classes);
    }
}

impl Adds for ClassTally {
    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.resolved += other.resolved;
        self.smooth += other.smooth;
        self.escalated += other.escalated;
        self.reopened += other.reopened;
        self.auto += other.auto;
        self.handled.add(&other.handled);
        self.answered.add(&other.answered);
        self.scores.add(&other.scores);
    }
}

impl Tickets {
    /// Whether each stands in one line of them, and those about billing are open or have come to one end.
    pub fn adds_up(&self) -> bool {
        let lines = |about: fn(Class) -> bool| -> usize {
            self.categories.iter().filter(|line| about(line.class)).map(|line| line.count).sum()
        };
        lines(|_| true) + self.unclassed == self.total && lines(|class| class != Class::NotBilling) == self.billing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    /// A ticket with its class, its end in minutes, seconds of people, whether by hand, and whether escalated.
    type Given = (Option<Class>, Option<i64>, Option<i64>, Option<bool>, bool);

    fn fact(number: usize, (class, resolved_minutes, handled_secs, by_hand, escalated): Given) -> Fact {
        Fact::Ticket {
            ticket: format!("ticket/default/{number}"),
            at: Timestamp::UNIX_EPOCH,
            class,
            first_answer_minutes: resolved_minutes.map(|minutes| minutes / 2),
            resolved_minutes,
            handled_secs,
            by_hand,
            reopened: u32::from(number == 0),
            escalated,
            csat: resolved_minutes.map(|_| 4),
        }
    }

    #[test]
    fn those_about_billing_are_resolved_escalated_or_open() {
        let (twice, tax) = (Some(Class::DuplicateCharge), Some(Class::TaxQuestion));
        let all: Vec<_> = [
            (twice, Some(10), Some(120), Some(false), false),
            (twice, Some(30), Some(240), Some(true), false),
            (twice, None, None, None, false),
            (tax, Some(20), None, Some(false), false),
            (tax, Some(20), Some(60), Some(true), true),
            (tax, None, None, None, true),
            (Some(Class::NotBilling), Some(2), Some(6_000), Some(true), false),
            (None, None, None, None, false),
        ]
        .into_iter()
        .enumerate()
        .map(|(number, given)| fact(number, given))
        .collect();
        let mut tally = TicketsTally::default();
        all.iter().for_each(|fact| tally.take(fact, 1));
        let found = tally.section();
        assert!(found.adds_up());
        assert_eq!((found.total, found.billing, found.unclassed), (8, 6, 1));
        assert_eq!(found.share.as_deref(), Some("0.7500"));
        assert_eq!((found.resolved_without_escalation, found.escalated, found.open), (3, 2, 1));
        assert_eq!((found.reopened, found.auto_resolved), (1, 2));
        assert_eq!(found.avg_first_answer_minutes.as_deref(), Some("10.0"));
        assert_eq!(found.avg_resolution_minutes.as_deref(), Some("2.3"), "120, 240 and 60 seconds");
        assert_eq!(found.csat.as_deref(), Some("4.0"));
        let of = |class: Class| found.categories.iter().find(|line| line.class == class).unwrap();
        let charge = of(Class::DuplicateCharge);
        assert_eq!((charge.count, charge.resolved), (3, 2));
        assert_eq!(charge.avg_resolution_minutes.as_deref(), Some("3.0"));
        assert_eq!(charge.auto_resolved_share.as_deref(), Some("0.3333"));
        assert_eq!(of(Class::NotBilling).share.as_deref(), Some("0.1250"));
    }

    #[test]
    fn nine_classes_have_a_line_without_a_ticket() {
        let found = TicketsTally::default().section();
        let classes: Vec<_> = found.categories.iter().map(|line| line.class).collect();
        assert_eq!(classes, Class::ALL[..ALWAYS]);
        assert_eq!((found.total, found.share, found.csat), (0, None, None));
    }
}
