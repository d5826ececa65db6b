//! What came about while the clock was moved: letters, tries, tasks, cases, and what may be used, a line each.

use crate::service::Service;
use app::context::Context;
use app::fault::Fault;
use app::ports::{Channel, Clock, Letter, Order};
use app::store::keys::{self, lists};
use app::store::{self, Batch, Page};
use domain::book::entitlement::{Entitlement, access, entitlement};
use domain::book::{Head, Person};
use domain::case::Case;
use domain::dunning::{MadeTry, Plan, TryEnd};
use domain::id::AccountId;
use domain::task::Task;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How many lines are read: of more, those of one day and kind are one.
const LINES_MAX: usize = 30;
/// How many customers such a line names.
const NAMED_MAX: usize = 3;
/// How many accounts are read at once.
const PAGE: u32 = 100;

/// Something that came about, by the clock of whom it concerns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Happened {
    pub at: Timestamp,
    pub day: String,
    pub time: String,
    pub kind: Kind,
    pub who: String,
    pub what: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Case,
    Try,
    Letter,
    Access,
    Task,
}

impl Kind {
    fn many(self, count: usize) -> String {
        let what = match self {
            Self::Case => "cases opened",
            Self::Try => "payments tried again",
            Self::Letter => "messages sent",
            Self::Access => "changes of what may be used",
            Self::Task => "tasks opened",
        };
        format!("{count} {what}")
    }
}

/// How things stood before the clock was moved.
pub struct Before {
    at: Timestamp,
    letter: i64,
    access: BTreeMap<AccountId, Option<Entitlement>>,
}

/// A customer as a line names them, and where their clock stands.
struct Customer {
    name: String,
    reached: Vec<String>,
    zone: TimeZone,
}

impl Before {
    pub async fn now(service: &Service) -> Result<Self, Fault> {
        let at = service.clock.now();
        let letters = service.outbox.numbered().map_err(Fault::retry)?;
        let mut access = BTreeMap::new();
        let mut after = None;
        loop {
            let page = heads(&service.context, after).await?;
            access.extend(page.items.iter().map(|head| (head.account.clone(), entitlement(head, at))));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(Self { at, letter: letters.first().map_or(0, |(number, ..)| *number), access })
    }

    /// What came about since, in the order of its time. Of very many messages the last thousand are told.
    pub async fn happened(&self, service: &Service) -> Result<Vec<Happened>, Fault> {
        let (context, now) = (&service.context, service.clock.now());
        let mut all = Vec::new();
        let mut customers = Vec::new();
        let mut after = None;
        loop {
            let page = heads(context, after).await?;
            let people = page.items.iter().map(|head| keys::person(&head.account)).collect();
            let people = Batch::read(context, people).await?;
            for head in &page.items {
                let person = people.of::<Person>(&keys::person(&head.account))?.unwrap_or_default();
                let customer = Customer::of(context, head, &person);
                self.of_account(context, head, &customer, now, &mut all).await?;
                customers.push(customer);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        for (number, at, letter) in service.outbox.numbered().map_err(Fault::retry)? {
            if number > self.letter {
                all.push(sent(at, &letter, &customers));
            }
        }
        all.sort();
        Ok(all)
    }

    async fn of_account(
        &self,
        context: &Context,
        head: &Head,
        customer: &Customer,
        now: Timestamp,
        all: &mut Vec<Happened>,
    ) -> Result<(), Fault> {
        let is_new = |at: Timestamp| at > self.at && at <= now;
        let account = &head.account;
        for case in store::all_of::<Case>(context, &keys::cases(account)).await? {
            if is_new(case.opened_at) {
                all.push(customer.saw(
                    case.opened_at,
                    Kind::Case,
                    format!("a case was opened: {}", case.class.title()),
                ));
            }
        }
        for plan in store::all_of::<Plan>(context, &keys::plans(account)).await? {
            let made = plan.tries.made.iter().filter(|made| is_new(made.begun_at));
            all.extend(made.map(|made| customer.saw(made.begun_at, Kind::Try, tried(made))));
        }
        for task in store::all_of::<Task>(context, &keys::tasks(account)).await? {
            if is_new(task.opened_at) {
                all.push(customer.saw(task.opened_at, Kind::Task, format!("a task was opened: {}", task.what)));
            }
        }
        let was = self.access.get(account).copied().flatten();
        if let Some(is) = access(head, now).filter(|is| Some(is.state) != was) {
            let at = is.since.filter(|at| is_new(*at)).unwrap_or(now);
            let was = was.map_or_else(String::new, |was| format!("{} -> ", was.name()));
            all.push(customer.saw(at, Kind::Access, format!("may use: {was}{} ({})", is.state.name(), is.why)));
        }
        Ok(())
    }
}

impl Customer {
    fn of(context: &Context, head: &Head, person: &Person) -> Self {
        let reached = [person.email.value(), person.phone.value()].into_iter().flatten().cloned().collect();
        let zone = context.policies.hours.current().zone_of(None, person.country(None));
        Self { name: person.name.value().unwrap_or(&head.customer).clone(), reached, zone }
    }

    fn saw(&self, at: Timestamp, kind: Kind, what: String) -> Happened {
        let local = at.to_zoned(self.zone.clone());
        Happened {
            at,
            day: local.strftime("%a %-d %b").to_string(),
            time: local.strftime("%H:%M %Z").to_string(),
            kind,
            who: self.name.clone(),
            what,
        }
    }
}

async fn heads(context: &Context, after: Option<String>) -> Result<Page<Head>, Fault> {
    store::page(context, lists::ACCOUNTS, after, PAGE, Order::Ascending).await
}

/// To a customer by their clock; to colleagues by that of Greenwich.
fn sent(at: Timestamp, letter: &Letter, customers: &[Customer]) -> Happened {
    let what = match letter.channel {
        Channel::Mail => format!("a letter was sent: {}", letter.subject),
        Channel::Sms => "a text message was sent".to_owned(),
        Channel::Slack => format!("posted at Slack: {}", letter.subject),
    };
    match customers.iter().find(|customer| customer.reached.contains(&letter.to)) {
        Some(customer) => customer.saw(at, Kind::Letter, what),
        None => {
            Customer { name: letter.to.clone(), reached: Vec::new(), zone: TimeZone::UTC }.saw(at, Kind::Letter, what)
        }
    }
}

fn tried(made: &MadeTry) -> String {
    match &made.ended {
        Some(TryEnd::Paid) => "a payment was tried again and came in".to_owned(),
        Some(TryEnd::Declined { code }) => {
            format!("a payment was tried again and declined: {}", code.replace('_', " "))
        }
        Some(TryEnd::NotMade { why }) => format!("a payment was not tried again: {why}"),
        Some(TryEnd::Over) | None => "a payment was tried again".to_owned(),
    }
}

/// A line each; where those would be too many, one for all of a day and a kind.
pub fn told(all: Vec<Happened>) -> Vec<String> {
    if all.len() <= LINES_MAX {
        return all.iter().map(|it| format!("{:<10}  {:<10}  {}: {}", it.day, it.time, it.who, it.what)).collect();
    }
    let mut groups: Vec<((String, Kind), Vec<Happened>)> = Vec::new();
    for it in all {
        let name = (it.day.clone(), it.kind);
        match groups.iter_mut().find(|(own, _)| *own == name) {
            Some((_, group)) => group.push(it),
            None => groups.push((name, vec![it])),
        }
    }
    groups.into_iter().map(|((day, kind), group)| together(&day, kind, &group)).collect()
}

fn together(day: &str, kind: Kind, group: &[Happened]) -> String {
    if let [it] = group {
        return format!("{:<10}  {:<10}  {}: {}", it.day, it.time, it.who, it.what);
    }
    let mut names: Vec<&str> = Vec::new();
    for it in group {
        if !names.contains(&it.who.as_str()) {
            names.push(&it.who);
        }
    }
    let more = names.len().saturating_sub(NAMED_MAX);
    names.truncate(NAMED_MAX);
    let mut line = format!("{day:<10}  {:<10}  {}: {}", "", kind.many(group.len()), names.join(", "));
    if more > 0 {
        let _ = write!(line, " and {more} more");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(name: &str, zone: &str) -> Customer {
        Customer {
            name: name.to_owned(),
            reached: vec![format!("{name}@shop.example")],
            zone: TimeZone::get(zone).unwrap(),
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_line_has_the_customers_name_and_their_own_clock() {
        let own = customer("Ada", "Europe/Berlin");
        let letter = Letter {
            id: "dun_1".to_owned(),
            channel: Channel::Mail,
            to: "Ada@shop.example".to_owned(),
            subject: "Your payment".to_owned(),
            text: String::new(),
            html: String::new(),
            links: Vec::new(),
            blocks: None,
            unsubscribe: None,
            thread: None,
        };
        let sent = sent(at("2026-07-01T07:30:00Z"), &letter, &[own]);
        assert_eq!(told(vec![sent]), ["Wed 1 Jul   09:30 CEST  Ada: a letter was sent: Your payment"]);
        let elsewhere = Letter { channel: Channel::Slack, to: "#billing".to_owned(), ..letter };
        let posted = super::sent(at("2026-07-01T07:30:00Z"), &elsewhere, &[]);
        assert_eq!(told(vec![posted]), ["Wed 1 Jul   07:30 UTC   #billing: posted at Slack: Your payment"]);
    }

    #[test]
    fn of_very_many_those_of_a_day_and_a_kind_are_one_line() {
        let saw = |name: &str, time: &str, kind| customer(name, "Europe/Berlin").saw(at(time), kind, "it".to_owned());
        let names: Vec<String> = (0..31).map(|number| format!("Customer {number}")).collect();
        let mut all: Vec<_> = names.iter().map(|name| saw(name, "2026-07-01T07:30:00Z", Kind::Letter)).collect();
        all.push(saw("Ada", "2026-07-02T07:30:00Z", Kind::Task));
        assert_eq!(
            told(all),
            [
                "Wed 1 Jul               31 messages sent: Customer 0, Customer 1, Customer 2 and 28 more",
                "Thu 2 Jul   09:30 CEST  Ada: it"
            ]
        );
        assert_eq!(told(Vec::new()), Vec::<String>::new());
    }
}
